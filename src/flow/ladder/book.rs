//! Whose tickets climb by which policies: the shipped ones, or the tenant's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::domain::escalation::ladder::{Book, Edition, OWN, Policies, Policy, Snapshot};
use crate::domain::id::TenantId;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::store::{self, TenantRead};

/// Tenants, and earlier texts, that are remembered at most.
const REMEMBERED: usize = 4_096;

/// Whose text it is, where it is a tenant's, and its name.
type Place = (Option<TenantId>, String);

/// Policies that were read before. An edition never changes, so nothing here
/// gets stale.
#[derive(Debug, Default)]
pub(in crate::flow) struct Rungs {
    current: Mutex<HashMap<TenantId, Arc<Policies>>>,
    earlier: Mutex<HashMap<Place, Arc<Book>>>,
}

impl Rungs {
    fn current(&self, tenant: TenantId, revision: i32) -> Option<Arc<Policies>> {
        self.last(tenant).filter(|policies| policies.revision == revision)
    }

    fn last(&self, tenant: TenantId) -> Option<Arc<Policies>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).map(Arc::clone)
    }

    fn remember(&self, tenant: TenantId, policies: &Arc<Policies>) {
        let mut known = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(tenant, Arc::clone(policies));
    }
}

impl Desk {
    /// The policies that are in force for the tenant, as of the transaction.
    pub(in crate::flow) async fn ladders(&self, read: &mut TenantRead) -> Result<Arc<Policies>, Error> {
        let revision = store::ladder::revision(read).await?;
        self.ladders_at(read, revision).await
    }

    /// The same, where their number is known.
    pub(in crate::flow) async fn ladders_at(
        &self,
        read: &mut TenantRead,
        revision: i32,
    ) -> Result<Arc<Policies>, Error> {
        if revision == 0 {
            return Ok(self.shipped_ladders(None));
        }
        if let Some(known) = self.rungs().current(read.tenant(), revision) {
            return Ok(known);
        }
        let missing = || Error::Defect(format!("edition {revision} of a tenant's ladders is not kept"));
        let edition = store::ladder::edition(read, revision).await?.ok_or_else(missing)?;
        let policies = self.policies_of(&edition)?;
        self.rungs().remember(read.tenant(), &policies);
        Ok(policies)
    }

    /// The policies that were in force for the tenant when it was last looked.
    pub(in crate::flow) fn last_ladders(&self, tenant: TenantId) -> Arc<Policies> {
        self.rungs().last(tenant).unwrap_or_else(|| self.shipped_ladders(None))
    }

    /// What an edition put in force.
    pub(super) fn policies_of(&self, edition: &Edition) -> Result<Arc<Policies>, Error> {
        match &edition.document {
            None => Ok(self.shipped_ladders(Some(edition))),
            Some(document) => {
                let book = Arc::new(kept(document.clone())?);
                Ok(Arc::new(Policies::own(book, edition)))
            }
        }
    }

    fn shipped_ladders(&self, edition: Option<&Edition>) -> Arc<Policies> {
        let rules = self.rules();
        Arc::new(Policies::shipped(Arc::clone(&rules.ladders), &rules.ladders_version, edition))
    }

    /// The policies of a tenant: those in force, or what an earlier edit put in
    /// force. Edit 0 is what was in force before the first one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an edit that was not made.
    pub async fn ladders_of(&self, tenant: TenantId, revision: Option<i32>) -> Result<Arc<Policies>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = match revision {
            None => self.ladders(&mut read).await?,
            Some(0) => self.shipped_ladders(None),
            Some(revision) => {
                let edition = store::ladder::edition(&mut read, revision).await?;
                self.policies_of(&edition.ok_or(Error::NotFound("edition of the escalation policies"))?)?
            }
        };
        read.finish().await?;
        Ok(found)
    }

    /// The policy that a ticket's plan is made from, as it read then.
    pub(in crate::flow) async fn ladder_policy(
        &self,
        read: &mut TenantRead,
        snapshot: &Snapshot,
    ) -> Result<Policy, Error> {
        let book = self.ladder_text(read, &snapshot.source).await?;
        let found = book.policy(&snapshot.policy).cloned();
        found.ok_or_else(|| Error::Defect(format!("{snapshot:?} is not in its text")))
    }

    async fn ladder_text(&self, read: &mut TenantRead, source: &str) -> Result<Arc<Book>, Error> {
        if source == self.rules().ladders_version {
            return Ok(Arc::clone(&self.rules().ladders));
        }
        let own = source.strip_prefix(OWN).and_then(|rest| rest.strip_prefix(':'));
        let place = (own.map(|_| read.tenant()), source.to_owned());
        let earlier = || self.rungs().earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = earlier().get(&place).map(Arc::clone) {
            return Ok(known);
        }
        let missing = || Error::Defect(format!("the text {source} of ladders is not kept"));
        let book = if let Some(revision) = own {
            let revision = revision.parse().map_err(|_| missing())?;
            let edition = store::ladder::edition(read, revision).await?.ok_or_else(missing)?;
            kept(edition.document.ok_or_else(missing)?)?
        } else {
            let text = store::ladder::text(read, source).await?.ok_or_else(missing)?;
            Book::parse(&text)
                .map_err(|faults| Error::Defect(format!("ladders {source} cannot be read: {faults:?}")))?
        };
        let book = Arc::new(book);
        let mut earlier = earlier();
        if earlier.len() >= REMEMBERED {
            earlier.clear();
        }
        earlier.insert(place, Arc::clone(&book));
        Ok(book)
    }
}

/// A document that was checked when it was written.
fn kept(document: Value) -> Result<Book, Error> {
    Book::read(document).map_err(|faults| Error::Defect(format!("kept ladders cannot be read: {faults:?}")))
}
