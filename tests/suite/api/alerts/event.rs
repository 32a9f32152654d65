//! `CloudEvents` in their three forms.

use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{monday, outcomes, ticket};
use crate::harness::{Answer, Client};

const PATH: &str = "/v1/alerts/cloudevents";
const ONE: &str = "application/cloudevents+json";
const MANY: &str = "application/cloudevents-batch+json";

fn event(kind: &str, data: &Value) -> Value {
    json!({ "specversion": "1.0", "id": "1", "source": "/monitor/eu", "type": kind, "subject": "db-1",
        "time": "2000-01-03T08:59:00.123456789+02:00", "datacontenttype": "application/json", "data": data })
}

async fn send(sender: &Client, media_type: &str, body: &Value) -> Answer {
    sender.send_raw(Method::POST, PATH, media_type, body.to_string().into_bytes()).await
}

#[tokio::test]
async fn an_alert_s_type_says_whether_it_fires() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let data = json!({ "summary": "Replication is behind", "severity": "warning", "value": 17.5 });
    let fired = send(&sender, ONE, &event("org.example.alert.fired", &data)).await.expect(201);
    assert_eq!(fired.text("/items/0/group_key"), "/monitor/eu db-1");
    let opened = ticket(&agent, &fired).await;
    assert_eq!(opened.text("/subject"), "Replication is behind");
    assert_eq!(opened.text("/severity"), "medium");
    let resolved = send(&sender, ONE, &event("org.example.alert.resolved", &json!({}))).await.expect(200);
    assert_eq!(outcomes(&resolved), ["resolved"]);
    assert_eq!(ticket(&agent, &fired).await.text("/status"), "resolved");
}

#[tokio::test]
async fn the_binary_form_has_its_attributes_in_headers() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let binary = sender
        .with("ce-specversion", "1.0")
        .with("ce-id", "7")
        .with("ce-source", "/monitor/eu")
        .with("ce-subject", "db%20eins%20%E2%82%AC")
        .with("ce-type", "org.example.alarm");
    let fired = binary.post(PATH, &json!({ "details": "No space left on the disk.", "state": "open" })).await;
    let opened = ticket(&agent, &fired.expect(201)).await;
    assert_eq!(opened.text("/subject"), "org.example.alarm db eins €");
    let text = b"disk is full".to_vec();
    let again = binary.send_raw(Method::POST, PATH, "text/plain", text).await.expect(200);
    assert_eq!(outcomes(&again), ["repeated"]);
    let unknown =
        binary.with("ce-type", "org.example.created").post(PATH, &json!({ "a": 1 })).await.expect(202);
    let kept = agent.get(&format!("/v1/alerts/{}", unknown.text("/items/0/alert"))).await.expect(200);
    assert_eq!(kept.text("/content/type"), "org.example.created");
    assert_eq!(kept.at("/content/data"), json!({ "a": 1 }));
    let nameless = sender.with("ce-type", "org.example.alarm").post(PATH, &json!({})).await;
    let faults = nameless.expect_problem(422, "validation").faults();
    let places: Vec<&str> = faults.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["/specversion", "/id", "/source"]);
}

#[tokio::test]
async fn a_batch_is_taken_as_a_whole_or_not_at_all() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let (fired, other) =
        (event("x.alert.firing", &json!({ "title": "A" })), event("x.thing.made", &json!({})));
    let mut wrong = event("x.alert.firing", &json!({ "title": "B" }));
    wrong["specversion"] = json!("0.3");
    wrong["id"] = json!("");
    let refused = send(&sender, MANY, &json!([fired, wrong, { "specversion": "1.0" }])).await;
    let faults = refused.expect_problem(422, "validation").faults();
    let wanted = [
        ("/1/specversion", "unknown_version"),
        ("/1/id", "too_short"),
        ("/2/id", "required"),
        ("/2/source", "required"),
        ("/2/type", "required"),
    ];
    assert_eq!(faults, wanted.map(|(place, code)| (place.to_owned(), code.to_owned())));
    assert_eq!(agent.get("/v1/alerts").await.expect(200).at("/items"), json!([]));
    let taken = send(&sender, MANY, &json!([fired, other, fired])).await.expect(201);
    assert_eq!(outcomes(&taken), ["created", "recorded", "repeated"]);
}

#[tokio::test]
async fn data_may_be_base64_and_must_then_be_what_it_says() {
    let (_desk, sender) = monday().await;
    let with = |binary: &str, media_type: &str| {
        json!({ "specversion": "1.0", "id": "1", "source": "/m", "type": "x.alert", "subject": null,
            "datacontenttype": media_type, "data_base64": binary })
    };
    // {"title":"Disk is full"}
    let fired =
        send(&sender, ONE, &with("eyJ0aXRsZSI6IkRpc2sgaXMgZnVsbCJ9", "application/json")).await.expect(201);
    assert_eq!(outcomes(&fired), ["created"]);
    for (binary, code) in [("%%%", "not_base64"), ("e", "not_base64"), ("AAAA", "not_json")] {
        let refused =
            send(&sender, ONE, &with(binary, "application/json")).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/data_base64".to_owned(), code.to_owned())]);
    }
    // What is not JSON is not looked into: the event alone is told, which names another alert.
    let thrift = with("AAAA", "application/vnd.apache.thrift.binary");
    assert_eq!(outcomes(&send(&sender, ONE, &thrift).await.expect(201)), ["created"]);
    assert_eq!(outcomes(&send(&sender, ONE, &thrift).await.expect(200)), ["repeated"]);
    let mut both = with("AAAA", "application/json");
    both["data"] = json!({});
    let refused = send(&sender, ONE, &both).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/data_base64".to_owned(), "not_allowed".to_owned())]);
}

