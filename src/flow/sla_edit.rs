//! Policies and calendars of a tenant: looked at, and edited as new versions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::sla_move::{Moved, MovedTicket, foresee, move_clocks};
use crate::domain::audit::Act;
use crate::domain::id::TenantId;
use crate::domain::sla::{
    Book, CalendarEdit, CalendarRef, CalendarVersion, Edition, Origin, PolicyEdit, PolicyVersion,
};
use crate::store::{self, TenantRead};

/// Policies, and calendars, that a tenant may have of its own.
const MOST_KEYS: usize = 500;

/// What is edited.
#[derive(Debug, Clone)]
pub enum Edit {
    /// A policy.
    Policy(PolicyEdit),
    /// A calendar.
    Calendar(CalendarEdit),
}

impl Edit {
    fn key(&self) -> &str {
        match self {
            Self::Policy(edit) => &edit.key,
            Self::Calendar(edit) => &edit.key,
        }
    }

    const fn what(&self) -> &'static str {
        match self {
            Self::Policy(_) => "policy",
            Self::Calendar(_) => "calendar",
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::Policy(_) => "sla_policy.edit",
            Self::Calendar(_) => "sla_calendar.edit",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Policy(edit) => edit.reason.as_deref(),
            Self::Calendar(edit) => edit.reason.as_deref(),
        }
    }

    /// The newest version of what it is about, if there is one.
    fn present(&self, book: &Book) -> Option<u32> {
        match self {
            Self::Policy(edit) => book.policy(&edit.key).map(|version| version.version),
            Self::Calendar(edit) => book.calendar(&edit.key).map(|version| version.version),
        }
    }

    /// What it makes of a book.
    async fn plan(
        &self,
        desk: &Desk,
        read: &mut TenantRead,
        book: &Book,
        now: Timestamp,
    ) -> Result<Edition, Error> {
        let shipped = &desk.rules().sla;
        if self.present(book).is_none() && self.count(book) >= MOST_KEYS {
            return Err(Error::Conflict(format!("a tenant has {MOST_KEYS} of them at most")));
        }
        match self {
            Self::Policy(edit) => {
                let named: Vec<CalendarRef> = edit
                    .spec
                    .calendars()
                    .filter_map(|name| Some(CalendarRef { key: name.key.clone(), version: name.version? }))
                    .filter(|reference| !book.keeps(reference))
                    .collect();
                let kept = if named.is_empty() {
                    Vec::new()
                } else {
                    store::sla_book::calendars(read, &named).await?
                };
                edit.plan(book, shipped, &kept, now).map_err(Error::Invalid)
            }
            Self::Calendar(edit) => Ok(edit.plan(book, shipped, now)),
        }
    }

    fn count(&self, book: &Book) -> usize {
        match self {
            Self::Policy(_) => book.policies().len(),
            Self::Calendar(_) => book.calendars().count(),
        }
    }
}

/// Makes a policy or a calendar, or a new version of it.
#[derive(Debug, Clone)]
pub struct EditBook {
    /// What is to be.
    pub edit: Edit,
    /// It must be new; otherwise it must be there.
    pub creates: bool,
    /// The versions that the edit is meant for.
    pub expected: Option<Vec<i64>>,
    /// Running clocks go over to it.
    pub moves: bool,
}

/// What an edit made.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The versions it made, copies of shipped calendars left out.
    pub edition: Edition,
    /// The book that is in force now.
    pub book: Book,
    /// What became of running clocks; none: they were not to move.
    pub moved: Option<Moved>,
}

impl UseCase for EditBook {
    type Output = Edited;

    async fn run(&self, work: &mut Work<'_>) -> Result<Edited, Error> {
        store::sla_book::lock(&mut work.tx).await?;
        let book = work.desk.book(work.tx.read()).await?;
        self.check(self.edit.present(&book))?;
        let edition = self.edit.plan(work.desk, work.tx.read(), &book, work.now).await?;
        let book = book.with(&work.desk.rules().sla, &edition.policies, &edition.calendars)?;
        if !edition.is_empty() {
            let revision = store::sla_book::advance(&mut work.tx).await?;
            store::sla_book::insert_calendars(&mut work.tx, revision, &edition.calendars).await?;
            store::sla_book::insert_policies(&mut work.tx, revision, &edition.policies).await?;
        }
        let moved = if self.moves {
            Some(move_clocks(work, &book, &edition.touched, self.edit.reason()).await?)
        } else {
            None
        };
        if !edition.is_empty() || moved.is_some_and(|moved| moved.tickets > 0) {
            self.audit(work, &edition, moved).await?;
        }
        Ok(Edited { edition, book, moved })
    }
}

