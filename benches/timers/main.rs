//! Timers: how many a second the worker gets through and how late they are,
//! with a million others waiting, beside `pgbench` claiming the same rows.
//!
//! `cargo bench --bench timers` starts a PostgreSQL of its own (durable, its
//! settings as they come), runs the service with its default settings on it,
//! and prints figures; nothing is judged. After `--` it takes `waiting=1000000
//! due=20000 storm=100000`. Data lies in the directory for temporary files,
//! about 3 GB.
//!
//! What the timers ask for:
//!
//! * `gone`: tickets that are not there any more. A claim, a transaction that
//!   looks for the ticket and removes the timer: the machinery alone.
//! * `moot`: tickets on which nothing is due. They are locked, read with their
//!   history, decided on again, and their timers set to what comes next.
//! * `breach`: tickets that broke their promise of a first response. The fact,
//!   the ladder that answers it and the clocks are written, the timer is set
//!   to what comes next, and the facts go through the outbox.

mod fill;
mod lag;
mod place;
mod reference;

use std::time::Duration;

use fill::Work;
use lag::Lags;
use place::Place;
use support_engineer::clock::Clock;

/// How the timers stand by tenant: the first one is large.
const TENANTS: usize = 7;
/// Share of the capacity that is offered while the lag is measured.
const OFFERED: f64 = 0.5;
/// Seconds during which it is offered.
const STEADY_SECONDS: u32 = 60;
/// How often something of a small tenant falls due during the storm.
const SMALL_EVERY: Duration = Duration::from_millis(200);

/// How much of everything.
struct Sizes {
    waiting: u32,
    due: u32,
    storm: u32,
}

impl Sizes {
    fn of_arguments() -> Self {
        let mut sizes = Self { waiting: 1_000_000, due: 20_000, storm: 100_000 };
        for argument in std::env::args().skip(1) {
            let Some((name, number)) = argument.split_once('=') else { continue };
            let number = number.parse().expect("a number");
            match name {
                "waiting" => sizes.waiting = number,
                "due" => sizes.due = number,
                "storm" => sizes.storm = number,
                _ => panic!("waiting=, due= or storm=, not {name}"),
            }
        }
        sizes
    }
}

fn per_second(count: u32, time: Duration) -> f64 {
    f64::from(count) / time.as_secs_f64()
}

#[tokio::main]
async fn main() {
    let sizes = Sizes::of_arguments();
    let mut place = Place::make(TENANTS).await;
    place.open_models().await;
    place.wait_for_later(sizes.waiting).await;
    println!("{} timers of {TENANTS} tenants wait: {}", sizes.waiting, place.described().await);
    let machinery = throughput(&mut place, Work::Gone, sizes.due).await;
    throughput(&mut place, Work::Moot, sizes.due).await;
    let capacity = throughput(&mut place, Work::Breach, sizes.due).await;
    beside_pgbench(&mut place, sizes.due, machinery).await;
    steady(&mut place, Work::Gone, machinery).await;
    steady(&mut place, Work::Breach, capacity).await;
    storm(&mut place, sizes.storm, capacity).await;
    place.end().await;
}

/// Everything due at once.
async fn throughput(place: &mut Place, work: Work, count: u32) -> f64 {
    place.set_due(work, count).await;
    let facts = place.facts().await;
    let began = Clock::monotonic();
    let service = place.serve().await;
    service.finish(count).await;
    let time = began.elapsed();
    service.stop().await;
    let facts = f64::from(place.facts().await - facts) / f64::from(count);
    let rate = per_second(count, time);
    println!("{work:<7} {count} due at once: {rate:.0} timers/s ({facts:.1} facts each)");
    rate
}

/// The same rows and sizes of claims by `pgbench`.
async fn beside_pgbench(place: &mut Place, count: u32, ours: f64) {
    for (name, script) in reference::SCRIPTS {
        place.set_due(Work::Gone, count).await;
        let rows = reference::run(place, script, count);
        println!("pgbench {name}: {rows:.0} rows/s; gone / pgbench = {:.2}", ours / rows);
        place.remove_due().await;
    }
}

/// Timers that fall due one after the other, at a share of the capacity.
async fn steady(place: &mut Place, work: Work, capacity: f64) {
    let interval = Duration::from_secs_f64(1.0 / (capacity * OFFERED));
    let count = lag::in_seconds(STEADY_SECONDS, interval);
    let start = place.set_one_after_the_other(work, 0, count, interval).await;
    place.note_ends().await;
    let service = place.serve().await;
    service.finish(count).await;
    service.stop().await;
    let lags = Lags::of(place, 0, start).await;
    println!("{work:<7} {:.0} due a second for {STEADY_SECONDS} s: lag {lags}", capacity * OFFERED);
}

/// One tenant's timers all at once, and a small tenant beside it.
async fn storm(place: &mut Place, count: u32, capacity: f64) {
    place.set_due_of(Work::Breach, 0, count).await;
    let lasts = f64::from(count) / capacity * 3.0;
    let small = lag::in_seconds(60, SMALL_EVERY).max(lag::in_time(lasts, SMALL_EVERY));
    let start = place.set_one_after_the_other(Work::Breach, TENANTS - 1, small, SMALL_EVERY).await;
    place.note_ends().await;
    let began = Clock::monotonic();
    let service = place.serve().await;
    place.wait_for_ends(0, count).await;
    let time = began.elapsed();
    // What had to wait for the end of the storm counts, too.
    tokio::time::sleep(Duration::from_secs(3)).await;
    service.stop().await;
    let lags = Lags::of(place, TENANTS - 1, start).await;
    let rate = per_second(count, time);
    println!("storm   {count} of one tenant due at once: {:.0} s, {rate:.0} timers/s", time.as_secs_f64());
    println!("        a small tenant beside it, one each {} ms: lag {lags}", SMALL_EVERY.as_millis());
}
