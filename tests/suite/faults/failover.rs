//! A primary that dies, and one that steps down, under two replicas of the service.
//! `SUPPORT_SUITE_FAILOVER` asks for these tests; they need Patroni, etcd and haproxy.

mod cluster;
mod load;

use std::fs;
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use support_engineer::clock::Clock;
use support_engineer::domain::id::TenantId;
use support_engineer::store::{Error, Owner, Sessions, Settings, Store};
use uuid::Uuid;

use crate::harness::{Place, Process, is_asked_for, run};
use cluster::Cluster;
use load::{Doors, Load, Outcome};

const PROGRAMS: &str = "patroni, etcd, haproxy";
const ADMIN_KEY: &str = "an-admin-key-that-is-long-enough-for-this";
/// Tickets that come in before what happens to the primary, and after it.
const TICKETS: usize = 150;
/// What is not worked off by then never will be.
const PATIENCE: Duration = Duration::from_mins(2);
/// Steps that a ticket climbs by itself, some of them while there is no primary.
const STEPS: i64 = 4;
const NOBODY: TenantId = TenantId::new(Uuid::nil());
const LADDERS: &str = r#"
[[policies]]
key = "quick"
version = 1
name = "Quick"
[[policies.ladders]]
trigger = { on = "priority_one" }
[[policies.ladders.levels]]
actions = ["notify"]
to = [{ kind = "queue" }]
[[policies.ladders.levels]]
delay_seconds = 2
actions = ["notify"]
to = [{ kind = "queue" }]
[[policies.ladders.levels]]
delay_seconds = 5
actions = ["page"]
to = [{ kind = "queue" }]
[[policies.ladders.levels]]
delay_seconds = 12
actions = ["page"]
to = [{ kind = "queue" }]
"#;

/// A replica of the service in a process of its own.
fn replica(place: &Place, url: &str) -> Process {
    let [handoffs, ladders] = ["handoffs", "ladders.toml"].map(|name| place.join(name));
    fs::write(&ladders, LADDERS).expect("a file");
    let variables = [
        ("SUPPORT__DATABASE__URL", url),
        ("SUPPORT__BOOTSTRAP__ADMIN_KEY", ADMIN_KEY),
        ("SUPPORT__LIMITS__ENABLED", "false"),
        ("SUPPORT__RULES__LADDERS", &ladders.to_string_lossy()),
        ("SUPPORT__HANDOFF__DIRECTORY", &handoffs.to_string_lossy()),
        ("SUPPORT__WORKER__LEASE_SECONDS", "15"),
    ];
    Process::serve(&place.join("none"), &variables)
}

async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.expect("a number")
}

/// Panics unless each acknowledged ticket is there exactly once, whole, and again
/// what each key is answered.
async fn expect_kept(primary: &mut PgConnection, doors: &Doors, outcome: &Outcome) {
    let twice = "select count(*) - count(distinct subject) from tickets";
    assert_eq!(number(primary, twice).await, 0, "no ticket is there twice");
    let there = usize::try_from(number(primary, "select count(*) from tickets").await).expect("a number");
    assert_eq!(there, outcome.acknowledged.len(), "what is there was acknowledged, in the end");
    for (place, (key, id)) in outcome.acknowledged.iter().enumerate() {
        let said = doors.post(place % 2, key).await.expect("an answer");
        assert_eq!(said.ticket(), Some(*id), "{key} is answered otherwise: {said:?}");
    }
    let again = usize::try_from(number(primary, "select count(*) from tickets").await).expect("a number");
    assert_eq!(again, there, "a repetition makes no ticket");
    let gaps = "select count(*) from tickets t where t.version <> (
        select count(*) from ticket_events e where e.tenant_id = t.tenant_id and e.ticket_id = t.id)";
    assert_eq!(number(primary, gaps).await, 0, "histories are whole");
    let clocks = "select count(*) from tickets t where 2 <> (select count(*) from sla_clocks c
        where c.tenant_id = t.tenant_id and c.ticket_id = t.id and c.metric in ('first_response', 'resolution'))";
    assert_eq!(number(primary, clocks).await, 0, "each ticket has its clocks");
}

