//! What became of a ticket that ended in, or goes on in, another one.

use jiff::SignedDuration;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{Worked, after, monday};
use crate::harness::{Answer, Desk, ticket};

async fn merge(source: &Worked, into: &Worked) -> Answer {
    source.act("merge", json!({ "into": into.read().await.id() })).await
}

/// A ticket with a deduplication key, given to the desk again and again.
async fn report(desk: &Desk, key: &str) -> Answer {
    let mut body = ticket("Export fails", "It says no.");
    body["dedup_key"] = json!(key);
    desk.as_role(Role::Agent).post("/v1/tickets", &body).await
}

fn worked(desk: &Desk, answer: &Answer) -> Worked {
    Worked { agent: desk.as_role(Role::Agent), path: format!("/v1/tickets/{}", answer.id()) }
}

async fn clocks(worked: &Worked) -> Vec<(String, String, Value)> {
    let told = worked.agent.get(&format!("{}/sla", worked.path)).await.expect(200);
    let clock = |clock: &Value| {
        let word = |name: &str| clock[name].as_str().expect("a word").to_owned();
        (word("metric"), word("state"), clock["breached_at"].clone())
    };
    told.at("/clocks").as_array().expect("clocks").iter().map(clock).collect()
}

#[tokio::test]
async fn merging_cancels_what_counts_and_keeps_what_happened() {
    let desk = monday().await;
    let (answered, late, target) =
        (Worked::new(&desk).await, Worked::new(&desk).await, Worked::new(&desk).await);
    answered.say("agent", "public", None).await.expect(201);
    desk.move_clock(&after(SignedDuration::from_mins(45))).await;
    merge(&answered, &target).await.expect(200);
    merge(&late, &target).await.expect(200);
    let due = json!(after(SignedDuration::from_mins(30)));
    let word = |metric: &str, state: &str, at: &Value| (metric.to_owned(), state.to_owned(), at.clone());
    assert_eq!(
        clocks(&answered).await,
        [word("first_response", "met", &Value::Null), word("resolution", "cancelled", &Value::Null)]
    );
    assert_eq!(
        clocks(&late).await,
        [word("first_response", "cancelled", &due), word("resolution", "cancelled", &Value::Null)],
        "the breach that had happened stays recorded"
    );
    assert_eq!(late.read().await.at("/sla/first_response/breached_at"), due, "as the ticket shows it");
    let kinds = |history: Vec<Value>| -> Vec<Value> {
        let kinds = history.iter().map(|e| e["kind"].clone());
        kinds.filter(|kind| !kind.as_str().is_some_and(|kind| kind.starts_with("ladder_"))).collect()
    };
    assert_eq!(kinds(late.history().await), ["opened", "message_added", "clock_breached", "merged"]);
    assert_eq!(
        kinds(target.history().await),
        ["opened", "message_added", "clock_breached", "merged_from", "merged_from"]
    );
    let merged = target.agent.get(&format!("/v1/tickets?merged_into={}", target.read().await.id())).await;
    assert_eq!(merged.expect(200).at("/items").as_array().map(Vec::len), Some(2));
    for (act, body) in [
        ("transitions", json!({ "to": "open" })),
        ("assign", json!({ "team": "first_level" })),
        ("triage", json!({})),
        ("reopen", json!({ "reason": "Hm." })),
        ("close", json!({})),
    ] {
        let refused = late.act(act, body).await;
        assert_eq!(refused.status, 409, "{act}: {}", refused.shown());
    }
    let patched = late.agent.patch(&late.path, &json!({ "subject": "Other" })).await;
    patched.expect_problem(409, "conflict");
    let from_to = "from=2000-01-01T00:00:00Z&to=2000-01-08T00:00:00Z";
    let figures = late.agent.get(&format!("/v1/kpis?{from_to}")).await.expect(200);
    for (name, merged, counted) in
        [("first_response_time", 2, 0), ("first_level_resolution_rate", 2, 0), ("resolution_rate", 2, 1)]
    {
        assert_eq!(figures.at(&format!("/kpis/{name}/excluded/merged")), merged, "{name}");
        assert_eq!(figures.at(&format!("/kpis/{name}/n")), counted, "{name}");
    }
}

#[tokio::test]
async fn a_chain_of_merges_is_followed_to_its_end() {
    let desk = monday().await;
    let first = worked(&desk, &report(&desk, "export").await.expect(201));
    let (second, third) = (Worked::new(&desk).await, Worked::new(&desk).await);
    merge(&first, &second).await.expect(200);
    let again = report(&desk, "export").await.expect(200);
    assert_eq!((again.id(), again.at("/occurrences")), (second.read().await.id(), json!(2)));
    merge(&second, &third).await.expect(200);
    let end = third.read().await.id();
    third.act("transitions", json!({ "to": "pending" })).await.expect(200);
    let said = first.say("requester", "public", None).await.expect(201);
    assert_eq!(said.at("/ticket"), json!(end));
    assert!(said.header("location").starts_with(&third.path), "{}", said.shown());
    assert_eq!(third.status().await, "open");
    let shown = first.act("evidence", json!({ "kind": "error_log", "text": "E1" })).await.expect(201);
    assert_eq!(shown.at("/ticket"), json!(end));
    let once_more = report(&desk, "export").await.expect(200);
    assert_eq!((once_more.id(), once_more.at("/created")), (end, json!(false)));
    third.resolve().await.expect(200);
    let fresh = report(&desk, "export").await.expect(201);
    assert_ne!(fresh.id(), end, "what is over takes no more reports");
    merge(&worked(&desk, &fresh), &third).await.expect(200);
    third.act("close", json!({})).await.expect(200);
    let late = Worked::new(&desk).await;
    merge(&late, &third).await.expect_problem(409, "conflict");
    merge(&late, &first).await.expect_problem(409, "conflict");
    let followed = first.say("requester", "public", None).await.expect(201);
    let next = desk.as_role(Role::Agent).get(&format!("/v1/tickets/{}", followed.text("/ticket"))).await;
    assert_eq!(next.expect(200).at("/follow_up_of"), json!(end));
}

