//! What teams and agents are told.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{ADA, MONDAY, address, bug, bug_with, log, mailing, path};
use crate::harness::{Answer, Client, Desk};

const LATER: &str = "2000-01-03T09:10:00Z";

async fn escalate(agent: &Client, made: &Answer, persona: &str) -> Answer {
    let body = json!({ "persona": persona, "reason": "It needs a fix.", "context": {
        "reproduction_steps": "Click export.", "error_log": "ERROR 17 at export.rs", "system_metrics": "99 %",
        "incident_details": "Rows of others.", "affected_scope": "All exports." } });
    agent.post(&format!("{}/escalations", path(made)), &body).await.expect(201)
}

async fn add(desk: &Desk, name: &str, team: &str, active: bool) {
    let body =
        json!({ "name": name, "email": format!("{name}@desk.example"), "team": team, "active": active });
    desk.as_role(Role::Admin).post("/v1/agents", &body).await.expect(201);
}

/// Gives the agent who escalates an address.
async fn mail_the_asker(desk: &Desk) {
    let admin = desk.as_role(Role::Admin);
    let agents = admin.get("/v1/agents").await.expect(200).at("/items");
    let asker = agents.as_array().and_then(|all| all.iter().find(|one| one["name"] == "agent"));
    let asker = format!("/v1/agents/{}", asker.expect("the agent")["id"].as_str().expect("an id"));
    admin.patch(&asker, &json!({ "email": "asker@desk.example" })).await.expect(200);
}

fn of_kind<'l>(log: &'l [Value], kind: &str) -> Vec<&'l Value> {
    log.iter().filter(|mail| mail["kind"] == kind).collect()
}

#[tokio::test]
async fn an_escalation_reaches_the_team_s_address_with_its_report() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    add(&desk, "dora", "developer", true).await;
    let (agent, made) = bug(&desk).await;
    escalate(&agent, &made, "developer").await;
    desk.move_clock(MONDAY).await;
    let mails = smtp.for_address("dev@desk.example");
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    let number = made.at("/number");
    assert_eq!(mail.subject(), format!("[#{number}] Escalation to Developer: Export fails"));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("References"), format!("<ticket-{}@support.example>", made.id()));
    let text = mail.text();
    for part in [
        "It needs a fix.",
        "Export fails\n\nIt says no.",
        "Priority P",
        "first_response: running, due Monday, 3 January 2000",
        "error_log:\nERROR 17 at export.rs",
        "Acknowledge the escalation by",
        &format!("https://desk.example/tickets/{number}"),
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    assert!(!text.contains(ADA), "nobody's address is told");
    assert!(smtp.for_address("dora@desk.example").is_empty(), "the queue has an address");
}

#[tokio::test]
async fn a_team_without_an_address_is_its_active_people_and_nobody_is_on_record() {
    let (desk, smtp) = mailing().await;
    for (name, team, active) in [
        ("dan", "developer", true),
        ("dora", "developer", true),
        ("don", "developer", false),
        ("eve", "devops", true),
    ] {
        add(&desk, name, team, active).await;
    }
    let (agent, made) = bug(&desk).await;
    escalate(&agent, &made, "developer").await;
    escalate(&agent, &made, "human_support").await;
    desk.move_clock(MONDAY).await;
    let mut told: Vec<String> = smtp.arrived().into_iter().map(|mail| mail.to).collect();
    told.sort_unstable();
    assert_eq!(told, [ADA, "dan@desk.example", "dora@desk.example"]);
    let log = log(&agent, &made).await;
    let skipped: Vec<_> = log.iter().filter(|mail| mail["state"] == "skipped").collect();
    let [skipped] = &skipped[..] else { panic!("{log:?}") };
    assert_eq!(
        (&skipped["recipient"]["team"], &skipped["reason"]),
        (&json!("human_support"), &json!("no_address"))
    );
}

