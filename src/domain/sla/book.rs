//! A tenant's book: the shipped policies and calendars with its own laid over
//! them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::catalogue::Catalogue;
use super::policy::{CalendarRef, Origin, Policy};
use super::spec::PolicySpec;
use crate::domain::calendar::{Calendar, CalendarSpec};

/// The place of the first shipped policy, and between two of them.
const SHIPPED_STEP: i32 = 1_000;

/// One version of a policy with its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its name for programs.
    pub key: String,
    /// From 1.
    pub version: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// Policies are tried in this order, lower first, then by key.
    pub position: i32,
    /// Otherwise it fits no ticket.
    pub enabled: bool,
    /// What it says.
    pub spec: PolicySpec,
    /// Why it was made.
    pub reason: Option<String>,
    /// When it was made; none for shipped ones.
    pub created_at: Option<Timestamp>,
}

impl PolicyVersion {
    /// A shipped policy at its place.
    fn shipped(policy: &Policy, position: i32) -> Self {
        Self {
            key: policy.key.clone(),
            version: policy.version,
            origin: Origin::Shipped,
            position,
            enabled: true,
            spec: PolicySpec::of(policy),
            reason: None,
            created_at: None,
        }
    }

    /// Whether it says the same as another version.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.position, self.enabled) == (other.position, other.enabled) && self.spec == other.spec
    }
}

/// One version of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    /// Its name for programs.
    pub key: String,
    /// From 1.
    pub version: u32,
    /// Where it comes from; a tenant's copy of a shipped one is shipped.
    pub origin: Origin,
    /// Its name for people, if it has one.
    pub name: Option<String>,
    /// When it is open.
    pub hours: CalendarSpec,
    /// Why it was made.
    pub reason: Option<String>,
    /// When it was made; none for shipped ones.
    pub created_at: Option<Timestamp>,
}

impl CalendarVersion {
    /// A shipped calendar.
    #[must_use]
    pub fn shipped(reference: &CalendarRef, calendar: &Calendar) -> Self {
        Self {
            key: reference.key.clone(),
            version: reference.version,
            origin: Origin::Shipped,
            name: None,
            hours: calendar.spec().clone(),
            reason: None,
            created_at: None,
        }
    }

    /// What policies call it by.
    #[must_use]
    pub fn reference(&self) -> CalendarRef {
        CalendarRef { key: self.key.clone(), version: self.version }
    }
}

/// A row of a tenant's book that cannot be what was once accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {key} of version {version} cannot be used: {why}")]
pub struct BrokenBook {
    what: &'static str,
    key: String,
    version: u32,
    why: String,
}

/// What is in force for a tenant, and what new versions build on.
#[derive(Debug, Clone)]
pub struct Book {
    policies: Vec<PolicyVersion>,
    calendars: BTreeMap<String, CalendarVersion>,
    kept: BTreeMap<CalendarRef, Calendar>,
    own: (Vec<PolicyVersion>, Vec<CalendarVersion>),
    catalogue: Catalogue,
}

impl Book {
    /// Lays a tenant's own versions over the shipped ones. `policies`: the
    /// newest own version of each; `calendars`: the newest kept version of
    /// each, and every one that those policies count in.
    ///
    /// # Errors
    /// A row that cannot be read as what it was made from.
    pub fn overlay(
        shipped: &Catalogue,
        policies: Vec<PolicyVersion>,
        calendars: Vec<CalendarVersion>,
    ) -> Result<Self, BrokenBook> {
        Self::laid(shipped, policies, calendars, &BTreeMap::new())
    }

    /// `built`: calendars that were made before. Versions never change, and
    /// making one may take long; only those that policies count in are made.
    fn laid(
        shipped: &Catalogue,
        policies: Vec<PolicyVersion>,
        calendars: Vec<CalendarVersion>,
        built: &BTreeMap<CalendarRef, Calendar>,
    ) -> Result<Self, BrokenBook> {
        let counted: BTreeSet<&CalendarRef> =
            policies.iter().filter(|own| own.enabled).flat_map(|own| own.spec.references()).collect();
        let mut kept = BTreeMap::new();
        for calendar in &calendars {
            let reference = calendar.reference();
            if counted.contains(&reference) {
                let calendar = built.get(&reference).cloned().map_or_else(|| usable(calendar), Ok)?;
                kept.insert(reference, calendar);
            }
        }
        let mut newest: BTreeMap<String, CalendarVersion> = BTreeMap::new();
        for (reference, calendar) in shipped.calendars() {
            offer(&mut newest, CalendarVersion::shipped(reference, calendar));
        }
        for calendar in &calendars {
            offer(&mut newest, calendar.clone());
        }
        let mut order: Vec<PolicyVersion> = shipped_versions(shipped)
            .filter(|version| policies.iter().all(|own| own.key != version.key))
            .chain(policies.iter().cloned())
            .collect();
        order.sort_by(|one, other| (one.position, &one.key).cmp(&(other.position, &other.key)));
        let mut in_force = Vec::new();
        for version in order.iter().filter(|version| version.enabled) {
            in_force.push(
                match version.origin {
                    Origin::Shipped => shipped.policy(&version.key, version.version).cloned(),
                    Origin::Own => None,
                }
                .map_or_else(|| promise(version, &kept), Ok)?,
            );
        }
        let catalogue = Catalogue::of(in_force);
        Ok(Self { policies: order, calendars: newest, kept, own: (policies, calendars), catalogue })
    }

