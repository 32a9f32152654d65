//! KPIs: what an answer costs with ten thousand tickets and with a million, for
//! windows of a day, a month and a year; how many 304 a second are given; and
//! what plain SQL takes for the same numbers.
//!
//! `cargo bench --bench kpis` starts a PostgreSQL of its own (durable, its
//! settings as they come), makes up a past for one tenant of each size, runs
//! the service with its default settings in a process of its own, and prints
//! figures; nothing is judged. After `--` it takes
//! `tickets=10000,100000,1000000 days=400 requests=100`. Data lies in the
//! directory for temporary files, about 13 GB for these sizes.
//!
//! CPU is what the service and PostgreSQL used together for one request.
//! Requests of the sizes take turns, so that whatever else the machine does
//! hits all of them.

mod bare;
mod load;
mod place;
mod sql;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use place::{Place, Running, Tenant};
use support_engineer::clock::Clock;

/// Windows up to the present, in days.
const WINDOWS: [(&str, i64); 3] = [("day", 1), ("month", 30), ("year", 365)];

/// How much of everything.
struct Sizes {
    tickets: Vec<u64>,
    days: u32,
    requests: u32,
}

impl Sizes {
    fn of_arguments() -> Self {
        let mut sizes = Self { tickets: vec![10_000, 100_000, 1_000_000], days: 400, requests: 100 };
        for argument in std::env::args().skip(1) {
            let Some((name, value)) = argument.split_once('=') else { continue };
            match name {
                "tickets" => {
                    sizes.tickets = value.split(',').map(|one| one.parse().expect("a number")).collect();
                }
                "days" => sizes.days = value.parse().expect("a number"),
                "requests" => sizes.requests = value.parse().expect("a number"),
                _ => panic!("tickets=, days= or requests=, not {name}"),
            }
        }
        sizes
    }
}

#[tokio::main]
async fn main() {
    if std::env::args().any(|argument| argument == bare::ARGUMENT) {
        return bare::serve().await;
    }
    let sizes = Sizes::of_arguments();
    let place = Place::make().await;
    let mut tenants = Vec::new();
    for tickets in &sizes.tickets {
        let began = Clock::monotonic();
        tenants.push(place.fill(*tickets, sizes.days));
        let time = began.elapsed().as_secs_f64();
        println!("a past of {tickets} tickets: {time:.0} s, {:.0} tickets/s", units(*tickets) / time);
    }
    println!("{}", place.described().await);
    let running = place.serve();
    let until = Clock::system().now();
    for (name, days) in WINDOWS {
        let from = until - SignedDuration::from_hours(24 * days);
        latencies(&running, &tenants, (name, from, until), sizes.requests).await;
        plain(&place, &tenants, (from, until)).await;
    }
    not_modified(&running, &tenants).await;
    running.stop();
    place.end().await;
}

fn units(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Latency and CPU of all KPIs for a window, the sizes side by side.
async fn latencies(
    running: &Running,
    tenants: &[Tenant],
    (name, from, until): (&str, Timestamp, Timestamp),
    requests: u32,
) {
    let path = |number: u32| {
        // Each asks for another window, so that nothing can be remembered.
        let from = from + SignedDuration::from_secs(i64::from(number));
        format!("/v1/kpis?from={from}&to={until}")
    };
    let client = load::client();
    let mut taken: Vec<(Vec<Duration>, Duration)> = tenants.iter().map(|_| Default::default()).collect();
    for number in 0..requests + 5 {
        for (tenant, (times, used)) in tenants.iter().zip(&mut taken) {
            let (before, began) = (running.cpu(), Clock::monotonic());
            load::get(&client, &running.address, &path(number), &tenant.key).await;
            let time = began.elapsed();
            if number >= 5 {
                times.push(time);
                *used += running.cpu().saturating_sub(before);
            }
        }
    }
    for (tenant, (mut times, used)) in tenants.iter().zip(taken) {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
        let cpu = used.as_secs_f64() * 1_000.0 / f64::from(requests);
        let tickets = tenant.tickets;
        println!(
            "{name:<5} {tickets:>8} tickets: p50 {:.1} ms, p99 {:.1} ms, CPU {cpu:.1} ms",
            at(50),
            at(99)
        );
    }
}

/// The same numbers of first responses by plain SQL.
async fn plain(place: &Place, tenants: &[Tenant], window: (Timestamp, Timestamp)) {
    for tenant in tenants {
        let (time, found) = sql::first_responses(place, tenant.id, window).await;
        let tickets = tenant.tickets;
        println!("      {tickets:>8} tickets: plain SQL of first_response_time alone {time:.1} ms ({found})");
    }
}

/// 304 a second, beside a handler that does nothing.
async fn not_modified(running: &Running, tenants: &[Tenant]) {
    let bare = bare::Bare::start();
    for tenant in tenants {
        let path = "/v1/kpis?from=2020-01-01&to=2020-02-01";
        let tag = load::tag(&load::client(), &running.address, path, &tenant.key).await;
        let ours = load::rate(&running.address, path, Some((&tenant.key, &tag)), 304).await;
        let theirs = load::rate(&bare.address, "/", None, 200).await;
        let (tickets, ratio) = (tenant.tickets, ours / theirs);
        println!("304   {tickets:>8} tickets: {ours:.0}/s; a bare handler {theirs:.0}/s; ratio {ratio:.2}");
    }
}
