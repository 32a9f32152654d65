//! Tickets that go on from ones that have ended.

use jiff::SignedDuration;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{Worked, after, monday, patient_monday};
use crate::harness::{Answer, Desk, ticket};

fn worked(desk: &Desk, id: &str) -> Worked {
    Worked { agent: desk.as_role(Role::Agent), path: format!("/v1/tickets/{id}") }
}

/// What its requester says now.
async fn told(ticket: &Worked) -> Answer {
    ticket.say("requester", "public", None).await.expect(201)
}

/// The identifiers of the tickets that go on from this one.
async fn follow_ups(ticket: &Worked) -> Vec<Value> {
    let of = ticket.read().await.id();
    let listed = ticket.agent.get(&format!("/v1/tickets?follow_up_of={of}&limit=200")).await.expect(200);
    listed.at("/items").as_array().expect("items").iter().map(|item| item["id"].clone()).collect()
}

#[tokio::test]
async fn the_window_decides_between_coming_back_and_going_on() {
    let desk = patient_monday().await;
    let (in_time, late) = (Worked::at(&desk, "resolved").await, Worked::at(&desk, "resolved").await);
    let seven_days = SignedDuration::from_hours(7 * 24);
    desk.move_clock(&after(seven_days)).await;
    assert_eq!(told(&in_time).await.at("/ticket"), in_time.read().await.at("/id"));
    assert_eq!(in_time.status().await, "open");
    desk.move_clock(&after(seven_days + SignedDuration::from_millis(1))).await;
    let before = late.read().await;
    let said = told(&late).await;
    let next = worked(&desk, &said.text("/ticket"));
    assert_eq!(next.read().await.at("/follow_up_of"), before.at("/id"));
    assert_eq!(said.header("location"), format!("{}/messages/{}", next.path, said.id()));
    assert_eq!(said.header("etag"), next.read().await.header("etag"));
    let now = late.read().await;
    assert_eq!((&now.body, now.header("etag")), (&before.body, before.header("etag")), "it is not changed");
    // Its follow-up turns out to be the same thing, and it takes no more itself.
    next.act("merge", json!({ "into": before.id() })).await.expect(200);
    let again = told(&late).await;
    assert_eq!(follow_ups(&late).await.len(), 2);
    assert_ne!(again.at("/ticket"), said.at("/ticket"));
    assert_eq!(told(&next).await.at("/ticket"), again.at("/ticket"), "wherever it is said");
}

#[tokio::test]
async fn what_is_said_later_goes_to_the_last_one_that_takes_it() {
    let desk = monday().await;
    let first = Worked::at(&desk, "closed").await;
    let second = worked(&desk, &told(&first).await.text("/ticket"));
    assert_eq!(told(&first).await.at("/ticket"), second.read().await.at("/id"), "the open one");
    second.resolve().await.expect(200);
    assert_eq!(told(&first).await.at("/ticket"), second.read().await.at("/id"));
    assert_eq!(second.status().await, "open", "it came back");
    second.resolve().await.expect(200);
    second.act("close", json!({})).await.expect(200);
    let third = worked(&desk, &told(&first).await.text("/ticket"));
    assert_eq!(third.read().await.at("/follow_up_of"), second.read().await.at("/id"));
    assert_eq!(follow_ups(&first).await, [second.read().await.at("/id")]);
    let other = Worked::new(&desk).await;
    third.act("merge", json!({ "into": other.read().await.id() })).await.expect(200);
    assert_eq!(told(&first).await.at("/ticket"), other.read().await.at("/id"), "where it was merged into");
    let actor = other.history().await.pop().expect("a fact")["actor"].clone();
    assert_eq!(actor["id"], first.read().await.at("/requester/id"));
}

