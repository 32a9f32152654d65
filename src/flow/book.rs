//! What is promised to whose tickets: the shipped policies and calendars under
//! each tenant's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::desk::Desk;
use super::error::Error;
use crate::domain::id::TenantId;
use crate::domain::sla::{Book, BrokenBook, CalendarRef, Policy, own_policy};
use crate::domain::ticket::event::PolicyRef;
use crate::store::{self, TenantRead};

/// Tenants, and versions of policies, that are remembered at most.
const REMEMBERED: usize = 4_096;

/// Books and policies that were read before. A version never changes, and a
/// book is known by the number of its last edit, so nothing here gets stale.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    books: Mutex<HashMap<TenantId, (i64, Arc<Book>)>>,
    policies: Mutex<HashMap<(TenantId, String, i32), Policy>>,
    shipped: Mutex<Option<Arc<Book>>>,
}

impl From<BrokenBook> for Error {
    fn from(broken: BrokenBook) -> Self {
        Self::Defect(broken.to_string())
    }
}

impl Desk {
    /// What is in force for the tenant, as of the transaction.
    pub(super) async fn book(&self, read: &mut TenantRead) -> Result<Arc<Book>, Error> {
        let revision = store::sla_book::revision(read).await?;
        self.book_at(read, revision).await
    }

    /// The same, where its number is known.
    pub(super) async fn book_at(&self, read: &mut TenantRead, revision: i64) -> Result<Arc<Book>, Error> {
        if revision == 0 {
            return self.shipped_book();
        }
        let known = |desk: &Self| {
            let books = desk.shelf().books.lock().unwrap_or_else(PoisonError::into_inner);
            books.get(&read.tenant()).filter(|(at, _)| *at == revision).map(|(_, book)| Arc::clone(book))
        };
        if let Some(book) = known(self) {
            return Ok(book);
        }
        let policies = store::sla_book::newest_policies(read, revision).await?;
        let mut calendars = store::sla_book::newest_calendars(read, revision).await?;
        let missing: Vec<CalendarRef> = policies
            .iter()
            .flat_map(|version| version.spec.references())
            .filter(|wanted| calendars.iter().all(|calendar| calendar.reference() != **wanted))
            .cloned()
            .collect();
        if !missing.is_empty() {
            calendars.extend(store::sla_book::calendars(read, &missing).await?);
        }
        let book = Arc::new(Book::overlay(&self.rules().sla, policies, calendars)?);
        let mut books = self.shelf().books.lock().unwrap_or_else(PoisonError::into_inner);
        if books.len() >= REMEMBERED {
            books.clear();
        }
        books.insert(read.tenant(), (revision, Arc::clone(&book)));
        Ok(book)
    }

    /// The book of a tenant that never edited anything.
    fn shipped_book(&self) -> Result<Arc<Book>, Error> {
        let mut shipped = self.shelf().shipped.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(book) = &*shipped {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(Book::overlay(&self.rules().sla, Vec::new(), Vec::new())?);
        *shipped = Some(Arc::clone(&book));
        Ok(book)
    }

    /// One of the tenant's own policies.
    pub(super) async fn own_policy(
        &self,
        read: &mut TenantRead,
        policy: &PolicyRef,
    ) -> Result<Policy, Error> {
        let place = (read.tenant(), policy.key.clone(), policy.version);
        let known = |desk: &Self| {
            desk.shelf().policies.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned()
        };
        if let Some(policy) = known(self) {
            return Ok(policy);
        }
        let missing = || Error::Defect(format!("own policy {policy:?} is not kept"));
        let version =
            store::sla_book::policy(read, &policy.key, policy.version).await?.ok_or_else(missing)?;
        let references: Vec<CalendarRef> = version.spec.references().cloned().collect();
        let calendars = store::sla_book::calendars(read, &references).await?;
        let found = own_policy(&version, &calendars)?;
        let mut policies = self.shelf().policies.lock().unwrap_or_else(PoisonError::into_inner);
        if policies.len() >= REMEMBERED {
            policies.clear();
        }
        policies.insert(place, found.clone());
        Ok(found)
    }
}
