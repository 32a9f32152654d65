//! Tickets that an agent opens for a requester.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::monday;
use crate::harness::{Client, Desk, ticket};

fn by(author: &str) -> Value {
    let mut body = ticket("Export fails", "Ada called: the export says no.");
    body["author"] = json!(author);
    body["evidence"] = json!([{ "kind": "error_log", "text": "E1" }]);
    body["category"] = json!("technical_bug");
    body["severity"] = json!("medium");
    body["impact"] = json!("team");
    body
}

async fn say(client: &Client, path: &str, author: &str) {
    let body = json!({ "author": author, "visibility": "public", "body": "Hm." });
    client.post(&format!("{path}/messages"), &body).await.expect(201);
}

async fn first_response(desk: &Desk) -> Value {
    let kpis = desk.as_role(Role::Dashboard).get("/v1/kpis?from=2000-01-03&to=2000-01-04").await;
    kpis.expect(200).at("/kpis/first_response_time")
}

#[tokio::test]
async fn the_first_response_is_counted_from_the_requesters_first_message() {
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &by("agent")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    assert_eq!((made.text("/opened_by"), made.text("/status")), ("agent".to_owned(), "new".to_owned()));
    assert_eq!(made.at("/sla/first_response"), Value::Null);
    assert_eq!(made.text("/sla/resolution/state"), "running");
    assert!(!made.text("/message_to_requester").contains("2000"), "no time is promised: {}", made.shown());
    assert_eq!(agent.get(&path).await.expect(200).json(), made.json());

    // Neither the opening nor a further message of the desk is an answer.
    desk.move_clock("2000-01-03T09:05:00Z").await;
    say(&agent, &path, "agent").await;
    desk.move_clock("2000-01-03T10:00:00Z").await;
    let sla = agent.get(&format!("{path}/sla")).await.expect(200).at("/clocks");
    let metrics: Vec<_> = sla.as_array().expect("clocks").iter().map(|clock| &clock["metric"]).collect();
    assert_eq!(metrics, ["resolution"]);
    let kpi = first_response(&desk).await;
    assert_eq!((&kpi["n"], &kpi["open_overdue"]), (&json!(0), &json!(0)));
    assert_eq!(kpi["excluded"]["without_promise"], 1);

    say(&agent, &path, "requester").await;
    let asked = agent.get(&path).await.expect(200);
    assert_eq!(asked.text("/sla/first_response/due_at"), "2000-01-03T10:30:00Z");
    desk.move_clock("2000-01-03T10:45:00Z").await;
    let kpi = first_response(&desk).await;
    assert_eq!((&kpi["open_overdue"], &kpi["excluded"]["without_promise"]), (&json!(1), &json!(0)));
    say(&agent, &path, "agent").await;
    let sla = agent.get(&format!("{path}/sla")).await.expect(200).at("/clocks");
    let clock = sla.as_array().expect("clocks").iter().find(|clock| clock["metric"] == "first_response");
    let clock = clock.expect("the clock exists now");
    assert_eq!(clock["started_at"], "2000-01-03T10:00:00Z");
    assert_eq!((&clock["state"], &clock["business_seconds"]), (&json!("breached"), &json!(2700)));
    let kpi = first_response(&desk).await;
    assert_eq!((&kpi["n"], &kpi["value"], &kpi["within_target"]), (&json!(1), &json!(2700), &json!(0.0)));
    assert_eq!(kpi["excluded"]["without_promise"], 0);
}

#[tokio::test]
async fn what_the_agent_brought_is_the_agents() {
    let desk = monday().await;
    for role in [Role::Agent, Role::Lead, Role::Admin] {
        let client = desk.as_role(role);
        let made = client.post("/v1/tickets", &by("agent")).await.expect(201);
        let path = format!("/v1/tickets/{}", made.id());
        let messages = client.get(&format!("{path}/messages")).await.expect(200);
        assert_eq!(messages.text("/items/0/author"), "agent");
        assert_eq!(messages.text("/items/0/purpose"), "request");
        assert_eq!(messages.text("/items/0/body"), "Ada called: the export says no.");
        assert!(!messages.text("/items/0/agent_name").is_empty());
        let agent = messages.text("/items/0/agent");
        assert_eq!(messages.text("/items/1/author"), "automation");
        let evidence = client.get(&format!("{path}/evidence")).await.expect(200);
        assert_eq!(evidence.text("/items/0/author"), "agent");
        let history = client.get(&format!("{path}/history")).await.expect(200);
        for (place, kind) in ["opened", "evidence_added"].iter().enumerate() {
            let event = history.at(&format!("/items/{place}"));
            assert_eq!(event["kind"], *kind);
            assert!(event.to_string().contains(&agent), "the agent did it: {event}");
        }
        assert!(history.at("/items/0").to_string().contains("\"by_agent\":true"), "{}", history.shown());
        let repeated = client.get("/v1/tickets?limit=1").await.expect(200);
        assert_eq!(repeated.text("/items/0/opened_by"), "agent");
    }
}

#[tokio::test]
async fn only_people_open_as_agents() {
    let desk = monday().await;
    let service = desk.as_role(Role::Service);
    let refused = service.post("/v1/tickets", &by("agent")).await.expect_problem(403, "forbidden");
    assert_eq!(refused.faults(), [("/author".to_owned(), "not_allowed".to_owned())]);
    for (author, code) in [("automation", "not_allowed"), ("nobody", "unknown_name")] {
        let refused = service.post("/v1/tickets", &by(author)).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/author".to_owned(), code.to_owned())]);
    }
    let made = service.post("/v1/tickets", &by("requester")).await.expect(201);
    assert_eq!(made.text("/opened_by"), "requester");
    assert_eq!(made.text("/sla/first_response/state"), "running");
    let batch = json!([by("agent"), by("requester")]);
    let answer = service.post("/v1/tickets/batch", &batch).await.expect(200);
    assert_eq!((answer.at("/results/0/status"), answer.at("/results/1/status")), (json!(403), json!(201)));
    assert_eq!(answer.text("/results/0/problem/errors/0/pointer"), "/author");
    let answer = desk.as_role(Role::Lead).post("/v1/tickets/batch", &batch).await.expect(200);
    assert_eq!(answer.text("/results/0/ticket/opened_by"), "agent");
    assert_eq!(answer.text("/results/1/ticket/opened_by"), "requester");
    let mut alert = ticket("Disk full", "Alert: the disk is full.");
    alert["type"] = json!("alert");
    assert_eq!(service.post("/v1/tickets", &alert).await.expect(201).text("/opened_by"), "automation");
    let preview = desk.as_role(Role::Agent).post("/v1/triage/preview", &by("agent")).await;
    preview.expect(200);
}
