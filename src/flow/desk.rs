//! What every use case works with: the database, the clock and the rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::audience::Audience;
use super::bell::Bell;
use super::book::Shelf;
use super::error::Error;
use super::keyring::Keyring;
use super::kpi::making::Making;
use super::kpi::version::Versions;
use super::ladder::Rungs;
use super::matrix::Matrices;
use super::means::Means;
use super::registry::Registry;
use super::ride::Stops;
use crate::clock::Clock;
use crate::domain::checklist::Checklists;
use crate::domain::escalation::{MatrixEdition, ladder};
use crate::domain::sla::{Catalogue, OWN_TEXT, Policy};
use crate::domain::template::Templates;
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::{Event, promise};
use crate::domain::triage::Rules;
use crate::store::{self, Store, TenantRead};

/// The rules in force, as data that was checked when it was read.
#[derive(Debug)]
pub struct Rulebook {
    /// How tickets are triaged.
    pub triage: Rules,
    /// Whom they are escalated to, where a tenant has no matrix of its own.
    pub matrix: Arc<MatrixEdition>,
    /// How it climbs by itself.
    pub ladders: Arc<ladder::Book>,
    /// Names the text that `ladders` was read from.
    pub ladders_version: String,
    /// What is promised.
    pub sla: Catalogue,
    /// Names the text that `sla` was read from.
    pub sla_version: String,
    /// What requesters are told.
    pub templates: Templates,
    /// How agents diagnose.
    pub checklists: Checklists,
}

/// The desk. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    clock: Clock,
    rules: Arc<Rulebook>,
    registry: Registry,
    keyring: Keyring,
    stops: Stops,
    versions: Versions,
    making: Making,
    earlier: Arc<Mutex<HashMap<String, Arc<Catalogue>>>>,
    shelf: Arc<Shelf>,
    matrices: Arc<Matrices>,
    rungs: Arc<Rungs>,
    means: Arc<Means>,
    bell: Bell,
    audience: Audience,
}

impl Desk {
    /// A desk on this database, by this clock, these rules and these means.
    #[must_use]
    pub fn new(store: Store, clock: Clock, rules: Arc<Rulebook>, means: Arc<Means>) -> Self {
        let audience = Audience::new(means.streams);
        Self {
            store,
            clock,
            rules,
            registry: Registry::default(),
            keyring: Keyring::default(),
            stops: Stops::default(),
            versions: Versions::default(),
            making: Making::default(),
            earlier: Arc::default(),
            shelf: Arc::default(),
            matrices: Arc::default(),
            rungs: Arc::default(),
            means,
            bell: Bell::default(),
            audience,
        }
    }

    /// The same desk over other connections, so that one kind of work cannot
    /// take those of another.
    #[must_use]
    pub fn over(&self, store: Store) -> Self {
        Self { store, ..self.clone() }
    }

    /// The database.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rulebook {
        &self.rules
    }

    /// The same, for threads that outlive the caller.
    pub(super) const fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rules
    }

    /// Its settings.
    pub(super) fn means(&self) -> &Means {
        &self.means
    }

    /// What is rung when there may be something to do at once.
    #[must_use]
    pub const fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Whoever listens to streams.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    pub(super) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(super) fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    pub(super) fn rungs(&self) -> &Rungs {
        &self.rungs
    }

    pub(super) const fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) const fn stops(&self) -> &Stops {
        &self.stops
    }

    pub(super) const fn versions(&self) -> &Versions {
        &self.versions
    }

    pub(super) const fn making(&self) -> &Making {
        &self.making
    }

    pub(super) const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The present instant. A clock that is moved by hand stands in the
    /// database, where other processes may have moved it.
    pub async fn now(&self) -> Result<Timestamp, Error> {
        if self.clock.is_manual() {
            let stored = self.store.test_clock(self.clock.now()).await?;
            // Another task may have read a later instant in the meantime.
            let _ = self.clock.set(stored);
        }
        Ok(self.clock.now())
    }

    /// Moves the clock of tests. `false`: it stands later than that already.
    pub async fn move_clock(&self, to: Timestamp) -> Result<bool, Error> {
        let moved = self.store.move_test_clock(to).await?;
        self.now().await?;
        Ok(moved)
    }

    /// The policies that a history names, in its order, as they read then.
    pub(super) async fn policies(
        &self,
        read: &mut TenantRead,
        history: &[Event],
    ) -> Result<Vec<Policy>, Error> {
        let mut policies = Vec::new();
        for (policy, version) in promise::promises(history) {
            policies.push(match policy {
                Some(policy) => self.policy(read, version, policy).await?,
                None => Policy::none(),
            });
        }
        Ok(policies)
    }

    /// The policy that a ticket was promised by, as it read then.
    pub(super) async fn policy(
        &self,
        read: &mut TenantRead,
        version: &str,
        policy: &PolicyRef,
    ) -> Result<Policy, Error> {
        if version == OWN_TEXT {
            return self.own_policy(read, policy).await;
        }
        let number = u32::try_from(policy.version).unwrap_or_default();
        let found = if version == self.rules.sla_version {
            self.rules.sla.policy(&policy.key, number).cloned()
        } else {
            self.earlier_catalogue(read, version).await?.policy(&policy.key, number).cloned()
        };
        found.ok_or_else(|| Error::Defect(format!("policy {policy:?} is not in SLA version {version}")))
    }

    async fn earlier_catalogue(&self, read: &mut TenantRead, version: &str) -> Result<Arc<Catalogue>, Error> {
        let known = |desk: &Self| {
            desk.earlier.lock().unwrap_or_else(PoisonError::into_inner).get(version).map(Arc::clone)
        };
        if let Some(catalogue) = known(self) {
            return Ok(catalogue);
        }
        let missing = || Error::Defect(format!("SLA version {version} is not kept"));
        let text = store::sla_version::lookup(read, version).await?.ok_or_else(missing)?;
        let catalogue = Catalogue::parse(&text)
            .map_err(|faults| Error::Defect(format!("SLA version {version} cannot be read: {faults:?}")))?;
        let catalogue = Arc::new(catalogue);
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.insert(version.to_owned(), Arc::clone(&catalogue));
        Ok(catalogue)
    }
}