#[tokio::test]
async fn only_the_requester_begins_one() {
    let desk = monday().await;
    let closed = Worked::at(&desk, "closed").await;
    let others = [
        json!({ "author": "agent", "visibility": "public", "body": "Hm." }),
        json!({ "author": "agent", "visibility": "internal", "body": "Hm." }),
        json!({ "author": "automation", "visibility": "public", "body": "Hm." }),
        json!({ "author": "automation", "visibility": "internal", "body": "Hm." }),
        // Who asks for a state asks it of this ticket.
        json!({ "author": "requester", "visibility": "public", "body": "Hm.", "status": "open" }),
        json!({ "author": "requester", "visibility": "public", "body": "Hm.", "status": "closed" }),
    ];
    let log = json!({ "kind": "error_log", "text": "E1" });
    let before = closed.read().await;
    for named in [false, true] {
        let mut refused = Vec::new();
        for message in &others {
            refused.push(closed.act("messages", message.clone()).await.expect_problem(409, "conflict"));
        }
        refused.push(closed.act("evidence", log.clone()).await.expect_problem(409, "conflict"));
        let next = follow_ups(&closed).await;
        assert_eq!(next.len(), usize::from(named));
        for (place, answer) in refused.iter().enumerate() {
            let names =
                next.first().is_some_and(|id| answer.text("/detail").contains(id.as_str().expect("an id")));
            assert_eq!(names, named, "{place}: {}", answer.shown());
        }
        told(&closed).await;
    }
    let now = closed.read().await;
    assert_eq!((&now.body, now.header("etag")), (&before.body, before.header("etag")));
}

#[tokio::test]
async fn messages_that_race_make_one() {
    let desk = monday().await;
    let closed = Worked::at(&desk, "closed").await;
    let say = |number: u8| {
        let body =
            json!({ "author": "requester", "visibility": "public", "body": format!("Message {number}.") });
        closed.act("messages", body)
    };
    let said = tokio::join!(say(0), say(1), say(2), say(3), say(4), say(5));
    let took: Vec<Value> =
        <[Answer; 6]>::from(said).into_iter().map(|said| said.expect(201).at("/ticket")).collect();
    let next = follow_ups(&closed).await;
    assert_eq!(next.len(), 1);
    assert!(took.iter().all(|ticket| *ticket == next[0]), "{took:?}");
    let path = format!("/v1/tickets/{}/messages?limit=200", next[0].as_str().expect("an id"));
    let listed = closed.agent.get(&path).await.expect(200).at("/items");
    let mut bodies: Vec<&str> = listed
        .as_array()
        .expect("items")
        .iter()
        .filter(|message| message["author"] == "requester")
        .map(|message| message["body"].as_str().expect("a text"))
        .collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["Message 0.", "Message 1.", "Message 2.", "Message 3.", "Message 4.", "Message 5."]);
}

#[tokio::test]
async fn somebody_without_an_address_is_followed_too() {
    let desk = monday().await;
    let body = json!({ "subject": "Help", "body": "It does not work.", "requester": { "name": "Ada" } });
    let made = desk.as_role(Role::Form).post("/v1/tickets", &body).await.expect(201);
    let closed = worked(&desk, &made.text("/id"));
    closed.resolve().await.expect(200);
    closed.act("close", json!({})).await.expect(200);
    let next = worked(&desk, &told(&closed).await.text("/ticket")).read().await;
    assert_eq!(next.at("/requester"), made.at("/requester"));
    assert_eq!((next.text("/channel"), next.at("/requester/email")), ("form".to_owned(), Value::Null));
}

#[tokio::test]
async fn what_a_person_said_of_type_and_scope_is_carried_on() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    let feature = "Implement a new feature for the reporting module.";
    let made = agent.post("/v1/tickets", &ticket(feature, feature)).await.expect(201);
    assert_eq!(made.at("/triage/scope"), "out_of_scope");
    let closed = worked(&desk, &made.text("/id"));
    let said = json!({ "scope": "in_scope", "type": "question", "reason": "It is there already." });
    closed.agent.patch(&closed.path, &said).await.expect(200);
    closed.resolve().await.expect(200);
    closed.act("close", json!({})).await.expect(200);
    let next = worked(&desk, &told(&closed).await.text("/ticket")).read().await;
    assert_eq!(
        (next.text("/type"), next.text("/triage/scope")),
        ("question".to_owned(), "in_scope".to_owned())
    );
    for name in ["type", "scope"] {
        assert_eq!(next.at(&format!("/triage/fields/{name}/decided_by")), "human", "{name}");
    }
    assert_eq!(next.at("/escalations"), json!([]), "nobody is sent away with what was taken on");
    assert!(!next.text("/message_to_requester").contains("NOT MY SCOPE"), "{}", next.shown());
}
