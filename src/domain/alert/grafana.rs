//! Grafana: the unified alerting, which speaks Alertmanager's webhook, and the
//! legacy one, which reports one rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::report::{self, Alert, Incoming, Recorded, Report};
use super::{AlertState, fingerprint, scalar, webhook};
use crate::domain::fields::{Fields, read as read_fields};
use crate::domain::violation::Violation;

/// Most measurements of a rule that are read.
const MOST_MATCHES: usize = 1_000;

/// Reads a body of either alerting.
pub(super) fn read(body: Value) -> Result<Incoming, Vec<Violation>> {
    if is_legacy(&body) { legacy(&body) } else { webhook::read(body).map(Incoming::from) }
}

/// Whether a body is of the legacy alerting.
pub(super) fn is_legacy(body: &Value) -> bool {
    body.get("alerts").is_none() && (body.get("ruleName").is_some() || body.get("ruleId").is_some())
}

/// Reads a body of the legacy alerting.
pub(super) fn legacy(body: &Value) -> Result<Incoming, Vec<Violation>> {
    let said = read_fields(body.clone(), rule)?;
    let state = match said.state.to_lowercase().as_str() {
        "alerting" | "no_data" => AlertState::Firing,
        "ok" => AlertState::Resolved,
        other => {
            return Ok(Incoming::from(Recorded {
                reason: format!("A rule that is {other} neither fires nor is resolved."),
                key: format!("{} {other}", said.key),
                title: said.title,
                content: body.clone(),
            }));
        }
    };
    Ok(Incoming::from(report(said, state)))
}

/// What a body of the legacy alerting says.
struct Rule {
    key: String,
    title: String,
    state: String,
    text: Option<String>,
    url: Option<String>,
    labels: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
}

fn rule(f: &mut Fields<'_>) -> Option<Rule> {
    let number = scalar::take_text(f.place("ruleId"));
    let organization = scalar::take_text(f.place("orgId"));
    let name = scalar::take_text(f.place("ruleName"));
    let state = f.text("state").trimmed().min_chars(1).max_chars(100).required();
    let title = scalar::take_text(f.place("title"));
    let text = scalar::take_text(f.place("message"));
    let url = scalar::take_text(f.place("ruleUrl"));
    let mut labels = match f.place("tags").any().optional() {
        Some(Value::Object(tags)) => scalar::pairs(&tags),
        _ => BTreeMap::new(),
    };
    let matches = f.array("evalMatches", MOST_MATCHES, |place| place.any().required()).or_default();
    f.take_rest();
    labels.extend(name.clone().map(|name| ("alertname".to_owned(), name)));
    // Grafanas of different numbering may share a tenant: the name tells them apart.
    let parts = [organization, number, name.clone()].into_iter().flatten().collect::<Vec<_>>();
    Some(Rule {
        key: format!("rule {}", parts.join(" ")),
        title: report::subject(name.or(title).as_deref().unwrap_or_default()),
        state: state?,
        text,
        url,
        labels,
        values: matches.iter().filter_map(measured).collect(),
    })
}

/// A measurement: the metric with its tags, and its value.
fn measured(found: &Value) -> Option<(String, String)> {
    let metric = found.get("metric").and_then(scalar::text)?;
    let value = found.get("value").and_then(scalar::text).unwrap_or_else(|| "no value".to_owned());
    let tags = found.get("tags").and_then(Value::as_object).map(scalar::pairs).unwrap_or_default();
    let name = if tags.is_empty() { metric } else { format!("{metric} {}", fingerprint::written(&tags)) };
    Some((name, value))
}

fn report(said: Rule, state: AlertState) -> Report {
    let annotations: BTreeMap<String, String> =
        said.text.iter().map(|text| ("message".to_owned(), text.clone())).collect();
    let identity = BTreeMap::from([("rule".to_owned(), said.key.clone())]);
    let alert = Alert {
        fingerprint: fingerprint::of_labels(&identity),
        state,
        starts_at: None,
        ends_at: None,
        said_at: None,
        labels: said.labels.clone(),
        annotations: annotations.clone(),
        values: said.values,
        url: said.url.clone(),
    };
    Report {
        key: said.key,
        state,
        title: said.title,
        text: said.text,
        severities: report::severities(&said.labels),
        service: report::service(&said.labels),
        labels: said.labels,
        annotations,
        url: said.url,
        alerts: vec![alert],
        truncated: 0,
        complete: true,
        is_rest: false,
    }
}
