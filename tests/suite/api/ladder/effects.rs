//! What steps do to their tickets besides telling people.

use serde_json::{Value, json};

use super::{desk_with, facts, level, opened, plan, taken, used};

#[tokio::test]
async fn a_raised_priority_stands_apart_and_moves_the_deadlines() {
    let ladders = json!([
        used("first_response", 50, &json!([level(0, &["raise_priority"])])),
        used("resolution", 50, &json!([level(0, &["notify"])])),
    ]);
    let (desk, agent) = desk_with(&ladders).await;
    let path = opened(&agent, &json!({ "severity": "medium", "impact": "team" })).await;
    let before = agent.get(&path).await.expect(200);
    assert_eq!((before.at("/priority"), before.at("/priority_override")), (json!("P3"), Value::Null));
    desk.move_clock("2000-01-03T09:15:00Z").await;
    let after = agent.get(&path).await.expect(200);
    assert_eq!(after.at("/priority"), json!("P2"));
    assert_eq!(after.at("/priority_override/derived"), json!("P3"));
    assert_eq!(after.at("/priority_override/by"), json!("ladder"));
    assert_eq!(after.at("/priority_override/at"), json!("2000-01-03T09:15:00Z"));
    let step = after.text("/priority_override/step");
    assert_eq!(step, "law@1/target_used:first_response:50/1/1.0/raise_priority");
    assert_eq!(after.at("/sla/resolution/target_seconds"), json!(8 * 3_600), "the promise of a P2");
    assert_eq!(before.at("/sla/resolution/target_seconds"), json!(24 * 3_600));
    // A step of a ladder makes no new plan: the other ladder goes on, sooner.
    assert_eq!(facts(&agent, &path, "ladder_started").await.len(), 1);
    let other =
        plan(&agent, &path).await.into_iter().find(|step| step["state"] == "planned").expect("one step");
    assert_eq!(other["at"], "2000-01-03T13:00:00Z");
    let listed = agent.get("/v1/tickets?priority=P2").await.expect(200);
    assert_eq!(listed.at("/items/0"), after.json());
    let waits = format!("/v1/tickets?status={},pending&priority=P1,P2", after.text("/status"));
    assert_eq!(agent.get(&waits).await.expect(200).at("/items/0"), after.json());
    assert_eq!(agent.get("/v1/tickets?priority=P3").await.expect(200).at("/items"), json!([]));
    // Another category says nothing about the weight.
    let kind = json!({ "category": "performance" });
    let kind = agent.post(&format!("{path}/triage"), &kind).await.expect(200);
    assert_eq!((kind.at("/priority"), kind.at("/priority_override/derived")), (json!("P2"), json!("P3")));
    // A person who weighs it anew has the last word.
    let milder = json!({ "impact": "individual" });
    let refused = agent.post(&format!("{path}/triage"), &milder).await.expect_problem(422, "validation");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    let milder = json!({ "impact": "individual", "reason": "Just one." });
    let milder = agent.post(&format!("{path}/triage"), &milder).await.expect(200);
    assert_eq!((milder.at("/priority"), milder.at("/priority_override")), (json!("P4"), Value::Null));
    assert_eq!(agent.get("/v1/tickets?priority=P4").await.expect(200).at("/items/0"), milder.json());
    let promised = milder.at("/sla/resolution/target_seconds").as_i64().expect("seconds");
    assert!(promised > 8 * 3_600, "the promise of a P4");
}

