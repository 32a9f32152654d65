//! Tickets that go on in others, and notes that are shown later.

use jiff::SignedDuration;
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use super::{Worked, after, monday};
use crate::harness::{Answer, Desk, ticket};

async fn merge(source: &Worked, into: &Worked) -> Answer {
    source.act("merge", json!({ "into": into.read().await.id() })).await
}

/// A ticket that somebody of this address sent, with more fields.
async fn sent(desk: &Desk, address: &str, more: Value) -> Worked {
    let mut body = ticket("Export fails", "It says no.");
    body["requester"] = json!({ "email": address });
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    Worked { agent, path: format!("/v1/tickets/{}", made.id()) }
}

#[tokio::test]
async fn what_is_posted_to_a_merged_ticket_goes_where_it_went() {
    let desk = monday().await;
    let (source, target) = (Worked::new(&desk).await, Worked::new(&desk).await);
    let into = target.read().await.id();
    let merged = source.act("merge", json!({ "into": into })).await.expect(200);
    assert_eq!(merged.id(), into);
    let ended = source.read().await;
    assert_eq!((ended.text("/status"), ended.at("/merged_into")), ("closed".to_owned(), json!(into)));
    assert_eq!(ended.text("/resolution/resolution"), "duplicate");
    assert_eq!(ended.text("/sla/resolution/state"), "cancelled");
    target.act("transitions", json!({ "to": "pending" })).await.expect(200);
    let said = source.say("requester", "public", None).await.expect(201);
    assert_eq!(said.at("/ticket"), json!(into));
    assert_eq!(target.status().await, "open");
    let again = source.act("merge", json!({ "into": into })).await;
    again.expect_problem(409, "conflict");
    let itself = target.act("merge", json!({ "into": into })).await.expect_problem(422, "validation");
    assert_eq!(itself.faults(), [("/into".to_owned(), "itself".to_owned())]);
}

