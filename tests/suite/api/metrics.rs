//! System metrics: fetched for tickets that need them, attached once, and given
//! up with a word.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use crate::harness::{Answer, Client, Desk, Receiver, Reply, ticket};

const NOON: &str = "2000-01-03T12:00:00Z";

/// A desk that asks this server.
async fn desk_asking(server: &Receiver) -> Desk {
    let queries = r#"['up = up{job="$service"}', 'load = sum by (host, zone) (load{host=~"$service-.*"})']"#;
    let desk = Desk::start_with(&[
        ("SUPPORT__PROMETHEUS__URL", &server.url("/prometheus/")),
        ("SUPPORT__PROMETHEUS__QUERIES", queries),
    ])
    .await;
    desk.move_clock(NOON).await;
    desk
}

fn found() -> Reply {
    let answer = json!({ "status": "success", "data": { "resultType": "vector", "result": [
        { "metric": { "__name__": "up", "instance": "a:1" }, "value": [946_900_800.0, "1"] },
        { "metric": { "instance": "b:1" }, "value": [946_900_800.0, "0.25"] } ] } });
    Reply::Saying(200, answer.to_string().into_bytes())
}

fn nothing() -> Reply {
    let answer = json!({ "status": "success", "data": { "resultType": "vector", "result": [] } });
    Reply::Saying(200, answer.to_string().into_bytes())
}

async fn report(client: &Client, category: &str, service: Option<&str>) -> Answer {
    let mut body = ticket("Checkout times out", "It takes a minute.");
    body["category"] = json!(category);
    body["service"] = json!(service);
    client.post("/v1/tickets", &body).await.expect(201)
}

async fn metrics_of(client: &Client, ticket: Uuid) -> Vec<Value> {
    let evidence = client.get(&format!("/v1/tickets/{ticket}/evidence")).await.expect(200).at("/items");
    let items = evidence.as_array().expect("items").iter();
    items.filter(|item| item["kind"] == "system_metrics").cloned().collect()
}

async fn notes(client: &Client, ticket: Uuid) -> Vec<String> {
    let messages = client.get(&format!("/v1/tickets/{ticket}/messages")).await.expect(200).at("/items");
    let internal = messages.as_array().expect("items").iter().filter(|one| one["visibility"] == "internal");
    internal.map(|one| one["body"].as_str().expect("a text").to_owned()).collect()
}

async fn settle(desk: &Desk) {
    let now = desk.now().await.to_string();
    desk.move_clock(&now).await;
}

/// The queries that came, decoded.
fn asked(server: &Receiver) -> Vec<String> {
    let query = |body: &[u8]| {
        let pairs = form_urlencoded::parse(body).into_owned().collect::<Vec<(String, String)>>();
        pairs.into_iter().find(|(name, _)| name == "query").expect("a query").1
    };
    server.received().iter().map(|one| query(&one.body)).collect()
}

#[tokio::test]
async fn they_are_there_before_somebody_hands_the_ticket_over() {
    let server = Receiver::start().await;
    server.answer(found());
    let desk = desk_asking(&server).await;
    let agent = desk.as_role(Role::Agent);
    let opened = report(&agent, "performance", Some("checkout")).await;
    settle(&desk).await;
    let metrics = metrics_of(&agent, opened.id()).await;
    assert_eq!(metrics.len(), 1);
    assert_eq!(metrics[0]["author"], "automation");
    assert_eq!(
        metrics[0]["text"],
        "System metrics of the service \"checkout\", from Prometheus:\n\
         up: 1 {instance=\"a:1\"}; 0.25 {instance=\"b:1\"}\nload: 1 {instance=\"a:1\"}; 0.25 {instance=\"b:1\"}"
    );
    assert_eq!(asked(&server), ["up{job=\"checkout\"}", "sum by (host, zone) (load{host=~\"checkout-.*\"})"]);
    assert!(server.received().iter().all(|one| one.path == "/prometheus/api/v1/query"));

    let path = format!("/v1/tickets/{}", opened.id());
    let escalation = json!({ "persona": "devops", "reason": "It is the machines." });
    let made = agent.post(&format!("{path}/escalations"), &escalation).await.expect(201);
    assert_eq!(made.at("/missing_context"), json!([]));
    settle(&desk).await;
    assert_eq!(metrics_of(&agent, opened.id()).await.len(), 1);

    // Neither without a service nor where they would not help.
    report(&agent, "performance", None).await;
    report(&agent, "how_to", Some("checkout")).await;
    settle(&desk).await;
    assert_eq!(asked(&server).len(), 2);
}

