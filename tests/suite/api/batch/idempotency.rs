//! A batch, or an item of one, that comes again.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use tokio::task::JoinSet;

use super::{PATH, count, counts, statuses};
use crate::harness::{Desk, ticket};

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

fn item(key: &str, subject: &str) -> Value {
    let mut body = ticket(subject, "It says no.");
    body["idempotency_key"] = json!(key);
    body
}

#[tokio::test]
async fn the_header_covers_the_whole_request() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let keyed = service.with(KEY, "batch 1");
    let bad = json!([{ "subject": 1 }, {}]);
    for _ in 0..2 {
        let refused = keyed.post(PATH, &bad).await.expect(200);
        assert_eq!((counts(&refused), refused.header(REPLAYED)), ([0, 0, 0, 2], ""), "no key is burnt");
    }
    let body = json!([ticket("One", "It says no."), { "subject": 1 }, ticket("Two", "It says no.")]);
    let first = keyed.post(PATH, &body).await.expect(200);
    assert_eq!((counts(&first), first.header(REPLAYED)), ([2, 0, 0, 1], ""));
    desk.move_clock("2000-01-01T10:00:00Z").await;
    let again = keyed.post(PATH, &body).await.expect(200);
    assert_eq!((again.body == first.body, again.header(REPLAYED)), (true, "true"));
    // The same results one a line, also when they are replayed.
    let lines = keyed.with("accept", super::NDJSON).post(PATH, &body).await.expect(200);
    assert_eq!((lines.header("content-type"), lines.header(REPLAYED)), (super::NDJSON, "true"));
    let results: Vec<Value> = lines
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("a result"))
        .collect();
    assert_eq!(json!(results), first.at("/results"));
    keyed.post(PATH, &json!([ticket("Three", "x")])).await.expect_problem(422, "idempotency_mismatch");
    keyed.post("/v1/tickets", &ticket("Four", "x")).await.expect_problem(422, "idempotency_mismatch");
    assert_eq!(count(&service).await, 2);
}

#[tokio::test]
async fn an_items_key_covers_the_item() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let invalid = json!([{ "subject": "", "idempotency_key": "a" }]);
    service.post(PATH, &invalid).await.expect(200);
    let body = json!([item("a", "One"), item("b", "Two"), item("a", "One"), item("a", "Other")]);
    let first = service.post(PATH, &body).await.expect(200);
    assert_eq!(statuses(&first), [201, 201, 201, 422]);
    assert_eq!(counts(&first), [2, 0, 1, 1]);
    assert_eq!(first.at("/results/2/replayed"), true);
    assert_eq!(first.at("/results/0").get("replayed"), None);
    assert_eq!(first.at("/results/2/ticket"), first.at("/results/0/ticket"));
    let mismatch = first.text("/results/3/problem/type");
    assert_eq!(mismatch, "urn:support-engineer:problem:idempotency_mismatch");

    // Another batch, another order, another spelling of the same content.
    let path = first.text("/results/0/ticket/links/self");
    let agent = desk.as_role(Role::Agent);
    agent.post(&format!("{path}/transitions"), &json!({ "to": "on_hold" })).await.expect(200);
    let again = r#"[{"requester": {"name": "Ada", "email": "ada@example.org"}, "idempotency_key": "a",
        "body": "It says no.", "subject": "One"}, {"subject": "New", "body": "x", "requester":
        {"email": "ada@example.org"}, "idempotency_key": "c"}]"#;
    let again = again.as_bytes().to_vec();
    let again = service.send_raw(reqwest::Method::POST, PATH, "application/json", again).await.expect(200);
    assert_eq!((statuses(&again), counts(&again)), (vec![201, 201], [1, 0, 1, 0]));
    let shown = |answer: &crate::harness::Answer, place: usize| {
        let text = String::from_utf8(answer.body.clone()).expect("text");
        let start = format!("{{\"index\":{place},");
        let rest = &text[text.find(&start).expect("the result")..];
        let ticket = &rest[rest.find("\"ticket\":").expect("a ticket")..];
        ticket.split("},{\"index\"").next().expect("one part").to_owned()
    };
    assert_eq!(shown(&again, 0), shown(&first, 0), "byte for byte");
    assert_eq!(again.at("/results/0/replayed"), true);
    assert_eq!(count(&service).await, 3);

    // One kind of key, of one caller.
    let single = service.with(KEY, "a").post("/v1/tickets", &ticket("One", "It says no.")).await;
    single.expect_problem(422, "idempotency_mismatch");
    service.with(KEY, "d").post("/v1/tickets", &ticket("Single", "x")).await.expect(201);
    let mixed = service.with(KEY, "e").post(PATH, &json!([item("d", "Single"), item("e", "Own")])).await;
    assert_eq!(statuses(&mixed.expect(200)), [422, 422]);
    let other = agent.post(PATH, &json!([item("a", "One")])).await.expect(200);
    assert_eq!(counts(&other), [1, 0, 0, 0]);
    desk.move_clock("2000-01-04T09:00:00Z").await;
    let later = service.post(PATH, &json!([item("a", "Anew")])).await.expect(200);
    assert_eq!(counts(&later), [1, 0, 0, 0], "keys are forgotten after two days");
}

