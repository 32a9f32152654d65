//! Through the front door: what `garbage` of the contract does with every
//! operation, here with what has a form of its own. The service answers, says
//! what is wrong where it is wrong, and goes on.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::mutant::{changed, changes, spoils, spoilt, texts};
use super::{rounds, stands};
use crate::harness::{Answer, Client, Desk, ticket};

/// What comes out of a strategy, one after the other.
struct Source(TestRunner);

impl Source {
    fn new() -> Self {
        Self(TestRunner::new(ProptestConfig::default()))
    }

    fn next<T: std::fmt::Debug>(&mut self, of: &impl Strategy<Value = T>) -> T {
        of.new_tree(&mut self.0).expect("there is always a value").current()
    }
}

/// Faults of a body lie in it.
#[track_caller]
fn expect_places(answer: &Answer, body: &Value, sent: &str) {
    for fault in answer.expect_an_answer(sent) {
        let pointer = fault["pointer"].as_str().unwrap_or_default();
        let elsewhere = ["/query/", "/path/", "/headers/"].iter().any(|part| pointer.starts_with(part));
        assert!(
            elsewhere || answer.status != 422 || stands(body, pointer),
            "{sent:.3000}\n{}",
            answer.shown()
        );
    }
}

/// The service is as it was.
async fn expect_it_works(desk: &Desk) {
    let made = desk.as_role(Role::Service).post("/v1/tickets", &ticket("After all", "It works.")).await;
    let made = made.expect(201);
    desk.as_role(Role::Agent).get(&format!("/v1/tickets/{}", made.id())).await.expect(200);
}

/// Bodies that have no reader of their own in the domain, with the operation.
fn posts(id: &str) -> Vec<(Method, String, Value)> {
    let at = |rest: &str| format!("/v1/tickets/{id}{rest}");
    let hours = json!({ "time_zone": "UTC", "weekly": { "mon": [["09:00", "17:00"]] } });
    let post = |path: String, body: Value| (Method::POST, path, body);
    vec![
        post(
            "/v1/tickets".into(),
            json!({ "subject": "No", "body": "It fails.", "requester": { "email": "a@example.org" }, "custom": { "a": [1] } }),
        ),
        post(
            at("/messages"),
            json!({ "visibility": "public", "author": "agent", "body": "Yes.", "status": "pending" }),
        ),
        post(
            at("/escalations"),
            json!({ "persona": "devops", "reason": "Theirs.", "context": { "system_metrics": "cpu 99", "error_log": "no" } }),
        ),
        post(
            at("/triage"),
            json!({ "severity": "critical", "impact": "team", "category": "data", "type": "incident", "reason": "Worse." }),
        ),
        post(
            at("/resolve"),
            json!({ "resolution": "fixed", "steps": "Restarted.", "message": "Try again.", "root_cause": "It was off.", "knowledge": { "waived": "Known." } }),
        ),
        post(at("/satisfaction"), json!({ "score": 4, "comment": "Thanks" })),
        post(at("/assign"), json!({ "team": "devops", "agent": null, "reason": "Theirs." })),
        post(
            "/v1/keys".into(),
            json!({ "role": "form", "name": "intranet", "expires_at": "2030-01-01T00:00:00Z", "origins": ["https://intranet.example.org"] }),
        ),
        post(
            "/v1/calendars/evaluate".into(),
            json!({ "calendar": hours.clone(), "queries": [
            { "kind": "due", "start": "2024-01-01T10:00:00Z", "business_seconds": 3600 },
            { "kind": "elapsed", "start": "2024-01-01T10:00:00Z", "end": "2024-02-01T10:00:00Z" }] }),
        ),
        post(
            "/v1/sla/explain".into(),
            json!({ "calendar": hours.clone(), "targets": { "normal": { "first_response": 30 } },
            "rules": { "resolution_pauses_in": ["pending"] }, "ticket": { "created_at": "2024-01-01T10:00:00Z", "priority": "normal" },
            "events": [{ "at": "2024-01-01T11:00:00Z", "type": "agent_public_reply" }], "evaluated_at": "2024-01-01T12:00:00Z" }),
        ),
        post(
            "/v1/sla/policies/preview".into(),
            json!({ "key": "gold", "name": "Gold", "calendar": "business-hours",
            "applies_to": { "tags": ["gold"] }, "targets": { "P1": { "resolution_seconds": 3600 } } }),
        ),
        post("/v1/sla/calendars/preview".into(), json!({ "key": "night", "hours": hours })),
        post(
            "/v1/escalation-matrix/test".into(),
            json!({ "category": "performance", "severity": "high", "impact": "team" }),
        ),
        (
            Method::PUT,
            "/v1/escalation-policies".into(),
            json!({ "policies": [{ "key": "own", "name": "Own", "ladders": [
            { "trigger": { "on": "manual" }, "levels": [{ "actions": ["notify"], "to": [{ "kind": "queue" }] }] }] }] }),
        ),
        (
            Method::PUT,
            "/v1/alerts/settings".into(),
            json!({ "storm": { "tickets": 5 }, "severity": { "red": "high" }, "event_types": { "a.b": "alert" } }),
        ),
    ]
}

