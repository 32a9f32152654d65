//! JSON of any form: the tenant's mapping and the usual names say what is what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::mapping::{self, Mapping, first, together};
use super::report::{self, Alert, Incoming, MOST_FINGERPRINT, Recorded, Report};
use super::{AlertState, fingerprint, grafana, scalar, webhook};
use crate::domain::json;
use crate::domain::violation::Violation;

/// What is known of an event beside its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// One line, if the body has none.
    pub(super) title: Option<String>,
    /// Where it comes from, if that is known.
    pub(super) origin: Option<Origin>,
    /// When it happened.
    pub(super) at: Option<Timestamp>,
    /// Whether it fires, whatever the body says.
    pub(super) state: Option<AlertState>,
}

/// Where an event comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The sender, which may report many alerts.
    pub(super) source: String,
    /// What it is about, if the event says so.
    pub(super) subject: Option<String>,
    /// What its events are about, whatever happened.
    pub(super) topic: String,
}

/// Reads a body: one report, or several.
pub(super) fn read(body: Value, mapping: &Mapping) -> Result<Vec<Incoming>, Vec<Violation>> {
    let (place, items) = items(body, mapping);
    let before = |index: usize| place.as_ref().map_or_else(String::new, |list| format!("{list}/{index}"));
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        match one(item, mapping, &Around::default()) {
            Ok(incoming) => read.push(incoming),
            Err(found) => faults.extend(found.into_iter().map(|fault| {
                let pointer = format!("{}{}", before(index), fault.pointer);
                Violation { pointer, ..fault }
            })),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// The reports of a body, and where the list of them is; none: the body is one.
fn items(body: Value, mapping: &Mapping) -> (Option<String>, Vec<Value>) {
    for pointer in &mapping.items {
        if let Some(Value::Array(items)) = body.pointer(pointer) {
            return (Some(pointer.clone()), items.clone());
        }
    }
    let incidents = body.get("messages").and_then(Value::as_array);
    if let Some(items) =
        incidents.filter(|items| items.iter().all(|item| item.pointer("/data/incident").is_some()))
    {
        return (Some("/messages".to_owned()), items.clone());
    }
    match body {
        Value::Array(items) => (Some(String::new()), items),
        other => (None, vec![other]),
    }
}

/// Reads one report.
pub(super) fn one(event: Value, mapping: &Mapping, around: &Around) -> Result<Incoming, Vec<Violation>> {
    if !event.is_object() {
        return Err(vec![Violation::new("", "wrong_type", "must be an object")]);
    }
    if webhook::is_one(&event) {
        return webhook::read(event).map(Incoming::from);
    }
    if grafana::is_legacy(&event) && event.get("state").is_some() {
        return grafana::legacy(&event);
    }
    match event.get("Type").and_then(Value::as_str).filter(|_| event.get("TopicArn").is_some()) {
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => Ok(confirmation(event)),
        Some("Notification") => notification(&event, mapping, around),
        _ => by_pointers(&event, mapping, around),
    }
}

/// A request of Amazon SNS to open an address, which a person has to decide.
fn confirmation(event: Value) -> Incoming {
    let topic = first(&event, &[], &["/TopicArn"]).unwrap_or_default();
    Incoming::from(Recorded {
        key: format!("subscription of {topic}"),
        title: report::subject(&format!("Subscription of {topic}")),
        reason: "A subscription is confirmed by a person who opens its SubscribeURL: the desk opens no address that it is sent.".to_owned(),
        content: event,
    })
}

/// What Amazon SNS passes on: an alarm of `CloudWatch`, or words.
fn notification(event: &Value, mapping: &Mapping, around: &Around) -> Result<Incoming, Vec<Violation>> {
    let message = event.get("Message").and_then(Value::as_str).unwrap_or_default();
    if let Ok(inner @ Value::Object(_)) = json::parse(message.as_bytes()) {
        let subject = first(event, &[], &["/Subject"]);
        let around = Around { title: subject.or_else(|| around.title.clone()), ..around.clone() };
        return by_pointers(&inner, mapping, &around);
    }
    let words = serde_json::json!({ "title": event.get("Subject"), "text": message });
    by_pointers(&words, mapping, around)
}

fn by_pointers(event: &Value, mapping: &Mapping, around: &Around) -> Result<Incoming, Vec<Violation>> {
    let title = first(event, &mapping.title, mapping::TITLE).or_else(|| around.title.clone());
    let Some(title) = title.map(|title| report::subject(&title)) else {
        let detail = format!(
            "has no title; name its place in /v1/alerts/settings as generic.title, or use one of {}",
            mapping::TITLE.join(", ")
        );
        return Err(vec![Violation::new("", "no_title", detail)]);
    };
    let word = first(event, &mapping.status, mapping::STATUS);
    let service = first(event, &mapping.service, mapping::SERVICE).map(|text| report::as_service(&text));
    let labels = labels(event);
    let key = key(event, mapping, around, &labels, &title, service.as_deref());
    let state =
        around.state.or_else(|| word.as_deref().map_or(Some(AlertState::Firing), |word| mapping.state(word)));
    let Some(state) = state else {
        let word = scalar::cut(&word.unwrap_or_default(), 100);
        return Ok(Incoming::from(Recorded {
            key: format!("{key} {word}"),
            title,
            reason: format!("{word:?} says neither that it fires nor that it is resolved."),
            content: event.clone(),
        }));
    };
    let said_at = around.at;
    Ok(Incoming::from(report(event, mapping, Parts { title, service, labels, key, state, said_at })))
}

/// What was found out about a report so far.
struct Parts {
    title: String,
    service: Option<String>,
    labels: BTreeMap<String, String>,
    key: String,
    state: AlertState,
    said_at: Option<Timestamp>,
}

fn report(event: &Value, mapping: &Mapping, parts: Parts) -> Report {
    let Parts { title, service, labels, key, state, said_at } = parts;
    let text = first(event, &mapping.text, mapping::TEXT);
    let own = together(event, mapping.fingerprint.iter().map(String::as_str));
    let name = own.or_else(|| first(event, &[], &["/fingerprint"])).unwrap_or_else(|| key.clone());
    let values = mapping::VALUES
        .iter()
        .filter_map(|pointer| {
            let found = event.pointer(pointer).filter(|found| !found.is_null())?;
            let said = scalar::text(found).unwrap_or_else(|| found.to_string());
            Some((pointer.trim_start_matches('/').to_owned(), said))
        })
        .collect();
    let annotations: BTreeMap<String, String> =
        text.iter().map(|text| ("description".to_owned(), text.clone())).collect();
    let url = first(event, &mapping.url, mapping::URL);
    let instant =
        |pointers: &[&str]| pointers.iter().find_map(|pointer| scalar::instant(event.pointer(pointer)?));
    let (started, ended) = (instant(mapping::STARTED).or(said_at), instant(mapping::ENDED).or(said_at));
    let alert = Alert {
        fingerprint: if name.chars().count() <= MOST_FINGERPRINT {
            name
        } else {
            fingerprint::of_labels(&BTreeMap::from([("name".to_owned(), name)]))
        },
        state,
        starts_at: started.filter(|_| state == AlertState::Firing),
        ends_at: ended.filter(|_| state == AlertState::Resolved),
        said_at,
        labels: labels.clone(),
        annotations: annotations.clone(),
        values,
        url: url.clone(),
    };
    Report {
        key,
        state,
        title,
        text,
        labels,
        annotations,
        severities: first(event, &mapping.severity, mapping::SEVERITY).into_iter().collect(),
        service,
        url,
        alerts: vec![alert],
        truncated: 0,
        complete: false,
        is_rest: false,
    }
}

fn labels(event: &Value) -> BTreeMap<String, String> {
    let found = mapping::LABELS.iter().find_map(|pointer| event.pointer(pointer)?.as_object());
    found.map(scalar::pairs).unwrap_or_default()
}

/// The tenant's key, a usual one, or what tells the alert apart within its
/// origin: its labels, the event's subject, or what it is called.
fn key(
    event: &Value,
    mapping: &Mapping,
    around: &Around,
    labels: &BTreeMap<String, String>,
    title: &str,
    service: Option<&str>,
) -> String {
    let own = together(event, mapping.group_key.iter().map(String::as_str));
    let usual = || mapping::GROUP_KEY.iter().find_map(|line| together(event, line.iter().copied()));
    if let Some(named) = own.or_else(usual) {
        return named;
    }
    let named = |title: Option<&str>| {
        let title = title.map(|title| format!("title={title}"));
        title.into_iter().chain(service.map(|service| format!("service={service}"))).collect::<Vec<_>>()
    };
    let labels = (!labels.is_empty()).then(|| fingerprint::written(labels));
    let parts: Vec<String> = match (&around.origin, labels) {
        (None, Some(labels)) => vec![labels],
        (None, None) => named(Some(title)),
        // One source reports many alerts, and perhaps several of one subject.
        (Some(Origin { source, subject, .. }), Some(labels)) => {
            std::iter::once(source.clone()).chain(subject.clone()).chain([labels]).collect()
        }
        (Some(Origin { source, subject: Some(subject), .. }), None) => vec![source.clone(), subject.clone()],
        (Some(Origin { source, subject: None, topic }), None) => {
            // The words that stand in for a title may tell of the event, not of the alert.
            let title = first(event, &mapping.title, &[]).or_else(|| first(event, &[], mapping::NAME));
            let named = named(title.map(|title| report::subject(&title)).as_deref());
            [source.clone(), topic.clone()].into_iter().chain(named).collect()
        }
    };
    parts.join(" ")
}
