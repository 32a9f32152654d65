//! Processes that are killed while they work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use support_engineer::clock::Clock;
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, instant};
use crate::harness::{Desk, Place, Process, Receiver, Smtp};

/// Processes that are killed.
const KILLS: usize = 50;
/// Tickets that come in before each of them.
const TICKETS: usize = 4;
/// From one to the next by the desk's clock: longer than a P1 may wait for its
/// first response, and than a lease.
const ROUND: SignedDuration = SignedDuration::from_mins(16);
/// What is not worked off by then never will be.
const PATIENCE: Duration = Duration::from_mins(2);

/// The folder of the handoffs.
const HANDOFFS: &str = "handoffs";

/// The receiver is on this machine.
const REACH: (&str, &str) = ("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32");

/// A process that only works, on the database of a desk.
fn worker(desk: &Desk, place: &Place, smtp: &Smtp) -> Process {
    let (owner, app) = (desk.owner_url(), desk.app_url());
    let (mail, handoffs) = (smtp.settings(), place.join(HANDOFFS).to_string_lossy().into_owned());
    let mut variables = vec![
        ("SUPPORT__SERVICE__ROLE", "worker"),
        ("SUPPORT__DATABASE__URL", owner.as_str()),
        ("SUPPORT__DATABASE__APP_URL", app.as_str()),
        ("SUPPORT__TEST__CLOCK", "true"),
        ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
        ("SUPPORT__WORKER__CONCURRENCY", "4"),
        ("SUPPORT__WORKER__POLL_MS", "10"),
        ("SUPPORT__WORKER__LEASE_SECONDS", "30"),
        ("SUPPORT__HANDOFF__DIRECTORY", handoffs.as_str()),
        REACH,
    ];
    variables.extend(mail.iter().map(|(name, value)| (name.as_str(), value.as_str())));
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

/// Panics unless every breach and every step of a ladder has reached the
/// receiver, under an identifier that stayed the same however often it came, and
/// for the first time in order.
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
    let happened = "select count(*) from ticket_events where kind in ('clock_breached', 'ladder_step')";
    let happened = usize::try_from(number(connection, happened).await).expect("a small number");
    assert_eq!(bodies.len(), happened, "none is lost, and none was made twice");
    assert!(first.is_sorted(), "in order: {first:?}");
}

/// Panics unless each promise was broken once, and each step of a ladder whose
/// time has come was taken once, all stamped with when they were due.
async fn expect_done(connection: &mut PgConnection, tickets: i64) {
    let breached = "select count(*) from tickets t where (
        select count(*) from ticket_events e where e.ticket_id = t.id and e.kind = 'clock_breached'
           and e.data->>'metric' = 'first_response') = 1";
    assert_eq!(number(connection, breached).await, tickets, "one breach on each ticket, and no more");
    let stamped = "select count(*) from tickets t join ticket_events e on e.ticket_id = t.id
        where e.kind = 'clock_breached' and e.data->>'metric' = 'first_response'
          and (e.data->>'due')::timestamptz = t.created_at + interval '15 minutes'";
    assert_eq!(number(connection, stamped).await, tickets, "each stamped with its deadline");
    let twice = "select count(*) from (select from ticket_events where kind = 'ladder_step'
        group by ticket_id, data->'policy', data->'version', data->'trigger', data->'cycle', data->'level',
                 data->'repeat', data->'action' having count(*) > 1) as s";
    assert_eq!(number(connection, twice).await, 0, "no step was taken twice");
    let missed = "select count(*) from ladder_plans, jsonb_array_elements(items) as item
        where item->>'state' = 'planned' and (item->>'due')::timestamptz <= (select now from test_clock)";
    assert_eq!(number(connection, missed).await, 0, "no step was forgotten");
    let halfway = "select count(*) from tickets t join ticket_events e on e.ticket_id = t.id
        where e.kind = 'ladder_step' and e.data->>'trigger' = 'target_used:first_response:50'
          and (e.data->>'due')::timestamptz = t.created_at + interval '7 minutes 30 seconds'";
    assert_eq!(number(connection, halfway).await, tickets, "each ladder climbed, at its instant");
    let gaps = "select count(*) from tickets t where t.version <> (
        select count(*) from ticket_events e where e.ticket_id = t.id)";
    assert_eq!(number(connection, gaps).await, 0, "histories are whole");
}

