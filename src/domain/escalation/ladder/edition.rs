//! A tenant's policies as they were written down at one time.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::book::Book;
use super::policy::Policy;
use super::standing::Snapshot;
use crate::domain::sla::Origin;
use crate::domain::vocabulary::{Category, Priority};

/// The word for a tenant's own texts.
pub const OWN: &str = "own";

/// One edition of a tenant's policies; it never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    /// From 1.
    pub version: i32,
    /// The policies as [`Book::written`](super::Book::written) has them; none:
    /// from here on the shipped ones.
    pub document: Option<Value>,
    /// Why.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Edition {
    /// Whose policies it puts in force.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        if self.document.is_some() { Origin::Own } else { Origin::Shipped }
    }
}

/// The policies in force for a tenant, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// The policies.
    pub book: Arc<Book>,
    /// Whose they are.
    pub origin: Origin,
    /// How often the tenant has edited them; 0: never.
    pub revision: i32,
    /// Names their text among all: see [`Snapshot::source`].
    pub source: String,
    /// Why they were put in force.
    pub reason: Option<String>,
    /// When they were; none: the tenant never chose.
    pub created_at: Option<Timestamp>,
}

impl Default for Policies {
    /// None at all.
    fn default() -> Self {
        Self::shipped(Arc::default(), "", None)
    }
}

impl Policies {
    /// The shipped ones: never edited, or put in force again by an edition.
    #[must_use]
    pub fn shipped(book: Arc<Book>, text: &str, edition: Option<&Edition>) -> Self {
        Self {
            book,
            origin: Origin::Shipped,
            revision: edition.map_or(0, |edition| edition.version),
            source: text.to_owned(),
            reason: edition.and_then(|edition| edition.reason.clone()),
            created_at: edition.map(|edition| edition.created_at),
        }
    }

    /// The tenant's own.
    #[must_use]
    pub fn own(book: Arc<Book>, edition: &Edition) -> Self {
        Self {
            book,
            origin: Origin::Own,
            revision: edition.version,
            source: format!("{OWN}:{}", edition.version),
            reason: edition.reason.clone(),
            created_at: Some(edition.created_at),
        }
    }

    /// Which policy a ticket's plan is made from now; none: none is for it.
    #[must_use]
    pub fn first(&self, category: Category, priority: Priority, team: &str) -> Option<(&Policy, Snapshot)> {
        let policy = self.book.first(category, priority, team)?;
        let snapshot =
            Snapshot { policy: policy.key.clone(), version: policy.version, source: self.source.clone() };
        Some((policy, snapshot))
    }
}
