//! Two PostgreSQL servers, of which Patroni makes one the primary and the other its
//! synchronous standby, and a proxy that leads to whichever is the primary.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support_engineer::clock::Clock;

use crate::harness::{Daemon, Place, free_port, give};

/// What takes longer never comes.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at what is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// One of the two servers.
struct Node {
    name: &'static str,
    patroni: Daemon,
    /// Where Patroni answers.
    rest: u16,
    /// Where PostgreSQL answers.
    port: u16,
    data: PathBuf,
}

/// All of it. Everything is killed when it is dropped.
pub(super) struct Cluster {
    nodes: [Node; 2],
    proxy: Daemon,
    proxy_port: u16,
    http: reqwest::Client,
    _etcd: Daemon,
    // The last one: everybody works in it.
    _place: Place,
}

impl Cluster {
    /// Starts it, and waits until the proxy leads to a primary that has a
    /// synchronous standby. The database `support` belongs to the role `desk`.
    pub(super) async fn start() -> Self {
        let place = Place::new();
        give(place.path());
        let (etcd_port, peers) = (free_port(), free_port());
        let etcd = etcd(place.path(), etcd_port, peers);
        let nodes = ["n1", "n2"].map(|name| Node::start(place.path(), name, etcd_port));
        let proxy_port = free_port();
        let proxy = proxy(place.path(), proxy_port, &nodes);
        let http = reqwest::Client::builder().tls_certs_only([]).pool_max_idle_per_host(0).no_proxy().build();
        let http = http.expect("a client");
        let cluster = Self { nodes, proxy, proxy_port, http, _etcd: etcd, _place: place };
        cluster.settle().await;
        let mut primary = cluster.primary().await;
        for order in ["create role desk login createrole", "create database support owner desk"] {
            sqlx::raw_sql(AssertSqlSafe(order))
                .execute(&mut primary)
                .await
                .expect("the order is carried out");
        }
        cluster
    }

    /// The way of the service to the database.
    pub(super) fn url(&self) -> String {
        format!("postgres://desk@127.0.0.1:{}/support", self.proxy_port)
    }

    /// The same past the proxy, to the server that is no primary.
    pub(super) async fn standby_url(&self) -> String {
        let primary = self.leader().await.expect("a primary");
        format!("postgres://desk@127.0.0.1:{}/support", self.nodes[1 - primary].port)
    }

    /// A connection of the superuser to `support`, or to what is there before it,
    /// by way of the proxy.
    pub(super) async fn primary(&self) -> PgConnection {
        let url = |database| format!("postgres://postgres@127.0.0.1:{}/{database}", self.proxy_port);
        match PgConnection::connect(&url("support")).await {
            Ok(connection) => connection,
            Err(_) => PgConnection::connect(&url("postgres")).await.expect("the primary accepts us"),
        }
    }

