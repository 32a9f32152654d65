//! What is wrong with how the desk does its work.

use super::{Recommendation, Rule, urgency};
use crate::domain::health::evidence::Evidence;
use crate::domain::health::link::Link;
use crate::domain::health::material::{Group, Material};
use crate::domain::health::trend::{ENOUGH, count};
use crate::domain::health::verdict::phrase;
use crate::domain::health::words::label;
use crate::domain::kpi::{Answer, Detail, Goal, Kept, List, Name, Statistic, Value};
use crate::domain::sla::Metric;
use crate::domain::vocabulary::Priority;

/// A part is named as the cause if so much of the trouble is its own.
const MOST_OF_IT: f64 = 0.4;
/// On so few tickets a part may rest.
const FEW: u64 = 5;
/// Below this share of first answers in time they come late, whatever the median.
const IN_TIME: f64 = 0.8;
/// Below this share of promises kept something is wrong.
const KEPT: f64 = 0.9;

/// First answers that were due.
struct Due {
    /// How many were.
    n: u64,
    /// The share that came in time, 0 to 1.
    in_time: f64,
    /// That came late, or have not come yet and are overdue.
    late: u64,
    /// Those among them that have not come yet.
    overdue: u64,
}

fn due(answer: &Answer) -> Option<Due> {
    let Detail::Responses(responses) = &answer.detail else { return None };
    let (overdue, n) = (responses.open_overdue, answer.n + responses.open_overdue);
    let (in_time, late) = (responses.within_target?, n.saturating_sub(responses.in_time));
    Some(Due { n, in_time, late, overdue })
}

/// What the first response time is, in words.
const fn typical(answer: &Answer) -> &'static str {
    let Detail::Responses(responses) = &answer.detail else { return "time to the first answer" };
    match responses.statistic {
        Statistic::Mean => "mean time to the first answer",
        Statistic::P50 => "median time to the first answer",
        Statistic::P90 => "time within which nine of ten get a first answer",
        Statistic::P95 => "time within which 95 of 100 get a first answer",
        Statistic::P99 => "time within which 99 of 100 get a first answer",
    }
}

/// First answers come late: the time that stands for them, or too many of them.
pub(super) fn slow_first_response(material: &Material) -> Option<Recommendation> {
    let answer = material.answer(Name::FirstResponseTime)?;
    let Due { n, in_time, late, overdue } = due(answer)?;
    if n < ENOUGH || answer.met() != Some(false) && in_time >= IN_TIME {
        return None;
    }
    let tickets =
        |narrowed: &[(&str, &str)]| Link::tickets(Name::FirstResponseTime, &material.question, narrowed);
    let mut evidence = vec![
        Evidence::count("answered late, or overdue for an answer", late)
            .at(tickets(&[("of", List::Late.as_str())])),
        Evidence::count("of these not answered yet", overdue)
            .at(tickets(&[("of", List::OpenOverdue.as_str())])),
        Evidence::share("answered in time", Some(in_time), n)
            .at(tickets(&[("of", List::Numerator.as_str())])),
        Evidence::kpi(typical(answer), answer).at(tickets(&[])),
    ];
    let action = if let Some((team, own)) = latest(material, late) {
        let count = Evidence::count(format!("late ones of the team {}", label(&team.name)), own);
        evidence.push(count.at(tickets(&[("of", List::Late.as_str()), ("team", &team.name)])));
        format!(
            "Have somebody watch the queue of the team {} through its hours, or give it another person.",
            label(&team.name)
        )
    } else {
        "Have somebody of each team watch its queue through its hours, and look at which hours they come late."
            .to_owned()
    };
    let over = match (answer.value, answer.goal) {
        (Some(Value::Seconds(seconds)), Some(Goal::BelowSeconds(bound))) => {
            let target = count(bound.unsigned_abs());
            (count(seconds.unsigned_abs()) - target) / (3.0 * target)
        }
        _ => 0.0,
    };
    Some(Recommendation {
        rule: Rule::SlowFirstResponse,
        urgency: urgency(60, over.max(IN_TIME - in_time)),
        finding: "Requesters wait too long for a first answer.".to_owned(),
        action,
        evidence,
    })
}

/// The team that most of `late` first answers are of, with how many of them, if
/// it is the cause.
fn latest(material: &Material, late: u64) -> Option<(&Group, u64)> {
    let of_team = |group: &Group| {
        let due = due(group.answer(Name::FirstResponseTime)?)?;
        (due.n >= FEW).then_some(due.late)
    };
    let found = material.teams.iter().filter_map(|group| Some((group, of_team(group)?)));
    // Of equals the first, which is the first by name.
    let worst = found.fold(None, |worst: Option<(&Group, u64)>, one| match worst {
        Some(known) if known.1 >= one.1 => Some(known),
        _ => Some(one),
    });
    worst.filter(|(_, own)| count(*own) > MOST_OF_IT * count(late) && material.teams.len() > 1)
}

