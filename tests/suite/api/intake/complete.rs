//! The complete answer to a new ticket.

use insta::internals::Content;
use insta::{assert_json_snapshot, dynamic_redaction};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A ticket that gives every field there is.
fn full() -> Value {
    json!({
        "subject": "Data export fails",
        "body": "The export of the monthly report ends with an error for our whole team.",
        "requester": { "email": "Ada@Example.org", "name": "Ada Lovelace" },
        "channel": "phone", "type": "incident", "service": "reporting",
        "severity": "high", "impact": "team", "category": "technical_bug",
        "dedup_key": "export-2000-01", "external_ref": "CRM-4711",
        "tags": ["export", "monthly", "export"],
        "custom": { "zone": "b", "building": { "floor": 3, "rooms": [1, 2.5] }, "a": null },
        "evidence": [
            { "kind": "error_log", "text": "ERROR export: cannot write" },
            { "kind": "other", "text": "It happened twice." }
        ]
    })
}

fn text(content: &Content) -> &str {
    content.as_str().expect("a text")
}

/// An identifier, checked and put away.
fn id(content: &Content) -> Content {
    let id: uuid::Uuid = text(content).parse().expect("a UUID");
    assert_eq!(id.get_version_num(), 7, "{id}");
    Content::from("[id]")
}

/// Sentences of an explanation: the rules may word them otherwise, but there
/// is one at least, and it says something.
fn sentences(content: &Content) -> Content {
    let items = content.as_slice().expect("a list");
    assert!(!items.is_empty(), "it explains nothing");
    assert!(items.iter().all(|sentence| text(sentence).len() > 10), "{items:?}");
    Content::from("[sentences]")
}

#[tokio::test]
async fn it_holds_every_field() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let made = desk.as_role(Role::Service).post("/v1/tickets", &full()).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    assert_eq!(made.header("location"), path);
    assert!(made.header("etag").starts_with(&format!("\"v{}-", made.at("/version"))));
    assert_eq!(made.header("content-type"), "application/json");
    let mut links = made.at("/links");
    assert_eq!(links.as_object_mut().and_then(|links| links.remove("self")), Some(json!(path)));
    let handoffs = json!(format!("/v1/handoffs?ticket={}", made.id()));
    assert_eq!(links.as_object_mut().and_then(|links| links.remove("handoffs")), Some(handoffs));
    for (name, link) in links.as_object().expect("an object") {
        assert_eq!(*link, format!("{path}/{name}"));
    }
    assert_json_snapshot!(made.json(), {
        ".id" => dynamic_redaction(|content, _path| id(&content)),
        ".requester.id" => dynamic_redaction(|content, _path| id(&content)),
        ".number" => dynamic_redaction(|number, _path| {
            assert!(number.as_u64().expect("a number") > 0);
            "[number]"
        }),
        ".links" => "[links]",
        ".escalation_plan[].to.agent" => dynamic_redaction(|content, _path| match content {
            Content::None | Content::Unit => Content::None,
            agent => id(&agent),
        }),
        ".triage.version" => dynamic_redaction(|version, _path| {
            assert!(!text(&version).is_empty());
            "[version]"
        }),
        ".triage.fields.*.reasons" => dynamic_redaction(|content, _path| sentences(&content)),
        ".triage.fields.*.confidence" => dynamic_redaction(|confidence, _path| {
            let sure = match confidence {
                Content::F64(sure) => sure,
                other => panic!("a confidence is a fraction, not {other:?}"),
            };
            assert!((0.0..=1.0).contains(&sure), "{sure}");
            "[0..1]"
        }),
        ".diagnosis_checklist" => dynamic_redaction(|content, _path| sentences(&content)),
        ".message_to_requester" => dynamic_redaction(|message, _path| {
            let message = text(&message);
            assert!(message.starts_with("Hello Ada Lovelace,"), "{message}");
            assert!(message.contains("Data export fails"), "{message}");
            "[message]"
        }),
    });
}

