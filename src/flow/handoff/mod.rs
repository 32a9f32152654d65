//! Handoffs: made in the transaction that finds one called for, written to
//! their files by the worker.

mod file;

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

pub(super) use self::file::write;
use super::case::Case;
use super::desk::Desk;
use super::error::Error;
use super::escalate::hand_up;
use super::execution::Work;
use crate::domain::escalation::Origin;
use crate::domain::handoff::{self, Brief, Handoff, HandoffCause, Terms};
use crate::domain::id::{HandoffId, TenantId, TicketId};
use crate::domain::opening::Opened;
use crate::domain::ticket::{Actor, Fact, promise};
use crate::domain::timer::{Timer, TimerKind};
use crate::store::{self, TenantRead};

/// More messages, or pieces of evidence, than a handoff looks at.
const LOOKED_AT: i64 = 1_000;
/// Tickets that one handoff for several names.
const NAMED: i64 = 200;
/// How long after its window a handoff for several is written: what was made at
/// the end of the window is in the database by then.
const SETTLING: SignedDuration = SignedDuration::from_secs(60);

/// Where and when handoffs are made.
#[derive(Debug, Clone)]
pub struct Handing {
    /// When they are made by themselves.
    pub terms: Terms,
    /// The folder of their files.
    pub directory: PathBuf,
}

/// The new tickets that need a handoff from the start.
pub(super) fn wanted(work: &Work<'_>, opened: &[Opened]) -> Vec<TicketId> {
    let terms = &work.desk.means().handing.terms;
    let calls = |one: &&Opened| terms.call_for(&one.record.state, &one.history).is_some();
    opened.iter().filter(calls).map(|one| one.record.id).collect()
}

/// Makes the handoff that the ticket as it stands calls for, if it does.
pub(super) async fn answer(work: &mut Work<'_>, case: &mut Case) -> Result<(), Error> {
    let terms = &work.desk.means().handing.terms;
    if let Some(why) = terms.call_for(case.ticket(), &case.history) {
        make(work, case, why).await?;
    }
    Ok(())
}

/// Makes a handoff of a ticket; none where there is nothing to add to
/// one that was made, or the ticket is resolved. Its file is written later. The case is left to be
/// saved by the caller.
///
/// # Errors
/// The database's.
pub(super) async fn make(
    work: &mut Work<'_>,
    case: &mut Case,
    why: HandoffCause,
) -> Result<Option<HandoffId>, Error> {
    let now = case.now(work);
    if handoff::is_made(&case.history, why) || !case.ticket().is_unresolved() {
        return Ok(None);
    }
    let reason = format!("A handoff was made: {why}.");
    hand_up(work, case, Origin::Handoff, &reason, now).await?;
    let summarised_in = beyond(work, now).await?;
    let mut made = Handoff {
        id: HandoffId::new(work.desk.clock().new_id()),
        ticket: Some(case.record.id),
        cause: why,
        created_at: now,
        window: None,
        summarised_in,
        document: None,
        file_name: None,
        written_at: None,
        failure: None,
    };
    made.document = Some(told(work, case, &made).await?);
    if !store::handoff::insert(&mut work.tx, &made).await? {
        return Err(Error::Defect(format!("handoff of {} by {why} is not in its history", case.record.id)));
    }
    if summarised_in.is_none() {
        store::timer::put(&mut work.tx, &[timer(made.id, now)]).await?;
    }
    let fact = Fact::HandoffMade { handoff: made.id, cause: why };
    case.record(work, Actor::Automation, None, vec![fact]);
    Ok(Some(made.id))
}

/// Takes the content of a ticket that only those named may see from now on out of
/// its handoffs, and out of their files.
pub(super) async fn conceal(work: &mut Work<'_>, case: &Case) -> Result<(), Error> {
    let ticket = case.record.id;
    let made = store::handoff::list(work.tx.read(), Some(ticket), None, None, LOOKED_AT).await?;
    for handoff in made {
        let nothing = (&[][..], &[][..], &[][..]);
        let text = handoff::text(&Brief {
            handoff: &handoff,
            record: &case.record,
            history: &case.history,
            messages: nothing.0,
            evidence: nothing.1,
            clocks: nothing.2,
        });
        if handoff.document.as_ref() == Some(&text) {
            continue;
        }
        // The timer before the row, as whoever writes the file takes them.
        if handoff.summarised_in.is_none() {
            store::timer::put(&mut work.tx, &[timer(handoff.id, work.now)]).await?;
        }
        store::handoff::rewrite(&mut work.tx, handoff.id, &text).await?;
    }
    Ok(())
}

