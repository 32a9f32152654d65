//! Which running clocks an edit of policies concerns, and their change to what
//! fits now.

use std::collections::BTreeSet;

use serde_json::json;

use super::agenda;
use super::case::actor;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::kpi;
use crate::domain::audit::Act;
use crate::domain::id::{EventId, TicketId};
use crate::domain::sla::{Book, Conditions, Facts, OWN_TEXT, Policy};
use crate::domain::ticket::event::PolicyRef;
use crate::domain::ticket::movement::{Movement, Mover, Shift};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Actor, Event};
use crate::domain::vocabulary::Status;
use crate::store::sla_move::Candidate;
use crate::store::{self, TenantRead};

/// Tickets that one request moves, or looks into.
pub const MOST_MOVED: usize = 1_000;
/// Tickets that are held in memory with their histories at a time.
const CHUNK: usize = 100;
/// Candidates that are read at a time.
const PAGE: i64 = 5_000;

/// Tickets whose promise an edit concerns, oldest first.
pub(super) struct Concerned {
    tickets: Vec<TicketId>,
}

impl Concerned {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.tickets.len()
    }
}

/// What became of running clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Tickets that have another version now.
    pub tickets: usize,
    /// Clocks of theirs that changed.
    pub clocks: usize,
    /// Tickets that are still to be moved.
    pub left: usize,
}

/// One ticket's part of a plan.
#[derive(Debug, Clone)]
pub struct MovedTicket {
    /// Which one.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: i64,
    /// What it has.
    pub from: Option<PolicyRef>,
    /// What it gets.
    pub to: Option<PolicyRef>,
    /// Its clocks that change.
    pub shifts: Vec<Shift>,
    /// Whether a promise on it gets weaker.
    pub loosened: bool,
}

/// Whether a ticket has exactly this version of a promise. The shipped text
/// may have changed around it.
fn holds(held: Option<&PolicyRef>, text: &str, policy: Option<&Policy>) -> bool {
    match (held, policy) {
        (None, None) => true,
        (Some(held), Some(policy)) => {
            held.key == policy.key
                && u32::try_from(held.version) == Ok(policy.version)
                && (text == OWN_TEXT) == (policy.text("") == OWN_TEXT)
        }
        _ => false,
    }
}

/// What fits a ticket now.
enum Wanted<'b> {
    /// What it has, or nothing that was edited.
    Same,
    /// This policy; none: nothing is promised any more.
    Other(Option<&'b Policy>),
}

/// What the ticket is to have, if that is not what it has and one of the two
/// was edited.
fn wanted<'b>(
    book: &'b Book,
    touched: &BTreeSet<String>,
    facts: &Facts<'_>,
    (held, text): (Option<&PolicyRef>, &str),
) -> Wanted<'b> {
    let fitting = book.catalogue().policy_for(facts);
    let concerned = [held.map(|policy| &policy.key), fitting.map(|policy| &policy.key)];
    let edited = concerned.into_iter().flatten().any(|key| touched.contains(key));
    if edited && !holds(held, text, fitting) { Wanted::Other(fitting) } else { Wanted::Same }
}

/// Finds the unresolved tickets that the policies of these keys concern.
pub(super) async fn concerned(
    read: &mut TenantRead,
    book: &Book,
    touched: &BTreeSet<String>,
) -> Result<Concerned, Error> {
    let keys: Vec<String> = touched.iter().cloned().collect();
    let edited = book.policies().iter().filter(|version| version.enabled && touched.contains(&version.key));
    let conditions: Vec<Conditions> = edited.map(|version| version.spec.applies_to.clone()).collect();
    let mut found = BTreeSet::new();
    for status in [Status::New, Status::Open, Status::Pending, Status::OnHold] {
        let mut after = None;
        loop {
            let page = store::sla_move::candidates(read, status, (&keys, &conditions), after, PAGE).await?;
            after = page.last().map(|last| (last.created_at, last.id));
            let whole = i64::try_from(page.len()).unwrap_or(i64::MAX) < PAGE;
            let is_concerned = |candidate: &&Candidate| {
                let has = (candidate.policy.as_ref(), candidate.sla_version.as_str());
                matches!(wanted(book, touched, &candidate.facts(), has), Wanted::Other(_))
            };
            found.extend(
                page.iter().filter(is_concerned).map(|candidate| (candidate.created_at, candidate.id)),
            );
            if whole {
                break;
            }
        }
    }
    Ok(Concerned { tickets: found.into_iter().map(|(_, id)| id).collect() })
}

