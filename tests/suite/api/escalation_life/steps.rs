//! Each step, and the steps that there are not.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{HandedOver, MONDAY};
use crate::harness::Desk;

#[tokio::test]
async fn from_the_request_to_the_end() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let fresh = handed.get().await;
    assert_eq!((fresh.at("/origin"), fresh.at("/version")), (json!("person"), json!(1)));
    assert!(fresh.text("/matrix_version").starts_with("shipped-"));
    for absent in ["acknowledged_at", "acknowledged_by", "acknowledged_until", "answer", "followed_by"] {
        assert_eq!(fresh.at(&format!("/{absent}")), Value::Null);
    }

    desk.move_clock("2000-01-03T09:05:00Z").await;
    let seen = handed.step("acknowledge", json!({ "note": "Mine." })).await.expect(200);
    assert_eq!(seen.text("/state"), "acknowledged");
    assert_eq!(seen.text("/acknowledged_at"), "2000-01-03T09:05:00Z");
    assert_eq!(seen.at("/acknowledged_by"), fresh.at("/requested_by"), "the same agent");
    assert_eq!(seen.text("/note"), "Mine.");
    assert_eq!(seen.at("/acknowledged_until"), Value::Null);
    assert_eq!(handed.get().await.json(), seen.json());

    let begun = handed.step("start", json!({})).await.expect(200);
    assert_eq!(begun.text("/state"), "in_progress");
    assert_eq!(begun.at("/acknowledged_at"), seen.at("/acknowledged_at"), "it was seen before");

    desk.move_clock("2000-01-03T10:00:00Z").await;
    let answered = handed.step("answer", json!({ "text": "Update to 1.2." })).await.expect(200);
    assert_eq!(answered.text("/state"), "answered");
    assert_eq!(answered.text("/answer"), "Update to 1.2.");
    assert_eq!(answered.text("/answered_at"), "2000-01-03T10:00:00Z");
    handed.step("start", json!({ "note": "It raised a question." })).await.expect(200);
    let again = handed.step("answer", json!({ "text": "Update to 1.3." })).await.expect(200);
    assert_eq!(again.text("/answer"), "Update to 1.3.");

    let ended = handed.step("close", json!({ "reason": "Done." })).await.expect(200);
    assert_eq!((ended.text("/state"), ended.text("/note")), ("closed".to_owned(), "Done.".to_owned()));
    let steps: Vec<_> = handed
        .facts("escalation_advanced")
        .await
        .iter()
        .map(|fact| (fact["data"]["from"].clone(), fact["data"]["to"].clone(), fact["reason"].clone()))
        .collect();
    let told = [
        ("requested", "acknowledged", json!("Mine.")),
        ("acknowledged", "in_progress", Value::Null),
        ("in_progress", "answered", Value::Null),
        ("answered", "in_progress", json!("It raised a question.")),
        ("in_progress", "answered", Value::Null),
        ("answered", "closed", json!("Done.")),
    ];
    assert_eq!(steps, told.map(|(from, to, why)| (json!(from), json!(to), why)));
    let now = handed.agent.get(&handed.ticket).await.expect(200);
    assert_eq!(now.at("/escalations/0"), ended.json());
}

/// Brings a fresh hand-over into a state.
async fn bring(handed: &HandedOver, state: &str) {
    let steps: &[(&str, Value)] = match state {
        "requested" => &[],
        "acknowledged" => &[("acknowledge", json!({}))],
        "in_progress" => &[("start", json!({}))],
        "answered" => &[("answer", json!({ "text": "So." }))],
        "closed" => &[("close", json!({}))],
        "returned" => &[("return", json!({ "missing": ["error_log"] }))],
        "declined" => &[("decline", json!({ "reason": "No." }))],
        other => panic!("there is no state {other}"),
    };
    for (act, body) in steps {
        handed.step(act, body.clone()).await.expect(200);
    }
}

