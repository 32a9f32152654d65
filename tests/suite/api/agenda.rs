//! What time alone brings to tickets, each at its instant and once.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Client, Desk, ticket};

/// How many timers of tickets were late by so many seconds at most, as
/// `/metrics` tells it.
async fn late_by(desk: &Desk, seconds: &str) -> u64 {
    let metrics = Client::anonymous(&desk.metrics_url()).get("/metrics").await.expect(200);
    let series = format!("worker_timer_lag_seconds_bucket{{kind=\"ticket\",le=\"{seconds}\"}} ");
    let text = String::from_utf8(metrics.body).expect("metrics are text");
    let line = text.lines().find_map(|line| line.strip_prefix(series.as_str()));
    line.map_or(0, |number| number.parse().expect("a number"))
}

/// A Monday, as the office opens.
const MONDAY: &str = "2000-01-03T09:00:00Z";

async fn opened(desk: &Desk) -> (Client, String) {
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("How do I export?", "A question.")).await.expect(201);
    (agent, format!("/v1/tickets/{}", made.id()))
}

async fn resolve(agent: &Client, path: &str) {
    let body = json!({ "resolution": "fixed", "steps": "Told them.", "message": "Press export." });
    agent.post(&format!("{path}/resolve"), &body).await.expect(200);
}

/// The facts of these kinds, with the instants at which they were recorded.
async fn facts(agent: &Client, path: &str, kinds: &[&str]) -> Vec<(String, Value)> {
    let answer = agent.get(&format!("{path}/history?limit=200")).await.expect(200);
    let items = answer.at("/items").as_array().expect("a list").clone();
    let wanted = items.into_iter().filter(|item| kinds.iter().any(|kind| item["kind"] == *kind));
    wanted.map(|item| (item["at"].as_str().expect("an instant").to_owned(), item)).collect()
}

#[tokio::test]
async fn a_breach_is_recorded_right_after_its_deadline_and_stamped_with_it() {
    let desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    desk.move_clock("2000-01-03T09:30:00Z").await;
    assert_eq!(facts(&agent, &path, &["clock_breached"]).await, [], "at the deadline nothing is late");
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let [(at, fact)] = &facts(&agent, &path, &["clock_breached"]).await[..] else { panic!("one breach") };
    assert_eq!(at, "2000-01-03T09:30:00.000001Z");
    assert_eq!(fact["data"]["metric"], "first_response");
    assert_eq!(fact["data"]["due"], "2000-01-03T09:30:00Z");
    assert_eq!(fact["actor"]["kind"], "automation");
}

#[tokio::test]
async fn what_fell_due_while_nobody_worked_is_recorded_once_with_its_stamp() {
    let mut desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    drop(agent);
    desk.stop().await;
    sqlx::query("update test_clock set now = '2000-01-05T10:00:00Z'")
        .execute(&mut desk.superuser().await)
        .await
        .expect("the clock moves while nobody works");
    desk.restart().await;
    desk.move_clock("2000-01-05T10:00:00Z").await;
    desk.move_clock("2000-01-05T10:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let [(at, fact)] = &facts(&agent, &path, &["clock_breached"]).await[..] else { panic!("one breach") };
    assert_eq!(at, "2000-01-05T10:00:00Z");
    assert_eq!(fact["data"]["due"], "2000-01-03T09:30:00Z");
}

#[tokio::test]
async fn a_resolved_ticket_is_asked_about_after_an_hour_and_closed_after_its_window() {
    let desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    resolve(&agent, &path).await;
    desk.move_clock("2000-01-10T09:00:00Z").await;
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "resolved", "it may still come back");
    desk.move_clock("2000-02-01T09:00:00Z").await;
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "closed");
    let happened = facts(&agent, &path, &["survey_requested", "closed"]).await;
    let happened: Vec<_> =
        happened.iter().map(|(at, fact)| (at.as_str(), fact["kind"].as_str().expect("a word"))).collect();
    let expected = [("2000-01-03T10:00:00Z", "survey_requested"), ("2000-01-10T09:00:00.000001Z", "closed")];
    assert_eq!(happened, expected);
}

#[tokio::test]
async fn a_ticket_that_comes_back_is_asked_about_after_its_next_resolution_alone() {
    let desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    resolve(&agent, &path).await;
    desk.move_clock("2000-01-03T09:59:59Z").await;
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Not yet." })).await.expect(200);
    desk.move_clock("2000-01-03T12:00:00Z").await;
    assert_eq!(facts(&agent, &path, &["survey_requested"]).await, []);
    resolve(&agent, &path).await;
    desk.move_clock("2000-01-04T12:00:00Z").await;
    let asked = facts(&agent, &path, &["survey_requested"]).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].0, "2000-01-03T13:00:00Z");
}

#[tokio::test]
async fn a_question_that_nobody_answers_resolves_its_ticket() {
    let desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    let ask = json!({ "author": "agent", "visibility": "public", "body": "Which one?", "status": "pending" });
    agent.post(&format!("{path}/messages"), &ask).await.expect(201);
    desk.move_clock("2000-01-17T08:59:59Z").await;
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "pending");
    desk.move_clock("2000-01-17T09:00:00Z").await;
    let read = agent.get(&path).await.expect(200);
    assert_eq!(read.text("/status"), "resolved");
    let resolved = facts(&agent, &path, &["resolved"]).await;
    assert_eq!(resolved[0].1["data"]["cause"], "no_answer");
    let messages = agent.get(&format!("{path}/messages")).await.expect(200);
    let last = messages.at("/items").as_array().expect("a list").last().expect("a message").clone();
    assert_eq!((last["author"].as_str(), last["visibility"].as_str()), (Some("automation"), Some("public")));
    assert!(last["body"].as_str().expect("text").contains("have not heard from you"), "{last}");
    // The requester may still come back.
    let answer = json!({ "author": "requester", "visibility": "public", "body": "The first one." });
    agent.post(&format!("{path}/messages"), &answer).await.expect(201);
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "open");
}

#[tokio::test]
async fn an_answer_in_time_keeps_the_ticket_and_waiting_counts_anew() {
    let desk = Desk::start().await;
    let (agent, path) = opened(&desk).await;
    let say = |author: &'static str, status: Option<&'static str>| json!({ "author": author, "visibility": "public", "body": "Hm.", "status": status });
    agent.post(&format!("{path}/messages"), &say("agent", Some("pending"))).await.expect(201);
    desk.move_clock("2000-01-16T09:00:00Z").await;
    agent.post(&format!("{path}/messages"), &say("requester", None)).await.expect(201);
    agent.post(&format!("{path}/messages"), &say("agent", Some("pending"))).await.expect(201);
    desk.move_clock("2000-01-30T08:59:59Z").await;
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "pending");
    desk.move_clock("2000-01-30T09:00:00Z").await;
    assert_eq!(agent.get(&path).await.expect(200).text("/status"), "resolved");
}

#[tokio::test]
async fn operators_see_how_late_timers_are() {
    let desk = Desk::start().await;
    opened(&desk).await;
    // Nobody worked from the first step of its ladder, at 09:15, to noon.
    desk.pass_to("2000-01-03T12:00:00Z").await;
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let (less, all) = (late_by(&desk, "1800").await, late_by(&desk, "14400").await);
    assert!(less < all, "{less} of {all} by half an hour, one at least by two hours and more");
}
