//! What messages do.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{Worked, monday};

#[tokio::test]
async fn they_move_the_ticket_as_the_conversation_does() {
    let desk = monday().await;
    for (from, author, visibility, to) in [
        ("new", "agent", "public", "open"),
        ("new", "agent", "internal", "new"),
        ("new", "requester", "public", "new"),
        ("new", "automation", "public", "new"),
        ("open", "agent", "public", "open"),
        ("pending", "requester", "public", "open"),
        ("pending", "agent", "public", "pending"),
        ("pending", "automation", "public", "pending"),
        ("on_hold", "requester", "public", "on_hold"),
        ("resolved", "requester", "public", "open"),
        ("resolved", "agent", "public", "resolved"),
        ("resolved", "agent", "internal", "resolved"),
        ("resolved", "automation", "public", "resolved"),
    ] {
        let worked = Worked::at(&desk, from).await;
        let said = worked.say(author, visibility, None).await.expect(201);
        assert_eq!(worked.status().await, to, "{visibility} by {author} while {from}");
        let found = worked.agent.get(said.header("location")).await.expect(200);
        assert_eq!(found.json(), said.json(), "it is where `Location` says");
        let listed = worked.agent.get(&format!("{}/messages?limit=200", worked.path)).await.expect(200);
        let items = listed.at("/items");
        assert_eq!(items.as_array().and_then(|items| items.last()), Some(&said.json()));
        assert_eq!(said.header("etag"), worked.read().await.header("etag"));
    }
}

#[tokio::test]
async fn a_state_comes_with_a_message_if_it_is_legal() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    worked.say("agent", "public", Some("pending")).await.expect(201);
    assert_eq!(worked.status().await, "pending");
    worked.say("requester", "public", Some("pending")).await.expect(201);
    assert_eq!(worked.status().await, "pending", "a state that is asked for is not overruled");
    let before = worked.read().await;
    let refused =
        worked.say("agent", "public", Some("closed")).await.expect_problem(409, "illegal_transition");
    assert_eq!(refused.at("/allowed"), json!(["open", "on_hold", "resolved"]));
    worked.say("agent", "public", Some("resolved")).await.expect_problem(422, "validation");
    assert_eq!(worked.read().await.body, before.body, "the message of a refused state is not kept");
    let messages = worked.agent.get(&format!("{}/messages", worked.path)).await.expect(200);
    assert_eq!(messages.at("/items").as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn only_people_write_as_agents() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let target = format!("{}/messages", worked.path);
    let body = json!({ "author": "agent", "visibility": "public", "body": "We look into it." });
    let refused = desk.as_role(Role::Service).post(&target, &body).await.expect_problem(403, "forbidden");
    assert_eq!(refused.faults(), [("/author".to_owned(), "not_allowed".to_owned())]);
    for role in [Role::Agent, Role::Lead, Role::Admin] {
        let said = desk.as_role(role).post(&target, &body).await.expect(201);
        assert!(
            !said.text("/agent_name").is_empty() && !said.text("/agent").is_empty(),
            "which agent it was"
        );
    }
    for author in ["requester", "automation"] {
        let body = json!({ "author": author, "visibility": "public", "body": "Any news?" });
        let said = desk.as_role(Role::Service).post(&target, &body).await.expect(201);
        assert_eq!((said.text("/author"), said.at("/agent")), (author.to_owned(), json!(null)));
    }
    let hidden = worked.say("requester", "internal", None).await.expect_problem(422, "validation");
    assert_eq!(hidden.faults(), [("/visibility".to_owned(), "not_allowed".to_owned())]);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let refused = worked.act("messages", json!({ "body": " ", "status": "gone", "to": 1 })).await;
    let refused = refused.expect_problem(422, "validation");
    let faults: Vec<_> = refused.faults();
    let expected = [
        ("/visibility", "required"),
        ("/author", "required"),
        ("/body", "blank"),
        ("/status", "unknown_name"),
        ("/to", "unknown_field"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let evidence = worked.act("evidence", json!({ "kind": "photo" })).await.expect_problem(422, "validation");
    let expected = [("/kind", "unknown_name"), ("/text", "required")];
    assert_eq!(evidence.faults(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn a_closed_ticket_takes_nothing_more() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "closed").await;
    let before = worked.read().await;
    for author in ["agent", "automation"] {
        worked.say(author, "public", None).await.expect_problem(409, "conflict");
    }
    for (act, body) in [
        ("evidence", json!({ "kind": "other", "text": "x" })),
        ("assign", json!({ "agent": "agent" })),
        ("triage", json!({})),
        ("escalations", json!({ "persona": "human_support", "reason": "Late." })),
    ] {
        worked.act(act, body).await.expect_problem(409, "conflict");
    }
    assert_eq!(worked.read().await.body, before.body);
}