#[tokio::test]
async fn who_merges_what_at_once_loses_no_message() {
    let desk = monday().await;
    for _ in 0..8 {
        let (one, other) = (Worked::new(&desk).await, Worked::new(&desk).await);
        let (forth, back, said) =
            tokio::join!(merge(&one, &other), merge(&other, &one), one.say("requester", "public", None));
        let mut ended = [forth.status, back.status];
        ended.sort_unstable();
        assert_eq!(ended, [200, 409], "{}\n{}", forth.shown(), back.shown());
        let said = said.expect(201);
        let kept = format!("/v1/tickets/{}/messages/{}", said.text("/ticket"), said.id());
        one.agent.get(&kept).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_confidential_stays_so() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mut body = ticket("Leak", "Somebody sent our passwords around.");
    body["category"] = json!("security");
    let source = worked(&desk, &agent.post("/v1/tickets", &body).await.expect(201));
    assert_eq!(source.read().await.at("/restricted"), true);
    let target = Worked::new(&desk).await;
    let merged = merge(&source, &target).await.expect(200);
    assert_eq!(merged.at("/restricted"), true);
    let ended = source.read().await;
    assert_eq!(ended.at("/escalations/0/state"), "closed", "{}", ended.shown());
    let over = worked(&desk, &agent.post("/v1/tickets", &body).await.expect(201));
    over.resolve().await.expect(200);
    over.act("close", json!({})).await.expect(200);
    let said = over.say("requester", "public", None).await.expect(201);
    let next = agent.get(&format!("/v1/tickets/{}", said.text("/ticket"))).await.expect(200);
    assert_eq!(next.at("/restricted"), true, "what goes on from it is as confidential");
}

#[tokio::test]
async fn a_follow_up_takes_what_people_decided_and_begins_anew() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    let mut body = ticket("Export fails", "It says no.");
    (body["service"], body["tags"], body["custom"]) =
        (json!("reporting"), json!(["eu"]), json!({ "row": 7 }));
    let before = worked(&desk, &agent.post("/v1/tickets", &body).await.expect(201));
    let said = json!({ "category": "data", "severity": "high", "impact": "team", "reason": "Seen." });
    before.act("triage", said).await.expect(200);
    before.resolve().await.expect(200);
    desk.move_clock(&after(SignedDuration::from_hours(8 * 24))).await;
    let kept = before.read().await;
    let idempotent = agent.with("idempotency-key", "again");
    let message = json!({ "author": "requester", "visibility": "public", "body": "It is back." });
    let path = format!("{}/messages", before.path);
    let posted = idempotent.post(&path, &message).await.expect(201);
    let repeated = idempotent.post(&path, &message).await.expect(201);
    assert_eq!((&repeated.body, repeated.header("idempotency-replayed")), (&posted.body, "true"));
    assert_eq!(before.read().await.body, kept.body);
    let next = agent.get(&format!("/v1/tickets/{}", posted.text("/ticket"))).await.expect(200);
    for name in ["subject", "requester", "service", "tags", "custom", "channel"] {
        assert_eq!(next.at(&format!("/{name}")), kept.at(&format!("/{name}")), "{name}");
    }
    for (name, value) in [("category", "data"), ("severity", "high"), ("impact", "team")] {
        assert_eq!(next.at(&format!("/{name}")), value);
        assert_eq!(next.at(&format!("/triage/fields/{name}/decided_by")), "human", "{name}");
    }
    assert_eq!(next.text("/created_at"), after(SignedDuration::from_hours(8 * 24)));
    assert_eq!(next.at("/sla/first_response/state"), "running");
    assert_eq!(next.at("/status"), "new");
    let links = agent.get(&format!("/v1/tickets?follow_up_of={}", kept.id())).await.expect(200);
    assert_eq!(links.at("/items").as_array().map(Vec::len), Some(1), "one, although it was sent twice");
}

#[tokio::test]
async fn publishing_is_for_notes_alone() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let other = Worked::new(&desk).await;
    let note = worked.say("automation", "internal", None).await.expect(201);
    let path = |at: &Worked| format!("{}/messages/{}", at.path, note.id());
    let public = json!({ "visibility": "public" });
    worked.agent.patch(&path(&other), &public).await.expect_problem(404, "not_found");
    let wrong = worked.agent.patch(&path(&worked), &json!({ "body": "Other." })).await;
    let wrong = wrong.expect_problem(422, "validation").faults();
    assert!(wrong.contains(&("/body".to_owned(), "unknown_field".to_owned())), "{wrong:?}");
    worked.agent.patch(&path(&worked), &public).await.expect(200);
    worked.agent.patch(&path(&worked), &public).await.expect(200);
    let read = worked.read().await;
    assert_eq!(read.at("/sla/first_response/state"), "running", "a machine's note is nobody's answer");
    assert_eq!(read.at("/status"), "new");
    let published = worked.history().await.iter().filter(|e| e["kind"] == "message_published").count();
    assert_eq!(published, 1);
}
