//! Where a body of unknown form says what: a tenant's JSON pointers, before
//! those of the forms that are common.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AlertState, scalar};
use crate::domain::fields::Fields;
use crate::domain::place::Place;

/// Most pointers, or words, of one entry.
const MOST: usize = 50;
/// Longest pointer or word, in characters.
const MOST_CHARS: usize = 500;

/// Which parts of a body say what. A list of pointers is tried in order, before
/// the usual ones; those of `group_key` and of `fingerprint` count together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// Where the reports are, if one body holds several.
    pub items: Vec<String>,
    /// One line.
    pub title: Vec<String>,
    /// All of it.
    pub text: Vec<String>,
    /// How bad it is, in the sender's words.
    pub severity: Vec<String>,
    /// Whether it fires or is resolved.
    pub status: Vec<String>,
    /// What it is about.
    pub service: Vec<String>,
    /// Where it can be looked at.
    pub url: Vec<String>,
    /// What reports of one group have in common.
    pub group_key: Vec<String>,
    /// What tells the alerts of a group apart.
    pub fingerprint: Vec<String>,
    /// More words for what fires.
    pub firing: Vec<String>,
    /// More words for what is resolved.
    pub resolved: Vec<String>,
}

impl Mapping {
    /// Reads a mapping; what is left out is as usual.
    pub fn from_fields(f: &mut Fields<'_>) -> Option<Self> {
        let mapping = Self {
            items: pointers(f, "items"),
            title: pointers(f, "title"),
            text: pointers(f, "text"),
            severity: pointers(f, "severity"),
            status: pointers(f, "status"),
            service: pointers(f, "service"),
            url: pointers(f, "url"),
            group_key: pointers(f, "group_key"),
            fingerprint: pointers(f, "fingerprint"),
            firing: words(f, "firing"),
            resolved: words(f, "resolved"),
        };
        if let Some(word) = mapping.firing.iter().find(|word| mapping.resolved.contains(word)) {
            f.fault("resolved", "ambiguous", format!("{word:?} is a word for what fires, too"));
        }
        Some(mapping)
    }

    /// What a word says of an alert: the tenant's words first, then the usual
    /// ones; none: neither.
    pub(super) fn state(&self, word: &str) -> Option<AlertState> {
        let word = word.trim().to_lowercase();
        let is_in = |words: &[String]| words.contains(&word);
        match word.as_str() {
            _ if is_in(&self.firing) => Some(AlertState::Firing),
            _ if is_in(&self.resolved) => Some(AlertState::Resolved),
            word if FIRING.contains(&word) => Some(AlertState::Firing),
            word if RESOLVED.contains(&word) => Some(AlertState::Resolved),
            _ => None,
        }
    }
}

fn pointers(f: &mut Fields<'_>, name: &str) -> Vec<String> {
    let is_pointer = |text: &String| text.is_empty() || text.starts_with('/');
    let item = |place: Place<'_>| {
        let text = place.text().max_chars(MOST_CHARS);
        text.check("not_a_pointer", is_pointer, || "must be a JSON pointer such as /event/title").required()
    };
    list(f, name, item)
}

fn words(f: &mut Fields<'_>, name: &str) -> Vec<String> {
    let item = |place: Place<'_>| {
        place.text().trimmed().min_chars(1).max_chars(MOST_CHARS).map(|word| word.to_lowercase()).required()
    };
    list(f, name, item)
}

/// A list, or one item in place of a list of one.
fn list(f: &mut Fields<'_>, name: &str, mut item: impl FnMut(Place<'_>) -> Option<String>) -> Vec<String> {
    let place = f.place(name);
    if place.is_text() {
        return item(place).into_iter().collect();
    }
    place.array(MOST, item).or_default()
}

/// Words for what fires.
const FIRING: &[&str] = &[
    "firing",
    "fire",
    "fired",
    "alerting",
    "alert",
    "alarm",
    "open",
    "opened",
    "active",
    "activated",
    "trigger",
    "triggered",
    "problem",
    "critical",
    "error",
    "warning",
    "warn",
    "down",
    "failed",
    "failing",
    "failure",
    "unhealthy",
    "new",
    "created",
    "raised",
    "started",
    "no_data",
    "nodata",
    "true",
];
/// Words for what is resolved.
const RESOLVED: &[&str] = &[
    "resolved",
    "resolve",
    "ok",
    "closed",
    "close",
    "recovered",
    "recovery",
    "cleared",
    "clear",
    "up",
    "normal",
    "inactive",
    "healthy",
    "success",
    "ended",
    "deactivated",
    "false",
];

