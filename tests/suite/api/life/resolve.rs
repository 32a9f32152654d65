//! What a resolution needs, and what it leaves.

use serde_json::{Value, json};

use super::{MONDAY, Worked, monday};

#[tokio::test]
async fn each_missing_part_is_named() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    let whole = json!({ "resolution": "fixed", "steps": "Restarted it.", "message": "It works again." });
    let nothing = worked.act("resolve", json!({})).await.expect_problem(422, "validation");
    let places: Vec<_> = nothing.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["/resolution", "/steps", "/message"]);
    for name in ["resolution", "steps", "message"] {
        for missing in [json!(null), json!("")] {
            let mut body = whole.clone();
            body[name] = missing;
            let refused = worked.act("resolve", body).await.expect_problem(422, "validation");
            let places: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, [format!("/{name}")]);
        }
    }
    for (name, wrong, code) in [
        ("resolution", json!("gone"), "unknown_name"),
        ("steps", json!(" \n"), "blank"),
        ("message", json!("\t"), "blank"),
        ("root_cause", json!(""), "too_short"),
        ("knowledge", json!({ "book": 1 }), "unknown_field"),
        ("knowledge", json!("KB-1"), "wrong_type"),
        ("impact_assessment", json!(3), "wrong_type"),
        ("cost", json!(3), "unknown_field"),
    ] {
        let mut body = whole.clone();
        body[name] = wrong;
        let refused = worked.act("resolve", body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [(format!("/{name}"), code.to_owned())]);
    }
    assert_eq!(worked.status().await, "new");
    worked.act("resolve", whole).await.expect(200);
}

#[tokio::test]
async fn it_is_kept_and_the_requester_is_told() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    worked.act("assign", json!({ "agent": "agent" })).await.expect(200);
    let body = json!({
        "resolution": "workaround", "steps": "Split the export.", "message": "Please export by week.",
        "root_cause": "The file is too long.", "knowledge": { "waived": "Known to all." },
        "impact_assessment": "One team for a day."
    });
    let resolved = worked.act("resolve", body.clone()).await.expect(200);
    assert_eq!(resolved.text("/status"), "resolved");
    let kept = resolved.at("/resolution");
    for name in ["resolution", "steps", "root_cause", "knowledge", "impact_assessment"] {
        assert_eq!(kept[name], body[name], "{name}");
    }
    assert_eq!((&kept["resolved_at"], &kept["agent"]), (&json!(MONDAY), &resolved.at("/assigned/agent")));
    assert_eq!(resolved.text("/sla/first_response/state"), "met", "the message is a first response");
    assert_eq!(resolved.text("/sla/resolution/state"), "met");
    assert_eq!(resolved.text("/sla/resolution/stopped_at"), MONDAY);
    let messages = worked.agent.get(&format!("{}/messages", worked.path)).await.expect(200);
    let last = messages.at("/items/2");
    assert_eq!(last["body"], body["message"]);
    assert_eq!((&last["visibility"], &last["author"]), (&json!("public"), &json!("agent")));
    assert_eq!(last["purpose"], "resolution");
}

#[tokio::test]
async fn it_happens_once_and_the_latest_is_shown() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "resolved").await;
    let again = worked.resolve().await.expect_problem(409, "illegal_transition");
    assert_eq!(again.at("/allowed"), json!(["open", "closed"]));
    let reopened = worked.act("reopen", json!({ "reason": "It does not." })).await.expect(200);
    assert_eq!(reopened.at("/resolution"), Value::Null, "it is not resolved now");
    let second = json!({ "resolution": "no_fault", "steps": "Looked.", "message": "All is well." });
    let resolved = worked.act("resolve", second).await.expect(200);
    assert_eq!(resolved.text("/resolution/resolution"), "no_fault");
    worked.act("close", json!({})).await.expect(200);
    let refused = worked.resolve().await.expect_problem(409, "illegal_transition");
    assert_eq!(refused.at("/allowed"), json!([]));
    assert_eq!(worked.read().await.text("/resolution/resolution"), "no_fault");
}
