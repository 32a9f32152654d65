//! Sending what waits for an endpoint, one delivery after the other. Some are
//! taken at once, and written down as tried only after they were sent, so that
//! each may be sent twice and never not at all.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::send::{Outgoing, Run, Sent};
use crate::clock::Clock;
use crate::domain::id::EndpointId;
use crate::domain::timer::Lease;
use crate::domain::webhook::{AttemptOutcome, DeliveryState, DisabledBecause, Endpoint, announcement, retry};
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::flow::notice::is_moot_for_team;
use crate::store;
use crate::store::webhook::queue::{AT_ONCE, Head};

/// Rows that are removed in one transaction.
const PART: i64 = 500;
/// Deliveries that are sent between two transactions at most.
const RUN: usize = 16;
/// How soon what is old is looked for again where some is left.
const SWEEP: SignedDuration = SignedDuration::from_hours(1);
/// How long an endpoint is served at a stretch, so that a backlog leaves the
/// hands to others in turn.
const TURN: Duration = Duration::from_secs(5);

impl Desk {
    /// Sends what waits for the endpoint of a timer, in order, until nothing
    /// does, an attempt fails, or its turn is over.
    pub(in crate::flow) async fn deliver(&self, lease: &Lease) -> Result<(), Error> {
        let began = Clock::monotonic();
        let left = lease.until.duration_since(self.now().await?);
        let half = Duration::try_from(left).unwrap_or(Duration::ZERO) / 2;
        let caller = Caller::automation(lease.tenant);
        let mut step =
            Step { lease, run: Run::default(), room: 2, is_first: true, has_given_up: false, is_late: false };
        while let Next::Send(run) = self.in_transaction(&caller, &step).await? {
            step.has_given_up |= !step.run.went_well();
            step.run = self.send_all(run, half.saturating_sub(began.elapsed()), half).await;
            step.room = step.run.sent.len().saturating_mul(2).min(RUN);
            step.is_first = false;
            step.is_late = began.elapsed() >= half.min(TURN);
        }
        Ok(())
    }
}

/// What comes after a step.
enum Next {
    Send(Vec<Outgoing>),
    /// The timer is finished.
    Finished,
}

/// Writes down how the last attempts went, and takes the next deliveries.
struct Step<'l> {
    lease: &'l Lease,
    run: Run,
    /// How many may be taken at once: a receiver that takes its time gets few.
    room: usize,
    is_first: bool,
    /// A delivery was given up since the lease began.
    has_given_up: bool,
    /// The turn is over.
    is_late: bool,
}

impl UseCase for Step<'_> {
    type Output = Next;

    async fn run(&self, work: &mut Work<'_>) -> Result<Next, Error> {
        let id = EndpointId::new(self.lease.subject);
        let Some(mut endpoint) = store::webhook::endpoint::lock(&mut work.tx, id).await? else {
            store::finish::done(&mut work.tx, self.lease).await?;
            return Ok(Next::Finished);
        };
        store::finish::holds(&mut work.tx, self.lease).await?;
        if endpoint.deleted {
            return self.remove(work, id).await;
        }
        if let Some(pause_until) = self.record(work, &mut endpoint).await? {
            return self.pause(work, endpoint, pause_until).await;
        }
        if self.is_first {
            let retention = work.desk.means().webhooks.retention;
            let until = work.now.checked_sub(retention).unwrap_or(Timestamp::MIN);
            store::webhook::queue::clear_out(&mut work.tx, id, until, work.now, PART).await?;
        }
        if endpoint.disabled.is_some() {
            return self.rest(work, endpoint).await;
        }
        if self.is_late {
            let now = work.now;
            return self.pause(work, endpoint, now).await;
        }
        self.take(work, endpoint).await
    }
}

