//! Into whose hands a ticket goes.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{Worked, monday};

#[tokio::test]
async fn an_agent_is_found_by_name_and_by_id() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let named = worked.act("assign", json!({ "agent": "lead", "reason": "She knows it." })).await.expect(200);
    assert_eq!(named.text("/status"), "open", "work has begun");
    assert_eq!(named.text("/assigned/agent_name"), "lead");
    assert_eq!(named.text("/assigned/team"), "first_level", "the team is as it was");
    let id = named.text("/assigned/agent");
    let nobody = worked.act("assign", json!({ "agent": null })).await.expect(200);
    assert_eq!((nobody.at("/assigned/agent"), nobody.at("/assigned/agent_name")), (Value::Null, Value::Null));
    assert_eq!(nobody.text("/status"), "open");
    let by_id = worked.act("assign", json!({ "agent": id })).await.expect(200);
    assert_eq!(by_id.text("/assigned/agent_name"), "lead");
    let moved = worked.act("assign", json!({ "team": "devops" })).await.expect(200);
    assert_eq!(moved.text("/assigned/team"), "devops");
    assert_eq!(moved.text("/assigned/agent"), id, "whom it was with stays");
    let both = worked.act("assign", json!({ "team": "first_level", "agent": "agent" })).await.expect(200);
    assert_eq!(both.text("/assigned/team"), "first_level");
    assert_eq!(both.text("/assigned/agent_name"), "agent");
    assert_eq!(worked.read().await.body, both.body);
}

#[tokio::test]
async fn a_team_alone_begins_no_work() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let moved = worked.act("assign", json!({ "team": "devops" })).await.expect(200);
    assert_eq!(moved.text("/status"), "new");
    let cleared = worked.act("assign", json!({ "agent": null })).await.expect(200);
    assert_eq!(cleared.text("/status"), "new");
    let kinds: Vec<_> = worked.history().await.iter().map(|event| event["kind"].clone()).collect();
    // Each team has its own plan of whom to tell.
    let expected = ["opened", "message_added", "ladder_started", "assigned", "ladder_started", "assigned"];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn those_who_are_not_there_are_named() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let other = desk.found_tenant("globex").await;
    let foreign = other.as_role(Role::Lead).get("/v1/agents").await;
    let foreign_id = foreign.expect(200).text("/items/0/id");
    let before = worked.read().await;
    for (body, place, code) in [
        (json!({}), "", "required"),
        (json!({ "team": null }), "", "required"),
        (json!({ "reason": "So." }), "", "required"),
        (json!({ "team": "nowhere" }), "/team", "unknown_team"),
        (json!({ "team": "" }), "/team", "too_short"),
        (json!({ "agent": "nobody" }), "/agent", "unknown_agent"),
        (json!({ "agent": foreign_id }), "/agent", "unknown_agent"),
        (json!({ "agent": "01900000-0000-7000-8000-000000000001" }), "/agent", "unknown_agent"),
        (json!({ "agent": 7 }), "/agent", "wrong_type"),
    ] {
        let refused = worked.act("assign", body.clone()).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [(place.to_owned(), code.to_owned())], "{body}");
    }
    let unknown = worked.act("assign", json!({ "team": "nowhere" })).await;
    assert!(unknown.text("/errors/0/detail").contains("first_level"), "the teams that there are");
    assert_eq!(worked.read().await.body, before.body);
}
