//! Triage as people see and correct it, and the promises that follow.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A bug without overrides on a desk whose clock stands at [`MONDAY`].
async fn bug(desk: &Desk) -> (Client, String, Answer) {
    desk.move_clock(MONDAY).await;
    let agent = desk.as_role(Role::Agent);
    let text = "The export button shows error 500, a bug that I can reproduce.";
    let made = agent.post("/v1/tickets", &ticket("Export fails", text)).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    (agent, path, made)
}

async fn triage(agent: &Client, path: &str, body: Value) -> Answer {
    agent.post(&format!("{path}/triage"), &body).await
}

#[tokio::test]
async fn a_preview_says_what_would_come_and_stores_nothing() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    for text in [
        "The export shows error 500 for our whole department.",
        "Design the architecture for the new data pipeline.",
        "Suspected phishing: somebody asked for my password by mail.",
        "How do I change the language?",
    ] {
        let body = ticket(text, text);
        let shown = service.post("/v1/triage/preview", &body).await.expect(200);
        let nobody = service.get("/v1/tickets").await.expect(200);
        assert_eq!(nobody.at("/items"), json!([]), "{text}");
        let made = service.post("/v1/tickets", &body).await.expect(201);
        for pointer in [
            "/triage",
            "/priority",
            "/category",
            "/severity",
            "/impact",
            "/type",
            "/tags",
            "/required_context",
        ] {
            assert_eq!(shown.at(pointer), made.at(pointer), "{pointer} of {text}");
        }
        assert_eq!(shown.at("/assigned/persona"), made.at("/assigned/persona"));
        let finished = json!({ "resolution": "no_fault", "steps": "-", "message": "Thank you." });
        desk.as_role(Role::Agent)
            .post(&format!("/v1/tickets/{}/resolve", made.id()), &finished)
            .await
            .expect(200);
        // The next preview must see an empty desk again.
        sqlx::query("truncate tickets cascade").execute(&mut desk.superuser().await).await.expect("rows go");
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from requesters")
        .fetch_one(&mut desk.superuser().await)
        .await
        .expect("a count");
    assert_eq!(rows, 1, "a preview makes no person");
    let anonymous = json!({ "subject": "Help", "body": "It is slow." });
    service.post("/v1/triage/preview", &anonymous).await.expect(200);
    let wrong = json!({ "subject": "", "body": "B", "severity": "hot", "x": 1 });
    let refused = service.post("/v1/triage/preview", &wrong).await.expect_problem(422, "validation");
    let expected = [("/subject", "too_short"), ("/severity", "unknown_name"), ("/x", "unknown_field")];
    assert_eq!(refused.faults(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn what_people_say_survives_every_new_run() {
    let desk = Desk::start().await;
    let (agent, path, made) = bug(&desk).await;
    assert_eq!(made.text("/category"), "technical_bug");
    for name in ["category", "severity", "impact", "type"] {
        assert_ne!(made.text(&format!("/triage/fields/{name}/decided_by")), "human", "{name}");
    }
    let same = triage(&agent, &path, json!({})).await.expect(200);
    assert_eq!(same.at("/triage"), made.at("/triage"), "nothing changed, nothing is decided anew");

    let said = json!({ "category": "data", "severity": "high", "impact": "department", "type": "request" });
    let changed = triage(&agent, &path, said.clone()).await.expect(200);
    for _ in 0..2 {
        let again = triage(&agent, &path, json!({})).await.expect(200);
        for (name, value) in said.as_object().expect("an object") {
            assert_eq!(again.at(&format!("/{name}")), *value);
            assert_eq!(again.at(&format!("/triage/fields/{name}/value")), *value);
            assert_eq!(again.text(&format!("/triage/fields/{name}/decided_by")), "human");
            assert!(!again.at(&format!("/triage/fields/{name}/reasons")).to_string().is_empty());
        }
        assert_eq!(again.at("/triage"), changed.at("/triage"));
        assert_eq!(again.text("/priority"), "P2");
        assert_eq!(again.text("/assigned/persona"), "data_engineer", "the matrix was asked again");
        assert_eq!(again.at("/required_context"), json!(["affected_data", "error_log"]));
        assert_eq!(again.body, agent.get(&path).await.expect(200).body);
    }
    let once_more = triage(&agent, &path, json!({ "category": "performance" })).await.expect(200);
    assert_eq!(once_more.text("/category"), "performance", "the last word counts");
    assert_eq!(once_more.text("/severity"), "high", "and what else was said stays");
}

#[tokio::test]
async fn what_came_with_the_ticket_was_said_by_people() {
    let desk = Desk::start().await;
    let mut body = ticket("Export fails", "The export shows error 500.");
    body["severity"] = json!("critical");
    let made = desk.as_role(Role::Service).post("/v1/tickets", &body).await.expect(201);
    assert_eq!(made.text("/triage/fields/severity/decided_by"), "human");
    let path = format!("/v1/tickets/{}", made.id());
    let again = triage(&desk.as_role(Role::Lead), &path, json!({})).await.expect(200);
    assert_eq!(again.text("/severity"), "critical");
}

/// What the audit log says of tickets that were made less urgent.
async fn loosened(desk: &Desk) -> Vec<Value> {
    let query = "select detail from audit_log where action = 'ticket.loosen' and actor = 'agent' order by id";
    let rows = sqlx::query_scalar(query).fetch_all(&mut desk.superuser().await).await;
    rows.expect("the log can be read")
}

#[tokio::test]
async fn less_urgent_needs_a_reason() {
    let desk = Desk::start().await;
    let (agent, path, _) = bug(&desk).await;
    triage(&agent, &path, json!({ "severity": "high", "impact": "department" })).await.expect(200);
    let before = agent.get(&path).await.expect(200);
    for body in [
        json!({ "severity": "low" }),
        json!({ "impact": "individual" }),
        json!({ "severity": "medium", "impact": "team" }),
    ] {
        let refused = triage(&agent, &path, body.clone()).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())], "{body}");
    }
    assert_eq!(agent.get(&path).await.expect(200).body, before.body);
    assert!(loosened(&desk).await.is_empty(), "what was refused was not done");
    triage(&agent, &path, json!({ "severity": "critical" })).await.expect(200);
    let lowered =
        triage(&agent, &path, json!({ "severity": "low", "reason": "Only a typo." })).await.expect(200);
    assert_eq!(lowered.text("/priority"), "P4");
    let act = json!({
        "from": "P1", "to": "P4", "policy_from": "standard", "policy_to": "standard",
        "metrics": ["first_response", "next_response", "resolution"],
    });
    assert_eq!(loosened(&desk).await, [act], "it is audited");
    let history = agent.get(&format!("{path}/history?limit=200")).await.expect(200);
    let events = history.at("/items");
    let mut events = events.as_array().expect("a history").iter();
    let last = events.rfind(|event| event["kind"] == "triaged").expect("an event");
    assert_eq!((&last["kind"], &last["reason"]), (&json!("triaged"), &json!("Only a typo.")));
    assert_eq!((&last["actor"]["name"], &last["data"]["decided_by"]), (&json!("agent"), &json!("human")));
}

