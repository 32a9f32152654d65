//! The desk under test, as a black box on a TCP port.

use std::fs;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
use support_engineer::app::means::means;
use support_engineer::app::service::{Doors, Service};
use support_engineer::app::{bootstrap, rulebook};
use support_engineer::config::Config;
use support_engineer::domain::id::TenantId;
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow;
use support_engineer::shutdown::{Ending, Shutdown};
use support_engineer::store::{Owner, Sessions, Settings};
use support_engineer::telemetry::Measures;

use super::client::Client;
use super::database::Database;
use super::place::Place;
use super::template::RULES;
use super::tenant::Tenant;
use super::wire::Wire;

/// A served desk. Everything of it ends with the test.
#[derive(Debug)]
pub(crate) struct Desk {
    database: Database,
    variables: Vec<(String, String)>,
    running: Option<Running>,
    /// Where files of its settings are.
    place: Option<Place>,
    /// Where it writes files.
    files: Place,
}

/// One process's worth of it.
#[derive(Debug)]
struct Running {
    service: Service,
    shutdown: Shutdown,
}

impl Desk {
    /// A desk with the tenant `home`, whose clock stands at 2000-01-01T00:00:00Z.
    /// Rates are not limited.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with settings, such as `("SUPPORT__HTTP__BODY_LIMIT_BYTES", "2048")`.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Self {
        let database = Database::copy().await;
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut variables: Vec<_> = variables.iter().map(owned).collect();
        let files = Place::new();
        let handoffs = files.join("handoffs").to_string_lossy().into_owned();
        variables.insert(0, ("SUPPORT__HANDOFF__DIRECTORY".to_owned(), handoffs));
        let reports = files.join("reports").to_string_lossy().into_owned();
        variables.insert(0, ("SUPPORT__HEALTH_REPORT__DIRECTORY".to_owned(), reports));
        let running = Some(Running::start(&database, &variables).await);
        Self { database, variables, running, place: None, files }
    }

    /// The same, which would send mail if a server were there.
    pub(crate) async fn start_mailing() -> Self {
        Self::start_mailing_with(&[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_mailing_with(further: &[(&str, &str)]) -> Self {
        let mut settings = vec![
            ("SUPPORT__MAIL__HOST", "127.0.0.1"),
            ("SUPPORT__MAIL__PORT", "1"),
            ("SUPPORT__MAIL__SECURITY", "none"),
            ("SUPPORT__MAIL__FROM_ADDRESS", "desk@support.example"),
        ];
        settings.extend(further);
        Self::start_with(&settings).await
    }

    /// The same under these policies, the text of a file such as `config/sla.toml`.
    pub(crate) async fn start_under(policies: &str) -> Self {
        let place = Place::new();
        let file = place.join("sla.toml");
        fs::write(&file, policies).expect("a file can be written");
        let mut desk = Self::start_with(&[("SUPPORT__RULES__SLA", &file.to_string_lossy())]).await;
        desk.place = Some(place);
        desk
    }

    /// A second desk on the same database, as a replica is.
    pub(crate) async fn replica(&self) -> Replica {
        Replica { running: Running::start(&self.database, &self.variables).await }
    }

    /// The desk itself, behind its doors and over connections of its own.
    pub(crate) async fn backstage(&self) -> flow::Desk {
        self.backstage_at(&self.database.app_url()).await
    }

    /// The same by another way to the database.
    pub(crate) async fn backstage_at(&self, url: &str) -> flow::Desk {
        let config = config(&self.database, &self.variables);
        let mut owner = Owner::connect(&self.database.owner_url()).await.expect("the owner connects");
        let settings = Settings { url: url.to_owned(), ..settings(&config) };
        let desk =
            bootstrap::open(&settings, &RULES, means(&config).expect("usable settings"), &mut owner, true)
                .await;
        owner.close().await.expect("a clean end");
        desk.expect("a desk on the database")
    }

    /// The URL of the database, for whoever serves.
    pub(crate) fn app_url(&self) -> String {
        self.database.app_url()
    }

    /// Stops it as a signal does, and says how that ended.
    pub(crate) async fn stop(&mut self) -> Ending {
        let Running { service, shutdown } = self.running.take().expect("the desk runs");
        shutdown.begin();
        service.finish().await
    }

    /// Stops it if it runs, and starts it anew on the same database; the
    /// address is another one.
    pub(crate) async fn restart(&mut self) {
        if self.running.is_some() {
            self.stop().await;
        }
        self.running = Some(Running::start(&self.database, &self.variables).await);
    }

    /// The same with one more setting.
    pub(crate) async fn restart_with(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
        self.restart().await;
    }

    /// The folder of its handoffs.
    pub(crate) fn handoffs(&self) -> std::path::PathBuf {
        self.files.join("handoffs")
    }

    /// Its address, without a path: `http://127.0.0.1:…`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("the desk runs").service.address()
    }

    /// Where `/metrics` is: `http://127.0.0.1:…`.
    pub(crate) fn metrics_url(&self) -> String {
        format!("http://{}", self.running.as_ref().expect("the desk runs").service.metrics_address())
    }

    /// Somebody without a key.
    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(&self.url())
    }

    /// Somebody of the tenant `home` with a key of this role, or an operator.
    pub(crate) fn as_role(&self, role: Role) -> Client {
        self.home().as_role(role)
    }

    /// The tenant that every desk has.
    pub(crate) fn home(&self) -> Tenant {
        let template = self.database.template;
        Tenant::known(template.tenant, template.secrets.clone(), self.anonymous())
    }

    /// Makes another tenant with a key of each role.
    pub(crate) async fn found_tenant(&self, slug: &str) -> Tenant {
        Tenant::found(slug, &self.as_role(Role::Operator), self.anonymous()).await
    }

    /// Moves the clock to an instant such as `2000-01-03T09:00:00Z`.
    pub(crate) async fn move_clock(&self, to: &str) {
        self.anonymous().put("/test/clock", &json!({ "now": to })).await.expect(204);
    }

    /// Moves the clock while nobody works: what falls due on the way waits.
    pub(crate) async fn pass_to(&self, to: &str) {
        sqlx::query("update test_clock set now = $1::text::timestamptz")
            .bind(to)
            .execute(&mut self.superuser().await)
            .await
            .expect("the clock moves");
    }

    /// Where the clock stands.
    pub(crate) async fn now(&self) -> Timestamp {
        let query = "select now from test_clock";
        let now: jiff_sqlx::Timestamp =
            sqlx::query_scalar(query).fetch_one(&mut self.superuser().await).await.expect("the clock stands");
        now.to_jiff()
    }

    /// A connection that row-level security does not bind, for inspections.
    pub(crate) async fn superuser(&self) -> PgConnection {
        self.database.superuser().await
    }

    /// A connection as the service has it, in the name of a tenant or of none.
    pub(crate) async fn app_connection(&self, tenant: Option<TenantId>) -> PgConnection {
        self.database.app(tenant).await
    }

    /// How a store of a test's own reaches the database, with a small pool.
    pub(crate) fn store_settings(&self) -> Settings {
        settings(&config(&self.database, &self.variables))
    }

    /// A way to the database on which answers are held up from the first
    /// statement on that holds `mark`.
    pub(crate) async fn wire_to_database(&self, mark: &'static str) -> Wire {
        Wire::lay(&self.database.app_url(), mark).await
    }

    /// The URL of the database, for whoever migrates it.
    pub(crate) fn owner_url(&self) -> String {
        self.database.owner_url()
    }

    /// Takes the database away from the desk, or gives it back.
    pub(crate) async fn admit_to_database(&self, open: bool) {
        self.database.admit(open).await;
    }
}

