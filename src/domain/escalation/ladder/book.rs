//! The policies of a tenant, in the order in which they are tried.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::policy::{Policy, Target};
use crate::domain::fields::{Fields, read};
use crate::domain::id::AgentId;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Category, Priority};

const MOST_POLICIES: usize = 100;
/// Every ticket carries its steps; more are refused of a new policy.
const MOST_STEPS: u64 = 500;

/// Policies in order; the first that is for a ticket is its ladder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    policies: Vec<Policy>,
}

impl Book {
    /// Reads the text of `config/ladders.toml`.
    ///
    /// # Errors
    /// Every fault, place by place.
    pub fn parse(text: &str) -> Result<Self, Vec<Violation>> {
        let broken = |error: &dyn std::fmt::Display| vec![Violation::new("", "not_toml", error.to_string())];
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| broken(&error))?;
        let value = serde_json::to_value(table).map_err(|error| broken(&error))?;
        read(value, Self::take)
    }

    /// Reads what [`Book::written`] writes.
    ///
    /// # Errors
    /// Every fault, place by place.
    pub fn read(written: Value) -> Result<Self, Vec<Violation>> {
        read(written, Self::take)
    }

    /// Takes `policies`. Codes of its own are `duplicate_key` and `never_reached`.
    pub fn take(f: &mut Fields<'_>) -> Option<Self> {
        let policies =
            f.array("policies", MOST_POLICIES, |place| place.object(Policy::take).required()).required()?;
        let mut seen = BTreeSet::new();
        let mut all = None;
        for (place, policy) in policies.iter().enumerate() {
            if !seen.insert(&policy.key) {
                let detail = format!("a policy before has the key {} already", policy.key);
                f.fault_at(&format!("/policies/{place}/key"), "duplicate_key", detail);
            }
            if let Some(before) = all {
                let detail = format!("the policy {before} before it is for every ticket");
                f.fault_at(&format!("/policies/{place}/applies_to"), "never_reached", detail);
            }
            all = all.or_else(|| policy.applies_to.to_all().then_some(&policy.key));
        }
        Some(Self { policies })
    }

    /// A fault `too_many_steps` for each policy with more than 500 steps, its
    /// reminders counted. Those that were put in force before this was asked for
    /// are still read.
    #[must_use]
    pub fn oversized(&self) -> Vec<Violation> {
        let large = self.policies.iter().enumerate().filter(|(_, policy)| policy.steps() > MOST_STEPS);
        let fault = |(place, policy): (usize, &Policy)| {
            let detail = format!("has {} steps with its reminders; {MOST_STEPS} at most", policy.steps());
            Violation::new(format!("/policies/{place}/ladders"), "too_many_steps", detail)
        };
        large.map(fault).collect()
    }

    /// The form that it is stored and answered in.
    #[must_use]
    pub fn written(&self) -> Value {
        json!({ "policies": self.policies.iter().map(Policy::written).collect::<Vec<_>>() })
    }

    /// Its policies, in order.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policy of a key.
    #[must_use]
    pub fn policy(&self, key: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.key == key)
    }

    /// The first policy that is for a ticket.
    #[must_use]
    pub fn first(&self, category: Category, priority: Priority, team: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.applies_to.to(category, priority, team))
    }

    /// The same policies as the next edition after `before`: a policy that says
    /// what it said keeps its version, the others get `version`.
    #[must_use]
    pub fn after(self, before: &Self, version: u32) -> Self {
        let renew = |mut policy: Policy| {
            let earlier = before.policy(&policy.key);
            policy.version = earlier.map_or(version, |earlier| earlier.version);
            if earlier.is_some_and(|earlier| *earlier != policy) {
                policy.version = version;
            }
            policy
        };
        Self { policies: self.policies.into_iter().map(renew).collect() }
    }

    /// Every team that it names, with the pointer to its place.
    #[must_use]
    pub fn teams(&self) -> Vec<(String, &str)> {
        let policies = self.policies.iter().enumerate();
        let mut found: Vec<(String, &str)> = policies
            .flat_map(|(nth, policy)| {
                let teams = policy.applies_to.team.iter().enumerate();
                teams.map(move |(place, team)| {
                    (format!("/policies/{nth}/applies_to/team/{place}"), team.as_str())
                })
            })
            .collect();
        found.extend(self.targets().filter_map(|(at, target)| match target {
            Target::Queue(Some(team)) | Target::OnCall(Some(team)) | Target::Lead(Some(team)) => {
                Some((format!("{at}/team"), team.as_str()))
            }
            _ => None,
        }));
        found
    }

    /// Every person that it names, with the pointer to their place.
    #[must_use]
    pub fn agents(&self) -> Vec<(String, AgentId)> {
        let named = self.targets().filter_map(|(at, target)| match target {
            Target::Agent(agent) => Some((format!("{at}/agent"), *agent)),
            _ => None,
        });
        named.collect()
    }

    /// The people whom targets name.
    pub fn people(&self) -> impl Iterator<Item = AgentId> {
        self.policies.iter().flat_map(Policy::agents)
    }

    /// Every target, with the pointer to it.
    fn targets(&self) -> impl Iterator<Item = (String, &Target)> {
        let ladders = self.policies.iter().enumerate().flat_map(|(nth, policy)| {
            let ladders = policy.ladders.iter().enumerate();
            ladders.map(move |(place, ladder)| (format!("/policies/{nth}/ladders/{place}"), ladder))
        });
        let levels = ladders.flat_map(|(at, ladder)| {
            let levels = ladder.levels.iter().enumerate();
            levels.map(move |(place, level)| (format!("{at}/levels/{place}"), level))
        });
        levels.flat_map(|(at, level)| {
            let targets = level.to.iter().enumerate();
            targets.map(move |(place, target)| (format!("{at}/to/{place}"), target))
        })
    }
}
