//! HTTP checks.

use serde_json::{Value, json};

use super::{again, alerts, check, numbers, on, outages, uptime, watched};
use crate::harness::{Desk, Receiver, Reply};
use support_engineer::domain::vocabulary::Role;

#[tokio::test]
async fn failures_in_a_row_are_an_outage_from_the_first_to_the_next_success() {
    let (desk, receiver, lead) = watched().await;
    let monitor = check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("00:10:00")).await;
    assert_eq!(receiver.received().len(), 11, "at once, and then each minute");
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/state"), seen.at("/checked_at")), (json!("up"), json!(on("00:10:00"))));
    assert_eq!(seen.at("/next_check_at"), on("00:11:00"));

    receiver.answer(Reply::Status(503));
    desk.move_clock(&on("00:11:30")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!(
        (seen.at("/state"), seen.at("/outage")),
        (json!("down"), Value::Null),
        "one failure is none yet"
    );
    assert_eq!(seen.at("/failing_since"), on("00:11:00"));
    desk.move_clock(&on("00:12:30")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/reason"), seen.at("/consecutive_failures")), (json!("it answered 503"), json!(2)));
    assert_eq!(outages(&lead).await, [(json!(on("00:11:00")), Value::Null)]);
    let outage = lead.get(&format!("/v1/outages/{}", seen.text("/outage"))).await.expect(200);
    assert_eq!((outage.at("/service"), outage.at("/monitor")), (json!("reporting"), json!(monitor.id())));

    // It is an alert with a ticket.
    let fires = alerts(&lead).await;
    assert_eq!((&fires[0]["state"], &fires[0]["service"]), (&json!("firing"), &json!("reporting")));
    let path = format!("/v1/tickets/{}", fires[0]["ticket"].as_str().expect("a ticket"));
    let ticket = lead.get(&path).await.expect(200);
    assert_eq!(ticket.at("/subject"), "reporting is down: it answered 503");
    assert_eq!((ticket.at("/type"), ticket.at("/service")), (json!("alert"), json!("reporting")));

    receiver.answer(Reply::Status(204));
    desk.move_clock(&on("00:15:00")).await;
    assert_eq!(outages(&lead).await, [(json!(on("00:11:00")), json!(on("00:13:00")))]);
    assert_eq!(alerts(&lead).await[0]["state"], "resolved");
    assert_eq!(lead.get(&path).await.expect(200).at("/status"), "resolved");

    let answer = uptime(&lead, "00:00:00", "00:15:00").await;
    assert_eq!(numbers(&answer), [900, 0, 120, 1]);
    assert_eq!((answer.at("/value"), answer.at("/coverage")), (json!(780.0 / 900.0), json!(1.0)));
    assert_eq!(
        (answer.at("/met"), answer.at("/target"), answer.at("/n")),
        (json!(false), json!(0.995), json!(1))
    );
    assert_eq!(answer.at("/as_of"), on("00:15:00"));
    // Windows that cut through it.
    assert_eq!(numbers(&uptime(&lead, "00:11:30", "00:12:00").await), [30, 0, 30, 1]);
    assert_eq!(numbers(&uptime(&lead, "00:13:00", "00:14:00").await), [60, 0, 0, 0]);
    assert_eq!(uptime(&lead, "00:13:00", "00:14:00").await.at("/met"), true);
}

#[tokio::test]
async fn a_failure_alone_is_no_outage() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    for minute in 1..=6 {
        receiver.answer(Reply::Status(if minute % 2 == 0 { 500 } else { 200 }));
        desk.move_clock(&on(&format!("00:0{minute}:00"))).await;
    }
    assert_eq!(outages(&lead).await, []);
    assert_eq!(alerts(&lead).await, [Value::Null; 0]);
    assert_eq!(uptime(&lead, "00:00:00", "00:06:00").await.at("/value"), 1.0);
}

#[tokio::test]
async fn time_in_which_nobody_looked_is_not_observed() {
    let (desk, receiver, lead) = watched().await;
    let monitor = check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("00:10:00")).await;
    // Nobody works until one o'clock.
    desk.pass_to(&on("01:00:00")).await;
    desk.move_clock(&on("01:10:00")).await;
    let answer = uptime(&lead, "00:00:00", "01:10:00").await;
    assert_eq!(numbers(&answer), [1_200, 0, 0, 0]);
    assert_eq!((answer.at("/value"), answer.at("/met")), (json!(1.0), Value::Null));
    assert_eq!(answer.at("/coverage"), 1_200.0 / 4_200.0);
    assert_eq!(receiver.received().len(), 22, "what was missed is looked at once");
    // Nor while it is disabled.
    let path = format!("/v1/monitors/{}", monitor.id());
    let idle = lead.patch(&path, &json!({ "enabled": false })).await.expect(200);
    assert_eq!((idle.at("/state"), idle.at("/next_check_at")), (json!("unknown"), Value::Null));
    desk.move_clock(&on("01:20:00")).await;
    assert_eq!(receiver.received().len(), 22);
    lead.patch(&path, &json!({ "enabled": true })).await.expect(200);
    desk.move_clock(&on("01:25:00")).await;
    assert_eq!(numbers(&uptime(&lead, "01:10:00", "01:25:00").await), [300, 0, 0, 0]);
}

