//! Numbers as people read them.

use jiff::Timestamp;

use super::evidence::Scale;
use crate::domain::kpi::{Answer, Goal, Name, Unit, Value, Zone};

/// What stands where there is no number.
pub(super) const NOTHING: &str = "no data";

/// The names of numbers in a sentence.
pub(super) const fn name(name: Name) -> &'static str {
    match name {
        Name::FirstResponseTime => "First response time",
        Name::FirstLevelResolutionRate => "First-level resolution rate",
        Name::ResolutionRate => "Resolution rate",
        Name::TimeToResolution => "Time to resolution",
        Name::Satisfaction => "Satisfaction",
        Name::SlaAttainment => "SLA attainment",
        Name::Backlog => "Backlog",
        Name::ReopenRate => "Reopen rate",
        Name::EscalationRate => "Escalation rate",
        Name::Automation => "Automation",
        Name::Uptime => "Uptime",
    }
}

/// A word of a closed list, or the slug of a team, such as `technical_bug`, as
/// people write it.
pub(super) fn label(word: &str) -> String {
    if word == "devops" {
        return "DevOps".to_owned();
    }
    let mut label = word.replace('_', " ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    label
}

/// A number of an answer.
pub(super) fn value(answer: &Answer) -> String {
    answer.value.map_or_else(|| NOTHING.to_owned(), |value| of_kpi(answer.name, super::trend::real(value)))
}

/// A number in the unit of a KPI.
pub(super) fn of_kpi(name: Name, number: f64) -> String {
    match name.unit() {
        Unit::Seconds => seconds(number),
        // A hundredth of a per cent of a month is four minutes.
        Unit::Fraction if matches!(name, Name::Uptime) => format!("{:.3} %", number * 100.0),
        Unit::Fraction => format!("{:.1} %", number * 100.0),
        Unit::Score => format!("{number:.2}"),
        Unit::Tickets => format!("{number:.0}"),
    }
}

/// A number of evidence.
pub(super) fn of_scale(scale: Scale, number: Option<f64>) -> String {
    let Some(number) = number else { return NOTHING.to_owned() };
    match scale {
        Scale::Seconds => seconds(number),
        Scale::Fraction => format!("{:.1} %", number * 100.0),
        Scale::Score => format!("{number:.2}"),
        Scale::Count => format!("{number:.0}"),
    }
}

/// A share of something.
pub(super) fn share(value: Option<f64>) -> String {
    of_scale(Scale::Fraction, value)
}

/// What a number should be.
pub(super) fn goal(answer: &Answer) -> String {
    match answer.goal {
        None => "none".to_owned(),
        Some(Goal::BelowSeconds(bound)) => {
            format!("under {}", of_kpi(answer.name, super::trend::real(Value::Seconds(bound))))
        }
        Some(Goal::AboveFraction(bound)) => format!("over {} %", round(bound * 100.0)),
        Some(Goal::AboveScore(bound)) => format!("over {}", round(bound)),
    }
}

/// With one digit after the point where there is one.
fn round(number: f64) -> String {
    format!("{number:.1}").trim_end_matches(".0").to_owned()
}

/// A difference, with its sign.
pub(super) fn change(name: Name, change: f64) -> String {
    let sign = if change < 0.0 { "−" } else { "+" };
    let size = change.abs();
    match name.unit() {
        Unit::Fraction if matches!(name, Name::Uptime) => format!("{sign}{:.3} points", size * 100.0),
        Unit::Fraction => format!("{sign}{:.1} points", size * 100.0),
        _ => format!("{sign}{}", of_kpi(name, size)),
    }
}

/// A duration in its two largest units.
pub(super) fn seconds(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a float saturates where it becomes an integer")]
    let whole = number.round() as i64;
    let (days, rest) = (whole / 86_400, whole % 86_400);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if seconds == 0 => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// An instant as clocks of the zone show it, to the minute.
pub(super) fn moment(zone: &Zone, at: Timestamp) -> String {
    zone.local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A count with what is counted.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