#[tokio::test]
async fn two_messages_on_a_closed_ticket_make_one_follow_up() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "closed").await;
    let before = worked.read().await;
    let (one, two) =
        tokio::join!(worked.say("requester", "public", None), worked.say("requester", "public", None));
    let (one, two) = (one.expect(201), two.expect(201));
    assert_eq!(one.at("/ticket"), two.at("/ticket"));
    let next = worked.agent.get(&format!("/v1/tickets/{}", one.text("/ticket"))).await.expect(200);
    assert_eq!(next.at("/follow_up_of"), before.at("/id"));
    assert_eq!(worked.read().await.body, before.body, "the closed one is not changed");
    worked.say("agent", "public", None).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_note_counts_from_its_publication() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    desk.move_clock(&after(SignedDuration::from_mins(10))).await;
    let note = worked.say("agent", "internal", None).await.expect(201);
    desk.move_clock(&after(SignedDuration::from_mins(40))).await;
    let path = format!("{}/messages/{}", worked.path, note.id());
    let lead = desk.as_role(Role::Lead);
    let public = json!({ "visibility": "public" });
    let shown = lead.send(reqwest::Method::PATCH, &path, Some(&public)).await.expect(200);
    assert_eq!(shown.text("/published_at"), after(SignedDuration::from_mins(40)));
    let read = worked.read().await;
    assert_eq!(read.text("/status"), "open");
    assert_eq!(read.text("/sla/first_response/stopped_at"), after(SignedDuration::from_mins(40)));
    assert_eq!(read.text("/sla/first_response/breached_at"), after(SignedDuration::from_mins(30)));
    let back = json!({ "visibility": "internal" });
    lead.send(reqwest::Method::PATCH, &path, Some(&back)).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_and_stays() {
    let desk = monday().await;
    let (source, target) = (Worked::new(&desk).await, Worked::new(&desk).await);
    let (closed, gone) = (Worked::at(&desk, "closed").await, Worked::new(&desk).await);
    merge(&gone, &target).await.expect(200);
    let other = desk.found_tenant("other").await.as_role(Role::Admin);
    let theirs = other.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let before = (source.read().await.body, target.read().await.body);
    for into in [Uuid::nil(), theirs.id()] {
        let refused = source.act("merge", json!({ "into": into })).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/into".to_owned(), "unknown_ticket".to_owned())]);
    }
    merge(&source, &closed).await.expect_problem(409, "conflict");
    merge(&source, &gone).await.expect_problem(409, "conflict");
    merge(&closed, &target).await.expect_problem(409, "conflict");
    merge(&gone, &target).await.expect_problem(409, "conflict");
    let into = json!({ "into": target.read().await.id() });
    other.post(&format!("{}/merge", source.path), &into).await.expect_problem(404, "not_found");
    let stale = source.agent.with("if-match", target.read().await.header("etag"));
    assert_eq!(stale.post(&format!("{}/merge", source.path), &into).await.status, 412);
    assert_eq!((source.read().await.body, target.read().await.body), before);
    let tag = source.read().await.header("etag").to_owned();
    let client = source.agent.with("if-match", &tag).with("idempotency-key", "merge");
    let merged = client.post(&format!("{}/merge", source.path), &into).await.expect(200);
    let again = client.post(&format!("{}/merge", source.path), &into).await.expect(200);
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&merged.body, "true"));
    assert_eq!(merged.header("etag"), target.read().await.header("etag"));
    assert_eq!(merged.json(), target.read().await.json());
    let how = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    source.act("resolve", how).await.expect_problem(409, "illegal_transition");
    let hand_over = json!({ "persona": "human_support", "reason": "It is theirs." });
    source.act("escalations", hand_over).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_is_said_moves_the_ticket_that_takes_it_in_the_name_of_who_says_it() {
    let desk = monday().await;
    let first = sent(&desk, "first@example.org", json!({})).await;
    let second = sent(&desk, "second@example.org", json!({})).await;
    let third = sent(&desk, "third@example.org", json!({})).await;
    merge(&first, &second).await.expect(200);
    merge(&second, &third).await.expect(200);
    third.say("agent", "public", Some("pending")).await.expect(201);
    desk.move_clock(&after(SignedDuration::from_mins(20))).await;
    let tag = first.read().await.header("etag").to_owned();
    let body = json!({ "author": "requester", "visibility": "public", "body": "Any news?" });
    let path = format!("{}/messages", first.path);
    let stale = first.agent.with("if-match", third.read().await.header("etag"));
    assert_eq!(stale.post(&path, &body).await.status, 412, "the version is that of the ticket that is named");
    let said = first.agent.with("if-match", &tag).post(&path, &body).await.expect(201);
    let read = third.read().await;
    assert_eq!(said.header("etag"), read.header("etag"));
    assert_eq!(read.text("/status"), "open");
    // P4: eight business hours from 09:20.
    assert_eq!(read.text("/sla/next_response/due_at"), "2000-01-03T17:20:00Z");
    assert_eq!(read.at("/sla/next_response/state"), "running");
    let history = third.history().await;
    let added = history.iter().rfind(|event| event["kind"] == "message_added").expect("a message");
    assert_eq!(added["actor"]["kind"], "requester");
    assert_eq!(added["actor"]["id"], first.read().await.at("/requester/id"));
    assert_eq!(read.text("/requester/email"), "third@example.org");
    third.resolve().await.expect(200);
    let said = first.say("requester", "public", None).await.expect(201);
    assert_eq!(said.at("/ticket"), read.at("/id"));
    assert_eq!((third.status().await, third.read().await.at("/reopen_count")), ("open".to_owned(), json!(1)));
    first.say("agent", "public", Some("on_hold")).await.expect(201);
    assert_eq!(third.status().await, "on_hold");
}

#[tokio::test]
async fn evidence_completes_the_hand_over_of_the_ticket_that_goes_on() {
    let desk = monday().await;
    let alert =
        json!({ "type": "alert", "category": "infrastructure", "severity": "high", "impact": "team" });
    let target = sent(&desk, "third@example.org", alert).await;
    let waiting = target.read().await;
    assert_eq!(waiting.at("/escalations/0/missing_context"), json!(["system_metrics", "error_log"]));
    let source = Worked::new(&desk).await;
    merge(&source, &target).await.expect(200);
    for (kind, left) in [("error_log", json!(["system_metrics"])), ("system_metrics", json!([]))] {
        let shown = source.act("evidence", json!({ "kind": kind, "text": "E1" })).await.expect(201);
        assert_eq!(shown.at("/ticket"), waiting.at("/id"));
        assert!(shown.header("location").starts_with(&target.path), "{}", shown.shown());
        assert_eq!(target.read().await.at("/escalations/0/missing_context"), left);
    }
    let kept = source.agent.get(&format!("{}/evidence", source.path)).await.expect(200);
    assert_eq!(kept.at("/items"), json!([]));
}

