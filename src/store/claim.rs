//! Taking timers of a kind that are ready, across tenants. Whose turn it is
//! where more are ready than are wanted, the worker decides.
//!
//! The planner must not choose the index here: right before a storm its
//! statistics say that nothing is ready, and an index by instant alone would
//! then be read through the whole storm for each tenant. Comparing rows of
//! tenant and instant leaves it one choice.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::row::word;
use crate::domain::id::TenantId;
use crate::domain::timer::{Lease, TimerKind};

/// What a worker asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Of what kind.
    pub kind: TimerKind,
    /// The present instant.
    pub now: Timestamp,
    /// Until when nobody else gets what is claimed.
    pub until: Timestamp,
    /// How many at most.
    pub limit: usize,
    /// The token of this claim, never used before.
    pub token: Uuid,
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    subject: Uuid,
    due_at: jiff_sqlx::Timestamp,
    attempts: i32,
}

impl Row {
    fn lease(self, wanted: &Wanted) -> Lease {
        Lease {
            tenant: TenantId::new(self.tenant_id),
            kind: wanted.kind,
            subject: self.subject,
            due_at: self.due_at.to_jiff(),
            until: wanted.until,
            token: wanted.token,
            attempts: self.attempts,
        }
    }
}

/// A number as the database has it.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store {
    /// Claims the timers that have been ready for longest, whoever's they are,
    /// in no order. Rows that another worker is claiming are passed by.
    pub async fn claim_oldest(&self, wanted: &Wanted) -> Result<Vec<Lease>, Error> {
        let mut lent = self.lend().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "-- store::claim::claim_oldest
            with ready as (
                select tenant_id, subject from timers where kind = $1 and ready_at <= $2
                 order by ready_at limit $3 for update skip locked
            )
            update timers t set lease = $4, ready_at = greatest($5, t.due_at), attempts = t.attempts + 1
              from ready r
             where t.tenant_id = r.tenant_id and t.kind = $1 and t.subject = r.subject
            returning t.tenant_id, t.subject, t.due_at, t.attempts",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(count(wanted.limit))
        .bind(wanted.token)
        .bind(wanted.until.to_sqlx())
        .fetch_all(lent.connection())
        .await?;
        lent.pass_on();
        Ok(rows.into_iter().map(|row| row.lease(wanted)).collect())
    }

    /// Claims the oldest ones of each of these tenants, `share` of each at
    /// most, in no order.
    pub async fn claim_shares(
        &self,
        wanted: &Wanted,
        sharers: &[TenantId],
        share: usize,
    ) -> Result<Vec<Lease>, Error> {
        let sharers: Vec<Uuid> = sharers.iter().map(|tenant| tenant.uuid()).collect();
        let mut lent = self.lend().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "-- store::claim::claim_shares
            with ready as (
                select r.tenant_id, r.subject
                  from unnest($6::uuid[]) as s(tenant_id)
                 cross join lateral (
                    select t.tenant_id, t.subject from timers t
                     where t.kind = $1 and (t.tenant_id, t.ready_at) >= (s.tenant_id, '-infinity')
                       and (t.tenant_id, t.ready_at) <= (s.tenant_id, $2)
                     order by t.tenant_id, t.ready_at limit $7 for update skip locked) as r
                 limit $3
            )
            update timers t set lease = $4, ready_at = greatest($5, t.due_at), attempts = t.attempts + 1
              from ready r
             where t.tenant_id = r.tenant_id and t.kind = $1 and t.subject = r.subject
            returning t.tenant_id, t.subject, t.due_at, t.attempts",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(count(wanted.limit))
        .bind(wanted.token)
        .bind(wanted.until.to_sqlx())
        .bind(sharers)
        .bind(count(share))
        .fetch_all(lent.connection())
        .await?;
        lent.pass_on();
        Ok(rows.into_iter().map(|row| row.lease(wanted)).collect())
    }

    /// Whether more are ready than are wanted, so that tenants must share.
    pub async fn has_more_ready(&self, wanted: &Wanted) -> Result<bool, Error> {
        let mut lent = self.lend().await?;
        let ready: i64 = sqlx::query_scalar(
            "-- store::claim::has_more_ready
            select count(*) from (select from timers where kind = $1 and ready_at <= $2 limit $3) as ready",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(count(wanted.limit.saturating_add(1)))
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(ready > count(wanted.limit))
    }

    /// The tenants with something of a kind ready, by identifier. Found by leaps
    /// through the index, one for each tenant with timers of the kind.
    pub async fn ready_tenants(&self, kind: TimerKind, now: Timestamp) -> Result<Vec<TenantId>, Error> {
        let mut lent = self.lend().await?;
        let tenants: Vec<Uuid> = sqlx::query_scalar(
            "-- store::claim::ready_tenants
            with recursive owners as (
                (select tenant_id, ready_at from timers where kind = $1 order by tenant_id, ready_at limit 1)
                union all
                select n.tenant_id, n.ready_at from owners o
                 cross join lateral (
                    select t.tenant_id, t.ready_at from timers t
                     where t.kind = $1 and t.tenant_id > o.tenant_id
                     order by t.tenant_id, t.ready_at limit 1) as n
            )
            select tenant_id from owners where ready_at <= $2 order by tenant_id",
        )
        .bind(kind.as_str())
        .bind(now.to_sqlx())
        .fetch_all(lent.connection())
        .await?;
        lent.pass_on();
        Ok(tenants.into_iter().map(TenantId::new).collect())
    }

    /// The kinds of which something may be claimed at `now`.
    pub async fn ready_kinds(&self, now: Timestamp) -> Result<Vec<TimerKind>, Error> {
        let mut lent = self.lend().await?;
        let kinds: Vec<String> = sqlx::query_scalar(
            "-- store::claim::ready_kinds
            select k.kind from unnest($1::text[]) as k(kind)
             where exists (select from timers t where t.kind = k.kind and t.ready_at <= $2)",
        )
        .bind(kinds())
        .bind(now.to_sqlx())
        .fetch_all(lent.connection())
        .await?;
        lent.pass_on();
        kinds.iter().map(|kind| word("timers", kind)).collect()
    }

    /// The instant at which the next timer may be claimed.
    pub async fn next_ready(&self) -> Result<Option<Timestamp>, Error> {
        let mut lent = self.lend().await?;
        let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
            "-- store::claim::next_ready
            select min(n.at) from unnest($1::text[]) as k(kind)
             cross join lateral (select min(t.ready_at) as at from timers t where t.kind = k.kind) as n",
        )
        .bind(kinds())
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// How many timers are in somebody's hands at `now`.
    pub async fn leased(&self, now: Timestamp) -> Result<i64, Error> {
        let mut lent = self.lend().await?;
        let found = sqlx::query_scalar(
            "-- store::claim::leased
            select count(*) from timers where lease is not null and ready_at > $1",
        )
        .bind(now.to_sqlx())
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(found)
    }
}

/// The kinds that this version knows; one that it does not know waits for the
/// version that does.
fn kinds() -> Vec<&'static str> {
    TimerKind::ALL.iter().map(|kind| kind.as_str()).collect()
}
