//! The alert that an outage of a monitor is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Definition, Monitor};
use crate::domain::alert::{Alert, AlertState, Report};

/// Longest title, in characters: a ticket's subject.
const MOST_TITLE: usize = 300;

/// The word that a monitor gives as a sender of alerts: `firing` since an
/// instant, or `resolved` at one.
#[must_use]
pub fn report(monitor: &Monitor, state: AlertState, at: Timestamp) -> Report {
    let said = match (state, &monitor.health.reason) {
        (AlertState::Firing, Some(reason)) => format!("{} is down: {reason}", monitor.name),
        (AlertState::Firing, None) => format!("{} is down", monitor.name),
        _ => format!("{} is up again", monitor.name),
    };
    let title: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_TITLE).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let labels: BTreeMap<String, String> = [
        pair("alertname", "MonitorDown"),
        pair("monitor", &monitor.name),
        pair("kind", monitor.definition.kind().as_str()),
        pair("service", &monitor.service),
        pair("severity", monitor.severity.as_str()),
    ]
    .into();
    let annotations: BTreeMap<String, String> = [pair("summary", &title)].into();
    let url = match &monitor.definition {
        Definition::Http(check) => Some(check.url.clone()),
        Definition::Heartbeat(_) => None,
    };
    let alert = Alert {
        fingerprint: monitor.id.to_string(),
        state,
        starts_at: (state == AlertState::Firing).then_some(at),
        ends_at: (state == AlertState::Resolved).then_some(at),
        said_at: None,
        labels: labels.clone(),
        annotations: annotations.clone(),
        values: BTreeMap::new(),
        url: url.clone(),
    };
    Report {
        key: format!("monitor {}", monitor.id),
        state,
        title,
        text: None,
        labels,
        annotations,
        severities: vec![monitor.severity.as_str().to_owned()],
        service: Some(monitor.service.clone()),
        url,
        alerts: vec![alert],
        truncated: 0,
        complete: true,
        is_rest: false,
    }
}