/// Promises are broken. Where first answers are recommended already, those are
/// not told again.
pub(super) fn broken_promises(material: &Material, without_first: bool) -> Option<Recommendation> {
    let answer = material.answer(Name::SlaAttainment)?;
    let Detail::Attainment(attainment) = &answer.detail else { return None };
    let overall = attainment.overall;
    let value = overall.value().filter(|value| overall.n() >= ENOUGH && *value < KEPT)?;
    let told = |metric: &Metric| !without_first || *metric != Metric::FirstResponse;
    let cells = attainment.metrics.iter().filter(|(metric, _)| told(metric));
    let cells = cells.flat_map(|(metric, (_, cells))| {
        cells.iter().map(move |(priority, kept)| (*metric, *priority, *kept))
    });
    let (metric, priority, kept): (Metric, Priority, Kept) =
        cells.filter(|(_, _, kept)| kept.breached >= FEW).max_by_key(|(metric, priority, kept)| {
            (kept.breached, std::cmp::Reverse(*priority), std::cmp::Reverse(*metric))
        })?;
    let narrowed = [("metric", metric.as_str()), ("priority", priority.as_str())];
    let breaches = Link::breaches(material.window(), &narrowed);
    let mut evidence = vec![
        Evidence::share("promises kept", Some(value), overall.n()).at(Link::tickets(
            Name::SlaAttainment,
            &material.question,
            &[("of", List::Numerator.as_str())],
        )),
        Evidence::share(
            format!("of those of {} on {priority} tickets", phrase(metric)),
            kept.value(),
            kept.n(),
        ),
        Evidence::count("broken ones of those", kept.breached).at(breaches),
    ];
    let worst = material.policies.iter().find(|policy| policy.kept.n() >= FEW && policy.kept.breached > 0);
    if let Some(policy) = worst {
        let what = format!("of those of the policy {}", policy.policy);
        evidence.push(Evidence::share(what, policy.kept.value(), policy.kept.n()));
    }
    Some(Recommendation {
        rule: Rule::BrokenPromises,
        urgency: urgency(55, KEPT - value),
        finding: format!("Most broken promises are those of {} on {priority} tickets.", phrase(metric)),
        action: "Go through these breaches: move people to the hours in which they arise, or promise what can be kept."
            .to_owned(),
        evidence,
    })
}

/// First level does not resolve enough for good, perhaps because of one category.
pub(super) fn low_first_level(material: &Material) -> Option<Recommendation> {
    let name = Name::FirstLevelResolutionRate;
    let answer = material.answer(name).filter(|answer| answer.n >= ENOUGH && answer.met() == Some(false))?;
    let (Some(Value::Fraction(value)), n) = (answer.value, answer.n) else { return None };
    let question = &material.question;
    let mut evidence = vec![Evidence::kpi("resolved by first level for good", answer).at(Link::tickets(
        name,
        question,
        &[],
    ))];
    let missed = |share: f64, n: u64| (1.0 - share) * count(n);
    let of_category = |group: &'_ Group| match group.answer(name) {
        Some(Answer { value: Some(Value::Fraction(share)), n, .. }) if *n >= FEW => Some((*share, *n)),
        _ => None,
    };
    let found = material.categories.iter().filter_map(|group| Some((group, of_category(group)?)));
    let worst = found.fold(None, |worst: Option<(&Group, (f64, u64))>, one| match worst {
        Some(known) if missed(known.1.0, known.1.1) >= missed(one.1.0, one.1.1) => Some(known),
        _ => Some(one),
    });
    let all = missed(value, n);
    let worst = worst.filter(|(_, (share, own))| missed(*share, *own) > MOST_OF_IT * all && *own < n);
    let (finding, action) = if let Some((group, (share, own))) = worst {
        let rest = n - own;
        let others = (all - missed(share, own)) / count(rest);
        let (category, title) = ([("category", group.name.as_str())], label(&group.name));
        evidence.push(
            Evidence::share(format!("of the category {title}"), Some(share), own)
                .at(Link::tickets(name, question, &category)),
        );
        evidence.push(Evidence::share("of all other categories", Some(1.0 - others), rest));
        let finding = format!("First level does not get through with tickets of the category {title}.");
        let action = format!(
            "Write an article and a checklist for what recurs in {title}, or send it to whoever resolves it at once."
        );
        (finding, action)
    } else {
        let made = |name| Link::tickets(name, question, &[("of", List::Numerator.as_str())]);
        if let Some(rate) = material.answer(Name::EscalationRate) {
            evidence.push(Evidence::kpi("handed over", rate).at(made(Name::EscalationRate)));
        }
        if let Some(rate) = material.answer(Name::ReopenRate) {
            evidence.push(Evidence::kpi("reopened", rate).at(made(Name::ReopenRate)));
        }
        let finding = "First level resolves too little for good.".to_owned();
        (
            finding,
            "Go through what was handed over or came back, and write articles for what recurs.".to_owned(),
        )
    };
    let urgency = urgency(45, 0.8 - value);
    Some(Recommendation { rule: Rule::LowFirstLevel, urgency, finding, action, evidence })
}

/// Requesters are not satisfied.
pub(super) fn low_satisfaction(material: &Material) -> Option<Recommendation> {
    let name = Name::Satisfaction;
    let answer = material.answer(name).filter(|answer| answer.n >= ENOUGH && answer.met() == Some(false))?;
    let (Some(Value::Score(mean)), Detail::Satisfaction(said)) = (answer.value, &answer.detail) else {
        return None;
    };
    let low = said.distribution[0] + said.distribution[1];
    let evidence = vec![
        Evidence::kpi("mean of the answers", answer).at(Link::tickets(name, &material.question, &[])),
        Evidence::count("answers of 1 or 2", low),
        Evidence::share("of those asked have answered", said.response_rate, said.sent),
    ];
    Some(Recommendation {
        rule: Rule::LowSatisfaction,
        urgency: urgency(50, (4.0 - mean) / 3.0),
        finding: "Requesters are not satisfied with how they are helped.".to_owned(),
        action: "Speak with those who answered 1 or 2, and look at what their tickets have in common."
            .to_owned(),
        evidence,
    })
}
