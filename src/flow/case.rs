//! A ticket in the hands of a use case: locked, with its history, and written
//! back as the history then says.

use jiff::Timestamp;

use super::error::Error;
use super::execution::Work;
use crate::domain::id::{AgentId, EscalationId, EventId, RequesterId, TicketId};
use crate::domain::ticket::record::{Escalation, Record};
use crate::domain::ticket::{Actor, Event, Fact, Ticket, promise};
use crate::domain::vocabulary::{Author, Role};
use crate::store;

/// More facts than any ticket gathers; a longer history is read in parts.
const PART: i64 = 10_000;

/// A ticket that nobody else changes until the transaction ends.
pub(super) struct Case {
    pub(super) record: Record,
    pub(super) history: Vec<Event>,
    /// How many of `history` are in the database.
    written: usize,
    /// Its hand-overs as they are in the database.
    kept: Vec<Escalation>,
    /// Whether it was confidential already.
    was_restricted: bool,
}

impl Case {
    /// Locks a ticket and reads it. `expected`: the versions that the caller's
    /// change is meant for.
    pub(super) async fn load(
        work: &mut Work<'_>,
        ticket: TicketId,
        expected: Option<&[i64]>,
    ) -> Result<Self, Error> {
        if !store::ticket::lock(&mut work.tx, ticket).await? {
            return Err(Error::NotFound("ticket"));
        }
        let record = store::record::lookup(work.tx.read(), ticket).await?.ok_or(Error::NotFound("ticket"))?;
        if expected.is_some_and(|versions| !versions.contains(&record.state.version)) {
            return Err(Error::VersionMismatch);
        }
        let history = history(work, ticket).await?;
        let written = history.len();
        let (kept, was_restricted) = (record.escalations.clone(), record.state.restricted);
        Ok(Self { record, history, written, kept, was_restricted })
    }

    /// The ticket as it stands, facts not yet written included.
    pub(super) const fn ticket(&self) -> &Ticket {
        &self.record.state
    }

    /// Adds facts, all of the same instant. A ticket never goes back in time,
    /// whatever a clock does.
    pub(super) fn record(&mut self, work: &Work<'_>, actor: Actor, reason: Option<&str>, facts: Vec<Fact>) {
        self.record_at(work, work.now, actor, reason, facts);
    }

    /// The same for facts of another instant.
    pub(super) fn record_at(
        &mut self,
        work: &Work<'_>,
        at: Timestamp,
        actor: Actor,
        reason: Option<&str>,
        facts: Vec<Fact>,
    ) {
        let at = at.max(self.record.state.updated_at);
        for (place, fact) in facts.into_iter().enumerate() {
            let event = Event {
                seq: self.record.state.version + 1,
                id: EventId::new(work.desk.clock().new_id()),
                at,
                actor,
                fact,
                reason: reason.filter(|_| place == 0).map(ToOwned::to_owned),
            };
            self.record.state.apply(&event);
            for escalation in &mut self.record.escalations {
                escalation.apply(&event);
            }
            self.history.push(event);
        }
    }

    /// The instant at which facts happen to this ticket now.
    pub(super) fn now(&self, work: &Work<'_>) -> Timestamp {
        work.now.max(self.record.state.updated_at)
    }

    /// A hand-over of the ticket, as it stands.
    pub(super) fn escalation(&self, id: EscalationId) -> Option<&Escalation> {
        self.record.escalations.iter().find(|escalation| escalation.id == id)
    }

    /// What was recorded that is not written yet.
    pub(super) fn unwritten(&self) -> &[Event] {
        self.history.get(self.written..).unwrap_or_default()
    }

    /// Whether anything was recorded that is not written yet.
    pub(super) fn has_changed(&self) -> bool {
        self.history.len() > self.written
    }

