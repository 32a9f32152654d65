//! What a ticket remembers, and what it must not.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{MONDAY, Worked, monday};

fn column(events: &[Value], pointer: &str) -> Vec<Value> {
    events.iter().map(|event| event.pointer(pointer).cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn it_tells_who_did_what_and_why() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    worked.say("requester", "public", None).await.expect(201);
    worked.act("assign", json!({ "agent": "lead", "reason": "She knows it." })).await.expect(200);
    let service = desk.as_role(Role::Service);
    let piece = json!({ "kind": "error_log", "text": "E1" });
    service.post(&format!("{}/evidence", worked.path), &piece).await.expect(201);
    desk.move_clock("2000-01-03T09:20:00Z").await;
    let late = json!({ "to": "pending", "reason": "Waiting for a log." });
    desk.as_role(Role::Lead).post(&format!("{}/transitions", worked.path), &late).await.expect(200);
    worked.resolve().await.expect(200);
    worked.act("reopen", json!({ "reason": "Still broken." })).await.expect(200);

    let events = worked.history().await;
    assert_eq!(
        column(&events, "/kind"),
        [
            "opened",
            "message_added",
            "ladder_started",
            "message_added",
            "assigned",
            "status_changed",
            "evidence_added",
            "ladder_step",
            "status_changed",
            "message_added",
            "resolved",
            "reopened",
        ]
    );
    assert_eq!(
        column(&events, "/actor/kind"),
        [
            "requester",
            "automation",
            "automation",
            "requester",
            "agent",
            "agent",
            "automation",
            "automation",
            "agent",
            "agent",
            "agent",
            "agent",
        ]
    );
    let name = |name: &str| json!(name);
    assert_eq!(
        column(&events, "/actor/name"),
        [
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            name("agent"),
            name("agent"),
            Value::Null,
            Value::Null,
            name("lead"),
            name("agent"),
            name("agent"),
            name("agent"),
        ]
    );
    let reasons: Vec<_> = column(&events, "/reason").into_iter().filter(|reason| !reason.is_null()).collect();
    assert_eq!(reasons, ["She knows it.", "Waiting for a log.", "Still broken."]);
    assert_eq!(column(&events, "/seq"), (1..=12).map(Value::from).collect::<Vec<_>>());
    let at = column(&events, "/at");
    assert!(at[..7].iter().all(|at| at == MONDAY) && at[8..].iter().all(|at| at == "2000-01-03T09:20:00Z"));
    assert_eq!(at[7], "2000-01-03T09:15:00Z", "half of the promised time was over");
    assert_eq!(events[8]["data"], json!({ "from": "open", "to": "pending" }));
    assert_eq!(events[10]["data"], json!({ "from": "pending", "resolution": "fixed" }));
    let requester = worked.read().await.at("/requester/id");
    assert_eq!((&events[0]["actor"]["id"], &events[3]["actor"]["id"]), (&requester, &requester));
}

#[tokio::test]
async fn it_is_read_in_pages() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "closed").await;
    let whole = worked.history().await;
    let mut pages = Vec::new();
    let mut next = format!("{}/history?limit=2", worked.path);
    loop {
        let page = worked.agent.get(&next).await.expect(200);
        pages.extend(page.at("/items").as_array().expect("a list").clone());
        let Value::String(cursor) = page.at("/next_cursor") else { break };
        next = format!("{}/history?limit=2&cursor={cursor}", worked.path);
    }
    assert_eq!(pages, whole);
    let other = Worked::new(&desk).await;
    let page = other.agent.get(&format!("{}/history?limit=1", other.path)).await.expect(200);
    let foreign = format!("{}/history?cursor={}", worked.path, page.text("/next_cursor"));
    worked.agent.get(&foreign).await.expect_problem(400, "bad_parameter");
}

/// What people write is kept where it can be erased, never among the facts.
#[tokio::test]
async fn it_holds_no_personal_text() {
    const SECRET: &str = "xyzzy";
    let desk = monday().await;
    let agent = desk.as_role(Role::Agent);
    let body = json!({
        "subject": format!("{SECRET} subject"), "body": format!("{SECRET} body of a bug report"),
        "requester": { "email": format!("{SECRET}@example.org"), "name": format!("{SECRET} name") },
        "service": format!("{SECRET} service"), "external_ref": format!("{SECRET} ref"),
        "dedup_key": format!("{SECRET} key"), "tags": [format!("{SECRET} tag")], "category": "technical_bug",
        "custom": { SECRET: SECRET }, "evidence": [{ "kind": "other", "text": SECRET }]
    });
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    let worked = Worked { agent, path: format!("/v1/tickets/{}", made.id()) };
    worked.agent.post("/v1/tickets", &body).await.expect(200);
    for (act, body) in [
        ("messages", json!({ "visibility": "public", "author": "agent", "body": SECRET })),
        ("evidence", json!({ "kind": "error_log", "text": SECRET })),
        ("assign", json!({ "agent": "agent", "reason": SECRET })),
        ("triage", json!({ "severity": "critical", "reason": SECRET })),
        (
            "escalations",
            json!({ "persona": "developer", "reason": SECRET, "context": { "reproduction_steps": SECRET } }),
        ),
        ("transitions", json!({ "to": "pending", "reason": SECRET })),
        (
            "resolve",
            json!({ "resolution": "fixed", "steps": SECRET, "message": SECRET, "root_cause": SECRET,
                "knowledge": { "draft": SECRET }, "impact_assessment": SECRET }),
        ),
        ("reopen", json!({ "reason": SECRET })),
    ] {
        let done = worked.act(act, body).await;
        assert!([200, 201].contains(&done.status), "{}", done.shown());
    }
    let events = worked.history().await;
    assert_eq!(events.len(), 19, "{events:?}");
    let reasons = column(&events, "/reason").iter().filter(|reason| **reason == SECRET).count();
    assert_eq!(reasons, 5, "reasons are shown beside the facts");
    let data = column(&events, "/data");
    assert!(!json!(data).to_string().contains(SECRET), "{data:#?}");
    let kept: Vec<String> = sqlx::query_scalar("select ticket_events::text from ticket_events")
        .fetch_all(&mut desk.superuser().await)
        .await
        .expect("the rows are there");
    assert_eq!(kept.len(), events.len());
    assert!(!kept.iter().any(|row| row.contains(SECRET)), "{kept:#?}");
}
