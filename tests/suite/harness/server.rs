//! The one PostgreSQL of the run.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support_engineer::embedded::{self, Server, Settings};
use tokio::sync::OnceCell;

use super::place::Place;

/// The role as which desks under test connect: it may become `support_app`
/// and has no right of its own.
const APP: &str = "suite_app";

/// Enough for desks of a hundred tests at once.
const CONNECTIONS: u16 = 800;

/// Waits until the run is over, however it ends, and until the server has
/// ended with it; then removes the directory.
const JANITOR: &str = r#"
read -r _
for try in 1 2 3 4 5 6 7 8 9 10; do [ -e "$1/data/data/postmaster.pid" ] || break; sleep 1; done
rm -rf "$1"
"#;

/// The server with what cleans up after it; neither is ever dropped.
#[derive(Debug)]
pub(super) struct Shared {
    server: Server,
    _janitor: Child,
}

static SHARED: OnceCell<Shared> = OnceCell::const_new();

/// The server, started on the first call.
pub(super) async fn shared() -> &'static Shared {
    SHARED.get_or_init(Shared::start).await
}

impl Shared {
    async fn start() -> Self {
        let place = Place::new();
        let janitor = janitor(place.path());
        let settings = Settings {
            data_dir: Some(place.join("data")),
            durable: false,
            max_connections: CONNECTIONS,
            ..Settings::default()
        };
        // From here on the janitor removes it.
        std::mem::forget(place);
        let server = embedded::start(&settings).await.expect("PostgreSQL is installed and starts");
        let shared = Self { server, _janitor: janitor };
        let role = format!("create role {APP} login noinherit password '{APP}'");
        shared.tell(&role).await;
        shared
    }

    /// Carries out one order as the superuser, in the server's own database.
    pub(super) async fn tell(&self, order: &str) {
        let mut connection = PgConnection::connect(self.server.url()).await.expect("the server accepts us");
        sqlx::raw_sql(AssertSqlSafe(order)).execute(&mut connection).await.expect("the order is carried out");
        connection.close().await.expect("a clean end");
    }

    /// The URL of a database, as the superuser that owns its schema.
    pub(super) fn owner_url(&self, database: &str) -> String {
        self.server.url().replace("/support?", &format!("/{database}?"))
    }

    /// The URL of a database, as the role that requests are served by.
    pub(super) fn app_url(&self, database: &str) -> String {
        self.url_of(APP, database)
    }

    /// The URL of a database, as a role whose password is its name.
    pub(super) fn url_of(&self, role: &str, database: &str) -> String {
        let url = self.owner_url(database);
        let (_, rest) = url.split_once('@').expect("the URL names a user");
        format!("postgres://{role}:{role}@{rest}")
    }

    /// Lets the role of requests become `support_app`, once that exists.
    pub(super) async fn admit_app(&self) {
        self.tell(&format!("grant support_app to {APP}")).await;
    }
}

/// Connects by a URL of this server.
pub(super) async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    PgConnection::connect_with(&options).await.expect("the server accepts us")
}

fn janitor(place: &Path) -> Child {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", JANITOR, "sh"]).arg(place);
    // In a group of its own, so that Ctrl-C does not end it before its work.
    shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("a shell")
}
