//! The service on a PostgreSQL of its own, with tenants.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use support_engineer::app::database::{self, Sharing};
use support_engineer::app::means::means;
use support_engineer::app::service::{Doors, Service};
use support_engineer::app::{bootstrap, rulebook};
use support_engineer::config::Config;
use support_engineer::embedded::{self, Server, Settings};
use support_engineer::shutdown::Shutdown;
use support_engineer::telemetry::Measures;
use uuid::Uuid;

/// Timers that the worker works on at once, as its settings come.
pub(crate) const HANDS: u32 = 8;
/// The admin key of the first tenant, which makes the others.
const KEY: &str = "a-key-for-benches-that-nobody-else-has";
/// How often it is looked whether everything is done.
const LOOK: Duration = Duration::from_millis(20);

/// A tenant and an agent's key of it.
struct Tenant {
    id: Uuid,
    key: String,
}

/// The place.
pub(crate) struct Place {
    directory: PathBuf,
    server: Server,
    superuser: PgConnection,
    tenants: Vec<Tenant>,
    measures: Measures,
}

/// The running service.
pub(crate) struct Running {
    service: Service,
    shutdown: Shutdown,
    measures: Measures,
    /// What had been done before it was started.
    done: u32,
}

impl Place {
    /// Starts PostgreSQL and founds tenants, the large one first.
    pub(crate) async fn make(tenants: usize) -> Self {
        let directory = std::env::temp_dir().join(format!("se-timers-{}", std::process::id()));
        DirBuilder::new().mode(0o755).create(&directory).expect("a directory for temporary files");
        let settings = Settings { data_dir: Some(directory.join("data")), ..Settings::default() };
        let server = embedded::start(&settings).await.expect("PostgreSQL is installed and starts");
        // The service makes the schema.
        let superuser = PgConnection::connect(server.url()).await.expect("the server accepts us");
        let measures = Measures::install().expect("nothing else collects");
        let mut place = Self { directory, server, superuser, tenants: Vec::new(), measures };
        place.found(tenants).await;
        place
    }

    async fn found(&mut self, tenants: usize) {
        let service = self.serve_by_hand().await;
        for number in 0..tenants {
            let slug = format!("tenant-{number}");
            let made = service.call("POST", "/v1/tenants", KEY, &json!({ "slug": slug, "name": slug })).await;
            let id = made["id"].as_str().expect("an id").parse().expect("a UUID");
            let admin = made["key"].as_str().expect("a key");
            let wanted = json!({ "role": "agent", "name": "bench" });
            let key = service.call("POST", "/v1/keys", admin, &wanted).await;
            let key = key["key"].as_str().expect("a key").to_owned();
            self.tenants.push(Tenant { id, key });
        }
        service.stop().await;
    }

    /// Starts the service with its default settings, without limits of rate.
    pub(crate) async fn serve(&self) -> Running {
        self.serve_with(&[]).await
    }

    /// The same on a clock moved by hand.
    pub(crate) async fn serve_by_hand(&self) -> Running {
        self.serve_with(&[("SUPPORT__TEST__CLOCK", "true"), ("SUPPORT__TEST__ALLOW_DATABASE", "true")]).await
    }

    async fn serve_with(&self, variables: &[(&str, &str)]) -> Running {
        let files = self.file("handoffs").to_string_lossy().into_owned();
        let mut all = vec![
            ("SUPPORT__DATABASE__URL", self.server.url()),
            ("SUPPORT__HTTP__LISTEN", "127.0.0.1:0"),
            ("SUPPORT__METRICS__LISTEN", "127.0.0.1:0"),
            ("SUPPORT__BOOTSTRAP__ADMIN_KEY", KEY),
            ("SUPPORT__LIMITS__ENABLED", "false"),
            ("SUPPORT__HANDOFF__DIRECTORY", &files),
        ];
        all.extend_from_slice(variables);
        let config = Config::resolve(None, all).expect("usable settings");
        let loaded = rulebook::load(&config.rules).expect("usable rules");
        let doors = Doors::open(&config).await.expect("free addresses");
        let found = database::Place::find(&config.database, Sharing::Alone).await.expect("a database");
        let mut owner = found.prepare(&config.database).await.expect("it is migrated");
        let settings = found.settings(&config.database);
        let by_hand = config.test.clock;
        let means = means(&config).expect("usable settings");
        let desk = bootstrap::open(&settings, &loaded, means, &mut owner, by_hand).await.expect("a desk");
        bootstrap::found(&desk, &mut owner, &config.bootstrap).await.expect("a tenant");
        owner.close().await.expect("a clean end");
        let (shutdown, measures) = (Shutdown::new(config.http.drain), self.measures.clone());
        let done = done(&measures);
        let service =
            Service::start(desk, &settings, found.owner_url(), doors, &config, measures.clone(), &shutdown);
        Running { service: service.expect("it serves"), shutdown, measures, done }
    }

    /// A connection that row-level security does not bind.
    pub(crate) fn superuser(&mut self) -> &mut PgConnection {
        &mut self.superuser
    }

    /// Which tenant it is; the large one is the first.
    pub(crate) fn tenant(&self, number: usize) -> Uuid {
        self.tenants[number].id
    }

    /// The key of an agent of it.
    pub(crate) fn key(&self, number: usize) -> &str {
        &self.tenants[number].key
    }

    /// How many there are.
    pub(crate) fn tenants(&self) -> usize {
        self.tenants.len()
    }

    /// How a superuser connects.
    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// A file of this name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A program that came with the server.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let postgres = fs::read_to_string(self.server.data_dir().join("data/postmaster.opts"));
        let postgres = postgres.expect("the server wrote how it was started");
        let postgres = postgres.split_whitespace().next().expect("its program");
        Path::new(postgres.trim_matches('"')).with_file_name(name)
    }

    /// Ends the server and removes its data.
    pub(crate) async fn end(self) {
        drop(self.superuser);
        self.server.stop().await.expect("a clean end");
        fs::remove_dir_all(&self.directory).expect("the directory goes");
    }
}

impl Running {
    /// Calls an operation.
    pub(crate) async fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> Value {
        let http = reqwest::Client::builder().tls_certs_only([]).pool_max_idle_per_host(0).no_proxy();
        let http = http.build().expect("a client");
        let method = method.parse().expect("a method");
        let request = http.request(method, format!("http://{}{path}", self.service.address()));
        let answer = request.bearer_auth(key).json(body).send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Moves the clock; everything due on the way is done when it returns.
    pub(crate) async fn move_clock(&self, to: Timestamp) {
        self.call("PUT", "/test/clock", KEY, &json!({ "now": to })).await;
    }

    /// Ends when so many timers are done since the start.
    pub(crate) async fn finish(&self, timers: u32) {
        while done(&self.measures) - self.done < timers {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Stops it as a signal does.
    pub(crate) async fn stop(self) {
        self.shutdown.begin();
        self.service.finish().await;
    }
}

/// How many timers about tickets this process has done.
fn done(measures: &Measures) -> u32 {
    const SERIES: &str = "worker_timers_total{kind=\"ticket\",outcome=\"done\"} ";
    let rendered = measures.render();
    let line = rendered.lines().find_map(|line| line.strip_prefix(SERIES));
    line.map_or(0, |number| number.parse().expect("a number"))
}
