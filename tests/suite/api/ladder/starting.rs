//! Which policy a ticket climbs by, and what begins a ladder.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{desk_with, facts, level, opened, plan, put, resolve, taken, used};
use crate::harness::Desk;

#[tokio::test]
async fn an_edit_leaves_the_plans_that_were_made_before() {
    let (desk, agent) = desk_with(&json!([used("resolution", 50, &json!([level(0, &["notify"])]))])).await;
    let path = opened(&agent, &json!({})).await;
    let before = plan(&agent, &path).await;
    assert_eq!(before.len(), 1);
    put(&desk, &json!([used("resolution", 25, &json!([level(0, &["page"])]))])).await;
    let note = json!({ "kind": "other", "text": "A note." });
    agent.post(&format!("{path}/evidence"), &note).await.expect(201);
    assert_eq!(plan(&agent, &path).await, before);
    let [started] = &facts(&agent, &path, "ladder_started").await[..] else { panic!("one start") };
    assert_eq!(started["data"]["ladder"], json!({ "policy": "law", "version": 1, "source": "own:1" }));
    // A person's change of priority makes the plan anew, from what is in force now.
    let worse = json!({ "severity": "critical", "reason": "It stops everybody." });
    agent.post(&format!("{path}/triage"), &worse).await.expect(200);
    let anew = plan(&agent, &path).await;
    let states: Vec<_> =
        anew.iter().map(|step| (&step["trigger"], &step["state"], &step["reason"])).collect();
    assert!(
        states.contains(&(&json!("target_used:resolution:25"), &json!("planned"), &json!(null))),
        "{anew:#?}"
    );
    let old = (&json!("target_used:resolution:50"), &json!("cancelled"), &json!("replanned"));
    assert!(states.contains(&old), "{anew:#?}");
    let started = facts(&agent, &path, "ladder_started").await;
    assert_eq!(started.last().expect("two starts")["data"]["ladder"]["source"], json!("own:2"));
    desk.move_clock("2000-01-20T09:00:00Z").await;
    assert!(taken(&agent, &path).await.iter().all(|(_, trigger, ..)| trigger == "target_used:resolution:25"));
}

#[tokio::test]
async fn p1_vip_and_coming_back_climb_at_once() {
    let ladders = json!([
        { "trigger": { "on": "priority_one" }, "levels": [level(0, &["page"]), level(10, &["notify"])] },
        { "trigger": { "on": "vip", "tags": ["gold"] }, "levels": [level(0, &["notify"])] },
        { "trigger": { "on": "reopened", "times": 2 }, "levels": [level(0, &["notify"])] },
    ]);
    let (desk, agent) = desk_with(&ladders).await;
    let first = opened(&agent, &json!({ "severity": "critical", "impact": "organization" })).await;
    let at = |minute: u32| format!("2000-01-03T09:{minute:02}:00Z");
    let step = |at: String, trigger: &str, level: i64, action: &str| {
        (at, trigger.to_owned(), level, action.to_owned())
    };
    assert_eq!(
        taken(&agent, &first).await,
        [step(at(0), "priority_one", 1, "page")],
        "with the ticket itself"
    );
    let states: Vec<_> = plan(&agent, &first).await.iter().map(|step| step["state"].clone()).collect();
    assert_eq!(states, ["fired", "planned"]);
    desk.move_clock(&at(10)).await;
    assert_eq!(taken(&agent, &first).await.len(), 2);

    let second = opened(&agent, &json!({ "severity": "low", "impact": "individual" })).await;
    assert_eq!(plan(&agent, &second).await, Vec::<serde_json::Value>::new());
    desk.move_clock(&at(20)).await;
    agent.patch(&second, &json!({ "tags": ["gold", "big"] })).await.expect(200);
    assert_eq!(taken(&agent, &second).await, [step(at(20), "vip", 1, "notify")]);
    let vip = facts(&agent, &second, "vip_changed").await;
    assert_eq!(vip.iter().map(|fact| fact["data"]["vip"].clone()).collect::<Vec<_>>(), [true]);
    agent.patch(&second, &json!({ "tags": ["big"] })).await.expect(200);
    agent.patch(&second, &json!({ "tags": ["gold"] })).await.expect(200);
    assert_eq!(taken(&agent, &second).await.len(), 1, "once told is enough");
    for (minute, count) in [(30, 1), (40, 2)] {
        desk.move_clock(&at(minute)).await;
        resolve(&agent, &second).await.expect(200);
        agent.post(&format!("{second}/reopen"), &json!({ "reason": "Again." })).await.expect(200);
        assert_eq!(taken(&agent, &second).await.len(), count);
    }
    assert_eq!(taken(&agent, &second).await[1], step(at(40), "reopened:2", 1, "notify"));
}

#[tokio::test]
async fn two_steps_of_one_instant_tell_the_same_people_once() {
    let ladders = json!([
        { "trigger": { "on": "priority_one" }, "levels": [level(0, &["page"])] },
        { "trigger": { "on": "vip", "tags": ["gold"] }, "levels": [level(0, &["page", "notify"])] },
    ]);
    let (_desk, agent) = desk_with(&ladders).await;
    let more = json!({ "severity": "critical", "impact": "organization", "tags": ["gold"] });
    let path = opened(&agent, &more).await;
    let steps = plan(&agent, &path).await;
    let states: Vec<_> =
        steps.iter().map(|step| (&step["action"], &step["state"], &step["reason"])).collect();
    let (page, fired, none) = (json!("page"), json!("fired"), json!(null));
    let (notify, skipped, told) = (json!("notify"), json!("skipped"), json!("told"));
    let mut expected = vec![(&page, &fired, &none), (&page, &skipped, &told), (&notify, &fired, &none)];
    let mut states = states;
    expected.sort_by_key(|line| format!("{line:?}"));
    states.sort_by_key(|line| format!("{line:?}"));
    assert_eq!(states, expected);
}