pub(super) const TITLE: &[&str] = &[
    "/title",
    "/summary",
    "/subject",
    "/alertname",
    "/alert_name",
    "/labels/alertname",
    "/AlarmName",
    "/check_name",
    "/condition_name",
    "/incident/summary",
    "/incident/title",
    "/data/incident/trigger_summary_data/subject",
    "/data/incident/title",
    "/event/title",
    "/payload/summary",
    "/alert/title",
    "/alert/message",
    "/stream/title",
    "/monitor/name",
    "/name",
    "/description",
    "/message",
    "/service",
];
/// Of those, the ones that name an alert and hardly tell of one event.
pub(super) const NAME: &[&str] = &[
    "/title",
    "/summary",
    "/subject",
    "/alertname",
    "/alert_name",
    "/check_name",
    "/condition_name",
    "/event/title",
    "/payload/summary",
    "/alert/title",
    "/monitor/name",
    "/name",
];
pub(super) const TEXT: &[&str] = &[
    "/text",
    "/details",
    "/long_description",
    "/description",
    "/NewStateReason",
    "/check_result/result_description",
    "/incident/summary",
    "/annotations/description",
    "/annotations/summary",
    "/annotations/info",
    "/alert/description",
    "/event/description",
    "/message",
    "/body",
];
pub(super) const STATUS: &[&str] = &[
    "/status",
    "/state",
    "/current_state",
    "/NewStateValue",
    "/incident/state",
    "/incident/status",
    "/data/incident/status",
    "/check_result/triggered",
    "/alert/status",
    "/event/status",
    "/event_action",
    "/action",
    "/alert_state",
];
pub(super) const SEVERITY: &[&str] = &[
    "/severity",
    "/labels/severity",
    "/tags/severity",
    "/payload/severity",
    "/incident/severity",
    "/alert/severity",
    "/alert/priority",
    "/importance_level",
    "/priority",
    "/level",
    "/urgency",
];
pub(super) const SERVICE: &[&str] = &[
    "/service",
    "/service/name",
    "/labels/service",
    "/tags/service",
    "/data/incident/service/name",
    "/incident/resource_name",
    "/resource_name",
    "/application",
    "/app",
    "/component",
    "/payload/component",
];
pub(super) const URL: &[&str] = &[
    "/url",
    "/incident/url",
    "/incident_url",
    "/data/incident/html_url",
    "/ruleUrl",
    "/alert/url",
    "/client_url",
    "/link",
    "/generatorURL",
];
pub(super) const LABELS: &[&str] = &["/labels", "/tags"];
pub(super) const STARTED: &[&str] = &[
    "/startsAt",
    "/started_at",
    "/incident/started_at",
    "/data/incident/created_on",
    "/StateChangeTime",
    "/check_result/triggered_at",
    "/state_changed_timestamp",
    "/timestamp",
    "/time",
];
pub(super) const ENDED: &[&str] = &[
    "/endsAt",
    "/ended_at",
    "/resolved_at",
    "/closed_at",
    "/incident/ended_at",
    "/StateChangeTime",
    "/check_result/triggered_at",
    "/state_changed_timestamp",
    "/timestamp",
    "/time",
];
/// What was measured, or against what.
pub(super) const VALUES: &[&str] = &[
    "/value",
    "/values",
    "/metric",
    "/metrics",
    "/metric_value",
    "/evalMatches",
    "/Trigger",
    "/measurement",
];
/// What names a group; the pointers of a line count together.
pub(super) const GROUP_KEY: &[&[&str]] = &[
    &["/groupKey"],
    &["/group_key"],
    &["/dedup_key"],
    &["/dedup"],
    &["/dedupKey"],
    &["/incident/incident_id"],
    &["/data/incident/id"],
    &["/account_id", "/condition_id", "/incident_id"],
    &["/incident_id"],
    &["/incident_key"],
    &["/alert_id"],
    &["/alert/id"],
    &["/check_id"],
    &["/AWSAccountId", "/Region", "/AlarmName"],
    &["/AlarmName"],
    &["/stream/id", "/check_result/triggered_condition/id"],
    &["/fingerprint"],
    &["/host", "/service"],
];

/// The first of the tenant's pointers, then of the usual ones, that leads to a
/// text, a number or a truth value.
pub(super) fn first(event: &Value, own: &[String], usual: &[&str]) -> Option<String> {
    let own = own.iter().map(String::as_str);
    own.chain(usual.iter().copied()).find_map(|pointer| scalar::text(event.pointer(pointer)?))
}

/// What all of the pointers lead to, with their names; none if one leads to
/// nothing.
pub(super) fn together<'p>(event: &Value, pointers: impl Iterator<Item = &'p str>) -> Option<String> {
    let parts: Option<Vec<String>> = pointers
        .map(|pointer| {
            let found = event.pointer(pointer).filter(|found| !found.is_null())?;
            let said = scalar::text(found).unwrap_or_else(|| found.to_string());
            Some(format!("{}={said}", pointer.rsplit('/').next().unwrap_or_default()))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(" "))
}
