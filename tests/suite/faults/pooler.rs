//! The service behind pgbouncer. `SUPPORT_SUITE_FAILOVER` asks for these tests.

use std::fs;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::json;
use support_engineer::clock::Clock;
use tokio::task::JoinSet;

use crate::harness::{
    Client, Daemon, EmptyDatabase, Place, Process, free_port, give, is_asked_for, run, ticket,
};

const PROGRAM: &str = "pgbouncer";
/// Names one of 1.21 or later, for what the one of the system may be too old for.
const NEWER: &str = "SUPPORT_SUITE_PGBOUNCER";
/// Who writes at once, so that sessions change hands, and how many tickets each.
const WRITERS: usize = 8;
const TICKETS: usize = 25;
/// What takes longer never comes.
const PATIENCE: Duration = Duration::from_mins(1);
/// As the desk opens on a Monday, and when its first tickets are late.
const MONDAY: &str = "2000-01-03T09:00:00Z";
const LATE: &str = "2000-01-03T12:00:00Z";
const ADMIN_KEY: &str = "an-admin-key-that-is-long-enough-for-this";

/// A database, and a pooler that leads to it.
struct Pooled {
    database: EmptyDatabase,
    place: Place,
    program: String,
    daemon: Daemon,
    /// The database by way of the pooler, for the role that owns it.
    url: String,
    /// The same for a role that serves requests and has no right yet.
    app_url: String,
}

impl Pooled {
    /// Begins to pool in this mode, with further lines of `pgbouncer.ini`.
    async fn start(program: &str, mode: &str, further: &str) -> Self {
        let (database, place, port) = (EmptyDatabase::make().await, Place::new(), free_port());
        database.grant("support_app, support_worker").await;
        let (owner, app) = (&database.owner, format!("{}_app", database.owner));
        database.tell(&format!("create role {app} login password '{app}'")).await;
        give(place.path());
        let (_, server) = database.owner_url.split_once("@localhost/").expect("a URL of the server");
        let (name, socket) = server.split_once("?host=").expect("a socket");
        let users = format!("\"{owner}\" \"{owner}\"\n\"{app}\" \"{app}\"\n");
        fs::write(place.join("users.txt"), users).expect("a file");
        let settings = format!(
            "[databases]\n{name} = host={socket} dbname={name}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n\
             auth_file = {}\npool_mode = {mode}\ndefault_pool_size = 60\n{further}\n",
            place.join("users.txt").display(),
        );
        fs::write(place.join("pgbouncer.ini"), settings).expect("a file");
        let [url, app_url] =
            [owner, &app].map(|role| format!("postgres://{role}:{role}@127.0.0.1:{port}/{name}"));
        let daemon = pool(&place, program);
        let pooled = Self { database, place, program: program.to_owned(), daemon, url, app_url };
        let began = Clock::monotonic();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "it does not listen:\n{}", pooled.daemon.logged());
            tokio::task::yield_now().await;
        }
        pooled
    }

    /// Kills the pooler, with what it has open at the server.
    fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Begins to pool again, on connections of its own.
    fn pool_again(&mut self) {
        self.kill();
        self.daemon = pool(&self.place, &self.program);
    }

    /// A service with these settings that looks for nothing without being told:
    /// what others do reaches it by a hint.
    fn serve(&self, variables: &[(&str, &str)]) -> Process {
        let handoffs = self.place.join("handoffs").to_string_lossy().into_owned();
        let fixed = [
            ("SUPPORT__BOOTSTRAP__ADMIN_KEY", ADMIN_KEY),
            ("SUPPORT__TEST__CLOCK", "true"),
            ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
            ("SUPPORT__WORKER__POLL_MS", "60000"),
            ("SUPPORT__HANDOFF__DIRECTORY", &handoffs),
        ];
        Process::serve(&self.place.join("none"), &[&fixed, variables].concat())
    }

    /// What becomes of a start with these settings.
    fn tried(&self, variables: &[(&str, &str)]) -> Output {
        run(&self.place.join("none"), variables, &["serve"])
    }
}

fn pool(place: &Place, program: &str) -> Daemon {
    Daemon::start(place.path(), "pgbouncer", program, &[&place.join("pgbouncer.ini").to_string_lossy()])
}

/// Panics unless a start was refused in these words.
fn expect_refused(output: &Output, words: &[&str]) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "it says {word:?}: {said}");
    }
    said
}

/// Opens a ticket, again and again: a machine that does much else may keep the
/// service busy for a while, and the key keeps what is sent twice from happening
/// twice.
async fn open(client: &Client, key: &str) -> String {
    let client = client.with("idempotency-key", key);
    loop {
        let answer = client.post("/v1/tickets", &ticket("How do I export?", "A question.")).await;
        if answer.status != 503 {
            return answer.expect(201).text("/id");
        }
    }
}

