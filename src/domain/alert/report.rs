//! The one shape that every report has, whoever sent it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{AlertState, fingerprint, scalar};

/// Most groups of one request that are taken each on its own, so that the
/// answer is there before the sender gives up.
pub(super) const MOST_GROUPS: usize = 400;
/// Longest group key that is kept and shown, in characters; it counts whole.
pub(super) const MOST_KEY: usize = 2_000;
/// Longest fingerprint, in characters.
pub(super) const MOST_FINGERPRINT: usize = 255;
/// Longest title, in characters: a ticket's subject.
const MOST_TITLE: usize = 300;
/// Longest service, in characters.
const MOST_SERVICE: usize = 100;

/// One alert of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What tells it apart within its tenant.
    pub fingerprint: String,
    /// `firing` or `resolved`.
    pub state: AlertState,
    /// Since when, by the sender.
    pub starts_at: Option<Timestamp>,
    /// Until when, by the sender; none while it fires.
    pub ends_at: Option<Timestamp>,
    /// When the sender said so, where it tells that apart from since when and
    /// until when.
    pub said_at: Option<Timestamp>,
    /// What it is about.
    pub labels: BTreeMap<String, String>,
    /// What is said of it.
    pub annotations: BTreeMap<String, String>,
    /// What was measured, by name.
    pub values: BTreeMap<String, String>,
    /// Where it can be looked at; perhaps relative to the sender.
    pub url: Option<String>,
}

/// A report of a group of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The sender's name for the group, or one derived from its labels.
    pub key: String,
    /// The group as a whole: `firing` while one of its alerts does.
    pub state: AlertState,
    /// One line about it.
    pub title: String,
    /// What the sender says beside its alerts, if anything.
    pub text: Option<String>,
    /// Labels that all alerts share.
    pub labels: BTreeMap<String, String>,
    /// Annotations that all alerts share.
    pub annotations: BTreeMap<String, String>,
    /// How bad it is, in the sender's words; several where alerts differ.
    pub severities: Vec<String>,
    /// What it is about.
    pub service: Option<String>,
    /// Where it can be looked at.
    pub url: Option<String>,
    /// Its alerts.
    pub alerts: Vec<Alert>,
    /// How many more there are that the sender left out.
    pub truncated: i64,
    /// All alerts of the group are listed; otherwise what is not listed stays
    /// as it was.
    pub complete: bool,
    /// It stands for the groups of a large report that are not taken each on
    /// its own; its alerts are those groups.
    pub is_rest: bool,
}

/// Something that is kept and is no alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What tells it apart from others of its kind.
    pub key: String,
    /// One line about it.
    pub title: String,
    /// Why it makes no ticket.
    pub reason: String,
    /// All of it.
    pub content: Value,
}

/// What a sender posted.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A report of a group of alerts.
    Report(Box<Report>),
    /// Something that is kept and is no alert.
    Record(Box<Recorded>),
}

impl From<Report> for Incoming {
    fn from(report: Report) -> Self {
        Self::Report(Box::new(report))
    }
}

impl From<Recorded> for Incoming {
    fn from(recorded: Recorded) -> Self {
        Self::Record(Box::new(recorded))
    }
}

impl Incoming {
    /// Each alert as a group of its own.
    pub(super) fn by_fingerprint(self) -> Vec<Self> {
        match self {
            Self::Report(report) => report.by_fingerprint().into_iter().map(Self::from).collect(),
            recorded @ Self::Record(_) => vec![recorded],
        }
    }
}

impl Alert {
    /// What names it among those of its group: what the group's own labels
    /// leave open.
    #[must_use]
    pub fn name(&self) -> String {
        let said = self.annotations.get("summary").or_else(|| self.labels.get("alertname"));
        said.cloned().unwrap_or_else(|| fingerprint::written(&self.labels))
    }
}

impl Report {
    /// Each alert as a group of its own.
    fn by_fingerprint(self) -> Vec<Self> {
        let Self { title, text, severities, service, url, alerts, .. } = self;
        let alone = alerts.len() == 1;
        let each = alerts.into_iter().map(|alert| Self {
            key: format!("fingerprint {}", alert.fingerprint),
            state: alert.state,
            title: if alone { title.clone() } else { self::title(&alert.labels, &alert.annotations) },
            text: text.clone().filter(|_| alone),
            severities: if alone { severities.clone() } else { self::severities(&alert.labels) },
            service: self::service(&alert.labels).or_else(|| service.clone()),
            url: alert.url.clone().or_else(|| url.clone()),
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            alerts: vec![alert],
            truncated: 0,
            complete: true,
            is_rest: false,
        });
        each.collect()
    }

    /// How many of its alerts fire.
    #[must_use]
    pub fn firing(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.state == AlertState::Firing).count()
    }
}

/// One line about a group: the name of its rule, and what is said of it or
/// what tells it apart.
pub(super) fn title(labels: &BTreeMap<String, String>, annotations: &BTreeMap<String, String>) -> String {
    let said = ["summary", "title", "message"].iter().find_map(|name| filled(annotations, name));
    let named = filled(labels, "alertname");
    let title = match (named, said) {
        (Some(name), Some(said)) if said.contains(name) => said.to_owned(),
        (Some(name), Some(said)) => format!("{name}: {said}"),
        (None, Some(said)) => said.to_owned(),
        (named, None) => {
            let rest: Vec<String> = labels
                .iter()
                .filter(|(name, _)| *name != "alertname" && !name.starts_with("__"))
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            match (named, rest.is_empty()) {
                (Some(name), true) => name.to_owned(),
                (Some(name), false) => format!("{name} ({})", rest.join(", ")),
                (None, true) => "Alert".to_owned(),
                (None, false) => format!("Alert ({})", rest.join(", ")),
            }
        }
    };
    subject(&title)
}

/// A text as the one line of a ticket.
pub(super) fn subject(text: &str) -> String {
    let line = scalar::line(text, MOST_TITLE);
    if line.is_empty() { "Alert".to_owned() } else { line }
}

fn filled<'a>(pairs: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    pairs.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// How bad labels say it is.
pub(super) fn severities(labels: &BTreeMap<String, String>) -> Vec<String> {
    let said = ["severity", "priority", "level"].iter().find_map(|name| filled(labels, name));
    said.map(ToOwned::to_owned).into_iter().collect()
}

/// What labels say it is about.
pub(super) fn service(labels: &BTreeMap<String, String>) -> Option<String> {
    let named = ["service", "app", "application", "component", "job"];
    named.iter().find_map(|name| filled(labels, name)).map(as_service)
}

/// A text as the service of a ticket.
pub(super) fn as_service(text: &str) -> String {
    scalar::line(text, MOST_SERVICE)
}
