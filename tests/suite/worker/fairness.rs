//! A tenant with much to do, and those with little.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgConnection;
use support_engineer::domain::id::TenantId;
use support_engineer::domain::timer::TimerKind;
use support_engineer::store::claim::Wanted;
use support_engineer::store::{Settings, Store};
use support_engineer::worker::claims::Claims;
use uuid::Uuid;

use super::{LATE, claim_by, instant, set_timers, waiting};

/// Tenants by identifier, so that the large one is not at an end.
fn tenants(count: u128) -> Vec<Uuid> {
    (1..=count).map(|n| Uuid::from_u128(n << 64)).collect()
}

#[tokio::test]
async fn a_storm_of_one_tenant_starves_nobody() {
    let desk = waiting(0).await;
    let mut superuser = desk.superuser().await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let tenants = tenants(7);
    // The large one has all the oldest timers.
    set_timers(&mut superuser, tenants[3], 5_000, "2000-01-03T08:00:00Z").await;
    for small in tenants.iter().filter(|tenant| **tenant != tenants[3]) {
        set_timers(&mut superuser, *small, 2, "2000-01-03T11:00:00Z").await;
    }
    let mut served: HashMap<TenantId, usize> = HashMap::new();
    let mut claims = Claims::default();
    for _ in 0..2 {
        let leases = claim_by(&mut claims, &backstage, 16).await;
        assert!(leases.len() <= 16);
        for lease in &leases {
            *served.entry(lease.tenant).or_default() += 1;
        }
    }
    for (place, tenant) in tenants.iter().enumerate().filter(|(place, _)| *place != 3) {
        assert_eq!(served.get(&TenantId::new(*tenant)), Some(&2), "the small tenant {place}");
    }
    assert!(served[&TenantId::new(tenants[3])] >= 4, "the large one gets on, too: {served:?}");
}

#[tokio::test]
async fn more_tenants_than_one_claim_serves_take_turns() {
    let desk = waiting(0).await;
    let mut superuser = desk.superuser().await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let tenants = tenants(100);
    for tenant in &tenants {
        set_timers(&mut superuser, *tenant, 20, "2000-01-03T08:00:00Z").await;
    }
    let mut served: HashMap<TenantId, usize> = HashMap::new();
    let mut claims = Claims::default();
    for _ in 0..200 {
        let leases = claim_by(&mut claims, &backstage, 8).await;
        for lease in &leases {
            *served.entry(lease.tenant).or_default() += 1;
        }
    }
    let counts: Vec<usize> =
        tenants.iter().map(|tenant| served.get(&TenantId::new(*tenant)).copied().unwrap_or(0)).collect();
    assert_eq!(counts.iter().sum::<usize>(), 1_600);
    let (least, most) = (counts.iter().min().expect("some"), counts.iter().max().expect("some"));
    assert!(most - least <= 1, "from {least} to {most}: {counts:?}");
}

#[tokio::test]
async fn what_small_tenants_leave_goes_to_the_large_one() {
    let desk = waiting(0).await;
    let mut superuser = desk.superuser().await;
    let backstage = desk.backstage().await;
    desk.pass_to(LATE).await;
    let tenants = tenants(3);
    set_timers(&mut superuser, tenants[0], 1, "2000-01-03T08:00:00Z").await;
    set_timers(&mut superuser, tenants[1], 100, "2000-01-03T09:00:00Z").await;
    set_timers(&mut superuser, tenants[2], 1, "2000-01-03T11:00:00Z").await;
    let leases = claim_by(&mut Claims::default(), &backstage, 16).await;
    let of = |tenant: usize| leases.iter().filter(|lease| lease.tenant.uuid() == tenants[tenant]).count();
    assert_eq!([of(0), of(1), of(2)], [1, 14, 1]);
}

/// What was read of an index of timers: scans, and entries.
async fn reads(superuser: &mut PgConnection, index: &str) -> (i64, i64) {
    sqlx::query_as("select idx_scan, idx_tup_read from pg_stat_user_indexes where indexrelname = $1")
        .bind(index)
        .fetch_one(superuser)
        .await
        .expect("the server counts")
}

#[tokio::test]
async fn a_storm_is_not_read_through_once_for_each_tenant() {
    let desk = waiting(0).await;
    let mut superuser = desk.superuser().await;
    desk.pass_to(LATE).await;
    let tenants = tenants(50);
    for tenant in &tenants {
        set_timers(&mut superuser, *tenant, 20, "2000-02-01T08:00:00Z").await;
    }
    // What the planner knows is from before the storm: nothing is ready.
    sqlx::query("analyze timers").execute(&mut superuser).await.expect("statistics are gathered");
    set_timers(&mut superuser, tenants[20], 5_000, "2000-01-03T08:00:00Z").await;
    for small in &tenants {
        set_timers(&mut superuser, *small, 1, "2000-01-03T11:00:00Z").await;
    }
    let (scans, _) = reads(&mut superuser, "timers_ready_of_kind_and_tenant").await;
    let (_, before) = reads(&mut superuser, "timers_ready_of_kind").await;

    let store = Store::new(&Settings { max_connections: 1, ..desk.store_settings() }).expect("a URL");
    let backstage = desk.backstage().await.over(store.clone());
    let mut claims = Claims::default();
    for round in 0..4_u128 {
        let (now, until) = (instant(LATE), instant("2000-01-03T12:01:00Z"));
        let wanted =
            Wanted { kind: TimerKind::Ticket, now, until, limit: 16, token: Uuid::from_u128(round + 1) };
        assert_eq!(claims.take(&backstage, &wanted).await.expect("timers are claimed").len(), 16);
    }
    // A session says what it has read when it ends, and a little later.
    store.close(Duration::from_secs(10)).await;
    while reads(&mut superuser, "timers_ready_of_kind_and_tenant").await.0 == scans {
        tokio::task::yield_now().await;
    }
    let (_, after) = reads(&mut superuser, "timers_ready_of_kind").await;
    assert!(after - before < 200, "{} entries were read for 64 timers", after - before);
}
