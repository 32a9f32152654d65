//! System metrics that the desk fetches by itself, for tickets that need them.

use super::caller::Caller;
use super::case::Case;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::write::attach;
use crate::domain::id::{MessageId, TicketId};
use crate::domain::intake::NewEvidence;
use crate::domain::measurement::{Query, told};
use crate::domain::opening::Opened;
use crate::domain::ticket::record::{Message, Purpose, Record};
use crate::domain::ticket::{Actor, Fact, life};
use crate::domain::timer::{Lease, Timer, TimerKind};
use crate::domain::vocabulary::{Author, Category, EvidenceKind, Visibility};
use crate::outbound::prometheus::Prometheus;
use crate::store;

/// How often they are asked for; then a note says that they could not be had.
const ATTEMPTS: i32 = 5;

/// Where system metrics come from.
#[derive(Debug, Clone)]
pub struct Metering {
    /// The server.
    pub prometheus: Prometheus,
    /// What it is asked; one at least.
    pub queries: Vec<Query>,
}

/// Whether system metrics would help with a ticket, whoever gets it.
fn helps(record: &Record) -> bool {
    let by_category =
        matches!(record.state.classification.category, Category::Infrastructure | Category::Performance);
    let mut open = record.escalations.iter().filter(|one| one.state.is_open());
    let asked = open.any(|one| one.required_context.contains(&EvidenceKind::SystemMetrics));
    record.service.is_some() && record.state.is_unresolved() && (by_category || asked)
}

/// The timers of new tickets that metrics help with: they are there when somebody
/// escalates.
pub(super) fn begun(work: &Work<'_>, opened: &[Opened]) -> Vec<Timer> {
    if work.desk.means().metering.is_none() {
        return Vec::new();
    }
    let wanted = opened.iter().filter(|one| helps(&one.record));
    wanted.map(|one| timer(work, one.record.id)).collect()
}

/// Has them fetched where what was just recorded makes them wanted.
pub(super) async fn answer(work: &mut Work<'_>, case: &Case) -> Result<(), Error> {
    let wanted = case.unwritten().iter().any(|event| match &event.fact {
        Fact::Escalated { missing_context, .. } => missing_context.contains(&EvidenceKind::SystemMetrics),
        Fact::Triaged { .. } | Fact::Edited { .. } => helps(&case.record),
        _ => false,
    });
    if !wanted || work.desk.means().metering.is_none() || case.record.service.is_none() {
        return Ok(());
    }
    let timer = timer(work, case.record.id);
    Ok(store::timer::put(&mut work.tx, &[timer]).await?)
}

/// One ticket has one timer, however many of its hand-overs want metrics.
const fn timer(work: &Work<'_>, ticket: TicketId) -> Timer {
    Timer { kind: TimerKind::Metrics, subject: ticket.uuid(), due_at: work.now }
}

/// Fetches metrics, for their timer.
pub(super) async fn fetch(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let Some(service) = desk.in_transaction(&caller, &Look { lease }).await? else { return Ok(()) };
    let Some(metering) = &desk.means().metering else {
        return Err(Error::Defect("metrics without a server were to be fetched".to_owned()));
    };
    let found = metering.ask(&service).await;
    match &found {
        Err(why) if lease.attempts < ATTEMPTS => {
            Err(Error::Conflict(format!("system metrics can't be had: {why}")))
        }
        _ => desk.in_transaction(&caller, &Bring { lease, found: &found }).await,
    }
}

impl Metering {
    /// What the server knows of a service.
    async fn ask(&self, service: &str) -> Result<String, String> {
        let mut lines = vec![format!("System metrics of the service {service:?}, from Prometheus:")];
        let mut any = false;
        for query in &self.queries {
            let answer = self.prometheus.query(&query.about(service)).await?;
            let values = told(&answer).map_err(|why| format!("{}: {why}", query.name))?;
            any |= values.is_some();
            lines.push(format!("{}: {}", query.name, values.as_deref().unwrap_or("no data")));
        }
        if any { Ok(lines.join("\n")) } else { Err("Prometheus has no data of this service".to_owned()) }
    }
}

/// Whether they are still wanted, and of which service.
struct Look<'l> {
    lease: &'l Lease,
}

impl UseCase for Look<'_> {
    type Output = Option<String>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Option<String>, Error> {
        store::finish::holds(&mut work.tx, self.lease).await?;
        let ticket = TicketId::new(self.lease.subject);
        let record = store::record::lookup(work.tx.read(), ticket).await?;
        let kinds = store::evidence::kinds(work.tx.read(), ticket).await?;
        let missing = !kinds.contains(&EvidenceKind::SystemMetrics) && work.desk.means().metering.is_some();
        let service = record.filter(|record| missing && helps(record)).and_then(|record| record.service);
        if service.is_none() {
            store::finish::done(&mut work.tx, self.lease).await?;
        }
        Ok(service)
    }
}

/// Attaches what was found, or notes that nothing was.
struct Bring<'l> {
    lease: &'l Lease,
    found: &'l Result<String, String>,
}

impl UseCase for Bring<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let ticket = TicketId::new(self.lease.subject);
        let mut case = Case::load(work, ticket, None).await?;
        store::finish::done(&mut work.tx, self.lease).await?;
        if !case.ticket().is_unresolved() {
            return Ok(());
        }
        match self.found {
            Ok(text) => {
                let kinds = store::evidence::kinds(work.tx.read(), ticket).await?;
                if kinds.contains(&EvidenceKind::SystemMetrics) {
                    return Ok(());
                }
                let item = NewEvidence { kind: EvidenceKind::SystemMetrics, text: text.clone() };
                attach(work, &mut case, Actor::Automation, &[item]).await?;
            }
            Err(why) => note(work, &mut case, why).await?,
        }
        case.save(work).await?;
        Ok(())
    }
}

async fn note(work: &mut Work<'_>, case: &mut Case, why: &str) -> Result<(), Error> {
    let (author, visibility) = (Author::Automation, Visibility::Internal);
    let id = MessageId::new(work.desk.clock().new_id());
    let now = case.now(work);
    let facts = life::message(case.ticket(), id, author, visibility, None, now)?;
    let message = Message {
        id,
        ticket: case.record.id,
        visibility,
        author,
        purpose: Purpose::Reply,
        agent: None,
        agent_name: None,
        body: format!(
            "System metrics could not be fetched: {why}. Attach them as evidence if they are needed."
        ),
        created_at: now,
        published_at: None,
    };
    store::message::insert(&mut work.tx, &[(&message, None)]).await?;
    case.record(work, Actor::Automation, None, facts);
    Ok(())
}