#[tokio::test]
async fn a_media_type_must_be_what_the_body_is() {
    let (_desk, sender) = monday().await;
    let fired = event("x.alert", &json!({ "title": "A" }));
    send(&sender, ONE, &json!([fired])).await.expect_problem(422, "validation");
    send(&sender, MANY, &fired).await.expect_problem(422, "validation");
    send(&sender, "application/cloudevents+avro", &fired).await.expect_problem(415, "unsupported_media_type");
    send(&sender, "text/plain", &fired).await.expect_problem(415, "unsupported_media_type");
    send(&sender, "application/json", &json!([fired])).await.expect(201);
}

#[tokio::test]
async fn the_tenant_says_what_events_of_a_type_are() {
    let (desk, sender) = monday().await;
    let types = json!({ "event_types": { "org.example.disk.full": "firing", "org.example.disk.fine": "resolved",
        "org.example.alert.test": "record" } });
    desk.as_role(Role::Admin).put("/v1/alerts/settings", &types).await.expect(200);
    let fired = send(&sender, ONE, &event("org.example.disk.full", &json!({}))).await.expect(201);
    assert_eq!(outcomes(&fired), ["created"]);
    let over = send(&sender, ONE, &event("org.example.disk.fine", &json!({}))).await.expect(200);
    assert_eq!(outcomes(&over), ["resolved"]);
    let test = send(&sender, ONE, &event("org.example.alert.test", &json!({}))).await.expect(202);
    assert_eq!(outcomes(&test), ["recorded"]);
}

/// An event of one source without a subject.
fn of_source(kind: &str, data: &Value) -> Value {
    let mut event = event(kind, data);
    event.as_object_mut().expect("an object").remove("subject").expect("it has one");
    event
}

#[tokio::test]
async fn alerts_of_one_source_are_told_apart() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let named = |name: &str| json!({ "labels": { "alertname": name } });
    let cases = [
        // By their labels, with a subject or without one.
        (of_source("x.alert.fired", &named("DiskFull")), of_source("x.alert.fired", &named("DbDown"))),
        (event("x.alert.fired", &named("DiskFull")), event("x.alert.fired", &named("DbDown"))),
        // By what they are called, and by their type.
        (
            of_source("x.alert.fired", &json!({ "title": "Disk is full" })),
            of_source("x.alert.fired", &json!({ "title": "Database is down" })),
        ),
        (of_source("x.alert.disk.fired", &json!({})), of_source("x.alert.db.fired", &json!({}))),
    ];
    for (one, other) in cases {
        let fired = send(&sender, MANY, &json!([one, other])).await.expect(201);
        assert_eq!(outcomes(&fired), ["created", "created"], "{one} {other}");
        let mut over = one.clone();
        over["type"] = json!(one["type"].as_str().expect("a type").replace("fired", "resolved"));
        let over = send(&sender, ONE, &over).await.expect(200);
        assert_eq!(outcomes(&over), ["resolved"], "{one}");
        assert_eq!(over.at("/items/0/ticket"), fired.at("/items/0/ticket"), "{one}");
        let second = agent.get(&format!("/v1/tickets/{}", fired.text("/items/1/ticket"))).await.expect(200);
        assert_ne!(second.text("/status"), "resolved", "{other}");
    }
    // A key in the data wins over where it comes from.
    let keyed = |source: &str| {
        let mut event = of_source("x.alert.fired", &json!({ "title": "A", "dedup_key": "k" }));
        event["source"] = json!(source);
        event
    };
    let fired = send(&sender, MANY, &json!([keyed("/one"), keyed("/two")])).await.expect(201);
    assert_eq!(outcomes(&fired), ["created", "repeated"]);
}

#[tokio::test]
async fn only_what_follows_the_word_alert_says_whether_it_fires() {
    let (_desk, sender) = monday().await;
    for (place, (kind, data, state)) in [
        ("com.clear.alert", json!({ "status": "firing" }), "firing"),
        ("com.up.alert", json!({}), "firing"),
        ("com.warning.alert", json!({ "status": "ok" }), "resolved"),
        ("com.up.alert.updated", json!({ "status": "firing" }), "firing"),
        ("com.alert-down.alarm.cleared", json!({}), "resolved"),
        ("com.clear.alert.cpu.fired", json!({}), "firing"),
        // What happened, by the sender, before how bad it was.
        ("com.example.alert.resolved", json!({ "status": "critical" }), "resolved"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut event = event(kind, &data);
        event["subject"] = json!(format!("case-{place}"));
        let answer = send(&sender, ONE, &event).await;
        assert_eq!(answer.text("/items/0/state"), state, "{kind}: {}", answer.shown());
    }
}
