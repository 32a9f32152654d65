//! Patches that are refused, and those that come again.

use reqwest::Method;
use serde_json::{Value, json};

use super::Patched;
use crate::harness::Desk;

#[tokio::test]
async fn every_wrong_field_is_named() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let shown = ticket.read().await.json();
    let patchable = [
        "status",
        "subject",
        "requester",
        "category",
        "severity",
        "impact",
        "type",
        "service",
        "tags",
        "custom",
        "external_ref",
        "dedup_key",
    ];
    for field in shown.as_object().expect("a ticket").keys() {
        if !patchable.contains(&field.as_str()) {
            for value in [shown[field].clone(), Value::Null] {
                let refused = ticket.patch(json!({ field: value })).await.expect_problem(422, "validation");
                assert_eq!(refused.faults(), [(format!("/{field}"), "read_only".to_owned())]);
            }
        }
    }
    let wrong = json!({
        "id": "1", "priority": "P1", "subject": null, "requester": { "email": null, "phone": 1 }, "status": null,
        "team": null, "tags": [""], "severity": "hot", "colour": "blue", "custom": 5, "reason": "",
    });
    let refused = ticket.patch(wrong).await.expect_problem(422, "validation");
    let mut places: Vec<String> = refused.faults().into_iter().map(|(place, _)| place).collect();
    places.sort_unstable();
    let expected = [
        "/colour",
        "/custom",
        "/id",
        "/priority",
        "/reason",
        "/requester/email",
        "/requester/phone",
        "/severity",
        "/status",
        "/subject",
        "/tags/0",
        "/team",
    ];
    assert_eq!(places, expected);
    ticket.patch(json!({ "requester": null })).await.expect_problem(422, "validation");
    ticket.patch(json!([{ "op": "remove" }])).await.expect_problem(422, "validation");
    assert_eq!(ticket.read().await.json(), shown);
}

#[tokio::test]
async fn the_limits_of_intake_hold_for_the_result() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    ticket.expect_facts(json!({ "custom": { "big": "x".repeat(10_000) } }), &["edited"]).await;
    let refused = ticket.patch(json!({ "custom": { "more": "x".repeat(10_000) } })).await;
    assert_eq!(
        refused.expect_problem(422, "validation").faults(),
        [("/custom".to_owned(), "too_large".to_owned())]
    );
    ticket.expect_facts(json!({ "custom": { "big": null, "more": "x".repeat(10_000) } }), &["edited"]).await;
    let many: serde_json::Map<String, Value> = (0..99).map(|n| (format!("n{n}"), json!(n))).collect();
    let refused = ticket.patch(json!({ "custom": many })).await.expect_problem(422, "validation");
    assert_eq!(refused.faults()[0].1, "too_many_fields");
    let deep = (0..9).fold(json!(1), |inner, _| json!({ "a": inner }));
    let refused = ticket.patch(json!({ "custom": deep })).await.expect_problem(422, "validation");
    assert_eq!(refused.faults()[0].1, "too_deep");
    let tags: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let refused = ticket.patch(json!({ "tags": tags })).await.expect_problem(422, "validation");
    assert_eq!(refused.faults()[0].1, "too_many_items");
}

#[tokio::test]
async fn a_closed_ticket_is_final() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let resolution = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    ticket.agent.post(&format!("{}/resolve", ticket.path), &resolution).await.expect(200);
    ticket.expect_facts(json!({ "tags": ["known"], "status": "closed" }), &["edited", "closed"]).await;
    let closed = ticket.read().await;
    for patch in [
        json!({ "subject": "Other" }),
        json!({ "requester": { "name": "Eve" } }),
        json!({ "severity": "critical", "impact": "organization" }),
        json!({ "agent": "agent" }),
        json!({ "status": "open" }),
    ] {
        assert_eq!(ticket.patch(patch).await.status, 409);
    }
    ticket.expect_facts(json!({}), &[]).await;
    ticket.expect_facts(json!({ "tags": ["known"], "status": "closed" }), &[]).await;
    assert_eq!(ticket.read().await.json(), closed.json());
}

#[tokio::test]
async fn media_types_versions_and_repeats() {
    let desk = Desk::start().await;
    let ticket = Patched::new(&desk).await;
    let send = async |media_type: &str| {
        let body = json!({ "tags": [media_type] }).to_string().into_bytes();
        ticket.agent.send_raw(Method::PATCH, &ticket.path, media_type, body).await
    };
    for taken in ["application/merge-patch+json", "application/json; charset=utf-8", "Application/JSON"] {
        send(taken).await.expect(200);
    }
    for other in ["application/json-patch+json", "text/plain", "application/merge-patch+json; charset=latin1"]
    {
        let refused = send(other).await.expect_problem(415, "unsupported_media_type");
        assert_eq!(refused.header("accept-patch"), "application/merge-patch+json, application/json");
    }
    let stale = ticket.read().await.header("etag").to_owned();
    let once = ticket.agent.with("idempotency-key", "once");
    let first = once.patch(&ticket.path, &json!({ "subject": "Once" })).await.expect(200);
    ticket.expect_facts(json!({ "subject": "Twice" }), &["edited"]).await;
    let again = once.patch(&ticket.path, &json!({ "subject": "Once" })).await.expect(200);
    assert_eq!((again.body.clone(), again.header("idempotency-replayed")), (first.body, "true"));
    let other = once.patch(&ticket.path, &json!({ "subject": "Thrice" })).await;
    other.expect_problem(422, "idempotency_mismatch");
    let late = ticket.agent.with("if-match", &stale).patch(&ticket.path, &json!({})).await;
    late.expect_problem(412, "precondition_failed");
    let current = ticket.read().await.header("etag").to_owned();
    let meant =
        ticket.agent.with("if-match", &current).patch(&ticket.path, &json!({ "subject": "Meant" })).await;
    assert_eq!(meant.expect(200).text("/subject"), "Meant");
    let preflight =
        desk.anonymous().with("origin", "https://a.example").with("access-control-request-method", "PATCH");
    let admitted = preflight.send(Method::OPTIONS, &ticket.path, None).await.expect(204);
    assert!(admitted.header("access-control-allow-methods").contains("PATCH"));
}
