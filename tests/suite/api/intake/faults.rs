//! Well-formed tickets that are wrong: every fault with its pointer, all at once.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

/// A ticket with one field set to something else, by its pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = ticket("Export fails", "It says no.");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("the parent is there");
    parent[name] = value;
    body
}

/// Panics unless exactly these faults are reported, in any order.
#[track_caller]
fn expect_faults(answer: Answer, expected: &[(&str, &str)]) {
    let answer = answer.expect_problem(422, "validation");
    let mut found = answer.faults();
    found.sort();
    let mut expected: Vec<_> =
        expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
    expected.sort();
    assert_eq!(found, expected, "{}", answer.shown());
    for error in answer.at("/errors").as_array().expect("a list") {
        assert!(error["detail"].as_str().is_some_and(|detail| detail.len() > 5), "{error}");
    }
}

async fn stored(client: &Client) -> usize {
    let listed = client.get("/v1/tickets?limit=200").await.expect(200);
    listed.at("/items").as_array().expect("a list").len()
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let body = json!({
        "subject": "", "body": 5,
        "requester": { "email": "nobody", "name": "a\nb", "phone": 1 },
        "channel": "pigeon", "type": "riddle", "service": " ", "severity": "hot", "impact": true,
        "category": "misc", "dedup_key": "", "external_ref": "r".repeat(256),
        "tags": ["fine", 7, "", "t".repeat(65)], "custom": [1],
        "evidence": [{ "kind": "photo", "text": "  " }, { "kind": "error_log" }, "x", { "kind": "other", "text": "y", "by": 1 }],
        "urgent": true, "a/b~c": null
    });
    let answer = service.post("/v1/tickets", &body).await;
    let expected = [
        ("/subject", "too_short"),
        ("/body", "wrong_type"),
        ("/requester/email", "not_an_email"),
        ("/requester/name", "control_character"),
        ("/requester/phone", "unknown_field"),
        ("/channel", "unknown_name"),
        ("/type", "unknown_name"),
        ("/service", "too_short"),
        ("/severity", "unknown_name"),
        ("/impact", "wrong_type"),
        ("/category", "unknown_name"),
        ("/dedup_key", "too_short"),
        ("/external_ref", "too_long"),
        ("/tags/1", "wrong_type"),
        ("/tags/2", "too_short"),
        ("/tags/3", "too_long"),
        ("/custom", "wrong_type"),
        ("/evidence/0/kind", "unknown_name"),
        ("/evidence/0/text", "blank"),
        ("/evidence/1/text", "required"),
        ("/evidence/2", "wrong_type"),
        ("/evidence/3/by", "unknown_field"),
        ("/urgent", "unknown_field"),
        ("/a~1b~0c", "unknown_field"),
    ];
    expect_faults(answer, &expected);
    assert_eq!(stored(&service).await, 0, "nothing is kept of a refused ticket");
}

#[tokio::test]
async fn what_is_required_is_named() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let post = async |body: Value| service.post("/v1/tickets", &body).await;
    let nothing = [("/subject", "required"), ("/body", "required"), ("/requester", "required")];
    expect_faults(post(json!({})).await, &nothing);
    let nulls = json!({ "subject": null, "body": null, "requester": { "email": null, "name": "Ada" } });
    let missing = [("/subject", "required"), ("/body", "required"), ("/requester/email", "required")];
    expect_faults(post(nulls).await, &missing);
    for other in [json!([]), json!("ticket"), json!(7), json!(null), json!([ticket("One", "of many")])] {
        let code = if other.is_null() { "required" } else { "wrong_type" };
        expect_faults(post(other).await, &[("", code)]);
    }
    assert_eq!(stored(&service).await, 0);
}