#[tokio::test]
async fn every_step_from_every_state_is_done_or_answered_with_the_legal_ones() {
    let desk = Desk::start().await;
    desk.move_clock(MONDAY).await;
    let acts = [
        ("acknowledge", "acknowledged", json!({})),
        ("start", "in_progress", json!({})),
        ("return", "returned", json!({ "missing": ["error_log"] })),
        ("decline", "declined", json!({ "reason": "No." })),
        ("answer", "answered", json!({ "text": "So." })),
        ("close", "closed", json!({})),
    ];
    let everywhere = ["acknowledged", "in_progress", "answered", "closed", "returned", "declined"];
    let legal = [
        ("requested", everywhere.to_vec()),
        ("acknowledged", [&["requested"], &everywhere[1..]].concat()),
        ("in_progress", everywhere[2..].to_vec()),
        ("answered", vec!["in_progress", "closed"]),
        ("closed", vec![]),
        ("returned", vec!["requested", "closed"]),
        ("declined", vec!["closed"]),
    ];
    for (from, allowed) in legal {
        for (act, to, body) in &acts {
            let handed = HandedOver::to(&desk, "developer").await;
            bring(&handed, from).await;
            let before = handed.get().await;
            let answer = handed.step(act, body.clone()).await;
            if allowed.contains(to) {
                assert_eq!(answer.expect(200).text("/state"), *to, "{from}: {act}");
                continue;
            }
            let refused = answer.expect_problem(409, "illegal_transition");
            assert_eq!(refused.at("/allowed"), json!(allowed), "{from}: {act}");
            assert_eq!(handed.get().await.json(), before.json(), "{from}: {act}");
        }
    }
}

#[tokio::test]
async fn an_acknowledgement_holds_until_it_says() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    for past in ["2000-01-03T08:00:00Z", MONDAY] {
        let refused = handed.step("acknowledge", json!({ "until": past })).await;
        let refused = refused.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [("/until".to_owned(), "past".to_owned())]);
    }
    let patience = handed.get().await.text("/acknowledge_by");
    let body = json!({ "until": "2000-01-03T12:00:00Z" });
    let seen = handed.step("acknowledge", body).await.expect(200);
    assert_eq!(seen.text("/acknowledged_until"), "2000-01-03T12:00:00Z");

    desk.move_clock("2000-01-03T11:59:59Z").await;
    let longer = json!({ "until": "2000-01-03T12:00:00.5Z" });
    let longer = handed.step("acknowledge", longer).await.expect(200);
    assert_eq!(longer.text("/acknowledged_until"), "2000-01-03T12:00:00.5Z");
    let shorter = json!({ "until": "2000-01-03T12:00:00Z" });
    handed.step("acknowledge", shorter).await.expect(200);
    desk.move_clock("2000-01-03T12:00:30Z").await;
    let again = handed.step("acknowledge", json!({})).await.expect(200);
    assert_eq!(again.text("/acknowledged_at"), "2000-01-03T12:00:30Z", "nobody had it any more");
    let facts = handed.facts("escalation_advanced").await;
    let expired = &facts[3];
    assert_eq!(expired["data"]["cause"], "expired");
    assert_eq!(expired["at"], "2000-01-03T12:00:00Z", "stamped with its end");
    let waited = |text: &str| -> jiff::Timestamp { text.parse().expect("an instant") };
    let first = waited(&patience).duration_since(waited(MONDAY));
    let next = waited(expired["data"]["acknowledge_by"].as_str().expect("an instant"));
    assert_eq!(next.duration_since(waited("2000-01-03T12:00:00Z")), first, "the time begins anew");

    // Work that has begun does not expire.
    let other = HandedOver::to(&desk, "devops").await;
    other.step("acknowledge", json!({ "until": "2000-01-03T13:30:00Z" })).await.expect(200);
    let begun = other.step("start", json!({})).await.expect(200);
    assert_eq!(begun.at("/acknowledged_until"), Value::Null);
    desk.move_clock("2000-01-04T09:00:00Z").await;
    other.step("answer", json!({ "text": "So." })).await.expect(200);
    assert!(other.facts("escalation_advanced").await.iter().all(|fact| fact["data"]["cause"] == "asked"));
}

