//! Connections that go straight from one transaction to the next. The pool asks a
//! connection whether it lives when it goes out and when it comes back, and has it
//! cleared up: three more ways to the server, half as many as a short transaction
//! takes itself. One that has just ended a transaction well needs none of it; where
//! no transaction begins on it, it is asked whether it lives.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgTransactionManager;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::error::Error;

/// How often those that wait beside the pool and left it a while ago go back to it: it
/// knows how old one may get, and finds out whether it lives.
const ROUND: Duration = Duration::from_secs(1);

/// The connections of a pool, some of which wait beside it. A clone is another
/// handle on the same ones; the last one is dropped within a runtime.
#[derive(Debug, Clone)]
pub(super) struct Lending {
    pool: PgPool,
    /// How long one that was passed on may take to answer; then it is taken for lost.
    bound: Duration,
    /// How long somebody waits for a connection.
    patience: Duration,
    beside: Arc<Mutex<Beside>>,
}

#[derive(Debug, Default)]
struct Beside {
    /// Each with the round in which the pool gave it away.
    connections: Vec<(PoolConnection<Postgres>, u64)>,
    round: u64,
    /// Somebody ends the round.
    going_round: bool,
    /// How many ask the pool for one, which must not wait for those that are here.
    asking: usize,
    closed: bool,
}

/// A connection that is somebody's. Dropped, it goes back to the pool, which
/// undoes what was not finished.
#[derive(Debug)]
pub(super) struct Lent {
    lending: Lending,
    /// None: it was passed on.
    connection: Option<PoolConnection<Postgres>>,
    /// The round in which the pool gave it away.
    since: u64,
}

/// Counted as one who asks the pool for as long as it lives.
struct Asking(Lending);

impl Lending {
    pub(super) fn new(pool: PgPool, bound: Duration) -> Self {
        let patience = pool.options().get_acquire_timeout();
        Self { pool, bound, patience, beside: Arc::default() }
    }

    /// A connection outside a transaction.
    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        let late = |_| Error::Unavailable(sqlx::Error::PoolTimedOut);
        timeout(self.patience, self.lend_at_last()).await.map_err(late)?
    }

    async fn lend_at_last(&self) -> Result<Lent, Error> {
        let asking = match self.take() {
            Err(asking) => asking,
            Ok((connection, since)) => {
                let mut lent = self.lent(connection, since);
                let alive = timeout(self.bound, lent.connection().ping()).await;
                if matches!(alive, Ok(Ok(()))) {
                    return Ok(lent);
                }
                lent.give_up()
            }
        };
        self.ask(asking).await
    }

    /// A connection on which `statement` has begun a transaction. One that was lost
    /// since it was passed on is no reason to fail.
    pub(super) async fn begin(&self, statement: AssertSqlSafe<String>) -> Result<Lent, Error> {
        let statement = statement.into_sql_str();
        let asking = match self.take() {
            Err(asking) => asking,
            Ok((connection, since)) => {
                let mut lent = self.lent(connection, since);
                let begun = PgTransactionManager::begin(lent.connection(), Some(statement.clone()));
                match timeout(self.bound, begun).await.map(|begun| begun.map_err(Error::from)) {
                    Ok(Ok(())) => return Ok(lent),
                    Ok(Err(Error::Unavailable(_))) | Err(_) => lent.give_up(),
                    Ok(Err(error)) => return Err(error),
                }
            }
        };
        let mut lent = self.ask(asking).await?;
        PgTransactionManager::begin(lent.connection(), Some(statement)).await?;
        Ok(lent)
    }

    /// Ends with all of them given back.
    pub(super) async fn close(&self) {
        let beside = {
            let mut beside = self.locked();
            beside.closed = true;
            std::mem::take(&mut beside.connections)
        };
        drop(beside);
        self.pool.close().await;
    }

    fn lent(&self, connection: PoolConnection<Postgres>, since: u64) -> Lent {
        Lent { lending: self.clone(), connection: Some(connection), since }
    }

    async fn ask(&self, asking: Asking) -> Result<Lent, Error> {
        let connection = self.pool.acquire().await?;
        drop(asking);
        let round = self.locked().round;
        Ok(self.lent(connection, round))
    }

    /// The one that came last, or the right to ask the pool.
    fn take(&self) -> Result<(PoolConnection<Postgres>, u64), Asking> {
        let taken = {
            let mut beside = self.locked();
            let taken = beside.connections.pop();
            beside.asking += usize::from(taken.is_none());
            taken
        };
        taken.ok_or_else(|| Asking(self.clone()))
    }

    fn asking(&self) -> Asking {
        self.locked().asking += 1;
        Asking(self.clone())
    }

    /// Lets one wait beside the pool, unless somebody asks that, or it has not seen
    /// the connection for long.
    fn pass_on(&self, connection: PoolConnection<Postgres>, since: u64) {
        let given_back = {
            let mut beside = self.locked();
            let stays = !beside.closed && beside.asking == 0 && !is_old(since, beside.round);
            if stays && (beside.going_round || self.go_round()) {
                beside.going_round = true;
                beside.connections.push((connection, since));
                None
            } else {
                Some(connection)
            }
        };
        drop(given_back);
    }

    /// Has somebody end the round; `false`: there is nobody.
    fn go_round(&self) -> bool {
        let beside = Arc::downgrade(&self.beside);
        Handle::try_current().map(|runtime| runtime.spawn(end_rounds(beside))).is_ok()
    }

    /// Whole after every statement that may panic.
    fn locked(&self) -> MutexGuard<'_, Beside> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes on until none is left.