    /// The enabled policies in their newest versions, in order.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The newest version of every policy, in order.
    #[must_use]
    pub fn policies(&self) -> &[PolicyVersion] {
        &self.policies
    }

    /// The newest version of a policy.
    #[must_use]
    pub fn policy(&self, key: &str) -> Option<&PolicyVersion> {
        self.policies.iter().find(|version| version.key == key)
    }

    /// The newest version of every calendar, by key.
    pub fn calendars(&self) -> impl Iterator<Item = &CalendarVersion> {
        self.calendars.values()
    }

    /// The newest version of a calendar.
    #[must_use]
    pub fn calendar(&self, key: &str) -> Option<&CalendarVersion> {
        self.calendars.get(key)
    }

    /// Whether the tenant keeps this version of a calendar, as far as the book
    /// has read it.
    #[must_use]
    pub fn keeps(&self, reference: &CalendarRef) -> bool {
        self.own.1.iter().any(|calendar| calendar.reference() == *reference)
    }

    /// The book with more versions in it.
    ///
    /// # Errors
    /// As for [`Book::overlay`].
    pub fn with(
        &self,
        shipped: &Catalogue,
        policies: &[PolicyVersion],
        calendars: &[CalendarVersion],
    ) -> Result<Self, BrokenBook> {
        let (mut own, mut kept) = self.own.clone();
        own.retain(|known| policies.iter().all(|new| new.key != known.key));
        own.extend_from_slice(policies);
        kept.extend_from_slice(calendars);
        Self::laid(shipped, own, kept, &self.kept)
    }
}

/// The newest shipped version of each policy, at its place.
fn shipped_versions(shipped: &Catalogue) -> impl Iterator<Item = PolicyVersion> + '_ {
    let places = (1..).map(|n: i32| n.saturating_mul(SHIPPED_STEP));
    shipped.newest_policies().zip(places).map(|(policy, place)| PolicyVersion::shipped(policy, place))
}

/// Any version of a shipped policy, at the place of its newest.
#[must_use]
pub fn shipped_version(shipped: &Catalogue, key: &str, version: u32) -> Option<PolicyVersion> {
    let place = shipped_versions(shipped).find(|newest| newest.key == key)?.position;
    shipped.policy(key, version).map(|policy| PolicyVersion::shipped(policy, place))
}

/// Puts a calendar in the place of the one known by its key, if it is newer or
/// the tenant's own; of the same version the tenant's wins.
fn offer(newest: &mut BTreeMap<String, CalendarVersion>, calendar: CalendarVersion) {
    let rank = |calendar: &CalendarVersion| (calendar.origin, calendar.version);
    match newest.get(&calendar.key) {
        Some(known) if rank(known) > rank(&calendar) => {}
        _ => {
            newest.insert(calendar.key.clone(), calendar);
        }
    }
}

fn usable(calendar: &CalendarVersion) -> Result<Calendar, BrokenBook> {
    Calendar::build(calendar.hours.clone()).map_err(|faults| BrokenBook {
        what: "calendar",
        key: calendar.key.clone(),
        version: calendar.version,
        why: faults.first().map_or_else(String::new, |fault| format!("{}: {}", fault.pointer, fault.detail)),
    })
}

fn promise(version: &PolicyVersion, kept: &BTreeMap<CalendarRef, Calendar>) -> Result<Policy, BrokenBook> {
    let named = (version.key.as_str(), version.version);
    version.spec.build(named, version.origin, |reference| kept.get(reference).cloned()).map_err(|missing| {
        BrokenBook {
            what: "policy",
            key: version.key.clone(),
            version: version.version,
            why: format!("calendar {} of version {} is not kept", missing.key, missing.version),
        }
    })
}

/// An own version of a policy with the calendars that it counts in.
///
/// # Errors
/// A row that cannot be read as what it was made from.
pub fn own_policy(version: &PolicyVersion, calendars: &[CalendarVersion]) -> Result<Policy, BrokenBook> {
    let mut kept = BTreeMap::new();
    for calendar in calendars {
        kept.insert(calendar.reference(), usable(calendar)?);
    }
    promise(version, &kept)
}
