//! What an edit of a tenant's book makes: new versions, never changed ones.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::book::{Book, CalendarVersion, PolicyVersion};
use super::catalogue::{Catalogue, unknown};
use super::policy::{CalendarRef, Origin};
use super::spec::{CalendarName, PolicySpec};
use crate::domain::calendar::CalendarSpec;
use crate::domain::violation::Violation;

/// The place of a new policy unless it says another: before the shipped ones.
const FRONT: i32 = 100;

/// A policy as it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyEdit {
    /// Which one.
    pub key: String,
    /// Its place; none: where it is, or 100.
    pub position: Option<i32>,
    /// Whether it fits tickets at all.
    pub enabled: bool,
    /// What it says.
    pub spec: PolicySpec<CalendarName>,
    /// Why.
    pub reason: Option<String>,
}

/// A calendar as it is to be from now on; its hours can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEdit {
    /// Which one.
    pub key: String,
    /// Its name for people.
    pub name: Option<String>,
    /// When it is open.
    pub hours: CalendarSpec,
    /// Why.
    pub reason: Option<String>,
}

/// The versions that an edit makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edition {
    /// Versions of policies.
    pub policies: Vec<PolicyVersion>,
    /// Versions of calendars, copies of shipped ones included.
    pub calendars: Vec<CalendarVersion>,
    /// The policies whose tickets it is about, by key.
    pub touched: BTreeSet<String>,
}

impl Edition {
    /// Nothing is new.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.calendars.is_empty()
    }
}

impl PolicyEdit {
    /// What it makes of a book. `kept`: versions of calendars that it names
    /// and the tenant keeps, beside those that the book has read.
    ///
    /// # Errors
    /// `unknown_calendar` for each calendar that there is not.
    pub fn plan(
        &self,
        book: &Book,
        shipped: &Catalogue,
        kept: &[CalendarVersion],
        now: Timestamp,
    ) -> Result<Edition, Vec<Violation>> {
        let mut faults = Vec::new();
        let spec = self.spec.clone().pinned(|place, name| {
            let found = find(book, shipped, kept, name);
            if found.is_none() {
                faults.push(Violation::new(place, "unknown_calendar", unknown(name)));
            }
            found
        });
        let Some(spec) = spec else { return Err(faults) };
        let before = book.policy(&self.key);
        let version = PolicyVersion {
            key: self.key.clone(),
            version: before.map_or(1, |before| before.version.saturating_add(1)),
            origin: Origin::Own,
            position: self.position.or(before.map(|before| before.position)).unwrap_or(FRONT),
            enabled: self.enabled,
            spec,
            reason: self.reason.clone(),
            created_at: Some(now),
        };
        let touched = BTreeSet::from([self.key.clone()]);
        if before.is_some_and(|before| before.says_the_same(&version)) {
            return Ok(Edition { touched, ..Edition::default() });
        }
        let calendars = copies(book, shipped, kept, [&version.spec], now);
        Ok(Edition { policies: vec![version], calendars, touched })
    }
}

impl CalendarEdit {
    /// What it makes of a book: a version of the calendar, and one of each
    /// enabled policy that counts in the version before.
    #[must_use]
    pub fn plan(&self, book: &Book, shipped: &Catalogue, now: Timestamp) -> Edition {
        let before = book.calendar(&self.key);
        let counts_in = |version: &PolicyVersion| {
            let before = before.map(CalendarVersion::reference);
            version.enabled && version.spec.references().any(|reference| Some(reference) == before.as_ref())
        };
        let counting: Vec<&PolicyVersion> =
            book.policies().iter().filter(|version| counts_in(version)).collect();
        let touched = counting.iter().map(|version| version.key.clone()).collect();
        let unchanged = |before: &CalendarVersion| (&before.name, &before.hours) == (&self.name, &self.hours);
        if before.is_some_and(unchanged) {
            return Edition { touched, ..Edition::default() };
        }
        let calendar = CalendarVersion {
            key: self.key.clone(),
            version: before.map_or(1, |before| before.version.saturating_add(1)),
            origin: Origin::Own,
            name: self.name.clone(),
            hours: self.hours.clone(),
            reason: self.reason.clone(),
            created_at: Some(now),
        };
        let to = calendar.reference();
        let from = before.map_or_else(|| to.clone(), CalendarVersion::reference);
        let policies: Vec<PolicyVersion> = counting
            .into_iter()
            .map(|before| PolicyVersion {
                version: before.version.saturating_add(1),
                origin: Origin::Own,
                spec: before.spec.clone().recounted(&from, &to),
                reason: self.reason.clone(),
                created_at: Some(now),
                ..before.clone()
            })
            .collect();
        let new = [calendar];
        let mut calendars = copies(book, shipped, &new, policies.iter().map(|version| &version.spec), now);
        calendars.extend(new);
        Edition { policies, calendars, touched }
    }
}

/// The version of a calendar that a name stands for: of one that the tenant
/// made its own, only what it keeps.
fn find(
    book: &Book,
    shipped: &Catalogue,
    kept: &[CalendarVersion],
    name: &CalendarName,
) -> Option<CalendarRef> {
    let newest = book.calendar(&name.key)?;
    let Some(version) = name.version else { return Some(newest.reference()) };
    let wanted = CalendarRef { key: name.key.clone(), version };
    let known = book.keeps(&wanted)
        || kept.iter().any(|calendar| calendar.reference() == wanted)
        || newest.origin == Origin::Shipped && shipped.calendar(&wanted).is_some();
    known.then_some(wanted)
}

/// The shipped calendars that policies count in and the tenant does not keep
/// yet: a promise does not depend on a file that may change.
fn copies<'s>(
    book: &Book,
    shipped: &Catalogue,
    kept: &[CalendarVersion],
    specs: impl IntoIterator<Item = &'s PolicySpec>,
    now: Timestamp,
) -> Vec<CalendarVersion> {
    let mut wanted: BTreeSet<&CalendarRef> = specs.into_iter().flat_map(PolicySpec::references).collect();
    wanted.retain(|reference| {
        !book.keeps(reference) && kept.iter().all(|calendar| calendar.reference() != **reference)
    });
    wanted
        .into_iter()
        .filter_map(|reference| Some((reference, shipped.calendar(reference)?)))
        .map(|(reference, calendar)| CalendarVersion {
            created_at: Some(now),
            ..CalendarVersion::shipped(reference, calendar)
        })
        .collect()
}