#[tokio::test]
async fn later_reads_give_the_same_bytes() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let service = desk.as_role(Role::Service);
    let alert = json!({
        "subject": "Database connection errors", "body": "Too many connections on db-1.",
        "requester": { "email": "monitoring@example.org" }, "channel": "alert", "type": "alert",
        "category": "infrastructure", "severity": "critical", "impact": "organization",
        "custom": { "negative_zero": -0.0, "tiny": 1e-7, "large": 1e300, "whole": 9_007_199_254_740_993_i64 }
    });
    for body in [full(), ticket("Help", "It does not work."), alert] {
        let made = service.post("/v1/tickets", &body).await.expect(201);
        let path = format!("/v1/tickets/{}", made.id());
        let read = service.get(&path).await.expect(200);
        let (one, two) = (String::from_utf8_lossy(&made.body), String::from_utf8_lossy(&read.body));
        assert_eq!(one, two);
        assert_eq!(made.header("etag"), read.header("etag"));
        let listed = service.get(&format!("/v1/tickets?q={}", made.at("/number"))).await.expect(200);
        assert_eq!(listed.at("/items/0"), made.json(), "the list shows what GET shows");
        let tag = made.header("etag").to_owned();
        let unchanged = service.with("if-none-match", &tag).get(&path).await.expect(304);
        assert!(unchanged.body.is_empty());
    }
}

#[tokio::test]
async fn only_what_time_changes_differs_later() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    desk.move_clock(MONDAY).await;
    let service = desk.as_role(Role::Service);
    let made = service.post("/v1/tickets", &full()).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let due = made.text("/sla/first_response/due_at");
    assert_eq!(due, "2000-01-03T09:30:00Z");
    desk.pass_to(&due).await;
    assert_eq!(service.get(&path).await.expect(200).body, made.body, "at the deadline nothing is late");
    desk.pass_to("2000-01-03T09:30:00.000001Z").await;
    let tag = made.header("etag").to_owned();
    let late = service.with("if-none-match", &tag).get(&path).await.expect(200);
    let mut expected = made.json();
    expected["sla"]["first_response"]["state"] = json!("breached");
    expected["sla"]["first_response"]["breached_at"] = json!(due);
    assert_eq!(late.json(), expected);
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let bare = json!({ "subject": " Help  ", "body": "Hm.", "requester": { "email": "ada@example.org" } });
    let mut nulls = bare.clone();
    for name in [
        "channel",
        "type",
        "service",
        "severity",
        "impact",
        "category",
        "dedup_key",
        "external_ref",
        "tags",
        "custom",
        "evidence",
    ] {
        nulls[name] = Value::Null;
    }
    nulls["requester"]["name"] = Value::Null;
    for body in [bare, nulls] {
        let made = service.post("/v1/tickets", &body).await.expect(201);
        assert_eq!(made.text("/subject"), "Help", "white space at the ends is not kept");
        for (pointer, default) in [
            ("/status", json!("new")),
            ("/created", json!(true)),
            ("/requester/name", json!(null)),
            ("/channel", json!("api")),
            ("/service", json!(null)),
            ("/external_ref", json!(null)),
            ("/dedup_key", json!(null)),
            ("/tags", json!([])),
            ("/custom", json!({})),
            ("/occurrences", json!(1)),
            ("/reopen_count", json!(0)),
            ("/escalations", json!([])),
            ("/suggestions", json!({ "articles": [], "known_errors": [], "possible_duplicates": [] })),
            ("/resolution", json!(null)),
            ("/restricted", json!(false)),
            ("/assigned/agent", json!(null)),
            ("/assigned/team", json!("first_level")),
        ] {
            assert_eq!(made.at(pointer), default, "{pointer}\n{}", made.shown());
        }
        let evidence = service.get(&format!("/v1/tickets/{}/evidence", made.id())).await.expect(200);
        assert_eq!(evidence.at("/items"), json!([]));
        let messages = service.get(&format!("/v1/tickets/{}/messages", made.id())).await.expect(200);
        assert_eq!(messages.text("/items/0/body"), "Hm.");
        assert_eq!(messages.text("/items/1/body"), made.text("/message_to_requester"));
        assert_eq!(messages.at("/items").as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test]
async fn one_address_is_one_person() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let post = async |email: &str, name: Option<&str>| {
        let body = json!({ "subject": "Help", "body": "Hm.", "requester": { "email": email, "name": name } });
        service.post("/v1/tickets", &body).await.expect(201).at("/requester")
    };
    let nameless = post("ada@example.org", None).await;
    assert_eq!(nameless["name"], json!(null));
    let named = post(" ADA@Example.ORG ", Some("Ada")).await;
    let again = post("ada@example.org", Some("Countess")).await;
    assert_eq!(named["id"], nameless["id"]);
    assert_eq!(named, json!({ "id": nameless["id"], "email": "ada@example.org", "name": "Ada" }));
    assert_eq!(again, named, "the first known name stays");
    let other = desk.found_tenant("globex").await.as_role(Role::Service);
    let elsewhere = other.post("/v1/tickets", &ticket("Help", "Hm.")).await.expect(201);
    assert_ne!(elsewhere.at("/requester/id"), nameless["id"], "another tenant's person is another person");
}