/// Plans the move of these tickets; one that is no longer concerned is left out.
async fn plan(
    desk: &Desk,
    read: &mut TenantRead,
    (book, touched): (&Book, &BTreeSet<String>),
    tickets: &[TicketId],
    mut mover: impl FnMut() -> Mover<'static>,
) -> Result<Vec<(Record, Movement)>, Error> {
    let records = store::record::lookup_all(read, tickets).await?;
    let mut histories = store::history::of_tickets(read, tickets).await?;
    let mut plans = Vec::with_capacity(records.len());
    for record in records.into_iter().filter(|record| record.state.is_unresolved()) {
        let has = (record.state.policy.as_ref(), record.state.sla_version.as_str());
        let Wanted::Other(to) = wanted(book, touched, &facts(&record), has) else { continue };
        let history: Vec<Event> = histories.remove(&record.id).unwrap_or_default();
        let promised = desk.policies(read, &history).await?;
        let shipped = desk.rules().sla_version.as_str();
        let text = to.map_or(shipped, |policy| policy.text(shipped));
        let planned = Movement::plan(&history, &promised, desk.targets(), (to, text), mover());
        let movement =
            planned.ok_or_else(|| Error::Defect(format!("ticket {} has no opening", record.id)))?;
        plans.push((record, movement));
    }
    Ok(plans)
}

fn facts(record: &Record) -> Facts<'_> {
    let class = &record.state.classification;
    Facts {
        category: class.category,
        priority: record.state.priority(),
        channel: record.state.channel,
        ticket_type: class.ticket_type,
        service: record.service.as_deref(),
        tags: &record.tags,
    }
}

/// What a move of the first [`MOST_MOVED`] tickets would do; nothing is written.
pub(super) async fn foresee(
    desk: &Desk,
    read: &mut TenantRead,
    edited: (&Book, &BTreeSet<String>),
    now: jiff::Timestamp,
) -> Result<(usize, Vec<MovedTicket>), Error> {
    let concerned = concerned(read, edited.0, edited.1).await?;
    let first = &concerned.tickets[..concerned.count().min(MOST_MOVED)];
    let nobody =
        || Mover { event: EventId::new(uuid::Uuid::nil()), at: now, actor: Actor::Automation, reason: None };
    let mut moves = Vec::with_capacity(first.len());
    for chunk in first.chunks(CHUNK) {
        for (record, movement) in plan(desk, read, edited, chunk, nobody).await? {
            moves.push(MovedTicket {
                ticket: record.id,
                number: record.number,
                from: movement.from,
                to: movement.to,
                loosened: !movement.loosened.is_empty(),
                shifts: movement.shifts,
            });
        }
    }
    Ok((concerned.count(), moves))
}

/// Moves the tickets that the policies of these keys concern, [`MOST_MOVED`]
/// at most, oldest first.
pub(super) async fn move_clocks(
    work: &mut Work<'_>,
    book: &Book,
    touched: &BTreeSet<String>,
    reason: Option<&str>,
) -> Result<Moved, Error> {
    let concerned = concerned(work.tx.read(), book, touched).await?;
    let first = &concerned.tickets[..concerned.count().min(MOST_MOVED)];
    let mut moved = Moved { left: concerned.count() - first.len(), ..Moved::default() };
    for chunk in first.chunks(CHUNK) {
        store::sla_move::lock(&mut work.tx, chunk).await?;
        let (desk, at, acting) = (work.desk, work.now, actor(work));
        let person = || Mover { event: EventId::new(desk.clock().new_id()), at, actor: acting, reason: None };
        let plans = plan(desk, work.tx.read(), (book, touched), chunk, person).await?;
        moved.tickets += plans.len();
        moved.clocks += plans.iter().map(|(_, movement)| movement.shifts.len()).sum::<usize>();
        write(work, plans, reason).await?;
    }
    Ok(moved)
}

