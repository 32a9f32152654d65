//! Steps at their instants, and what ends a ladder.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{desk_with, facts, level, opened, plan, resolve, taken, used};
use crate::harness::Desk;

#[tokio::test]
async fn nothing_fires_after_the_end_and_everything_of_it_is_cancelled() {
    let ladders = json!([
        used("first_response", 50, &json!([level(0, &["notify"])])),
        used("resolution", 50, &json!([level(0, &["notify"]), level(30, &["page"])])),
        { "trigger": { "on": "breach", "nth": 1 }, "levels": [level(0, &["page"])] },
    ]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({})).await;
    desk.move_clock("2000-01-03T09:15:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1, "at its very instant");
    let reply = json!({ "visibility": "public", "author": "agent", "body": "We look into it." });
    agent.post(&format!("{path}/messages"), &reply).await.expect(201);
    resolve(&agent, &path).await.expect(200);
    let shown = plan(&agent, &path).await;
    let states: Vec<_> = shown.iter().map(|step| (step["state"].clone(), step["reason"].clone())).collect();
    assert_eq!(states[0], (json!("fired"), json!(null)));
    assert!(states[1..].iter().all(|(state, _)| state == "cancelled"), "{shown:#?}");
    assert!(states.iter().any(|(_, why)| why == "resolved"), "{shown:#?}");
    desk.move_clock("2000-02-03T09:15:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1);
}

#[tokio::test]
async fn a_ticket_that_comes_back_climbs_on() {
    let (desk, agent) = desk_with(&json!([used("resolution", 50, &json!([level(0, &["notify"])]))])).await;
    let path = opened(&agent, &json!({})).await;
    let before = plan(&agent, &path).await;
    resolve(&agent, &path).await.expect(200);
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Not yet." })).await.expect(200);
    assert_eq!(plan(&agent, &path).await, before, "nothing of its time was used");
    desk.move_clock("2000-02-03T09:15:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1);
}

#[tokio::test]
async fn what_fell_due_while_it_was_resolved_is_not_told_when_it_comes_back() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let path = opened(&agent, &json!({})).await;
    let button = format!("{path}/escalate-up");
    agent.post(&button, &json!({ "reason": "I am lost." })).await.expect(200);
    assert_eq!(taken(&agent, &path).await.len(), 1);
    desk.move_clock("2000-01-03T09:10:00Z").await;
    resolve(&agent, &path).await.expect(200);
    let handoff = |steps: Vec<serde_json::Value>| {
        steps.into_iter().find(|step| step["action"] == "handoff").map(|step| step["state"].clone())
    };
    assert_eq!(handoff(plan(&agent, &path).await), Some(json!("cancelled")));
    desk.move_clock("2000-01-06T09:10:00Z").await;
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Not yet." })).await.expect(200);
    assert_eq!(taken(&agent, &path).await.len(), 1);
    desk.move_clock("2000-01-06T09:11:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1);
    assert_eq!(handoff(plan(&agent, &path).await), Some(json!("cancelled")));
    // Asked for again, it comes again.
    agent.post(&button, &json!({ "reason": "Lost again." })).await.expect(200);
    assert_eq!(taken(&agent, &path).await.len(), 2);
}

#[tokio::test]
async fn a_p1_that_was_made_one_while_it_was_resolved_climbs_when_it_comes_back() {
    let ladders = json!([{ "trigger": { "on": "priority_one" }, "levels": [level(0, &["page"])] }]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({})).await;
    resolve(&agent, &path).await.expect(200);
    desk.move_clock("2000-01-03T09:10:00Z").await;
    let worse = json!({ "severity": "critical", "impact": "organization" });
    let graded = agent.post(&format!("{path}/triage"), &worse).await.expect(200);
    assert_eq!((graded.at("/priority"), taken(&agent, &path).await.len()), (json!("P1"), 0));
    desk.move_clock("2000-01-03T09:20:00Z").await;
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Not yet." })).await.expect(200);
    let steps = taken(&agent, &path).await;
    assert_eq!(steps.iter().map(|step| step.0.as_str()).collect::<Vec<_>>(), ["2000-01-03T09:20:00Z"]);
}

#[tokio::test]
async fn what_was_missed_fires_once_with_its_stamp_and_only_the_last_reminder_tells() {
    let reminding =
        json!([{ "repeat": 3, "every_seconds": 600, "actions": ["notify"], "to": [{ "kind": "queue" }] }]);
    let (mut desk, agent) = desk_with(&json!([
        used("first_response", 50, &reminding),
        used("first_response", 100, &json!([level(0, &["page"])])),
    ]))
    .await;
    let path = opened(&agent, &json!({})).await;
    drop(agent);
    sleeps(&mut desk, "2000-01-03T09:36:00Z").await;
    desk.move_clock("2000-01-03T09:36:00Z").await;
    desk.move_clock("2000-01-03T09:36:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let steps = facts(&agent, &path, "ladder_step").await;
    let told: Vec<_> = steps
        .iter()
        .map(|fact| (fact["data"]["due"].clone(), fact["data"]["state"].clone(), fact["data"]["why"].clone()))
        .collect();
    let at = |minute: u32| json!(format!("2000-01-03T09:{minute:02}:00Z"));
    let expected = [(at(30), json!("fired"), json!(null)), (at(35), json!("fired"), json!(null))];
    assert_eq!(told, expected);
    let overtaken = json!([{ "repeat": 0, "due": at(15) }, { "repeat": 1, "due": at(25) }]);
    assert_eq!(steps[1]["data"]["overtaken"], overtaken, "one fact for all that were due together");
    let shown = plan(&agent, &path).await;
    let lines: Vec<_> = shown.iter().map(|step| (&step["at"], &step["state"], &step["reason"])).collect();
    let skipped = (json!("skipped"), json!("overtaken"));
    assert_eq!(lines[0], (&at(15), &skipped.0, &skipped.1));
    assert_eq!(lines[1], (&at(25), &skipped.0, &skipped.1));
    let page = shown.iter().find(|step| step["action"] == "page").expect("the page");
    assert_eq!((&page["at"], &page["fired_at"]), (&at(30), &at(36)), "shown where it stood before");
    let planned: Vec<_> = shown.into_iter().filter(|step| step["state"] == "planned").collect();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["at"], at(45));
}

#[tokio::test]
async fn the_second_breach_is_that_of_the_second_promise() {
    let ladders = json!([{ "trigger": { "on": "breach", "nth": 2 }, "levels": [level(0, &["page"])] }]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({})).await;
    let due = agent.get(&path).await.expect(200).text("/sla/resolution/due_at");
    assert_eq!(plan(&agent, &path).await[0]["at"], json!(due));
    desk.move_clock("2000-02-03T09:00:00Z").await;
    let [step] = &facts(&agent, &path, "ladder_step").await[..] else { panic!("one step") };
    assert_eq!((&step["data"]["due"], &step["data"]["trigger"]), (&json!(due), &json!("breach:2")));
}

#[tokio::test]
async fn a_step_and_an_acknowledgement_at_one_time_leave_one_story() {
    let ladders = json!([{ "trigger": { "on": "unacknowledged" }, "levels": [level(0, &["notify"])] }]);
    let (desk, agent) = desk_with(&ladders).await;
    let replica = desk.replica().await;
    for round in 0..4 {
        let path = opened(&agent, &json!({})).await;
        let ask = json!({ "persona": "human_support", "reason": "Beyond us." });
        agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
        let due = plan(&agent, &path).await[0]["at"].as_str().expect("an instant").to_owned();
        let (clock, none) = (json!({ "now": due }), json!({}));
        let (moving, button) = (replica.anonymous(), format!("{path}/acknowledge"));
        let (_, taken) = tokio::join!(moving.put("/test/clock", &clock), agent.post(&button, &none));
        taken.expect(200);
        let steps = facts(&agent, &path, "ladder_step").await;
        let seen = &facts(&agent, &path, "escalation_advanced").await[0];
        assert!(steps.len() <= 1, "round {round}");
        let before = |step: &serde_json::Value| step["seq"].as_i64() < seen["seq"].as_i64();
        assert!(steps.iter().all(before), "round {round}: {steps:#?}");
        desk.move_clock(&due).await;
        assert_eq!(facts(&agent, &path, "ladder_step").await, steps, "nothing more comes");
    }
}

/// Time goes on while nobody works.
async fn sleeps(desk: &mut Desk, until: &str) {
    desk.stop().await;
    sqlx::query("update test_clock set now = $1::text::timestamptz")
        .bind(until)
        .execute(&mut desk.superuser().await)
        .await
        .expect("the clock moves while nobody works");
    desk.restart().await;
}

#[tokio::test]
async fn however_much_was_missed_the_ticket_can_be_worked_and_all_of_it_comes() {
    let levels: Vec<_> = (0..20).map(|minutes| level(minutes, &["notify", "page"])).collect();
    let ladders: Vec<_> = (1..7).map(|share| used("first_response", share, &json!(levels))).collect();
    let (mut desk, agent) = desk_with(&json!(ladders)).await;
    let path = opened(&agent, &json!({})).await;
    drop(agent);
    sleeps(&mut desk, "2000-01-03T11:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let note = json!({ "kind": "other", "text": "A note." });
    agent.post(&format!("{path}/evidence"), &note).await.expect(201);
    desk.move_clock("2000-01-03T11:00:00Z").await;
    let steps = plan(&agent, &path).await;
    assert_eq!(steps.iter().filter(|step| step["state"] == "fired").count(), 240);
    assert_eq!(steps.len(), 240);
}

#[tokio::test]
async fn what_is_late_reaches_whoever_is_on_call_by_then() {
    let to = json!([{ "actions": ["page"], "to": [{ "kind": "on_call", "team": "first_level" }, { "kind": "queue" }] }]);
    let (mut desk, agent) = desk_with(&json!([used("first_response", 50, &to)])).await;
    let admin = desk.as_role(Role::Admin);
    let agents = admin.get("/v1/agents").await.expect(200).at("/items");
    let ids: Vec<_> =
        agents.as_array().expect("a list").iter().map(|agent| agent["id"].clone()).take(2).collect();
    let schedule = json!({ "layers": [{ "name": "primary", "time_zone": "UTC", "rotation": "daily",
        "starts_on": "2000-01-03", "hand_over": "00:00", "participants": ids }] });
    admin.put("/v1/teams/first_level/on-call", &schedule).await.expect(200);
    let path = opened(&agent, &json!({})).await;
    assert_eq!(plan(&agent, &path).await[0]["to"]["agent"], ids[0]);
    drop((agent, admin));
    sleeps(&mut desk, "2000-01-04T09:00:00Z").await;
    desk.move_clock("2000-01-04T09:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let step = &facts(&agent, &path, "ladder_step").await[0]["data"];
    assert_eq!(step["due"], json!("2000-01-03T09:15:00Z"));
    assert_eq!(step["to"]["agent"], ids[1], "who was on call then sleeps now");
}

#[tokio::test]
async fn a_level_whose_queue_is_gone_is_skipped_and_the_next_one_comes_at_once() {
    let (desk, agent) = desk_with(&json!([used("resolution", 50, &json!([level(0, &["notify"])]))])).await;
    let home = desk.home().id.uuid();
    sqlx::query(
        "insert into teams (tenant_id, slug, name, created_at) values ($1, 'pilots', 'Pilots', now())",
    )
    .bind(home)
    .execute(&mut desk.superuser().await)
    .await
    .expect("a team");
    let levels = json!([
        { "actions": ["page"], "to": [{ "kind": "queue", "team": "pilots" }] },
        level(60, &["notify"]),
    ]);
    super::put(&desk, &json!([used("first_response", 50, &levels)])).await;
    let path = opened(&agent, &json!({})).await;
    let before: Vec<_> = plan(&agent, &path).await.iter().map(|step| step["at"].clone()).collect();
    assert_eq!(before, ["2000-01-03T09:15:00Z", "2000-01-03T10:15:00Z"]);
    sqlx::query("delete from teams where tenant_id = $1 and slug = 'pilots'")
        .bind(home)
        .execute(&mut desk.superuser().await)
        .await
        .expect("the team goes");
    let shown = agent.get(&format!("{path}/escalation-plan")).await.expect(200).at("/items");
    assert_eq!((&shown[0]["to"], &shown[1]["at"]), (&json!(null), &json!("2000-01-03T09:15:00Z")));
    desk.move_clock("2000-01-03T09:15:00Z").await;
    let steps = plan(&agent, &path).await;
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step["level"].clone(), step["state"].clone(), step["reason"].clone()))
        .collect();
    assert_eq!(
        told,
        [(json!(1), json!("skipped"), json!("nobody")), (json!(2), json!("fired"), json!(null))]
    );
    assert_eq!(taken(&agent, &path).await.len(), 2);
}

#[tokio::test]
async fn a_step_and_the_end_at_one_time_leave_one_story() {
    let (desk, agent) =
        desk_with(&json!([used("first_response", 50, &json!([level(0, &["notify"])]))])).await;
    let replica = desk.replica().await;
    for round in 0..6 {
        let path = opened(&agent, &json!({})).await;
        let due = plan(&agent, &path).await[0]["at"].as_str().expect("an instant").to_owned();
        let clock = json!({ "now": due });
        let moving = replica.anonymous();
        let (_, ended) = tokio::join!(moving.put("/test/clock", &clock), resolve(&agent, &path));
        ended.expect(200);
        let steps = facts(&agent, &path, "ladder_step").await;
        let resolved = &facts(&agent, &path, "resolved").await[0];
        assert!(steps.len() <= 1, "round {round}");
        assert!(
            steps.iter().all(|step| step["seq"].as_i64() < resolved["seq"].as_i64()),
            "round {round}: {steps:#?}"
        );
        desk.move_clock(&due).await;
        assert_eq!(facts(&agent, &path, "ladder_step").await, steps, "nothing more comes");
    }
}
