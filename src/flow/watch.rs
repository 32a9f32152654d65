//! Promises over many tickets: about to be late, late, and kept.

use std::collections::HashMap;

use jiff::Timestamp;

use super::desk::Desk;
use super::error::Error;
use crate::domain::id::{TenantId, TicketId};
use crate::domain::sla::{Clocks, Policy, State};
use crate::domain::ticket::promise;
use crate::domain::ticket::watch::{Breaches, ClockPosition, Lateness, Progress, Risks, Watched};
use crate::store::{self, TenantRead};

/// Clocks that one request looks at when it asks for a share: the index knows
/// deadlines, not shares.
const MOST_LOOKED_AT: usize = 2_000;
/// Clocks read at once.
const PART: i64 = 500;

/// A part of a list, and after which place the next one starts.
#[derive(Debug, Clone)]
pub struct Part<T> {
    /// The clocks.
    pub items: Vec<T>,
    /// None at the end of the list.
    pub next: Option<ClockPosition>,
}

/// Policies that were looked up for a list.
type Known = HashMap<(String, String, i32), Policy>;

impl Desk {
    /// Running clocks that will be late soon, soonest first, after a position,
    /// `limit` at most. Fewer do not mean the end of the list.
    pub async fn at_risk(
        &self,
        tenant: TenantId,
        risks: &Risks,
        now: Timestamp,
        after: Option<&ClockPosition>,
        limit: usize,
    ) -> Result<Part<(Watched, Progress)>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let mut known = Known::new();
        let mut part = Part { items: Vec::new(), next: after.cloned() };
        let mut looked_at = 0;
        loop {
            let wanted = if risks.share > 0.0 { PART } else { i64::try_from(limit).unwrap_or(PART) + 1 };
            let found = store::watch::at_risk(&mut read, risks, now, part.next.as_ref(), wanted).await?;
            let last = found.len() < usize::try_from(wanted).unwrap_or(usize::MAX);
            looked_at += found.len();
            for watched in found {
                if part.items.len() == limit {
                    read.finish().await?;
                    return Ok(part);
                }
                part.next = watched.clock.due_at.map(|due| watched.position(due));
                let policy = self.policy_of(&mut read, &mut known, &watched).await?;
                let progress = policy.and_then(|policy| watched.progress(policy, now));
                if let Some(progress) = progress.filter(|progress| progress.share >= risks.share) {
                    part.items.push((watched, progress));
                }
            }
            if last {
                part.next = None;
            }
            if last || looked_at >= MOST_LOOKED_AT {
                read.finish().await?;
                return Ok(part);
            }
        }
    }

    async fn policy_of<'k>(
        &self,
        read: &mut TenantRead,
        known: &'k mut Known,
        watched: &Watched,
    ) -> Result<Option<&'k Policy>, Error> {
        let Some(named) = &watched.policy else { return Ok(None) };
        let place = (watched.sla_version.clone(), named.key.clone(), named.version);
        if !known.contains_key(&place) {
            let policy = self.policy(read, &watched.sla_version, named).await?;
            known.insert(place.clone(), policy);
        }
        Ok(known.get(&place))
    }

    /// Breaches, after a position, `limit` at most; those that are still waited
    /// for with what they have used by now.
    pub async fn breaches(
        &self,
        tenant: TenantId,
        breaches: &Breaches,
        now: Timestamp,
        after: Option<&ClockPosition>,
        limit: i64,
    ) -> Result<Vec<Watched>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let mut found = store::watch::breaches(&mut read, breaches, now, after, limit).await?;
        self.bring_up(&mut read, &mut found, now).await?;
        read.finish().await?;
        Ok(found)
    }

    /// What open breaches have used by now, from their histories.
    async fn bring_up(
        &self,
        read: &mut TenantRead,
        found: &mut [Watched],
        now: Timestamp,
    ) -> Result<(), Error> {
        // A clock that stands still has used what it had at the last event.
        let goes_on =
            |watched: &Watched| watched.lateness() == Lateness::Open && watched.clock.state != State::Paused;
        let mut tickets: Vec<TicketId> =
            found.iter().filter(|one| goes_on(one)).map(|watched| watched.ticket).collect();
        tickets.sort_unstable();
        tickets.dedup();
        let mut clocks = HashMap::new();
        for (ticket, history) in store::history::of_tickets(read, &tickets).await? {
            let policies = self.policies(read, &history).await?;
            let now = history.last().map_or(now, |event| now.max(event.at));
            clocks.insert(ticket, promise::clocks(&policies, &history, now));
        }
        for watched in found.iter_mut().filter(|one| goes_on(one)) {
            let cycle = u32::try_from(watched.clock.cycle).unwrap_or_default();
            let metric = watched.clock.metric;
            let mut of_ticket = clocks.get(&watched.ticket).into_iter().flatten().flat_map(Clocks::iter);
            if let Some(clock) = of_ticket.find(|clock| clock.metric == metric && clock.cycle == cycle) {
                watched.update(clock);
            }
        }
        Ok(())
    }
}
