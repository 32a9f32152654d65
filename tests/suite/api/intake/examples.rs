//! The tickets that the desk is judged by, from end to end.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Desk};

const REFUSAL: &str = "NOT MY SCOPE: Support Engineer — Focused on production support and issue resolution. \
     I cannot perform software development, architectural design, or business analysis. \
     For those tasks, Use Developer, Enterprise Architect, or Business Analyst.";

/// Posts a text as both subject and body.
async fn report(desk: &Desk, text: &str, more: Value) -> Answer {
    let mut body = json!({
        "subject": text, "body": text, "requester": { "email": "ada@example.org", "name": "Ada" }
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    desk.as_role(Role::Service).post("/v1/tickets", &body).await.expect(201)
}

/// Panics unless each pointer holds this.
#[track_caller]
fn expect_at(answer: &Answer, expected: &[(&str, Value)]) {
    for (pointer, value) in expected {
        assert_eq!(answer.at(pointer), *value, "{pointer}\n{}", answer.shown());
    }
}

/// Kinds and actors of the history, in order.
async fn history(desk: &Desk, ticket: &Answer) -> Vec<(String, String)> {
    let path = format!("/v1/tickets/{}/history?limit=200", ticket.id());
    let answer = desk.as_role(Role::Agent).get(&path).await.expect(200);
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let items = answer.at("/items");
    let items = items.as_array().expect("a list").iter();
    items.map(|event| (word(&event["kind"]), word(&event["actor"]["kind"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, actor)| ((*kind).to_owned(), (*actor).to_owned())).collect()
}

#[tokio::test]
async fn a_slow_dashboard_stays_with_first_level() {
    let desk = Desk::start().await;
    let text = "User reports that the BIS dashboard is loading slowly. Help diagnose and resolve.";
    let made = report(&desk, text, json!({})).await;
    expect_at(
        &made,
        &[
            ("/category", json!("performance")),
            ("/triage/scope", json!("in_scope")),
            ("/status", json!("new")),
            (
                "/assigned",
                json!({ "team": "first_level", "agent": null, "agent_name": null, "persona": null }),
            ),
            ("/escalations", json!([])),
            ("/required_context", json!([])),
            ("/restricted", json!(false)),
        ],
    );
    let checklist = made.at("/diagnosis_checklist");
    let steps = checklist.as_array().expect("a list");
    assert!((4..=7).contains(&steps.len()) && checklist.to_string().contains("seconds"), "{checklist}");
    assert!(!made.text("/message_to_requester").contains("NOT MY SCOPE"));
    let expected =
        pairs(&[("opened", "requester"), ("message_added", "automation"), ("ladder_started", "automation")]);
    assert_eq!(history(&desk, &made).await, expected);
}

#[tokio::test]
async fn an_alert_of_the_database_goes_to_devops_by_itself() {
    let desk = Desk::start().await;
    let text = "System alert shows database connection errors. Investigate and provide solution.";
    let told = report(&desk, text, json!({})).await;
    let alert = report(&desk, text, json!({ "channel": "alert" })).await;
    for made in [&told, &alert] {
        expect_at(
            made,
            &[
                ("/category", json!("infrastructure")),
                ("/triage/scope", json!("in_scope")),
                ("/assigned/persona", json!("devops")),
                ("/required_context", json!(["system_metrics", "error_log"])),
            ],
        );
        assert!(["high", "critical"].contains(&made.text("/severity").as_str()), "{}", made.shown());
    }
    expect_at(
        &alert,
        &[
            ("/type", json!("alert")),
            ("/status", json!("open")),
            ("/assigned/team", json!("devops")),
            ("/escalations/0/persona", json!("devops")),
            ("/escalations/0/automatic", json!(true)),
            ("/escalations/0/kind", json!("functional")),
            ("/escalations/0/state", json!("requested")),
            ("/escalations/0/context_incomplete", json!(true)),
            ("/escalations/0/missing_context", json!(["system_metrics", "error_log"])),
            ("/escalations/0/fallback", json!("system_administrator")),
            ("/escalations/0/requested_by", json!(null)),
        ],
    );
    let log =
        json!({ "evidence": [{ "kind": "error_log", "text": "too many connections" }], "channel": "alert" });
    let with_log = report(&desk, text, log).await;
    expect_at(&with_log, &[("/escalations/0/missing_context", json!(["system_metrics"]))]);
    let expected = pairs(&[
        ("opened", "automation"),
        ("evidence_added", "automation"),
        ("escalated", "automation"),
        ("status_changed", "automation"),
        ("message_added", "automation"),
        // A machine answers nobody: the desk is told what is missing.
        ("message_added", "automation"),
        ("escalation_context_wanted", "automation"),
        ("ladder_started", "automation"),
    ]);
    assert_eq!(history(&desk, &with_log).await, expected);
}

#[tokio::test]
async fn work_that_is_no_support_is_refused_kept_and_re_routed() {
    let desk = Desk::start().await;
    for (text, category, persona) in [
        ("Implement a new feature for the reporting module.", "feature_request", "developer"),
        ("Design the architecture for the new data pipeline.", "architecture", "enterprise_architect"),
    ] {
        let made = report(&desk, text, json!({})).await;
        expect_at(
            &made,
            &[
                ("/category", json!(category)),
                ("/triage/scope", json!("out_of_scope")),
                ("/status", json!("open")),
                ("/assigned/persona", json!(persona)),
                ("/assigned/team", made.at("/escalations/0/team")),
                ("/escalations/0/persona", json!(persona)),
                ("/escalations/0/automatic", json!(true)),
                ("/escalations/0/context_incomplete", json!(false)),
                ("/escalations/0/fallback", json!("human_support")),
                ("/required_context", json!([])),
            ],
        );
        assert_ne!(made.text("/assigned/team"), "first_level");
        let message = made.text("/message_to_requester");
        assert!(message.starts_with(REFUSAL), "{message}");
        assert!(message.to_lowercase().contains(&persona.replace('_', " ")), "to whom it went: {message}");
        let listed = desk.as_role(Role::Agent).get("/v1/tickets?scope=out_of_scope").await.expect(200);
        assert_eq!(listed.at("/items/0"), made.json(), "it is not lost");
    }
}

#[tokio::test]
async fn a_bug_of_several_users_is_proposed_to_the_developer() {
    let desk = Desk::start().await;
    let made = report(&desk, "data export bug reported by multiple users", json!({})).await;
    expect_at(
        &made,
        &[
            ("/category", json!("technical_bug")),
            ("/triage/scope", json!("in_scope")),
            ("/assigned/persona", json!("developer")),
            ("/assigned/team", json!("first_level")),
            ("/required_context", json!(["reproduction_steps", "error_log"])),
            ("/escalations", json!([])),
            ("/status", json!("new")),
        ],
    );
    assert_ne!(made.text("/impact"), "individual");
}

#[tokio::test]
async fn a_deployment_that_locks_users_out_is_proposed_to_devops() {
    let desk = Desk::start().await;
    let made = report(&desk, "deployment issue affecting user access", json!({})).await;
    expect_at(
        &made,
        &[
            ("/category", json!("infrastructure")),
            ("/triage/scope", json!("in_scope")),
            ("/assigned/persona", json!("devops")),
            ("/required_context", json!(["system_metrics", "error_log"])),
            ("/escalations", json!([])),
        ],
    );
}

#[tokio::test]
async fn an_incident_of_security_is_restricted_and_completes_as_evidence_comes() {
    let desk = Desk::start().await;
    let text =
        "Suspected data breach: an unknown party has logged in with stolen credentials and downloaded files.";
    let made = report(&desk, text, json!({})).await;
    expect_at(
        &made,
        &[
            ("/category", json!("security")),
            ("/restricted", json!(true)),
            ("/assigned/persona", json!("security_engineer")),
            ("/escalations/0/automatic", json!(true)),
            ("/escalations/0/required_context", json!(["incident_details", "affected_scope"])),
            ("/escalations/0/missing_context", json!(["incident_details", "affected_scope"])),
            ("/escalations/0/context_incomplete", json!(true)),
        ],
    );
    let message = made.text("/message_to_requester");
    assert!(message.contains("what happened and when"), "what is missing is asked for: {message}");

    let agent = desk.as_role(Role::Agent);
    let path = format!("/v1/tickets/{}", made.id());
    let steps = [
        ("screenshot", json!(["incident_details", "affected_scope"])),
        ("affected_scope", json!(["incident_details"])),
        ("affected_scope", json!(["incident_details"])),
        ("incident_details", json!([])),
        ("incident_details", json!([])),
    ];
    for (kind, left) in steps {
        let piece = json!({ "kind": kind, "text": "The finance share." });
        agent.post(&format!("{path}/evidence"), &piece).await.expect(201);
        let now = agent.get(&path).await.expect(200);
        let incomplete = left != json!([]);
        expect_at(
            &now,
            &[
                ("/escalations/0/missing_context", left),
                ("/escalations/0/context_incomplete", json!(incomplete)),
            ],
        );
        let one = agent.get(&format!("/v1/escalations/{}", made.text("/escalations/0/id"))).await.expect(200);
        assert_eq!(one.json(), now.at("/escalations/0"));
    }
    let kinds: Vec<String> = history(&desk, &made).await.into_iter().map(|(kind, _)| kind).collect();
    let completed = kinds.iter().filter(|kind| *kind == "escalation_context_added").count();
    assert_eq!(completed, 2, "one for each piece that was missing: {kinds:?}");
}
