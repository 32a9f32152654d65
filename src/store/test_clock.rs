//! The hand-moved clock of tests, shared by all processes on one database.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::connect::Store;
use super::error::Error;

impl Store {
    /// Where the clock stands; it is made, standing at `start`, if nobody has
    /// moved it yet.
    pub async fn test_clock(&self, start: Timestamp) -> Result<Timestamp, Error> {
        let mut lent = self.lend_probe().await?;
        let now: jiff_sqlx::Timestamp = sqlx::query_scalar(
            "-- store::test_clock::read
            with made as (
                insert into test_clock (now) values ($1) on conflict (singleton) do nothing returning now
            )
            select now from made union all select now from test_clock limit 1",
        )
        .bind(start.to_sqlx())
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(now.to_jiff())
    }

    /// Moves the clock forward. `false`: it stands later than that already.
    pub async fn move_test_clock(&self, now: Timestamp) -> Result<bool, Error> {
        let mut lent = self.lend_probe().await?;
        let moved = sqlx::query(
            "-- store::test_clock::move
            insert into test_clock (now) values ($1)
            on conflict (singleton) do update set now = excluded.now where test_clock.now <= excluded.now",
        )
        .bind(now.to_sqlx())
        .execute(lent.connection())
        .await?;
        lent.pass_on();
        Ok(moved.rows_affected() == 1)
    }
}