const fn timer(handoff: HandoffId, due_at: Timestamp) -> Timer {
    Timer { kind: TimerKind::Handoff, subject: handoff.uuid(), due_at }
}

/// The handoff that stands for one more in this window; none: it may have a
/// file of its own. Transactions at the same time do not see each other's, so a
/// window may get a few files more.
async fn beyond(work: &mut Work<'_>, now: Timestamp) -> Result<Option<HandoffId>, Error> {
    let terms = &work.desk.means().handing.terms;
    let window = terms.window_of(now);
    let made = store::handoff::count_since(work.tx.read(), window, terms.most).await?;
    if made < terms.most {
        return Ok(None);
    }
    if let Some(id) = store::handoff::of_window(work.tx.read(), window).await? {
        return Ok(Some(id));
    }
    let id = HandoffId::new(work.desk.clock().new_id());
    let summary = Handoff {
        id,
        ticket: None,
        cause: HandoffCause::Storm,
        created_at: now,
        window: Some(window),
        summarised_in: None,
        document: None,
        file_name: None,
        written_at: None,
        failure: None,
    };
    if store::handoff::insert(&mut work.tx, &summary).await? {
        let due = ends(terms, window).checked_add(SETTLING).unwrap_or(Timestamp::MAX);
        store::timer::put(&mut work.tx, &[timer(id, due)]).await?;
        return Ok(Some(id));
    }
    // Another transaction made it in the meantime.
    Ok(store::handoff::of_window(work.tx.read(), window).await?)
}

fn ends(terms: &Terms, window: Timestamp) -> Timestamp {
    window.checked_add(terms.window).unwrap_or(Timestamp::MAX)
}

async fn told(work: &mut Work<'_>, case: &Case, handoff: &Handoff) -> Result<String, Error> {
    let ticket = case.record.id;
    let messages = store::message::list(work.tx.read(), ticket, None, LOOKED_AT).await?;
    let evidence = store::evidence::list(work.tx.read(), ticket, None, LOOKED_AT).await?;
    let policies = work.desk.policies(work.tx.read(), &case.history).await?;
    let clocks = promise::clocks(&policies, &case.history, handoff.created_at);
    let clocks = clocks.as_ref().map(promise::stored).unwrap_or_default();
    Ok(handoff::text(&Brief {
        handoff,
        record: &case.record,
        history: &case.history,
        messages: &messages,
        evidence: &evidence,
        clocks: &clocks,
    }))
}

/// What a handoff for several says as things are.
async fn summarise(read: &mut TenantRead, terms: &Terms, summary: &Handoff) -> Result<String, Error> {
    let (tickets, count) = store::handoff::members(read, summary.id, NAMED).await?;
    let until = ends(terms, summary.window.unwrap_or(summary.created_at));
    Ok(handoff::summary(summary, until, &tickets, usize::try_from(count).unwrap_or(usize::MAX)))
}

impl Desk {
    /// One handoff with what it says.
    pub async fn handoff(&self, tenant: TenantId, id: HandoffId) -> Result<Handoff, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::handoff::lookup(&mut read, id).await?;
        let mut found = found.ok_or(Error::NotFound("handoff"))?;
        self.tell_summary(&mut read, &mut found).await?;
        read.finish().await?;
        Ok(found)
    }

    /// Handoffs after `after`, oldest first, `limit` at most, of one ticket or of
    /// all, or those that one for several stands for.
    pub async fn handoffs(
        &self,
        tenant: TenantId,
        ticket: Option<TicketId>,
        summarised_in: Option<HandoffId>,
        after: Option<HandoffId>,
        limit: i64,
    ) -> Result<Vec<Handoff>, Error> {
        let mut read = match ticket {
            Some(ticket) => self.begin_about(tenant, ticket).await?,
            None => self.store().begin_read(tenant).await?,
        };
        let mut found = store::handoff::list(&mut read, ticket, summarised_in, after, limit).await?;
        for one in &mut found {
            self.tell_summary(&mut read, one).await?;
        }
        read.finish().await?;
        Ok(found)
    }

    /// A summary whose window is not over says what there is so far.
    async fn tell_summary(&self, read: &mut TenantRead, found: &mut Handoff) -> Result<(), Error> {
        if found.document.is_none() {
            found.document = Some(summarise(read, &self.means().handing.terms, found).await?);
        }
        Ok(())
    }
}
