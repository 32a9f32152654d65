//! Mail: made of facts when they are told, rendered and sent when its timer is
//! due, recorded afterwards.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::fan_out::Batch;
use super::health;
use super::notice::{Telling, circumstances};
use super::survey::invite;
use crate::clock::Clock;
use crate::domain::audit::Act;
use crate::domain::id::{AgentId, MailId, MessageId, TenantId, TicketId};
use crate::domain::mail::{
    Directory, Letter, Mail, MailKind, MailState, Material, Recipient, Rest, Settled, Signature, Target,
    Wanted, delay_after, message_id, settle, standing, wanted,
};
use crate::domain::ticket::Event;
use crate::domain::ticket::record::Record;
use crate::domain::timer::{Lease, Timer, TimerKind};
use crate::outbound::mail::Failure;
use crate::store;

/// Why a mail is dead where there is no server to send it to.
pub(super) const NO_SERVER: &str = "no mail server is configured";
/// Pieces of material that a mail holds at most.
const PIECES: i64 = 50;
/// A lease is renewed when one of so many parts of it has gone by.
const PARTS: u32 = 3;
/// It is not renewed more often than this.
const SHORTEST: Duration = Duration::from_millis(100);

/// Makes the mails that facts give rise to, each with its timer. Without a mail
/// server there are none.
pub(super) async fn enqueue(work: &mut Work<'_>, batch: &Batch) -> Result<(), Error> {
    let Some(post) = &work.desk.means().post else { return Ok(()) };
    let signature = post.signature().clone();
    let mut told: Vec<(&Event, &Record, Wanted)> = Vec::new();
    for (ticket, event) in &batch.events {
        let Some(record) = batch.records.get(ticket) else { continue };
        told.extend(wanted(record, event).into_iter().map(|wanted| (event, record, wanted)));
    }
    let named = told.iter().map(|(_, _, wanted)| (&wanted.target, wanted.otherwise.as_slice()));
    let directory = directory(work, named).await?;
    let mut mails = Vec::new();
    for (event, record, wanted) in &told {
        for settled in settle(wanted, record, &directory) {
            mails.push(mail(work, event, record.id, wanted, settled, &signature));
        }
    }
    let added = store::mail::insert(&mut work.tx, &mails).await?;
    let pending = mails.iter().filter(|mail| mail.state == MailState::Pending && added.contains(&mail.id));
    let timers: Vec<Timer> = pending.map(|mail| timer(mail.id, mail.at)).collect();
    Ok(store::timer::put(&mut work.tx, &timers).await?)
}

async fn directory<'t>(
    work: &mut Work<'_>,
    targets: impl Iterator<Item = (&'t Target, &'t [String])>,
) -> Result<Directory, Error> {
    let (mut teams, mut agents): (Vec<String>, Vec<AgentId>) = (Vec::new(), Vec::new());
    for (target, otherwise) in targets {
        teams.extend_from_slice(otherwise);
        match target {
            Target::Requester => {}
            Target::Agent(agent) => agents.push(*agent),
            Target::Team(team) => teams.push(team.clone()),
        }
    }
    Ok(store::mail::directory(work.tx.read(), &teams, &agents).await?)
}

fn mail(
    work: &Work<'_>,
    event: &Event,
    ticket: TicketId,
    wanted: &Wanted,
    settled: Settled,
    signature: &Signature,
) -> Mail {
    let id = MailId::new(work.desk.clock().new_id());
    let state = if settled.skipped.is_some() { MailState::Skipped } else { MailState::Pending };
    Mail {
        id,
        ticket,
        kind: wanted.kind,
        recipient: settled.recipient,
        about: wanted.about,
        cause: event.id,
        at: event.at,
        state,
        attempts: 0,
        reason: settled.skipped.map(ToOwned::to_owned),
        message_id: message_id(id, &signature.domain),
        created_at: work.now,
        sent_at: None,
    }
}

const fn timer(mail: MailId, due_at: Timestamp) -> Timer {
    Timer { kind: TimerKind::Mail, subject: mail.uuid(), due_at }
}

