//! The clock that tests move by hand, and the desk that follows it.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

const MONDAY: &str = "2000-01-03T09:00:00Z";

#[tokio::test]
async fn it_stands_until_it_is_moved() {
    let desk = Desk::start().await;
    assert_eq!(desk.now().await.to_string(), "2000-01-01T00:00:00Z");
    desk.move_clock(MONDAY).await;
    desk.move_clock(MONDAY).await;
    assert_eq!(desk.now().await.to_string(), MONDAY);
    let made = desk.as_role(Role::Agent).post("/v1/tickets", &ticket("Export fails", "It says no.")).await;
    assert_eq!(made.expect(201).text("/created_at"), MONDAY);
}

#[tokio::test]
async fn it_does_not_go_back() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let back = desk.anonymous().put("/test/clock", &json!({ "now": "2000-01-03T08:59:59.999999Z" })).await;
    let refused = back.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/now".to_owned(), "backwards".to_owned())]);
    assert_eq!(desk.now().await.to_string(), MONDAY);
}

#[tokio::test]
async fn it_takes_an_instant_and_nothing_else() {
    let desk = Desk::start().await;
    for body in [json!({}), json!({ "now": "monday" }), json!({ "now": MONDAY, "then": 1 }), json!([])] {
        desk.anonymous().put("/test/clock", &body).await.expect_problem(422, "validation");
    }
}

#[tokio::test]
async fn replicas_and_restarts_share_it() {
    let mut desk = Desk::start().await;
    let replica = desk.replica().await;
    replica.anonymous().put("/test/clock", &json!({ "now": MONDAY })).await.expect(204);
    let made = desk.as_role(Role::Agent).post("/v1/tickets", &ticket("Export fails", "It says no.")).await;
    assert_eq!(made.expect(201).text("/created_at"), MONDAY);
    desk.restart().await;
    let made = desk.as_role(Role::Agent).post("/v1/tickets", &ticket("Export fails", "It says no.")).await;
    assert_eq!(made.expect(201).text("/created_at"), MONDAY);
}

#[tokio::test]
async fn without_test_mode_there_is_no_such_route() {
    let desk = Desk::start_with(&[("SUPPORT__TEST__CLOCK", "false")]).await;
    desk.anonymous().put("/test/clock", &json!({ "now": MONDAY })).await.expect_problem(404, "not_found");
}