#[tokio::test]
async fn bodies_have_an_answer_with_places_that_are_there() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let made = admin.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let mut source = Source::new();
    for _ in 0..3 * rounds() {
        for (method, path, seed) in posts(&made.id().to_string()) {
            let body = changed(seed, &source.next(&changes()));
            let sent = format!("{method} {path}\n{body}");
            // A patch of the whole would be a body of half a MiB.
            let answer = admin.send(method, &path, Some(&body)).await;
            expect_places(&answer, &body, &sent);
        }
    }
    expect_it_works(&desk).await;
}

#[tokio::test]
async fn batches_have_an_answer_for_each_line() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let mut source = Source::new();
    for _ in 0..10 * rounds() {
        let lines: Vec<Value> = (0..3)
            .map(|place| {
                let mut item = ticket(&format!("Line {place}"), "It says no.");
                item["idempotency_key"] = json!(format!("row {place}"));
                changed(item, &source.next(&changes()))
            })
            .collect();
        let as_lines = source.next(&any::<bool>());
        let text = if as_lines {
            lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
        } else {
            Value::from(lines).to_string()
        };
        let media = if as_lines { "application/x-ndjson" } else { "application/json" };
        let bytes = if source.next(&any::<bool>()) {
            spoilt(text.as_bytes(), &source.next(&spoils()))
        } else {
            text.into_bytes()
        };
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        let answer = service.send_raw(Method::POST, "/v1/tickets/batch", media, bytes).await;
        answer.expect_an_answer(&sent);
        if answer.status >= 400 {
            continue;
        }
        let results = answer.at("/results");
        for result in results.as_array().expect("one an item") {
            let status = result["status"].as_u64().expect("a status");
            assert!(status < 500, "{sent:.3000}\n{}", answer.shown());
            assert_eq!(status < 400, result["ticket"].is_object(), "{sent:.3000}\n{}", answer.shown());
        }
    }
    expect_it_works(&desk).await;
}

/// An event's attributes as headers.
fn in_headers(client: &Client, source: &mut Source) -> Client {
    let named = [
        ("ce-id", "1"),
        ("ce-source", "/a"),
        ("ce-type", "org.example.alert"),
        ("ce-specversion", "1.0"),
        ("ce-time", "2024-01-01T00:00:00Z"),
    ];
    named.iter().fold(client.clone(), |client, (name, value)| {
        let bent = spoilt(value.as_bytes(), &source.next(&spoils()));
        let given = if source.next(&any::<bool>()) { bent } else { value.as_bytes().to_vec() };
        let given: String =
            String::from_utf8_lossy(&given).chars().filter(|c| matches!(c, ' '..='~')).collect();
        client.with(name, &given)
    })
}

#[tokio::test]
async fn reports_of_alerts_have_an_answer() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let mut source = Source::new();
    for _ in 0..10 * rounds() {
        let (_, seed) = source.next(&any::<Index>()).get(&super::alert::SENT).clone();
        let body = changed(seed, &source.next(&changes()));
        for name in ["alertmanager", "grafana", "cloudevents", "generic"] {
            let path = format!("/v1/alerts/{name}");
            let answer = service.post(&path, &body).await;
            expect_places(&answer, &body, &format!("{path}\n{body}"));
        }
        let media = source.next(&select(vec![
            "application/json",
            "text/plain",
            "application/cloudevents+json",
            "application/cloudevents-batch+json",
            "application/octet-stream",
        ]));
        let bytes = spoilt(body.to_string().as_bytes(), &source.next(&spoils()));
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        let client = in_headers(&service, &mut source);
        client.send_raw(Method::POST, "/v1/alerts/cloudevents", media, bytes).await.expect_an_answer(&sent);
    }
    expect_it_works(&desk).await;
}

