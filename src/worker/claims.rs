//! Whose turn it is: where more of a kind is ready than there are hands, each
//! tenant gets its share, whoever came first.

use std::time::Instant;

use crate::clock::Clock;
use crate::domain::id::TenantId;
use crate::domain::timer::Lease;
use crate::flow::{Desk, Error};
use crate::store::claim::Wanted;

/// A look for tenants costs a leap for each that has timers: between two looks
/// it rests so many times as long as the look took.
const REST: u32 = 9;

/// Takes timers of one kind for one worker, and remembers who was served last.
#[derive(Debug, Default)]
pub struct Claims {
    /// Whether there was more than was wanted.
    busy: bool,
    /// Tenants that had something ready at the last look, by identifier.
    ready: Vec<TenantId>,
    /// When to look again.
    look_at: Option<Instant>,
    /// The last tenant whose turn it was; the next one comes first.
    served: Option<TenantId>,
}

impl Claims {
    /// Claims what is ready, by tenant and by when it was due. Where more is
    /// ready than is wanted, tenants take turns and each gets as much as the
    /// others; what they leave goes to whoever has waited for longest.
    ///
    /// # Errors
    /// The database's.
    pub async fn take(&mut self, desk: &Desk, wanted: &Wanted) -> Result<Vec<Lease>, Error> {
        if !self.busy {
            self.busy = desk.store().has_more_ready(wanted).await?;
        }
        let mut leases = if self.busy { self.take_turns(desk, wanted).await? } else { Vec::new() };
        let left = wanted.limit.saturating_sub(leases.len());
        if left > 0 {
            match desk.store().claim_oldest(&Wanted { limit: left, ..*wanted }).await {
                Ok(rest) => leases.extend(rest),
                Err(error) if leases.is_empty() => return Err(error.into()),
                // What was claimed first is worked on all the same.
                Err(error) => tracing::warn!(%error, "worker.claim.failed"),
            }
        }
        if leases.len() < wanted.limit {
            (self.busy, self.look_at) = (false, None);
        }
        leases.sort_by_key(|lease| (lease.tenant, lease.due_at));
        Ok(leases)
    }

    async fn take_turns(&mut self, desk: &Desk, wanted: &Wanted) -> Result<Vec<Lease>, Error> {
        let now = Clock::monotonic();
        if self.look_at.is_none_or(|look_at| look_at <= now) {
            self.ready = desk.store().ready_tenants(wanted.kind, wanted.now).await?;
            self.look_at = Some(now + now.elapsed().saturating_mul(REST));
        }
        let sharers = self.next(wanted.limit);
        if sharers.is_empty() {
            return Ok(Vec::new());
        }
        let share = wanted.limit / sharers.len();
        let leases = desk.store().claim_shares(wanted, &sharers, share).await?;
        self.served = sharers.last().copied();
        Ok(leases)
    }

    /// The tenants whose turn it is, in turn.
    fn next(&self, limit: usize) -> Vec<TenantId> {
        let first = self.ready.partition_point(|tenant| self.served.is_some_and(|served| *tenant <= served));
        let (earlier, later) = self.ready.split_at(first);
        later.iter().chain(earlier).take(limit).copied().collect()
    }
}
