//! Taking tickets in: any number of them in one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use super::case::{Case, acting_as};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::{agenda, handoff, kpi, metrics, repeat};
use crate::domain::escalation::MatrixEdition;
use crate::domain::escalation::ladder::{Directory, Policies};
use crate::domain::id::{AgentId, RequesterId, TicketId};
use crate::domain::intake::NewTicket;
use crate::domain::opening::{Identities, Opened, Rungs, Surroundings};
use crate::domain::sla::Book;
use crate::domain::ticket::record::{Record, Requester};
use crate::domain::timer::Timer;
use crate::domain::vocabulary::{Author, Channel, Role};
use crate::store;
use crate::store::opening::{Asked, Beginning, New, Opening};
use crate::store::requester::Found;

/// Submissions that are taken in together.
#[derive(Debug, Clone)]
pub struct Open {
    /// The submissions, in the order of their answers.
    pub tickets: Vec<Arc<NewTicket>>,
}

/// What became of a submission.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The ticket.
    pub record: Record,
    /// It is new; otherwise it was open already, under the same `dedup_key`.
    pub created: bool,
}

/// Which ticket a submission belongs to.
enum Place {
    /// One that is open already.
    Existing(TicketId),
    /// The fresh one at this place.
    Fresh(usize),
}

impl UseCase for Open {
    type Output = Vec<Intake>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<Intake>, Error> {
        let (fresh, places) = self.sort(work).await?;
        let opened = create(work, &fresh).await?;
        let ids: Vec<TicketId> = opened.iter().map(|one| one.record.id).collect();
        let mut opened: Vec<Option<Record>> = opened.into_iter().map(|one| Some(one.record)).collect();
        let mut again = Vec::new();
        let firsts: Vec<Option<Record>> = places
            .into_iter()
            .map(|place| {
                let (first, ticket) = match place {
                    Place::Fresh(index) => (opened[index].take(), ids[index]),
                    Place::Existing(ticket) => (None, ticket),
                };
                if first.is_none() {
                    again.push(ticket);
                }
                first
            })
            .collect();
        let mut repeated = repeat::count(work, &again).await?.into_iter();
        let missing = || Error::Defect("a repeat was not counted".to_owned());
        firsts
            .into_iter()
            .map(|first| {
                let created = first.is_some();
                let record = first.or_else(|| repeated.next()).ok_or_else(missing)?;
                Ok(Intake { record, created })
            })
            .collect()
    }
}

impl Open {
    /// Tells new submissions from repeats of tickets that are open, or of each
    /// other. Keys are taken in order, so that two transactions that share
    /// several cannot block each other for ever.
    async fn sort(&self, work: &mut Work<'_>) -> Result<(Vec<Arc<NewTicket>>, Vec<Place>), Error> {
        let mut keys: Vec<&str> =
            self.tickets.iter().filter_map(|ticket| ticket.dedup_key.as_deref()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut open = store::ticket::lookup_open_by_dedup_keys(&mut work.tx, &keys).await?;
        keys.retain(|key| !open.contains_key(*key));
        // What was merged is the same incident as the ticket it went into.
        open.extend(store::succession::lookup_heirs_by_dedup_keys(&mut work.tx, &keys).await?);
        let mut fresh = Vec::new();
        let mut by_key: HashMap<&str, usize> = HashMap::new();
        let mut places = Vec::with_capacity(self.tickets.len());
        for ticket in &self.tickets {
            let key = ticket.dedup_key.as_deref();
            if let Some(existing) = key.and_then(|key| open.get(key)) {
                places.push(Place::Existing(*existing));
            } else if let Some(index) = key.and_then(|key| by_key.get(key)) {
                places.push(Place::Fresh(*index));
            } else {
                places.push(Place::Fresh(fresh.len()));
                by_key.extend(key.map(|key| (key, fresh.len())));
                fresh.push(Arc::clone(ticket));
            }
        }
        Ok((fresh, places))
    }
}

/// Makes tickets: the rules decide, then each table is written once.
async fn create(work: &mut Work<'_>, fresh: &[Arc<NewTicket>]) -> Result<Vec<Opened>, Error> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let clock = work.desk.clock();
    let wanted: Vec<Requester> = fresh
        .iter()
        .map(|ticket| Requester {
            id: RequesterId::new(clock.new_id()),
            email: ticket.email.clone(),
            name: ticket.name.clone(),
        })
        .collect();
    let by_form = work.caller.role == Role::Form;
    let (basis, found) = begin(work, fresh.len(), &wanted).await?;
    let mut requesters = store::requester::complete(&mut work.tx, &wanted, found, !by_form, work.now).await?;
    if by_form {
        // Anybody may send any address through a form; whose it is stays with the desk.
        for (requester, wanted) in requesters.iter_mut().zip(&wanted) {
            requester.name.clone_from(&wanted.name);
        }
    }
    take_in(work, fresh, requesters, basis, Origin::default()).await
}

/// What is decided by when tickets are opened, and the numbers that they get.
pub(super) struct Basis {
    numbers: Vec<i64>,
    book: Arc<Book>,
    matrix: Arc<MatrixEdition>,
    policies: Arc<Policies>,
    directory: Directory,
}

/// What `count` new tickets of these people begin with, and who of them is known.
pub(super) async fn begin(
    work: &mut Work<'_>,
    count: usize,
    people: &[Requester],
) -> Result<(Basis, Found), Error> {
    let now = work.now;
    let named: Vec<AgentId> = work.desk.last_ladders(work.caller.tenant).book.people().collect();
    let asked = Asked { count, people, named: &named, now };
    let Beginning { numbers, revisions, found, mut directory } =
        store::opening::begin(&mut work.tx, &asked).await?;
    let book = work.desk.book_at(work.tx.read(), revisions.sla).await?;
    let matrix = work.desk.matrix_at(work.tx.read(), revisions.matrix).await?;
    let policies = work.desk.ladders_at(work.tx.read(), revisions.ladders).await?;
    let in_force: Vec<AgentId> = policies.book.people().collect();
    if in_force != named {
        directory = store::ladder::directory(work.tx.read(), &in_force, now).await?;
    }
    Ok((Basis { numbers, book, matrix, policies, directory }, found))
}

/// What new tickets go on from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Origin {
    /// The ticket that ended, if there is one.
    pub(super) follow_up_of: Option<TicketId>,
    /// It was confidential.
    pub(super) restricted: bool,
}

