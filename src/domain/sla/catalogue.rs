//! The policies and calendars that there are, read from a document.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use serde_json::Value;

use super::policy::{CalendarRef, Facts, Origin, Policy};
use super::spec::{CalendarName, PolicySpec};
use crate::domain::calendar::{Calendar, CalendarSpec};
use crate::domain::field::Field;
use crate::domain::fields::{Fields, read};
use crate::domain::shape::Shape;
use crate::domain::ticket::is_spam;
use crate::domain::violation::Violation;

/// Entries of a kind in one document.
const MOST_ENTRIES: usize = 10_000;

/// Policies in their order of preference, and every version of the calendars
/// they count in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    calendars: BTreeMap<CalendarRef, Calendar>,
    policies: Vec<Policy>,
}

impl Catalogue {
    /// Reads a TOML document such as `config/sla.toml`. Violations have one of
    /// the codes `invalid_document`, `invalid_key`, `duplicate`,
    /// `unknown_calendar`, those of [`PolicySpec::take`], of
    /// [`Calendar::build`] or of [`read`].
    pub fn parse(text: &str) -> Result<Self, Vec<Violation>> {
        let invalid = |detail: String| vec![Violation::new("", "invalid_document", detail)];
        let document: toml::Table =
            text.parse().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
        let document = serde_json::to_value(document).map_err(|error| invalid(error.to_string()))?;
        read(document, |f| {
            let mut catalogue = Self::default();
            f.array("calendars", MOST_ENTRIES, |place| {
                place.object(|f| catalogue.take_calendar(f)).required()
            })
            .optional();
            let mut seen = BTreeSet::new();
            f.array("policies", MOST_ENTRIES, |place| {
                place.object(|f| catalogue.take_policy(f, &mut seen)).required()
            })
            .optional();
            Some(catalogue)
        })
    }

    /// Exactly these policies, in this order of preference.
    #[must_use]
    pub const fn of(policies: Vec<Policy>) -> Self {
        Self { calendars: BTreeMap::new(), policies }
    }

    /// The newest version of the first policy that fits, if one does. What is no
    /// request at all is promised nothing.
    #[must_use]
    pub fn policy_for(&self, facts: &Facts<'_>) -> Option<&Policy> {
        if is_spam(facts.tags) {
            return None;
        }
        self.policies.iter().find(|policy| policy.conditions.fit(facts) && self.is_newest(policy))
    }

    /// One version of a policy.
    #[must_use]
    pub fn policy(&self, key: &str, version: u32) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.key == key && policy.version == version)
    }

    /// Every version of every policy, in their order of preference.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter()
    }

    /// The newest version of each policy, in their order of preference.
    pub fn newest_policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().filter(|policy| self.is_newest(policy))
    }

    /// One version of a calendar.
    #[must_use]
    pub fn calendar(&self, reference: &CalendarRef) -> Option<&Calendar> {
        self.calendars.get(reference)
    }

    /// Every version of every calendar.
    pub fn calendars(&self) -> impl Iterator<Item = (&CalendarRef, &Calendar)> {
        self.calendars.iter()
    }

    fn is_newest(&self, policy: &Policy) -> bool {
        !self.policies.iter().any(|other| other.key == policy.key && other.version > policy.version)
    }

    fn take_calendar(&mut self, f: &mut Fields<'_>) -> Option<()> {
        let reference = named(f);
        let hours = f.place("hours").any().required();
        let calendar = built(f, hours?);
        let (reference, calendar) = (reference?, calendar?);
        if let Entry::Vacant(free) = self.calendars.entry(reference) {
            free.insert(calendar);
        } else {
            f.fault("", "duplicate", "this key and version are already there");
        }
        Some(())
    }

    fn take_policy(&mut self, f: &mut Fields<'_>, seen: &mut BTreeSet<CalendarRef>) -> Option<()> {
        let named = named(f);
        let form = PolicySpec::take(f);
        if named.as_ref().is_some_and(|named| !seen.insert(named.clone())) {
            f.fault("", "duplicate", "this key and version are already there");
        }
        let spec = form?.pinned(|place, name| {
            let found = self.find(name);
            if found.is_none() {
                f.fault_at(place, "unknown_calendar", unknown(name));
            }
            found
        });
        let CalendarRef { key, version } = named?;
        let find = |reference: &CalendarRef| self.calendars.get(reference).cloned();
        let policy = spec?.build((&key, version), Origin::Shipped, find).ok()?;
        self.policies.push(policy);
        Some(())
    }

    /// The calendar that a name stands for.
    #[must_use]
    pub fn find(&self, name: &CalendarName) -> Option<CalendarRef> {
        let mut versions = self.calendars.keys().filter(|reference| reference.key == name.key);
        match name.version {
            Some(version) => versions.find(|reference| reference.version == version),
            None => versions.next_back(),
        }
        .cloned()
    }
}

/// What is said of a calendar that is not there.
pub(super) fn unknown(name: &CalendarName) -> String {
    let key: String = name.key.chars().take(80).collect();
    name.version.map_or_else(
        || format!("there is no calendar {key:?}"),
        |version| format!("there is no calendar {key:?} of version {version}"),
    )
}

/// A name that policies and calendars can have: 1 to 64 lower case letters,
/// digits, `-` and `_`; otherwise the fault `invalid_key`.
pub fn key(field: Field<'_, String>) -> Field<'_, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    field.check(
        "invalid_key",
        |key| !key.is_empty() && key.len() <= 64 && key.chars().all(plain),
        || "a key has 1 to 64 lower case letters, digits, - and _",
    )
}

fn named(f: &mut Fields<'_>) -> Option<CalendarRef> {
    let key = key(f.text("key")).required();
    let version = f.integer("version").check("invalid_version", |v| *v >= 1, || "versions count from 1");
    let version = version.narrow().required();
    Some(CalendarRef { key: key?, version: version? })
}

fn built(f: &mut Fields<'_>, hours: Value) -> Option<Calendar> {
    let spec = match CalendarSpec::deserialize(Shape(hours)) {
        Ok(spec) => spec,
        Err(error) => {
            f.fault("hours", "wrong_shape", error.to_string());
            return None;
        }
    };
    match Calendar::build(spec) {
        Ok(calendar) => Some(calendar),
        Err(faults) => {
            for fault in faults {
                f.fault_at(&format!("/hours{}", fault.pointer), fault.code, fault.detail);
            }
            None
        }
    }
}
