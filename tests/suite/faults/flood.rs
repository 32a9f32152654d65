//! One tenant asks for more than there is; the others get their share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::Connection as _;
use support_engineer::clock::Clock;
use support_engineer::domain::vocabulary::Role;
use tokio::task::JoinSet;

use super::PATIENCE;
use super::rig::Rig;
use crate::harness::{Client, Tenant, ticket};

/// Connections of the tenant that floods.
const CONNECTIONS: usize = 128;
/// Its keys: tickets of one key share transactions, those of many do less.
const KEYS: usize = 16;
/// Tickets of the other tenant, one after the other.
const TICKETS: u32 = 10;

/// Less than anybody waits for a connection here: who is answered by then was
/// turned away at once.
const SOON: Duration = Duration::from_secs(30);

/// What the flood has got.
#[derive(Debug, Default)]
struct Flood {
    over: AtomicBool,
    answers: AtomicU64,
    shed: AtomicU64,
    /// Microseconds that all of them took together.
    took: AtomicU64,
}

impl Flood {
    /// Asks as fast as it can: half of the connections post, half list.
    async fn run(self: Arc<Self>, client: Client, posts: bool) {
        let body = ticket("Export fails", "Again.");
        while !self.over.load(Ordering::Relaxed) {
            let began = Clock::monotonic();
            let answer = if posts {
                client.try_post("/v1/tickets", &body).await
            } else {
                client.try_get("/v1/tickets?limit=20").await
            };
            let answer = answer.expect("an answer");
            if answer.status == 503 {
                assert!(!answer.header("retry-after").is_empty(), "{}", answer.shown());
                self.shed.fetch_add(1, Ordering::Relaxed);
            } else {
                assert!(matches!(answer.status, 200 | 201), "{}", answer.shown());
                let took = u64::try_from(began.elapsed().as_micros()).expect("a short time");
                self.took.fetch_add(took, Ordering::Relaxed);
                self.answers.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn until(&self, answers: u64) {
        let began = Clock::monotonic();
        while self.answers.load(Ordering::Relaxed) < answers {
            assert!(began.elapsed() < PATIENCE, "the flood comes: {self:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Somebody with each of so many keys of a tenant.
async fn callers(tenant: &Tenant, anonymous: &Client) -> Vec<Client> {
    let admin = tenant.as_role(Role::Admin);
    let mut callers = Vec::new();
    for number in 0..KEYS {
        let key = json!({ "role": "service", "name": format!("flood {number}") });
        callers.push(anonymous.with_key(&admin.post("/v1/keys", &key).await.expect(201).text("/key")));
    }
    callers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_little_is_served_before_who_asks_for_much() {
    let rig = Rig::start(&[("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "10000")]).await;
    let (operator, anonymous) = (rig.line().client(), rig.process().client());
    let large = Tenant::found("large", &operator, anonymous.clone()).await;
    let small = Tenant::found("small", &operator, anonymous.clone()).await;
    let callers = callers(&large, &anonymous).await;
    let service = small.as_role(Role::Service);
    // Connections are opened before there is a rush for them.
    let both = callers.iter().chain(std::iter::repeat_n(&service, KEYS));
    join_all(both.map(async |client| client.get("/v1/tickets").await.expect(200))).await;
    let (flood, mut flooding) = (Arc::new(Flood::default()), JoinSet::new());
    for number in 0..CONNECTIONS {
        let client = callers[number % KEYS].clone();
        flooding.spawn(Arc::clone(&flood).run(client, number % 2 == 0));
    }
    flood.until(200).await;
    let began = Clock::monotonic();
    for number in 0..TICKETS {
        service.post("/v1/tickets", &ticket(&format!("Small {number}"), "Only one.")).await.expect(201);
    }
    let ours = began.elapsed() / TICKETS;
    flood.over.store(true, Ordering::Relaxed);
    while let Some(ended) = flooding.join_next().await {
        ended.expect("the flood is answered");
    }
    let answers = flood.answers.load(Ordering::Relaxed);
    let theirs = Duration::from_micros(flood.took.load(Ordering::Relaxed) / answers);
    let shed = flood.shed.load(Ordering::Relaxed);
    println!("one at a time {ours:.1?}, of {CONNECTIONS} {theirs:.1?} ({answers} answers, {shed} shed)");
    assert!(ours * 2 < theirs, "{ours:.1?} beside {theirs:.1?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_holds_all_connections_and_too_many_are_turned_away_at_once() {
    let rig = Rig::start(&[
        ("SUPPORT__DATABASE__MAX_CONNECTIONS", "4"),
        ("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "60000"),
        ("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "100000"),
        ("SUPPORT__DATABASE__STATEMENT_TIMEOUT_MS", "100000"),
        ("SUPPORT__HTTP__REQUEST_TIMEOUT_SECONDS", "120"),
    ])
    .await;
    let large = rig.line().client();
    let small = Tenant::found("small", &large, rig.process().client()).await;
    let mut owner = rig.owner().await;
    let mut holding = owner.begin().await.expect("a transaction");
    sqlx::query("lock table tickets in access exclusive mode").execute(&mut *holding).await.expect("a lock");
    let mut asking = JoinSet::new();
    for _ in 0..2 * CONNECTIONS {
        let large = large.clone();
        asking.spawn(async move { large.get("/v1/tickets").await });
    }
    // Nobody who waits is answered, only who finds no place to wait.
    let shed = async {
        let mut shed = 0;
        while shed < CONNECTIONS / 2 {
            asking.join_next().await.expect("more").expect("an answer").expect_problem(503, "unavailable");
            shed += 1;
        }
        shed
    };
    let mut shed = tokio::time::timeout(SOON, shed).await.expect("too many are turned away at once");
    let teams = small.as_role(Role::Agent);
    let served = tokio::time::timeout(SOON, teams.get("/v1/teams")).await;
    served.expect("another tenant is served meanwhile").expect(200);
    holding.rollback().await.expect("it lets go");
    while let Some(answer) = asking.join_next().await {
        let answer = answer.expect("an answer");
        if answer.status == 503 {
            shed += 1;
        } else {
            answer.expect(200);
        }
    }
    println!("{shed} of {} were turned away", 2 * CONNECTIONS);
    assert!(shed < 2 * CONNECTIONS - 100, "{shed} is more than had to be");
}
