//! What is no report of anything, and what is only oddly written.

use reqwest::Method;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes};

const PATH: &str = "/v1/alerts/alertmanager";

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = grouped("DbDown", &[("db-1", "firing")]);
    change(&mut body);
    body
}

#[tokio::test]
async fn every_fault_is_named() {
    let (desk, sender) = monday().await;
    let body = json!({ "status": "broken", "groupLabels": [], "truncatedAlerts": -1, "commonLabels": { "a": {} },
        "alerts": [{ "labels": { "x": [1] }, "startsAt": "yesterday", "status": "recorded", "fingerprint": 7 }, 3] });
    let refused = sender.post(PATH, &body).await.expect_problem(422, "validation");
    let wanted = [
        ("/status", "unknown_name"),
        ("/alerts/0/status", "unknown_name"),
        ("/alerts/0/labels/x", "wrong_type"),
        ("/alerts/0/startsAt", "not_an_instant"),
        ("/alerts/0/fingerprint", "wrong_type"),
        ("/alerts/1", "wrong_type"),
        ("/groupLabels", "wrong_type"),
        ("/commonLabels/a", "wrong_type"),
        ("/truncatedAlerts", "out_of_range"),
    ];
    assert_eq!(refused.faults(), wanted.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let none =
        sender.post(PATH, &with(|body| body["alerts"] = json!([]))).await.expect_problem(422, "validation");
    assert_eq!(none.faults(), [("/alerts".to_owned(), "too_few_items".to_owned())]);
    for (media_type, body, status, kind) in [
        ("application/json", "{", 400, "malformed_json"),
        ("application/json", "{\"alerts\": [], \"alerts\": []}", 400, "malformed_json"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("application/json", "7", 422, "validation"),
        ("application/json", "{\"status\": \"a\\u0000\"}", 422, "validation"),
    ] {
        let refused = sender.send_raw(Method::POST, PATH, media_type, body.into()).await;
        refused.expect_problem(status, kind);
    }
    let generic = sender.post("/v1/alerts/generic", &json!([{ "title": "A" }, 7, {}])).await;
    let faults = generic.expect_problem(422, "validation").faults();
    let wanted = [("/1", "wrong_type"), ("/2", "no_title")];
    assert_eq!(faults, wanted.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let cases = [
        (json!([{}]), "/0", "no_title"),
        (json!([7]), "/0", "wrong_type"),
        (json!([{ "alerts": [{ "labels": {} }], "status": 7 }]), "/0/status", "wrong_type"),
        (json!({}), "", "no_title"),
        (json!({ "messages": [{ "data": { "incident": {} } }] }), "/messages/0", "no_title"),
    ];
    for (body, place, code) in cases {
        let faults =
            sender.post("/v1/alerts/generic", &body).await.expect_problem(422, "validation").faults();
        assert_eq!(faults, [(place.to_owned(), code.to_owned())], "{body}");
    }
    assert_eq!(desk.as_role(Role::Agent).get("/v1/alerts").await.expect(200).at("/items"), json!([]));
}

#[tokio::test]
async fn what_is_oddly_written_is_taken() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let odd = with(|body| {
        body["groupKey"] = json!(5_615_590_933_959_184_469_u64);
        body["status"] = Value::Null;
        body["commonAnnotations"] = Value::Null;
        body["truncatedAlerts"] = Value::Null;
        body["alerts"][0]["startsAt"] = json!("2000-01-03T10:59:00.123456789+02:00");
        body["alerts"][0]["endsAt"] = Value::Null;
        body["alerts"][0]["generatorURL"] = json!("?orgId=1");
        body["alerts"][0]["labels"]["port"] = json!(9100);
        body["alerts"][0]["annotations"] = json!({ "summary": "Ünreachable\n  – 🔥\u{7}", "nothing": null });
        body["notification_reason"] = json!({ "new": ["field"] });
    });
    let answer = sender.post(PATH, &odd).await.expect(201);
    assert_eq!(answer.text("/items/0/group_key"), "5615590933959184469");
    let group = agent.get(&format!("/v1/alerts/{}", answer.text("/items/0/alert"))).await.expect(200);
    assert_eq!(group.text("/alerts/0/starts_at"), "2000-01-03T08:59:00.123457Z");
    assert_eq!(group.at("/alerts/0/ends_at"), Value::Null);
    assert_eq!(group.text("/alerts/0/labels/port"), "9100");
    assert_eq!(group.text("/alerts/0/url"), "?orgId=1");
    let ticket = super::ticket(&agent, &answer).await;
    assert_eq!(ticket.text("/subject"), "DbDown: Ünreachable – 🔥");
    let long = with(|body| {
        body["groupKey"] = json!("k".repeat(9_000));
        body["alerts"][0]["annotations"]["summary"] = json!("long ".repeat(2_000));
    });
    let answer = sender.post(PATH, &long).await.expect(201);
    assert_eq!(super::ticket(&agent, &answer).await.text("/subject").chars().count(), 300);
    let other = with(|body| body["groupKey"] = json!(format!("{}x", "k".repeat(8_999))));
    assert_eq!(
        outcomes(&sender.post(PATH, &other).await.expect(201)),
        ["created"],
        "a long key counts whole"
    );
}

#[tokio::test]
async fn who_may_not_report_does_not() {
    let (desk, _) = monday().await;
    let body = grouped("DbDown", &[("db-1", "firing")]);
    for role in [Role::Form, Role::Dashboard] {
        desk.as_role(role).post(PATH, &body).await.expect_problem(403, "forbidden");
    }
    desk.anonymous().post(PATH, &body).await.expect_problem(401, "unauthenticated");
    // A person may try it; the ticket is the machine's all the same.
    let made = desk.as_role(Role::Admin).post(PATH, &body).await.expect(201);
    let path = format!("/v1/tickets/{}/history", made.text("/items/0/ticket"));
    let history = desk.as_role(Role::Agent).get(&path).await.expect(200);
    assert_eq!(history.text("/items/0/actor/kind"), "automation");
}

#[tokio::test]
async fn a_key_that_is_sent_again_replays_the_answer() {
    let (_desk, sender) = monday().await;
    let keyed = sender.with("idempotency-key", "one");
    let body = grouped("DbDown", &[("db-1", "firing")]);
    let first = keyed.post(PATH, &body).await.expect(201);
    let again = keyed.post(PATH, &body).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.json(), again.json());
}