#[tokio::test]
async fn of_a_confidential_ticket_only_those_named_hear() {
    let (desk, smtp) = mailing().await;
    address(&desk, "security_engineer", "sec@desk.example").await;
    address(&desk, "developer", "dev@desk.example").await;
    address(&desk, "devops", "ops@desk.example").await;
    let (agent, made) = bug_with(&desk, json!({ "category": "security" })).await;
    escalate(&agent, &made, "developer").await;
    desk.move_clock(MONDAY).await;
    let mut told: Vec<String> = smtp.arrived().into_iter().map(|mail| mail.to).collect();
    told.sort_unstable();
    // Whom it is handed over to is named by that.
    assert_eq!(told, [ADA, "dev@desk.example", "sec@desk.example"]);
    let number = made.at("/number");
    for mail in smtp.arrived() {
        assert!(!mail.subject().contains("Export"), "{}", mail.subject());
        assert!(mail.subject().starts_with(&format!("[#{number}] ")), "{}", mail.subject());
    }
    let log = log(&agent, &made).await;
    let reasons: Vec<_> = of_kind(&log, "escalation_requested").iter().map(|mail| &mail["reason"]).collect();
    assert_eq!(reasons, [&Value::Null, &Value::Null]);
}

#[tokio::test]
async fn who_is_not_named_hears_nothing_of_a_confidential_ticket_they_handed_over() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    mail_the_asker(&desk).await;
    let (agent, made) = bug_with(&desk, json!({ "category": "security" })).await;
    let returned = escalate(&agent, &made, "developer").await;
    let body = json!({ "missing": ["screenshot"], "note": "The steps end too early." });
    agent.post(&format!("/v1/escalations/{}/return", returned.id()), &body).await.expect(200);
    desk.move_clock(MONDAY).await;
    assert!(smtp.for_address("asker@desk.example").is_empty());
    let log = log(&agent, &made).await;
    let reasons: Vec<_> = of_kind(&log, "escalation_returned").iter().map(|mail| &mail["reason"]).collect();
    assert_eq!(reasons, [&json!("restricted")]);
}

#[tokio::test]
async fn nobody_is_asked_for_a_ticket_that_is_resolved_by_the_time_it_is_sent() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    let (agent, made) = bug(&desk).await;
    desk.move_clock(MONDAY).await;
    smtp.will(&[crate::harness::Mood::Refuses("451 later")]);
    escalate(&agent, &made, "developer").await;
    desk.move_clock(MONDAY).await;
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{}/resolve", path(&made)), &done).await.expect(200);
    desk.move_clock("2000-01-04T09:00:00Z").await;
    assert!(smtp.for_address("dev@desk.example").is_empty());
    let log = log(&agent, &made).await;
    let [asked] = &of_kind(&log, "escalation_requested")[..] else { panic!("{log:?}") };
    assert_eq!((&asked["state"], &asked["reason"]), (&json!("moot"), &json!("resolved")));
}

#[tokio::test]
async fn what_becomes_of_an_escalation_is_told_to_whoever_asked_for_it() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    let (agent, made) = bug(&desk).await;
    mail_the_asker(&desk).await;
    let returned = escalate(&agent, &made, "developer").await;
    let path = format!("/v1/escalations/{}", returned.id());
    let body = json!({ "missing": ["screenshot"], "note": "The steps end too early." });
    agent.post(&format!("{path}/return"), &body).await.expect(200);
    desk.move_clock(MONDAY).await;
    let heard = smtp.for_address("asker@desk.example");
    let [mail] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(mail.subject(), format!("[#{}] Returned by Developer: Export fails", made.at("/number")));
    for part in ["The steps end too early.", "a picture of the screen"] {
        assert!(mail.text().contains(part), "{part:?} is not in:\n{}", mail.text());
    }

    let evidence = json!({ "kind": "screenshot", "text": "A red box." });
    agent.post(&format!("{}/evidence", super::path(&made)), &evidence).await.expect(201);
    desk.move_clock(LATER).await;
    let requests = smtp.for_address("dev@desk.example");
    assert!(
        requests.last().is_some_and(|mail| mail.text().contains("A red box.")),
        "asked again: {requests:?}"
    );

    agent.post(&format!("{path}/answer"), &json!({ "text": "Use the new button." })).await.expect(200);
    desk.move_clock(LATER).await;
    let answered = smtp.for_address("asker@desk.example").pop().expect("a mail");
    assert!(answered.subject().contains("Answered by Developer"), "{}", answered.subject());
    assert!(answered.text().contains("Use the new button."), "{}", answered.text());
}

