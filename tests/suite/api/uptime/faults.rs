//! What is refused.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{check, on, outages, watched};
use crate::harness::{Desk, Reply};

fn pairs(faults: &[(&str, &str)]) -> Vec<(String, String)> {
    faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test]
async fn an_outage_lies_in_the_past() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    desk.pass_to(&on("12:00:00")).await;
    for (body, faults) in [
        (json!({}), vec![("/service", "required"), ("/from", "required"), ("/reason", "required")]),
        (json!({ "service": "a", "from": on("12:00:01"), "reason": "x" }), vec![("/from", "in_future")]),
        (
            json!({ "service": "a", "from": on("11:00:00"), "to": on("13:00:00"), "reason": "x" }),
            vec![("/to", "in_future")],
        ),
        (
            json!({ "service": "a", "from": on("11:00:00"), "to": on("10:00:00"), "reason": "x" }),
            vec![("/to", "not_after")],
        ),
    ] {
        let refused = lead.post("/v1/outages", &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), pairs(&faults), "{body}");
    }
    let open = json!({ "service": "a", "from": on("11:00:00"), "reason": "x" });
    let open = lead.post("/v1/outages", &open).await.expect(201);
    let path = format!("/v1/outages/{}", open.id());
    for (to, code) in [
        (json!(on("10:00:00")), "not_after"),
        (json!(on("13:00:00")), "in_future"),
        (Value::Null, "required"),
    ] {
        let refused = lead.patch(&path, &json!({ "to": to })).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), pairs(&[("/to", code)]));
    }
    let said = lead.patch(&path, &json!({ "reason": "A disk was full" })).await.expect(200);
    assert_eq!((said.at("/reason"), said.at("/to")), (json!("A disk was full"), Value::Null));
}

#[tokio::test]
async fn only_the_monitor_ends_the_outage_that_it_found() {
    let (desk, receiver, lead) = watched().await;
    receiver.answer(Reply::Status(500));
    let monitor = check(&lead, &receiver, json!({ "failures_to_open": 1 })).await;
    desk.move_clock(&on("00:00:30")).await;
    let seen = lead.get(&format!("/v1/monitors/{}", monitor.id())).await.expect(200);
    let path = format!("/v1/outages/{}", seen.text("/outage"));
    lead.patch(&path, &json!({ "to": on("00:00:10") })).await.expect_problem(409, "conflict");
    lead.patch(&path, &json!({ "reason": "A disk was full" })).await.expect(200);
    receiver.answer(Reply::Status(200));
    desk.move_clock(&on("00:01:30")).await;
    assert_eq!(outages(&lead).await, [(json!(on("00:00:00")), json!(on("00:01:00")))]);
    assert_eq!(lead.get(&path).await.expect(200).at("/reason"), "A disk was full");
}

#[tokio::test]
async fn maintenance_says_what_and_when() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let (from, to) = (on("01:00:00"), on("02:00:00"));
    for (body, faults) in [
        (json!({ "from": from, "to": to, "reason": "x" }), vec![("", "one_of")]),
        (
            json!({ "from": from, "to": to, "reason": "x", "all": true, "services": ["a"] }),
            vec![("", "one_of")],
        ),
        (json!({ "from": from, "to": to, "reason": "x", "services": [] }), vec![("/services", "empty")]),
        (json!({ "from": from, "to": from, "reason": "x", "all": true }), vec![("/to", "not_after")]),
        (
            json!({ "from": from, "to": "2002-01-01T00:00:00Z", "reason": "x", "all": true }),
            vec![("/to", "too_far")],
        ),
        (json!({ "from": from, "to": to, "all": true }), vec![("/reason", "required")]),
    ] {
        let refused = lead.post("/v1/maintenance", &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), pairs(&faults), "{body}");
    }
}

#[tokio::test]
async fn a_monitor_keeps_its_kind_and_service() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let body = json!({ "kind": "heartbeat", "service": "export", "interval_seconds": 600 });
    let monitor = lead.post("/v1/monitors", &body).await.expect(201);
    let path = format!("/v1/monitors/{}", monitor.id());
    assert_eq!(monitor.header("location"), path);
    let refused = lead.patch(&path, &json!({ "kind": "http", "service": "other" })).await;
    let refused = refused.expect_problem(422, "validation");
    assert_eq!(refused.faults(), pairs(&[("/kind", "read_only"), ("/service", "read_only")]));
    let patched =
        lead.patch(&path, &json!({ "name": "Nightly", "severity": "low", "grace_seconds": 0 })).await;
    let patched = patched.expect(200);
    assert_eq!((patched.at("/name"), patched.at("/grace_seconds")), (json!("Nightly"), json!(0)));
    let listed = lead.get("/v1/monitors?service=export").await.expect(200);
    assert_eq!(listed.at("/items/0"), patched.json(), "lists show what GET of one shows");
    assert_eq!(lead.get("/v1/monitors?service=other").await.expect(200).at("/items"), json!([]));
    lead.get("/v1/uptime?interval=minute").await.expect_problem(400, "bad_parameter");
    lead.get("/v1/uptime?from=2000-01-02&to=2000-01-01").await.expect_problem(400, "bad_parameter");
}
