//! A ticket as its ladders see it.

use jiff::Timestamp;

use crate::domain::escalation::ladder::{Item, Moot, Outlook, Policy, Standing, StepId, silenced};
use crate::domain::id::{AgentId, TenantId, TicketId};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Event, promise};
use crate::flow::case::read_history;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::store::{self, TenantRead};

impl Desk {
    /// What ladders see of a ticket with this history at `now`.
    pub(in crate::flow) async fn outlook(
        &self,
        read: &mut TenantRead,
        (record, history): (&Record, &[Event]),
        now: Timestamp,
    ) -> Result<Outlook, Error> {
        let promised = self.policies(read, history).await?;
        let clocks = promise::clocks(&promised, history, now);
        let standing = clocks.and_then(|clocks| Standing::read(history, &record.escalations, clocks));
        let standing =
            standing.ok_or_else(|| Error::Defect(format!("ticket {} has no opening", record.id)))?;
        let policy = match &standing.snapshot {
            Some(snapshot) => Some(self.ladder_policy(read, snapshot).await?),
            None => None,
        };
        let mut named: Vec<AgentId> = policy.iter().flat_map(Policy::agents).collect();
        named.extend(record.state.agent);
        let directory = store::ladder::directory(read, &named, now).await?;
        Ok(Outlook { standing, policy, directory, now })
    }

    /// Why people need not hear of a step any more, if so; asked right before
    /// they are told.
    pub(in crate::flow) async fn silenced(
        &self,
        read: &mut TenantRead,
        (record, history): (&Record, &[Event]),
        step: &StepId,
        now: Timestamp,
    ) -> Result<Option<Moot>, Error> {
        let outlook = self.outlook(read, (record, history), now).await?;
        let policy = outlook.policy.unwrap_or_default();
        let ticket = outlook.standing.situation();
        let Some(moot) = silenced(step, &policy, &ticket) else { return Ok(None) };
        // Steps of other ladders told nobody because this one did: it speaks for
        // them as long as one of them has a cause.
        let done = &outlook.standing.done;
        let due = done.get(step).and_then(|became| became.due);
        let stands = done.iter().any(|(other, became)| {
            (became.why, became.due, other.action) == (Some(Moot::Told), due, step.action)
                && silenced(other, &policy, &ticket).is_none()
        });
        Ok((!stands).then_some(moot))
    }

    /// The steps of a ticket's ladders: what was done, and what comes if nothing
    /// else happens, with whoever would be told as things are now.
    pub async fn escalation_plan(&self, tenant: TenantId, ticket: TicketId) -> Result<Vec<Item>, Error> {
        let now = self.now().await?;
        let mut read = self.store().begin_read(tenant).await?;
        let record = store::record::lookup(&mut read, ticket).await?.ok_or(Error::NotFound("ticket"))?;
        let history = read_history(&mut read, ticket).await?;
        let now = now.max(record.state.updated_at);
        let outlook = self.outlook(&mut read, (&record, &history), now).await?;
        read.finish().await?;
        Ok(outlook.items(&record.plan))
    }
}
