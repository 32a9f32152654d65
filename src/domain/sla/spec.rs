//! The written form of a policy, the same in files, requests and the database,
//! and what can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::policy::{CalendarRef, Conditions, Origin, Policy, Schedule, Target};
use super::rules::{Metric, Rank, Rules};
use crate::domain::calendar::Calendar;
use crate::domain::field::Field;
use crate::domain::fields::Fields;
use crate::domain::place::Place;
use crate::domain::vocabulary::{Priority, Status};

/// A hundred years, in seconds.
const LONGEST_TARGET: i64 = 36_525 * 86_400;
/// Names of one condition.
const MOST_NAMES: usize = 500;

/// A calendar by name: one version of it, or the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarName {
    /// Its key.
    pub key: String,
    /// None: the newest.
    pub version: Option<u32>,
}

/// What a policy says, without its own name and version. `C` names calendars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec<C = CalendarRef> {
    /// Name for people.
    pub name: String,
    /// Where a target names no calendar of its own, and for what has no target.
    pub calendar: C,
    /// Which tickets it is for.
    pub applies_to: Conditions,
    /// How its clocks count.
    pub rules: Rules,
    /// What it promises.
    pub targets: BTreeMap<Priority, TargetSpec<C>>,
}

/// What is promised at one priority, in business seconds; what is left out is
/// not promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec<C = CalendarRef> {
    /// Counts these targets; none: the policy's.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub calendar: Option<C>,
    /// First response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_response_seconds: Option<i64>,
    /// Next response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_response_seconds: Option<i64>,
    /// Resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution_seconds: Option<i64>,
}

const fn none<C>() -> Option<C> {
    None
}

impl<C> TargetSpec<C> {
    fn promises(&self) -> impl Iterator<Item = (Metric, i64)> + use<C> {
        let promises = [
            (Metric::FirstResponse, self.first_response_seconds),
            (Metric::NextResponse, self.next_response_seconds),
            (Metric::Resolution, self.resolution_seconds),
        ];
        promises.into_iter().filter_map(|(metric, seconds)| Some((metric, seconds?)))
    }

    fn set(&mut self, metric: Metric, seconds: i64) {
        let place = match metric {
            Metric::FirstResponse => &mut self.first_response_seconds,
            Metric::NextResponse => &mut self.next_response_seconds,
            Metric::Resolution => &mut self.resolution_seconds,
        };
        *place = Some(seconds);
    }
}

impl PolicySpec<CalendarName> {
    /// Takes `name`, `calendar`, `applies_to`, `rules` and `targets`. Codes of
    /// its own are `invalid_target` and `no_targets`.
    pub fn take(f: &mut Fields<'_>) -> Option<Self> {
        let name = f.text("name").trimmed().min_chars(1).max_chars(200).one_line().required();
        let calendar = calendar(f.place("calendar")).required();
        let applies_to = f.object("applies_to", |f| Some(conditions(f))).or_default();
        let rules = f.object("rules", |f| Some(rules(f))).or_default();
        let mut promises = false;
        let targets = f.object("targets", |f| Some(targets(f, &mut promises))).required();
        if targets.is_some() && !promises {
            f.fault("targets", "no_targets", "a policy promises something");
        }
        Some(Self { name: name?, calendar: calendar?, applies_to, rules, targets: targets? })
    }

    /// Every calendar it names.
    pub fn calendars(&self) -> impl Iterator<Item = &CalendarName> {
        self.targets.values().filter_map(|target| target.calendar.as_ref()).chain([&self.calendar])
    }

    /// The same with each calendar as `pin` says, which is given its place too;
    /// none if `pin` says nothing of one.
    pub fn pinned(
        self,
        mut pin: impl FnMut(&str, &CalendarName) -> Option<CalendarRef>,
    ) -> Option<PolicySpec<CalendarRef>> {
        let calendar = pin("/calendar", &self.calendar);
        let mut missed = false;
        let mut targets = BTreeMap::new();
        for (priority, target) in self.targets {
            let own =
                target.calendar.as_ref().map(|name| pin(&format!("/targets/{priority}/calendar"), name));
            missed |= matches!(own, Some(None));
            targets.insert(
                priority,
                TargetSpec {
                    calendar: own.flatten(),
                    first_response_seconds: target.first_response_seconds,
                    next_response_seconds: target.next_response_seconds,
                    resolution_seconds: target.resolution_seconds,
                },
            );
        }
        let Self { name, applies_to, rules, .. } = self;
        calendar.filter(|_| !missed).map(|calendar| PolicySpec { name, calendar, applies_to, rules, targets })
    }
}

