//! What a report comes to, by rules with a name and a weight. What rests on too
//! little is told and alarms nobody.

use super::material::Material;
use super::trend::{Direction, ENOUGH};
use super::words;
use crate::domain::closed_list::closed_list;
use crate::domain::kpi::{Answer, Detail, Goal, Name, Value};
use crate::domain::sla::Metric;
use crate::domain::vocabulary::Priority;

closed_list! {
    /// What a report comes to.
    Verdict {
        /// Nothing has happened yet that could be judged.
        NothingYet = "nothing_yet",
        /// Nothing was measured in the window: it says neither good nor bad.
        Unknown = "unknown",
        /// Nothing speaks against it.
        Healthy = "healthy",
        /// Something should be looked at.
        AtRisk = "at_risk",
        /// Something is not as it was promised.
        Failing = "failing",
    }
}

closed_list! {
    /// How much a reason counts.
    Weight {
        /// On its own the desk fails.
        Serious = "serious",
        /// On its own the desk is at risk.
        Warning = "warning",
    }
}

/// Why a verdict is not better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule that gave it.
    pub rule: &'static str,
    /// How much it counts.
    pub weight: Weight,
    /// In words.
    pub text: String,
}

/// The four numbers that the desk is built around.
const TARGETS: [Name; 4] =
    [Name::FirstResponseTime, Name::FirstLevelResolutionRate, Name::Satisfaction, Name::Uptime];
/// Below this share of promises kept the desk is at risk.
const PROMISES: f64 = 0.9;
/// Below this share of them it fails; and so much of the time must be observed
/// for uptime to count.
const HALF: f64 = 0.5;
/// Below this share of promises kept on the most urgent tickets it fails.
const URGENT_PROMISES: f64 = 0.75;
/// On so few promises a share of the most urgent tickets may rest.
const FEW_URGENT: u64 = 4;
/// Above this share of what waits being late the desk is at risk.
const LATE: f64 = 0.2;

/// The verdict, why, and what rests on too little to count.
pub(super) fn judge(material: &Material) -> (Verdict, Vec<Reason>, Vec<String>) {
    if material.is_empty() && material.as_of.is_none() {
        return (Verdict::NothingYet, Vec::new(), Vec::new());
    }
    let (mut reasons, mut notes) = (Vec::new(), Vec::new());
    outages(material, &mut reasons);
    targets(material, &mut reasons, &mut notes);
    coverage(material, &mut reasons, &mut notes);
    promises(material, &mut reasons, &mut notes);
    backlog(material, &mut reasons);
    flapping(material, &mut reasons);
    trends(material, &mut reasons);
    // Stable: among equals the order of the rules.
    reasons.sort_by_key(|reason| reason.weight);
    let verdict = match reasons.first().map(|reason| reason.weight) {
        None if material.is_unknown() => Verdict::Unknown,
        None => Verdict::Healthy,
        Some(Weight::Warning) => Verdict::AtRisk,
        Some(Weight::Serious) => Verdict::Failing,
    };
    (verdict, reasons, notes)
}

