//! Running clocks: foreseen, and moved when told to.

use serde_json::{Value, json};
use sqlx::Row;
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, clock, clocks, open, policy, with};
use crate::harness::Desk;

#[tokio::test]
async fn clocks_move_when_told_to_and_are_judged_at_that_instant() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let (running, answered, paused, over) =
        (open(&lead, "a").await, open(&lead, "a").await, open(&lead, "a").await, open(&lead, "a").await);
    desk.move_clock("2000-01-03T08:10:00Z").await;
    let reply = json!({ "visibility": "public", "author": "agent", "body": "We are at it." });
    lead.post(&format!("/v1/tickets/{}/messages", answered.id()), &reply).await.expect(201);
    lead.post(&format!("/v1/tickets/{}/transitions", paused.id()), &json!({ "to": "pending" }))
        .await
        .expect(200);
    let done = json!({ "resolution": "fixed", "steps": "Done.", "message": "Done.", "root_cause": "It was off.",
        "impact_assessment": "One person waited." });
    lead.post(&format!("/v1/tickets/{}/resolve", over.id()), &done).await.expect(200);
    desk.move_clock("2000-01-03T09:00:00Z").await;

    // Half an hour, which passed half an hour ago; paused after ten minutes.
    let edit = with(policy("standard", 1_800), &json!({ "running": "move" }));
    let foreseen = lead.post("/v1/sla/policies/preview", &edit).await.expect(200);
    assert_eq!(foreseen.at("/would_create"), json!([{ "kind": "policy", "key": "standard", "version": 2 }]));
    assert_eq!(foreseen.at("/tickets"), 3, "what is over stays as it is");
    assert_eq!(foreseen.at("/newly_breached"), 2);
    assert_eq!(foreseen.at("/loosened"), 3, "next responses are no longer promised");
    assert_eq!(clocks(&lead, running.id()).await.at("/policy_version"), 1, "nothing was stored");
    let refused = lead.put("/v1/sla/policies/standard", &edit).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    assert_eq!(lead.get("/v1/sla/policies/standard").await.expect(200).at("/version"), 1, "nothing was done");

    let edit = with(edit, &json!({ "reason": "The contract changed." }));
    let moved = lead.put("/v1/sla/policies/standard", &edit).await.expect(200);
    assert_eq!(moved.at("/moved/tickets"), 3);
    assert_eq!(moved.at("/moved/clocks"), foreseen.at("/clocks"));
    assert_eq!(moved.at("/moved/left"), 0);
    let told = clocks(&lead, running.id()).await;
    assert_eq!(told.at("/policy_version"), 2);
    assert_eq!(clock(&told, "resolution", "state"), "breached");
    assert_eq!(clock(&told, "resolution", "breached_at"), "2000-01-03T09:00:00Z", "the change broke it");
    assert_eq!(
        clock(&told, "first_response", "breached_at"),
        "2000-01-03T08:30:00Z",
        "that was broken before"
    );
    let told = clocks(&lead, answered.id()).await;
    assert_eq!(clock(&told, "first_response", "state"), "met");
    let told = clocks(&lead, paused.id()).await;
    assert_eq!(clock(&told, "resolution", "state"), "paused", "ten minutes were used");
    assert_eq!(clock(&told, "resolution", "business_seconds"), 600);
    assert_eq!(clocks(&lead, over.id()).await.at("/policy_version"), 1);

    let history = lead.get(&format!("/v1/tickets/{}/history", running.id())).await.expect(200).at("/items");
    let facts = history.as_array().expect("a history");
    let last = facts
        .iter()
        .rfind(|fact| {
            !["clock_breached", "ladder_started", "ladder_step"].iter().any(|kind| fact["kind"] == *kind)
        })
        .expect("a fact")
        .clone();
    assert_eq!((&last["kind"], &last["reason"]), (&json!("policy_changed"), &json!("The contract changed.")));
    let acts = acts(&desk).await;
    assert_eq!(acts.iter().filter(|(action, _)| action == "ticket.loosen").count(), 3);
    let edits: Vec<&Value> =
        acts.iter().filter(|(action, _)| action == "sla_policy.edit").map(|(_, detail)| detail).collect();
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0]["policies"], json!([["standard", 2]]));
    assert_eq!(edits[0]["moved"]["tickets"], 3);
    // Recorded breaches stay, whatever is promised later.
    let wide = with(policy("standard", 360_000), &json!({ "running": "move", "reason": "Peace." }));
    lead.put("/v1/sla/policies/standard", &wide).await.expect(200);
    let told = clocks(&lead, running.id()).await;
    assert_eq!(clock(&told, "resolution", "state"), "breached");
    assert_eq!(clock(&told, "resolution", "breached_at"), "2000-01-03T09:00:00Z");
}

