//! Several workers, and what changes while a check waits for its answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::{again, alerts, check, numbers, on, outages, uptime, watched};
use crate::harness::Reply;

#[tokio::test]
async fn two_workers_look_once_at_each_instant() {
    let (desk, receiver, lead) = watched().await;
    let replica = desk.replica().await;
    check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("00:05:30")).await;
    receiver.answer(Reply::Status(500));
    desk.move_clock(&on("00:10:00")).await;
    assert_eq!(receiver.received().len(), 11);
    assert_eq!(outages(&lead).await, [(json!(on("00:06:00")), Value::Null)]);
    assert_eq!(alerts(&lead).await.len(), 1);
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:10:00").await), [600, 0, 240, 1]);
    drop(replica);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_monitor_was_disabled_means_nothing() {
    let (desk, receiver, lead) = watched().await;
    receiver.answer(Reply::Silence);
    let monitor = check(&lead, &receiver, json!({ "timeout_seconds": 5, "failures_to_open": 1 })).await;
    let asked = async {
        while receiver.received().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(50), asked).await.expect("the service is asked");
    let path = format!("/v1/monitors/{}", monitor.id());
    lead.patch(&path, &json!({ "enabled": false })).await.expect(200);
    // Waits for whoever works.
    desk.move_clock(&on("00:00:00")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/state"), seen.at("/checked_at")), (json!("unknown"), Value::Null));
    assert_eq!(outages(&lead).await, []);
    desk.move_clock(&on("00:10:00")).await;
    assert_eq!(receiver.received().len(), 1);
}
