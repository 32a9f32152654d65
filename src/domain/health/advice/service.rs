//! What is wrong with services, and with what watches them.

use super::{Recommendation, Rule, urgency};
use crate::domain::health::evidence::Evidence;
use crate::domain::health::link::Link;
use crate::domain::health::material::{FLAPS, Material};
use crate::domain::uptime::Figures;

/// The service that was away for longest, if it misses its target or is away now.
pub(super) fn unreliable(material: &Material) -> Option<Recommendation> {
    let (_, services) = material.uptime()?;
    let target = material.uptime_target()?;
    let open = material.open_outages();
    let is_away = |name: &str| open.iter().any(|outage| outage.service == name);
    let missed = |(name, figures): &(&String, &Figures)| figures.met(target) == Some(false) || is_away(name);
    let worst = services.iter().filter(missed).max_by_key(|(name, figures)| {
        // Of equals the first by name.
        (is_away(name), figures.downtime, std::cmp::Reverse(*name))
    })?;
    let (name, figures) = worst;
    let window = material.window();
    let mut evidence = vec![
        Evidence::share("uptime of the service", figures.value(), figures.services)
            .at(Link::uptime(window, Some(name))),
        Evidence::count("outages of the service", figures.outages).at(Link::outages(window, name)),
        Evidence::seconds("time it was away", figures.downtime / 1_000_000).at(Link::outages(window, name)),
    ];
    if let Some(tickets) = material.services.iter().find(|known| known.service == *name) {
        let count = Evidence::count("tickets that came in about it", tickets.tickets);
        evidence.push(count.at(Link::about(window, name)));
    }
    let short = figures.value().map_or(1.0, |value| (target - value) / (1.0 - target) / 10.0);
    let away = is_away(name);
    Some(Recommendation {
        rule: Rule::UnreliableService,
        urgency: if away { 100 } else { urgency(70, short) },
        finding: if away {
            format!("The service {name} is away now.")
        } else {
            format!("The service {name} misses its uptime.")
        },
        action: "Gather its outages under one problem, find the cause they share, and settle who mends it by when."
            .to_owned(),
        evidence,
    })
}

/// Alerts that come and go.
pub(super) fn flapping(material: &Material) -> Option<Recommendation> {
    let alerts = &material.alerts;
    if alerts.flapping == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::count(
        format!("groups of alerts that were resolved {FLAPS} times or more"),
        alerts.flapping,
    )];
    let worst = alerts.noisy.iter().flatten().filter(|alert| alert.is_flapping());
    if let Some(worst) = worst.max_by_key(|alert| (alert.resolutions, std::cmp::Reverse(alert.id))) {
        evidence.push(
            Evidence::count("times that the worst of them was resolved since it began", worst.resolutions)
                .at(Link::alert(worst.id)),
        );
    }
    let share =
        super::super::trend::count(alerts.flapping) / super::super::trend::count(alerts.reported.max(1));
    Some(Recommendation {
        rule: Rule::FlappingAlerts,
        urgency: urgency(30, share),
        finding: "Alerts come and go without anybody having mended anything.".to_owned(),
        action:
            "Have their rules wait longer before they fire and before they resolve, or mend what they watch."
                .to_owned(),
        evidence,
    })
}
