//! Processes that are killed while they work.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use support_engineer::clock::Clock;
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, instant};
use crate::harness::{Desk, Place, Process, Receiver};

/// Processes that are killed.
const KILLS: usize = 50;
/// Tickets that come in before each of them.
const TICKETS: usize = 8;
/// From one to the next by the desk's clock: longer than a P1 may wait for its
/// first response, and than a lease.
const ROUND: SignedDuration = SignedDuration::from_mins(16);
/// What is not worked off by then never will be.
const PATIENCE: Duration = Duration::from_mins(2);

/// The receiver is on this machine.
const REACH: (&str, &str) = ("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32");

/// A process that only works, on the database of a desk.
fn worker(desk: &Desk, place: &Place) -> Process {
    let (owner, app) = (desk.owner_url(), desk.app_url());
    let variables = [
        ("SUPPORT__SERVICE__ROLE", "worker"),
        ("SUPPORT__DATABASE__URL", owner.as_str()),
        ("SUPPORT__DATABASE__APP_URL", app.as_str()),
        ("SUPPORT__TEST__CLOCK", "true"),
        ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
        ("SUPPORT__WORKER__CONCURRENCY", "4"),
        ("SUPPORT__WORKER__POLL_MS", "10"),
        ("SUPPORT__WORKER__LEASE_SECONDS", "30"),
        REACH,
    ];
    Process::serve(&place.join("none"), &variables)
}

async fn number(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.expect("a number")
}

/// Urgent tickets, each to be answered within a quarter of an hour.
fn urgent() -> Value {
    let one = json!({
        "subject": "Everything is down", "body": "Nobody can work.", "severity": "critical",
        "impact": "organization", "requester": { "email": "ada@example.org" },
    });
    Value::Array(vec![one; TICKETS])
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Panics unless every breach has reached the receiver, under an identifier
/// that stayed the same however often it came, and for the first time in order.
async fn expect_told(connection: &mut PgConnection, receiver: &Receiver) {
    let mut bodies: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut first = Vec::new();
    for one in receiver.received() {
        let id = one.id().to_owned();
        if !bodies.contains_key(&id) {
            first.push(one.sequence());
        }
        let body = bodies.entry(id).or_insert_with(|| one.body.clone());
        assert_eq!(*body, one.body, "what comes again is the same");
    }
    let happened = "select count(*) from ticket_events where kind = 'clock_breached'";
    let happened = usize::try_from(number(connection, happened).await).expect("a small number");
    assert_eq!(bodies.len(), happened, "none is lost, and none was made twice");
    assert!(first.is_sorted(), "in order: {first:?}");
}

#[tokio::test]
async fn killed_at_fifty_points_two_workers_record_everything_once() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api"), REACH]).await;
    desk.move_clock(MONDAY).await;
    let (mut superuser, place, mut dice) = (desk.superuser().await, Place::new(), Dice(7));
    let agent = desk.as_role(Role::Agent);
    let receiver = Receiver::start().await;
    let admin = desk.as_role(Role::Admin);
    let url = json!({ "url": receiver.url("/all"), "events": ["sla.breached"] });
    admin.post("/v1/webhooks", &url).await.expect(201);
    let mut workers = [worker(&desk, &place), worker(&desk, &place)];
    let mut now = instant(MONDAY);
    for kill in 0..KILLS {
        agent.post("/v1/tickets/batch", &urgent()).await.expect(200);
        now += ROUND;
        desk.pass_to(&now.to_string()).await;
        // It works for as long as so many questions to its database take.
        for _ in 0..dice.below(60) {
            number(&mut superuser, "select 1::bigint").await;
        }
        let doomed = &mut workers[kill % 2];
        doomed.signal(Signal::KILL);
        *doomed = worker(&desk, &place);
    }
    let began = Clock::monotonic();
    let due = "select count(*) from timers where due_at <= (select now from test_clock)";
    let untold = "select (select count(*) from outbox)
        + (select count(*) from webhook_deliveries where state = 'pending')";
    while number(&mut superuser, due).await + number(&mut superuser, untold).await > 0 {
        assert!(began.elapsed() < PATIENCE, "it is not worked off:\n{}", workers[0].logged());
        // The leases of the dead end.
        now += SignedDuration::from_secs(31);
        desk.pass_to(&now.to_string()).await;
    }
    let tickets = i64::try_from(KILLS * TICKETS).expect("a small number");
    let breached = "select count(*) from tickets t where (
        select count(*) from ticket_events e where e.ticket_id = t.id and e.kind = 'clock_breached'
           and e.data->>'metric' = 'first_response') = 1";
    assert_eq!(number(&mut superuser, breached).await, tickets, "one breach on each ticket, and no more");
    let stamped = "select count(*) from tickets t join ticket_events e on e.ticket_id = t.id
        where e.kind = 'clock_breached' and e.data->>'metric' = 'first_response'
          and (e.data->>'due')::timestamptz = t.created_at + interval '15 minutes'";
    assert_eq!(number(&mut superuser, stamped).await, tickets, "each stamped with its deadline");
    expect_told(&mut superuser, &receiver).await;
    let gaps = "select count(*) from tickets t where t.version <> (
        select count(*) from ticket_events e where e.ticket_id = t.id)";
    assert_eq!(number(&mut superuser, gaps).await, 0, "histories are whole");
}
