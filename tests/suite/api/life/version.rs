//! Versions of a ticket: each change has one, and a change may name the one it
//! is meant for.

use serde_json::{Value, json};

use super::{Worked, monday};

/// Every act on a ticket, in an order in which each of them is legal.
fn acts() -> [(&'static str, Value); 10] {
    [
        ("messages", json!({ "visibility": "public", "author": "agent", "body": "We look." })),
        ("evidence", json!({ "kind": "error_log", "text": "E1" })),
        ("escalations", json!({ "persona": "human_support", "reason": "I cannot." })),
        ("assign", json!({ "agent": "agent" })),
        ("triage", json!({ "severity": "critical", "reason": "It is worse." })),
        ("transitions", json!({ "to": "pending" })),
        ("resolve", json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." })),
        ("reopen", json!({ "reason": "It does not." })),
        ("resolve", json!({ "resolution": "fixed", "steps": "Again.", "message": "Now it works." })),
        ("close", json!({})),
    ]
}

#[tokio::test]
async fn every_change_has_a_tag_of_its_own() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let mut tags = vec![worked.read().await.header("etag").to_owned()];
    for (act, body) in acts() {
        let done = worked.act(act, body).await;
        assert!([200, 201].contains(&done.status), "{}", done.shown());
        let read = worked.read().await;
        // An escalation is a thing of its own, without versions.
        if act != "escalations" {
            assert_eq!(done.header("etag"), read.header("etag"), "{act}");
        }
        assert!(read.header("etag").starts_with(&format!("\"v{}-", read.at("/version"))));
        assert!(!tags.iter().any(|tag| tag == read.header("etag")), "{act} changed nothing");
        tags.push(read.header("etag").to_owned());
        let version = read.at("/version").as_u64().expect("a number");
        let events = u64::try_from(worked.history().await.len()).expect("a small number");
        assert_eq!(version, events, "the version counts the facts");
    }
}

#[tokio::test]
async fn a_change_meant_for_another_version_is_not_made() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let path = |act: &str| format!("{}/{act}", worked.path);
    let stale = worked.read().await.header("etag").to_owned();
    worked.act("transitions", json!({ "to": "on_hold" })).await.expect(200);
    for (act, body) in acts() {
        let current = worked.read().await;
        let tag = current.header("etag").to_owned();
        for wrong in [stale.clone(), format!("W/{tag}"), "\"other\"".to_owned(), "\"v0\", \"v01\"".to_owned()]
        {
            let refused = worked.agent.with("if-match", &wrong).post(&path(act), &body).await;
            refused.expect_problem(412, "precondition_failed");
        }
        assert_eq!(worked.read().await.body, current.body, "{act}");
        let listed = format!("\"other\", {tag}");
        let done = worked.agent.with("if-match", &listed).post(&path(act), &body).await;
        assert!([200, 201].contains(&done.status), "{}", done.shown());
    }
}

#[tokio::test]
async fn any_version_and_no_version() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let target = format!("{}/transitions", worked.path);
    let body = json!({ "to": "open" });
    for bad in ["v1", "\"v1", "*, \"v1\"", "\"v1\" \"v2\""] {
        let refused = worked.agent.with("if-match", bad).post(&target, &body).await;
        refused.expect_problem(400, "bad_parameter");
    }
    worked.agent.with("if-match", "*").post(&target, &body).await.expect(200);
    let nowhere = "/v1/tickets/01900000-0000-7000-8000-000000000001/transitions";
    worked.agent.with("if-match", "\"v1\"").post(nowhere, &body).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn of_two_changes_for_one_version_one_is_made() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let target = format!("{}/messages", worked.path);
    let tag = worked.read().await.header("etag").to_owned();
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (client, target) = (worked.agent.with("if-match", &tag), target.clone());
        let body = json!({ "visibility": "internal", "author": "agent", "body": format!("Note {number}") });
        posts.spawn(async move { client.post(&target, &body).await.status });
    }
    let mut statuses = posts.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412, 412, 412, 412, 412]);
}
