//! Kills at random moments.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal};
use serde_json::json;
use support_engineer::clock::Clock;

use super::load::{Load, Pace};
use super::rig::{Rig, send};
use super::{PATIENCE, dice, long};
use crate::harness::{Dice, Receiver, Smtp};
use crate::worker::effects::{self, number};

/// Kills of a short run.
const FEW: usize = 8;
/// What a worker may have in hand when it is killed.
const IN_HAND: usize = 8;
/// Minutes of the whole run by the desk's clock, at most: answers are kept for 48 hours.
const MINUTES: i64 = 40 * 60;
/// When nothing has been done for so long, only time helps.
const STANDSTILL: Duration = Duration::from_secs(2);
/// A Monday, as the office opens.
const MONDAY: &str = "2000-01-03T09:00:00Z";

/// What is killed, by turns.
const VICTIMS: [&str; 4] = ["the service", "PostgreSQL", "a process of PostgreSQL", "both"];

/// Kills it, and starts the service again where that was killed: nobody else does.
async fn kill(rig: &mut Rig, victim: &str, dice: &mut Dice) {
    let (service, postmaster) = (rig.process().pid(), rig.postmaster());
    let mut doomed: Vec<Pid> = match victim {
        "the service" => vec![service],
        "PostgreSQL" => postmaster.into_iter().collect(),
        "both" => [service].into_iter().chain(postmaster).collect(),
        _ => {
            let backends = rig.backends();
            let many = u64::try_from(backends.len().max(1)).expect("a small number");
            let which = usize::try_from(dice.below(many)).expect("a small number");
            backends.get(which).copied().into_iter().collect()
        }
    };
    // The one that goes first can't end the other one well.
    if dice.below(2) == 0 {
        doomed.reverse();
    }
    for pid in doomed {
        send(pid, Signal::KILL);
    }
    if matches!(victim, "the service" | "both") {
        rig.serve().await;
    }
}

/// Waits until everything is done that is due at this instant. The clock moves on
/// only where nothing else does, for the leases of the dead to end: as time
/// passes more becomes due.
async fn work_off(rig: &Rig, mut now: Timestamp, kills: usize) {
    rig.pass_to(&now.to_string()).await;
    let patience = PATIENCE * u32::try_from(kills / FEW + 1).expect("a small number");
    let (began, owner) = (Clock::monotonic(), &mut rig.owner().await);
    let mut before = (0, began);
    loop {
        let left = number(owner, effects::LEFT).await;
        if left == 0 {
            return;
        }
        assert!(began.elapsed() < patience, "{left} are not worked off:\n{}", rig.process().logged());
        if left != before.0 {
            before = (left, Clock::monotonic());
        } else if before.1.elapsed() > STANDSTILL {
            now += SignedDuration::from_secs(31);
            rig.pass_to(&now.to_string()).await;
            before.1 = Clock::monotonic();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_nothing_is_lost_or_done_twice() {
    let (kills, mut dice) = (long().unwrap_or(FEW), dice());
    let (receiver, smtp) = (Receiver::start().await, Smtp::start().await);
    let mail = smtp.settings();
    let mut variables = vec![
        ("SUPPORT__TEST__CLOCK", "true"),
        ("SUPPORT__WORKER__POLL_MS", "20"),
        ("SUPPORT__WORKER__LEASE_SECONDS", "30"),
        ("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32"),
    ];
    variables.extend(mail.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut rig = Rig::start(&variables).await;
    let mut now: Timestamp = MONDAY.parse().expect("an instant");
    rig.pass_to(MONDAY).await;
    let admin = rig.line().client();
    let all = json!({ "url": receiver.url("/all"), "events": ["sla.breached", "ladder.step"] });
    admin.post("/v1/webhooks", &all).await.expect(201);
    for team in ["first_level", "human_support"] {
        let address = json!({ "address": format!("{team}@desk.example") });
        admin.patch(&format!("/v1/teams/{team}"), &address).await.expect(200);
    }

    let pace = Pace { clients: 4, pause: Duration::from_millis(50), urgent: true };
    let load = Load::begin(&rig.line(), pace);
    let round = MINUTES / i64::try_from(kills).expect("a small number");
    let round = SignedDuration::from_mins(round.min(16));
    let mut slowest = Duration::ZERO;
    for number in 1..=kills {
        load.pass(dice.below(60)).await;
        let victim = VICTIMS[number % VICTIMS.len()];
        let began = Clock::monotonic();
        kill(&mut rig, victim, &mut dice).await;
        let took = load.recover(began).await;
        println!("kill {number} of {kills}: {victim}, back after {took:.1?}");
        slowest = slowest.max(took);
        now += round;
        rig.pass_to(&now.to_string()).await;
    }
    let acknowledged = load.stop().await;
    println!("{kills} kills, the slowest recovery took {slowest:.1?}");

    now += SignedDuration::from_mins(16);
    work_off(&rig, now, kills).await;
    let owner = &mut rig.owner().await;
    let tickets = i64::try_from(acknowledged.tickets.len()).expect("a small number");
    effects::expect_done(owner, tickets).await;
    effects::expect_told(owner, &receiver).await;
    effects::expect_mailed(owner, &smtp, tickets, kills * IN_HAND).await;
    effects::expect_handed_off(owner, &rig.handoffs(), tickets).await;
    rig.expect_whole(&acknowledged).await;
}
