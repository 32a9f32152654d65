//! The looks of monitors, when their timers say so. A check asks outside any
//! transaction; what it found is written only while the lease holds.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::learn::learn;
use super::{MARGIN, Settings};
use crate::domain::id::MonitorId;
use crate::domain::monitor::{Definition, HttpCheck, HttpMethod, Monitor};
use crate::domain::timer::Lease;
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::outbound::http::{Call, Verb};
use crate::store;

/// Bytes of a body in which text is looked for.
const KEPT: usize = 262_144;
/// Longest reason that is kept, in characters.
const MOST_REASON: usize = 500;

/// Looks once, for the timer of a monitor.
pub(in crate::flow) async fn look(desk: &Desk, lease: &Lease) -> Result<(), Error> {
    let caller = Caller::automation(lease.tenant);
    let Some(asking) = desk.in_transaction(&caller, &Begin { lease }).await? else { return Ok(()) };
    let left = Duration::try_from(lease.until.duration_since(asking.at)).unwrap_or(Duration::ZERO);
    let answer = ask(&desk.means().monitors, &asking.check, left.saturating_sub(MARGIN)).await;
    let outcome = if answer.is_ok() { "up" } else { "down" };
    metrics::counter!("monitor_checks_total", "outcome" => outcome).increment(1);
    desk.in_transaction(&caller, &Note { lease, at: asking.at, answer: &answer }).await
}

/// Asks, and waits no longer than `most`.
async fn ask(settings: &Settings, check: &HttpCheck, most: Duration) -> Result<(), String> {
    let timeout = Duration::from_secs(check.timeout_seconds.unsigned_abs());
    let verb = match check.method {
        HttpMethod::Get => Verb::Get,
        HttpMethod::Head => Verb::Head,
    };
    let keep = if check.body_contains.is_some() { KEPT } else { 0 };
    let call = Call {
        verb,
        url: check.url.clone(),
        headers: Vec::new(),
        body: Bytes::new(),
        timeout: timeout.min(most),
        keep,
    };
    let answer = settings.client.send(call).await.map_err(|failure| failure.to_string());
    let judged = answer.and_then(|answer| check.judge(answer.status, &answer.body));
    judged.map_err(|why| why.replace('\0', "\u{FFFD}").chars().take(MOST_REASON).collect())
}

/// A question that is to be asked now.
struct Asking {
    check: HttpCheck,
    at: Timestamp,
}

/// The monitor of a timer, if it still watches; otherwise the timer is done.
async fn watching(work: &mut Work<'_>, lease: &Lease) -> Result<Option<Monitor>, Error> {
    let found = store::monitor::lock(&mut work.tx, MonitorId::new(lease.subject)).await?;
    store::finish::holds(&mut work.tx, lease).await?;
    let watching = found.filter(|monitor| monitor.enabled);
    if watching.is_none() {
        store::finish::done(&mut work.tx, lease).await?;
    }
    Ok(watching)
}

/// Writes down what a look has brought, and when the next one is.
async fn finish(
    work: &mut Work<'_>,
    lease: &Lease,
    monitor: &mut Monitor,
    step: crate::domain::monitor::Step,
    next: Timestamp,
) -> Result<(), Error> {
    monitor.due_at = Some(next);
    learn(work, monitor, step).await?;
    Ok(store::finish::again(&mut work.tx, lease, next).await?)
}

/// The next look after one that was due at `due`: as often as was asked for,
/// by the clock and not by how long looks take, and never in the past.
fn next_look(due: Timestamp, now: Timestamp, interval_seconds: i64) -> Timestamp {
    let interval = SignedDuration::from_secs(interval_seconds);
    let after = |at: Timestamp| at.checked_add(interval).unwrap_or(Timestamp::MAX);
    let next = after(due);
    if next > now { next } else { after(now) }
}

/// Says what is to be asked. Where a heartbeat is awaited nobody is asked: it
/// has come or it has not.
struct Begin<'l> {
    lease: &'l Lease,
}

impl UseCase for Begin<'_> {
    type Output = Option<Asking>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Option<Asking>, Error> {
        let Some(mut monitor) = watching(work, self.lease).await? else { return Ok(None) };
        let beat = match &monitor.definition {
            Definition::Http(check) => return Ok(Some(Asking { check: check.clone(), at: work.now })),
            Definition::Heartbeat(beat) => *beat,
        };
        let gap = monitor.definition.longest_gap();
        let (since, open) = (monitor.watched_since, monitor.outage.is_some());
        let step = monitor.health.awaited(&beat, gap, since, open, work.now);
        let deadline = beat.deadline(monitor.health.waits_since(since));
        let due = if deadline > work.now {
            deadline
        } else {
            next_look(self.lease.due_at, work.now, beat.interval_seconds)
        };
        finish(work, self.lease, &mut monitor, step, due).await?;
        Ok(None)
    }
}

/// Notes what a check found.
struct Note<'l> {
    lease: &'l Lease,
    /// When it was asked.
    at: Timestamp,
    answer: &'l Result<(), String>,
}

impl UseCase for Note<'_> {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let Some(mut monitor) = watching(work, self.lease).await? else { return Ok(()) };
        let Definition::Http(check) = &monitor.definition else {
            return Err(Error::Defect("a monitor has become one of another kind".to_owned()));
        };
        let (gap, open) = (monitor.definition.longest_gap(), monitor.outage.is_some());
        let step = monitor.health.checked(check, gap, open, self.at, self.answer);
        let next = next_look(self.lease.due_at, work.now, check.interval_seconds);
        finish(work, self.lease, &mut monitor, step, next).await
    }
}