/// Whether a delivery is for nobody any more: a notice to a team that need not
/// know, or news of a ticket that is confidential by now.
async fn is_moot(work: &mut Work<'_>, endpoint: EndpointId, head: &Head) -> Result<bool, Error> {
    match (head.delivery.ticket, head.delivery.event) {
        (Some(ticket), Some(event)) if head.is_notice || head.is_confidential => {
            is_moot_for_team(work, endpoint, ticket, event).await
        }
        _ => Ok(head.is_confidential),
    }
}

/// Numbers what is sent for the first time, and writes it down.
async fn write(
    work: &mut Work<'_>,
    endpoint: &mut Endpoint,
    heads: Vec<Head>,
) -> Result<Vec<Outgoing>, Error> {
    let last = endpoint.sequence;
    let secrets: Vec<_> = endpoint.live_secrets(work.now).into_iter().cloned().collect();
    let mut run = Vec::with_capacity(heads.len());
    for head in heads {
        let is_new = head.body.is_none();
        endpoint.sequence += i64::from(is_new);
        run.push(Outgoing {
            delivery: head.delivery.id,
            url: endpoint.url.clone(),
            secrets: secrets.clone(),
            body: head.body.unwrap_or_else(|| announcement::body(&head.envelope, endpoint.sequence)),
            is_new,
            attempts: head.delivery.attempts,
            waiting_since: head.delivery.queued_at.max(endpoint.enabled_at),
            at: work.now,
        });
    }
    let new = run.iter().filter(|one| one.is_new).map(|one| (one.delivery, one.body.as_slice()));
    let new: Vec<_> = new.collect();
    if !new.is_empty() {
        store::webhook::queue::write(&mut work.tx, &new, last).await?;
    }
    Ok(run)
}

