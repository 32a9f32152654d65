//! The same questions to tenants of different size, by turns: whatever else the
//! machine does hits all of them.

use std::time::Duration;

use http::StatusCode;
use support_engineer::clock::Clock;

use super::figures::Figures;
use super::load::{Call, Connection};
use super::place::{Running, Tenant};

/// Requests of each.
const REQUESTS: u32 = 100;
/// Requests before it counts.
const WARM_UP: u32 = 5;

/// Latency and processor time of what `path` says, given the tenant and the
/// number of the request; figures are called `name` with the size.
pub(crate) async fn measure(
    running: &Running,
    tenants: &[Tenant],
    name: &str,
    path: impl Fn(&Tenant, u32) -> String,
    figures: &mut Figures,
) {
    let mut asked = Vec::new();
    for tenant in tenants {
        let connection = Connection::open(&running.address, &tenant.key).await;
        asked.push((tenant, connection, Vec::new(), Duration::ZERO));
    }
    for number in 0..REQUESTS + WARM_UP {
        for (tenant, connection, times, used) in &mut asked {
            let path = path(tenant, number);
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
        let name = format!("{name}.{}", tenant.tickets);
        figures.add(&format!("{name}.p50"), at(50), "ms");
        figures.add(&format!("{name}.p99"), at(99), "ms");
        figures.add(&format!("{name}.cpu"), used.as_secs_f64() * 1_000.0 / f64::from(REQUESTS), "ms");
    }
}
