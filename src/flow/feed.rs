//! Everything that happened to a tenant's tickets, in one order.

use std::collections::HashMap;
use std::time::Duration;

use super::desk::Desk;
use super::error::Error;
use crate::domain::id::{EventId, TenantId, TicketId};
use crate::domain::ticket::record::Record;
use crate::domain::webhook::announcement::{self, Announcement};
use crate::store::{self, TenantRead};

/// How long what was committed before is waited for, in steps.
const SETTLING: (u32, Duration) = (40, Duration::from_millis(25));

/// A fact in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place in the feed, from 1, without gaps.
    pub position: i64,
    /// What is said of it.
    pub announcement: Announcement,
}

/// A part of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Excerpt {
    /// In order; those of confidential tickets are left out.
    pub entries: Vec<Entry>,
    /// Everything up to this place is in it, or was left out.
    pub until: i64,
    /// There may be more after it.
    pub more: bool,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// After the place of this number; 0 is the start.
    After(i64),
    /// After this fact.
    AfterEvent(EventId),
    /// With what comes next.
    Latest,
}

impl Desk {
    /// What follows a place of the feed, `limit` facts at most. They are shown
    /// as their tickets are now.
    pub async fn feed(&self, tenant: TenantId, after: i64, limit: i64) -> Result<Excerpt, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let excerpt = excerpt(&mut read, after, limit).await?;
        read.finish().await?;
        Ok(excerpt)
    }

    /// The same; what was committed before the call has its place by then,
    /// unless nobody gives places.
    pub async fn settled_feed(&self, tenant: TenantId, after: i64, limit: i64) -> Result<Excerpt, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = excerpt(&mut read, after, limit).await?;
        let newest = if found.more { None } else { store::outbox::newest(&mut read).await? };
        read.finish().await?;
        let Some(newest) = newest else { return Ok(found) };
        self.bell().ring();
        for _ in 0..SETTLING.0 {
            tokio::time::sleep(SETTLING.1).await;
            let mut read = self.store().begin_read(tenant).await?;
            let waits = store::outbox::is_waiting(&mut read, newest).await?;
            read.finish().await?;
            if !waits {
                break;
            }
        }
        self.feed(tenant, after, limit).await
    }

    /// The place that a reader begins after; none: there is no such fact, or it
    /// is not to be known.
    pub async fn beginning(&self, tenant: TenantId, beginning: Beginning) -> Result<Option<i64>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let place = match beginning {
            Beginning::After(place) => Some(place),
            Beginning::AfterEvent(event) => store::feed::place_of(&mut read, event).await?,
            Beginning::Latest => Some(store::feed::end(&mut read).await?),
        };
        read.finish().await?;
        Ok(place)
    }
}

async fn excerpt(read: &mut TenantRead, after: i64, limit: i64) -> Result<Excerpt, Error> {
    let tenant = read.tenant();
    let placed = store::feed::list(read, after, limit).await?;
    let more = i64::try_from(placed.len()).is_ok_and(|found| found == limit);
    let until = match placed.last() {
        Some(last) if more => last.position,
        _ => store::feed::end(read).await?.max(after),
    };
    if placed.is_empty() {
        return Ok(Excerpt { entries: Vec::new(), until, more });
    }
    let mut tickets: Vec<TicketId> = placed.iter().map(|one| one.ticket).collect();
    tickets.sort_unstable();
    tickets.dedup();
    let records = store::record::lookup_all(read, &tickets).await?;
    let records: HashMap<TicketId, Record> = records.into_iter().map(|record| (record.id, record)).collect();
    let wanted: Vec<(TicketId, i64)> = placed.iter().map(|one| (one.ticket, one.seq)).collect();
    let events = store::history::at_places(read, &wanted).await?;
    let entries = placed.iter().filter_map(|one| {
        let (record, event) = records.get(&one.ticket).zip(events.get(&(one.ticket, one.seq)))?;
        let announcement = announcement::of_fact(tenant, record, event);
        Some(Entry { position: one.position, announcement })
    });
    Ok(Excerpt { entries: entries.collect(), until, more })
}