impl PolicySpec {
    /// What a policy says.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let mut targets: BTreeMap<Priority, TargetSpec> = BTreeMap::new();
        for priority in Priority::ALL {
            for metric in Metric::ALL {
                let Some(target) = policy.target(*metric, Rank::from(*priority)) else { continue };
                let own = (target.schedule.reference != policy.schedule.reference)
                    .then(|| target.schedule.reference.clone());
                targets
                    .entry(*priority)
                    .or_insert(TargetSpec {
                        calendar: own,
                        first_response_seconds: None,
                        next_response_seconds: None,
                        resolution_seconds: None,
                    })
                    .set(*metric, target.seconds);
            }
        }
        Self {
            name: policy.name.clone(),
            calendar: policy.schedule.reference.clone(),
            applies_to: policy.conditions.clone(),
            rules: policy.rules.clone(),
            targets,
        }
    }

    /// Every version of a calendar that it counts in.
    pub fn references(&self) -> impl Iterator<Item = &CalendarRef> {
        self.targets.values().filter_map(|target| target.calendar.as_ref()).chain([&self.calendar])
    }

    /// The same counting in `to` where it counted in `from`.
    #[must_use]
    pub fn recounted(mut self, from: &CalendarRef, to: &CalendarRef) -> Self {
        let targets = self.targets.values_mut().filter_map(|target| target.calendar.as_mut());
        for reference in targets.chain([&mut self.calendar]).filter(|reference| *reference == from) {
            reference.clone_from(to);
        }
        self
    }

    /// The policy of this name and version that says this.
    ///
    /// # Errors
    /// A calendar that `find` does not know.
    pub fn build(
        &self,
        (key, version): (&str, u32),
        origin: Origin,
        find: impl Fn(&CalendarRef) -> Option<Calendar>,
    ) -> Result<Policy, CalendarRef> {
        let schedule = |reference: &CalendarRef| match find(reference) {
            Some(calendar) => Ok(Schedule { reference: reference.clone(), calendar }),
            None => Err(reference.clone()),
        };
        let usual = schedule(&self.calendar)?;
        let mut targets = BTreeMap::new();
        for (priority, target) in &self.targets {
            let own = target.calendar.as_ref().map_or_else(|| Ok(usual.clone()), schedule)?;
            for (metric, seconds) in target.promises() {
                targets.insert((Rank::from(*priority), metric), Target { seconds, schedule: own.clone() });
            }
        }
        Ok(Policy {
            key: key.to_owned(),
            name: self.name.clone(),
            version,
            origin,
            conditions: self.applies_to.clone(),
            rules: self.rules.clone(),
            schedule: usual,
            targets,
        })
    }
}

/// `"key"`, or `{key, version}`.
fn calendar(place: Place<'_>) -> Field<'_, CalendarName> {
    if place.is_text() {
        return place.text().map(|key| CalendarName { key, version: None });
    }
    place.object(|f| {
        let key = f.text("key").required();
        let version = f.integer("version").between(1, i64::from(i32::MAX)).narrow().optional();
        Some(CalendarName { key: key?, version })
    })
}

fn conditions(f: &mut Fields<'_>) -> Conditions {
    let name = |place: Place<'_>| place.text().min_chars(1).max_chars(200).one_line().required();
    Conditions {
        category: f.array("category", MOST_NAMES, |place| place.choice().required()).or_default(),
        priority: f.array("priority", MOST_NAMES, |place| place.choice().required()).or_default(),
        channel: f.array("channel", MOST_NAMES, |place| place.choice().required()).or_default(),
        ticket_type: f.array("type", MOST_NAMES, |place| place.choice().required()).or_default(),
        service: f.array("service", MOST_NAMES, name).or_default(),
        tags: f.array("tags", MOST_NAMES, name).or_default(),
    }
}

fn rules(f: &mut Fields<'_>) -> Rules {
    let usual = Rules::default();
    let mut states = |name: &str, usual: BTreeSet<Status>| {
        let given = f.array(name, MOST_NAMES, |place| place.choice().required()).optional();
        given.map_or(usual, |states: Vec<Status>| states.into_iter().collect())
    };
    Rules {
        first_response_pauses_in: states("first_response_pauses_in", usual.first_response_pauses_in),
        next_response_pauses_in: states("next_response_pauses_in", usual.next_response_pauses_in),
        resolution_pauses_in: states("resolution_pauses_in", usual.resolution_pauses_in),
        reopen: f.choice("reopen").or(usual.reopen),
        next_response_counts_first_message: f
            .boolean("next_response_counts_first_message")
            .or(usual.next_response_counts_first_message),
        late: f.choice("late").or(usual.late),
    }
}

fn targets(f: &mut Fields<'_>, promises: &mut bool) -> BTreeMap<Priority, TargetSpec<CalendarName>> {
    let mut targets = BTreeMap::new();
    for priority in Priority::ALL {
        let target = f.object(priority.as_str(), |f| Some(target(f, promises))).optional();
        targets.extend(target.map(|target| (*priority, target)));
    }
    targets
}

/// Notes in `promises` whether anything is promised, right or wrong.
fn target(f: &mut Fields<'_>, promises: &mut bool) -> TargetSpec<CalendarName> {
    let mut seconds = |name: &str| {
        *promises |= f.holds(name) && !f.is_null(name);
        f.integer(name)
            .check(
                "invalid_target",
                |seconds| (1..=LONGEST_TARGET).contains(seconds),
                || "a target is a second at least and a hundred years at most",
            )
            .optional()
    };
    TargetSpec {
        first_response_seconds: seconds("first_response_seconds"),
        next_response_seconds: seconds("next_response_seconds"),
        resolution_seconds: seconds("resolution_seconds"),
        calendar: calendar(f.place("calendar")).optional(),
    }
}
