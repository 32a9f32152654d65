//! What somebody would write who has the tables and SQL.

use jiff::Timestamp;
use support_engineer::clock::Clock;
use uuid::Uuid;

use super::place::Place;

/// It is asked so often; the median counts.
const TIMES: usize = 5;

/// Number, median and 90th percentile of the first responses of a window, in
/// milliseconds of asking.
pub(crate) async fn first_responses(place: &Place, tenant: Uuid, (from, to): (Timestamp, Timestamp)) -> f64 {
    let mut superuser = place.superuser().await;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let began = Clock::monotonic();
        let _: (i64, Option<i64>, Option<i64>) = sqlx::query_as(
            "select count(*),
                    percentile_disc(0.5) within group (order by c.business_seconds),
                    percentile_disc(0.9) within group (order by c.business_seconds)
               from sla_clocks c join tickets t on t.tenant_id = c.tenant_id and t.id = c.ticket_id
              where c.tenant_id = $1 and c.metric = 'first_response' and c.cycle = 1
                and c.stopped_at >= $2::timestamptz and c.stopped_at < $3::timestamptz
                and t.merged_into is null and t.type <> 'alert'",
        )
        .bind(tenant)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_one(&mut superuser)
        .await
        .expect("numbers");
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}