/// Sends a mail whose timer is due. What the server says is recorded with the
/// lease's token: a worker that was away for too long may have sent it once
/// more, under the same Message-ID, but changes nothing.
pub(super) async fn send(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let letter = match desk.in_transaction(&caller, &Prepare(lease)).await? {
        Prepared::Nothing => return Ok(()),
        Prepared::OfReport => return health::send(desk, lease).await,
        Prepared::Letter(letter) => letter,
    };
    let outcome = match &desk.means().post {
        Some(post) => keeping(desk, lease, Box::pin(post.send(&letter))).await?,
        None => Err(Failure::Permanent(NO_SERVER.to_owned())),
    };
    desk.in_transaction(&caller, &Conclude { lease, outcome }).await
}

/// Waits for the end of something slow, and renews the lease meanwhile: a server
/// that thinks for minutes would get the mail from another worker too.
pub(super) async fn keeping<T>(
    desk: &Desk,
    lease: &Lease,
    mut slow: impl Future<Output = T> + Unpin,
) -> Result<T, Error> {
    let length = lease.until.duration_since(desk.now().await?);
    let tick = (Duration::try_from(length).unwrap_or_default() / PARTS).max(SHORTEST);
    loop {
        if let Ok(ended) = tokio::time::timeout(tick, &mut slow).await {
            return Ok(ended);
        }
        let renew = Renew { lease, length };
        if let Err(error) = desk.in_transaction(&Caller::automation(lease.tenant), &renew).await {
            // What is half said is said to its end; it is recorded by its token, or not at all.
            tracing::warn!(%error, mail = %lease.subject, "flow.mail.lease_not_renewed");
        }
    }
}

/// Keeps a lease for as long again.
struct Renew<'l> {
    lease: &'l Lease,
    length: SignedDuration,
}

impl UseCase for Renew<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let until = work.now.checked_add(self.length).unwrap_or(Timestamp::MAX);
        Ok(store::finish::extend(&mut work.tx, self.lease, until).await?)
    }
}

/// What there is to send.
enum Prepared {
    /// Nothing any more.
    Nothing,
    /// A system health report, which is about no ticket.
    OfReport,
    /// This.
    Letter(Box<Letter>),
}

/// Looks again whether the mail is to go, and writes it.
struct Prepare<'l>(&'l Lease);

impl UseCase for Prepare<'_> {
    type Output = Prepared;

    async fn run(&self, work: &mut Work<'_>) -> Result<Prepared, Error> {
        let lease = self.0;
        store::finish::holds(&mut work.tx, lease).await?;
        let id = MailId::new(lease.subject);
        let found = store::mail::lookup(work.tx.read(), id).await?;
        if found.is_none() && store::health::mail::lookup(work.tx.read(), id).await?.is_some() {
            return Ok(Prepared::OfReport);
        }
        let Some(mut mail) = found.filter(|mail| mail.state == MailState::Pending) else {
            store::finish::done(&mut work.tx, lease).await?;
            return Ok(Prepared::Nothing);
        };
        match letter(work, &mail).await? {
            Ok(letter) => Ok(Prepared::Letter(Box::new(letter))),
            Err(Rest { state, reason }) => {
                (mail.state, mail.reason) = (state, Some(reason.to_owned()));
                store::mail::update(&mut work.tx, &mail).await?;
                store::finish::done(&mut work.tx, lease).await?;
                tracing::info!(mail = %mail.id, kind = %mail.kind, %state, reason, "flow.mail.rested");
                Ok(Prepared::Nothing)
            }
        }
    }
}

/// The mail as it reads now, or why it is not sent.
async fn letter(work: &mut Work<'_>, mail: &Mail) -> Result<Result<Letter, Rest>, Error> {
    let Some(post) = &work.desk.means().post else {
        return Ok(Err(Rest { state: MailState::Dead, reason: NO_SERVER }));
    };
    let record = store::record::lookup(work.tx.read(), mail.ticket).await?;
    let record = record.ok_or_else(|| Error::Defect(format!("mail {} has no ticket", mail.id)))?;
    let targets: Vec<Target> = match &mail.recipient {
        Recipient::Requester(_) => Vec::new(),
        Recipient::Agent(agent) => vec![Target::Agent(*agent)],
        Recipient::Team(team) => vec![Target::Team(team.clone())],
    };
    let directory = directory(work, targets.iter().map(|target| (target, &[][..]))).await?;
    let circumstances = circumstances(work, &record, &Telling::from(mail)).await?;
    let to = match standing(mail, &record, &directory, &circumstances) {
        Ok(to) => to,
        Err(rest) => return Ok(Err(rest)),
    };
    let message = match mail.about.filter(|_| mail.kind == MailKind::Message) {
        Some(id) => store::message::lookup(work.tx.read(), mail.ticket, MessageId::new(id)).await?,
        None => None,
    };
    if mail.kind == MailKind::Message && message.is_none() {
        return Ok(Err(Rest { state: MailState::Skipped, reason: "no_message" }));
    }
    let (mut request, mut evidence) = (Vec::new(), Vec::new());
    if !mail.kind.is_to_requester() {
        request = store::message::list(work.tx.read(), mail.ticket, None, 1).await?;
        evidence = store::evidence::list(work.tx.read(), mail.ticket, None, PIECES).await?;
    }
    let token = match mail.kind {
        MailKind::Survey => Some(invite(work, &record).await?.token),
        _ => None,
    };
    let material = Material {
        record: &record,
        request: request.first().map_or("", |message| message.body.as_str()),
        message: message.as_ref(),
        escalation: record.escalations.iter().find(|known| Some(known.id.uuid()) == mail.about),
        evidence: &evidence,
        token: token.as_deref(),
        now: work.now,
    };
    Ok(Ok(Letter::write(mail, to, &material, &work.desk.rules().templates, post.signature())))
}

