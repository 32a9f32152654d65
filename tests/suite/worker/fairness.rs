//! A tenant with much to do, and those with little.

use std::collections::HashMap;

use support_engineer::domain::id::TenantId;
use uuid::Uuid;

use super::{LATE, claim, set_timers, waiting};

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
    let mut after = None;
    for _ in 0..2 {
        let leases = claim(&backstage, 16, after).await;
        after = leases.last().map(|lease| lease.tenant);
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
    let mut after = None;
    for _ in 0..200 {
        let leases = claim(&backstage, 8, after).await;
        after = leases.last().map(|lease| lease.tenant);
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