    /// Waits until there is a primary with a synchronous standby behind the proxy.
    pub(super) async fn settle(&self) {
        let began = Clock::monotonic();
        loop {
            let standbys = match self.leader().await {
                Some(primary) => self.status(1 - primary, "synchronous").await,
                None => 0,
            };
            let url = format!("postgres://postgres@127.0.0.1:{}/postgres", self.proxy_port);
            if standbys == 200 && PgConnection::connect(&url).await.is_ok() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it does not settle:\n{}", self.logged());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Kills the primary together with what watches over it, and says which it was.
    pub(super) async fn kill_primary(&mut self) -> usize {
        let primary = self.leader().await.expect("a primary");
        self.nodes[primary].kill();
        primary
    }

    /// Has the standby take over in good order.
    pub(super) async fn switch_over(&self) -> usize {
        let primary = self.leader().await.expect("a primary");
        let order = json!({ "leader": self.nodes[primary].name, "candidate": self.nodes[1 - primary].name });
        let url = format!("http://127.0.0.1:{}/switchover", self.nodes[primary].rest);
        let answer = self.http.post(url).json(&order).send().await.expect("Patroni answers");
        assert!(answer.status().is_success(), "{answer:?}\n{}", self.logged());
        primary
    }

    /// Waits until another server than this one is the primary.
    pub(super) async fn succeed(&self, before: usize) {
        let began = Clock::monotonic();
        while self.leader().await != Some(1 - before) {
            assert!(began.elapsed() < PATIENCE, "nobody succeeds:\n{}", self.logged());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Which server says that it is the primary.
    async fn leader(&self) -> Option<usize> {
        for node in 0..self.nodes.len() {
            if self.status(node, "primary").await == 200 {
                return Some(node);
            }
        }
        None
    }

    /// What Patroni answers to the question whether a server is this; 0: nothing.
    async fn status(&self, node: usize, question: &str) -> u16 {
        let url = format!("http://127.0.0.1:{}/{question}", self.nodes[node].rest);
        let asked = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
        asked.map_or(0, |answer| answer.status().as_u16())
    }

    fn logged(&self) -> String {
        let [one, other] = &self.nodes;
        format!("{}\n{}\n{}", self.proxy.logged(), one.patroni.logged(), other.patroni.logged())
    }
}

impl Node {
    fn start(place: &Path, name: &'static str, etcd_port: u16) -> Self {
        let (rest, port, data) = (free_port(), free_port(), place.join(name));
        let (here, data_dir) = (place.to_string_lossy(), data.to_string_lossy());
        // Short times, so that a failover takes a fraction of the usual minute.
        let settings = json!({
            "scope": "desk", "name": name,
            "restapi": { "listen": format!("127.0.0.1:{rest}"), "connect_address": format!("127.0.0.1:{rest}") },
            "etcd3": { "hosts": [format!("127.0.0.1:{etcd_port}")] },
            "bootstrap": {
                "dcs": {
                    "ttl": 20, "loop_wait": 3, "retry_timeout": 5, "synchronous_mode": true,
                    "postgresql": { "use_pg_rewind": true, "parameters": { "max_connections": 100 } },
                },
                "initdb": [{ "encoding": "UTF8" }, "data-checksums"],
                "pg_hba": [
                    "local all all trust", "host all all 127.0.0.1/32 trust",
                    "host replication all 127.0.0.1/32 trust",
                ],
            },
            "postgresql": {
                "listen": format!("127.0.0.1:{port}"), "connect_address": format!("127.0.0.1:{port}"),
                "data_dir": data_dir, "bin_dir": programs(), "pgpass": format!("{here}/{name}.pgpass"),
                "authentication": {
                    "superuser": { "username": "postgres", "password": "postgres" },
                    "replication": { "username": "replica", "password": "replica" },
                },
                "parameters": { "unix_socket_directories": here },
            },
        });
        let file = place.join(format!("{name}.yml"));
        // JSON is YAML, too.
        fs::write(&file, settings.to_string()).expect("a file");
        let patroni = Daemon::start(place, name, "patroni", &[&file.to_string_lossy()]);
        Self { name, patroni, rest, port, data }
    }

    /// Kills Patroni first: it would start its server again.
    fn kill(&mut self) {
        self.patroni.kill();
        let state = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        let server = state.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw);
        if let Some(server) = server {
            // It may have been faster and be gone.
            let _ = kill_process(server, Signal::KILL);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where the newest PostgreSQL of Debian has its programs.
fn programs() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL of Debian's packages");
    let versions = installed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.max().expect("PostgreSQL of Debian's packages");
    Path::new("/usr/lib/postgresql").join(newest.to_string()).join("bin")
}

fn etcd(place: &Path, port: u16, peers: u16) -> Daemon {
    let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
    let arguments = [
        "--name=desk".to_owned(),
        format!("--data-dir={}", place.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=desk={peer}"),
    ];
    Daemon::start(place, "etcd", "etcd", &arguments.each_ref().map(String::as_str))
}

fn proxy(place: &Path, port: u16, nodes: &[Node; 2]) -> Daemon {
    let servers = nodes
        .each_ref()
        .map(|node| format!("  server {} 127.0.0.1:{} check port {}\n", node.name, node.port, node.rest));
    let settings = format!(
        "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1h\n  timeout server 1h\n\
         frontend way\n  bind 127.0.0.1:{port}\n  default_backend servers\n\
         backend servers\n  option httpchk GET /primary\n  http-check expect status 200\n  \
         default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions\n{}",
        servers.concat()
    );
    let file = place.join("haproxy.cfg");
    fs::write(&file, settings).expect("a file");
    Daemon::start(place, "haproxy", "haproxy", &["-db", "-f", &file.to_string_lossy()])
}