#[tokio::test]
async fn a_hand_over_that_the_service_makes_is_completed() {
    let server = Receiver::start().await;
    server.answer(Reply::Status(500));
    let desk = desk_asking(&server).await;
    let service = desk.as_role(Role::Service);
    let mut body = ticket("System alert: database connection errors", "Investigate and provide solution.");
    let more = json!({ "type": "alert", "category": "infrastructure", "severity": "high", "impact": "department",
        "service": "orders", "evidence": [{ "kind": "error_log", "text": "too many connections" }] });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let opened = service.post("/v1/tickets", &body).await.expect(201);
    let waiting = format!("/v1/escalations/{}", opened.text("/escalations/0/id"));
    settle(&desk).await;
    assert_eq!(service.get(&waiting).await.expect(200).at("/missing_context"), json!(["system_metrics"]));
    server.answer(found());
    desk.move_clock("2000-01-03T12:00:05Z").await;
    assert_eq!(service.get(&waiting).await.expect(200).at("/missing_context"), json!([]));
    assert_eq!(metrics_of(&service, opened.id()).await.len(), 1);
    let given_up = |note: &String| note.contains("could not be fetched");
    assert!(!notes(&service, opened.id()).await.iter().any(given_up));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_with_a_note() {
    let server = Receiver::start().await;
    let desk = desk_asking(&server).await;
    let agent = desk.as_role(Role::Agent);
    let refused =
        json!({ "status": "error", "errorType": "bad_data", "error": "parse error: unexpected end" });
    for (place, (reply, why)) in [
        (Reply::Status(500), "it answered 500"),
        (Reply::Saying(400, refused.to_string().into_bytes()), "up: parse error: unexpected end"),
        (Reply::Saying(200, b"<html>".to_vec()), "up: the answer is not JSON"),
        (nothing(), "Prometheus has no data of this service"),
    ]
    .into_iter()
    .enumerate()
    {
        server.answer(reply);
        let opened = report(&agent, "infrastructure", Some("checkout")).await;
        desk.move_clock(&format!("2000-01-03T12:{:02}:00Z", 10 + place)).await;
        assert!(metrics_of(&agent, opened.id()).await.is_empty());
        let told = notes(&agent, opened.id()).await;
        assert_eq!(
            told,
            [format!(
                "System metrics could not be fetched: {why}. Attach them as evidence if they are needed."
            )]
        );
    }
    let before = server.received().len();
    desk.move_clock("2000-01-04T12:00:00Z").await;
    assert_eq!(server.received().len(), before, "it is not asked for ever");
}

#[tokio::test]
async fn a_service_cannot_add_to_a_question() {
    let server = Receiver::start().await;
    server.answer(found());
    let desk = desk_asking(&server).await;
    report(&desk.as_role(Role::Agent), "performance", Some("a\"} or {job=~\".*\\")).await;
    settle(&desk).await;
    let asked = asked(&server);
    assert_eq!(asked[0], r#"up{job="a\"} or {job=~\".*\\"}"#);
    // As a regular expression too it is nothing but itself.
    assert!(
        asked[1].starts_with(r#"sum by (host, zone) (load{host=~"a\"\\} or \\{job=\\~\"\\.\\*\\\\"#),
        "{}",
        asked[1]
    );
    assert!(asked[1].ends_with(r#"-.*"})"#), "{}", asked[1]);
}

#[tokio::test]
async fn what_somebody_brings_first_is_enough() {
    let server = Receiver::start().await;
    server.answer(found());
    let desk = desk_asking(&server).await;
    let agent = desk.as_role(Role::Agent);
    let mut body = ticket("Checkout times out", "It takes a minute.");
    (body["category"], body["service"]) = (json!("performance"), json!("checkout"));
    body["evidence"] = json!([{ "kind": "system_metrics", "text": "load 90" }]);
    let opened = agent.post("/v1/tickets", &body).await.expect(201);
    settle(&desk).await;
    assert_eq!(metrics_of(&agent, opened.id()).await.len(), 1);
    assert!(server.received().is_empty());
}
