//! What a tenant decides about alerts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mapping::Mapping;
use super::scalar;
use crate::domain::closed_list::closed_list;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Severity;

/// Most words of a list.
const MOST_WORDS: usize = 500;
/// Longest flap window: a week, which is how long a ticket may come back.
const MOST_FLAP_SECONDS: i64 = 7 * 86_400;

closed_list! {
    /// What gets a ticket.
    Per {
        /// A group, as the sender groups.
        Group = "group",
        /// Each alert.
        Fingerprint = "fingerprint",
    }
}

closed_list! {
    /// What an event of a type is.
    EventMeaning {
        /// An alert; the event says in which state.
        Alert = "alert",
        /// An alert that fires.
        Firing = "firing",
        /// An alert that is over.
        Resolved = "resolved",
        /// No alert.
        Record = "record",
    }
}

/// When many alerts are one storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// How many new tickets one source gets within the window.
    pub tickets: i64,
    /// The window, seconds.
    pub within_seconds: i64,
}

/// What a tenant decides about alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What gets a ticket.
    pub per: Per,
    /// Firing again within so many seconds reopens, seconds.
    pub flap_window_seconds: i64,
    /// When many alerts are one storm.
    pub storm: Storm,
    /// What the words of senders mean, in lower case.
    pub severity: BTreeMap<String, Severity>,
    /// What events of a type are, by the type.
    pub event_types: BTreeMap<String, EventMeaning>,
    /// Where a body of unknown form says what.
    pub generic: Mapping,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            per: Per::Group,
            flap_window_seconds: 1_800,
            storm: Storm { tickets: 20, within_seconds: 300 },
            severity: usual(),
            event_types: BTreeMap::new(),
            generic: Mapping::default(),
        }
    }
}

/// What the words of most senders mean.
fn usual() -> BTreeMap<String, Severity> {
    let words: [(Severity, &[&str]); 4] = [
        (Severity::Critical, &["critical", "crit", "fatal", "disaster", "emergency", "page", "p1", "sev1"]),
        (Severity::High, &["high", "error", "major", "p2", "sev2"]),
        (Severity::Medium, &["warning", "warn", "medium", "average", "moderate", "p3", "sev3"]),
        (
            Severity::Low,
            &[
                "info",
                "informational",
                "information",
                "notice",
                "low",
                "minor",
                "none",
                "debug",
                "p4",
                "p5",
                "sev4",
            ],
        ),
    ];
    let words =
        words.into_iter().flat_map(|(severity, words)| words.iter().map(move |word| (*word, severity)));
    words.map(|(word, severity)| (word.to_owned(), severity)).collect()
}

impl Settings {
    /// How bad it is by the worst of the words that mean something; none: they
    /// say nothing.
    #[must_use]
    pub fn severity(&self, words: &[String]) -> Option<Severity> {
        // The list begins with the worst.
        words.iter().filter_map(|word| self.severity.get(&word.trim().to_lowercase())).min().copied()
    }

    fn from_fields(f: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let per = f.choice("per").or(usual.per);
        let flap = f.integer("flap_window_seconds").between(0, MOST_FLAP_SECONDS);
        let flap_window_seconds = flap.or(usual.flap_window_seconds);
        let storm = f.object("storm", |f| {
            let tickets = f.integer("tickets").between(1, 1_000).or(usual.storm.tickets);
            let within_seconds =
                f.integer("within_seconds").between(1, 86_400).or(usual.storm.within_seconds);
            Some(Storm { tickets, within_seconds })
        });
        let storm = storm.or(usual.storm);
        let severity = f.object("severity", |f| words(f, str::to_lowercase)).or(usual.severity);
        let event_types = f.object("event_types", |f| words(f, ToOwned::to_owned)).or_default();
        let generic = f.object("generic", Mapping::from_fields).or_default();
        Self { per, flap_window_seconds, storm, severity, event_types, generic }
    }
}

impl FromJson for Settings {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| Some(Self::from_fields(f)))
    }
}

/// An object of the sender's words with what each means.
fn words<T>(f: &mut Fields<'_>, written: fn(&str) -> String) -> Option<BTreeMap<String, T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let rest = f.take_rest();
    if rest.len() > MOST_WORDS {
        f.fault("", "too_many_fields", format!("holds more than {MOST_WORDS} words"));
        return None;
    }
    let mut meanings = BTreeMap::new();
    for (word, meaning) in rest {
        match meaning.as_str().map(str::parse::<T>) {
            Some(Ok(meaning)) => {
                meanings.insert(written(scalar::cut(word.trim(), 500).as_str()), meaning);
            }
            Some(Err(error)) => f.fault(&word, "unknown_name", error.to_string()),
            None => f.fault(&word, "wrong_type", "must be a text"),
        }
    }
    Some(meanings)
}
