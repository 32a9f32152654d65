//! A request that comes again under its `Idempotency-Key`.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use tokio::task::JoinSet;

use crate::harness::{Answer, Client, Desk, ticket};

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

/// Panics unless `again` is `first` once more, said to be so.
#[track_caller]
fn expect_replay(first: &Answer, again: &Answer) {
    assert_eq!(again.status, first.status, "{}", again.shown());
    assert_eq!(again.body, first.body);
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!((first.header(REPLAYED), again.header(REPLAYED)), ("", "true"));
}

async fn count(client: &Client) -> usize {
    let listed = client.get("/v1/tickets?limit=200").await.expect(200);
    listed.at("/items").as_array().expect("a list").len()
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let keyed = agent.with(KEY, "post 1");
    let body = ticket("Export fails", "It says no.");
    let first = keyed.post("/v1/tickets", &body).await.expect(201);
    let path = format!("/v1/tickets/{}", first.id());
    agent.post(&format!("{path}/transitions"), &json!({ "to": "on_hold" })).await.expect(200);
    desk.move_clock("2000-01-01T10:00:00Z").await;
    expect_replay(&first, &keyed.post("/v1/tickets", &body).await);
    assert_eq!(count(&agent).await, 1);
    let read = agent.get(&path).await.expect(200);
    assert_eq!(read.text("/status"), "on_hold", "the answer is of its time, the ticket is not");
}

#[tokio::test]
async fn another_request_under_the_key_is_refused() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let keyed = agent.with(KEY, "one");
    let body = ticket("Export fails", "It says no.");
    let first = keyed.post("/v1/tickets", &body).await.expect(201);
    let other = ticket("Export fails", "It says no!");
    keyed.post("/v1/tickets", &other).await.expect_problem(422, "idempotency_mismatch");
    let elsewhere = format!("/v1/tickets/{}/transitions", first.id());
    keyed.post(&elsewhere, &json!({ "to": "open" })).await.expect_problem(422, "idempotency_mismatch");
    assert_eq!(count(&agent).await, 1);
    assert_eq!(agent.get(first.header("location")).await.expect(200).body, first.body);
    expect_replay(&first, &keyed.post("/v1/tickets", &body).await);
}

#[tokio::test]
async fn a_refusal_does_not_burn_the_key() {
    let desk = Desk::start().await;
    let keyed = desk.as_role(Role::Agent).with(KEY, "try");
    keyed.post("/v1/tickets", &json!({})).await.expect_problem(422, "validation");
    keyed.post("/v1/tickets", &json!({ "subject": 1 })).await.expect_problem(422, "validation");
    let made = keyed.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    assert_eq!(made.header(REPLAYED), "");

    let keyed = keyed.with(KEY, "act");
    let path = format!("/v1/tickets/{}", made.id());
    let close = json!({});
    keyed.post(&format!("{path}/close"), &close).await.expect_problem(409, "illegal_transition");
    let nobody = json!({ "agent": "nobody" });
    keyed.post(&format!("{path}/assign"), &nobody).await.expect_problem(422, "validation");
    let stale = keyed.with("if-match", "\"v99\"");
    stale.post(&format!("{path}/transitions"), &json!({ "to": "open" })).await.expect(412);
    let moved = keyed.post(&format!("{path}/transitions"), &json!({ "to": "open" })).await.expect(200);
    expect_replay(&moved, &keyed.post(&format!("{path}/transitions"), &json!({ "to": "open" })).await);
}

