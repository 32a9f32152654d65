//! Endpoints themselves, and their secrets.

use jiff::SignedDuration;
use serde_json::json;

use super::{admin, advance, desk, listen, open, settle};
use crate::harness::{Receiver, Reply};

#[tokio::test]
async fn a_secret_is_shown_once() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk).with("idempotency-key", "once");
    let made = listen(&admin, &receiver, json!({ "description": "The board" })).await;
    let secret = made.text("/secret");
    assert!(secret.starts_with("whsec_"));
    assert!(made.header("cache-control").contains("no-store"));
    let again = listen(&admin, &receiver, json!({ "description": "The board" })).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.id(), made.id());
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("/v1/webhooks/{}", made.id()));
    for path in ["/v1/webhooks", &path] {
        let shown = admin.get(path).await.expect(200).shown();
        assert!(!shown.contains("whsec_"), "{shown}");
    }
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let plain = desk.as_role(support_engineer::domain::vocabulary::Role::Admin);
    let given = listen(&plain, &receiver, json!({ "secret": own })).await;
    assert_eq!(given.text("/secret"), own);
    for bad in
        ["whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_no base64, but long enough"]
    {
        let body = json!({ "url": receiver.url("/in"), "secret": bad });
        let refused = plain.post("/v1/webhooks", &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults()[0].0, "/secret");
    }
}

#[tokio::test]
async fn two_secrets_sign_while_one_replaces_the_other() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let made = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let path = format!("/v1/webhooks/{}", made.id());
    let rotated = admin.post(&format!("{path}/rotate"), &json!({})).await.expect(200);
    let (old, new) = (made.text("/secret"), rotated.text("/secret"));
    assert_ne!(old, new);
    assert_eq!(rotated.text("/previous_secret_until"), "2000-01-02T00:00:00Z");
    open(&admin, "Export fails").await;
    advance(&desk, SignedDuration::from_hours(24)).await;
    open(&admin, "Import fails").await;
    settle(&desk).await;
    let came = receiver.received();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].header("webhook-signature").split(' ').count(), 2);
    assert!(came[0].is_signed_with(&old) && came[0].is_signed_with(&new));
    assert!(!came[1].is_signed_with(&old) && came[1].is_signed_with(&new));
    assert_eq!(admin.get(&path).await.expect(200).at("/previous_secret_until"), json!(null));
}

#[tokio::test]
async fn an_endpoint_is_changed_by_a_merge_patch() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let made = listen(&admin, &receiver, json!({ "events": ["ticket.created"], "description": "A" })).await;
    let path = format!("/v1/webhooks/{}", made.id());
    let other = Receiver::start().await;
    let change = json!({ "url": other.url("/new"), "events": null, "description": null });
    let changed = admin.patch(&path, &change).await.expect(200);
    assert_eq!(changed.text("/url"), other.url("/new"));
    assert_eq!((changed.at("/events"), changed.at("/description")), (json!(null), json!(null)));
    assert_eq!(changed.json().get("secret"), None);
    admin.post(&format!("{path}/test"), &json!({})).await.expect(201);
    settle(&desk).await;
    assert_eq!((receiver.received().len(), other.received().len()), (0, 1));
    for (bad, place) in [
        (json!({ "url": null }), "/url"),
        (json!({ "url": "https://10.0.0.1/in" }), "/url"),
        (json!({ "events": [] }), "/events"),
        (json!({ "events": ["ticket.exploded"] }), "/events/0"),
        (json!({ "enabled": null }), "/enabled"),
        (json!({ "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }), "/secret"),
    ] {
        let refused = admin.patch(&path, &bad).await.expect_problem(422, "validation");
        assert_eq!(refused.faults()[0].0, place);
    }
}

#[tokio::test]
async fn a_disabled_endpoint_hears_nothing_and_then_what_had_waited() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let made = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let path = format!("/v1/webhooks/{}", made.id());
    receiver.answer(Reply::Status(500));
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let off = admin.patch(&path, &json!({ "enabled": false })).await.expect(200);
    assert_eq!(off.at("/disabled_because"), "request");
    receiver.answer(Reply::Status(204));
    open(&admin, "Import fails").await;
    advance(&desk, SignedDuration::from_hours(100)).await;
    assert_eq!(receiver.received().len(), 1);
    admin.patch(&path, &json!({ "enabled": true })).await.expect(200);
    settle(&desk).await;
    let came = receiver.received();
    assert_eq!(came.len(), 2, "what happened meanwhile is not told");
    assert_eq!(came[0].id(), came[1].id());
}

#[tokio::test]
async fn a_tenant_has_fifty_at_most() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    for _ in 0..50 {
        listen(&admin, &receiver, json!({ "events": ["webhook.test"] })).await;
    }
    let more = json!({ "url": receiver.url("/in") });
    admin.post("/v1/webhooks", &more).await.expect_problem(409, "conflict");
    let page = admin.get("/v1/webhooks?limit=30").await.expect(200);
    let next = format!("/v1/webhooks?limit=30&cursor={}", page.text("/next_cursor"));
    let rest = admin.get(&next).await.expect(200);
    assert_eq!(rest.at("/items").as_array().map(Vec::len), Some(20));
    assert_eq!(rest.at("/next_cursor"), json!(null));
}