/// Makes tickets for people who are known.
pub(super) async fn take_in(
    work: &mut Work<'_>,
    fresh: &[Arc<NewTicket>],
    requesters: Vec<Requester>,
    basis: Basis,
    Origin { follow_up_of, restricted }: Origin,
) -> Result<Vec<Opened>, Error> {
    let clock = work.desk.clock();
    let by_form = work.caller.role == Role::Form;
    let rules = work.desk.rules();
    let Basis { numbers, book, matrix, policies, directory } = basis;
    let surroundings = Surroundings {
        now: work.now,
        triage: &rules.triage,
        matrix: &matrix,
        sla: book.catalogue(),
        sla_version: &rules.sla_version,
        rungs: Rungs { policies: &policies, directory: &directory },
        templates: &rules.templates,
        channel: if by_form { Channel::Form } else { Channel::Api },
    };
    let mut opened = Vec::with_capacity(fresh.len());
    for ((ticket, requester), number) in fresh.iter().zip(requesters).zip(numbers) {
        let agent = acting_as(work, ticket.author(), requester.id)?.agent();
        let next = &mut || clock.new_id();
        let identities = Identities { requester, agent, number, follow_up_of, restricted, next };
        let planned = Opened::plan(ticket, identities, &surroundings);
        opened.push(planned.ok_or_else(|| Error::Defect("a planned history does not replay".to_owned()))?);
        // Triage is computing: others get their turn between the tickets of a batch.
        tokio::task::yield_now().await;
    }
    let (mut timers, mut due) = agenda::begun(work, &opened);
    timers.extend(metrics::begun(work, &opened));
    write(work, &opened, &timers).await?;
    let handed = handoff::wanted(work, &opened).into_iter().filter(|ticket| !due.contains(ticket));
    due.extend(handed.collect::<Vec<_>>());
    for ticket in due {
        let record = Case::load(work, ticket, None).await?.save(work).await?;
        opened.iter_mut().filter(|one| one.record.id == ticket).for_each(|one| one.record = record.clone());
    }
    Ok(opened)
}

async fn write(work: &mut Work<'_>, opened: &[Opened], timers: &[Timer]) -> Result<(), Error> {
    let opening = Opening {
        tickets: opened.iter().map(new).collect(),
        events: opened.iter().flat_map(|o| o.history.iter().map(|event| (o.record.id, event))).collect(),
        entries: &kpi::keep::begun(work, opened),
        timers,
    };
    store::opening::insert(&mut work.tx, &opening).await?;
    let evidence: Vec<_> = opened.iter().flat_map(|o| o.evidence.iter().cloned()).collect();
    store::evidence::insert(&mut work.tx, &evidence).await?;
    let escalations: Vec<_> = opened.iter().flat_map(|o| &o.record.escalations).collect();
    store::escalation::insert(&mut work.tx, &escalations).await.map_err(Error::from)
}

fn new(Opened { record, messages, .. }: &Opened) -> New<'_> {
    let requester = |author| (author == Author::Requester).then_some(record.requester.id);
    New { record, messages: messages.iter().map(|message| (message, requester(message.author))).collect() }
}
