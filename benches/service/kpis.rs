//! KPIs: what an answer costs with ten thousand tickets and with a million, for
//! windows of a day, a month and a year; how many 304 a second are given; and
//! what plain SQL takes for the same numbers.
//!
//! CPU is what the service and PostgreSQL used together for one request.
//! Requests of the sizes take turns, so that whatever else the machine does
//! hits all of them.

use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use support_engineer::clock::Clock;

use super::bare::Bare;
use super::figures::Figures;
use super::load::{Call, Connection, Load};
use super::place::{Place, Running, Tenant};
use super::sql;

/// Windows up to the present, in days.
const WINDOWS: [(&str, i64); 3] = [("day", 1), ("month", 30), ("year", 365)];
/// Requests of each size and window.
const REQUESTS: u32 = 100;
/// Requests before it counts.
const WARM_UP: u32 = 5;
/// How the numbers of a time that has passed are asked for.
const PAST: &str = "/v1/kpis?from=2020-01-01&to=2020-02-01";

/// All of it.
pub(crate) async fn measure(place: &Place, running: &Running, tenants: &[Tenant], figures: &mut Figures) {
    let until = Clock::system().now();
    for (name, days) in WINDOWS {
        let from = until - SignedDuration::from_hours(24 * days);
        latencies(running, tenants, (name, from, until), figures).await;
        for tenant in tenants {
            let time = sql::first_responses(place, tenant.id, (from, until)).await;
            figures.add(&format!("kpis.{name}.{}.plain_sql", tenant.tickets), time, "ms");
        }
    }
    not_modified(running, tenants, figures).await;
}

/// Latency and CPU of all KPIs for a window, the sizes side by side.
async fn latencies(
    running: &Running,
    tenants: &[Tenant],
    (name, from, until): (&str, Timestamp, Timestamp),
    figures: &mut Figures,
) {
    let mut asked = Vec::new();
    for tenant in tenants {
        asked.push((
            tenant,
            Connection::open(&running.address, &tenant.key).await,
            Vec::new(),
            Duration::ZERO,
        ));
    }
    for number in 0..REQUESTS + WARM_UP {
        // Each asks for another window, so that nothing can be remembered.
        let from = from + SignedDuration::from_secs(i64::from(number));
        let path = format!("/v1/kpis?from={from}&to={until}");
        for (_, connection, times, used) in &mut asked {
            let (before, began) = (running.used(), Clock::monotonic());
            let (status, ..) = connection.call(Call::get(&path)).await;
            let time = began.elapsed();
            assert_eq!(status, StatusCode::OK, "{path}");
            if number >= WARM_UP {
                times.push(time);
                *used += (running.used() - before).together();
            }
        }
    }
    for (tenant, _, mut times, used) in asked {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
        let name = format!("kpis.{name}.{}", tenant.tickets);
        figures.add(&format!("{name}.p50"), at(50), "ms");
        figures.add(&format!("{name}.p99"), at(99), "ms");
        figures.add(&format!("{name}.cpu"), used.as_secs_f64() * 1_000.0 / f64::from(REQUESTS), "ms");
    }
}

/// 304 a second, beside a handler that does nothing.
async fn not_modified(running: &Running, tenants: &[Tenant], figures: &mut Figures) {
    let bare = Bare::start();
    for tenant in tenants {
        let mut connection = Connection::open(&running.address, &tenant.key).await;
        let (_, headers, _) = connection.call(Call::get(PAST)).await;
        let tag = headers["etag"].to_str().expect("text").to_owned();
        let load = Load {
            address: &running.address,
            key: &tenant.key,
            connections: 16,
            lasts: Duration::from_secs(8),
            rate: None,
        };
        let ours = load.run(move |_, _| Call::get(PAST).with("if-none-match", tag.clone())).await;
        let theirs = Load { address: &bare.address, key: "", ..load }.run(|_, _| Call::get("/")).await;
        let name = format!("kpis.not_modified.{}", tenant.tickets);
        figures.add(&name, ours.rate(), "/s");
        figures.add(&format!("{name}.bare"), theirs.rate(), "/s");
        figures.add(&format!("{name}.ratio"), ours.rate() / theirs.rate(), "");
    }
}