#[tokio::test]
async fn failures_on_both_sides_of_a_gap_are_not_in_a_row() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    desk.move_clock(&on("00:01:30")).await;
    receiver.answer(Reply::Status(500));
    desk.move_clock(&on("00:02:30")).await;
    desk.pass_to(&on("02:00:00")).await;
    desk.move_clock(&on("02:00:30")).await;
    assert_eq!(outages(&lead).await, []);
    desk.move_clock(&on("02:01:30")).await;
    assert_eq!(outages(&lead).await, [(json!(on("02:00:00")), Value::Null)]);
}

#[tokio::test]
async fn a_disabled_monitor_ends_its_outage_at_its_last_look_and_leaves_the_ticket_to_people() {
    let (desk, receiver, lead) = watched().await;
    receiver.answer(Reply::Status(500));
    let monitor = check(&lead, &receiver, json!({ "failures_to_open": 1 })).await;
    desk.move_clock(&on("00:05:30")).await;
    let path = format!("/v1/monitors/{}", monitor.id());
    lead.patch(&path, &json!({ "enabled": false })).await.expect(200);
    assert_eq!(outages(&lead).await, [(json!(on("00:00:00")), json!(on("00:05:00")))]);
    assert_eq!(alerts(&lead).await[0]["state"], "firing");
    desk.move_clock(&on("00:10:00")).await;
    receiver.answer(Reply::Status(200));
    lead.patch(&path, &json!({ "enabled": true })).await.expect(200);
    desk.move_clock(&on("00:10:30")).await;
    assert_eq!(alerts(&lead).await[0]["state"], "resolved", "it was seen to be there");
    let gone = lead.delete(&path).await.expect(200);
    assert_eq!(gone.at("/enabled"), true, "as it was");
    lead.get(&path).await.expect_problem(404, "not_found");
    desk.move_clock(&on("00:20:00")).await;
    assert_eq!(numbers(&uptime(&lead, "00:00:00", "00:05:00").await), [300, 0, 300, 1], "what it saw stays");
}

#[tokio::test]
async fn what_a_check_asks_for_can_be_told_and_changed() {
    let (desk, receiver, lead) = watched().await;
    let asks = json!({ "method": "HEAD", "expect_status": [405, "500-503"], "interval_seconds": 10, "timeout_seconds": 5, "failures_to_open": 1 });
    let monitor = check(&lead, &receiver, asks).await;
    assert_eq!(monitor.at("/expect_status"), json!([405, "500-503"]));
    desk.move_clock(&on("00:00:09")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/state"), seen.at("/reason")), (json!("down"), json!("it answered 200")));
    let path = format!("/v1/monitors/{}", monitor.id());
    receiver.answer(Reply::Saying(200, b"mostly well".to_vec()));
    let change = json!({ "method": "GET", "expect_status": ["200-204"], "body_contains": "all is well" });
    lead.patch(&path, &change).await.expect(200);
    desk.move_clock(&on("00:00:09")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!(seen.at("/reason"), "it answered 200, but without \"all is well\" in the body");
    receiver.answer(Reply::Saying(200, b"<p>all is well</p>".to_vec()));
    desk.move_clock(&on("00:00:19")).await;
    assert_eq!(again(&lead, &monitor).await.at("/state"), "up");
    receiver.answer(Reply::With(302, "location", receiver.url("/elsewhere")));
    desk.move_clock(&on("00:00:29")).await;
    assert_eq!(again(&lead, &monitor).await.at("/reason"), "it answered 302", "redirects are not followed");
    assert!(receiver.received().iter().all(|request| request.path == "/healthz"));
}

#[tokio::test]
async fn a_service_that_says_nothing_is_away() {
    let (desk, receiver, lead) = watched().await;
    receiver.answer(Reply::Silence);
    let monitor = check(&lead, &receiver, json!({ "timeout_seconds": 1, "failures_to_open": 1 })).await;
    desk.move_clock(&on("00:00:00")).await;
    let seen = again(&lead, &monitor).await;
    assert_eq!((seen.at("/state"), seen.at("/reason")), (json!("down"), json!("no answer within 1000 ms")));
    // Stamped with when it was asked, not with when that was given up.
    assert_eq!(outages(&lead).await, [(json!(on("00:00:00")), Value::Null)]);
}

#[tokio::test]
async fn monitors_ask_only_what_may_be_reached() {
    let (desk, receiver) = (Desk::start().await, Receiver::start().await);
    let lead = desk.as_role(Role::Lead);
    for url in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "ftp://a.example",
        "https://u:p@a.example",
    ] {
        let body = json!({ "kind": "http", "service": "reporting", "url": url });
        let refused = lead.post("/v1/monitors", &body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/url".to_owned(), "not_allowed".to_owned())], "{url}");
    }
    // A name shows where it leads when it is connected to.
    let url = format!("http://localhost:{}/", receiver.port());
    let monitor = json!({ "kind": "http", "service": "reporting", "url": url, "failures_to_open": 1 });
    let monitor = lead.post("/v1/monitors", &monitor).await.expect(201);
    desk.move_clock(&on("00:00:00")).await;
    let seen = again(&lead, &monitor).await;
    assert!(seen.text("/reason").contains("loopback"), "{}", seen.shown());
    assert_eq!(receiver.received().len(), 0);
    let path = format!("/v1/monitors/{}", monitor.id());
    lead.patch(&path, &json!({ "url": "http://10.0.0.1/" })).await.expect_problem(422, "validation");
}