impl EditBook {
    fn check(&self, present: Option<u32>) -> Result<(), Error> {
        match present {
            Some(_) if self.creates => {
                let (what, key) = (self.edit.what(), self.edit.key());
                Err(Error::Conflict(format!(
                    "there is a {what} {key} already: PUT makes a new version of it"
                )))
            }
            None if !self.creates => Err(Error::NotFound(self.edit.what())),
            Some(version) if self.expected.as_ref().is_some_and(|all| !all.contains(&version.into())) => {
                Err(Error::VersionMismatch)
            }
            _ => Ok(()),
        }
    }

    async fn audit(&self, work: &mut Work<'_>, edition: &Edition, moved: Option<Moved>) -> Result<(), Error> {
        let policies: Vec<_> =
            edition.policies.iter().map(|version| json!([version.key, version.version])).collect();
        let calendars: Vec<_> =
            edition.calendars.iter().map(|version| json!([version.key, version.version])).collect();
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: self.edit.action(),
            target: None,
            detail: json!({
                "key": self.edit.key(), "policies": policies, "calendars": calendars,
                "moved": moved.map(|moved| json!({ "tickets": moved.tickets, "clocks": moved.clocks })),
            }),
        };
        Ok(store::audit::append(&mut work.tx, &act).await?)
    }
}

/// What an edit would make, and what a move would do to running clocks.
#[derive(Debug, Clone)]
pub struct Foresight {
    /// The versions it would make.
    pub edition: Edition,
    /// Unresolved tickets that would get another version.
    pub tickets: usize,
    /// The first of them, as many as one request moves.
    pub moves: Vec<MovedTicket>,
}

impl Desk {
    /// What is in force for a tenant.
    pub async fn sla_book(&self, tenant: TenantId) -> Result<std::sync::Arc<Book>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let book = self.book(&mut read).await?;
        read.finish().await?;
        Ok(book)
    }

    /// What an edit would do. Nothing is written.
    pub async fn foresee(&self, tenant: TenantId, edit: &Edit) -> Result<Foresight, Error> {
        let now = self.now().await?;
        let mut read = self.store().begin_read(tenant).await?;
        let book = self.book(&mut read).await?;
        let edition = edit.plan(self, &mut read, &book, now).await?;
        let book = book.with(&self.rules().sla, &edition.policies, &edition.calendars)?;
        let (tickets, moves) = foresee(self, &mut read, (&book, &edition.touched), now).await?;
        read.finish().await?;
        Ok(Foresight { edition, tickets, moves })
    }

    /// The versions of a policy before one, newest first, `limit` at most; none
    /// where there is no such policy.
    pub async fn policy_versions(
        &self,
        tenant: TenantId,
        key: &str,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<PolicyVersion>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let before = before.map(|before| i32::try_from(before).unwrap_or(i32::MAX));
        let own = store::sla_book::policies(&mut read, key, before, asked(limit)).await?;
        read.finish().await?;
        let shipped = self.rules().sla.policies().filter(|policy| policy.key == key);
        let shipped = shipped
            .filter_map(|policy| crate::domain::sla::shipped_version(&self.rules().sla, key, policy.version));
        Ok(merged(own, shipped, before, limit, |version| version.version))
    }

    /// The versions of a calendar before one, newest first, `limit` at most;
    /// none where there is no such calendar.
    pub async fn calendar_versions(
        &self,
        tenant: TenantId,
        key: &str,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<CalendarVersion>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let before = before.map(|before| i32::try_from(before).unwrap_or(i32::MAX));
        let own = store::sla_book::calendar_versions(&mut read, key, before, asked(limit)).await?;
        let replaced =
            self.book(&mut read).await?.calendar(key).map(|newest| (newest.origin, newest.version));
        read.finish().await?;
        let shipped = self.rules().sla.calendars().filter(|(reference, _)| reference.key == key);
        let shipped = shipped.map(|(reference, calendar)| CalendarVersion::shipped(reference, calendar));
        // Once the tenant has its own, later shipped ones mean nothing to it.
        let shipped = shipped.filter(|version| {
            replaced.is_none_or(|(origin, newest)| origin == Origin::Shipped || version.version < newest)
        });
        Ok(merged(own, shipped, before, limit, |version| version.version))
    }
}

fn asked(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The tenant's versions and the shipped ones, newest first; of one number the
/// tenant's.
fn merged<T>(
    own: Vec<T>,
    shipped: impl Iterator<Item = T>,
    before: Option<i32>,
    limit: usize,
    number: impl Fn(&T) -> u32,
) -> Vec<T> {
    let taken: BTreeSet<u32> = own.iter().map(&number).collect();
    let earlier = |version: &T| {
        before.is_none_or(|before| i64::from(number(version)) < i64::from(before))
            && !taken.contains(&number(version))
    };
    let mut all: Vec<T> = shipped.filter(earlier).collect();
    all.extend(own);
    all.sort_by_key(|version| std::cmp::Reverse(number(version)));
    all.truncate(limit);
    all
}