/// Records what the server said.
struct Conclude<'l> {
    lease: &'l Lease,
    outcome: Result<(), Failure>,
}

impl UseCase for Conclude<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        store::finish::holds(&mut work.tx, self.lease).await?;
        let found = store::mail::lookup(work.tx.read(), MailId::new(self.lease.subject)).await?;
        let mut mail = found.ok_or(Error::NotFound("mail"))?;
        mail.attempts = mail.attempts.saturating_add(1);
        let [jitter] = Clock::random_bytes::<1>();
        let mut later = None;
        match &self.outcome {
            Ok(()) => (mail.state, mail.reason, mail.sent_at) = (MailState::Sent, None, Some(work.now)),
            Err(Failure::Permanent(why)) => (mail.state, mail.reason) = (MailState::Dead, Some(why.clone())),
            Err(Failure::Temporary(why)) => {
                mail.reason = Some(why.clone());
                later = delay_after(mail.attempts, jitter).and_then(|delay| work.now.checked_add(delay).ok());
                if later.is_none() {
                    mail.state = MailState::Dead;
                }
            }
        }
        store::mail::update(&mut work.tx, &mail).await?;
        match later {
            Some(due_at) => store::finish::again(&mut work.tx, self.lease, due_at).await?,
            None => store::finish::done(&mut work.tx, self.lease).await?,
        }
        let Mail { id, kind, state, attempts, reason, .. } = &mail;
        if later.is_none() {
            metrics::counter!("mails_total", "state" => state.as_str()).increment(1);
        }
        tracing::info!(mail = %id, %kind, %state, attempts, reason = reason.as_deref(), "flow.mail.tried");
        Ok(())
    }
}

/// A dead mail is to be sent after all.
#[derive(Debug, Clone)]
pub struct Resend(pub MailId);

impl UseCase for Resend {
    type Output = Mail;

    async fn run(&self, work: &mut Work<'_>) -> Result<Mail, Error> {
        if !store::mail::lock(&mut work.tx, self.0).await? {
            return Err(Error::NotFound("mail"));
        }
        let found = store::mail::lookup(work.tx.read(), self.0).await?;
        let mut mail = found.ok_or(Error::NotFound("mail"))?;
        if mail.state != MailState::Dead {
            let state = mail.state;
            return Err(Error::Conflict(format!("the mail is {state}; only a dead one is sent again")));
        }
        (mail.state, mail.attempts) = (MailState::Pending, 0);
        store::mail::update(&mut work.tx, &mail).await?;
        store::timer::put(&mut work.tx, &[timer(mail.id, work.now)]).await?;
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "mail.resend",
            target: Some::<Uuid>(mail.id.uuid()),
            detail: json!({ "ticket": mail.ticket }),
        };
        store::audit::append(&mut work.tx, &act).await?;
        Ok(mail)
    }
}

impl Desk {
    /// The mails about a ticket after `after`, oldest first.
    pub async fn mails(
        &self,
        tenant: TenantId,
        ticket: TicketId,
        after: Option<MailId>,
        limit: i64,
    ) -> Result<Vec<Mail>, Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let mails = store::mail::list(&mut read, ticket, after, limit).await?;
        read.finish().await?;
        Ok(mails)
    }
}