/// Another desk on a database that belongs to a [`Desk`].
#[derive(Debug)]
pub(crate) struct Replica {
    running: Running,
}

impl Replica {
    /// Somebody without a key.
    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(&format!("http://{}", self.running.service.address()))
    }
}

impl Running {
    async fn start(database: &Database, variables: &[(String, String)]) -> Self {
        let config = config(database, variables);
        let mut owner = Owner::connect(&database.owner_url()).await.expect("the owner connects");
        let rules = &config.rules;
        let files = [&rules.triage, &rules.escalation, &rules.ladders, &rules.sla, &rules.templates];
        let rules = if files.iter().any(|file| file.is_some()) {
            rulebook::load(&config.rules).expect("the rules of the test are usable")
        } else {
            RULES.clone()
        };
        let means = means(&config).expect("usable settings");
        let desk = bootstrap::open(&settings(&config), &rules, means, &mut owner, config.test.clock).await;
        let desk = desk.expect("a desk on the database");
        owner.close().await.expect("a clean end");
        let measures = Measures::install().expect("one recorder in the process");
        let shutdown = Shutdown::new(config.http.drain);
        let doors = Doors::open(&config).await.expect("free ports");
        let (settings, owner_url) = (settings(&config), database.owner_url());
        let service = Service::start(desk, &settings, &owner_url, doors, &config, measures, &shutdown)
            .expect("an interface");
        Self { service, shutdown }
    }
}

fn config(database: &Database, variables: &[(String, String)]) -> Config {
    let fixed = [
        ("SUPPORT__HTTP__LISTEN", "127.0.0.1:0".to_owned()),
        ("SUPPORT__METRICS__LISTEN", "127.0.0.1:0".to_owned()),
        ("SUPPORT__DATABASE__URL", database.owner_url()),
        ("SUPPORT__DATABASE__APP_URL", database.app_url()),
        // Many desks share one server.
        ("SUPPORT__DATABASE__MAX_CONNECTIONS", "4".to_owned()),
        ("SUPPORT__LIMITS__ENABLED", "false".to_owned()),
        ("SUPPORT__TEST__CLOCK", "true".to_owned()),
        ("SUPPORT__TEST__ALLOW_DATABASE", "true".to_owned()),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    Config::resolve(None, fixed.chain(variables.iter().cloned())).expect("the settings are usable")
}

fn settings(config: &Config) -> Settings {
    let database = &config.database;
    Settings {
        url: database.app_url.as_ref().expect("set above").expose().to_owned(),
        sessions: Sessions::Own,
        max_connections: database.max_connections,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        lock_timeout: database.lock_timeout,
        idle_in_transaction_timeout: database.idle_in_transaction_timeout,
    }
}
