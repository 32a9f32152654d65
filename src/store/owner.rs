//! The install as a whole, seen by the role that owns the schema: for
//! migrations, bootstrap and the command line, never for requests.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::connect;
use super::error::Error;
use crate::domain::id::TenantId;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Names the lock of whoever migrates or bootstraps; any number that nobody
/// else on the database uses.
const INSTALL_LOCK: i64 = 0x7375_7070_6f72_7401;

/// One connection of the role that owns the schema. Dropped, it gives up
/// [`Owner::lock`] too.
pub struct Owner {
    pub(super) connection: PgConnection,
}

impl Owner {
    /// Connects by a URL with a role that may migrate.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server does not answer within 10 s, or is no primary.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let options = connect::options(url)?.application_name("support-engineer owner");
        let connecting = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            connect::expect_primary(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        let late = |_| sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        let connection = tokio::time::timeout(CONNECT, connecting).await.map_err(late)??;
        Ok(Self { connection })
    }

    /// Tries to become the one process that changes the install. `false`:
    /// another one is at it. Asked for again and again instead of waited for,
    /// because a statement that waits can stand in the way of the other's.
    pub async fn lock(&mut self) -> Result<bool, Error> {
        Ok(sqlx::query_scalar("-- store::owner::lock\nselect pg_try_advisory_lock($1)")
            .bind(INSTALL_LOCK)
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// Tries to become the one that makes the KPIs of a tenant anew, until the
    /// connection ends. `false`: another one is at it.
    pub async fn lock_kpis(&mut self, tenant: TenantId) -> Result<bool, Error> {
        Ok(sqlx::query_scalar(
            "-- store::owner::lock_kpis
            select pg_try_advisory_lock(hashtextextended('making kpis:' || $1::text, 0))",
        )
        .bind(tenant.uuid())
        .fetch_one(&mut self.connection)
        .await?)
    }

    /// Whether there is any tenant.
    pub async fn has_tenants(&mut self) -> Result<bool, Error> {
        Ok(sqlx::query_scalar("-- store::owner::has_tenants\nselect exists (select from tenants)")
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// The tenant of this slug.
    pub async fn lookup_tenant(&mut self, slug: &str) -> Result<Option<TenantId>, Error> {
        let id: Option<Uuid> = sqlx::query_scalar(
            "-- store::owner::lookup_tenant\nselect tenant_id from tenants where slug = $1",
        )
        .bind(slug)
        .fetch_optional(&mut self.connection)
        .await?;
        Ok(id.map(TenantId::new))
    }

    /// All tenants, with their slugs.
    pub async fn tenants(&mut self) -> Result<Vec<(TenantId, String)>, Error> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("-- store::owner::slugs\nselect tenant_id, slug from tenants order by tenant_id")
                .fetch_all(&mut self.connection)
                .await?;
        Ok(rows.into_iter().map(|(id, slug)| (TenantId::new(id), slug)).collect())
    }

    /// Has the planner look at the tables: for after many rows came at once.
    pub async fn analyze(&mut self) -> Result<(), Error> {
        sqlx::query("-- store::owner::analyze\nanalyze").execute(&mut self.connection).await?;
        Ok(())
    }

    /// The latest instant that anything of the install carries; `None` if it
    /// is empty. It looks into each tenant in turn, which is for tests.
    pub async fn latest_instant(&mut self) -> Result<Option<Timestamp>, Error> {
        let mut latest = self.latest_shared_instant().await?;
        let tenants: Vec<Uuid> =
            sqlx::query_scalar("-- store::owner::tenants\nselect tenant_id from tenants order by tenant_id")
                .fetch_all(&mut self.connection)
                .await?;
        for tenant in tenants {
            latest = latest.max(self.latest_ticket_instant(TenantId::new(tenant)).await?);
        }
        Ok(latest)
    }

    async fn latest_shared_instant(&mut self) -> Result<Option<Timestamp>, Error> {
        let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
            "-- store::owner::latest_shared_instant
            select greatest(
                (select max(created_at) from tenants),
                (select max(greatest(created_at, revoked_at)) from api_keys),
                (select max(now) from test_clock))",
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// Row-level security binds an owner who is no superuser as well.
    async fn latest_ticket_instant(&mut self, tenant: TenantId) -> Result<Option<Timestamp>, Error> {
        let opening = super::tenancy::opening(tenant, "read only");
        let mut transaction = self.connection.begin_with(opening).await?;
        let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar(
            "-- store::owner::latest_ticket_instant
            select max(updated_at) from tickets where tenant_id = $1",
        )
        .bind(tenant.uuid())
        .fetch_one(&mut *transaction)
        .await?;
        transaction.rollback().await?;
        Ok(at.map(jiff_sqlx::Timestamp::to_jiff))
    }

    /// Ends the connection, and with it the lock.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.connection.close().await?)
    }
}