async fn acts(desk: &Desk) -> Vec<(String, Value)> {
    let query = "select action, detail from audit_log order by at, id";
    let rows = sqlx::query(query).fetch_all(&mut desk.superuser().await).await.expect("the log");
    rows.iter().map(|row| (row.get("action"), row.get("detail"))).collect()
}

#[tokio::test]
async fn what_was_kept_can_be_moved_later_and_the_rest_in_portions() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let ticket = open(&lead, "vip").await;
    let other = open(&lead, "a").await;
    let gold = with(policy("gold", 3_600), &json!({ "applies_to": { "tags": ["vip"] } }));
    lead.post("/v1/sla/policies", &gold).await.expect(201);
    assert_eq!(
        clocks(&lead, ticket.id()).await.text("/policy"),
        "standard",
        "running clocks were not to move"
    );
    let path = "/v1/sla/policies/gold/move";
    let once = lead.with("idempotency-key", "move");
    let reason = json!({ "reason": "They pay for it." });
    let moved = once.post(path, &reason).await.expect(200);
    assert_eq!(moved.at("/tickets"), 1);
    assert_eq!(moved.at("/left"), 0);
    assert_eq!(once.post(path, &reason).await.expect(200).json(), moved.json());
    let nothing = lead.post(path, &json!({})).await.expect(200);
    assert_eq!(nothing.json(), json!({ "tickets": 0, "clocks": 0, "left": 0 }));
    let told = clocks(&lead, ticket.id()).await;
    assert_eq!(told.text("/policy"), "gold");
    assert_eq!(clock(&told, "resolution", "due_at"), "2000-01-03T09:00:00Z");
    assert_eq!(clocks(&lead, other.id()).await.text("/policy"), "standard");
    lead.post("/v1/sla/policies/none/move", &json!({})).await.expect_problem(404, "not_found");
    // Retired: the ticket goes to what fits now, and may be told to.
    let retired = with(gold, &json!({ "enabled": false, "running": "move", "reason": "It ended." }));
    lead.put("/v1/sla/policies/gold", &retired).await.expect(200);
    assert_eq!(clocks(&lead, ticket.id()).await.text("/policy"), "standard");
}

#[tokio::test]
async fn a_thousand_tickets_move_at_a_time() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let ticket = open(&lead, "a").await;
    // Copies of the one ticket, row by row; they differ in id and number alone.
    let copies = "
        with twins as (select gen_random_uuid() as id, n from generate_series(1, 1004) n),
        copied as (
            insert into tickets select (jsonb_populate_record(null::tickets, to_jsonb(t) || jsonb_build_object(
                'id', w.id, 'number', 1000 + w.n))).* from tickets t cross join twins w returning id),
        events as (
            insert into ticket_events select (jsonb_populate_record(null::ticket_events, to_jsonb(e) || jsonb_build_object(
                'ticket_id', w.id, 'id', gen_random_uuid()))).* from ticket_events e cross join twins w returning 1)
        insert into sla_clocks select (jsonb_populate_record(null::sla_clocks, to_jsonb(c) || jsonb_build_object(
                'ticket_id', w.id))).* from sla_clocks c cross join twins w";
    sqlx::query(copies).execute(&mut desk.superuser().await).await.expect("copies");
    let edit = with(policy("standard", 7_200), &json!({ "reason": "The contract changed." }));
    let foreseen = lead.post("/v1/sla/policies/preview", &edit).await.expect(200);
    assert_eq!(foreseen.at("/tickets"), 1_005);
    assert_eq!(foreseen.at("/examined"), 1_000);
    assert_eq!(foreseen.at("/truncated"), true);
    assert_eq!(foreseen.at("/moves").as_array().map(Vec::len), Some(200));
    let moved =
        lead.put("/v1/sla/policies/standard", &with(edit, &json!({ "running": "move" }))).await.expect(200);
    assert_eq!(moved.at("/moved"), json!({ "tickets": 1_000, "clocks": foreseen.at("/clocks"), "left": 5 }));
    let rest =
        lead.post("/v1/sla/policies/standard/move", &json!({ "reason": "The rest." })).await.expect(200);
    assert_eq!((rest.at("/tickets"), rest.at("/left")), (json!(5), json!(0)));
    assert_eq!(clocks(&lead, ticket.id()).await.at("/policy_version"), 2);
}
