//! The webhook of Alertmanager (versions 3 and 4), which Grafana's unified
//! alerting speaks too. What is not known is left alone: senders add fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::report::{self, Alert, MOST_FINGERPRINT, Report};
use super::{AlertState, fingerprint, scalar};
use crate::domain::fields::{Fields, read as read_fields};
use crate::domain::violation::Violation;

type Pairs = BTreeMap<String, String>;

/// Reads a body of Alertmanager.
pub(super) fn read(body: Value) -> Result<Report, Vec<Violation>> {
    if let Value::Array(items) = &body
        && items.iter().all(|item| item.get("labels").is_some())
    {
        let detail =
            "is a list of alerts as Alertmanager takes them at /api/v2/alerts, not the webhook that it sends";
        return Err(vec![Violation::new("", "not_a_webhook", detail)]);
    }
    read_fields(body, group)
}

/// Whether a body has the form of this webhook.
pub(super) fn is_one(body: &Value) -> bool {
    let alerts = body.get("alerts").and_then(Value::as_array);
    alerts.is_some_and(|alerts| alerts.iter().all(|alert| alert.get("labels").is_some_and(Value::is_object)))
}

/// Reads a group.
pub(super) fn group(f: &mut Fields<'_>) -> Option<Report> {
    let state = state(f);
    let alerts = f.array("alerts", usize::MAX, |place| place.object(|f| Some(alert(f))).required());
    let alerts = alerts.check("too_few_items", |alerts| !alerts.is_empty(), || "must have at least 1 item");
    let alerts = alerts.required();
    let group_labels = scalar::take_pairs(f.place("groupLabels"));
    let mut labels = scalar::take_pairs(f.place("commonLabels"));
    let mut annotations = scalar::take_pairs(f.place("commonAnnotations"));
    let key = scalar::take_text(f.place("groupKey"));
    let truncated = f.integer("truncatedAlerts").between(0, i64::MAX).or_default();
    let text = scalar::take_text(f.place("message"));
    let url = scalar::take_text(f.place("externalURL"));
    f.take_rest();
    let alerts = distinct(alerts?);
    if labels.is_empty() {
        labels = common(alerts.iter().map(|alert| &alert.labels));
    }
    if annotations.is_empty() {
        annotations = common(alerts.iter().map(|alert| &alert.annotations));
    }
    let any_fires = alerts.iter().any(|alert| alert.state == AlertState::Firing);
    let firing = any_fires || state == Some(AlertState::Firing);
    let mut severities: Vec<String> = alerts
        .iter()
        .filter(|alert| !any_fires || alert.state == AlertState::Firing)
        .flat_map(|alert| report::severities(&alert.labels))
        .chain(report::severities(&labels))
        .chain(report::severities(&annotations))
        .collect();
    severities.sort();
    severities.dedup();
    Some(Report {
        key: key.unwrap_or_else(|| derived(&group_labels, &labels, &alerts)),
        state: if firing { AlertState::Firing } else { AlertState::Resolved },
        title: title(&group_labels, &labels, &annotations, &alerts),
        text,
        severities,
        service: report::service(&labels).or_else(|| report::service(&alerts[0].labels)),
        url: alerts.iter().find_map(|alert| alert.url.clone()).or(url),
        labels,
        annotations,
        alerts,
        truncated,
        // The status is then that of the listed alerts alone.
        complete: truncated == 0,
        is_rest: false,
    })
}

/// Takes `status`; none: the alerts say.
fn state(f: &mut Fields<'_>) -> Option<AlertState> {
    let known = |state: &AlertState| *state != AlertState::Recorded;
    f.choice("status").check("unknown_name", known, || "must be firing or resolved").optional()
}

fn alert(f: &mut Fields<'_>) -> Alert {
    let state = state(f);
    let labels = scalar::take_pairs(f.place("labels"));
    let mut annotations = scalar::take_pairs(f.place("annotations"));
    let starts_at = scalar::take_instant(f.place("startsAt"));
    let ends_at = scalar::take_instant(f.place("endsAt"));
    let url = scalar::take_text(f.place("generatorURL"));
    let dashboard = scalar::take_text(f.place("dashboardURL"));
    let values = f.place("values").any().optional();
    let value_string = scalar::take_text(f.place("valueString"));
    let name = f.text("fingerprint").trimmed().max_chars(MOST_FINGERPRINT).optional();
    f.take_rest();
    let mut values = values.as_ref().and_then(Value::as_object).map(scalar::pairs).unwrap_or_default();
    values.extend(value_string.map(|text| ("values".to_owned(), text)));
    annotations.extend(dashboard.map(|url| ("dashboard_url".to_owned(), url)));
    let state = state.unwrap_or(AlertState::Firing);
    Alert {
        fingerprint: name.filter(|name| !name.is_empty()).unwrap_or_else(|| fingerprint::of_labels(&labels)),
        state,
        starts_at,
        // Some senders say when a firing alert will be over if nothing more is heard of it.
        ends_at: ends_at.filter(|_| state == AlertState::Resolved),
        said_at: None,
        labels,
        annotations,
        values,
        url,
    }
}

/// The last word on each alert, in the order of the first.
fn distinct(alerts: Vec<Alert>) -> Vec<Alert> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Alert> = Vec::with_capacity(alerts.len());
    for alert in alerts {
        if let Some(place) = places.get(&alert.fingerprint) {
            kept[*place] = alert;
        } else {
            places.insert(alert.fingerprint.clone(), kept.len());
            kept.push(alert);
        }
    }
    kept
}

/// What all of them have.
fn common<'a>(mut sets: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let Some(first) = sets.next() else { return Pairs::new() };
    sets.fold(first.clone(), |mut shared, set| {
        shared.retain(|name, value| set.get(name) == Some(value));
        shared
    })
}

/// A key for a group that came without one. The labels that it was grouped by
/// stay while alerts come and go; those that its alerts share may not.
fn derived(group_labels: &Pairs, labels: &Pairs, alerts: &[Alert]) -> String {
    match (group_labels.is_empty(), labels.is_empty(), alerts) {
        (false, _, _) => fingerprint::written(group_labels),
        (true, true, [only]) => format!("fingerprint {}", only.fingerprint),
        (true, ..) => fingerprint::written(labels),
    }
}

fn title(group_labels: &Pairs, labels: &Pairs, annotations: &Pairs, alerts: &[Alert]) -> String {
    match alerts {
        [only] => report::title(&only.labels, &only.annotations),
        _ if group_labels.is_empty() => report::title(labels, annotations),
        // Of what several share, what they were grouped by says the most.
        _ => {
            let mut grouped = group_labels.clone();
            let named = labels.get("alertname").map(|name| ("alertname".to_owned(), name.clone()));
            grouped.extend(named);
            report::title(&grouped, annotations)
        }
    }
}