#[tokio::test]
async fn an_acknowledgement_that_runs_out_is_told_once() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    let (agent, made) = bug(&desk).await;
    let handed = escalate(&agent, &made, "developer").await;
    desk.move_clock(MONDAY).await;
    let seen = json!({ "until": "2000-01-03T09:05:00Z" });
    agent.post(&format!("/v1/escalations/{}/acknowledge", handed.id()), &seen).await.expect(200);
    desk.move_clock("2000-01-03T09:04:59Z").await;
    assert_eq!(smtp.for_address("dev@desk.example").len(), 1, "the request");
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let subjects: Vec<_> =
        smtp.for_address("dev@desk.example").into_iter().map(|mail| mail.subject()).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    let log = log(&agent, &made).await;
    assert_eq!(
        (of_kind(&log, "escalation_requested").len(), of_kind(&log, "notice").len()),
        (1, 1),
        "{log:?}"
    );
}

#[tokio::test]
async fn an_acknowledgement_that_runs_out_is_told_where_no_ladder_tells_it() {
    let (desk, smtp) = mailing().await;
    address(&desk, "developer", "dev@desk.example").await;
    let quiet = json!({ "on": "manual" });
    let levels = json!([{ "actions": ["page"], "to": [{ "kind": "queue", "team": "human_support" }] }]);
    let quiet =
        json!({ "key": "quiet", "name": "Quiet", "ladders": [{ "trigger": quiet, "levels": levels }] });
    let body = json!({ "policies": [quiet], "reason": "Nobody is to be reminded." });
    desk.as_role(Role::Admin).put("/v1/escalation-policies", &body).await.expect(200);
    let (agent, made) = bug(&desk).await;
    let handed = escalate(&agent, &made, "developer").await;
    desk.move_clock(MONDAY).await;
    let seen = json!({ "until": "2000-01-03T09:05:00Z" });
    agent.post(&format!("/v1/escalations/{}/acknowledge", handed.id()), &seen).await.expect(200);
    desk.move_clock("2000-01-03T09:05:00Z").await;
    let log = log(&agent, &made).await;
    assert_eq!(of_kind(&log, "escalation_requested").len(), 2, "{log:?}");
    assert_eq!(smtp.for_address("dev@desk.example").len(), 2);
}

#[tokio::test]
async fn a_ladder_of_a_confidential_ticket_tells_security_where_its_team_may_not_hear() {
    let (desk, smtp) = mailing().await;
    address(&desk, "human_support", "above@desk.example").await;
    address(&desk, "security_engineer", "sec@desk.example").await;
    let levels = json!([{ "actions": ["page"], "to": [{ "kind": "queue", "team": "human_support" }] }]);
    let ladders = json!([{ "trigger": { "on": "manual" }, "levels": levels }]);
    let body = json!({ "policies": [{ "key": "law", "name": "Law", "ladders": ladders }] });
    desk.as_role(Role::Admin).put("/v1/escalation-policies", &body).await.expect(200);
    let (agent, made) = bug_with(&desk, json!({ "category": "security" })).await;
    desk.move_clock(MONDAY).await;
    let before = smtp.for_address("sec@desk.example").len();
    agent.post(&format!("{}/escalate-up", path(&made)), &json!({ "reason": "Now." })).await.expect(200);
    desk.move_clock(LATER).await;
    assert!(smtp.for_address("above@desk.example").is_empty(), "they may not hear");
    let mails = smtp.for_address("sec@desk.example");
    assert_eq!(mails.len(), before + 1, "{mails:?}");
    assert!(mails[before].subject().contains("needs you now"), "{}", mails[before].subject());
}
