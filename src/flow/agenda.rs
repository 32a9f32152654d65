//! What time brings to tickets: done in the transaction of the act that finds
//! it due, or by the worker when its timer is.

use jiff::Timestamp;

use super::case::Case;
use super::conclude::conclude;
use super::error::Error;
use super::escalation::expire;
use super::execution::{UseCase, Work};
use crate::domain::agenda::{self, Item, View};
use crate::domain::escalation::ladder::Outlook;
use crate::domain::id::TicketId;
use crate::domain::opening::Opened;
use crate::domain::ticket::event::ResolutionCause;
use crate::domain::ticket::{Actor, Fact};
use crate::domain::timer::{Lease, Timer, TimerKind};
use crate::domain::vocabulary::Resolution;
use crate::store;

/// What is kept as the reason where nobody answered.
const UNANSWERED: &str = "The requester was asked and did not answer.";
/// What is due on one ticket is done in parts of so many things: the worker goes
/// on where an act left off.
const MOST_ITEMS: usize = 200;

impl Case {
    /// Does what is due, in order, each thing on the ticket as the one before
    /// left it. Answers the instant of what comes next, and how its ladders
    /// stand.
    pub(super) async fn settle(
        &mut self,
        work: &mut Work<'_>,
    ) -> Result<(Option<Timestamp>, Outlook), Error> {
        for _ in 0..MOST_ITEMS {
            let outlook = self.choose(work).await?;
            let next = self.next_item(work, &outlook);
            match next {
                Some((due, item)) if due <= self.now(work) => self.bring(work, due, item, &outlook).await?,
                next => return Ok((next.map(|(due, _)| due), outlook)),
            }
        }
        let outlook = self.choose(work).await?;
        Ok((Some(self.now(work)), outlook))
    }

    fn next_item(&self, work: &Work<'_>, outlook: &Outlook) -> Option<(Timestamp, Item)> {
        agenda::next(&View {
            ticket: self.ticket(),
            history: &self.history,
            escalations: &self.record.escalations,
            clocks: outlook.standing.clocks(),
            terms: &work.desk.means().terms,
            step_at: outlook.plan().next(self.now(work)),
        })
    }

    async fn bring(
        &mut self,
        work: &mut Work<'_>,
        due: Timestamp,
        item: Item,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let facts = match item {
            Item::Step => return self.take_step(work, outlook).await,
            Item::Breach { metric, cycle, stamp } => vec![Fact::ClockBreached { metric, cycle, due: stamp }],
            Item::Survey => vec![Fact::SurveyRequested { due }],
            Item::AcknowledgementEnded => {
                expire(work, self);
                return Ok(());
            }
            Item::Close => vec![Fact::Closed],
            Item::Unanswered => {
                let cause = ResolutionCause::NoAnswer;
                return conclude(work, self, Resolution::NoFault, cause, UNANSWERED).await;
            }
        };
        self.record(work, Actor::Automation, None, facts);
        Ok(())
    }
}

/// The timers of new tickets, and those on which something is due already.
pub(super) fn begun(work: &Work<'_>, opened: &[Opened]) -> (Vec<Timer>, Vec<TicketId>) {
    let (mut timers, mut due) = (Vec::with_capacity(opened.len()), Vec::new());
    for Opened { record, history, clocks, step_at, .. } in opened {
        let terms = &work.desk.means().terms;
        let (ticket, escalations, step_at) = (&record.state, &record.escalations, *step_at);
        match agenda::next(&View { ticket, history, escalations, clocks, terms, step_at }) {
            Some((at, _)) if at <= work.now => due.push(record.id),
            Some((at, _)) => timers.push(timer(record.id, at)),
            None => {}
        }
    }
    (timers, due)
}

/// Sets the one timer of a ticket; nothing to come: it has none.
pub(super) async fn set(work: &mut Work<'_>, ticket: TicketId, next: Option<Timestamp>) -> Result<(), Error> {
    match next {
        Some(due_at) => store::timer::put(&mut work.tx, &[timer(ticket, due_at)]).await?,
        None => store::timer::clear(&mut work.tx, TimerKind::Ticket, &[ticket.uuid()]).await?,
    }
    Ok(())
}

/// The timer of a ticket.
pub(super) const fn timer(ticket: TicketId, due_at: Timestamp) -> Timer {
    Timer { kind: TimerKind::Ticket, subject: ticket.uuid(), due_at }
}

/// A ticket's timer is due.
pub(super) struct Due<'l>(pub(super) &'l Lease);

impl UseCase for Due<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let Self(lease) = self;
        let ticket = TicketId::new(lease.subject);
        let mut case = match Case::load(work, ticket, None).await {
            // Whoever removed the ticket could not know of its timer.
            Err(Error::NotFound(_)) => return Ok(store::finish::done(&mut work.tx, lease).await?),
            loaded => loaded?,
        };
        store::finish::holds(&mut work.tx, lease).await?;
        let (next, outlook) = case.settle(work).await?;
        if case.has_changed() {
            case.save(work).await?;
            return Ok(());
        }
        // Its promises may have been moved without it.
        case.save_plan(work, &outlook).await?;
        match next {
            Some(next) => store::finish::again(&mut work.tx, lease, next).await?,
            None => store::finish::done(&mut work.tx, lease).await?,
        }
        Ok(())
    }
}
