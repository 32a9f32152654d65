//! One use case in one transaction: begun, run again when the database asks
//! for it, and answered only once it is committed. With an idempotency key the
//! answer is kept in the same transaction.

use std::future::Future;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::registry::Turn;
use crate::domain::reply::Reply;
use crate::store::TenantTx;
use crate::store::idempotency::{self, Kept};

/// How long an answer is kept for repeats.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// How often a transaction is run before its caller hears of the conflict.
const ATTEMPTS: u32 = 6;
/// How long a repeat waits for the request it repeats.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long another process's request is waited for, in steps.
const OTHER_PROCESS: (u32, Duration) = (20, Duration::from_millis(50));

/// What a use case works with.
pub struct Work<'d> {
    /// The transaction.
    pub tx: TenantTx,
    /// The instant at which all of it happens.
    pub now: Timestamp,
    /// The desk.
    pub desk: &'d Desk,
    /// Who asks.
    pub caller: Caller,
}

/// Something the desk does, as one transaction. It may be run several times;
/// only the last run counts.
pub trait UseCase: Send + Sync {
    /// What comes of it.
    type Output: Send;

    /// Does it.
    fn run(&self, work: &mut Work<'_>) -> impl Future<Output = Result<Self::Output, Error>> + Send;

    /// It is done, and cannot be undone any more: what is remembered of the
    /// database may have to be forgotten.
    fn committed(&self, _desk: &Desk) {}
}

/// A request that its caller may repeat.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The caller's key for it.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
}

/// An answer and whether it was given before.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The answer.
    pub reply: Reply,
    /// It was given before, and nothing was done now.
    pub replayed: bool,
}

impl Desk {
    /// Runs a use case and answers by `render`.
    pub async fn execute<U: UseCase>(
        &self,
        caller: &Caller,
        retry: Option<&Retry>,
        use_case: &U,
        render: impl Fn(&U::Output) -> Result<Reply, Error> + Send + Sync,
    ) -> Result<Outcome, Error> {
        let _turn = self.turn(caller, retry).await?;
        self.carry_out(caller, retry, use_case, render).await
    }

    /// Waits until no other request of this process has the caller's key for it.
    pub(super) async fn turn(&self, caller: &Caller, retry: Option<&Retry>) -> Result<Option<Turn>, Error> {
        let Some(retry) = retry else { return Ok(None) };
        let turn = self.registry().turn(caller.key.uuid(), &retry.key, PATIENCE).await;
        turn.map(Some).ok_or(Error::StillRunning)
    }

    /// [`Desk::execute`] for whoever has the turn.
    pub(super) async fn carry_out<U: UseCase>(
        &self,
        caller: &Caller,
        retry: Option<&Retry>,
        use_case: &U,
        render: impl Fn(&U::Output) -> Result<Reply, Error> + Send + Sync,
    ) -> Result<Outcome, Error> {
        let mut attempt = 0;
        let mut waited = 0;
        loop {
            attempt += 1;
            match self.attempt(caller, retry, use_case, &render).await {
                Err(Error::Store(error)) if error.asks_for_rerun() && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "flow.transaction.rerun");
                }
                // The key is held by another process, or was until a moment ago.
                Err(Error::StillRunning) if waited < OTHER_PROCESS.0 => {
                    waited += 1;
                    attempt = 0;
                    tokio::time::sleep(OTHER_PROCESS.1).await;
                }
                ended => return ended,
            }
        }
    }

    /// Runs a use case in one transaction, again where the database asks for it.
    pub(super) async fn in_transaction<U: UseCase>(
        &self,
        caller: &Caller,
        use_case: &U,
    ) -> Result<U::Output, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let now = self.now().await?;
            let tx = self.store().begin(caller.tenant).await?;
            let mut work = Work { tx, now, desk: self, caller: caller.clone() };
            let ended = async {
                let output = use_case.run(&mut work).await?;
                work.tx.commit().await?;
                Ok(output)
            };
            match ended.await {
                Err(Error::Store(error)) if error.asks_for_rerun() && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "flow.transaction.rerun");
                }
                ended => return ended,
            }
        }
    }

    async fn attempt<U: UseCase>(
        &self,
        caller: &Caller,
        retry: Option<&Retry>,
        use_case: &U,
        render: &(impl Fn(&U::Output) -> Result<Reply, Error> + Send + Sync),
    ) -> Result<Outcome, Error> {
        let now = self.now().await?;
        let tx = self.store().begin(caller.tenant).await?;
        let mut work = Work { tx, now, desk: self, caller: caller.clone() };
        if let Some(retry) = retry
            && let Some(reply) = replay(&mut work, retry).await?
        {
            work.tx.roll_back().await?;
            return Ok(Outcome { reply, replayed: true });
        }
        let answered = async {
            let reply = render(&use_case.run(&mut work).await?)?;
            if let Some(retry) = retry {
                let kept = Kept { fingerprint: retry.fingerprint.to_vec(), reply: reply.clone() };
                let kept = [(retry.key.as_str(), kept)];
                if !idempotency::keep(&mut work.tx, caller.key, &kept, now, kept_until(now)).await? {
                    return Err(Error::StillRunning);
                }
            }
            Ok(reply)
        };
        let reply = match (answered.await, retry) {
            (Err(error), Some(retry)) if error.is_refusal() => {
                return self.unless_answered(work, retry, error).await;
            }
            (answered, _) => answered?,
        };
        work.tx.commit().await?;
        use_case.committed(self);
        self.bell().ring();
        Ok(Outcome { reply, replayed: false })
    }

    /// What a repeat is refused for may be what it did itself, by another process
    /// that was done just before the key was taken here. Where that can't be found out
    /// now, neither a refusal nor an answer would be sure.
    async fn unless_answered(&self, work: Work<'_>, retry: &Retry, error: Error) -> Result<Outcome, Error> {
        let Work { tx, now, desk, caller } = work;
        tx.roll_back().await?;
        let tx = self.store().begin(caller.tenant).await?;
        let mut work = Work { tx, now, desk, caller };
        let known = replay(&mut work, retry).await?;
        work.tx.roll_back().await?;
        known.map(|reply| Outcome { reply, replayed: true }).ok_or(error)
    }
}

/// Until when an answer of `now` is kept.
pub(super) fn kept_until(now: Timestamp) -> Timestamp {
    now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX)
}

/// Takes the key, and finds what was answered under it before.
async fn replay(work: &mut Work<'_>, retry: &Retry) -> Result<Option<Reply>, Error> {
    let known = idempotency::take(&mut work.tx, work.caller.key, &[&retry.key], work.now).await?;
    match known.ok_or(Error::StillRunning)?.remove(&retry.key) {
        None => Ok(None),
        Some(kept) if kept.fingerprint == retry.fingerprint => Ok(Some(kept.reply)),
        Some(_) => Err(Error::KeyReused),
    }
}