#[tokio::test]
async fn what_a_ladder_raises_to_p1_at_once_is_handed_off_at_once() {
    let raise =
        json!({ "trigger": { "on": "vip", "tags": ["vip"] }, "levels": [level(0, &["raise_priority"])] });
    let (_desk, agent) = desk_with(&json!([raise])).await;
    let urgent = json!({ "tags": ["vip"], "severity": "high", "impact": "department" });
    let path = opened(&agent, &urgent).await;
    let ticket = agent.get(&path).await.expect(200);
    assert_eq!(ticket.at("/priority"), "P1");
    assert_eq!(ticket.at("/priority_override/derived"), "P2");
    let handoffs = agent.get(&ticket.text("/links/handoffs")).await.expect(200);
    assert_eq!(handoffs.at("/items/0/cause"), "priority");
    assert_eq!(handoffs.at("/items").as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_ticket_is_given_to_a_queue_a_lead_and_a_persona() {
    let to = |target: Value| json!({ "actions": ["reassign"], "to": [target, { "kind": "queue" }] });
    let mut levels = vec![
        to(json!({ "kind": "queue", "team": "devops" })),
        to(json!({ "kind": "lead" })),
        to(json!({ "kind": "persona", "persona": "human_support" })),
    ];
    for (place, level) in levels.iter_mut().enumerate() {
        level["delay_seconds"] = json!(place * 60);
    }
    let (desk, agent) = desk_with(&json!([used("first_response", 50, &json!(levels))])).await;
    let path = opened(&agent, &json!({})).await;
    desk.move_clock("2000-01-03T09:15:00Z").await;
    assert_eq!(agent.get(&path).await.expect(200).at("/assigned/team"), json!("devops"));
    desk.move_clock("2000-01-03T09:16:00Z").await;
    let lead = agent.get(&path).await.expect(200);
    assert_eq!((lead.at("/assigned/team"), lead.text("/status")), (json!("devops"), "open".to_owned()));
    let to = plan(&agent, &path).await[1]["to"].clone();
    assert_eq!((&to["kind"], &to["agent"]), (&json!("agent"), &lead.at("/assigned/agent")));
    desk.move_clock("2000-01-03T09:17:00Z").await;
    let up = agent.get(&path).await.expect(200);
    assert_eq!(up.at("/assigned/persona"), json!("human_support"));
    assert_eq!(up.at("/escalations/0/kind"), json!("hierarchical"));
    assert_eq!(up.at("/escalations/0/automatic"), json!(true));
    assert_eq!(taken(&agent, &path).await.len(), 3);
    assert_eq!(facts(&agent, &path, "ladder_started").await.len(), 1, "what a ladder does makes no new plan");
}

#[tokio::test]
async fn what_nobody_acknowledges_is_reminded_of_and_goes_to_the_fallback_and_to_human_support() {
    let levels = json!([
        { "repeat": 1, "every_seconds": 600, "actions": ["notify"], "to": [{ "kind": "queue" }] },
        { "delay_seconds": 1_200, "actions": ["reassign"], "to": [
            { "kind": "fallback" }, { "kind": "persona", "persona": "human_support" }, { "kind": "queue" }] },
    ]);
    let (desk, agent) =
        desk_with(&json!([{ "trigger": { "on": "unacknowledged" }, "levels": levels }])).await;
    let path = opened(&agent, &json!({})).await;
    let ask = json!({ "persona": "devops", "reason": "Beyond us.",
        "context": { "system_metrics": "cpu 99 %", "error_log": "500" } });
    let made = agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
    let shown = plan(&agent, &path).await;
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[0]["at"], made.at("/acknowledge_by"));
    assert_eq!(shown[0]["to"], json!({ "kind": "team", "team": "devops", "agent": null, "persona": null }));
    assert_eq!(shown[2]["to"]["persona"], made.at("/fallback"));
    desk.move_clock("2000-01-10T09:00:00Z").await;
    let escalations = agent.get(&path).await.expect(200).at("/escalations");
    let path_taken: Vec<_> = escalations
        .as_array()
        .expect("a list")
        .iter()
        .map(|made| (made["persona"].clone(), made["state"] == "requested"))
        .collect();
    assert_eq!(path_taken.first(), Some(&(json!("devops"), false)));
    assert_eq!(path_taken.last(), Some(&(json!("human_support"), true)), "{escalations:#}");
    assert!(path_taken.iter().filter(|(_, waits)| *waits).count() == 1, "{escalations:#}");
    let steps = taken(&agent, &path).await;
    assert_eq!((steps[0].0.clone(), steps[0].3.as_str()), (made.text("/acknowledge_by"), "notify"));
    assert_eq!(steps[2].3, "reassign");
}

#[tokio::test]
async fn an_acknowledgement_ends_the_ladder_until_it_runs_out() {
    let levels = json!([{ "actions": ["notify"], "to": [{ "kind": "queue" }] }]);
    let (desk, agent) =
        desk_with(&json!([{ "trigger": { "on": "unacknowledged" }, "levels": levels }])).await;
    let path = opened(&agent, &json!({})).await;
    let ask = json!({ "persona": "human_support", "reason": "Beyond us." });
    agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
    assert_eq!(plan(&agent, &path).await[0]["state"], "planned");
    let until = json!({ "until": "2000-01-04T12:00:00Z" });
    agent.post(&format!("{path}/acknowledge"), &until).await.expect(200);
    let shown = plan(&agent, &path).await;
    let lines: Vec<_> = shown.iter().map(|step| (step["at"].as_str(), step["state"].as_str())).collect();
    assert_eq!(lines.last(), Some(&(Some("2000-01-04T12:00:00Z"), Some("planned"))), "{shown:#?}");
    assert!(lines[..lines.len() - 1].iter().all(|(_, state)| *state == Some("cancelled")), "{shown:#?}");
    desk.move_clock("2000-01-04T11:59:59Z").await;
    assert_eq!(taken(&agent, &path).await, []);
    desk.move_clock("2000-01-04T12:00:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1);
    agent.post(&format!("{path}/acknowledge"), &json!({})).await.expect(200);
    desk.move_clock("2000-02-04T12:00:00Z").await;
    assert_eq!(taken(&agent, &path).await.len(), 1, "nobody is told after it was taken for good");
}

#[tokio::test]
async fn whoever_is_on_call_at_the_instant_is_told_also_on_days_of_23_and_25_hours() {
    let to = json!([{ "actions": ["page"], "to": [{ "kind": "on_call", "team": "first_level" }, { "kind": "queue" }] }]);
    let (desk, agent) = desk_with(&json!([used("resolution", 50, &to)])).await;
    let admin = desk.as_role(support_engineer::domain::vocabulary::Role::Admin);
    let agents = admin.get("/v1/agents").await.expect(200).at("/items");
    let ids: Vec<_> =
        agents.as_array().expect("a list").iter().map(|agent| agent["id"].clone()).take(2).collect();
    let schedule = json!({ "layers": [{ "name": "primary", "time_zone": "Europe/Berlin", "rotation": "daily",
        "starts_on": "2000-03-20", "hand_over": "09:00", "participants": ids }] });
    admin.put("/v1/teams/first_level/on-call", &schedule).await.expect(200);
    for friday in ["2000-03-24T09:00:00Z", "2000-10-27T09:00:00Z"] {
        desk.move_clock(friday).await;
        let path = opened(&agent, &json!({})).await;
        let step = plan(&agent, &path).await[0].clone();
        let at = step["at"].as_str().expect("an instant").to_owned();
        let watch = agent.get(&format!("/v1/teams/first_level/on-call/now?at={at}")).await.expect(200);
        assert_eq!(step["to"]["kind"], "agent", "{step:#}");
        let told = step["to"]["agent"].as_str().expect("an id");
        assert!(watch.json().to_string().contains(told), "{} {step:#}", watch.shown());
        desk.move_clock(&at).await;
        let fired = &facts(&agent, &path, "ladder_step").await[0];
        assert_eq!(fired["data"]["to"]["agent"], step["to"]["agent"], "told as it was shown");
    }
}
