//! What a ticket's history says to its SLA clocks.

use jiff::Timestamp;

use super::event::{Event, Fact, PolicyCause, PolicyRef};
use super::record::StoredClock;
use super::state::{Ticket, overrules};
use crate::domain::sla::{self, Clock, Clocks, Entry, Happening, Metric, Opening, Policy, Rank};
use crate::domain::vocabulary::{Author, Priority, Status, Visibility};

/// A version of a policy as a history names it: none where nothing is promised,
/// with the text of policies and calendars that it stands in.
pub type Promise<'e> = (Option<&'e PolicyRef>, &'e str);

/// What the ticket was promised by, one after the other: first at its opening,
/// then from each change of policy on.
pub fn promises(events: &[Event]) -> impl Iterator<Item = Promise<'_>> {
    events.iter().filter_map(|event| match &event.fact {
        Fact::Opened { policy, sla_version, .. } | Fact::PolicyChanged { policy, sla_version, .. } => {
            Some((policy.as_ref(), sla_version.as_str()))
        }
        _ => None,
    })
}

/// The clocks of a ticket at `now`, from its history alone. `policies` are
/// those of [`promises`], in their order, [`Policy::none`] where nothing is
/// promised. `None` where the history does not begin with an opening, or has
/// no policy.
#[must_use]
pub fn clocks(policies: &[Policy], events: &[Event], now: Timestamp) -> Option<Clocks> {
    let first = Ticket::replay(events.get(..1)?)?;
    let opening = Opening {
        at: first.created_at,
        opened_by_agent: first.opened_by_agent,
        priority: Rank::from(first.classification.priority),
        status: first.status,
    };
    let mut changes = 0;
    let mut raised: Option<Priority> = None;
    let mut class = first.classification;
    let entries: Vec<Entry> = events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| {
            let next = events.get(index + 1).map(|event| &event.fact);
            let before = index.checked_sub(1).and_then(|before| events.get(before)).map(|event| &event.fact);
            match &event.fact {
                Fact::Triaged { classification, decided_by, .. } => {
                    raised = raised.filter(|_| !overrules(*decided_by, class, *classification));
                    class = *classification;
                }
                Fact::PriorityRaised { to, .. } => raised = Some(*to),
                _ => {}
            }
            let rank = Rank::from(raised.map_or(class.priority, |raised| class.priority.min(raised)));
            let what = match (&event.fact, before, next) {
                // A new priority and the policy that fits it are one change.
                (Fact::Triaged { .. } | Fact::PriorityRaised { .. }, _, Some(next)) if follows(next) => {
                    return None;
                }
                (Fact::PolicyChanged { .. }, Some(Fact::Triaged { .. } | Fact::PriorityRaised { .. }), _)
                    if follows(&event.fact) =>
                {
                    changed(&mut changes, Some(rank))
                }
                (Fact::PolicyChanged { .. }, ..) => changed(&mut changes, None),
                (Fact::Triaged { .. } | Fact::PriorityRaised { .. }, ..) => Happening::Priority(rank),
                (fact, ..) => happening(fact)?,
            };
            Some(Entry { at: event.at, order: event.seq, what })
        })
        .collect();
    let (policy, later) = policies.split_first()?;
    Some(sla::clocks_under(policy, later, &opening, &entries, now))
}

/// Whether a change of policy follows from what happened to the ticket just before.
fn follows(fact: &Fact) -> bool {
    matches!(fact, Fact::PolicyChanged { cause: PolicyCause::Conditions, .. })
}

fn changed(changes: &mut usize, priority: Option<Rank>) -> Happening {
    let place = *changes;
    *changes += 1;
    Happening::Policy { place, priority }
}

/// The facts that clocks look at one by one.
fn happening(fact: &Fact) -> Option<Happening> {
    Some(match fact {
        Fact::MessageAdded { visibility: Visibility::Public, author, .. }
        | Fact::MessagePublished { author, .. } => match author {
            Author::Agent => Happening::AgentMessage,
            Author::Requester => Happening::RequesterMessage,
            Author::Automation => return None,
        },
        Fact::StatusChanged { to, .. } => Happening::Status(*to),
        Fact::Resolved { .. } => Happening::Status(Status::Resolved),
        Fact::Reopened => Happening::Status(Status::Open),
        Fact::Closed => Happening::Status(Status::Closed),
        Fact::Merged { .. } => Happening::Cancelled,
        Fact::Opened { .. }
        | Fact::PolicyChanged { .. }
        | Fact::Repeated { .. }
        | Fact::MessageAdded { .. }
        | Fact::Edited { .. }
        | Fact::EvidenceAdded { .. }
        | Fact::Assigned { .. }
        | Fact::Escalated { .. }
        | Fact::EscalationAdvanced { .. }
        | Fact::EscalationContextWanted { .. }
        | Fact::EscalationContextAdded { .. }
        | Fact::EscalationClosed { .. }
        | Fact::ClockBreached { .. }
        | Fact::SurveyRequested { .. }
        | Fact::Rated { .. }
        | Fact::HandoffMade { .. }
        | Fact::MergedFrom { .. }
        | Fact::Triaged { .. }
        | Fact::LadderStarted { .. }
        | Fact::LadderStep { .. }
        | Fact::LadderPressed { .. }
        | Fact::VipChanged { .. }
        | Fact::PriorityRaised { .. } => return None,
    })
}

/// The clocks as they are kept beside the ticket; a clock that never had a
/// promise is a measurement only and is not kept.
#[must_use]
pub fn stored(clocks: &Clocks) -> Vec<StoredClock> {
    clocks.iter().filter_map(stored_one).collect()
}

fn stored_one(clock: &Clock) -> Option<StoredClock> {
    Some(StoredClock {
        metric: clock.metric,
        cycle: i32::try_from(clock.cycle).unwrap_or(i32::MAX),
        calendar: clock.calendar.key.clone(),
        target_seconds: clock.promised_seconds?,
        state: clock.promise(),
        started_at: clock.started_at,
        due_at: clock.due_at,
        late_after: clock.late_after(),
        stopped_at: clock.stopped_at,
        breached_at: clock.breached_at,
        breach_at: clock.breach_at(),
        business_seconds: clock.business_seconds,
        elapsed_seconds: clock.elapsed_seconds,
    })
}

/// The metrics of which a deadline that is counted down to lies later than it
/// did.
#[must_use]
pub fn later(before: &[StoredClock], after: &[StoredClock]) -> Vec<Metric> {
    let put_off = |clock: &&StoredClock| {
        let same = after.iter().find(|new| (new.metric, new.cycle) == (clock.metric, clock.cycle));
        let due = same.filter(|new| new.stopped_at.is_none()).and_then(|new| new.due_at);
        clock.stopped_at.is_none() && clock.due_at.zip(due).is_some_and(|(old, new)| new > old)
    };
    before.iter().filter(put_off).map(|clock| clock.metric).collect()
}
