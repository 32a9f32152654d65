//! The database that all others are copied from: migrated, with the tenant
//! `home` and a key of each role.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use support_engineer::app::bootstrap;
use support_engineer::app::means::means;
use support_engineer::app::rulebook::{self, Loaded};
use support_engineer::config::{Bootstrap, Config, Secret};
use support_engineer::domain::id::{KeyId, TenantId};
use support_engineer::domain::key::Key;
use support_engineer::domain::reply::Reply;
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow::key::{CreateKey, Wanted, hash, hint, new_secret};
use support_engineer::flow::{Caller, Desk, Means};
use support_engineer::store::{Owner, Sessions, Settings, operator};
use tokio::sync::OnceCell;

use super::server::{Shared, shared};

/// The slug of the tenant that every desk has.
pub(super) const HOME: &str = "home";

/// The rules that are compiled in, read once for the run.
pub(super) static RULES: LazyLock<Loaded> = LazyLock::new(|| {
    let config = Config::resolve(None, Vec::<(String, String)>::new()).expect("the defaults are usable");
    rulebook::load(&config.rules).expect("the compiled-in rules are usable")
});

/// What is in the template.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) tenant: TenantId,
    /// Secrets by role, that of the operator included.
    pub(super) secrets: HashMap<Role, String>,
}

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();

/// The template, made on the first call.
pub(super) async fn template() -> &'static Template {
    TEMPLATE.get_or_init(|| async { Template::make(shared().await).await }).await
}

/// A name that changes with the migrations.
fn name() -> String {
    let migrator = sqlx::migrate!();
    let mut all = Sha256::new();
    for migration in migrator.iter() {
        all.update(&migration.checksum);
    }
    all.finalize().iter().take(8).fold("template_".to_owned(), |mut name, byte| {
        write!(name, "{byte:02x}").expect("text takes text");
        name
    })
}

/// The settings that nobody changed.
fn defaults() -> Means {
    let nothing: [(String, String); 0] = [];
    means(&Config::resolve(None, nothing).expect("the defaults are usable")).expect("usable settings")
}

impl Template {
    async fn make(server: &Shared) -> Self {
        let name = name();
        server.tell(&format!("create database {name}")).await;
        let mut owner = Owner::connect(&server.owner_url(&name)).await.expect("the owner connects");
        assert!(owner.lock().await.expect("an answer"), "nobody else makes the template");
        owner.migrate().await.expect("the migrations run");
        server.admit_app().await;

        let settings = settings(server.app_url(&name));
        let desk = bootstrap::open(&settings, &RULES, defaults(), &mut owner, true)
            .await
            .expect("a desk on the template");
        let admin = new_secret();
        let first = Bootstrap { tenant: HOME.to_owned(), admin_key: Some(Secret::new(admin.clone())) };
        bootstrap::found(&desk, &mut owner, &first).await.expect("the tenant is made");
        let tenant = owner.lookup_tenant(HOME).await.expect("an answer").expect("the tenant is there");

        let mut secrets = HashMap::from([(Role::Admin, admin)]);
        for role in [Role::Form, Role::Service, Role::Dashboard, Role::Agent, Role::Lead] {
            secrets.insert(role, issue(&desk, tenant, role).await);
        }
        secrets.insert(Role::Operator, operator_key(&desk, &mut owner).await);
        owner.close().await.expect("a clean end");
        // A database that somebody is connected to can't be copied.
        desk.store().close(Duration::from_secs(10)).await;
        Self { name, tenant, secrets }
    }
}

async fn issue(desk: &Desk, tenant: TenantId, role: Role) -> String {
    let secret = new_secret();
    let wanted = Wanted {
        role,
        name: role.to_string(),
        agent: None,
        expires_at: None,
        origins: Vec::new(),
        secret: Some(secret.clone()),
        creates_tenants: false,
    };
    let caller = Caller { tenant, key: KeyId::new(tenant.uuid()), role: Role::Admin, agent: None };
    let reply = Reply { status: 201, location: None, etag: None, body: Vec::new() };
    let made = desk.execute(&caller, None, &CreateKey(wanted), |_| Ok(reply.clone())).await;
    made.expect("the key is made");
    secret
}

async fn operator_key(desk: &Desk, owner: &mut Owner) -> String {
    let secret = new_secret();
    let key = Key {
        id: KeyId::new(desk.clock().new_id()),
        role: Role::Operator,
        name: "operator".to_owned(),
        hint: hint(&secret),
        agent: None,
        origins: Vec::new(),
        creates_tenants: true,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
    };
    operator::insert(owner, &key, &hash(&secret)).await.expect("the operator key is made");
    secret
}

/// A small pool, because many desks share one server.
fn settings(url: String) -> Settings {
    let patience = Duration::from_secs(10);
    Settings {
        url,
        sessions: Sessions::Own,
        max_connections: 4,
        acquire_timeout: patience,
        statement_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
    }
}
