//! Versions: which there are, which one a ticket gets, and that it keeps it.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, clock, clocks, open, policy, with};
use crate::harness::{Answer, Desk};

fn keys(list: &Answer) -> Vec<String> {
    let items = list.at("/items");
    let key = |item: &Value| item["key"].as_str().expect("a key").to_owned();
    items.as_array().expect("items").iter().map(key).collect()
}

#[tokio::test]
async fn shipped_and_own_are_one_list_in_the_order_in_which_they_are_tried() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let shipped = lead.get("/v1/sla/policies").await.expect(200);
    assert_eq!(keys(&shipped), ["standard"]);
    assert_eq!(shipped.at("/items/0/origin"), "shipped");
    assert_eq!(shipped.at("/items/0/position"), 1_000);
    assert_eq!(shipped.at("/items/0/calendar"), json!({ "key": "business-hours", "version": 1 }));
    assert_eq!(shipped.at("/items/0/targets/P1/calendar/key"), "around-the-clock");
    let calendars = lead.get("/v1/sla/calendars").await.expect(200);
    assert_eq!(keys(&calendars), ["around-the-clock", "business-hours"]);

    let made = lead.post("/v1/sla/policies", &policy("gold", 3_600)).await.expect(201);
    assert_eq!(made.header("location"), "/v1/sla/policies/gold");
    assert_eq!(made.at("/version"), 1);
    assert_eq!(made.at("/position"), 100);
    assert_eq!(made.at("/created"), json!([{ "kind": "policy", "key": "gold", "version": 1 }]));
    assert_eq!(made.at("/moved"), Value::Null);
    let one = lead.get("/v1/sla/policies/gold").await.expect(200);
    assert_eq!(one.header("etag"), made.header("etag"));
    lead.with("if-none-match", one.header("etag")).get("/v1/sla/policies/gold").await.expect(304);
    lead.post("/v1/sla/policies", &with(policy("last", 60), &json!({ "position": 2_000 }))).await.expect(201);
    let all = lead.get("/v1/sla/policies").await.expect(200);
    assert_eq!(keys(&all), ["gold", "standard", "last"]);
    assert_eq!(all.at("/items/0"), one.json());
    let first = lead.get("/v1/sla/policies?limit=2").await.expect(200);
    let rest = format!("/v1/sla/policies?cursor={}", first.text("/next_cursor"));
    assert_eq!(keys(&lead.get(&rest).await.expect(200)), ["last"]);
    lead.post("/v1/sla/policies", &policy("gold", 60)).await.expect_problem(409, "conflict");
    lead.post("/v1/sla/policies", &policy("standard", 60)).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_ticket_keeps_its_version_through_edits_and_another_configuration() {
    let mut desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let old = open(&lead, "a").await;
    assert_eq!(old.text("/sla/policy"), "standard");
    lead.put("/v1/sla/policies/standard", &policy("standard", 7_200)).await.expect(200);
    let middle = open(&lead, "a").await;
    lead.put("/v1/sla/policies/standard", &policy("standard", 3_600)).await.expect(200);
    let new = open(&lead, "a").await;

    // The next configuration names the shipped policy's first version otherwise.
    let folder = crate::harness::Place::new();
    let file = folder.path().join("sla.toml");
    let text = include_str!("../../../../config/sla.toml").replace("Standard support", "Another standard");
    std::fs::write(&file, text).expect("a file");
    for restarts in [false, true] {
        if restarts {
            desk.restart_with("SUPPORT__RULES__SLA", &file.display().to_string()).await;
            let shipped =
                desk.as_role(Role::Lead).get("/v1/sla/policies/standard?version=1").await.expect(200);
            assert_eq!(shipped.text("/name"), "Another standard");
        }
        let lead = desk.as_role(Role::Lead);
        for (ticket, version, target, due) in [
            (&old, 1, 86_400, "2000-01-05T12:00:00Z"),
            (&middle, 2, 7_200, "2000-01-03T10:00:00Z"),
            (&new, 3, 3_600, "2000-01-03T09:00:00Z"),
        ] {
            let explained = clocks(&lead, ticket.id()).await;
            assert_eq!(explained.text("/policy"), "standard");
            assert_eq!(explained.at("/policy_version"), version);
            assert_eq!(clock(&explained, "resolution", "target_seconds"), target);
            assert_eq!(clock(&explained, "resolution", "due_at"), due);
        }
    }
    let versions = desk.as_role(Role::Agent).get("/v1/sla/policies/standard/versions").await.expect(200);
    let told: Vec<_> =
        versions.at("/items").as_array().expect("items").iter().map(|v| v["version"].clone()).collect();
    assert_eq!(told, [3, 2, 1]);
    assert_eq!(versions.at("/items/2/origin"), "shipped");
    let second = desk.as_role(Role::Dashboard).get("/v1/sla/policies/standard?version=2").await.expect(200);
    assert_eq!(second.json(), versions.at("/items/1"));
    lead_gets_nothing(&desk, "/v1/sla/policies/standard?version=4").await;
    lead_gets_nothing(&desk, "/v1/sla/policies/none").await;
    lead_gets_nothing(&desk, "/v1/sla/calendars/none/versions").await;
}

