//! An empty database on the server of the run, as an operator would prepare it.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Executor as _};

use super::server::{Shared, connect, shared};
use super::template::template;

/// The database, with an owner that is no superuser and may make no roles.
#[derive(Debug)]
pub(crate) struct EmptyDatabase {
    server: &'static Shared,
    /// The role that owns it; its password is its name.
    pub(crate) owner: String,
    pub(crate) owner_url: String,
    pub(crate) superuser_url: String,
}

impl EmptyDatabase {
    pub(crate) async fn make() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = shared().await;
        // The roles of the service belong to the whole server and come with the template.
        template().await;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (name, owner) = (format!("empty_{number}"), format!("owner_{number}"));
        server.tell(&format!("create role {owner} login password '{owner}'")).await;
        server.tell(&format!("create database {name} owner {owner}")).await;
        let superuser_url = server.owner_url(&name);
        let owner_url = server.url_of(&owner, &name);
        Self { server, owner, owner_url, superuser_url }
    }

    /// Makes the owner a member of these roles.
    pub(crate) async fn grant(&self, roles: &str) {
        self.server.tell(&format!("grant {roles} to {}", self.owner)).await;
    }

    /// Carries out an order in this database as the superuser.
    pub(crate) async fn tell(&self, order: &str) {
        let order = AssertSqlSafe(order);
        connect(&self.superuser_url).await.execute(order).await.expect("the order is carried out");
    }
}