/// the domain.
const MATRIX: [(&str, [&str; 4]); 4] = [
    ("critical", ["P1", "P1", "P2", "P2"]),
    ("high", ["P1", "P2", "P2", "P3"]),
    ("medium", ["P2", "P3", "P3", "P4"]),
    ("low", ["P3", "P4", "P4", "P4"]),
];
const IMPACTS: [&str; 4] = ["organization", "department", "team", "individual"];

#[tokio::test]
async fn priority_follows_the_matrix_and_deadlines_follow_priority() {
    let desk = Desk::start().await;
    let (agent, path, _) = bug(&desk).await;
    for (severity, row) in MATRIX {
        for (impact, priority) in IMPACTS.iter().zip(row) {
            let said = json!({ "severity": severity, "impact": impact, "reason": "To see." });
            let now = triage(&agent, &path, said).await.expect(200);
            assert_eq!(now.text("/priority"), priority, "{severity} for {impact}");
            // Monday at nine is in the office hours of eight to six.
            let (first, last, calendar) = match priority {
                "P1" => ("2000-01-03T09:15:00Z", "2000-01-03T13:00:00Z", "around-the-clock"),
                "P2" => ("2000-01-03T09:30:00Z", "2000-01-03T17:00:00Z", "business-hours"),
                "P3" => ("2000-01-03T09:30:00Z", "2000-01-05T13:00:00Z", "business-hours"),
                _ => ("2000-01-03T09:30:00Z", "2000-01-07T09:00:00Z", "business-hours"),
            };
            assert_eq!(now.text("/sla/first_response/due_at"), first, "{priority}");
            assert_eq!(now.text("/sla/resolution/due_at"), last, "{priority}");
            assert_eq!(now.text("/sla/calendar"), calendar, "{priority}");
        }
    }
}

#[tokio::test]
async fn a_night_counts_for_the_most_urgent_only() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-07T17:50:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let post = async |severity: &str| {
        let mut body = ticket("Export fails", "The export shows error 500.");
        body["severity"] = json!(severity);
        body["impact"] = json!("organization");
        agent.post("/v1/tickets", &body).await.expect(201)
    };
    let urgent = post("critical").await;
    assert_eq!(urgent.text("/sla/first_response/due_at"), "2000-01-07T18:05:00Z");
    assert_eq!(urgent.text("/sla/resolution/due_at"), "2000-01-07T21:50:00Z");
    let normal = post("low").await;
    assert_eq!(normal.text("/priority"), "P3");
    assert_eq!(normal.text("/sla/first_response/due_at"), "2000-01-10T08:20:00Z", "Friday evening to Monday");
    assert_eq!(normal.text("/sla/resolution/due_at"), "2000-01-12T11:50:00Z");
}

