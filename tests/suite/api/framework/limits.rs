//! Rates: the buckets by themselves, and what clients see of them.

use std::time::Duration;

use support_engineer::clock::Clock;
use support_engineer::http::limiter::Limiter;
use uuid::Uuid;

use super::desk::{Desk, rates};
use super::wire::get;

const KEY: Uuid = Uuid::from_u128(1);
const TENANT: Uuid = Uuid::from_u128(2);

#[test]
fn a_quota_may_be_used_at_once_and_comes_back_evenly() {
    let limiter = Limiter::new(rates(6, 100));
    let start = Clock::monotonic();
    for left in (0..6).rev() {
        let verdict = limiter.check(KEY, TENANT, start);
        assert!(verdict.wait.is_none());
        assert_eq!(verdict.standings[0].remaining, left);
    }
    let refused = limiter.check(KEY, TENANT, start);
    assert_eq!(refused.wait, Some(Duration::from_secs(10)));
    assert_eq!(refused.standings[1].remaining, 94, "a refused request costs the tenant nothing");
    let almost = start + Duration::from_millis(9_999);
    assert_eq!(limiter.check(KEY, TENANT, almost).wait, Some(Duration::from_millis(1)));
    assert!(limiter.check(KEY, TENANT, start + Duration::from_secs(10)).wait.is_none());
    assert!(limiter.check(KEY, TENANT, start + Duration::from_secs(10)).wait.is_some());
    let verdict = limiter.check(KEY, TENANT, start + Duration::from_hours(1));
    assert_eq!(verdict.standings[0].remaining, 5, "a bucket never holds more than its quota");
}

#[test]
fn the_keys_of_a_tenant_share_its_quota() {
    let limiter = Limiter::new(rates(5, 6));
    let now = Clock::monotonic();
    let admitted = |key: u128| limiter.check(Uuid::from_u128(key), TENANT, now).wait.is_none();
    assert_eq!((0..8).filter(|_| admitted(1)).count(), 5);
    assert_eq!((0..8).filter(|_| admitted(2)).count(), 1);
    assert!(limiter.check(KEY, Uuid::from_u128(9), now).wait.is_some(), "the key itself is used up");
    assert!(limiter.check(Uuid::from_u128(3), Uuid::from_u128(9), now).wait.is_none());
}

#[test]
fn only_so_many_callers_are_remembered_and_the_busiest_stay() {
    let limiter = Limiter::new(rates(6, 6));
    let now = Clock::monotonic();
    for _ in 0..6 {
        assert!(limiter.check(KEY, TENANT, now).wait.is_none());
    }
    for other in 10..2_000_u128 {
        assert!(limiter.check(Uuid::from_u128(other), Uuid::from_u128(other), now).wait.is_none());
        let (keys, tenants) = limiter.remembered();
        assert!(keys <= 100 && tenants <= 100, "{keys} keys, {tenants} tenants");
    }
    assert!(limiter.check(KEY, TENANT, now).wait.is_some(), "flooding does not buy new tokens");
}

#[tokio::test]
async fn clients_see_where_they_stand_and_when_to_come_back() {
    let desk = Desk::limited(rates(2, 100)).await;
    let first = get(desk.address, "/metered/1/7").await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"key\";q=2;w=60, \"tenant\";q=100;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"key\";r=1;t=30, \"tenant\";r=99;t=1"));
    assert_eq!(get(desk.address, "/metered/1/7").await.status, 200);
    let refused = get(desk.address, "/metered/1/7").await;
    refused.problem(429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").is_some_and(|text| text.starts_with("\"key\";r=0;")));
    assert_eq!(get(desk.address, "/metered/2/7").await.status, 200);
    assert!(get(desk.address, "/healthz").await.header("ratelimit").is_none());
}

#[tokio::test]
async fn rates_can_be_switched_off() {
    let desk = Desk::start().await;
    for _ in 0..5 {
        let answer = get(desk.address, "/metered/1/7").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
}