/// Waits until what was planned is done, and panics unless it was done once.
async fn expect_climbed(primary: &mut PgConnection, replicas: &[Process; 2], tickets: usize) {
    let began = Clock::monotonic();
    let planned = "select count(*) from ladder_plans, jsonb_array_elements(items) as item
        where item->>'state' = 'planned'";
    while number(primary, planned).await > 0 {
        assert!(began.elapsed() < PATIENCE, "it is not worked off:\n{}", replicas[0].logged());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("ladders were climbed {:.1} s after the last ticket", began.elapsed().as_secs_f64());
    let steps = "select count(*) from ticket_events where kind = 'ladder_step'";
    let expected = STEPS * i64::try_from(tickets).expect("a small number");
    assert_eq!(number(primary, steps).await, expected, "each step was taken");
    let twice = "select count(*) from (select from ticket_events where kind = 'ladder_step'
        group by ticket_id, data->'policy', data->'version', data->'trigger', data->'cycle', data->'level',
                 data->'repeat', data->'action' having count(*) > 1) as s";
    assert_eq!(number(primary, twice).await, 0, "no step was taken twice");
}

/// What the test is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Killed,
    SwitchedOver,
}

/// Lets it happen to the primary while clients post, and panics unless the service
/// comes through it.
async fn survive(fate: Fate) {
    let mut cluster = Cluster::start().await;
    let place = Place::new();
    let replicas = [replica(&place, &cluster.url()), replica(&place, &cluster.url())];
    let addresses = replicas.each_ref().map(|replica| format!("http://{}", replica.address()));
    let doors = Doors::new(addresses, ADMIN_KEY);
    let load = Load::begin(&doors);
    load.pass(TICKETS).await;
    let since = Clock::monotonic();
    let before = match fate {
        Fate::Killed => cluster.kill_primary().await,
        Fate::SwitchedOver => cluster.switch_over().await,
    };
    // One that starts while there is no primary waits for the next one.
    let late = tokio::task::spawn_blocking({
        let (url, place) = (cluster.url(), Place::new());
        move || drop(replica(&place, &url))
    });
    cluster.succeed(before).await;
    let succeeded = since.elapsed();
    load.pass(TICKETS).await;
    late.await.expect("a replica that starts meanwhile comes up");
    let outcome = load.stop().await;
    println!(
        "{fate:?}: another primary after {:.1} s; no write was acknowledged for {:.1} s; {} tickets \
         acknowledged, {} of them after; answers {:?}; the slowest refusal took {:.1} s",
        succeeded.as_secs_f64(),
        outcome.longest_silence(since).as_secs_f64(),
        outcome.acknowledged.len(),
        outcome.acknowledged_since(since),
        outcome.answers,
        outcome.slowest_refusal.as_secs_f64(),
    );
    assert!(outcome.strange.is_empty(), "strange answers: {:#?}", outcome.strange);

    let mut primary = cluster.primary().await;
    expect_kept(&mut primary, &doors, &outcome).await;
    expect_climbed(&mut primary, &replicas, outcome.acknowledged.len()).await;
    for replica in &replicas {
        let client = replica.client().with_key(ADMIN_KEY);
        client.get("/readyz").await.expect(200);
        let verified = client.get("/v1/kpis/verify").await.expect(200);
        assert_eq!((verified.at("/agrees"), verified.at("/differences")), (json!(true), json!([])));
        assert_eq!(verified.at("/tickets"), outcome.acknowledged.len());
    }
    println!("{} tickets found, each once", outcome.acknowledged.len());
    primary.close().await.expect("a clean end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_killed_costs_nothing_that_was_acknowledged() {
    if is_asked_for(PROGRAMS) {
        survive(Fate::Killed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_to_the_standby_costs_nothing_that_was_acknowledged() {
    if is_asked_for(PROGRAMS) {
        survive(Fate::SwitchedOver).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_that_leads_to_the_standby_is_not_taken_until_that_is_the_primary() {
    if !is_asked_for(PROGRAMS) {
        return;
    }
    let mut cluster = Cluster::start().await;
    let place = Place::new();
    let migrated = run(&place.join("none"), &[("SUPPORT__DATABASE__URL", &cluster.url())], &["migrate"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let bound = Duration::from_secs(1);
    let settings = Settings {
        url: cluster.standby_url().await,
        sessions: Sessions::Own,
        max_connections: 2,
        acquire_timeout: bound,
        statement_timeout: bound,
        lock_timeout: bound,
        idle_in_transaction_timeout: bound,
    };
    let owner = Owner::connect(&settings.url).await.err();
    assert!(matches!(owner, Some(Error::Unavailable(_))), "{owner:?}");
    let store = Store::new(&settings).expect("a URL");
    for tried in [store.ping().await, store.begin(NOBODY).await.map(drop)] {
        assert!(matches!(tried, Err(Error::Unavailable(_))), "{tried:?}");
    }
    let before = cluster.kill_primary().await;
    cluster.succeed(before).await;
    store.ping().await.expect("it is the primary now");
    store.begin(NOBODY).await.expect("it takes writes").roll_back().await.expect("an answer");
}
