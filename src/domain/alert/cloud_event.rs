//! `CloudEvents` 1.0, one or many: those whose type is about an alert, and the
//! rest, which is kept.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::AlertState;
use super::generic::{self, Around, Origin};
use super::report::{self, Incoming, Recorded};
use super::settings::{EventMeaning, Settings};
use crate::domain::fields::{Fields, read as read_fields};
use crate::domain::json as strict;
use crate::domain::violation::Violation;

/// Longest attribute, in characters.
const MOST_CHARS: usize = 2_000;
/// Words of a type that make it one of alerts.
const ABOUT: &[&str] = &["alert", "alerts", "alarm", "alarms"];

/// An event of the binary form as one of the structured form: its attributes
/// with what the body holds.
#[must_use]
pub fn structured(attributes: Vec<(String, String)>, data: Option<Value>) -> Value {
    let named = attributes.into_iter().map(|(name, value)| (name, Value::String(value)));
    let mut event: Map<String, Value> = named.collect();
    event.extend(data.map(|data| ("data".to_owned(), data)));
    Value::Object(event)
}

/// Reads one event, or an array of them.
pub(super) fn read(body: Value, settings: &Settings) -> Result<Vec<Incoming>, Vec<Violation>> {
    let Value::Array(events) = body else { return one(body, settings).map(|incoming| vec![incoming]) };
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for (index, event) in events.into_iter().enumerate() {
        match one(event, settings) {
            Ok(incoming) => read.push(incoming),
            Err(found) => faults.extend(
                found
                    .into_iter()
                    .map(|fault| Violation { pointer: format!("/{index}{}", fault.pointer), ..fault }),
            ),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// The attributes that matter here.
struct Event {
    id: String,
    source: String,
    kind: String,
    subject: Option<String>,
    at: Option<Timestamp>,
    media_type: Option<String>,
    data: Option<Value>,
    binary: Option<String>,
}

fn attributes(f: &mut Fields<'_>) -> Option<Event> {
    let version = f.text("specversion");
    let version = version.check("unknown_version", |version| version == "1.0", || "must be 1.0").required();
    let id = f.text("id").min_chars(1).max_chars(MOST_CHARS).required();
    let source = f.text("source").min_chars(1).max_chars(MOST_CHARS).required();
    let kind = f.text("type").min_chars(1).max_chars(MOST_CHARS).required();
    let subject = f.text("subject").max_chars(MOST_CHARS).optional().filter(|subject| !subject.is_empty());
    let at = f.timestamp("time").optional();
    let media_type = f.text("datacontenttype").max_chars(MOST_CHARS).optional();
    let data = f.place("data").any().optional();
    let binary = f.text("data_base64").optional();
    if data.is_some() && binary.is_some() {
        f.fault("data_base64", "not_allowed", "cannot stand beside `data`");
    }
    // Extensions are the sender's own.
    f.take_rest();
    version?;
    Some(Event { id: id?, source: source?, kind: kind?, subject, at, media_type, data, binary })
}

fn one(body: Value, settings: &Settings) -> Result<Incoming, Vec<Violation>> {
    let event = read_fields(body.clone(), attributes)?;
    let meaning = settings.event_types.get(&event.kind).copied();
    let spoken = Spoken::of(&event.kind, settings);
    let state = match meaning {
        Some(EventMeaning::Record) => return Ok(recorded(&event, body)),
        None if !spoken.about_alerts => return Ok(recorded(&event, body)),
        Some(EventMeaning::Firing) => Some(AlertState::Firing),
        Some(EventMeaning::Resolved) => Some(AlertState::Resolved),
        Some(EventMeaning::Alert) | None => spoken.state,
    };
    let around = Around {
        title: Some(
            event
                .subject
                .clone()
                .map_or_else(|| event.kind.clone(), |subject| format!("{} {subject}", event.kind)),
        ),
        origin: Some(Origin {
            source: event.source.clone(),
            subject: event.subject.clone(),
            topic: spoken.topic,
        }),
        at: event.at,
        state,
    };
    let data = data(&event)?;
    generic::one(data, &settings.generic, &around).map_err(|faults| {
        let below = |fault: Violation| Violation { pointer: format!("/data{}", fault.pointer), ..fault };
        faults.into_iter().map(below).collect()
    })
}

/// What the words of a type say.
struct Spoken {
    /// It is one of alerts.
    about_alerts: bool,
    /// What happened to the alert.
    state: Option<AlertState>,
    /// The type without the word that says so: what its events have in common.
    topic: String,
}

impl Spoken {
    /// Only what comes after the word alert says what happened to the alert:
    /// `com.clear.alert` is of a vendor. Of several such words the last counts:
    /// `alert.cpu.resolved`. A type without the word alert says so at its end.
    fn of(kind: &str, settings: &Settings) -> Self {
        let mut words: Vec<String> =
            kind.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
        let about = words.iter().rposition(|word| ABOUT.contains(&word.as_str()));
        let after = about.map_or_else(|| words.len() - 1, |place| place + 1);
        let mut later = words.iter().enumerate().skip(after).rev();
        let found = later.find_map(|(place, word)| Some((place, settings.generic.state(word)?)));
        if let Some((place, _)) = found {
            words.remove(place);
        }
        Self { about_alerts: about.is_some(), state: found.map(|(_, state)| state), topic: words.join(".") }
    }
}

/// The data as an object; what is none is the text of one.
fn data(event: &Event) -> Result<Value, Vec<Violation>> {
    let is_json = event.media_type.as_ref().is_none_or(|name| {
        let name = name.split(';').next().unwrap_or_default().trim().to_lowercase();
        name.ends_with("/json") || name.ends_with("+json")
    });
    match (&event.data, &event.binary) {
        (Some(object @ Value::Object(_)), _) => Ok(object.clone()),
        (Some(Value::String(text)), _) => Ok(json!({ "text": text })),
        (Some(other), _) => Ok(json!({ "value": other })),
        (None, Some(binary)) if is_json => {
            let wrong = |detail: &str| vec![Violation::new("/data_base64", "not_base64", detail)];
            let bytes = decoded(binary).ok_or_else(|| wrong("must be base64"))?;
            let value = strict::parse(&bytes).map_err(|fault| {
                vec![Violation::new("/data_base64", "not_json", format!("holds what is {fault}"))]
            })?;
            Ok(if value.is_object() { value } else { json!({ "value": value }) })
        }
        (None, _) => Ok(json!({})),
    }
}

fn recorded(event: &Event, body: Value) -> Incoming {
    Incoming::from(Recorded {
        key: format!("event {} {}", event.source, event.id),
        title: report::subject(&format!("{} from {}", event.kind, event.source)),
        reason: format!(
            "Events of the type {} are no alerts; /v1/alerts/settings can say otherwise.",
            event.kind
        ),
        content: body,
    })
}

/// The bytes of base64 text, with padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').bytes().map(|digit| match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    });
    let digits = digits.collect::<Option<Vec<u8>>>()?;
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        if group.len() == 1 {
            return None;
        }
        let bits = group.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}
