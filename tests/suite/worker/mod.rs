//! The worker: whose timers it takes, and what becomes of its work when it is
//! interrupted.

pub(crate) mod effects;
mod fairness;
mod kill;
mod lane;
mod lease;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use support_engineer::domain::timer::{Lease, TimerKind};
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow;
use support_engineer::store::claim::Wanted;
use support_engineer::worker::claims::Claims;
use uuid::Uuid;

use crate::harness::{Desk, ticket};

/// A Monday, as the office opens.
const MONDAY: &str = "2000-01-03T09:00:00Z";
/// Past every first response promised on that Monday morning.
const LATE: &str = "2000-01-03T12:00:00Z";
/// How long a claim of these tests lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A desk that answers and does nothing by itself, with tickets of Monday morning.
async fn waiting(tickets: usize) -> Desk {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    desk.move_clock(MONDAY).await;
    for _ in 0..tickets {
        let agent = desk.as_role(Role::Agent);
        agent.post("/v1/tickets", &ticket("How do I export?", "A question.")).await.expect(201);
    }
    desk
}

/// Claims as a worker does that begins.
async fn claim(desk: &flow::Desk, limit: usize) -> Vec<Lease> {
    claim_by(&mut Claims::default(), desk, limit).await
}

/// Claims as a worker does that knows whom it served last.
async fn claim_by(claims: &mut Claims, desk: &flow::Desk, limit: usize) -> Vec<Lease> {
    let now = desk.now().await.expect("the clock is read");
    let wanted =
        Wanted { kind: TimerKind::Ticket, now, until: now + LEASE, limit, token: desk.clock().new_id() };
    claims.take(desk, &wanted).await.expect("timers are claimed")
}

/// How many facts of a kind there are, over all tickets.
async fn count(connection: &mut PgConnection, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from ticket_events where kind = $1")
        .bind(kind)
        .fetch_one(connection)
        .await
        .expect("a count")
}

/// Sets timers of a tenant without working for them.
async fn set_timers(connection: &mut PgConnection, tenant: Uuid, count: i32, due: &str) {
    sqlx::query(
        "insert into timers (tenant_id, kind, subject, due_at, ready_at)
         select $1, 'ticket', gen_random_uuid(), at, at
           from generate_series(1, $2) as n, lateral (select $3::text::timestamptz - n * interval '1 ms' as at) as t",
    )
    .bind(tenant)
    .bind(count)
    .bind(due)
    .execute(connection)
    .await
    .expect("timers are set");
}

/// An instant in RFC 3339.
fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