#[tokio::test]
async fn keys_of_two_callers_do_not_meet() {
    let desk = Desk::start().await;
    let body = ticket("Export fails", "It says no.");
    let mut ids = Vec::new();
    let other = desk.found_tenant("globex").await;
    for caller in [
        desk.as_role(Role::Service),
        desk.as_role(Role::Agent),
        desk.as_role(Role::Form),
        other.as_role(Role::Service),
    ] {
        let made = caller.with(KEY, "same").post("/v1/tickets", &body).await.expect(201);
        assert_eq!(made.header(REPLAYED), "");
        ids.push(made.id());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn every_act_can_be_repeated() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let acts: [(&str, Value); 10] = [
        ("messages", json!({ "visibility": "public", "author": "agent", "body": "We look." })),
        ("evidence", json!({ "kind": "error_log", "text": "E1" })),
        ("escalations", json!({ "persona": "human_support", "reason": "I cannot." })),
        ("assign", json!({ "agent": "agent" })),
        ("triage", json!({ "severity": "critical", "reason": "It is worse." })),
        ("transitions", json!({ "to": "pending" })),
        ("resolve", json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." })),
        ("reopen", json!({ "reason": "It does not." })),
        ("resolve", json!({ "resolution": "fixed", "steps": "Again.", "message": "Now it works." })),
        ("close", json!({})),
    ];
    for (number, (act, body)) in acts.iter().enumerate() {
        let keyed = agent.with(KEY, &format!("act {number}"));
        let first = keyed.post(&format!("{path}/{act}"), body).await;
        assert!([200, 201].contains(&first.status), "{}", first.shown());
        let between = agent.get(&path).await.expect(200);
        expect_replay(&first, &keyed.post(&format!("{path}/{act}"), body).await);
        assert_eq!(agent.get(&path).await.expect(200).body, between.body, "{act} was done once");
    }
    let messages = agent.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!(messages.at("/items").as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn a_key_is_opaque_text() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let body = ticket("Export fails", "It says no.");
    let longest = "k".repeat(255);
    for key in ["0", "a b/c?d#e%20\"'", "schl\u{fc}ssel", &longest] {
        let keyed = agent.with(KEY, key);
        let first = keyed.post("/v1/tickets", &body).await.expect(201);
        expect_replay(&first, &keyed.post("/v1/tickets", &body).await);
    }
    for key in ["", &"k".repeat(256)] {
        agent.with(KEY, key).post("/v1/tickets", &body).await.expect_problem(400, "bad_parameter");
    }
    assert_eq!(count(&agent).await, 4);
}

#[tokio::test]
async fn two_hundred_at_once_are_one_ticket() {
    let desk = Desk::start().await;
    let replica = desk.replica().await;
    let body = ticket("Export fails", "It says no.");
    let mut posts = JoinSet::new();
    for number in 0..200 {
        let caller = desk.as_role(Role::Service);
        let caller = if number % 4 == 0 {
            replica.anonymous().with_key(desk.home().secret(Role::Service))
        } else {
            caller
        };
        let (caller, body) = (caller.with(KEY, "storm"), body.clone());
        posts.spawn(async move { caller.post("/v1/tickets", &body).await });
    }
    let answers = posts.join_all().await;
    let mut fresh = 0;
    let mut made: Option<&Answer> = None;
    for answer in &answers {
        match answer.status {
            201 => {
                fresh += usize::from(answer.header(REPLAYED).is_empty());
                assert_eq!(made.get_or_insert(answer).body, answer.body);
            }
            409 => {
                let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
                assert!((1..=10).contains(&seconds));
                assert_eq!(answer.at("/retryable"), true);
            }
            _ => panic!("{}", answer.shown()),
        }
    }
    assert_eq!(fresh, 1, "one of them made the ticket");
    assert_eq!(count(&desk.as_role(Role::Agent)).await, 1);
    let again = desk.as_role(Role::Service).with(KEY, "storm").post("/v1/tickets", &body).await;
    assert_eq!(Some(&again.body), made.map(|answer| &answer.body));
}

#[tokio::test]
async fn a_key_is_forgotten_after_two_days() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let keyed = desk.as_role(Role::Agent).with(KEY, "old");
    let body = ticket("Export fails", "It says no.");
    let first = keyed.post("/v1/tickets", &body).await.expect(201);
    desk.move_clock("2000-01-05T08:59:59.999999Z").await;
    expect_replay(&first, &keyed.post("/v1/tickets", &body).await);
    desk.move_clock("2000-01-05T09:00:00Z").await;
    let second = keyed.post("/v1/tickets", &ticket("Another", "request")).await.expect(201);
    assert_ne!(second.id(), first.id());
    assert_eq!(second.header(REPLAYED), "");
    expect_replay(&second, &keyed.post("/v1/tickets", &ticket("Another", "request")).await);
}