fn outages(material: &Material, reasons: &mut Vec<Reason>) {
    let mut services: Vec<&str> =
        material.open_outages().iter().map(|outage| outage.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    if !services.is_empty() {
        let n = u64::try_from(services.len()).unwrap_or(u64::MAX);
        let text = format!("{} in an outage now.", words::counted(n, "service is", "services are"));
        reasons.push(Reason { rule: "outage_now", weight: Weight::Serious, text });
    }
}

/// Whether a number rests on enough to be held against its target.
fn says_something(answer: &Answer) -> bool {
    // Of uptime `met` itself is none where too little was observed.
    answer.name == Name::Uptime || answer.n >= ENOUGH
}

fn targets(material: &Material, reasons: &mut Vec<Reason>, notes: &mut Vec<String>) {
    let mut missed = 0;
    for name in TARGETS {
        let Some(answer) = material.answer(name).filter(|answer| answer.met() == Some(false)) else {
            continue;
        };
        let (title, value, goal) = (words::name(name), words::value(answer), words::goal(answer));
        if !says_something(answer) {
            let n = words::counted(answer.n, "ticket", "tickets");
            notes.push(format!("{title} is {value} and should be {goal}, but rests on {n} only."));
            continue;
        }
        missed += 1;
        let text = format!("{title} is {value} and should be {goal}.");
        reasons.push(Reason { rule: "target_missed", weight: Weight::Warning, text });
    }
    if missed > 1 {
        let text = format!("{missed} of the {} targets are missed.", TARGETS.len());
        reasons.push(Reason { rule: "targets_missed", weight: Weight::Serious, text });
    }
}

/// Uptime of which too little was observed to say whether its target is met. It
/// counts where it is missed whatever became of the rest of the time, or where
/// it is missed and half of the time was observed; otherwise it is told.
fn coverage(material: &Material, reasons: &mut Vec<Reason>, notes: &mut Vec<String>) {
    let (Some((overall, services)), Some(target)) = (material.uptime(), material.uptime_target()) else {
        return;
    };
    if services.is_empty() || overall.met(target).is_some() {
        return;
    }
    let coverage = overall.coverage().unwrap_or_default();
    let observed = words::share(Some(coverage));
    let Some(value) = overall.value() else {
        notes.push(format!("Uptime is not known: {observed} of the time of services was observed."));
        return;
    };
    let goal = material.answer(Name::Uptime).map(words::goal).unwrap_or_default();
    let shown = words::of_kpi(Name::Uptime, value);
    let seen = format!("Uptime is {shown} over the {observed} of the time that was observed");
    let best = overall.at_best().is_some_and(|best| best <= target);
    if value <= target && (best || coverage >= HALF) {
        let text = format!("{seen}, and should be {goal}.");
        reasons.push(Reason { rule: "uptime_below_target", weight: Weight::Warning, text });
    } else {
        notes.push(format!("{seen}, which is too little to say whether it is {goal}."));
    }
}

fn promises(material: &Material, reasons: &mut Vec<Reason>, notes: &mut Vec<String>) {
    let Some(answer) = material.answer(Name::SlaAttainment) else { return };
    let Detail::Attainment(attainment) = &answer.detail else { return };
    let overall = attainment.overall;
    if let Some(value) = overall.value().filter(|value| *value < PROMISES) {
        let (n, share) = (overall.n(), words::share(Some(value)));
        let text = format!("{share} of {} were kept.", words::counted(n, "promise", "promises"));
        if n >= ENOUGH {
            let weight = if value < HALF { Weight::Serious } else { Weight::Warning };
            reasons.push(Reason { rule: "promises_broken", weight, text });
        } else {
            notes.push(format!("{text} That is too few to count."));
        }
    }
    for metric in Metric::ALL {
        let urgent = attainment.metrics.get(metric).and_then(|(_, cells)| cells.get(&Priority::P1));
        let Some(urgent) = urgent.filter(|kept| kept.n() >= FEW_URGENT) else { continue };
        if urgent.value().is_some_and(|value| value < URGENT_PROMISES) {
            let (kept, n) = (urgent.kept, urgent.n());
            let text = format!("Of {n} promises of {} on P1 tickets {kept} were kept.", phrase(*metric));
            reasons.push(Reason { rule: "urgent_promises_broken", weight: Weight::Serious, text });
        }
    }
}

/// A metric in a sentence.
pub(super) const fn phrase(metric: Metric) -> &'static str {
    match metric {
        Metric::FirstResponse => "a first response",
        Metric::NextResponse => "a next response",
        Metric::Resolution => "a resolution",
    }
}

fn backlog(material: &Material, reasons: &mut Vec<Reason>) {
    let waiting = material.answer(Name::Backlog).map_or(0, |answer| answer.n);
    let late = material.overdue.tickets;
    if waiting >= ENOUGH && super::trend::count(late) > LATE * super::trend::count(waiting) {
        let text = format!("{late} of {waiting} tickets that wait are late.");
        reasons.push(Reason { rule: "late_backlog", weight: Weight::Warning, text });
    }
}

fn flapping(material: &Material, reasons: &mut Vec<Reason>) {
    let n = material.alerts.flapping;
    if n > 0 {
        let text = if n == 1 {
            "1 group of alerts comes and goes.".to_owned()
        } else {
            format!("{n} groups of alerts come and go.")
        };
        reasons.push(Reason { rule: "flapping_alerts", weight: Weight::Warning, text });
    }
}

/// Whether a number that meets its target does so by a fifth or less.
fn is_close(answer: &Answer) -> bool {
    let Some((value, goal)) = answer.value.map(super::trend::real).zip(answer.goal) else {
        return false;
    };
    match goal {
        Goal::BelowSeconds(bound) => value > 0.8 * super::trend::real(Value::Seconds(bound)),
        Goal::AboveFraction(bound) => value < bound + 0.2 * (1.0 - bound),
        Goal::AboveScore(bound) => value < bound + 0.2 * (5.0 - bound),
    }
}

/// A target that is met yet, and won't be for long.
fn trends(material: &Material, reasons: &mut Vec<Reason>) {
    for name in TARGETS {
        let Some(kpi) = material.kpi(name).filter(|kpi| kpi.answer.met() == Some(true)) else { continue };
        let Some(trend) = kpi.trend().filter(|trend| trend.direction == Direction::Worse) else { continue };
        if !is_close(&kpi.answer) {
            continue;
        }
        let (title, change) = (words::name(name), words::change(name, trend.change.unwrap_or_default()));
        let text = format!("{title} meets its target, but got worse ({change}).");
        reasons.push(Reason { rule: "target_in_danger", weight: Weight::Warning, text });
    }
}
