//! How the service is watched: health, readiness, metrics, and what it does
//! while its database is away.

use std::time::Duration;

use support_engineer::domain::vocabulary::Role;
use support_engineer::shutdown::Ending;

use crate::harness::{Client, Desk, ticket};

/// The pool gives up soon, so that the test need not wait.
const IMPATIENT: (&str, &str) = ("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "1000");

#[tokio::test]
async fn a_desk_is_healthy_and_ready() {
    let desk = Desk::start().await;
    assert_eq!(desk.anonymous().get("/healthz").await.expect(200).text("/status"), "ok");
    let ready = desk.anonymous().get("/readyz").await.expect(200);
    assert_eq!(ready.json(), serde_json::json!({ "status": "ready", "checks": ["database"] }));
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let desk = Desk::start().await;
    desk.anonymous().get("/healthz").await.expect(200);
    desk.anonymous().get("/metrics").await.expect_problem(404, "not_found");
    let watcher = Client::anonymous(&desk.metrics_url());
    let metrics = watcher.get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(metrics.body).expect("metrics are text");
    assert!(
        text.contains(r#"http_request_duration_seconds_count{method="GET",route="/healthz",status="200"}"#),
        "{text}"
    );
    watcher.get("/v1/tickets").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_database_that_is_away_is_named_and_comes_back() {
    let desk = Desk::start_with(&[IMPATIENT]).await;
    let agent = desk.as_role(Role::Agent);
    agent.post("/v1/tickets", &ticket("Before", "It was there.")).await.expect(201);

    desk.admit_to_database(false).await;
    let refused = agent.post("/v1/tickets", &ticket("Meanwhile", "It is away.")).await;
    let refused = refused.expect_problem(503, "unavailable");
    let seconds: u64 = refused.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&seconds));
    assert_eq!(refused.at("/retryable"), true);
    let unready = desk.anonymous().get("/readyz").await.expect_problem(503, "unavailable");
    assert_eq!(unready.text("/errors/0/pointer"), "/checks/database");
    desk.anonymous().get("/healthz").await.expect(200);

    desk.admit_to_database(true).await;
    desk.anonymous().get("/readyz").await.expect(200);
    let tickets = agent.post("/v1/tickets", &ticket("After", "It is back.")).await.expect(201);
    assert_eq!(tickets.text("/subject"), "After");
}

#[tokio::test]
async fn a_stop_answers_what_was_asked_and_ends() {
    let mut desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    agent.post("/v1/tickets", &ticket("Before", "It was there.")).await.expect(201);
    let ended = tokio::time::timeout(Duration::from_secs(20), desk.stop()).await.expect("it ends");
    assert_eq!(ended, Ending::Drained);
    desk.restart().await;
    let found = desk.as_role(Role::Agent).get("/v1/tickets").await.expect(200);
    assert_eq!(found.text("/items/0/subject"), "Before");
}
