//! Handing tickets over, and the matrix that says to whom.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

const MONDAY: &str = "2000-01-03T09:00:00Z";

/// A bug in the hands of an agent; its path too.
async fn bug(desk: &Desk, more: Value) -> (Client, String) {
    let mut body = ticket("Export fails", "It says no.");
    body["category"] = json!("technical_bug");
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    (agent, format!("/v1/tickets/{}", made.id()))
}

fn places(refused: &Answer) -> Vec<String> {
    refused.faults().into_iter().map(|(place, _)| place).collect()
}

async fn escalate(agent: &Client, path: &str, body: Value) -> Answer {
    agent.post(&format!("{path}/escalations"), &body).await
}

#[tokio::test]
async fn each_missing_item_is_named_and_free_text_is_none() {
    let desk = Desk::start().await;
    let (agent, path) =
        bug(&desk, json!({ "body": "Steps: open, click export. Log: ERROR 17 at export.rs." })).await;
    let before = agent.get(&path).await.expect(200);
    let ask = json!({ "persona": "developer", "reason": "It needs a fix." });
    let refused = escalate(&agent, &path, ask.clone()).await.expect_problem(422, "validation");
    assert_eq!(places(&refused), ["/context/reproduction_steps", "/context/error_log"]);
    assert_eq!(agent.get(&path).await.expect(200).body, before.body);

    let log = json!({ "kind": "error_log", "text": "ERROR 17" });
    agent.post(&format!("{path}/evidence"), &log).await.expect(201);
    let refused = escalate(&agent, &path, ask.clone()).await.expect_problem(422, "validation");
    assert_eq!(places(&refused), ["/context/reproduction_steps"], "evidence counts");
    let mut other = ask.clone();
    other["context"] = json!({ "screenshot": "A red box." });
    let refused = escalate(&agent, &path, other).await.expect_problem(422, "validation");
    assert_eq!(places(&refused), ["/context/reproduction_steps"], "other material does not");
    let evidence = agent.get(&format!("{path}/evidence")).await.expect(200);
    assert_eq!(evidence.at("/items").as_array().map(Vec::len), Some(1), "nothing of a refused one is kept");

    let mut whole = ask;
    whole["context"] = json!({ "reproduction_steps": "Open it, click export." });
    let made = escalate(&agent, &path, whole).await.expect(201);
    assert_eq!(made.at("/missing_context"), json!([]));
    assert_eq!(made.at("/context_incomplete"), false);
}

#[tokio::test]
async fn every_persona_needs_what_the_matrix_says() {
    let desk = Desk::start().await;
    let (agent, path) = bug(&desk, json!({})).await;
    for (persona, needed) in [
        ("developer", vec!["reproduction_steps", "error_log"]),
        ("devops", vec!["system_metrics", "error_log"]),
        ("product_owner", vec!["user_needs_assessment"]),
        ("software_tester", vec!["reproduction_steps", "expected_result", "actual_result"]),
        ("business_analyst", vec!["user_workflow", "business_impact"]),
        ("data_engineer", vec!["affected_data", "error_log"]),
        ("security_engineer", vec!["incident_details", "affected_scope"]),
        ("enterprise_architect", vec!["user_needs_assessment"]),
        ("system_administrator", vec!["impact_assessment"]),
    ] {
        let ask = json!({ "persona": persona, "reason": "It is theirs." });
        let refused = escalate(&agent, &path, ask).await.expect_problem(422, "validation");
        let expected: Vec<_> = needed.iter().map(|kind| format!("/context/{kind}")).collect();
        assert_eq!(places(&refused), expected, "{persona}");
    }
    let ask = json!({ "persona": "human_support", "reason": "I cannot go on." });
    let made = escalate(&agent, &path, ask).await.expect(201);
    assert_eq!(made.at("/fallback"), Value::Null, "beyond people there is nobody");
}

#[tokio::test]
async fn context_given_with_it_becomes_evidence() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let (agent, path) = bug(&desk, json!({})).await;
    let context = json!({ "reproduction_steps": "Open it, click export.", "error_log": "ERROR 17" });
    let ask = json!({ "persona": "developer", "reason": "It needs a fix.", "context": context });
    let made = escalate(&agent, &path, ask).await.expect(201);
    assert_eq!(made.header("location"), format!("/v1/escalations/{}", made.id()));
    for (pointer, value) in [
        ("/persona", json!("developer")),
        ("/kind", json!("functional")),
        ("/state", json!("requested")),
        ("/rule", json!("technical_bug")),
        ("/automatic", json!(false)),
        ("/reason", json!("It needs a fix.")),
        ("/required_context", json!(["reproduction_steps", "error_log"])),
        ("/fallback", json!("human_support")),
        ("/requested_at", json!(MONDAY)),
    ] {
        assert_eq!(made.at(pointer), value, "{pointer}");
    }
    assert!(made.text("/acknowledge_by").as_str() > MONDAY);
    let evidence = agent.get(&format!("{path}/evidence")).await.expect(200);
    let items = evidence.at("/items");
    let items = items.as_array().expect("a list");
    assert_eq!(items.len(), 2);
    for item in items {
        let kind = item["kind"].as_str().expect("a word");
        assert_eq!(item["text"], context[kind]);
        assert_eq!(item["author"], "agent");
    }
    let now = agent.get(&path).await.expect(200);
    assert_eq!(now.at("/escalations"), json!([made.json()]));
    assert_eq!(now.text("/status"), "open");
    assert_eq!(now.text("/assigned/persona"), "developer");
    assert_eq!(now.at("/assigned/team"), made.at("/team"));
}