async fn end_rounds(beside: Weak<Mutex<Beside>>) {
    loop {
        sleep(ROUND).await;
        let Some(beside) = beside.upgrade() else { return };
        let (given_back, done) = {
            let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
            let given_back = beside.end_round();
            beside.going_round = !beside.connections.is_empty();
            (given_back, !beside.going_round)
        };
        drop(given_back);
        if done {
            return;
        }
    }
}

/// Whether the pool has not seen a connection for a whole round.
const fn is_old(since: u64, round: u64) -> bool {
    since + 1 < round
}

impl Beside {
    /// Those that the pool has not seen for long.
    fn end_round(&mut self) -> Vec<(PoolConnection<Postgres>, u64)> {
        self.round += 1;
        let round = self.round;
        self.connections.extract_if(.., |(_, since)| is_old(*since, round)).collect()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.locked().asking -= 1;
    }
}

impl Lent {
    /// For statements.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("it is there until it is passed on")
    }

    /// Makes what its transaction did last, and passes it on.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        if PgTransactionManager::get_transaction_depth(self.connection()) != 1 {
            return Err(Error::Statement(sqlx::Error::InvalidSavePointStatement));
        }
        PgTransactionManager::commit(self.connection()).await?;
        self.pass_on();
        Ok(())
    }

    /// Undoes what its transaction did, and passes it on.
    pub(super) async fn roll_back(mut self) -> Result<(), Error> {
        PgTransactionManager::rollback(self.connection()).await?;
        self.pass_on();
        Ok(())
    }

    /// The last statement has ended. One that is still within a transaction goes to
    /// the pool, which ends that.
    pub(super) fn pass_on(mut self) {
        let within = PgTransactionManager::get_transaction_depth(self.connection()) != 0;
        if !within && let Some(connection) = self.connection.take() {
            self.lending.pass_on(connection, self.since);
        }
    }

    /// It is lost, and whoever had it asks the pool for another one, which that may
    /// have at once.
    fn give_up(mut self) -> Asking {
        tracing::info!("store.connection.lost");
        let asking = self.lending.asking();
        drop(self.connection.take().map(PoolConnection::detach));
        asking
    }
}

impl Drop for Lent {
    /// Has what was not finished undone before anything else, the server not having
    /// to answer first.
    fn drop(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        while PgTransactionManager::get_transaction_depth(connection) != 0 {
            PgTransactionManager::start_rollback(connection);
        }
    }
}