/// From, to, kind and business seconds of each segment of a clock.
fn segments(clock: &Value) -> Vec<(String, String, String, i64)> {
    let text = |segment: &Value, key: &str| segment[key].as_str().expect("a text").to_owned();
    let items = clock["segments"].as_array().expect("a list").iter();
    items
        .map(|s| {
            (
                text(s, "from"),
                text(s, "to"),
                text(s, "kind"),
                s["business_seconds"].as_i64().expect("a number"),
            )
        })
        .collect()
}

#[tokio::test]
async fn every_second_of_a_clock_is_explained() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T17:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let act = async |at: &str, act: &str, body: Value| {
        desk.move_clock(at).await;
        let done = agent.post(&format!("{path}/{act}"), &body).await;
        assert!([200, 201].contains(&done.status), "{}", done.shown());
    };
    let answer = json!({ "visibility": "public", "author": "agent", "body": "We look.", "status": "open" });
    act("2000-01-03T17:10:00Z", "messages", answer).await;
    act("2000-01-04T09:00:00Z", "transitions", json!({ "to": "pending" })).await;
    act("2000-01-04T11:00:00Z", "transitions", json!({ "to": "open" })).await;
    desk.move_clock("2000-01-04T12:00:00Z").await;

    let sla = agent.get(&format!("{path}/sla")).await.expect(200);
    assert_eq!(sla.text("/evaluated_at"), "2000-01-04T12:00:00Z");
    assert_eq!(sla.text("/policy"), "standard");
    let clocks = sla.at("/clocks");
    let of = |metric: &str| {
        let found = clocks.as_array().expect("a list").iter().find(|clock| clock["metric"] == metric);
        found.cloned().unwrap_or_else(|| panic!("no clock {metric}\n{}", sla.shown()))
    };
    let first = of("first_response");
    assert_eq!((&first["state"], &first["business_seconds"]), (&json!("met"), &json!(600)));
    let resolution = of("resolution");
    assert_eq!(
        (&resolution["state"], &resolution["business_seconds"]),
        (&json!("running"), &json!(3 * 3600))
    );
    let expected = [
        ("2000-01-03T17:00:00Z", "2000-01-03T18:00:00Z", "running", 3600),
        ("2000-01-03T18:00:00Z", "2000-01-04T08:00:00Z", "outside_hours", 0),
        ("2000-01-04T08:00:00Z", "2000-01-04T09:00:00Z", "running", 3600),
        ("2000-01-04T09:00:00Z", "2000-01-04T11:00:00Z", "paused", 0),
        ("2000-01-04T11:00:00Z", "2000-01-04T12:00:00Z", "running", 3600),
    ];
    let expected = expected.map(|(from, to, kind, s)| (from.to_owned(), to.to_owned(), kind.to_owned(), s));
    assert_eq!(segments(&resolution), expected);
    let target = resolution["target_seconds"].as_i64().expect("a number");
    assert_eq!(resolution["remaining_seconds"], json!(target - 3 * 3600));
    let shown = agent.get(&path).await.expect(200);
    assert_eq!(shown.at("/sla/resolution/due_at"), resolution["due_at"], "the ticket says the same");
    let nowhere = "/v1/tickets/01900000-0000-7000-8000-000000000001/sla";
    agent.get(nowhere).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_threat_that_is_recognised_later_is_restricted_and_handed_over_at_once() {
    let desk = Desk::start().await;
    let (agent, path, made) = bug(&desk).await;
    assert_eq!(made.at("/restricted"), json!(false));
    let said = json!({ "category": "security", "reason": "The error shows data of other customers." });
    let now = triage(&agent, &path, said).await.expect(200);
    assert_eq!(now.at("/restricted"), json!(true));
    assert_eq!(now.text("/status"), "open");
    assert_eq!(now.at("/assigned/persona"), json!("security_engineer"));
    assert_eq!(now.at("/escalations/0/persona"), json!("security_engineer"));
    assert_eq!(now.at("/escalations/0/automatic"), json!(true));
    assert_eq!(now.at("/escalations/0/missing_context"), json!(["incident_details", "affected_scope"]));
    // Said again, and taken back: it is handed over once, and stays restricted.
    triage(&agent, &path, json!({})).await.expect(200);
    let back =
        triage(&agent, &path, json!({ "category": "technical_bug", "reason": "No." })).await.expect(200);
    assert_eq!(back.at("/escalations").as_array().map(Vec::len), Some(1));
    assert_eq!(back.at("/restricted"), json!(true));
}

#[tokio::test]
async fn a_person_overrules_the_scope_and_it_stays_so() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let text = "Implement a new feature for the reporting module.";
    let made = agent.post("/v1/tickets", &ticket(text, text)).await.expect(201);
    assert_eq!(made.text("/triage/scope"), "out_of_scope");
    let path = format!("/v1/tickets/{}", made.id());
    let said = json!({ "scope": "in_scope", "category": "how_to", "reason": "They ask how to use it." });
    triage(&agent, &path, said).await.expect(200);
    let again = triage(&agent, &path, json!({})).await.expect(200);
    assert_eq!(again.text("/triage/scope"), "in_scope");
    assert_eq!(again.text("/triage/fields/scope/decided_by"), "human");
    assert_eq!(again.text("/category"), "how_to");
}