/// Panics unless two replicas do behind the pooler all that they do without it,
/// and are there again after it was away.
async fn expect_usual(pooled: &mut Pooled, replicas: &[Process; 2]) {
    let [here, there] = replicas.each_ref().map(|replica| replica.client().with_key(ADMIN_KEY));
    here.put("/test/clock", &json!({ "now": MONDAY })).await.expect(204);

    let feed = there.listen("/v1/events?after=latest").await;
    let mut feed = feed.unwrap_or_else(|refusal| panic!("{}", refusal.shown()));
    let first = open(&here, "first").await;
    let heard = feed.event().await.expect("the other replica is told of it").json();
    let told = (&heard["type"], &heard["data"]["ticket"]["id"]);
    assert_eq!(told, (&json!("ticket.created"), &json!(first)), "{heard}");
    assert_eq!(open(&there, "first").await, first, "the key keeps its ticket in the other replica");

    here.put("/test/clock", &json!({ "now": LATE })).await.expect(204);
    let late = there.get(&format!("/v1/tickets/{first}")).await.expect(200);
    assert_eq!(late.at("/sla/first_response/state"), "breached", "{}", late.shown());
    let verified = there.get("/v1/kpis/verify").await.expect(200);
    assert_eq!((verified.at("/agrees"), verified.at("/tickets")), (json!(true), json!(1)));

    let writing = (0..WRITERS).map(|writer| {
        let client = if writer % 2 == 0 { here.clone() } else { there.clone() };
        async move {
            for number in 0..TICKETS {
                open(&client, &format!("{writer}-{number}")).await;
            }
        }
    });
    let mut writers: JoinSet<()> = writing.collect();
    while let Some(written) = writers.join_next().await {
        written.expect("each ticket is taken");
    }
    let verified = there.get("/v1/kpis/verify").await.expect(200);
    assert_eq!(
        (verified.at("/agrees"), verified.at("/tickets")),
        (json!(true), json!(WRITERS * TICKETS + 1))
    );

    pooled.kill();
    here.get("/readyz").await.expect(503);
    here.post("/v1/tickets", &ticket("Too early", "No.")).await.expect_problem(503, "unavailable");
    pooled.pool_again();
    for client in [&here, &there] {
        let began = Clock::monotonic();
        while client.get("/readyz").await.status != 200 {
            assert!(began.elapsed() < PATIENCE, "it does not come back:\n{}", pooled.daemon.logged());
        }
        assert_eq!(open(client, "first").await, first);
    }
    assert_ne!(open(&there, "second").await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_session_mode_the_service_does_all_that_it_does_without_a_pooler() {
    if !is_asked_for(PROGRAM) {
        return;
    }
    let mut pooled = Pooled::start(PROGRAM, "session", "").await;
    let variables = [("SUPPORT__DATABASE__URL", pooled.url.as_str())];
    let replicas = [pooled.serve(&variables), pooled.serve(&variables)];
    expect_usual(&mut pooled, &replicas).await;
}

#[tokio::test]
async fn poolers_that_share_sessions_are_refused_before_anything_is_done() {
    if !is_asked_for(PROGRAM) {
        return;
    }
    let takes_turns = "server_round_robin = 1";
    for (mode, further) in [("transaction", ""), ("transaction", takes_turns), ("statement", "")] {
        let pooled = Pooled::start(PROGRAM, mode, further).await;
        let advice = ["shares sessions", "Set pool_mode = session"];
        expect_refused(&pooled.tried(&[("SUPPORT__DATABASE__URL", &pooled.url)]), &advice);
        let tables = "do $$ begin assert to_regclass('tickets') is null, 'something was done'; end $$";
        pooled.database.tell(tables).await;
        let direct = ("SUPPORT__DATABASE__URL", pooled.database.owner_url.as_str());
        let app = ("SUPPORT__DATABASE__APP_URL", pooled.app_url.as_str());
        expect_refused(&pooled.tried(&[direct, app]), &advice);
    }
}

#[tokio::test]
async fn an_old_pooler_is_refused_in_transaction_mode_whatever_the_settings_say() {
    if !is_asked_for(PROGRAM) {
        return;
    }
    let pooled = Pooled::start(PROGRAM, "transaction", "").await;
    let said = Command::new(PROGRAM).arg("--version").output().expect("it says its version");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let minor = said.split('.').nth(1).and_then(|minor| minor.parse().ok());
    if minor.is_none_or(|minor: u32| minor >= 21) {
        return println!("left out, because this one is not old: {said}");
    }
    let variables = [
        ("SUPPORT__DATABASE__URL", pooled.database.owner_url.as_str()),
        ("SUPPORT__DATABASE__APP_URL", &pooled.app_url),
        ("SUPPORT__DATABASE__POOLER", "transaction"),
    ];
    expect_refused(&pooled.tried(&variables), &["mixes up or forgets prepared statements", "1.21 or later"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_transaction_mode_a_pooler_that_keeps_statements_will_do() {
    let Ok(program) = std::env::var(NEWER) else {
        return println!("left out, because {NEWER} does not name a pgbouncer of 1.21 or later");
    };
    let mut pooled = Pooled::start(&program, "transaction", "max_prepared_statements = 200").await;
    let (direct, app_url) = (pooled.database.owner_url.clone(), pooled.app_url.clone());
    let variables = [
        ("SUPPORT__DATABASE__URL", direct.as_str()),
        ("SUPPORT__DATABASE__APP_URL", &app_url),
        ("SUPPORT__DATABASE__POOLER", "transaction"),
    ];
    let said = expect_refused(&pooled.tried(&variables), &["lowered and bounded by themselves"]);
    for order in said.lines().filter(|line| line.starts_with("  ")) {
        pooled.database.tell(order).await;
    }
    pooled.pool_again();
    let replicas = [pooled.serve(&variables), pooled.serve(&variables)];
    expect_usual(&mut pooled, &replicas).await;

    let forgets = Pooled::start(&program, "transaction", "max_prepared_statements = 0").await;
    let variables = [
        ("SUPPORT__DATABASE__URL", forgets.database.owner_url.as_str()),
        ("SUPPORT__DATABASE__APP_URL", &forgets.app_url),
        ("SUPPORT__DATABASE__POOLER", "transaction"),
    ];
    expect_refused(&forgets.tried(&variables), &["mixes up or forgets prepared statements"]);
}