/// Panics unless each mail has arrived, again only under its own Message-ID.
async fn expect_mailed(connection: &mut PgConnection, smtp: &Smtp, tickets: i64) {
    let arrived: BTreeSet<String> = smtp.arrived().iter().map(|mail| mail.header("Message-ID")).collect();
    let known: Vec<(String, bool)> = sqlx::query_as("select message_id, state = 'sent' from mails")
        .fetch_all(&mut *connection)
        .await
        .expect("the log of mails");
    let all: BTreeSet<String> = known.iter().map(|(id, _)| id.clone()).collect();
    let strange: Vec<&String> = arrived.difference(&all).collect();
    assert!(strange.is_empty(), "whatever arrives has its one row: {strange:?} of {}", all.len());
    // What went out as its worker died may have been moot when it was looked at again.
    let sent: BTreeSet<String> = known.into_iter().filter(|(_, sent)| *sent).map(|(id, _)| id).collect();
    assert!(sent.is_subset(&arrived), "what was sent has arrived");
    assert!(arrived.len() - sent.len() <= KILLS, "{} of {}", sent.len(), arrived.len());
    let told = "select count(*) from mails where kind = 'message' and state = 'sent'";
    assert_eq!(number(connection, told).await, tickets, "each requester has heard, once");
    let steps = "select count(*) from ticket_events e where e.kind = 'ladder_step'
        and e.data->>'state' = 'fired' and e.data->>'action' in ('notify', 'page')
        and not exists (select from mails m where m.cause = e.id)";
    assert_eq!(number(connection, steps).await, 0, "each step that tells somebody made a mail");
}

/// Panics unless each ticket has its handoff, in a file that is whole or in the
/// summary of a storm.
async fn expect_handed_off(connection: &mut PgConnection, place: &Place, tickets: i64) {
    let made = "select count(*) from handoffs where cause = 'priority'";
    assert_eq!(number(connection, made).await, tickets, "one of each ticket");
    let open = "select count(*) from handoffs where written_at is null and summarised_in is null";
    assert_eq!(number(connection, open).await, 0, "none is left unwritten");
    let documents: Vec<(String, String)> = sqlx::query_as(
        "select file_name, document from handoffs where file_name is not null order by file_name",
    )
    .fetch_all(connection)
    .await
    .expect("documents");
    let folder = fs::read_dir(place.join(HANDOFFS)).expect("a folder");
    let mut files: Vec<(String, String)> = folder
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("a text"))
        })
        .collect();
    files.sort();
    assert_eq!(files, documents);
}

#[tokio::test]
async fn killed_at_fifty_points_two_workers_record_everything_once() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api"), REACH]).await;
    desk.move_clock(MONDAY).await;
    let (mut superuser, place, mut dice) = (desk.superuser().await, Place::new(), Dice(7));
    let agent = desk.as_role(Role::Agent);
    let (receiver, smtp) = (Receiver::start().await, Smtp::start().await);
    let admin = desk.as_role(Role::Admin);
    let url = json!({ "url": receiver.url("/all"), "events": ["sla.breached", "ladder.step"] });
    admin.post("/v1/webhooks", &url).await.expect(201);
    for team in ["first_level", "human_support"] {
        let address = json!({ "address": format!("{team}@desk.example") });
        admin.patch(&format!("/v1/teams/{team}"), &address).await.expect(200);
    }
    let mut workers = [worker(&desk, &place, &smtp), worker(&desk, &place, &smtp)];
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
        *doomed = worker(&desk, &place, &smtp);
    }
    let began = Clock::monotonic();
    let left = "select (select count(*) from timers where due_at <= (select now from test_clock))
        + (select count(*) from outbox)
        + (select count(*) from webhook_deliveries where state = 'pending')";
    while number(&mut superuser, left).await > 0 {
        assert!(began.elapsed() < PATIENCE, "it is not worked off:\n{}", workers[0].logged());
        // The leases of the dead end.
        now += SignedDuration::from_secs(31);
        desk.pass_to(&now.to_string()).await;
    }
    let tickets = i64::try_from(KILLS * TICKETS).expect("a small number");
    expect_done(&mut superuser, tickets).await;
    expect_told(&mut superuser, &receiver).await;
    expect_mailed(&mut superuser, &smtp, tickets).await;
    expect_handed_off(&mut superuser, &place, tickets).await;
}
