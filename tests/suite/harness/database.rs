//! A database of one desk's own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use support_engineer::domain::id::TenantId;

use super::server::{Shared, connect, shared};
use super::template::{Template, template};

/// Databases whose desks are gone. Whoever needs a new one removes them first,
/// because what is dropped can't wait for a server.
static LEFT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The database.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    server: &'static Shared,
    pub(super) template: &'static Template,
}

impl Database {
    /// A copy of the template.
    pub(super) async fn copy() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (server, template) = (shared().await, template().await);
        let left = std::mem::take(&mut *LEFT.lock().unwrap_or_else(PoisonError::into_inner));
        for name in left {
            server.tell(&format!("drop database {name} with (force)")).await;
        }
        let name = format!("desk_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.tell(&format!("create database {name} template {}", template.name)).await;
        Self { name, server, template }
    }

    /// Its URL for the superuser that owns the schema.
    pub(super) fn owner_url(&self) -> String {
        self.server.owner_url(&self.name)
    }

    /// Its URL for the role that requests are served by.
    pub(super) fn app_url(&self) -> String {
        self.server.app_url(&self.name)
    }

    /// A connection that row-level security does not bind, for inspections.
    pub(super) async fn superuser(&self) -> PgConnection {
        connect(&self.owner_url()).await
    }

    /// A connection as the service has it, in the name of a tenant or of none.
    pub(super) async fn app(&self, tenant: Option<TenantId>) -> PgConnection {
        let mut connection = connect(&self.app_url()).await;
        let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        let lower = format!("set role support_app; set app.tenant_id = '{tenant}'");
        connection.execute(AssertSqlSafe(lower)).await.expect("the role may lower itself");
        connection
    }

    /// Whether the database has room for sessions of the service; without, those
    /// that are open are cut off.
    pub(super) async fn admit(&self, open: bool) {
        let limit = if open { -1 } else { 0 };
        self.server.tell(&format!("alter database {} connection limit {limit}", self.name)).await;
        if !open {
            let sessions = format!("from pg_stat_activity where datname = '{}'", self.name);
            self.server.tell(&format!("select pg_terminate_backend(pid) {sessions}")).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        LEFT.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
    }
}
