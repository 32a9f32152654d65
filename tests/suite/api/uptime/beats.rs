//! Heartbeats.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{again, alerts, numbers, on, outages, uptime};
use crate::harness::{Answer, Client, Desk};

/// A heartbeat each minute, which may be half a minute late.
async fn pulse(lead: &Client) -> Answer {
    let body = json!({ "kind": "heartbeat", "service": "export", "name": "Nightly export",
        "interval_seconds": 60, "grace_seconds": 30, "severity": "critical" });
    lead.post("/v1/monitors", &body).await.expect(201)
}

async fn beat(client: &Client, monitor: &Answer) -> Answer {
    client.send(reqwest::Method::POST, &monitor.text("/links/heartbeat"), None).await
}

#[tokio::test]
async fn a_heartbeat_that_does_not_come_is_an_outage_from_its_deadline_to_the_next() {
    let desk = Desk::start().await;
    let (lead, service) = (desk.as_role(Role::Lead), desk.as_role(Role::Service));
    let monitor = pulse(&lead).await;
    assert_eq!(
        (monitor.at("/state"), monitor.at("/next_check_at")),
        (json!("unknown"), json!(on("00:01:30")))
    );
    for time in ["00:00:00", "00:01:00", "00:02:20"] {
        desk.move_clock(&on(time)).await;
        let seen = beat(&service, &monitor).await.expect(200);
        assert_eq!((seen.at("/state"), seen.at("/last_heartbeat_at")), (json!("up"), json!(on(time))));
    }
    desk.move_clock("2000-01-01T00:03:49.999999Z").await;
    assert_eq!(again(&lead, &monitor).await.at("/state"), "up");
    desk.move_clock(&on("00:03:50")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/state"), seen.at("/failing_since")), (json!("down"), json!(on("00:03:50"))));
    assert_eq!(seen.at("/reason"), "no heartbeat came within 90 s of the last one");
    assert_eq!(outages(&lead).await, [(json!(on("00:03:50")), Value::Null)]);
    let fires = alerts(&lead).await;
    let path = format!("/v1/tickets/{}", fires[0]["ticket"].as_str().expect("a ticket"));
    let ticket = lead.get(&path).await.expect(200);
    assert_eq!((ticket.at("/severity"), ticket.at("/service")), (json!("critical"), json!("export")));

    desk.move_clock(&on("00:10:00")).await;
    beat(&service, &monitor).await.expect(200);
    assert_eq!(outages(&lead).await, [(json!(on("00:03:50")), json!(on("00:10:00")))]);
    assert_eq!(lead.get(&path).await.expect(200).at("/status"), "resolved");
    let answer = uptime(&lead, "00:00:00", "00:10:00").await;
    assert_eq!(numbers(&answer), [600, 0, 370, 1]);
    assert_eq!(answer.at("/services/0/service"), "export");
}

#[tokio::test]
async fn the_first_heartbeat_is_awaited_from_the_beginning() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let monitor = pulse(&lead).await;
    desk.move_clock(&on("00:03:30")).await;
    assert_eq!(again(&lead, &monitor).await.at("/reason"), "no heartbeat came within 90 s of the beginning");
    // Before its deadline nobody knew anything; since then it was looked for each minute.
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:03:30").await), [120, 0, 120, 1]);
}

#[tokio::test]
async fn one_that_was_missed_while_nobody_looked_counts_from_its_deadline() {
    let desk = Desk::start().await;
    let (lead, service) = (desk.as_role(Role::Lead), desk.as_role(Role::Service));
    let monitor = pulse(&lead).await;
    beat(&service, &monitor).await.expect(200);
    desk.pass_to(&on("00:03:00")).await;
    beat(&service, &monitor).await.expect(200);
    assert_eq!(outages(&lead).await, [(json!(on("00:01:30")), json!(on("00:03:00")))]);
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:03:00").await), [180, 0, 90, 1]);
    // What was too long ago is not known.
    desk.pass_to(&on("09:00:00")).await;
    beat(&service, &monitor).await.expect(200);
    assert_eq!(outages(&lead).await[0], (json!(on("00:04:30")), json!(on("09:00:00"))));
    assert_eq!(numbers(&uptime(&lead, "00:03:00", "09:00:00").await), [90, 0, 0, 0]);
}

#[tokio::test]
async fn heartbeats_are_taken_where_they_are_awaited() {
    let desk = Desk::start().await;
    let (lead, service) = (desk.as_role(Role::Lead), desk.as_role(Role::Service));
    let monitor = pulse(&lead).await;
    let path = format!("/v1/monitors/{}", monitor.id());
    let keyed = service.with("idempotency-key", "one");
    beat(&keyed, &monitor).await.expect(200);
    desk.move_clock(&on("00:01:00")).await;
    let replayed = beat(&keyed, &monitor).await.expect(200);
    assert_eq!(
        (replayed.header("idempotency-replayed"), replayed.at("/checked_at")),
        ("true", json!(on("00:00:00")))
    );
    lead.patch(&path, &json!({ "enabled": false })).await.expect(200);
    beat(&service, &monitor).await.expect_problem(409, "conflict");
    lead.patch(&path, &json!({ "enabled": true, "interval_seconds": 600 })).await.expect(200);
    assert_eq!(again(&lead, &monitor).await.at("/next_check_at"), on("00:11:30"), "from now on");
    beat(&service, &monitor).await.expect(200);
    let refused = lead.patch(&path, &json!({ "url": "https://a.example", "timeout_seconds": 3 })).await;
    let refused = refused.expect_problem(422, "validation");
    assert_eq!(
        refused.faults(),
        [
            ("/url".to_owned(), "not_allowed".to_owned()),
            ("/timeout_seconds".to_owned(), "not_allowed".to_owned())
        ]
    );
    let check = json!({ "kind": "http", "service": "export", "url": "https://a.invalid", "enabled": false });
    let check = lead.post("/v1/monitors", &check).await.expect(201);
    let path = format!("/v1/monitors/{}/heartbeat", check.id());
    service.send(reqwest::Method::POST, &path, None).await.expect_problem(409, "conflict");
}
