//! Taking timers that are due, across tenants and fairly: where more are due
//! than are wanted, each tenant gets its share, whoever came first.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::connect::Store;
use super::error::Error;
use super::row::word;
use crate::domain::id::TenantId;
use crate::domain::timer::Lease;

const TABLE: &str = "timers";
/// Tenants that share one claim.
const SHARERS: i64 = 64;

/// What a worker asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
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
    kind: String,
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
        let lease = |row: Row| {
            Ok(Lease {
                tenant: TenantId::new(row.tenant_id),
                kind: word(TABLE, &row.kind)?,
                subject: row.subject,
                due_at: row.due_at.to_jiff(),
                until: wanted.until,
                token: wanted.token,
                attempts: row.attempts,
            })
        };
        let mut leases: Vec<Lease> = rows.into_iter().map(lease).collect::<Result<_, Error>>()?;
        leases.sort_by_key(|lease| {
            (wanted.after.is_some_and(|after| lease.tenant <= after), lease.tenant, lease.due_at)
        });
        Ok(leases)
    }

    /// Whether more are ready than are wanted, so that tenants must share.
    async fn has_more_ready(&self, wanted: &Wanted) -> Result<bool, Error> {
        let ready: i64 = sqlx::query_scalar(
            "-- store::claim::has_more_ready
            select count(*) from (select from timers where ready_at <= $1 limit $2) as ready",
        )
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
                select tenant_id, kind, subject from timers where ready_at <= $1
                 order by ready_at limit $2 for update skip locked
            )
            update timers t set lease = $3, ready_at = greatest($4, t.due_at), attempts = t.attempts + 1
              from ready r
             where t.tenant_id = r.tenant_id and t.kind = r.kind and t.subject = r.subject
            returning t.tenant_id, t.kind, t.subject, t.due_at, t.attempts",
        )
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
        let mut found = self.sharers_after(wanted.now, after).await?;
        let few = i64::try_from(found.len()).is_ok_and(|count| count < SHARERS);
        if few && !after.is_nil() {
            let rest = self.sharers_after(wanted.now, Uuid::nil()).await?;
            found.extend(rest.into_iter().filter(|tenant| *tenant <= after));
        }
        Ok(found)
    }

    async fn sharers_after(&self, now: Timestamp, after: Uuid) -> Result<Vec<Uuid>, Error> {
        Ok(sqlx::query_scalar(
            "-- store::claim::sharers_after
            with recursive owners as (
                (select tenant_id from timers where tenant_id > $2 order by tenant_id limit 1)
                union all
                select (select t.tenant_id from timers t where t.tenant_id > o.tenant_id
                         order by t.tenant_id limit 1)
                  from owners o where o.tenant_id is not null
            )
            select o.tenant_id from owners o
             cross join lateral (
                select from timers t where t.tenant_id = o.tenant_id and t.ready_at <= $1 limit 1) as ready
             where o.tenant_id is not null
             order by o.tenant_id limit $3",
        )
        .bind(now.to_sqlx())
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
                select r.tenant_id, r.kind, r.subject
                  from unnest($5::uuid[]) with ordinality as s(tenant_id, place)
                 cross join lateral (
                    select t.tenant_id, t.kind, t.subject from timers t
                     where t.tenant_id = s.tenant_id and t.ready_at <= $1
                     order by t.ready_at limit $6 for update skip locked) as r
                 order by s.place limit $2
            )
            update timers t set lease = $3, ready_at = greatest($4, t.due_at), attempts = t.attempts + 1
              from ready r
             where t.tenant_id = r.tenant_id and t.kind = r.kind and t.subject = r.subject
            returning t.tenant_id, t.kind, t.subject, t.due_at, t.attempts",
        )
        .bind(wanted.now.to_sqlx())
        .bind(wanted.limit)
        .bind(wanted.token)
        .bind(wanted.until.to_sqlx())
        .bind(sharers)
        .bind(share)
        .fetch_all(self.requests())
        .await?)
    }

    /// The instant at which the next timer may be claimed.
    pub async fn next_ready(&self) -> Result<Option<Timestamp>, Error> {
        let at: Option<jiff_sqlx::Timestamp> =
            sqlx::query_scalar("-- store::claim::next_ready\nselect min(ready_at) from timers")
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
