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
    desk.stop().await;
    sqlx::query("update test_clock set now = '2000-01-03T09:36:00Z'")
        .execute(&mut desk.superuser().await)
        .await
        .expect("the clock moves while nobody works");
    desk.restart().await;
    desk.move_clock("2000-01-03T09:36:00Z").await;
    desk.move_clock("2000-01-03T09:36:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let steps = facts(&agent, &path, "ladder_step").await;
    let told: Vec<_> = steps
        .iter()
        .map(|fact| (fact["data"]["due"].clone(), fact["data"]["state"].clone(), fact["data"]["why"].clone()))
        .collect();
    let at = |minute: u32| json!(format!("2000-01-03T09:{minute:02}:00Z"));
    let expected = [
        (at(15), json!("skipped"), json!("overtaken")),
        (at(25), json!("skipped"), json!("overtaken")),
        (at(30), json!("fired"), json!(null)),
        (at(35), json!("fired"), json!(null)),
    ];
    assert_eq!(told, expected);
    let shown = plan(&agent, &path).await;
    let page = shown.iter().find(|step| step["action"] == "page").expect("the page");
    assert_eq!((&page["at"], &page["fired_at"]), (&at(30), &at(36)), "shown where it stood before");
    let planned: Vec<_> = shown.into_iter().filter(|step| step["state"] == "planned").collect();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["at"], at(45));
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
