//! PostgreSQL goes away in an orderly way, is cut off, or stands still.

use std::time::Duration;

use rustix::process::Signal;
use support_engineer::clock::Clock;

use super::load::{Load, Pace};
use super::rig::{Rig, send};
use super::{PATIENCE, dice, long};

/// How fast tickets come.
const PACE: Pace = Pace { clients: 16, pause: Duration::from_millis(5), urgent: false };
/// How long a long run holds PostgreSQL.
const HELD: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_may_be_restarted_under_load() {
    let (rig, mut dice) = (Rig::start(&[]).await, dice());
    let load = Load::begin(&rig.line(), PACE);
    for restart in 0..long().unwrap_or(2) {
        load.pass(dice.below(100)).await;
        let before = rig.postmaster().expect("PostgreSQL runs");
        if restart % 2 == 1 {
            // It lets sessions go on and takes no new ones: the service has what it needs.
            send(before, Signal::TERM);
            load.pass(20).await;
        }
        let began = Clock::monotonic();
        send(before, Signal::INT);
        let gone = async {
            while rig.postmaster() == Some(before) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("it stops");
        let took = load.recover(Clock::monotonic()).await;
        println!("restarted: {:.1?}, then back after {took:.1?}", began.elapsed().saturating_sub(took));
    }
    rig.expect_whole(&load.stop().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_may_be_cut_under_load() {
    let (rig, mut dice) = (Rig::start(&[]).await, dice());
    let load = Load::begin(&rig.line(), PACE);
    let mut owner = rig.owner().await;
    for _ in 0..long().unwrap_or(5) {
        load.pass(dice.below(50)).await;
        let began = Clock::monotonic();
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'support-engineer' and pid <> pg_backend_pid()";
        let cut: Vec<bool> = sqlx::query_scalar(cut).fetch_all(&mut owner).await.expect("they are cut");
        assert!(!cut.is_empty(), "there are connections to cut");
        println!("{} cut, back after {:.1?}", cut.len(), load.recover(began).await);
    }
    rig.expect_whole(&load.stop().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgresql_stands_still_everybody_is_answered() {
    let rig = Rig::start(&[]).await;
    let load = Load::begin(&rig.line(), PACE);
    load.pass(50).await;
    rig.signal_database(Signal::STOP);
    let held = Clock::monotonic();
    let unready = rig.until_readiness(503).await;
    assert_eq!(unready.text("/errors/0/pointer"), "/checks/database");
    assert!(unready.header("retry-after").parse::<u64>().is_ok(), "{}", unready.shown());
    load.until("a client that is told to come again", |state| state.answers.contains_key(&503)).await;
    if long().is_some() {
        tokio::time::sleep(HELD.saturating_sub(held.elapsed())).await;
    }
    rig.line().client().get("/healthz").await.expect(200);
    println!("held for {:.1?}: {:?}", held.elapsed(), load.so_far().answers);
    let began = Clock::monotonic();
    rig.signal_database(Signal::CONT);
    println!("back after {:.1?}", load.recover(began).await);
    rig.until_readiness(200).await;
    let acknowledged = load.stop().await;
    println!("the slowest answer took {:.1?}", acknowledged.slowest);
    // A request may take 15 seconds, and its refusal a moment.
    assert!(acknowledged.slowest < Duration::from_secs(25), "{:.1?}", acknowledged.slowest);
    rig.expect_whole(&acknowledged).await;
}
