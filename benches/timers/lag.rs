//! How late timers were: from the instant at which each was due to the one at
//! which its row was removed or set anew, less the commit that followed.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::place::Place;

/// Seconds, in order.
pub(crate) struct Lags(Vec<f64>);

impl Lags {
    /// Those of a tenant's timers that were due from `start` on and are done.
    pub(crate) async fn of(place: &mut Place, tenant: usize, start: Timestamp) -> Self {
        let tenant = place.tenant(tenant);
        let lags: Vec<f64> = sqlx::query_scalar(
            "select extract(epoch from ended_at - due_at)::float8 from ends
              where tenant_id = $1 and due_at >= $2 order by 1",
        )
        .bind(tenant)
        .bind(start.to_sqlx())
        .fetch_all(place.superuser())
        .await
        .expect("the ends are read");
        Self(lags)
    }

    /// The nearest rank.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Lags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, most] = [50, 99, 100].map(|percent| self.percentile(percent) * 1_000.0);
        let late = self.0.iter().filter(|lag| **lag > 1.0).count();
        write!(f, "p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms; {late} of {} over 1 s", self.0.len())
    }
}

/// How many intervals there are in so many seconds.
pub(crate) fn in_seconds(seconds: u32, interval: Duration) -> u32 {
    in_time(f64::from(seconds), interval)
}

/// The same of a measured time.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far from both ends")]
pub(crate) fn in_time(seconds: f64, interval: Duration) -> u32 {
    (seconds / interval.as_secs_f64()).ceil() as u32
}
