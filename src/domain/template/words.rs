//! The words of one language: how personas, priorities, evidence and instants
//! are called when the desk speaks to people.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::document::Section;
use crate::domain::vocabulary::{EvidenceKind, Persona, Priority};

use super::pattern::Pattern;

const MOMENT: [&str; 6] = ["weekday", "day", "month", "year", "time", "zone"];

/// The words of one language, complete when read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    persona: BTreeMap<Persona, String>,
    priority: BTreeMap<Priority, String>,
    evidence: BTreeMap<EvidenceKind, String>,
    weekdays: Vec<String>,
    months: Vec<String>,
    moment: Pattern,
    and: String,
}

impl Words {
    /// Reads the table `words` of a language.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        section.only(&["persona", "priority", "evidence", "weekdays", "months", "moment", "and"]);
        let persona = names(section, "persona", Persona::NAMES);
        let priority = names(section, "priority", Priority::NAMES);
        let evidence = names(section, "evidence", EvidenceKind::NAMES);
        let weekdays = exactly(section, "weekdays", 7);
        let months = exactly(section, "months", 12);
        let and = section.text("and");
        let moment = section.text("moment")?;
        match Pattern::parse(&moment, &MOMENT) {
            Ok(moment) => Some(Self { persona, priority, evidence, weekdays, months, moment, and: and? }),
            Err(faults) => {
                for fault in faults {
                    section.fault("moment", fault);
                }
                None
            }
        }
    }

    /// What a persona is called.
    #[must_use]
    pub fn persona(&self, persona: Persona) -> &str {
        self.persona.get(&persona).map_or(persona.as_str(), String::as_str)
    }

    /// A priority in human terms.
    #[must_use]
    pub fn priority(&self, priority: Priority) -> &str {
        self.priority.get(&priority).map_or(priority.as_str(), String::as_str)
    }

    /// What is asked for, as one phrase: "a, b and c". Empty for no kinds.
    #[must_use]
    pub fn evidence(&self, kinds: &[EvidenceKind]) -> String {
        let name = |kind: &EvidenceKind| self.evidence.get(kind).map_or(kind.as_str(), String::as_str);
        let names: Vec<&str> = kinds.iter().map(name).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} {} {last}", others.join(", "), self.and),
            None => String::new(),
        }
    }

    /// An instant as people of a zone say it, to the minute before: what is
    /// promised is never later than what is owed.
    #[must_use]
    pub fn moment(&self, instant: Timestamp, zone: &TimeZone) -> String {
        let local = instant.to_zoned(zone.clone());
        let word = |words: &[String], n: i8| {
            let index = usize::try_from(n).unwrap_or_default();
            words.get(index).cloned().unwrap_or_default()
        };
        let values = [
            ("weekday", word(&self.weekdays, local.weekday().to_monday_zero_offset())),
            ("day", local.day().to_string()),
            ("month", word(&self.months, local.month() - 1)),
            ("year", local.year().to_string()),
            ("time", format!("{:02}:{:02}", local.hour(), local.minute())),
            ("zone", zone.iana_name().map_or_else(|| format!("UTC{}", local.offset()), str::to_owned)),
        ];
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        self.moment.fill(value).unwrap_or_else(|| instant.to_string())
    }
}

/// A table with one text per name of a closed list.
fn names<T: FromStr + Ord>(section: &Section<'_>, key: &str, names: &[&str]) -> BTreeMap<T, String> {
    let Some(section) = section.section(key) else { return BTreeMap::new() };
    section.only(names);
    names.iter().filter_map(|name| Some((name.parse().ok()?, section.text(name)?))).collect()
}

fn exactly(section: &Section<'_>, key: &str, count: usize) -> Vec<String> {
    let words: Vec<String> = section.list(key);
    if words.len() != count {
        section.fault(key, format!("must list {count} words"));
    }
    words
}
