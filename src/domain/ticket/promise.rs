//! What a ticket's history says to its SLA clocks.

use jiff::Timestamp;

use super::event::{Event, Fact};
use super::record::StoredClock;
use super::state::Ticket;
use crate::domain::sla::{self, Clock, Clocks, Entry, Happening, Opening, Policy, Rank};
use crate::domain::vocabulary::{Author, Status, Visibility};

/// The clocks of a ticket at `now`, from its history alone. `None` where the
/// history does not begin with an opening.
#[must_use]
pub fn clocks(policy: &Policy, events: &[Event], now: Timestamp) -> Option<Clocks> {
    let first = Ticket::replay(events.get(..1)?)?;
    let opening = Opening {
        at: first.created_at,
        opened_by_agent: first.opened_by_agent,
        priority: Rank::from(first.classification.priority),
        status: first.status,
    };
    let entries: Vec<Entry> = events
        .iter()
        .filter_map(|event| Some(Entry { at: event.at, order: event.seq, what: happening(&event.fact)? }))
        .collect();
    Some(sla::clocks(policy, &opening, &entries, now))
}

/// The facts that clocks look at.
fn happening(fact: &Fact) -> Option<Happening> {
    Some(match fact {
        Fact::MessageAdded { visibility: Visibility::Public, author: Author::Agent, .. } => {
            Happening::AgentMessage
        }
        Fact::MessageAdded { visibility: Visibility::Public, author: Author::Requester, .. } => {
            Happening::RequesterMessage
        }
        Fact::StatusChanged { to, .. } => Happening::Status(*to),
        Fact::Resolved { .. } => Happening::Status(Status::Resolved),
        Fact::Reopened => Happening::Status(Status::Open),
        Fact::Closed => Happening::Status(Status::Closed),
        Fact::Triaged { classification, .. } => Happening::Priority(Rank::from(classification.priority)),
        Fact::Opened { .. }
        | Fact::Repeated
        | Fact::MessageAdded { .. }
        | Fact::EvidenceAdded { .. }
        | Fact::Assigned { .. }
        | Fact::Escalated { .. }
        | Fact::EscalationContextAdded { .. }
        | Fact::EscalationClosed { .. } => return None,
    })
}

/// The clocks as they are kept beside the ticket; a clock without a promise is
/// a measurement only and is not kept.
#[must_use]
pub fn stored(policy: &Policy, clocks: &Clocks) -> Vec<StoredClock> {
    clocks.iter().filter_map(|clock| stored_one(policy, clock)).collect()
}

fn stored_one(policy: &Policy, clock: &Clock) -> Option<StoredClock> {
    Some(StoredClock {
        metric: clock.metric,
        cycle: i32::try_from(clock.cycle).unwrap_or(i32::MAX),
        calendar: clock.calendar.key.clone(),
        target_seconds: clock.target_seconds?,
        state: clock.state,
        started_at: clock.started_at,
        due_at: clock.due_at,
        late_after: clock.late_after(policy.rules.late),
        stopped_at: clock.stopped_at,
        breached_at: clock.breached_at,
        business_seconds: clock.business_seconds,
        elapsed_seconds: clock.elapsed_seconds,
    })
}