#[tokio::test]
async fn each_field_has_its_bounds() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({ "in": inner }));
    let fields = |count: usize| Value::Object((0..count).map(|n| (format!("f{n}"), json!(n))).collect());
    let piece = json!({ "kind": "other", "text": "x" });
    let wide = "\u{1F98A}";
    let refused = [
        ("/subject", json!(wide.repeat(301)), "too_long"),
        ("/subject", json!("two\nlines"), "control_character"),
        ("/subject", json!("\u{2003} "), "too_short"),
        ("/body", json!("b".repeat(100_001)), "too_long"),
        ("/body", json!(" \n\t"), "blank"),
        ("/service", json!("s".repeat(101)), "too_long"),
        ("/dedup_key", json!(wide.repeat(256)), "too_long"),
        ("/tags", json!(vec!["t"; 51]), "too_many_items"),
        ("/tags", json!("export"), "wrong_type"),
        ("/custom", nested(9), "too_deep"),
        ("/custom", fields(101), "too_many_fields"),
        ("/custom", json!({ "long": "x".repeat(16_384) }), "too_large"),
        ("/evidence", json!(vec![piece.clone(); 21]), "too_many_items"),
        ("/requester/name", json!("n".repeat(201)), "too_long"),
    ];
    for (pointer, value, code) in refused {
        expect_faults(service.post("/v1/tickets", &with(pointer, value)).await, &[(pointer, code)]);
    }
    assert_eq!(stored(&service).await, 0);
    let taken = [
        ("/subject", json!(wide.repeat(300))),
        ("/body", json!(wide.repeat(100_000))),
        ("/service", json!("s".repeat(100))),
        ("/dedup_key", json!(wide.repeat(255))),
        ("/external_ref", json!(wide.repeat(255))),
        ("/tags", json!((0..50).map(|n| format!("tag {n}")).collect::<Vec<_>>())),
        ("/custom", nested(8)),
        ("/custom", fields(100)),
        ("/evidence", json!(vec![piece; 20])),
    ];
    for (pointer, value) in taken {
        let made = service.post("/v1/tickets", &with(pointer, value.clone())).await.expect(201);
        let read = service.get(&format!("/v1/tickets/{}", made.id())).await.expect(200);
        assert_eq!(read.body, made.body, "{pointer}");
        if !["/body", "/evidence"].contains(&pointer) {
            assert_eq!(read.at(pointer), value, "{pointer}");
        }
    }
    let name = json!("n".repeat(200));
    let body =
        json!({ "subject": "S", "body": "B", "requester": { "email": "long@example.org", "name": name } });
    assert_eq!(service.post("/v1/tickets", &body).await.expect(201).at("/requester/name"), name);
}

#[tokio::test]
async fn a_hundred_thousand_tags_are_one_fault() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let answer = service.post("/v1/tickets", &with("/tags", json!(vec!["t"; 100_000]))).await;
    expect_faults(answer, &[("/tags", "too_many_items")]);
    let mut body = ticket("Export fails", "It says no.");
    for n in 0..20_000 {
        body[format!("unknown_{n}")] = json!(1);
    }
    let answer = service.post("/v1/tickets", &body).await.expect_problem(422, "validation");
    assert_eq!(answer.faults().len(), 100, "a list of faults has an end");
}

#[tokio::test]
async fn addresses_must_look_like_addresses() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let longest = format!("{}@{}", "l".repeat(64), "d".repeat(189));
    for good in ["a@b", "first.last+tag@sub.example.org", "o'neil@example.org", "ü@exämple.org", &longest] {
        let made = service.post("/v1/tickets", &with("/requester/email", json!(good))).await.expect(201);
        assert_eq!(made.text("/requester/email"), good);
    }
    let too_long = format!("{}@{}", "l".repeat(64), "d".repeat(190));
    let local_too_long = format!("{}@example.org", "l".repeat(65));
    for bad in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "ada lovelace@example.org",
        "ada@exa mple.org",
        "ada@.example.org",
        "ada@example.org.",
        "ada@exam..ple.org",
        "ada@-example.org",
        "Ada <ada@example.org>",
        "ada@example.org,bob@example.org",
        "ada@example.org\r\nbcc: eve@example.org",
        &local_too_long,
    ] {
        let answer = service.post("/v1/tickets", &with("/requester/email", json!(bad))).await;
        expect_faults(answer, &[("/requester/email", "not_an_email")]);
    }
    let answer = service.post("/v1/tickets", &with("/requester/email", json!(too_long))).await;
    expect_faults(answer, &[("/requester/email", "too_long")]);
}
