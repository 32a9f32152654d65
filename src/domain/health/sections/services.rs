//! What a report says of services.

use super::{Row, cell, counted, growth, table};
use crate::domain::health::link::Link;
use crate::domain::health::material::{Material, NoisyAlert, ServiceTickets};
use crate::domain::health::page::{Block, Span};
use crate::domain::health::words;
use crate::domain::kpi::{Name, Value};
use crate::domain::maintenance::Maintenance;
use crate::domain::outage::Outage;
use crate::domain::uptime::Figures;

/// Rows of a table at most.
const MOST: usize = 20;

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| words::NOTHING.to_owned(), |value| words::of_kpi(Name::Uptime, value))
}

fn span(microseconds: i64) -> String {
    words::seconds(crate::domain::health::trend::real(Value::Seconds(microseconds / 1_000_000)))
}

/// Each service: how much of the time it was there, and what came in about it.
pub(super) fn uptime(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Uptime".to_owned()));
    if let Some((overall, services)) = material.uptime().filter(|(_, services)| !services.is_empty()) {
        let (value, target) = (percent(overall.value()), percent(material.uptime_target()));
        blocks.push(Block::text(format!("All services together: {value}; it should be over {target}.")));
        let row = |(name, figures): (&String, &Figures)| -> Row {
            vec![
                cell(name.as_str()),
                cell(percent(figures.value())),
                cell(words::share(figures.coverage())),
                counted(material, figures.outages, &Link::outages(material.window(), name)),
                cell(span(figures.downtime)),
                cell(span(figures.maintenance)),
            ]
        };
        let mut sorted: Vec<_> = services.iter().collect();
        // Stable: among equals by name.
        sorted.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.downtime));
        let rows = sorted.into_iter().take(MOST).map(row).collect();
        let head = vec!["Service", "Uptime", "Observed", "Outages", "Away", "Maintenance"];
        table(blocks, "Uptime by service", head, rows, "");
    } else {
        blocks.push(Block::text("No service is watched."));
    }
    let row = |one: &ServiceTickets| -> Row {
        vec![
            cell(one.service.as_str()),
            cell(one.tickets.to_string()),
            cell(growth(one.growth())),
            cell(one.incidents.to_string()),
            cell(one.alerts.to_string()),
            cell(words::share(one.promises.value())),
        ]
    };
    let rows: Vec<Row> = material.services.iter().take(MOST).map(row).collect();
    if !rows.is_empty() {
        let head = vec!["Service", "Tickets", "Trend", "Incidents", "Alerts", "Promises kept"];
        table(blocks, "Tickets by service", head, rows, "");
    }
}

/// Outages and maintenance.
pub(super) fn incidents(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Incidents".to_owned()));
    let (zone, now) = (&material.window().zone, material.question.now);
    let row = |outage: &Outage| -> Row {
        let to = outage.to.map_or_else(|| "goes on".to_owned(), |to| words::moment(zone, to));
        let lasted = outage.span(now);
        vec![
            cell(outage.service.as_str()),
            cell(words::moment(zone, outage.from)),
            cell(to),
            cell(span(lasted.microseconds())),
            cell(if outage.monitor.is_some() { "a monitor" } else { "a person" }),
        ]
    };
    let rows = material.outages.iter().take(MOST).map(row).collect();
    let head = vec!["Service", "From", "To", "Lasted", "Found by"];
    table(blocks, "Outages, the latest first", head, rows, "There was no outage.");
    let row = |window: &Maintenance| -> Row {
        let services = window.services.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", "));
        let called_off = window.cancelled_at.map_or_else(String::new, |at| words::moment(zone, at));
        vec![
            cell(services),
            cell(words::moment(zone, window.from)),
            cell(words::moment(zone, window.to)),
            cell(called_off),
        ]
    };
    let rows: Vec<Row> = material.maintenance.iter().take(MOST).map(row).collect();
    if !rows.is_empty() {
        table(blocks, "Maintenance", vec!["Services", "From", "To", "Called off at"], rows, "");
    }
}

/// What monitoring reported.
pub(super) fn alerts(material: &Material, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Alerts".to_owned()));
    let alerts = &material.alerts;
    if alerts.reported == 0 && alerts.firing == 0 {
        blocks.push(Block::text("Monitoring reported nothing."));
        return;
    }
    let groups = words::counted(alerts.reported, "group of alerts was", "groups of alerts were");
    blocks.push(Block::text(format!(
        "{groups} reported, {} of them for the first time; {} now, {} came and went.",
        alerts.began,
        words::counted(alerts.firing, "fires", "fire"),
        alerts.flapping
    )));
    let row = |(service, n): (&Option<String>, &u64)| -> Row {
        vec![cell(service.as_deref().unwrap_or("(none named)")), cell(n.to_string())]
    };
    let mut sorted: Vec<_> = alerts.by_service.iter().collect();
    sorted.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let rows = sorted.into_iter().take(MOST).map(row).collect();
    table(blocks, "Groups reported, by service", vec!["Service", "Groups"], rows, "");
    let Some(noisy) = alerts.noisy.as_ref().filter(|noisy| !noisy.is_empty()) else { return };
    let zone = &material.window().zone;
    let row = |alert: &NoisyAlert| -> Row {
        let link = Span::Link("alert", format!("/v1/alerts/{}", alert.id));
        vec![
            vec![Span::plain(format!("{} ", alert.title)), link],
            cell(alert.service.as_deref().unwrap_or_default()),
            cell(alert.firings.to_string()),
            cell(alert.resolutions.to_string()),
            cell(words::moment(zone, alert.first_at)),
            cell(if alert.firing { "yes" } else { "no" }),
        ]
    };
    let head = vec!["Alert", "Service", "Fired", "Resolved", "Since", "Fires now"];
    table(blocks, "Those reported most often", head, noisy.iter().map(row).collect(), "");
}
