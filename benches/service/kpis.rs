//! KPIs: what an answer costs with ten thousand tickets and with a million, for
//! windows of a day, a month and a year; how many 304 a second are given; and
//! what plain SQL takes for the same numbers.
//!
//! CPU is what the service and PostgreSQL used together for one request.

use std::time::Duration;

use jiff::SignedDuration;
use support_engineer::clock::Clock;

use super::bare::Bare;
use super::figures::Figures;
use super::load::{Call, Connection, Load};
use super::place::{Place, Running, Tenant};
use super::{sql, turns};

/// Windows up to the present, in days.
const WINDOWS: [(&str, i64); 3] = [("day", 1), ("month", 30), ("year", 365)];
/// How the numbers of a time that has passed are asked for.
const PAST: &str = "/v1/kpis?from=2020-01-01&to=2020-02-01";

/// All of it.
pub(crate) async fn measure(place: &Place, running: &Running, tenants: &[Tenant], figures: &mut Figures) {
    let until = Clock::system().now();
    for (name, days) in WINDOWS {
        let from = until - SignedDuration::from_hours(24 * days);
        // Each asks for another window, so that nothing can be remembered.
        let path = |_: &Tenant, number| {
            let from = from + SignedDuration::from_secs(i64::from(number));
            format!("/v1/kpis?from={from}&to={until}")
        };
        turns::measure(running, tenants, &format!("kpis.{name}"), path, figures).await;
        for tenant in tenants {
            let time = sql::first_responses(place, tenant.id, (from, until)).await;
            figures.add(&format!("kpis.{name}.{}.plain_sql", tenant.tickets), time, "ms");
        }
    }
    not_modified(running, tenants, figures).await;
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
