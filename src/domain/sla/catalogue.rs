//! The policies and calendars that there are, read from a document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::policy::{CalendarRef, Conditions, Facts, Policy, Schedule, Target};
use super::rules::{Metric, Rules};
use crate::domain::calendar::{Calendar, CalendarSpec};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Priority;

/// A hundred years, in seconds.
const LONGEST_TARGET: i64 = 36_525 * 86_400;

/// Policies in their order of preference, and every version of the calendars
/// they count in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    calendars: BTreeMap<CalendarRef, Calendar>,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    calendars: Vec<CalendarEntry>,
    #[serde(default)]
    policies: Vec<PolicyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarEntry {
    key: String,
    version: u32,
    hours: CalendarSpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    key: String,
    version: u32,
    name: String,
    calendar: CalendarRef,
    #[serde(default)]
    applies_to: Conditions,
    #[serde(default)]
    rules: Rules,
    targets: BTreeMap<Priority, TargetEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetEntry {
    calendar: Option<CalendarRef>,
    first_response_seconds: Option<i64>,
    next_response_seconds: Option<i64>,
    resolution_seconds: Option<i64>,
}

impl Catalogue {
    /// Reads a TOML document such as `config/sla.toml`. Violations have one of
    /// the codes `invalid_document`, `invalid_key`, `invalid_version`,
    /// `duplicate`, `unknown_calendar`, `invalid_target`, `no_targets`, or
    /// those of [`Calendar::build`].
    pub fn parse(text: &str) -> Result<Self, Vec<Violation>> {
        let document: Document = toml::from_str(text)
            .map_err(|error| vec![Violation::new("", "invalid_document", error.to_string())])?;
        let mut faults = Vec::new();
        let mut calendars = BTreeMap::new();
        for (index, entry) in document.calendars.into_iter().enumerate() {
            let pointer = format!("/calendars/{index}");
            name(&pointer, &entry.key, entry.version, &mut faults);
            let reference = CalendarRef { key: entry.key, version: entry.version };
            if calendars.contains_key(&reference) {
                faults.push(duplicate(&pointer));
                continue;
            }
            match Calendar::build(entry.hours) {
                Ok(calendar) => {
                    calendars.insert(reference, calendar);
                }
                Err(violations) => faults.extend(violations.into_iter().map(|fault| Violation {
                    pointer: format!("{pointer}/hours{}", fault.pointer),
                    ..fault
                })),
            }
        }
        let mut reader = Reader { calendars: &calendars, faults, seen: BTreeSet::new() };
        let entries = document.policies.into_iter().enumerate();
        let policies = entries.filter_map(|(index, entry)| reader.policy(index, entry)).collect();
        let faults = reader.faults;
        if faults.is_empty() { Ok(Self { calendars, policies }) } else { Err(faults) }
    }

    /// The newest version of the first policy that fits, if one does.
    #[must_use]
    pub fn policy_for(&self, facts: &Facts<'_>) -> Option<&Policy> {
        self.policies.iter().find(|policy| self.is_newest(policy) && policy.conditions.fit(facts))
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
}

struct Reader<'a> {
    calendars: &'a BTreeMap<CalendarRef, Calendar>,
    faults: Vec<Violation>,
    seen: BTreeSet<(String, u32)>,
}

impl Reader<'_> {
    fn policy(&mut self, index: usize, entry: PolicyEntry) -> Option<Policy> {
        let pointer = format!("/policies/{index}");
        name(&pointer, &entry.key, entry.version, &mut self.faults);
        if !self.seen.insert((entry.key.clone(), entry.version)) {
            self.faults.push(duplicate(&pointer));
        }
        let schedule = self.schedule(&format!("{pointer}/calendar"), entry.calendar);
        let mut targets = BTreeMap::new();
        for (priority, entry) in entry.targets {
            let pointer = format!("{pointer}/targets/{priority}");
            let own = entry.calendar.clone();
            let schedule = match own {
                Some(reference) => self.schedule(&format!("{pointer}/calendar"), reference),
                None => schedule.clone(),
            };
            for (metric, seconds) in promises(&entry) {
                self.check(&format!("{pointer}/{metric}_seconds"), seconds);
                if let Some(schedule) = schedule.clone() {
                    targets.insert((priority.into(), metric), Target { seconds, schedule });
                }
            }
        }
        if schedule.is_some() && targets.is_empty() {
            let detail = "a policy promises something";
            self.faults.push(Violation::new(format!("{pointer}/targets"), "no_targets", detail));
        }
        let PolicyEntry { key, version, name, applies_to: conditions, rules, .. } = entry;
        schedule.map(|schedule| Policy { key, name, version, conditions, rules, schedule, targets })
    }

    fn schedule(&mut self, pointer: &str, reference: CalendarRef) -> Option<Schedule> {
        let calendar = self.calendars.get(&reference).cloned();
        if calendar.is_none() {
            let detail = format!("there is no calendar {:?} of version {}", reference.key, reference.version);
            self.faults.push(Violation::new(pointer, "unknown_calendar", detail));
        }
        calendar.map(|calendar| Schedule { reference, calendar })
    }

    fn check(&mut self, pointer: &str, seconds: i64) {
        if !(1..=LONGEST_TARGET).contains(&seconds) {
            let detail = "a target is a second at least and a hundred years at most";
            self.faults.push(Violation::new(pointer, "invalid_target", detail));
        }
    }
}

fn promises(entry: &TargetEntry) -> impl Iterator<Item = (Metric, i64)> {
    let promises = [
        (Metric::FirstResponse, entry.first_response_seconds),
        (Metric::NextResponse, entry.next_response_seconds),
        (Metric::Resolution, entry.resolution_seconds),
    ];
    promises.into_iter().filter_map(|(metric, seconds)| Some((metric, seconds?)))
}

fn name(pointer: &str, key: &str, version: u32, faults: &mut Vec<Violation>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if key.is_empty() || key.len() > 64 || !key.chars().all(plain) {
        let detail = "a key has 1 to 64 lower case letters, digits, - and _";
        faults.push(Violation::new(format!("{pointer}/key"), "invalid_key", detail));
    }
    if version == 0 {
        let detail = "versions count from 1";
        faults.push(Violation::new(format!("{pointer}/version"), "invalid_version", detail));
    }
}

fn duplicate(pointer: &str) -> Violation {
    Violation::new(pointer, "duplicate", "this key and version are already there")
}
