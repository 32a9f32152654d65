//! How reports that were made by themselves reach people: as files, and by
//! mail to the recipients that the configuration names.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::domain::health::{Kept, Schedule};
use crate::domain::id::{MailId, ReportId};
use crate::domain::mail::{Correspondent, Letter, MailState, delay_after, message_id};
use crate::domain::timer::{Lease, Timer, TimerKind};
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::flow::mail::{NO_SERVER, keeping};
use crate::outbound::folder::{Placed, Sheet};
use crate::outbound::mail::Failure;
use crate::store;
use crate::store::health::mail::ReportMail;

/// Names that are tried for one file.
const NAMES: u32 = 100;

/// How reports are made by themselves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// When; none: never.
    pub schedule: Option<Schedule>,
    /// Whom they are sent to.
    pub recipients: Vec<Recipient>,
    /// The folder of their files.
    pub directory: PathBuf,
}

/// Somebody who gets reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Those of this tenant, by its slug; none: those of every tenant.
    pub tenant: Option<String>,
    /// Where.
    pub address: String,
}

impl Recipient {
    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.address.to_lowercase()).to_vec()
    }

    fn gets(&self, slug: &str) -> bool {
        self.tenant.as_deref().is_none_or(|tenant| tenant == slug)
    }
}

async fn slug(work: &mut Work<'_>) -> Result<String, Error> {
    let tenant = store::tenant::lookup(work.tx.read()).await?;
    tenant.map(|tenant| tenant.slug).ok_or(Error::NotFound("tenant"))
}

/// Makes the mails of a report. Without a mail server there are none.
pub(super) async fn enqueue(work: &mut Work<'_>, report: &Kept) -> Result<(), Error> {
    let Some(post) = &work.desk.means().post else { return Ok(()) };
    let domain = post.signature().domain.clone();
    let slug = slug(work).await?;
    let mut timers = Vec::new();
    for recipient in work.desk.means().reports.recipients.iter().filter(|one| one.gets(&slug)) {
        let id = MailId::new(work.desk.clock().new_id());
        let mail = ReportMail {
            id,
            report: report.id,
            recipient: recipient.hash(),
            state: MailState::Pending,
            attempts: 0,
            reason: None,
            message_id: message_id(id, &domain),
            created_at: work.now,
            sent_at: None,
        };
        if store::health::mail::insert(&mut work.tx, &mail).await? {
            timers.push(Timer { kind: TimerKind::Mail, subject: id.uuid(), due_at: work.now });
        }
    }
    Ok(store::timer::put(&mut work.tx, &timers).await?)
}

/// Sends the mail of a report, for its timer.
pub(in crate::flow) async fn send(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let Some(letter) = desk.in_transaction(&caller, &Prepare(lease)).await? else { return Ok(()) };
    let outcome = match &desk.means().post {
        Some(post) => keeping(desk, lease, Box::pin(post.send(&letter))).await?,
        None => Err(Failure::Permanent(NO_SERVER.to_owned())),
    };
    desk.in_transaction(&caller, &Conclude { lease, outcome }).await
}

/// Looks whether the mail is still to go, and writes it.
struct Prepare<'l>(&'l Lease);

impl UseCase for Prepare<'_> {
    type Output = Option<Letter>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Option<Letter>, Error> {
        let lease = self.0;
        store::finish::holds(&mut work.tx, lease).await?;
        let found = store::health::mail::lookup(work.tx.read(), MailId::new(lease.subject)).await?;
        let Some(mut mail) = found.filter(|mail| mail.state == MailState::Pending) else {
            store::finish::done(&mut work.tx, lease).await?;
            return Ok(None);
        };
        let report = store::health::report::lookup(work.tx.read(), mail.report).await?;
        let report = report.ok_or_else(|| Error::Defect(format!("mail {} has no report", mail.id)))?;
        let slug = slug(work).await?;
        let recipients = work.desk.means().reports.recipients.iter();
        let address = recipients.filter(|one| one.gets(&slug)).find(|one| one.hash() == mail.recipient);
        let Some(recipient) = address else {
            (mail.state, mail.reason) = (MailState::Skipped, Some("not_a_recipient".to_owned()));
            store::health::mail::update(&mut work.tx, &mail).await?;
            store::finish::done(&mut work.tx, lease).await?;
            return Ok(None);
        };
        Ok(Some(letter(&mail, &report, recipient, &slug)))
    }
}