async fn write(
    work: &mut Work<'_>,
    mut plans: Vec<(Record, Movement)>,
    reason: Option<&str>,
) -> Result<(), Error> {
    let loosened: Vec<Act> = plans
        .iter()
        .filter(|(_, movement)| !movement.loosened.is_empty())
        .map(|(record, movement)| loosening(work, record, movement))
        .collect();
    if !loosened.is_empty() && reason.is_none() {
        let detail = "the move loosens promises on tickets: say why";
        return Err(Error::invalid("/reason", "required", detail));
    }
    for (_, movement) in &mut plans {
        movement.event.reason = reason.map(ToOwned::to_owned);
    }
    let events: Vec<_> = plans.iter().map(|(record, movement)| (record.id, &movement.event)).collect();
    store::history::append(&mut work.tx, &events).await?;
    let clocks: Vec<_> =
        plans.iter().map(|(record, movement)| (record.id, movement.clocks.as_slice())).collect();
    store::clock::put(&mut work.tx, &clocks).await?;
    let entries: Vec<_> =
        plans.iter().map(|(record, movement)| (record.id, movement.entries.clone())).collect();
    kpi::keep::replace(work, entries).await?;
    // What time brings is looked at anew, ticket by ticket.
    let timers: Vec<_> = plans.iter().map(|(record, _)| agenda::timer(record.id, work.now)).collect();
    store::timer::put(&mut work.tx, &timers).await?;
    let states: Vec<_> = plans.iter().map(|(record, movement)| (record.id, &movement.state)).collect();
    store::sla_move::update(&mut work.tx, &states).await?;
    Ok(store::audit::append_all(&mut work.tx, &loosened).await?)
}

/// A promise on a ticket that gets weaker is recorded as for any other change.
fn loosening(work: &Work<'_>, record: &Record, movement: &Movement) -> Act {
    let priority = record.state.priority();
    let key = |policy: &Option<PolicyRef>| policy.as_ref().map(|policy| policy.key.clone());
    Act {
        id: work.desk.clock().new_id(),
        at: movement.event.at,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action: "ticket.loosen",
        target: Some(record.id.uuid()),
        detail: json!({
            "from": priority, "to": priority, "policy_from": key(&movement.from),
            "policy_to": key(&movement.to), "metrics": movement.loosened,
        }),
    }
}

/// Running clocks go over to the policies that fit now: the rest of those that
/// an edit moved, or all that it left.
#[derive(Debug, Clone)]
pub struct MovePolicy {
    /// Which policy.
    pub key: String,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for MovePolicy {
    type Output = Moved;

    async fn run(&self, work: &mut Work<'_>) -> Result<Moved, Error> {
        let book = work.desk.book(work.tx.read()).await?;
        book.policy(&self.key).ok_or(Error::NotFound("policy"))?;
        let touched = BTreeSet::from([self.key.clone()]);
        let moved = move_clocks(work, &book, &touched, self.reason.as_deref()).await?;
        if moved.tickets > 0 {
            let act = Act {
                id: work.desk.clock().new_id(),
                at: work.now,
                actor: work.caller.role,
                key: Some(work.caller.key),
                action: "sla_policy.move",
                target: None,
                detail: json!({ "key": self.key, "tickets": moved.tickets, "clocks": moved.clocks }),
            };
            store::audit::append(&mut work.tx, &act).await?;
        }
        Ok(moved)
    }
}
