//! Bringing the schema up to date, and finding out whether the service can
//! work on a database at all.

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::connect::{self, Sessions, Settings};
use super::error::Error;
use super::owner::Owner;
use super::pooler;

/// The oldest PostgreSQL that will do.
const OLDEST: i32 = 15;

/// Why the service can't work on a database. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The server is too old.
    #[error("the server is PostgreSQL {found}; {OLDEST} or newer is needed")]
    OldServer {
        /// Its version in its own words.
        found: String,
    },
    /// A later version of the service was here.
    #[error("a newer support-engineer has migrated this database (migration {0} is unknown to this one)")]
    NewerSchema(i64),
    /// What was applied is not what this binary would apply.
    #[error("migration {0} was applied to this database with another text; restore the schema from a backup")]
    ChangedMigration(i64),
    /// The migrating role may not make the roles of the service, and they aren't there.
    #[error(
        "the database role {role} may not migrate ({detail}). Let a superuser run, less what is there:\n  \
         create role support_app nologin; create role support_worker nologin; create role support_search nologin;\n  \
         alter role support_app noinherit; revoke support_search from support_app; grant support_search to support_app;\n  \
         grant support_app, support_worker to {role};\n\
         and let {role} own the database, or grant it all on the schema public"
    )]
    MayNotMigrate {
        /// The role of `database.url`.
        role: String,
        /// What the server refused.
        detail: String,
    },
    /// A migration failed and was undone.
    #[error("migration {version} failed and was undone: {detail}")]
    FailedMigration {
        /// Its number; 0 for the table of migrations itself.
        version: i64,
        /// What the server said.
        detail: String,
    },
    /// The role for requests can't lower itself.
    #[error(
        "the database role {role} may not become support_app. Let a superuser run: grant support_app to {role}"
    )]
    MayNotLower {
        /// The role of `database.app_url`, or of `database.url`.
        role: String,
    },
    /// The role that should be bound by row-level security isn't.
    #[error(
        "the database role support_app or support_search passes row-level security, so tenants would not be kept \
         apart. Let a superuser run: alter role support_app nosuperuser nobypassrls; \
         alter role support_search nosuperuser nobypassrls"
    )]
    Unbound,
    /// Requests can't be searched for, or would be bound by the policy of searches.
    #[error(
        "the database role support_app may not become support_search, or inherits from it. Let a superuser run:\n  \
         alter role support_app noinherit; revoke support_search from support_app; grant support_search to support_app"
    )]
    NoSearcher,
    /// A pooler hands the transactions of one connection to different sessions.
    #[error(
        "the way to the database ({place}) shares sessions, as pgbouncer does with pool_mode transaction or \
         statement. Statements, settings and locks would be mixed up between requests. Set pool_mode = session \
         for this database and user in the pooler, or let database.url and database.app_url lead to PostgreSQL \
         itself; README tells when database.app_url may lead to such a pooler (database.pooler)"
    )]
    SharedSessions {
        /// Host and port of the way.
        place: String,
    },
    /// A pooler in transaction mode does not keep prepared statements.
    #[error(
        "the pooler of database.app_url mixes up or forgets prepared statements ({detail}). With database.pooler \
         = \"transaction\" it must be pgbouncer 1.21 or later with max_prepared_statements above 0; otherwise set \
         pool_mode = session in it and database.pooler = \"session\" here"
    )]
    ForgetfulPooler {
        /// What came of trying.
        detail: String,
    },
    /// With shared sessions the role must bring what the service can't set.
    #[error(
        "with database.pooler = \"transaction\" sessions of the role {role} must be lowered and bounded by \
         themselves. Let a superuser run:\n{orders}\nand have the pooler connect anew"
    )]
    NotLowered {
        /// The role of `database.app_url`.
        role: String,
        /// What gives its sessions what they need.
        orders: String,
    },
    /// Another process has held the install for too long.
    #[error(
        "another process has been preparing the database for {minutes} minutes; this one gives up waiting"
    )]
    Occupied {
        /// How long it was waited for.
        minutes: u64,
    },
    /// The database itself.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for Unfit {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Owner {
    /// Applies what has not been applied yet, each migration in a transaction
    /// of its own, and says how many that were. The caller holds
    /// [`Owner::lock`].
    pub async fn migrate(&mut self) -> Result<usize, Unfit> {
        expect_version(&mut self.connection).await?;
        let before = self.applied().await?;
        let mut migrator = sqlx::migrate!();
        // The lock of the install is held already, over more than the migrations.
        migrator.set_locking(false);
        if let Err(error) = migrator.run(&mut self.connection).await {
            return Err(self.explain(error).await);
        }
        Ok(self.applied().await?.saturating_sub(before))
    }

    /// How many migrations the database has.
    async fn applied(&mut self) -> Result<usize, Error> {
        let known: bool = sqlx::query_scalar(
            "-- store::migrate::is_known\nselect to_regclass('_sqlx_migrations') is not null",
        )
        .fetch_one(&mut self.connection)
        .await?;
        if !known {
            return Ok(0);
        }
        let applied: i64 = sqlx::query_scalar(
            "-- store::migrate::applied\nselect count(*) from _sqlx_migrations where success",
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(usize::try_from(applied).unwrap_or_default())
    }

    async fn explain(&mut self, error: MigrateError) -> Unfit {
        let (version, error) = match error {
            MigrateError::VersionMissing(version) => return Unfit::NewerSchema(version),
            MigrateError::VersionMismatch(version) => return Unfit::ChangedMigration(version),
            MigrateError::Execute(error) => (0, error),
            MigrateError::ExecuteMigration(error, version) => (version, error),
            other => return Unfit::FailedMigration { version: 0, detail: other.to_string() },
        };
        let forbidden = error.as_database_error().and_then(DatabaseError::code).as_deref() == Some("42501");
        let detail = error.to_string();
        match Error::from(error) {
            away @ Error::Unavailable(_) => Unfit::Store(away),
            _ if forbidden => match role(&mut self.connection).await {
                Ok(role) => Unfit::MayNotMigrate { role, detail },
                Err(_) => Unfit::FailedMigration { version, detail },
            },
            _ => Unfit::FailedMigration { version, detail },
        }
    }
}