    /// Writes what was recorded and what is due by now: history, clocks, the
    /// row that follows, and the timer for what comes next.
    pub(super) async fn save(mut self, work: &mut Work<'_>) -> Result<Record, Error> {
        let ticket = self.record.id;
        // Rare, and large: not part of every future that saves a ticket.
        Box::pin(super::handoff::answer(work, &mut self)).await?;
        let (mut next, mut outlook) = self.settle(work).await?;
        let settled = self.history.len();
        // A ladder may have made the ticket what calls for a handoff.
        Box::pin(super::handoff::answer(work, &mut self)).await?;
        if self.history.len() > settled {
            (next, outlook) = self.settle(work).await?;
        }
        super::metrics::answer(work, &self).await?;
        super::agenda::set(work, ticket, next).await?;
        if self.record.state.restricted && !self.was_restricted {
            Box::pin(super::handoff::conceal(work, &self)).await?;
        }
        let events: Vec<_> = self.history.iter().skip(self.written).map(|event| (ticket, event)).collect();
        store::history::append(&mut work.tx, &events).await?;
        let policies = work.desk.policies(work.tx.read(), &self.history).await?;
        let clocks = promise::clocks(&policies, &self.history, self.record.state.updated_at)
            .ok_or_else(|| Error::Defect(format!("ticket {ticket} has no opening")))?;
        self.record.clocks = promise::stored(&clocks);
        store::clock::put(&mut work.tx, &[(ticket, &self.record.clocks)]).await?;
        store::ticket::update(&mut work.tx, &self.record).await?;
        super::kpi::keep::follow(work, &[(&self.record, &self.history, &clocks)]).await?;
        self.save_escalations(work).await?;
        self.save_plan(work, &outlook).await?;
        store::record::lookup(work.tx.read(), ticket).await?.ok_or(Error::NotFound("ticket"))
    }
}

impl Case {
    /// Writes the hand-overs that are new or have changed.
    async fn save_escalations(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let kept = |new: &&Escalation| self.kept.iter().find(|kept| kept.id == new.id);
        let (old, new): (Vec<&Escalation>, Vec<&Escalation>) =
            self.record.escalations.iter().partition(|escalation| kept(escalation).is_some());
        let changed: Vec<&Escalation> = old.into_iter().filter(|e| kept(e) != Some(e)).collect();
        store::escalation::insert(&mut work.tx, &new).await?;
        store::escalation::update(&mut work.tx, &changed).await?;
        Ok(())
    }
}

/// The whole history of a ticket.
pub(super) async fn history(work: &mut Work<'_>, ticket: TicketId) -> Result<Vec<Event>, Error> {
    read_history(work.tx.read(), ticket).await
}

/// The whole history of a ticket, in a transaction that only reads.
pub(super) async fn read_history(
    read: &mut store::TenantRead,
    ticket: TicketId,
) -> Result<Vec<Event>, Error> {
    let mut history: Vec<Event> = Vec::new();
    loop {
        let after = history.last().map_or(0, |event| event.seq);
        let part = store::history::list(read, ticket, after, PART).await?;
        let whole = part.len() < usize::try_from(PART).unwrap_or(usize::MAX);
        history.extend(part);
        if whole {
            return Ok(history);
        }
    }
}

/// Who acts when `caller` acts in its own name.
pub(super) fn actor(work: &Work<'_>) -> Actor {
    work.caller.agent.map_or(Actor::Automation, Actor::Agent)
}

/// Who acts when `caller` writes as `author`.
pub(super) fn acting_as(work: &Work<'_>, author: Author, requester: RequesterId) -> Result<Actor, Error> {
    match author {
        Author::Agent => Ok(Actor::Agent(agent(work)?)),
        Author::Requester => Ok(Actor::Requester(Some(requester))),
        Author::Automation => Ok(Actor::Automation),
    }
}

/// The agent that the caller is. Keys of other roles are nobody.
fn agent(work: &Work<'_>) -> Result<AgentId, Error> {
    let person = matches!(work.caller.role, Role::Agent | Role::Lead | Role::Admin);
    work.caller
        .agent
        .filter(|_| person)
        .ok_or(Error::Forbidden("only keys of the roles agent, lead and admin write as an agent"))
}
