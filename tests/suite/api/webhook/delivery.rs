//! What is sent, and to whom.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{admin, advance, deliveries, desk, listen, log, open, sequences, settle, tickets, types};
use crate::harness::{Receiver, Reply};

#[tokio::test]
async fn what_happens_to_a_ticket_is_told_in_order_signed_and_without_personal_text() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({})).await;
    let id = open(&admin, "Xyzzymark fails").await;
    let path = format!("/v1/tickets/{id}");
    let message = json!({ "visibility": "public", "author": "agent", "body": "We look. Xyzzymark" });
    admin.post(&format!("{path}/messages"), &message).await.expect(201);
    let resolution = json!({ "resolution": "fixed", "steps": "Xyzzymark", "message": "Xyzzymark" });
    admin.post(&format!("{path}/resolve"), &resolution).await.expect(200);
    settle(&desk).await;

    let came = receiver.received();
    let told = types(&came);
    assert_eq!(told[0], "ticket.created");
    assert!(told.contains(&"ticket.message_added".to_owned()), "{told:?}");
    assert!(told.contains(&"ticket.status_changed".to_owned()), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("ticket.resolved"), "{told:?}");
    assert_eq!(tickets(&came), vec![id; told.len()]);
    let numbers: Vec<u64> = (1..).take(told.len()).collect();
    assert_eq!(sequences(&came), numbers);
    let history = admin.get(&format!("{path}/history?limit=200")).await.expect(200);
    let facts = history.at("/items").as_array().expect("items").clone();
    assert_eq!(facts.len(), came.len(), "each fact is told once");
    for (one, fact) in came.iter().zip(&facts) {
        assert!(one.is_signed_with(&endpoint.text("/secret")), "{one:?}");
        assert_eq!(one.path, "/in");
        assert_eq!(one.header("content-type"), "application/cloudevents+json; charset=utf-8");
        let body = one.json();
        assert_eq!(body["specversion"], "1.0");
        assert_eq!(body["id"], fact["id"], "the id is that of the history");
        assert_eq!(body["time"], fact["at"]);
        assert_eq!(body["subject"], format!("tickets/{id}"));
        assert_eq!(body["source"], format!("urn:support-engineer:tenant:{}", desk.home().id));
        assert_eq!(body["data"]["links"]["ticket"], path);
        let text = String::from_utf8_lossy(&one.body).to_lowercase();
        for personal in ["xyzzymark", "example.org"] {
            assert!(!text.contains(personal), "{text} holds {personal}");
        }
        // As a word: the digits of an id may well spell it.
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        assert!(!words.any(|word| word == "ada"), "{text} holds her name");
    }
    let created = came[0].json();
    assert_eq!(created["data"]["ticket"]["category"], "technical_bug");
    assert_eq!(created["data"]["change"]["severity"], "medium");
}

#[tokio::test]
async fn an_endpoint_is_told_of_what_it_asked_for_alone() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    listen(&admin, &receiver, json!({ "events": ["ticket.assigned", "ticket.closed"] })).await;
    let id = open(&admin, "Export fails").await;
    admin.post(&format!("/v1/tickets/{id}/assign"), &json!({ "team": "devops" })).await.expect(200);
    settle(&desk).await;
    assert_eq!(types(&receiver.received()), ["ticket.assigned"]);
    assert_eq!(sequences(&receiver.received()), [1], "what it is not told of leaves no gap");
}

#[tokio::test]
async fn tenants_are_told_of_their_own_tickets() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let other = desk.found_tenant("globex").await;
    let events = json!({ "events": ["ticket.created"] });
    listen(&admin(&desk), &receiver, events.clone()).await;
    let theirs = Receiver::start().await;
    let endpoint = listen(&other.as_role(Role::Admin), &theirs, events).await;
    let (ours, foreign) =
        (open(&admin(&desk), "Ours").await, open(&other.as_role(Role::Admin), "Theirs").await);
    settle(&desk).await;
    assert_eq!(tickets(&receiver.received()), [ours]);
    assert_eq!(tickets(&theirs.received()), [foreign]);
    let path = format!("/v1/webhooks/{}", endpoint.id());
    for path in [path.clone(), format!("{path}/deliveries")] {
        admin(&desk).get(&path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn two_replicas_deliver_each_event_once() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let replica = desk.replica().await;
    let admin = admin(&desk);
    listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let there = replica.anonymous().with_key(desk.home().secret(Role::Admin));
    let mut opened = Vec::new();
    for number in 0..10 {
        let client = if number % 2 == 0 { &admin } else { &there };
        opened.push(open(client, "Export fails").await);
    }
    settle(&desk).await;
    let came = receiver.received();
    assert_eq!(sequences(&came), (1..=10).collect::<Vec<u64>>());
    let mut told = tickets(&came);
    told.sort_unstable();
    opened.sort_unstable();
    assert_eq!(told, opened);
}

#[tokio::test]
async fn a_test_is_delivered_and_logged() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.closed"] })).await;
    receiver.answer(Reply::Saying(202, vec![b'y'; 5_000]));
    let path = format!("/v1/webhooks/{}/test", endpoint.id());
    let made = admin.post(&path, &json!({})).await.expect(201);
    settle(&desk).await;
    let came = receiver.received();
    assert_eq!(types(&came), ["webhook.test"]);
    assert_eq!(came[0].id(), made.text("/id"));
    assert!(came[0].is_signed_with(&endpoint.text("/secret")));
    let all = deliveries(&admin, endpoint.id(), "&state=delivered").await;
    assert_eq!(all.len(), 1);
    let log = log(&admin, endpoint.id(), &all[0]).await;
    assert_eq!(log.at("/log/0/status"), 202);
    assert_eq!(log.at("/log/0/outcome"), "delivered");
    assert_eq!(log.text("/log/0/answer"), "y".repeat(1_024), "the first KiB is kept");
    assert_eq!(log.at("/attempts"), 1);
}

#[tokio::test]
async fn a_failure_on_the_way_leaves_what_comes_after_it_as_it_was() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    let mut opened = Vec::new();
    for _ in 0..6 {
        opened.push(open(&admin, "Export fails").await);
    }
    receiver.answer(Reply::Choking("00000000000000000003"));
    settle(&desk).await;
    assert_eq!(sequences(&receiver.taken()), [1, 2]);
    let all = deliveries(&admin, endpoint.id(), "").await;
    let told: Vec<_> = all
        .iter()
        .map(|one| (one["state"].as_str(), one["attempts"].as_u64(), one["sequence"].as_u64()))
        .collect();
    let (arrived, waits) = (Some("delivered"), Some("pending"));
    assert_eq!(told[..2], [(arrived, Some(1), Some(1)), (arrived, Some(1), Some(2))]);
    assert_eq!((told[2].0, told[2].2), (waits, Some(3)));
    assert_eq!(told[3..], [(waits, Some(0), None); 3], "nobody has seen their numbers");

    let said = json!({ "category": "security", "reason": "It shows data of other customers." });
    admin.post(&format!("/v1/tickets/{}/triage", opened[3]), &said).await.expect(200);
    receiver.answer(Reply::Status(204));
    advance(&desk, jiff::SignedDuration::from_hours(1)).await;
    opened.remove(3);
    assert_eq!(tickets(&receiver.taken()), opened);
    assert_eq!(sequences(&receiver.taken()), [1, 2, 3, 4, 5], "no gap tells of what was withdrawn");
}