fn letter(mail: &ReportMail, report: &Kept, recipient: &Recipient, slug: &str) -> Letter {
    let (cadence, verdict) = (report.cadence, report.verdict.as_str().replace('_', " "));
    Letter {
        message_id: mail.message_id.clone(),
        thread: None,
        ticket: None,
        to: Correspondent { name: None, address: recipient.address.clone() },
        subject: format!("System health of {slug} ({cadence}): {verdict}"),
        body: report.markdown.clone(),
        automatic: true,
        at: report.made_at,
    }
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
        let found = store::health::mail::lookup(work.tx.read(), MailId::new(self.lease.subject)).await?;
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
        store::health::mail::update(&mut work.tx, &mail).await?;
        match later {
            Some(due_at) => store::finish::again(&mut work.tx, self.lease, due_at).await?,
            None => store::finish::done(&mut work.tx, self.lease).await?,
        }
        let ReportMail { id, state, attempts, reason, .. } = &mail;
        tracing::info!(mail = %id, %state, attempts, reason = reason.as_deref(), "flow.health.mail_tried");
        Ok(())
    }
}

/// Writes the files of a report, for their timer.
pub(super) async fn write(desk: &Desk, lease: &Lease, report: ReportId) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let Some((stem, kept)) = desk.in_transaction(&caller, &Open { lease, report }).await? else {
        return Ok(());
    };
    let mut written = Ok(());
    for (ending, text) in [("md", kept.markdown), ("html", kept.html)] {
        written = written.and(place(desk, lease, &stem, ending, text).await);
    }
    let noted = written.as_ref().err().map(ToString::to_string);
    desk.in_transaction(&caller, &Close { lease, report, failure: noted }).await?;
    written
}

/// Puts a file under the first name that is no one else's. A file that an
/// earlier attempt left is known by its last line and found again.
async fn place(desk: &Desk, lease: &Lease, stem: &str, ending: &str, text: String) -> Result<(), Error> {
    for number in 1..=NAMES {
        let name = match number {
            1 => format!("{stem}.{ending}"),
            _ => format!("{stem}-{number}.{ending}"),
        };
        let directory = desk.means().reports.directory.clone();
        let attempt: uuid::Uuid = desk.clock().new_id();
        let sheet = Sheet { directory, name, text: text.clone(), owner: lease.subject, attempt };
        match sheet.place().await {
            Ok(Placed::There) => return Ok(()),
            Ok(Placed::Taken) => {}
            Err(error) => return Err(Error::Conflict(format!("a report can't be written: {error}"))),
        }
    }
    Err(Error::Conflict(format!("{NAMES} names of the report {} are taken", lease.subject)))
}

/// Finds a report that has no files yet, and how they are to be called.
struct Open<'l> {
    lease: &'l Lease,
    report: ReportId,
}

impl UseCase for Open<'_> {
    type Output = Option<(String, Kept)>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Self::Output, Error> {
        store::finish::holds(&mut work.tx, self.lease).await?;
        let found = store::health::report::lookup(work.tx.read(), self.report).await?;
        let Some(report) = found.filter(|report| report.written_at.is_none()) else {
            store::finish::done(&mut work.tx, self.lease).await?;
            return Ok(None);
        };
        let slug = slug(work).await?;
        let zone: Result<crate::domain::kpi::Zone, _> = report.zone.parse();
        let zone = zone.map_err(|error| Error::Defect(format!("{}: {error}", report.zone)))?;
        let (date, cadence) = (zone.date(report.from), report.cadence);
        Ok(Some((format!("{slug}_{date}_{cadence}_health"), report)))
    }
}

/// Notes that the files are there, or why they are not.
struct Close<'l> {
    lease: &'l Lease,
    report: ReportId,
    failure: Option<String>,
}

impl UseCase for Close<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let written = self.failure.as_deref().map_or(Ok(work.now), Err);
        if written.is_ok() {
            store::finish::done(&mut work.tx, self.lease).await?;
        } else {
            // The timer stays: whoever called rests it, longer each time.
            store::finish::holds(&mut work.tx, self.lease).await?;
        }
        Ok(store::health::report::conclude(&mut work.tx, self.report, written).await?)
    }
}
