//! What is wrong with how much comes in and waits.

use super::{Recommendation, Rule, urgency};
use crate::domain::health::evidence::Evidence;
use crate::domain::health::link::Link;
use crate::domain::health::material::{Group, Material};
use crate::domain::health::trend::{Direction, ENOUGH, count};
use crate::domain::health::words::label;
use crate::domain::kpi::Name;
use crate::domain::vocabulary::Category;

/// Above this share of what waits being late somebody has to work it off.
const LATE: f64 = 0.2;
/// So many late tickets are worth it.
const SOME_LATE: u64 = 5;
/// So much more has to come in of one kind.
const GROWTH: f64 = 1.5;
/// Above this share of what comes in being questions how, training is worth it.
const QUESTIONS: f64 = 0.3;
/// On so many tickets that share must rest.
const MANY: u64 = 20;

/// Too much of what waits is late.
pub(super) fn late_backlog(material: &Material) -> Option<Recommendation> {
    let waiting = material.answer(Name::Backlog)?;
    let late = material.overdue.tickets;
    let share = count(late) / count(waiting.n.max(1));
    if waiting.n < ENOUGH || late < SOME_LATE || share <= LATE {
        return None;
    }
    let evidence = vec![
        Evidence::count("tickets that wait and are late", late).at(Link::overdue()),
        Evidence::count("tickets that wait", waiting.n).at(Link::tickets(
            Name::Backlog,
            &material.question,
            &[],
        )),
    ];
    Some(Recommendation {
        rule: Rule::LateBacklog,
        urgency: urgency(50, share),
        finding: "Too much of what waits is late.".to_owned(),
        action: "Set aside people to work off the oldest late tickets first, and close what nobody waits for any more."
            .to_owned(),
        evidence,
    })
}

/// More comes in of one category than before, or about one service.
pub(super) fn growing_demand(material: &Material) -> Option<Recommendation> {
    let grown = |now: u64, before: u64, direction: Direction| {
        now >= ENOUGH && direction == Direction::More && count(now) >= GROWTH * count(before)
    };
    // Against no history everything grows.
    let history = material.kpi(Name::ResolutionRate).and_then(|kpi| kpi.before.as_ref());
    if history.is_none_or(|before| before.n < ENOUGH) {
        return None;
    }
    let of_services =
        material.services.iter().filter(|one| grown(one.tickets, one.before, one.growth().direction));
    let service = of_services.max_by_key(|one| (one.tickets - one.before, std::cmp::Reverse(&one.service)));
    let is_grown = |group: &&Group| {
        let (now, before) = group.created();
        grown(now, before, group.growth().direction)
    };
    let of_categories = material.categories.iter().filter(is_grown);
    let category = of_categories.max_by_key(|group| {
        let (now, before) = group.created();
        (now - before, std::cmp::Reverse(&group.name))
    });
    let (kind, name, now, before, link) = match (service, category) {
        (None, None) => return None,
        (Some(service), _) => {
            let link = Link::about(material.window(), &service.service);
            ("service", service.service.clone(), service.tickets, service.before, link)
        }
        (None, Some(group)) => {
            let (now, before) = group.created();
            let link = Link::tickets(Name::ResolutionRate, &material.question, &[("category", &group.name)]);
            ("category", label(&group.name), now, before, link)
        }
    };
    let came = Evidence::count(format!("tickets of the {kind} {name}"), now);
    let evidence = vec![came.at(link), Evidence::count("the same in the window before", before)];
    Some(Recommendation {
        rule: Rule::GrowingDemand,
        urgency: urgency(40, count(now) / count(before.max(1)) / 10.0),
        finding: format!("More comes in about the {kind} {name} than before."),
        action:
            "Look for what these tickets have in common, and open a problem for it if they share a cause."
                .to_owned(),
        evidence,
    })
}

/// Much of what comes in asks how something is done.
pub(super) fn training_need(material: &Material) -> Option<Recommendation> {
    let all = material.answer(Name::ResolutionRate).map_or(0, |answer| answer.n);
    let category = Category::HowTo.as_str();
    let group = material.categories.iter().find(|group| group.name == category)?;
    let (asked, before) = group.created();
    let share = count(asked) / count(all.max(1));
    if all < MANY || share < QUESTIONS {
        return None;
    }
    let link = Link::tickets(Name::ResolutionRate, &material.question, &[("category", category)]);
    let evidence = vec![
        Evidence::share("of all tickets ask how something is done", Some(share), all).at(link.clone()),
        Evidence::count("such tickets", asked).at(link),
        Evidence::count("the same in the window before", before),
    ];
    Some(Recommendation {
        rule: Rule::TrainingNeed,
        urgency: urgency(20, share),
        finding: "Much of what comes in asks how something is done.".to_owned(),
        action: "Offer training, or an article, on what is asked for most.".to_owned(),
        evidence,
    })
}
