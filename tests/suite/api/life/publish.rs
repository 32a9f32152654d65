//! Notes that are shown to the requester later.

use jiff::SignedDuration;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{Worked, after, monday};
use crate::harness::Answer;

/// Shows a message to the requester.
async fn publish(worked: &Worked, message: &Answer) -> Answer {
    let path = format!("{}/messages/{}", worked.path, message.id());
    worked.agent.patch(&path, &json!({ "visibility": "public" })).await
}

fn minutes(minutes: i64) -> String {
    after(SignedDuration::from_mins(minutes))
}

#[tokio::test]
async fn a_note_answers_from_its_publication_on() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let note = worked.say("agent", "internal", None).await.expect(201);
    desk.move_clock(&minutes(30)).await;
    publish(&worked, &note).await.expect(200);
    let read = worked.read().await;
    assert_eq!(read.at("/sla/first_response/state"), "met", "at the deadline is in time");
    assert_eq!(read.text("/sla/first_response/stopped_at"), minutes(30));
    // The requester asks again, and a note from before the question answers it.
    let another = worked.say("agent", "internal", None).await.expect(201);
    desk.move_clock(&minutes(40)).await;
    worked.say("requester", "public", None).await.expect(201);
    assert_eq!(worked.read().await.at("/sla/next_response/state"), "running");
    desk.move_clock(&minutes(50)).await;
    let shown = publish(&worked, &another).await.expect(200);
    let read = worked.read().await;
    assert_eq!(read.at("/sla/next_response/state"), "met");
    assert_eq!(read.text("/sla/next_response/stopped_at"), minutes(50));
    assert_eq!(shown.header("etag"), read.header("etag"));
    assert_eq!(shown.text("/created_at"), minutes(30));
    let found = worked.agent.get(&format!("{}/messages/{}", worked.path, another.id())).await.expect(200);
    assert_eq!(found.json(), shown.json());
}

#[tokio::test]
async fn it_happens_once_and_stays() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let note = worked.say("agent", "internal", None).await.expect(201);
    let first = publish(&worked, &note).await.expect(200);
    let before = worked.read().await;
    desk.move_clock(&minutes(5)).await;
    let again = publish(&worked, &note).await.expect(200);
    assert_eq!(again.json(), first.json(), "it was shown when it was shown");
    assert_eq!(worked.read().await.body, before.body);
    let path = format!("{}/messages/{}", worked.path, note.id());
    let hide = json!({ "visibility": "internal" });
    worked.agent.patch(&path, &hide).await.expect_problem(409, "conflict");
    for wrong in [json!({}), json!({ "visibility": null }), json!({ "visibility": "secret" }), json!([])] {
        worked.agent.patch(&path, &wrong).await.expect_problem(422, "validation");
    }
    let public = worked.say("agent", "public", None).await.expect(201);
    let seen = publish(&worked, &public).await.expect(200);
    assert_eq!(seen.at("/published_at"), Value::Null, "it was public from the beginning");
    let nothing = worked.say("agent", "internal", None).await.expect(201);
    let same = worked.agent.patch(&format!("{}/messages/{}", worked.path, nothing.id()), &hide).await;
    assert_eq!(same.expect(200).json(), nothing.json());
}

#[tokio::test]
async fn what_is_closed_shows_nothing_more() {
    let desk = monday().await;
    for end in ["resolved", "closed", "merged"] {
        let worked = Worked::new(&desk).await;
        let note = worked.say("agent", "internal", None).await.expect(201);
        match end {
            "merged" => {
                let into = Worked::new(&desk).await.read().await.id();
                worked.act("merge", json!({ "into": into })).await.expect(200);
            }
            _ => drop(worked.resolve().await.expect(200)),
        }
        if end == "closed" {
            worked.act("close", json!({})).await.expect(200);
        }
        let before = worked.read().await;
        let answer = publish(&worked, &note).await;
        if end == "resolved" {
            answer.expect(200);
            assert_eq!(worked.status().await, "resolved", "a note reopens nothing");
        } else {
            answer.expect_problem(409, "conflict");
            assert_eq!(worked.read().await.body, before.body);
        }
    }
}

#[tokio::test]
async fn versions_and_repeats_are_minded() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let old = worked.read().await.header("etag").to_owned();
    let note = worked.say("agent", "internal", None).await.expect(201);
    let path = format!("{}/messages/{}", worked.path, note.id());
    let public = json!({ "visibility": "public" });
    let stale = worked.agent.with("if-match", &old).patch(&path, &public).await;
    assert_eq!(stale.status, 412, "{}", stale.shown());
    let now = worked.read().await.header("etag").to_owned();
    let client = worked.agent.with("if-match", &now).with("idempotency-key", "show");
    let shown = client.patch(&path, &public).await.expect(200);
    let again = client.patch(&path, &public).await.expect(200);
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&shown.body, "true"));
    let last = worked.history().await.pop().expect("a fact");
    assert_eq!((&last["kind"], &last["actor"]["kind"]), (&json!("status_changed"), &json!("agent")));
    for role in [Role::Service, Role::Form, Role::Dashboard] {
        desk.as_role(role).patch(&path, &public).await.expect_problem(403, "forbidden");
    }
    desk.found_tenant("other")
        .await
        .as_role(Role::Admin)
        .patch(&path, &public)
        .await
        .expect_problem(404, "not_found");
}