impl Step<'_> {
    /// Writes down attempts. Answers the instant until which the endpoint is
    /// to be left alone; none: the next delivery goes on.
    async fn record(&self, work: &mut Work<'_>, endpoint: &mut Endpoint) -> Result<Option<Timestamp>, Error> {
        let Run { sent, unsent } = &self.run;
        let unused: Vec<_> = unsent.iter().filter(|one| one.is_new).map(|one| one.delivery).collect();
        if !unused.is_empty() {
            store::webhook::queue::unwrite(&mut work.tx, &unused).await?;
            endpoint.sequence -= i64::try_from(unused.len()).unwrap_or_default();
        }
        let attempts: Vec<_> = sent.iter().map(|sent| (sent.outgoing.delivery, sent.attempt())).collect();
        if !attempts.is_empty() {
            store::webhook::attempt::insert(&mut work.tx, &attempts).await?;
        }
        let mut arrived = Vec::with_capacity(sent.len());
        let mut pause_until = None;
        for sent in sent {
            endpoint.health = endpoint.health.after(sent.outcome, work.now);
            if sent.outcome == AttemptOutcome::Delivered {
                arrived.push(sent.outgoing.delivery);
            } else {
                pause_until = self.miss(work, endpoint, sent).await?;
            }
        }
        if !arrived.is_empty() {
            store::webhook::queue::arrived(&mut work.tx, &arrived, work.now).await?;
            let arrived = u64::try_from(arrived.len()).unwrap_or_default();
            let state = DeliveryState::Delivered.as_str();
            metrics::counter!("webhook_deliveries_total", "state" => state).increment(arrived);
        }
        Ok(pause_until)
    }

    /// Writes down an attempt that failed.
    async fn miss(
        &self,
        work: &mut Work<'_>,
        endpoint: &mut Endpoint,
        sent: &Sent,
    ) -> Result<Option<Timestamp>, Error> {
        let Outgoing { delivery, waiting_since, .. } = sent.outgoing;
        let (state, pause_until) = if sent.outcome == AttemptOutcome::Gone {
            endpoint.disabled = Some(DisabledBecause::Gone);
            (DeliveryState::Pending, None)
        } else {
            let patience = &work.desk.means().webhooks.patience;
            let (health, asked, jitter) = (&endpoint.health, sent.asked, sent.jitter);
            let next = retry::after_failure(patience, health, waiting_since, work.now, asked, jitter);
            if next.gives_up {
                // One more is tried at once: it may have been this one alone that was refused.
                // Unless the receiver asked to be left alone.
                let waits = self.has_given_up || sent.asked.is_some();
                metrics::counter!("webhook_deliveries_total", "state" => DeliveryState::Dead.as_str())
                    .increment(1);
                (DeliveryState::Dead, waits.then_some(next.at))
            } else {
                (DeliveryState::Pending, Some(next.at))
            }
        };
        let number = sent.attempt().number;
        store::webhook::queue::record(&mut work.tx, delivery, state, number, work.now).await?;
        Ok(pause_until)
    }

    /// Takes what is at the head of the queue.
    async fn take(&self, work: &mut Work<'_>, mut endpoint: Endpoint) -> Result<Next, Error> {
        if endpoint.previous.as_ref().is_some_and(|(_, until)| *until <= work.now) {
            endpoint.previous = None;
        }
        // Where it fails, one alone shows whether it still does.
        let room = if endpoint.health.failures == 0 { self.room } else { 1 };
        // Whether anybody still needs a delivery may take the whole history of a ticket, and
        // whoever has news for the endpoint waits meanwhile: no more are looked at.
        let heads = store::webhook::queue::heads(&mut work.tx, endpoint.id).await?;
        let is_all = heads.len() < AT_ONCE;
        let mut run = Vec::with_capacity(room);
        for head in heads {
            if is_moot(work, endpoint.id, &head).await? {
                let (moot, attempts) = (DeliveryState::Moot, head.delivery.attempts);
                store::webhook::queue::record(&mut work.tx, head.delivery.id, moot, attempts, work.now)
                    .await?;
                continue;
            }
            run.push(head);
            if run.len() == room {
                break;
            }
        }
        if run.is_empty() {
            let now = work.now;
            return if is_all {
                self.rest(work, endpoint).await
            } else {
                self.pause(work, endpoint, now).await
            };
        }
        let run = write(work, &mut endpoint, run).await?;
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        Ok(Next::Send(run))
    }

    /// The endpoint is left alone until an instant.
    async fn pause(
        &self,
        work: &mut Work<'_>,
        mut endpoint: Endpoint,
        until: Timestamp,
    ) -> Result<Next, Error> {
        endpoint.due_at = Some(until);
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        store::finish::again(&mut work.tx, self.lease, until).await?;
        Ok(Next::Finished)
    }

    /// Nothing is to be sent; the timer comes back when something is old
    /// enough to be removed.
    async fn rest(&self, work: &mut Work<'_>, mut endpoint: Endpoint) -> Result<Next, Error> {
        endpoint.due_at = None;
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        let retention = work.desk.means().webhooks.retention;
        match store::webhook::queue::oldest(&mut work.tx, endpoint.id).await? {
            Some(oldest) => {
                let soon = work.now.checked_add(SWEEP).unwrap_or(Timestamp::MAX);
                let old = oldest.checked_add(retention).unwrap_or(Timestamp::MAX).max(soon);
                store::finish::again(&mut work.tx, self.lease, old).await?;
            }
            None => store::finish::done(&mut work.tx, self.lease).await?,
        }
        Ok(Next::Finished)
    }

    /// Removes what a deleted endpoint was told, a part at a time, and then
    /// the endpoint.
    async fn remove(&self, work: &mut Work<'_>, endpoint: EndpointId) -> Result<Next, Error> {
        let removed = store::webhook::queue::remove(&mut work.tx, endpoint, PART).await?;
        if removed == PART.unsigned_abs() {
            store::finish::again(&mut work.tx, self.lease, work.now).await?;
        } else {
            store::webhook::endpoint::remove(&mut work.tx, endpoint).await?;
            store::finish::done(&mut work.tx, self.lease).await?;
        }
        Ok(Next::Finished)
    }
}