/// Whether a pool with these settings would serve requests bound by row-level
/// security. Asked after the migrations, on a connection of its own.
pub async fn check(settings: &Settings) -> Result<(), Unfit> {
    let mut connection = PgConnection::connect_with(&connect::options(&settings.url)?).await?;
    connect::expect_primary(&mut connection).await?;
    expect_version(&mut connection).await?;
    match settings.sessions {
        Sessions::Own => lower(&mut connection, settings).await?,
        Sessions::Shared { .. } => pooler::expect_lowered(&mut connection, settings).await?,
    }
    let unbound: bool = sqlx::query_scalar(
        "-- store::migrate::is_unbound
        select bool_or(rolsuper or rolbypassrls) from pg_roles where rolname in (current_user, 'support_search')",
    )
    .fetch_one(&mut connection)
    .await?;
    let searches: bool = sqlx::query_scalar(
        "-- store::migrate::searches
        select exists (
            select from pg_roles r
             where r.rolname = 'support_search' and not pg_has_role(r.oid, 'usage')
               and pg_has_role(session_user, r.oid, case
                   when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end))",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    match (unbound, searches) {
        (true, _) => Err(Unfit::Unbound),
        (false, false) => Err(Unfit::NoSearcher),
        (false, true) => Ok(()),
    }
}

async fn lower(connection: &mut PgConnection, settings: &Settings) -> Result<(), Unfit> {
    let role = role(connection).await?;
    let lowered = sqlx::raw_sql(AssertSqlSafe(connect::lowering(settings))).execute(connection).await;
    lowered.map(drop).map_err(|error| {
        let refused = error.as_database_error().and_then(DatabaseError::code).as_deref() == Some("42501");
        if refused { Unfit::MayNotLower { role } } else { error.into() }
    })
}

async fn role(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("-- store::migrate::role\nselect current_user::text").fetch_one(connection).await
}

async fn expect_version(connection: &mut PgConnection) -> Result<(), Unfit> {
    let (number, found): (i32, String) = sqlx::query_as(
        "-- store::migrate::version
        select current_setting('server_version_num')::integer, current_setting('server_version')",
    )
    .fetch_one(connection)
    .await?;
    if number < OLDEST * 10_000 { Err(Unfit::OldServer { found }) } else { Ok(()) }
}