async fn lead_gets_nothing(desk: &Desk, path: &str) {
    desk.as_role(Role::Lead).get(path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_edit_is_meant_for_a_version_and_the_same_again_is_none() {
    let desk = Desk::start().await;
    let lead = desk.as_role(Role::Lead);
    let path = "/v1/sla/policies/standard";
    let first = lead.get(path).await.expect(200);
    let mine = lead.with("if-match", first.header("etag"));
    let second = mine.put(path, &policy("standard", 60)).await.expect(200);
    assert_eq!(second.at("/version"), 2);
    assert_eq!(second.at("/position"), 1_000, "it stays where it was");
    mine.put(path, &policy("standard", 120)).await.expect_problem(412, "precondition_failed");
    let again = lead.put(path, &policy("standard", 60)).await.expect(200);
    assert_eq!(again.at("/created"), json!([]));
    assert_eq!(again.header("etag"), second.header("etag"));
    lead.put("/v1/sla/policies/nobody", &policy("nobody", 60)).await.expect_problem(404, "not_found");

    let once = lead.with("idempotency-key", "once");
    let made = once.post("/v1/sla/policies", &policy("gold", 60)).await.expect(201);
    let replayed = once.post("/v1/sla/policies", &policy("gold", 60)).await.expect(201);
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(replayed.json(), made.json());
}

#[tokio::test]
async fn a_calendar_takes_its_policies_with_it_and_what_is_retired_fits_nothing() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let lead = desk.as_role(Role::Lead);
    let old = open(&lead, "a").await;
    let hours = json!({ "time_zone": "Etc/UTC", "weekly": { "mon": [["08:00", "09:00"]], "tue": [["08:00", "09:00"]] },
        "holidays": ["2030-12-25"] });
    let retired = with(policy("retired", 60), &json!({ "enabled": false }));
    lead.post("/v1/sla/policies", &retired).await.expect(201);
    let pinned = with(
        policy("pinned", 5_400),
        &json!({
        "calendar": { "key": "business-hours", "version": 1 }, "applies_to": { "tags": ["pinned"] } }),
    );
    lead.post("/v1/sla/policies", &pinned).await.expect(201);
    let body = json!({ "name": "Short days", "hours": hours, "reason": "Winter" });
    let edited = lead.put("/v1/sla/calendars/business-hours", &body).await.expect(200);
    assert_eq!(
        edited.at("/created"),
        json!([
            { "kind": "calendar", "key": "business-hours", "version": 2 },
            { "kind": "policy", "key": "pinned", "version": 2 },
            { "kind": "policy", "key": "standard", "version": 2 },
        ])
    );
    assert_eq!(edited.at("/hours/holidays"), json!(["2030-12-25"]));
    let standard = lead.get("/v1/sla/policies/standard").await.expect(200);
    assert_eq!(standard.at("/calendar"), json!({ "key": "business-hours", "version": 2 }));
    assert_eq!(standard.at("/targets/P1/calendar"), json!({ "key": "around-the-clock", "version": 1 }));
    // 5,400 business seconds: an hour on Monday and half of one on Tuesday.
    let new = open(&lead, "pinned").await;
    assert_eq!(new.text("/sla/policy"), "pinned");
    assert_eq!(new.text("/sla/resolution/due_at"), "2000-01-04T08:30:00Z");
    let explained = clocks(&lead, old.id()).await;
    assert_eq!(clock(&explained, "resolution", "calendar_version"), 1);
    // Whoever wants the earlier hours says so.
    let back = lead.put("/v1/sla/policies/pinned", &pinned).await.expect(200);
    assert_eq!(back.at("/calendar/version"), 1);
    let other = open(&lead, "pinned").await;
    assert_eq!(other.text("/sla/resolution/due_at"), "2000-01-03T09:30:00Z");
    lead.put("/v1/sla/policies/pinned", &with(pinned, &json!({ "enabled": false }))).await.expect(200);
    assert_eq!(open(&lead, "pinned").await.text("/sla/policy"), "standard");
    let path = format!("/v1/tickets/{}", other.id());
    let again = lead.post(&format!("{path}/triage"), &json!({ "reason": "New look." })).await.expect(200);
    assert_eq!(again.text("/sla/policy"), "pinned", "nothing about the ticket has changed");
    // Once its policy stops fitting, it gets the one that fits in its newest version.
    let untagged = lead.patch(&path, &json!({ "tags": [], "reason": "No longer." })).await.expect(200);
    assert_eq!(untagged.text("/sla/policy"), "standard");
    assert_eq!(clocks(&lead, other.id()).await.at("/policy_version"), 2);
}

#[tokio::test]
async fn replicas_know_of_an_edit_at_once_and_tenants_never() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    let replica = desk.replica().await;
    let there = replica.anonymous().with_key(ours.secret(Role::Lead));
    assert_eq!(open(&there, "a").await.text("/sla/policy"), "standard");
    let lead = ours.as_role(Role::Lead);
    lead.post("/v1/sla/policies", &policy("gold", 3_600)).await.expect(201);
    assert_eq!(open(&there, "a").await.text("/sla/policy"), "gold");
    let stranger = theirs.as_role(Role::Lead);
    stranger.get("/v1/sla/policies/gold").await.expect_problem(404, "not_found");
    // The same key is another policy there, from version 1.
    let made = stranger
        .post("/v1/sla/policies", &with(policy("gold", 60), &json!({ "running": "move" })))
        .await
        .expect(201);
    assert_eq!(made.at("/version"), 1);
    assert_eq!(made.at("/moved"), json!({ "tickets": 0, "clocks": 0, "left": 0 }));
    lead.put("/v1/sla/policies/gold", &policy("gold", 7_200)).await.expect(200);
    assert_eq!(
        stranger.get("/v1/sla/policies/gold").await.expect(200).at("/targets/P3/resolution_seconds"),
        60
    );
    let foreign = open(&stranger, "a").await;
    assert_eq!(clock(&clocks(&stranger, foreign.id()).await, "resolution", "target_seconds"), 60);
    assert_eq!(
        clock(&clocks(&there, open(&there, "a").await.id()).await, "resolution", "target_seconds"),
        7_200
    );
}