#[tokio::test]
async fn two_who_saw_the_same_escalate_once() {
    let ladders = json!([
        { "trigger": { "on": "manual" }, "levels": [level(0, &["page"]), level(15, &["notify"])] },
    ]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({})).await;
    let seen = agent.get(&path).await.expect(200).at("/version");
    let button = format!("{path}/escalate-up");
    let press = json!({ "reason": "I am lost.", "as_of": seen });
    let (one, other) = tokio::join!(agent.post(&button, &press), agent.post(&button, &press));
    let (one, other) = (one.expect(200), other.expect(200));
    assert_eq!(one.json(), other.json(), "the second gets what came of the first");
    assert_eq!(facts(&agent, &path, "ladder_pressed").await.len(), 1);
    assert_eq!(taken(&agent, &path).await.len(), 1);
    // Who has seen the first and asks again, asks again.
    let again = json!({ "reason": "Still lost.", "as_of": one.at("/version") });
    agent.post(&button, &again).await.expect(200);
    assert_eq!(facts(&agent, &path, "ladder_pressed").await.len(), 2);
    assert_eq!(taken(&agent, &path).await.len(), 2);
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let late = json!({ "reason": "I saw it before.", "as_of": "2000-01-03T08:59:00Z" });
    agent.post(&button, &late).await.expect(200);
    assert_eq!(facts(&agent, &path, "ladder_pressed").await.len(), 2);
    let future = json!({ "reason": "I see the future.", "as_of": 10_000 });
    agent.post(&button, &future).await.expect_problem(422, "validation");
    resolve(&agent, &path).await.expect(200);
    agent.post(&button, &json!({ "reason": "More." })).await.expect_problem(409, "conflict");
    put(&desk, &json!([used("resolution", 50, &json!([level(0, &["notify"])]))])).await;
    let path = opened(&agent, &json!({})).await;
    let none = agent.post(&format!("{path}/escalate-up"), &json!({ "reason": "More." })).await;
    none.expect_problem(409, "conflict");
}

#[tokio::test]
async fn who_asks_at_the_same_instant_or_does_not_say_what_they_saw_starts_nothing_twice() {
    let ladders = json!([
        { "trigger": { "on": "manual" }, "levels": [level(0, &["page"]), level(30, &["handoff"])] },
    ]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({})).await;
    let button = format!("{path}/escalate-up");
    let presses = async |path: &str| facts(&agent, path, "ladder_pressed").await.len();
    desk.move_clock("2000-01-03T09:01:00Z").await;
    let now = json!({ "reason": "I am lost.", "as_of": "2000-01-03T09:01:00Z" });
    let one = agent.post(&button, &now).await.expect(200);
    assert_eq!(agent.post(&button, &now).await.expect(200).json(), one.json());
    assert_eq!(presses(&path).await, 1);
    desk.move_clock("2000-01-03T09:21:00Z").await;
    agent.post(&button, &json!({ "reason": "Nobody comes." })).await.expect(200);
    assert_eq!(presses(&path).await, 1, "the handoff of the first is still to come");
    // Who has seen that and asks again puts nothing off.
    let seen = json!({ "reason": "Nobody comes.", "as_of": one.at("/version") });
    agent.post(&button, &seen).await.expect(200);
    assert_eq!(presses(&path).await, 2);
    let still = json!("planned");
    let steps = plan(&agent, &path).await;
    let coming: Vec<_> = steps.iter().filter(|step| step["state"] == still).map(|step| &step["at"]).collect();
    assert_eq!(coming, ["2000-01-03T09:31:00Z", "2000-01-03T09:51:00Z"]);
    desk.move_clock("2000-01-03T09:51:00Z").await;
    let instants: Vec<_> = taken(&agent, &path).await.into_iter().map(|step| step.0).collect();
    assert_eq!(instants, [1, 21, 31, 51].map(|minute| format!("2000-01-03T09:{minute:02}:00Z")));
    agent.post(&button, &json!({ "reason": "Still nobody." })).await.expect(200);
    assert_eq!(presses(&path).await, 3);
}

#[tokio::test]
async fn the_shipped_policy_has_a_plan_for_every_ticket() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let path = opened(&agent, &json!({})).await;
    let plan = plan(&agent, &path).await;
    let half = plan.iter().find(|step| step["trigger"] == "target_used:first_response:50").expect("a step");
    assert_eq!(half["at"], "2000-01-03T09:15:00Z");
    assert_eq!(
        (&half["state"], &half["action"], &half["level"]),
        (&json!("planned"), &json!("notify"), &json!(1))
    );
    assert_eq!(half["to"]["team"], "first_level");
    let at =
        |trigger: &str| plan.iter().find(|step| step["trigger"] == trigger).expect("a step")["at"].clone();
    assert_eq!(at("target_used:first_response:100"), "2000-01-03T09:30:00Z");
    assert_eq!(at("breach:1"), "2000-01-03T09:45:00Z", "not a second page at the deadline");
    let lead = plan.iter().find(|step| step["trigger"] == "target_used:first_response:75").expect("a step");
    assert_eq!(lead["to"]["kind"], "agent", "whoever holds a lead key leads");
}