#[tokio::test]
async fn repeats_in_a_batch_are_counted_where_their_tickets_went() {
    let desk = monday().await;
    let one = sent(&desk, "a@example.org", json!({ "dedup_key": "one" })).await;
    let other = sent(&desk, "b@example.org", json!({ "dedup_key": "other" })).await;
    merge(&one, &other).await.expect(200);
    let item = |key: Value| {
        let mut item = ticket("Export fails", "It says no.");
        item["dedup_key"] = key;
        item
    };
    let keys = [json!("one"), Value::Null, json!("other"), json!("new"), json!("one"), json!("new")];
    let batch = json!(keys.map(item));
    let taken = one.agent.post("/v1/tickets/batch", &batch).await.expect(200);
    let results = taken.at("/results");
    let shown: Vec<(u64, bool, u64)> = (0..6)
        .map(|place| {
            let result = &results[place];
            let ticket = &result["ticket"];
            let heir = ticket["links"]["self"] == json!(other.path);
            let number = |value: &Value| value.as_u64().expect("a number");
            (number(&result["status"]), heir, number(&ticket["occurrences"]))
        })
        .collect();
    assert_eq!(
        shown,
        [(200, true, 2), (201, false, 1), (200, true, 3), (201, false, 1), (200, true, 4), (200, false, 2)],
        "{}",
        taken.shown()
    );
    assert_eq!(one.read().await.at("/occurrences"), 1);
    other.resolve().await.expect(200);
    let anew = one.agent.post("/v1/tickets", &item(json!("one"))).await.expect(201);
    assert_eq!(anew.at("/occurrences"), 1);
    let again = one.agent.post("/v1/tickets", &item(json!("one"))).await.expect(200);
    assert_eq!(again.id(), anew.id());
}

#[tokio::test]
async fn figures_leave_out_what_was_merged() {
    let desk = monday().await;
    let class = json!({ "severity": "medium", "impact": "team", "category": "technical_bug" });
    let mut tickets = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        tickets.push(sent(&desk, &format!("{name}@example.org"), class.clone()).await);
    }
    let [answered, target, late, resolved, open] = tickets.try_into().ok().expect("five tickets");
    desk.move_clock(&after(SignedDuration::from_mins(10))).await;
    answered.say("agent", "public", None).await.expect(201);
    resolved.resolve().await.expect(200);
    desk.move_clock(&after(SignedDuration::from_mins(20))).await;
    target.say("agent", "public", None).await.expect(201);
    desk.move_clock(&after(SignedDuration::from_mins(45))).await;
    for source in [&answered, &late, &resolved] {
        merge(source, &target).await.expect(200);
    }
    desk.move_clock(&after(SignedDuration::from_mins(50))).await;
    target.resolve().await.expect(200);
    let window = "from=2000-01-03T00:00:00Z&to=2000-01-04T00:00:00Z";
    let lead = desk.as_role(Role::Lead);
    let kpis = lead.get(&format!("/v1/kpis?{window}")).await.expect(200).at("/kpis");
    let first = &kpis["first_response_time"];
    // Answered: target after 20 minutes; answered and resolved, after 10, were merged, as was late,
    // which nobody had answered.
    assert_eq!(
        (&first["n"], &first["value"], &first["excluded"]["merged"]),
        (&json!(1), &json!(1200), &json!(3))
    );
    // Of the two whose half hour passed unanswered, one was merged: 1 of 2.
    assert_eq!((&first["open_overdue"], &first["within_target"]), (&json!(1), &json!(0.5)));
    let level = &kpis["first_level_resolution_rate"];
    assert_eq!(
        (&level["n"], &level["value"], &level["excluded"]["merged"]),
        (&json!(1), &json!(1.0), &json!(3))
    );
    let rate = &kpis["resolution_rate"];
    assert_eq!(
        (&rate["n"], &rate["value"], &rate["excluded"]["merged"]),
        (&json!(2), &json!(0.5), &json!(3))
    );
    for kpi in [first, level] {
        let listed = lead.get(kpi["links"]["tickets"].as_str().expect("a link")).await.expect(200);
        let ids: Vec<Value> =
            listed.at("/items").as_array().expect("items").iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids, [target.read().await.at("/id")]);
    }
    assert_eq!(open.status().await, "new");
}
