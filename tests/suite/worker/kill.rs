//! Processes that are killed while they work.

use std::time::Duration;

use jiff::SignedDuration;
use rustix::process::Signal;
use serde_json::{Value, json};
use support_engineer::clock::Clock;
use support_engineer::domain::vocabulary::Role;

use super::effects::{self, number};
use super::{MONDAY, instant};
use crate::harness::{Desk, Dice, Place, Process, Receiver, Smtp};

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

/// Urgent tickets, each to be answered within a quarter of an hour.
fn urgent() -> Value {
    let one = json!({
        "subject": "Everything is down", "body": "Nobody can work.", "severity": "critical",
        "impact": "organization", "requester": { "email": "ada@example.org" },
    });
    Value::Array(vec![one; TICKETS])
}

#[tokio::test]
async fn killed_at_fifty_points_two_workers_record_everything_once() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api"), REACH]).await;
    desk.move_clock(MONDAY).await;
    let (mut superuser, place, mut dice) = (desk.superuser().await, Place::new(), Dice::new(7));
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
    while number(&mut superuser, effects::LEFT).await > 0 {
        assert!(began.elapsed() < PATIENCE, "it is not worked off:\n{}", workers[0].logged());
        // The leases of the dead end.
        now += SignedDuration::from_secs(31);
        desk.pass_to(&now.to_string()).await;
    }
    let tickets = i64::try_from(KILLS * TICKETS).expect("a small number");
    effects::expect_done(&mut superuser, tickets).await;
    effects::expect_told(&mut superuser, &receiver).await;
    effects::expect_mailed(&mut superuser, &smtp, tickets, KILLS).await;
    effects::expect_handed_off(&mut superuser, &place.join(HANDOFFS), tickets).await;
}
