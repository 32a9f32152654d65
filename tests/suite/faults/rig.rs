//! The service and its PostgreSQL, in processes of their own that can be killed.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use support_engineer::clock::Clock;
use tokio::sync::MutexGuard;

use super::PATIENCE;
use super::load::Acknowledged;
use crate::harness::{Answer, Client, Place, Process};
use crate::worker::effects::number;

/// The admin key of the tenant that the service begins with.
pub(super) const ADMIN: &str = "se_faults_0123456789abcdefghijklmnop";
/// Between two looks at something that is not there yet.
const PAUSE: Duration = Duration::from_millis(20);
/// Repeats that are sent at once.
const REPEATS: usize = 16;

/// The way to the service, wherever it is served at the moment.
#[derive(Debug, Clone)]
pub(super) struct Line(Arc<Mutex<Client>>);

impl Line {
    /// The admin, at the present address.
    pub(super) fn client(&self) -> Client {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The processes. They take turns with those of other tests: each fault wants
/// the machine for itself.
#[derive(Debug)]
pub(super) struct Rig {
    place: Place,
    data_dir: PathBuf,
    variables: Vec<(String, String)>,
    process: Option<Process>,
    line: Line,
    _turn: MutexGuard<'static, ()>,
}

impl Rig {
    /// Starts the service with these settings; rates are not limited.
    pub(super) async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_anywhere(None, variables).await
    }

    /// The same with everything that it keeps in this folder.
    pub(super) async fn start_in(data_dir: PathBuf, variables: &[(&str, &str)]) -> Self {
        Self::start_anywhere(Some(data_dir), variables).await
    }

    async fn start_anywhere(data_dir: Option<PathBuf>, variables: &[(&str, &str)]) -> Self {
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let place = Place::new();
        let data_dir = data_dir.unwrap_or_else(|| place.join("desk"));
        let handoffs = place.join("handoffs").to_string_lossy().into_owned();
        let fixed = [
            ("SUPPORT__BOOTSTRAP__ADMIN_KEY", ADMIN),
            ("SUPPORT__LIMITS__ENABLED", "false"),
            ("SUPPORT__HANDOFF__DIRECTORY", handoffs.as_str()),
        ];
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables = fixed.iter().chain(variables).map(owned).collect();
        let line = Line(Arc::new(Mutex::new(Client::anonymous("http://127.0.0.1:1"))));
        let mut rig = Self { place, data_dir, variables, process: None, line, _turn: turn };
        rig.serve().await;
        rig
    }

    /// Starts the service, after the one before has ended.
    pub(super) async fn serve(&mut self) {
        self.process = None;
        let (data_dir, variables) = (self.data_dir.clone(), self.variables.clone());
        let begun = tokio::task::spawn_blocking(move || {
            let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
            Process::serve(&data_dir, &variables)
        });
        let process = begun.await.expect("the service starts");
        let client = process.client().with_key(ADMIN);
        *self.line.0.lock().unwrap_or_else(PoisonError::into_inner) = client;
        self.process = Some(process);
    }

    pub(super) fn process(&self) -> &Process {
        self.process.as_ref().expect("the service runs")
    }

    pub(super) fn line(&self) -> Line {
        self.line.clone()
    }

    /// The folder of the handoffs.
    pub(super) fn handoffs(&self) -> PathBuf {
        self.place.join("handoffs")
    }

    /// A connection as the owner of the database, once it accepts one.
    pub(super) async fn owner(&self) -> PgConnection {
        let password = fs::read_to_string(self.data_dir.join("password")).expect("the owner's password");
        let sockets = self.data_dir.join("run");
        let (password, sockets) = (password.trim(), sockets.display());
        let url = format!("postgres://support_owner:{password}@localhost/support?host={sockets}");
        let began = Clock::monotonic();
        loop {
            match PgConnection::connect(&url).await {
                Ok(connection) => return connection,
                Err(error) => assert!(began.elapsed() < PATIENCE, "the database stays away: {error}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Moves the clock of the service. PostgreSQL may be restarting.
    pub(super) async fn pass_to(&self, instant: &str) {
        let began = Clock::monotonic();
        loop {
            let moved = sqlx::query("update test_clock set now = $1::text::timestamptz")
                .bind(instant)
                .execute(&mut self.owner().await)
                .await;
            match moved {
                Ok(_) => return,
                Err(error) => assert!(began.elapsed() < PATIENCE, "the clock stands still: {error}"),
            }
        }
    }

    /// The PostgreSQL that runs, if one does.
    pub(super) fn postmaster(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.data_dir.join("data/postmaster.pid")).ok()?;
        Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
    }

    /// The processes that serve it.
    pub(super) fn backends(&self) -> Vec<Pid> {
        let Some(postmaster) = self.postmaster() else { return Vec::new() };
        let entries = fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| parent(*pid) == Some(postmaster.as_raw_nonzero().get()))
            .filter_map(Pid::from_raw)
            .collect()
    }

    /// Sends a signal to PostgreSQL and to all that serve it.
    pub(super) fn signal_database(&self, signal: Signal) {
        for pid in self.postmaster().into_iter().chain(self.backends()) {
            send(pid, signal);
        }
    }

    /// Waits for what `/readyz` is to say.
    pub(super) async fn until_readiness(&self, status: u16) -> Answer {
        let began = Clock::monotonic();
        loop {
            let answer = self.line.client().try_get("/readyz").await;
            if let Some(answer) = answer.filter(|answer| answer.status == status) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{status} does not come:\n{}", self.process().logged());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Memory of the service in KiB.
    pub(super) fn resident_kib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.process().pid().as_raw_nonzero());
        let status = fs::read_to_string(status).expect("the service runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    /// Panics unless what was acknowledged is there once, nothing else is, and
    /// histories and KPIs agree with it.
    pub(super) async fn expect_whole(&self, acknowledged: &Acknowledged) {
        self.until_readiness(200).await;
        let client = self.line.client();
        self.expect_listed(&client, acknowledged).await;
        for some in acknowledged.tickets.iter().collect::<Vec<_>>().chunks(REPEATS) {
            let repeats = some.iter().map(|(key, ticket)| {
                let client = client.with("idempotency-key", key);
                async move {
                    let again = client.post("/v1/tickets", &ticket.body).await.expect(201);
                    assert_eq!(again.header("idempotency-replayed"), "true", "{key}");
                    assert_eq!(again.id(), ticket.id, "{key}");
                }
            });
            futures_util::future::join_all(repeats).await;
        }
        let owner = &mut self.owner().await;
        let gaps = "select count(*) from tickets t where t.version <> (
            select count(*) from ticket_events e where e.tenant_id = t.tenant_id and e.ticket_id = t.id)";
        assert_eq!(number(owner, gaps).await, 0, "histories are whole");
        let orphans = "select count(*) from tickets t where not exists (
                select from requesters r where r.tenant_id = t.tenant_id and r.id = t.requester_id)
            or not exists (select from teams where teams.tenant_id = t.tenant_id and teams.slug = t.team)";
        assert_eq!(number(owner, orphans).await, 0, "requesters and teams are there");
        let found = client.get("/v1/kpis/verify").await.expect(200);
        assert_eq!(found.at("/agrees"), json!(true), "{}", found.shown());
        assert_eq!(found.at("/tickets"), json!(acknowledged.tickets.len()));
    }

    async fn expect_listed(&self, client: &Client, acknowledged: &Acknowledged) {
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = client.get(&format!("/v1/tickets?limit=100{cursor}")).await.expect(200);
            for ticket in page.at("/items").as_array().expect("items") {
                let text = |name: &str| ticket[name].as_str().expect("a text").to_owned();
                listed.push((text("subject"), text("id")));
            }
            match page.at("/next_cursor").as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        listed.sort();
        let expected: Vec<_> =
            acknowledged.tickets.iter().map(|(key, ticket)| (key.clone(), ticket.id.to_string())).collect();
        let lost: Vec<_> = expected.iter().filter(|one| listed.binary_search(one).is_err()).collect();
        assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
        let strange: Vec<_> = listed.iter().filter(|one| expected.binary_search(one).is_err()).collect();
        assert!(strange.is_empty(), "there and not acknowledged: {strange:?}");
        assert_eq!(listed.len(), expected.len(), "once each");
    }
}

/// Sends a signal to a process that may be gone already.
pub(super) fn send(pid: Pid, signal: Signal) {
    let _gone = kill_process(pid, signal);
}

fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}
