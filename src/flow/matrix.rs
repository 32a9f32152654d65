//! Whom whose tickets are escalated to: the shipped matrix, or the tenant's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::audit::Act;
use crate::domain::document::Fault;
use crate::domain::escalation::{MatrixEdition, MatrixOrigin, MatrixVersion};
use crate::domain::field::MAX_FAULTS;
use crate::domain::id::TenantId;
use crate::domain::violation::Violation;
use crate::store::{self, TenantRead};

/// Tenants whose matrix is remembered at most.
const REMEMBERED: usize = 4_096;

/// Matrices that were read before. An edit never changes, so nothing here gets
/// stale.
#[derive(Debug, Default)]
pub(super) struct Matrices(Mutex<HashMap<TenantId, Arc<MatrixEdition>>>);

impl Matrices {
    fn known(&self, tenant: TenantId, revision: i32) -> Option<Arc<MatrixEdition>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&tenant).filter(|edition| edition.revision == revision).map(Arc::clone)
    }

    fn remember(&self, tenant: TenantId, edition: &Arc<MatrixEdition>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(tenant, Arc::clone(edition));
    }
}

impl Desk {
    /// The matrix that is in force for the tenant, as of the transaction.
    pub(super) async fn matrix(&self, read: &mut TenantRead) -> Result<Arc<MatrixEdition>, Error> {
        let revision = store::matrix::revision(read).await?;
        self.matrix_at(read, revision).await
    }

    /// The same, where its number is known.
    pub(super) async fn matrix_at(
        &self,
        read: &mut TenantRead,
        revision: i32,
    ) -> Result<Arc<MatrixEdition>, Error> {
        if revision == 0 {
            return Ok(Arc::clone(&self.rules().matrix));
        }
        if let Some(edition) = self.matrices().known(read.tenant(), revision) {
            return Ok(edition);
        }
        let edition = self.edition(read, revision).await?;
        let edition = Arc::new(edition.ok_or_else(|| missing(revision))?);
        self.matrices().remember(read.tenant(), &edition);
        Ok(edition)
    }

    /// What a tenant's edit put in force.
    async fn edition(&self, read: &mut TenantRead, revision: i32) -> Result<Option<MatrixEdition>, Error> {
        let Some(MatrixVersion { version, document, created_at }) =
            store::matrix::lookup(read, revision).await?
        else {
            return Ok(None);
        };
        Ok(Some(match document {
            None => self.rules().matrix.restored(version, created_at),
            Some(document) => MatrixEdition::own(document, version, created_at)
                .map_err(|faults| Error::Defect(format!("a kept matrix cannot be read: {faults:?}")))?,
        }))
    }

    /// The matrix of a tenant: the one in force, or what an earlier edit put in
    /// force. Edit 0 is the matrix before the first one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an edit that was not made.
    pub async fn matrix_of(
        &self,
        tenant: TenantId,
        revision: Option<i32>,
    ) -> Result<Arc<MatrixEdition>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = match revision {
            None => self.matrix(&mut read).await?,
            Some(0) => Arc::clone(&self.rules().matrix),
            Some(revision) => {
                let edition = self.edition(&mut read, revision).await?;
                Arc::new(edition.ok_or(Error::NotFound("version of the matrix"))?)
            }
        };
        read.finish().await?;
        Ok(found)
    }
}

fn missing(revision: i32) -> Error {
    Error::Defect(format!("version {revision} of a tenant's matrix is not kept"))
}

/// Another matrix for the tenant.
#[derive(Debug, Clone)]
pub struct EditMatrix {
    /// JSON in the form of `config/escalation.toml`; none: the shipped one.
    pub document: Option<Value>,
    /// The edits that this one is meant to follow; none: whichever was last.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for EditMatrix {
    type Output = Arc<MatrixEdition>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Arc<MatrixEdition>, Error> {
        store::matrix::lock(&mut work.tx).await?;
        let before = work.desk.matrix(work.tx.read()).await?;
        let meant = |all: &Vec<i64>| all.contains(&before.revision.into());
        if !self.expected.as_ref().is_none_or(meant) {
            return Err(Error::VersionMismatch);
        }
        if self.says_nothing_new(&before) {
            return Ok(before);
        }
        let revision = before.revision + 1;
        let edition = match &self.document {
            None => work.desk.rules().matrix.restored(revision, work.now),
            Some(document) => MatrixEdition::own(document.clone(), revision, work.now)
                .map_err(|faults| Error::Invalid(faults.iter().take(MAX_FAULTS).map(violation).collect()))?,
        };
        store::matrix::insert(&mut work.tx, revision, self.document.as_ref(), work.now).await?;
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "escalation_matrix.edit",
            target: None,
            detail: json!({ "version": edition.version, "revision": revision, "before": before.version }),
        };
        store::audit::append(&mut work.tx, &act).await?;
        Ok(Arc::new(edition))
    }
}

impl EditMatrix {
    fn says_nothing_new(&self, before: &MatrixEdition) -> bool {
        match &self.document {
            None => before.origin == MatrixOrigin::Shipped,
            Some(document) => before.origin == MatrixOrigin::Own && before.document == *document,
        }
    }
}

fn violation(fault: &Fault) -> Violation {
    Violation::new(fault.at.clone(), "invalid", fault.detail.clone())
}
