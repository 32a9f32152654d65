//! How often a key and a tenant may ask.

use support_engineer::domain::vocabulary::Role;

use crate::harness::Desk;

/// A request a second in the long run, and somewhat more at once for a tenant
/// than for one of its keys.
const SMALL: &[(&str, &str)] = &[
    ("SUPPORT__LIMITS__ENABLED", "true"),
    ("SUPPORT__LIMITS__PER_KEY_PER_SECOND", "1"),
    ("SUPPORT__LIMITS__PER_KEY_BURST", "60"),
    ("SUPPORT__LIMITS__PER_TENANT_PER_SECOND", "1"),
    ("SUPPORT__LIMITS__PER_TENANT_BURST", "90"),
];

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let desk = Desk::start_with(SMALL).await;
    let agent = desk.as_role(Role::Agent);
    let first = agent.get("/v1/teams").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"key\";q=60;w=60, \"tenant\";q=90;w=90");
    assert!(first.header("ratelimit").starts_with("\"key\";r=59;t="), "{:?}", first.headers);
    let mut refused = first;
    // Some are filled in again on the way, so that a few more may pass.
    for _ in 0..1_000 {
        refused = agent.get("/v1/teams").await;
        if refused.status != 200 {
            break;
        }
    }
    let refused = refused.expect_problem(429, "too_many_requests");
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert!(refused.header("ratelimit").starts_with("\"key\";r=0;t="), "{:?}", refused.headers);
    assert_eq!(refused.at("/retryable"), true);

    // Another key of the tenant has what is left of the tenant's rate.
    let lead = desk.as_role(Role::Lead);
    lead.get("/v1/teams").await.expect(200);
    let mut passed = 1;
    while lead.get("/v1/teams").await.status == 200 {
        passed += 1;
        assert!(passed < 60, "the tenant's rate is used up before the key's");
    }
    // Another tenant is not concerned, nor is whoever watches the service.
    let operator = desk.as_role(Role::Operator);
    operator.get("/v1/teams").await.expect_problem(403, "forbidden");
    desk.anonymous().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn rates_can_be_left_unlimited() {
    let desk = Desk::start_with(&[
        ("SUPPORT__LIMITS__ENABLED", "false"),
        ("SUPPORT__LIMITS__PER_KEY_PER_SECOND", "1"),
        ("SUPPORT__LIMITS__PER_KEY_BURST", "1"),
    ])
    .await;
    let agent = desk.as_role(Role::Agent);
    for _ in 0..5 {
        let answer = agent.get("/v1/teams").await.expect(200);
        assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
    }
}

#[tokio::test]
async fn strangers_use_up_nobody_s_rate() {
    let desk = Desk::start_with(SMALL).await;
    for _ in 0..100 {
        let refused = desk.anonymous().with_key("se_wrong").get("/v1/teams").await.expect(401);
        assert_eq!(refused.header("ratelimit"), "");
    }
    let answer = desk.as_role(Role::Agent).get("/v1/teams").await.expect(200);
    assert!(answer.header("ratelimit").starts_with("\"key\";r=59;t="), "{:?}", answer.headers);
}
