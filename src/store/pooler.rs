//! Poolers on the way to the database. The service needs sessions of its own:
//! role, bounds, prepared statements, `listen` and the lock of the install are the
//! session's. A pooler that gives each transaction another session mixes those up
//! without a word; some even hand one client's prepared statement to another.

use std::io;
use std::time::Duration;

use sqlx::{Connection, PgConnection, Row};

use super::connect::{self, Settings};
use super::error::Error;
use super::migrate::Unfit;

/// How long all of the asking may take; a pooler without room answers never.
const PATIENCE: Duration = Duration::from_secs(10);
/// Each round finds an idle pooler out; other clients of it may hide it from one.
const ROUNDS: usize = 8;

/// Refuses a way to the database on which sessions are shared.
///
/// Two connections are asked which session they are in, each twice in a row:
/// a pooler that takes the session that was used last gives both the same one,
/// one that takes turns gives one connection two. Nothing is prepared on the
/// way, so that nothing can be mixed up by asking.
///
/// # Errors
/// [`Unfit::SharedSessions`], or the database's.
pub async fn expect_own_sessions(url: &str) -> Result<(), Unfit> {
    if in_time(shares_sessions(url)).await? {
        let options = connect::options(url)?;
        let host = options.get_socket().map_or(options.get_host().into(), |socket| socket.to_string_lossy());
        return Err(Unfit::SharedSessions { place: format!("{host}, port {}", options.get_port()) });
    }
    Ok(())
}

/// Refuses a way to the database on which statements that one transaction
/// prepared are not there in the next, or are another client's.
///
/// # Errors
/// [`Unfit::ForgetfulPooler`], or the database's.
pub async fn expect_prepared_statements(url: &str) -> Result<(), Unfit> {
    in_time(keeps_statements(url)).await?.map_err(|detail| Unfit::ForgetfulPooler { detail })
}

/// Refuses sessions that are not as the service needs them by themselves: it
/// cannot set anything where the next transaction has another session.
pub(super) async fn expect_lowered(connection: &mut PgConnection, settings: &Settings) -> Result<(), Unfit> {
    let (role, fits): (String, bool) = sqlx::query_as(
        "-- store::pooler::fits
        select quote_ident(session_user), current_user = 'support_app' and not exists (
            select from unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
                                     'enable_seqscan', 'jit']) as setting
             where current_setting(setting) not similar to 'off|[1-9]%')",
    )
    .fetch_one(connection)
    .await
    .map_err(Error::from)?;
    if fits {
        return Ok(());
    }
    let orders =
        connect::needs(settings).map(|(name, value)| format!("  alter role {role} set {name} = {value};"));
    let orders = format!("  grant support_app to {role};\n{}", orders.join("\n"));
    Err(Unfit::NotLowered { role, orders })
}

async fn in_time<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| {
        let text = "two connections at once got no answer in time; a pooler may have no room for them";
        Error::from(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text)))
    };
    tokio::time::timeout(PATIENCE, asking).await.map_err(late)?
}

async fn pair(url: &str) -> Result<[PgConnection; 2], Error> {
    let options = connect::options(url)?.application_name("support-engineer probe");
    Ok([PgConnection::connect_with(&options).await?, PgConnection::connect_with(&options).await?])
}

async fn shares_sessions(url: &str) -> Result<bool, Error> {
    let [mut one, mut other] = pair(url).await?;
    let (mine, others) = (session(&mut one).await?, session(&mut other).await?);
    let mut shared = mine == others;
    for _ in 0..ROUNDS {
        for (connection, known) in [(&mut one, &mine), (&mut other, &others)] {
            for _ in 0..2 {
                shared |= session(connection).await? != *known;
            }
        }
    }
    // The answer is known, and the pooler cleans up after whoever just goes.
    drop((one.close().await, other.close().await));
    Ok(shared)
}

/// Names the session behind a connection, where a pooler has several servers, too.
async fn session(connection: &mut PgConnection) -> Result<String, Error> {
    let row = sqlx::raw_sql(
        "-- store::pooler::session
        select pg_backend_pid() || ' of the server of ' || pg_postmaster_start_time()",
    )
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

/// Two clients prepare different statements, which have the same name, and run
/// them in turn; else what came instead.
async fn keeps_statements(url: &str) -> Result<Result<(), String>, Error> {
    let [mut one, mut other] = pair(url).await?;
    for round in 0..ROUNDS {
        for (connection, sign) in [(&mut one, 1), (&mut other, -1)] {
            let number = i64::try_from(round).unwrap_or_default() + 1;
            let asked = if sign > 0 {
                sqlx::query_scalar("-- store::pooler::keep\nselect $1::bigint")
            } else {
                sqlx::query_scalar("-- store::pooler::negate\nselect -($1::bigint)")
            };
            let said: Result<i64, sqlx::Error> = asked.bind(number).fetch_one(&mut *connection).await;
            match said.map_err(Error::from) {
                Ok(said) if said == sign * number => {}
                Ok(_) => return Ok(Err("a statement was answered by another client's".to_owned())),
                Err(away @ Error::Unavailable(_)) => return Err(away),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
    }
    drop((one.close().await, other.close().await));
    Ok(Ok(()))
}
