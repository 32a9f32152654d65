//! What the steps of ladders tell people.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, address, bug, log, mailing, reply, resolve};
use crate::harness::{Desk, Mood};

/// Half of the time for the first answer to a P3 that is opened on the Monday.
const HALF: &str = "2000-01-03T09:15:00Z";

/// Has each ticket climb by one step, at half of the time for its first answer.
async fn climb(desk: &Desk, action: &str, to: Value) {
    let levels = json!([{ "actions": [action], "to": to }]);
    let on = json!({ "on": "target_used", "metric": "first_response", "percent": 50 });
    let ladders = json!([{ "trigger": on, "levels": levels }]);
    let body = json!({ "policies": [{ "key": "law", "name": "Law", "ladders": ladders }] });
    desk.as_role(Role::Admin).put("/v1/escalation-policies", &body).await.expect(200);
}

/// The mails to the desk in a log: kind, recipient, state and reason of each.
fn told(log: &[Value]) -> Vec<(Value, Value, Value, Value)> {
    let to_desk = |mail: &&Value| mail["recipient"]["kind"] != "requester";
    let fate = |mail: &Value| {
        let (kind, state, reason) = (&mail["kind"], &mail["state"], &mail["reason"]);
        (kind.clone(), mail["recipient"]["kind"].clone(), state.clone(), reason.clone())
    };
    log.iter().filter(to_desk).map(fate).collect()
}

#[tokio::test]
async fn a_page_for_somebody_without_an_address_goes_to_a_queue_that_has_one() {
    let (desk, smtp) = mailing().await;
    address(&desk, "first_level", "queue@desk.example").await;
    let admin = desk.as_role(Role::Admin);
    let grace = json!({ "name": "Grace", "team": "devops", "active": true });
    let grace = admin.post("/v1/agents", &grace).await.expect(201);
    climb(&desk, "page", json!([{ "kind": "agent", "agent": grace.id() }, { "kind": "queue" }])).await;
    let (agent, made) = bug(&desk).await;
    desk.move_clock(HALF).await;
    let mails = smtp.for_address("queue@desk.example");
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert!(mail.subject().contains("needs you now"), "{}", mail.subject());
    let log = log(&agent, &made).await;
    let expected = [
        (json!("page"), json!("agent"), json!("skipped"), json!("no_address")),
        (json!("page"), json!("team"), json!("sent"), Value::Null),
    ];
    assert_eq!(told(&log), expected);
}

#[tokio::test]
async fn nobody_is_told_of_a_promise_that_was_kept_before_the_notice_went_out() {
    let (desk, smtp) = mailing().await;
    address(&desk, "first_level", "queue@desk.example").await;
    climb(&desk, "notify", json!([{ "kind": "queue" }])).await;
    let (agent, made) = bug(&desk).await;
    let (_, other) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    smtp.will(&[Mood::Refuses("451 later"), Mood::Refuses("451 later")]);
    desk.move_clock(HALF).await;
    reply(&agent, &made, "Which export?").await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let fate = |state: &str, reason| (json!("notice"), json!("team"), json!(state), reason);
    assert_eq!(told(&log(&agent, &made).await), [fate("moot", json!("over"))]);
    assert_eq!(told(&log(&agent, &other).await), [fate("sent", Value::Null)], "this one still waits");
    assert_eq!(smtp.for_address("queue@desk.example").len(), 1);
}

#[tokio::test]
async fn nobody_is_told_of_a_step_of_a_ticket_that_is_over() {
    let (desk, smtp) = mailing().await;
    address(&desk, "first_level", "queue@desk.example").await;
    climb(&desk, "notify", json!([{ "kind": "queue" }])).await;
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    smtp.will(&[Mood::Refuses("451 later")]);
    desk.move_clock(HALF).await;
    resolve(&agent, &made).await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    assert!(smtp.for_address("queue@desk.example").is_empty());
    let moot = (json!("notice"), json!("team"), json!("moot"), json!("resolved"));
    assert_eq!(told(&log(&agent, &made).await), [moot]);
}

#[tokio::test]
async fn a_notice_that_stands_for_two_ladders_goes_out_while_one_of_them_has_a_cause() {
    let (desk, smtp) = mailing().await;
    address(&desk, "first_level", "queue@desk.example").await;
    let levels = json!([{ "actions": ["notify"], "to": [{ "kind": "queue", "team": "first_level" }] }]);
    let ladders = json!([
        { "trigger": { "on": "priority_one" }, "levels": levels },
        { "trigger": { "on": "vip", "tags": ["vip"] }, "levels": levels },
    ]);
    let body = json!({ "policies": [{ "key": "law", "name": "Law", "ladders": ladders }] });
    desk.as_role(Role::Admin).put("/v1/escalation-policies", &body).await.expect(200);
    smtp.will(&[Mood::Refuses("451 later"); 6]);
    let urgent = json!({ "severity": "critical", "impact": "organization", "tags": ["vip"] });
    let (agent, made) = super::bug_with(&desk, urgent).await;
    desk.move_clock(MONDAY).await;
    assert!(smtp.for_address("queue@desk.example").is_empty(), "the server says later");
    let plan = agent.get(&format!("{}/escalation-plan", super::path(&made))).await.expect(200).at("/items");
    let fate = |trigger: &str| {
        let mut steps = plan.as_array().expect("steps").iter();
        steps.find(|step| step["trigger"] == trigger).map(|step| step["state"].clone())
    };
    assert_eq!(
        (fate("priority_one"), fate("vip")),
        (Some(json!("fired")), Some(json!("skipped"))),
        "{plan:#}"
    );
    let less = json!({ "severity": "low", "impact": "individual", "reason": "One person only." });
    agent.post(&format!("{}/triage", super::path(&made)), &less).await.expect(200);
    desk.move_clock("2000-01-03T12:00:00Z").await;
    let heard = smtp.for_address("queue@desk.example");
    let notices: Vec<_> =
        told(&log(&agent, &made).await).into_iter().filter(|mail| mail.0 == "notice").collect();
    assert_eq!(notices, [(json!("notice"), json!("team"), json!("sent"), Value::Null)]);
    assert!(!heard.is_empty(), "the ticket is still somebody important's");
}
