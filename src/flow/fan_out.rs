//! Telling what has happened: each committed fact becomes deliveries, once, in
//! the order of the commits of its ticket.

use std::collections::HashMap;

use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::kpi;
use super::mail;
use super::webhook;
use crate::domain::id::{TenantId, TicketId};
use crate::domain::ticket::Event;
use crate::domain::ticket::record::Record;
use crate::store;

/// Facts that are told in one transaction.
const PART: i64 = 500;

/// Facts with the tickets they happened to.
#[derive(Debug)]
pub(super) struct Batch {
    /// In the order in which they are told.
    pub(super) events: Vec<(TicketId, Event)>,
    /// The tickets, as they are now.
    pub(super) records: HashMap<TicketId, Record>,
}

impl Desk {
    /// Tells what there is to tell. Answers how many facts were told. What can't
    /// be told waits, and the other tenants don't wait for it.
    ///
    /// # Errors
    /// It can't be seen who has something to tell.
    pub async fn tell(&self) -> Result<usize, Error> {
        let mut told = 0;
        for tenant in self.store().untold().await? {
            match self.tell_of(tenant).await {
                Ok(Told { facts, unsummed }) => {
                    told += facts;
                    // While they are made anew whoever does that sums them up.
                    let summable = unsummed && self.expect_kpis(tenant).is_ok();
                    if summable && let Err(error) = self.fold(tenant).await {
                        tracing::warn!(%error, %tenant, "flow.kpi.failed");
                    }
                }
                Err(error) => tracing::warn!(%error, %tenant, "flow.outbox.failed"),
            }
        }
        Ok(told)
    }

    async fn tell_of(&self, tenant: TenantId) -> Result<Told, Error> {
        let told = self.in_transaction(&Caller::automation(tenant), &Tell).await?;
        if told.facts > 0 {
            self.bell().ring();
        }
        Ok(told)
    }
}

/// One part of what a tenant has to tell.
struct Tell;

/// What was told.
#[derive(Debug, Default)]
struct Told {
    facts: usize,
    /// So much has changed about the numbers that it is worth summing up.
    unsummed: bool,
}

impl UseCase for Tell {
    type Output = Told;

    async fn run(&self, work: &mut Work<'_>) -> Result<Told, Error> {
        if !store::outbox::turn(&mut work.tx).await? {
            return Ok(Told::default());
        }
        let waiting = store::outbox::list(&mut work.tx, PART).await?;
        let placed: Vec<_> = waiting.iter().flat_map(store::outbox::Waiting::places).collect();
        store::feed::append(&mut work.tx, &placed).await?;
        store::outbox::remove(&mut work.tx, &waiting).await?;
        let unsummed = kpi::fold::worth_it(work).await?;
        // Where nobody is told, nothing needs to be known of what is said.
        let is_heard = store::webhook::endpoint::is_any_listening(work.tx.read()).await?;
        if is_heard || work.desk.means().post.is_some() {
            let batch = Batch::load(work, &placed).await?;
            mail::enqueue(work, &batch).await?;
            if is_heard {
                // Last: from here on nothing is delivered to the endpoints until this ends.
                webhook::enqueue(work, &batch).await?;
            }
        }
        tracing::debug!(facts = placed.len(), "flow.outbox.told");
        Ok(Told { facts: placed.len(), unsummed })
    }
}

impl Batch {
    async fn load(work: &mut Work<'_>, places: &[(TicketId, i64)]) -> Result<Self, Error> {
        let mut tickets: Vec<TicketId> = places.iter().map(|(ticket, _)| *ticket).collect();
        tickets.sort_unstable();
        tickets.dedup();
        let records = store::record::lookup_all(work.tx.read(), &tickets).await?;
        let mut found = store::history::at_places(work.tx.read(), places).await?;
        let events =
            places.iter().filter_map(|place| found.remove(place).map(|event| (place.0, event))).collect();
        Ok(Self { events, records: records.into_iter().map(|record| (record.id, record)).collect() })
    }
}
