//! Reports that are made by themselves. Each tenant has one timer, for its next
//! report; what was missed while nobody worked is one report on return, about
//! the last period.

use jiff::Timestamp;

use super::deliver;
use crate::domain::health::{Kept, Schedule, lay_out, render_html, render_markdown};
use crate::domain::id::ReportId;
use crate::domain::timer::{Lease, Timer, TimerKind};
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store;

/// What a timer of this kind is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The next report of its tenant.
    Next,
    /// The files of a report.
    Files(ReportId),
}

impl Subject {
    /// By the timer's subject: the tenant itself stands for its next report.
    #[must_use]
    pub fn of(lease: &Lease) -> Self {
        if lease.subject == lease.tenant.uuid() {
            Self::Next
        } else {
            Self::Files(ReportId::new(lease.subject))
        }
    }
}

/// Does what the timer of a report asks for.
pub(in crate::flow) async fn work(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    match Subject::of(lease) {
        Subject::Next => make(desk, lease).await,
        Subject::Files(report) => deliver::write(desk, lease, report).await,
    }
}

impl Desk {
    /// When the next reports are due, if reports are made by themselves.
    #[must_use]
    pub fn next_report(&self, now: Timestamp) -> Option<Timestamp> {
        self.means().reports.schedule.as_ref()?.next(now)
    }
}

/// Makes the report that is due. It is made outside of the transaction that
/// keeps it, which keeps it only while the lease holds, and once for a period.
async fn make(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let Some(schedule) = &desk.means().reports.schedule else {
        return desk.in_transaction(&caller, &Keep { lease, report: None, next: None }).await;
    };
    let now = desk.now().await?;
    let report = report(desk, lease, schedule, now).await?;
    desk.in_transaction(&caller, &Keep { lease, report, next: schedule.next(now) }).await
}

/// The report on the last period that is over; none where no instant can say it.
async fn report(
    desk: &Desk,
    lease: &Lease,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<Option<Kept>, Error> {
    let Some(due_at) = schedule.last(now) else { return Ok(None) };
    let Some(window) = schedule.period(due_at) else { return Ok(None) };
    let report = desk.health(lease.tenant, window.clone(), now).await?;
    let id = ReportId::new(desk.clock().new_id());
    let page = lay_out(&report, Some(id.uuid()));
    Ok(Some(Kept {
        id,
        cadence: schedule.cadence,
        from: window.from,
        to: window.to,
        zone: window.zone.name().to_owned(),
        verdict: report.verdict,
        recommendations: i32::try_from(report.recommendations.len()).unwrap_or(i32::MAX),
        markdown: render_markdown(&page),
        html: render_html(&page),
        due_at,
        made_at: now,
        written_at: None,
        failure: None,
    }))
}

/// Keeps a report, has it delivered, and sets the timer to the next one.
struct Keep<'l> {
    lease: &'l Lease,
    report: Option<Kept>,
    next: Option<Timestamp>,
}

impl UseCase for Keep<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        store::finish::holds(&mut work.tx, self.lease).await?;
        if let Some(report) = &self.report
            && store::health::report::insert(&mut work.tx, report).await?
        {
            let files = Timer { kind: TimerKind::Report, subject: report.id.uuid(), due_at: work.now };
            store::timer::put(&mut work.tx, &[files]).await?;
            deliver::enqueue(work, report).await?;
            let (report, verdict) = (report.id, report.verdict);
            tracing::info!(tenant = %self.lease.tenant, %report, %verdict, "flow.health.made");
        }
        match self.next {
            Some(next) => Ok(store::finish::again(&mut work.tx, self.lease, next).await?),
            None => Ok(store::finish::done(&mut work.tx, self.lease).await?),
        }
    }
}
