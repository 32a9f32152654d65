//! Servers elsewhere that keep the worker waiting.

use std::time::Duration;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, Receiver, Reply, ticket};

#[tokio::test]
async fn a_receiver_that_says_nothing_keeps_nothing_else_waiting() {
    let desk = Desk::start_with(&[
        ("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32"),
        ("SUPPORT__WEBHOOKS__TIMEOUT_SECONDS", "60"),
        ("SUPPORT__WORKER__LEASE_SECONDS", "600"),
        ("SUPPORT__WORKER__CONCURRENCY", "1"),
    ])
    .await;
    let receiver = Receiver::start().await;
    receiver.answer(Reply::Silence);
    let admin = desk.as_role(Role::Admin);
    admin.post("/v1/webhooks", &json!({ "url": receiver.url("/in") })).await.expect(201);
    admin.post("/v1/tickets", &ticket("How do I export?", "A question.")).await.expect(201);
    let patience = Duration::from_secs(50);
    let asked = async {
        while receiver.received().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(patience, asked).await.expect("the receiver is told");

    // The only hand for webhooks is waiting.
    let mut outage = ticket("Everything is down", "Nobody can work.");
    outage["severity"] = json!("critical");
    outage["impact"] = json!("organization");
    let outage = admin.post("/v1/tickets", &outage).await.expect(201);
    let handoff = format!("/v1/handoffs?ticket={}", outage.id());
    let written = async {
        while admin.get(&handoff).await.expect(200).at("/items/0/file/written_at") == Value::Null {}
    };
    tokio::time::timeout(patience, written).await.expect("the handoff is written meanwhile");
    assert_eq!(receiver.received().len(), 1);
}