#[tokio::test]
async fn one_is_open_to_a_persona_at_a_time() {
    let desk = Desk::start().await;
    let (agent, path) = bug(&desk, json!({})).await;
    let ask = json!({ "persona": "human_support", "reason": "I cannot go on." });
    let made = escalate(&agent, &path, ask.clone()).await.expect(201);
    let refused = escalate(&agent, &path, ask.clone()).await.expect_problem(409, "conflict");
    assert!(refused.text("/detail").contains(&made.id().to_string()), "{}", refused.shown());
    let context = json!({ "system_metrics": "CPU 100 %", "error_log": "E1" });
    let other = json!({ "persona": "devops", "reason": "It may be the platform.", "context": context });
    escalate(&agent, &path, other).await.expect(201);
    let now = agent.get(&path).await.expect(200);
    assert_eq!(now.text("/assigned/persona"), "devops", "the last one has it");
    assert_eq!(now.at("/escalations").as_array().map(Vec::len), Some(2));

    let (_, second) = bug(&desk, json!({})).await;
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (agent, second, ask) = (agent.clone(), second.clone(), ask.clone());
        posts.spawn(async move { escalate(&agent, &second, ask).await.status });
    }
    let mut statuses = posts.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_ticket_that_is_resolved_is_not_handed_over() {
    let desk = Desk::start().await;
    let (agent, path) = bug(&desk, json!({})).await;
    let resolution = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{path}/resolve"), &resolution).await.expect(200);
    let ask = json!({ "persona": "human_support", "reason": "I cannot go on." });
    escalate(&agent, &path, ask).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let desk = Desk::start().await;
    let (agent, path) = bug(&desk, json!({})).await;
    let ask = json!({
        "persona": "wizard", "situation": "dire", "context": { "error_log": " ", "photo": "x", "other": 1 }, "to": "us"
    });
    let refused = escalate(&agent, &path, ask).await.expect_problem(422, "validation");
    let mut faults = refused.faults();
    faults.sort();
    let expected = [
        ("/context/error_log", "blank"),
        ("/context/other", "wrong_type"),
        ("/context/photo", "unknown_field"),
        ("/persona", "unknown_name"),
        ("/reason", "required"),
        ("/situation", "unknown_name"),
        ("/to", "unknown_field"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let service = desk.as_role(Role::Service);
    let ask = json!({ "persona": "human_support", "reason": "Now." });
    escalate(&service, &path, ask.clone()).await.expect_problem(403, "forbidden");
    let nowhere = "/v1/tickets/01900000-0000-7000-8000-000000000001";
    escalate(&agent, nowhere, ask).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn they_are_read_one_by_one_and_in_lists() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let mut all = Vec::new();
    let mut paths = Vec::new();
    for _ in 0..2 {
        let (_, path) = bug(&desk, json!({})).await;
        for (persona, context) in
            [("human_support", json!({})), ("system_administrator", json!({ "impact_assessment": "Few." }))]
        {
            let ask = json!({ "persona": persona, "reason": "It is theirs.", "context": context });
            all.push(escalate(&agent, &path, ask).await.expect(201).json());
        }
        paths.push(path);
    }
    let first = agent.get("/v1/escalations?limit=3").await.expect(200);
    assert_eq!(first.at("/items"), json!(all[..3]), "oldest first");
    let rest = format!("/v1/escalations?limit=3&cursor={}", first.text("/next_cursor"));
    let rest = agent.get(&rest).await.expect(200);
    assert_eq!((rest.at("/items"), rest.at("/next_cursor")), (json!(all[3..]), Value::Null));
    let ticket = paths[1].rsplit('/').next().expect("an id");
    let of_one = agent.get(&format!("/v1/escalations?ticket={ticket}")).await.expect(200);
    assert_eq!(of_one.at("/items"), json!(all[2..]));
    let foreign = format!("/v1/escalations?ticket={ticket}&cursor={}", first.text("/next_cursor"));
    agent.get(&foreign).await.expect_problem(400, "bad_parameter");
    for one in &all {
        let path = format!("/v1/escalations/{}", one["id"].as_str().expect("an id"));
        assert_eq!(agent.get(&path).await.expect(200).json(), *one);
        let other = desk.found_tenant(&format!("other-{}", &path[path.len() - 6..])).await;
        other.as_role(Role::Admin).get(&path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn the_matrix_is_told_and_can_be_asked() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let matrix = service.get("/v1/escalation-matrix").await.expect(200);
    let rules = matrix.at("/rules");
    let rules = rules.as_array().expect("a list");
    assert!(rules.len() > 10, "{rules:#?}");
    for (question, persona, context, fallback) in [
        (
            json!({ "category": "technical_bug" }),
            "developer",
            vec!["reproduction_steps", "error_log"],
            "human_support",
        ),
        (
            json!({ "category": "infrastructure" }),
            "devops",
            vec!["system_metrics", "error_log"],
            "system_administrator",
        ),
        (json!({ "category": "performance" }), "devops", vec!["system_metrics"], "developer"),
        (
            json!({ "category": "feature_request" }),
            "product_owner",
            vec!["user_needs_assessment"],
            "business_analyst",
        ),
        (
            json!({ "category": "business_requirement" }),
            "product_owner",
            vec!["user_needs_assessment"],
            "business_analyst",
        ),
        (
            json!({ "category": "technical_bug", "situation": "cannot_reproduce" }),
            "software_tester",
            vec!["reproduction_steps", "expected_result", "actual_result"],
            "developer",
        ),
        (
            json!({ "category": "how_to", "situation": "workflow_unclear" }),
            "business_analyst",
            vec!["user_workflow", "business_impact"],
            "product_owner",
        ),
        (json!({ "category": "data" }), "data_engineer", vec!["affected_data", "error_log"], "developer"),
        (
            json!({ "category": "security" }),
            "security_engineer",
            vec!["incident_details", "affected_scope"],
            "human_support",
        ),
        (
            json!({ "category": "architecture" }),
            "enterprise_architect",
            vec!["user_needs_assessment"],
            "product_owner",
        ),
        (
            json!({ "category": "architecture", "scope": "out_of_scope" }),
            "enterprise_architect",
            vec![],
            "human_support",
        ),
        (json!({ "category": "other" }), "developer", vec!["impact_assessment"], "human_support"),
        (json!({ "category": "access" }), "system_administrator", vec!["impact_assessment"], "human_support"),
        (
            json!({ "subject": "Implement a new feature for the reporting module." }),
            "developer",
            vec![],
            "human_support",
        ),
    ] {
        let route = service.post("/v1/escalation-matrix/test", &question).await.expect(200);
        assert_eq!(route.text("/persona"), persona, "{question}");
        assert_eq!(route.at("/required_context"), json!(context), "{question}");
        assert_eq!(route.text("/fallback"), fallback, "{question}");
        assert!(!route.text("/rule").is_empty());
        assert!(route.at("/reasons").as_array().is_some_and(|reasons| !reasons.is_empty()), "{question}");
        if let Value::Object(runner_up) = route.at("/runner_up") {
            assert_ne!(runner_up["persona"], json!(persona), "a second choice is another one");
        }
    }
    let nothing =
        service.post("/v1/escalation-matrix/test", &json!({})).await.expect_problem(422, "validation");
    assert_eq!(places(&nothing), [""]);
    let listed = service.get("/v1/escalations").await.expect(200);
    assert_eq!(listed.at("/items"), json!([]), "asking makes nothing");
}

#[tokio::test]
async fn a_hand_over_ends_with_its_ticket_and_can_be_made_again_when_it_comes_back() {
    let desk = Desk::start().await;
    desk.move_clock("2000-01-03T09:00:00Z").await;
    let agent = desk.as_role(Role::Agent);
    let made =
        agent.post("/v1/tickets", &ticket("Export fails", "The export shows error 500.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let ask = json!({ "persona": "devops", "reason": "Beyond us.",
        "context": { "system_metrics": "cpu 99 %", "error_log": "500" } });
    agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
    let handed = agent.get(&path).await.expect(200);
    assert_eq!(handed.at("/required_context"), handed.at("/escalations/0/required_context"));
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works again." });
    let resolved = agent.post(&format!("{path}/resolve"), &done).await.expect(200);
    assert_eq!(resolved.at("/escalations/0/state"), json!("closed"));
    agent.post(&format!("{path}/reopen"), &json!({ "reason": "Not yet." })).await.expect(200);
    agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
}

#[tokio::test]
async fn a_ticket_that_is_given_to_the_security_engineer_is_restricted() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let made =
        agent.post("/v1/tickets", &ticket("Export fails", "The export shows error 500.")).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let ask = json!({ "persona": "security_engineer", "reason": "It shows data of others.",
        "context": { "incident_details": "Rows of another customer.", "affected_scope": "Exports since Monday." } });
    agent.post(&format!("{path}/escalations"), &ask).await.expect(201);
    assert_eq!(agent.get(&path).await.expect(200).at("/restricted"), json!(true));
}