#[tokio::test]
async fn keys_of_items_are_checked() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let longest = "ü".repeat(255);
    let mut items: Vec<Value> = ["0", "a b/c?d#e%20\"'", &longest].map(|key| item(key, "Fine")).to_vec();
    items.extend(["", &"k".repeat(256), "a\nb"].map(|key| item(key, "Wrong")));
    items[5]["subject"] = json!("");
    items.push(json!({ "idempotency_key": 1 }));
    let answer = service.post(PATH, &json!(items)).await.expect(200);
    assert_eq!(statuses(&answer), [201, 201, 201, 422, 422, 422, 422]);
    for place in 3..7 {
        let errors = answer.at(&format!("/results/{place}/problem/errors"));
        let pointers: Vec<_> = errors.as_array().expect("errors").iter().map(|e| &e["pointer"]).collect();
        assert!(pointers.contains(&&json!("/idempotency_key")), "{}", answer.shown());
    }
    let both = answer.at("/results/5/problem/errors");
    assert_eq!((&both[0]["pointer"], both.as_array().map(Vec::len)), (&json!("/subject"), Some(2)));
    let single = service.post("/v1/tickets", &item("x", "Single")).await.expect_problem(422, "validation");
    assert_eq!(single.faults(), [("/idempotency_key".to_owned(), "unknown_field".to_owned())]);
}

#[tokio::test]
async fn the_same_batch_many_times_at_once_is_one() {
    let desk = Desk::start().await;
    let replica = desk.replica().await;
    let body = json!([item("i1", "One"), item("i2", "Two")]);
    for header in [Some("storm"), None] {
        let mut posts = JoinSet::new();
        for number in 0..20 {
            let caller = if number % 4 == 0 {
                replica.anonymous().with_key(desk.home().secret(Role::Agent))
            } else {
                desk.as_role(Role::Agent)
            };
            let caller = header.map_or(caller.clone(), |key| caller.with(KEY, key));
            let body = body.clone();
            posts.spawn(async move { caller.post(PATH, &body).await });
        }
        let mut created = 0;
        for answer in posts.join_all().await {
            if answer.status == 409 {
                assert_eq!((answer.at("/retryable"), answer.header("retry-after")), (json!(true), "1"));
                continue;
            }
            let answer = answer.expect(200);
            assert_eq!(statuses(&answer), [201, 201]);
            let fresh = answer.header(REPLAYED).is_empty();
            created += if fresh { answer.at("/created").as_u64().expect("a number") } else { 0 };
        }
        assert_eq!(created, if header.is_some() { 2 } else { 0 });
        assert_eq!(count(&desk.as_role(Role::Agent)).await, 2);
    }
    let fresh = json!([item("j1", "One"), item("j2", "Two")]);
    let mut posts = JoinSet::new();
    for _ in 0..20 {
        let (caller, body) = (desk.as_role(Role::Agent), fresh.clone());
        posts.spawn(async move { caller.post(PATH, &body).await });
    }
    let answers = posts.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == 200);
    let made: u64 = made.map(|answer| answer.at("/created").as_u64().expect("a number")).sum();
    assert_eq!((made, count(&desk.as_role(Role::Agent)).await), (2, 4));
}
