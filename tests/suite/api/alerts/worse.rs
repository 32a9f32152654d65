//! Alerts that get worse while their ticket is worked on.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{grouped, monday, outcomes, ticket};

const PATH: &str = "/v1/alerts/alertmanager";

fn graded(severity: &str) -> Value {
    let mut body = grouped("DbDown", &[("db-1", "firing")]);
    body["commonLabels"]["severity"] = json!(severity);
    body["alerts"][0]["labels"]["severity"] = json!(severity);
    body["alerts"][0]["fingerprint"] = json!("one");
    body
}

#[tokio::test]
async fn a_repeat_that_is_worse_raises_the_severity_and_none_lowers_it() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = sender.post(PATH, &graded("info")).await.expect(201);
    let before = ticket(&agent, &first).await;
    assert_eq!(before.text("/severity"), "low");
    let worse = sender.post(PATH, &graded("critical")).await.expect(200);
    assert_eq!(outcomes(&worse), ["repeated"]);
    let after = ticket(&agent, &first).await;
    assert_eq!((after.text("/severity"), after.at("/occurrences")), ("critical".to_owned(), json!(2)));
    assert!(after.text("/priority") < before.text("/priority"), "{}", after.text("/priority"));
    assert!(after.text("/sla/resolution/due_at") < before.text("/sla/resolution/due_at"));
    assert_eq!(after.text("/triage/fields/severity/value"), "critical");
    assert_eq!(after.at("/triage/fields/priority/value"), after.at("/priority"));
    let path = format!("/v1/tickets/{}", after.id());
    let history = agent.get(&format!("{path}/history?limit=200")).await.expect(200);
    let items = history.at("/items");
    let triaged = items.as_array().expect("items").iter().find(|item| item["kind"] == "triaged");
    let triaged = triaged.expect("a fact");
    assert_eq!(
        (&triaged["actor"]["kind"], &triaged["data"]["decided_by"]),
        (&json!("automation"), &json!("rule"))
    );
    assert_eq!(triaged["reason"], "The alert got worse: its severity is now critical.");
    for severity in ["warning", "critical"] {
        sender.post(PATH, &graded(severity)).await.expect(200);
        assert_eq!(ticket(&agent, &first).await.text("/severity"), "critical", "{severity}");
    }
    // What the alert said survives another run of the rules.
    agent.post(&format!("{path}/triage"), &json!({})).await.expect(200);
    assert_eq!(ticket(&agent, &first).await.text("/severity"), "critical");
}

#[tokio::test]
async fn what_a_person_graded_stays_so() {
    let (desk, sender) = monday().await;
    let agent = desk.as_role(Role::Agent);
    let first = sender.post(PATH, &graded("warning")).await.expect(201);
    let path = format!("/v1/tickets/{}/triage", first.text("/items/0/ticket"));
    let said = json!({ "severity": "low", "reason": "It is a test machine." });
    agent.post(&path, &said).await.expect(200);
    sender.post(PATH, &graded("critical")).await.expect(200);
    let after = ticket(&agent, &first).await;
    assert_eq!((after.text("/severity"), after.at("/occurrences")), ("low".to_owned(), json!(2)));
}