#[tokio::test]
async fn links_of_surveys_have_an_answer() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{path}/resolve"), &done).await.expect(200);
    let token = agent.post(&format!("{path}/satisfaction/link"), &json!({})).await.expect(201).text("/token");
    let anybody = desk.anonymous();
    let mut source = Source::new();
    for _ in 0..15 * rounds() {
        let bent = spoilt(token.as_bytes(), &source.next(&spoils()));
        let bent: String = form_urlencoded::byte_serialize(&bent).take(400).collect();
        let answer = anybody.get(&format!("/survey/{bent}")).await;
        answer.expect_an_answer(&bent);
        assert!(answer.status != 200 || bent == token, "{bent} is another link");
        let fields = [("score", "5"), ("comment", "Thanks")].map(|(name, value)| {
            let value = if source.next(&any::<bool>()) { source.next(&texts()) } else { value.to_owned() };
            (name, value)
        });
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let bytes = if source.next(&any::<bool>()) {
            spoilt(form.as_bytes(), &source.next(&spoils()))
        } else {
            form.into_bytes()
        };
        let media = source.next(&select(vec![
            "application/x-www-form-urlencoded",
            "application/json",
            "multipart/form-data; boundary=x",
        ]));
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        anybody
            .send_raw(Method::POST, &format!("/survey/{token}"), media, bytes)
            .await
            .expect_an_answer(&sent);
        let json = changed(json!({ "score": 5, "comment": "Thanks" }), &source.next(&changes()));
        let answer = anybody.post(&format!("/survey/{token}"), &json).await;
        expect_places(&answer, &json, &json.to_string());
    }
    expect_it_works(&desk).await;
}

#[tokio::test]
async fn queries_and_headers_have_an_answer() {
    let desk = Desk::start().await;
    let admin = desk.as_role(Role::Admin);
    let lists = [
        ("/v1/tickets", "status=new,open&sort=-created_at&limit=2&q=export&created_from=2024-01-01"),
        ("/v1/kpis", "from=2024-01-01&to=2024-02-01&tz=Europe/Berlin&clock=elapsed&group_by=team,priority"),
        (
            "/v1/kpis/first_response_time/series",
            "interval=week&tz=Asia/Kathmandu&from=2024-01-01&to=2024-03-01",
        ),
        ("/v1/sla/at-risk", "within_seconds=3600&priority=P1"),
        ("/v1/sla/breaches", "from=2024-01-01&to=2024-02-01&state=open"),
        ("/v1/uptime", "from=2024-01-01&to=2024-02-01&service=export"),
        ("/v1/reports/health", "from=2024-01-01&to=2024-02-01&tz=UTC&format=markdown"),
        ("/v1/events", "after=0&limit=2"),
        ("/v1/teams/devops/on-call", "at=2024-01-01T00:00:00Z"),
    ];
    let seeds = ["text/html;q=0.5, */*;q=1e9", "W/\"v1\"", "Bearer se_x", "00-0-0-01", "en;q=x", "bytes=0-1"];
    let names = [
        "accept",
        "if-none-match",
        "authorization",
        "traceparent",
        "accept-language",
        "range",
        "x-request-id",
        "last-event-id",
    ];
    let mut source = Source::new();
    for _ in 0..8 * rounds() {
        for (path, query) in lists {
            let bent = spoilt(query.as_bytes(), &source.next(&spoils()));
            let bent: String = bent
                .iter()
                .map(|byte| match byte {
                    b'!'..=b'~' if *byte != b'#' => char::from(*byte).to_string(),
                    other => format!("%{other:02x}"),
                })
                .collect();
            let value = spoilt(source.next(&select(seeds.to_vec())).as_bytes(), &source.next(&spoils()));
            let value: String =
                String::from_utf8_lossy(&value).chars().filter(|c| matches!(c, ' '..='~')).collect();
            let client = admin.with(source.next(&select(names.to_vec())), &value);
            let path = format!("{path}?{bent}");
            client.get(&path).await.expect_an_answer(&format!("{path} with {value}"));
        }
        let last = source.next(&texts());
        let last: String = last.chars().filter(|c| matches!(c, ' '..='~')).take(300).collect();
        if let Err(refusal) = admin.with("last-event-id", &last).listen("/v1/events").await {
            let faults = refusal.expect_an_answer(&last);
            assert_eq!(faults[0]["pointer"], "/headers/last-event-id", "{last}");
        }
    }
    expect_it_works(&desk).await;
}
