//! Taking timers of a kind that are due, across tenants and fairly: where more
//! are due than are wanted, each tenant gets its share, whoever came first.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::row::word;
use crate::domain::id::TenantId;
use crate::domain::timer::{Lease, TimerKind};

/// Tenants that share one claim.
const SHARERS: i64 = 64;

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
    pub limit: i64,
    /// The token of this claim, never used before.
    pub token: Uuid,
    /// The last tenant that was served; the next ones come first.
    pub after: Option<TenantId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    tenant_id: Uuid,
    subject: Uuid,
    due_at: jiff_sqlx::Timestamp,
    attempts: i32,
}

impl Store {
    /// Claims timers that are ready, those of a tenant oldest first, and gives
    /// them by tenant, beginning after the one that was served last. Rows that
    /// another worker is claiming are passed by.
    pub async fn claim(&self, wanted: &Wanted) -> Result<Vec<Lease>, Error> {
        let rows = if self.has_more_ready(wanted).await? {
            let sharers = self.sharers(wanted).await?;
            self.claim_shares(wanted, &sharers).await?
        } else {
            self.claim_all(wanted).await?
        };
        let lease = |row: Row| Lease {
            tenant: TenantId::new(row.tenant_id),
            kind: wanted.kind,
            subject: row.subject,
            due_at: row.due_at.to_jiff(),
            until: wanted.until,
            token: wanted.token,
            attempts: row.attempts,
        };
        let mut leases: Vec<Lease> = rows.into_iter().map(lease).collect();
        leases.sort_by_key(|lease| {
            (wanted.after.is_some_and(|after| lease.tenant <= after), lease.tenant, lease.due_at)
        });
        Ok(leases)
    }

    /// Whether more are ready than are wanted, so that tenants must share.
    async fn has_more_ready(&self, wanted: &Wanted) -> Result<bool, Error> {
        let ready: i64 = sqlx::query_scalar(
            "-- store::claim::has_more_ready
            select count(*) from (select from timers where kind = $1 and ready_at <= $2 limit $3) as ready",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(wanted.limit.saturating_add(1))
        .fetch_one(self.requests())
        .await?;
        Ok(ready > wanted.limit)
    }

    async fn claim_all(&self, wanted: &Wanted) -> Result<Vec<Row>, Error> {
        Ok(sqlx::query_as(
            "-- store::claim::claim_all
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
        .bind(wanted.limit)
        .bind(wanted.token)
        .bind(wanted.until.to_sqlx())
        .fetch_all(self.requests())
        .await?)
    }

    /// The tenants whose turn it is, of those with something ready. Tenants are
    /// found by leaps through the index, one for each.
    async fn sharers(&self, wanted: &Wanted) -> Result<Vec<Uuid>, Error> {
        let after = wanted.after.map_or(Uuid::nil(), TenantId::uuid);
        let mut found = self.sharers_after(wanted, after).await?;
        let few = i64::try_from(found.len()).is_ok_and(|count| count < SHARERS);
        if few && !after.is_nil() {
            let rest = self.sharers_after(wanted, Uuid::nil()).await?;
            found.extend(rest.into_iter().filter(|tenant| *tenant <= after));
        }
        Ok(found)
    }

    async fn sharers_after(&self, wanted: &Wanted, after: Uuid) -> Result<Vec<Uuid>, Error> {
        // The leaps come in the order of the tenants and end with the last one wanted.
        Ok(sqlx::query_scalar(
            "-- store::claim::sharers_after
            with recursive owners as (
                (select tenant_id from timers where kind = $1 and tenant_id > $3 order by tenant_id limit 1)
                union all
                select (select t.tenant_id from timers t where t.kind = $1 and t.tenant_id > o.tenant_id
                         order by t.tenant_id limit 1)
                  from owners o where o.tenant_id is not null
            )
            select o.tenant_id from owners o
             where o.tenant_id is not null and exists (
                select from timers t where t.kind = $1 and t.tenant_id = o.tenant_id and t.ready_at <= $2)
             limit $4",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(after)
        .bind(SHARERS)
        .fetch_all(self.requests())
        .await?)
    }

    async fn claim_shares(&self, wanted: &Wanted, sharers: &[Uuid]) -> Result<Vec<Row>, Error> {
        let sharing = i64::try_from(sharers.len()).unwrap_or(i64::MAX).max(1);
        let share = (wanted.limit / sharing).max(1);
        Ok(sqlx::query_as(
            "-- store::claim::claim_shares
            with ready as (
                select r.tenant_id, r.subject
                  from unnest($6::uuid[]) with ordinality as s(tenant_id, place)
                 cross join lateral (
                    select t.tenant_id, t.subject from timers t
                     where t.kind = $1 and t.tenant_id = s.tenant_id and t.ready_at <= $2
                     order by t.ready_at limit $7 for update skip locked) as r
                 order by s.place limit $3
            )
            update timers t set lease = $4, ready_at = greatest($5, t.due_at), attempts = t.attempts + 1
              from ready r
             where t.tenant_id = r.tenant_id and t.kind = $1 and t.subject = r.subject
            returning t.tenant_id, t.subject, t.due_at, t.attempts",
        )
        .bind(wanted.kind.as_str())
        .bind(wanted.now.to_sqlx())
        .bind(wanted.limit)
        .bind(wanted.token)
        .bind(wanted.until.to_sqlx())
        .bind(sharers)
        .bind(share)
        .fetch_all(self.requests())
        .await?)
    }

    /// The kinds of which something may be claimed at `now`.
    pub async fn ready_kinds(&self, now: Timestamp) -> Result<Vec<TimerKind>, Error> {
        let kinds: Vec<String> = sqlx::query_scalar(
            "-- store::claim::ready_kinds
            select k.kind from unnest($1::text[]) as k(kind)
             where exists (select from timers t where t.kind = k.kind and t.ready_at <= $2)",
        )
        .bind(kinds())
        .bind(now.to_sqlx())
        .fetch_all(self.requests())
        .await?;
        kinds.iter().map(|kind| word("timers", kind)).collect()
    }

    /// The instant at which the next timer may be claimed.
    pub async fn next_ready(&self) -> Result<Option<Timestamp>, Error> {
        let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
            "-- store::claim::next_ready
            select min(n.at) from unnest($1::text[]) as k(kind)
             cross join lateral (select min(t.ready_at) as at from timers t where t.kind = k.kind) as n",
        )
        .bind(kinds())
        .fetch_one(self.requests())
        .await?;
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// How many timers are in somebody's hands at `now`.
    pub async fn leased(&self, now: Timestamp) -> Result<i64, Error> {
        Ok(sqlx::query_scalar(
            "-- store::claim::leased
            select count(*) from timers where lease is not null and ready_at > $1",
        )
        .bind(now.to_sqlx())
        .fetch_one(self.requests())
        .await?)
    }
}

/// The kinds that this version knows; one that it does not know waits for the
/// version that does.
fn kinds() -> Vec<&'static str> {
    TimerKind::ALL.iter().map(|kind| kind.as_str()).collect()
}