#[tokio::test]
async fn nothing_but_closing_is_left_when_the_ticket_needs_nobody() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    handed.step("answer", json!({ "text": "So." })).await.expect(200);
    let open = HandedOver::to(&desk, "devops").await;
    let done = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    for one in [&handed, &open] {
        one.agent.post(&format!("{}/resolve", one.ticket), &done).await.expect(200);
    }
    let refused = open.step("acknowledge", json!({})).await.expect_problem(409, "illegal_transition");
    assert_eq!(refused.at("/allowed"), json!([]), "it ended with its ticket");
    handed.step("start", json!({})).await.expect_problem(409, "conflict");
    assert_eq!(handed.step("close", json!({})).await.expect(200).text("/state"), "closed");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_versions_are_honoured() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let wrong = [
        ("acknowledge", json!({ "until": "soon", "note": "" }), vec!["/until", "/note"]),
        ("start", json!({ "text": "x" }), vec!["/text"]),
        ("return", json!({}), vec!["/missing"]),
        ("return", json!({ "missing": [] }), vec!["/missing"]),
        ("return", json!({ "missing": ["gossip"] }), vec!["/missing/0"]),
        ("decline", json!({ "reason": " " }), vec!["/reason"]),
        ("answer", json!({ "text": " " }), vec!["/text"]),
        ("close", json!({ "why": "x" }), vec!["/why"]),
    ];
    for (act, body, places) in wrong {
        let refused = handed.step(act, body).await.expect_problem(422, "validation");
        let found: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
        assert_eq!(found, places, "{act}");
    }
    let fresh = handed.get().await;
    let tag = fresh.header("etag").to_owned();
    assert!(tag.starts_with("\"v1-"), "{tag}");
    let known = handed.agent.with("if-none-match", &tag).get(&handed.path()).await;
    assert_eq!(known.status, 304);
    let path = format!("{}/acknowledge", handed.path());
    let seen = handed.agent.with("if-match", &tag).post(&path, &json!({})).await.expect(200);
    assert_eq!(seen.header("etag"), handed.get().await.header("etag"));
    let late = handed.agent.with("if-match", &tag);
    let refused = late.post(&format!("{}/start", handed.path()), &json!({})).await;
    refused.expect_problem(412, "precondition_failed");
    let keyed = handed.agent.with("idempotency-key", "once");
    for replayed in ["", "true"] {
        let begun = keyed.post(&format!("{}/start", handed.path()), &json!({})).await.expect(200);
        assert_eq!(begun.header("idempotency-replayed"), replayed);
    }
    let service = desk.as_role(Role::Service);
    service.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    let nowhere = "/v1/escalations/01900000-0000-7000-8000-000000000001/acknowledge";
    handed.agent.post(nowhere, &json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn they_are_found_by_state_persona_and_team() {
    let desk = Desk::start().await;
    let first = HandedOver::on(&desk).await;
    let second = HandedOver::to(&desk, "devops").await;
    first.step("acknowledge", json!({})).await.expect(200);
    let found = async |query: &str| {
        let page = first.agent.get(&format!("/v1/escalations?{query}")).await.expect(200);
        let items = page.at("/items");
        let ids = items.as_array().expect("a list").iter().map(|item| item["id"].clone());
        ids.map(|id| id.as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let (one, two) = (first.id.as_str(), second.id.as_str());
    assert_eq!(found("state=acknowledged").await, [one]);
    assert_eq!(found("state=acknowledged,requested").await, [one, two]);
    assert_eq!(found("persona=devops").await, [two]);
    assert_eq!(found("team=developer").await, [one]);
    assert_eq!(found("team=developer,devops&state=requested").await, [two]);
    assert_eq!(found("state=closed").await, Vec::<String>::new());
    let page = first.agent.get("/v1/escalations?team=developer,devops&limit=1").await.expect(200);
    let cursor = page.text("/next_cursor");
    assert_eq!(found(&format!("team=developer,devops&limit=1&cursor={cursor}")).await, [two]);
    for (query, place) in
        [("state=lost", "/query/state"), ("persona=x", "/query/persona"), ("team=A", "/query/team")]
    {
        let refused = first.agent.get(&format!("/v1/escalations?{query}")).await;
        assert_eq!(refused.expect_problem(400, "bad_parameter").faults()[0].0, place);
    }
    first.agent.get(&format!("/v1/escalations?cursor={cursor}")).await.expect_problem(400, "bad_parameter");
}
