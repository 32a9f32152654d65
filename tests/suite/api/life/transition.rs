//! Which states follow which.

use serde_json::json;

use super::{Worked, monday};

/// domain.md §3, state by state.
const LEGAL: [(&str, &[&str]); 6] = [
    ("new", &["open", "pending", "on_hold", "resolved"]),
    ("open", &["pending", "on_hold", "resolved"]),
    ("pending", &["open", "on_hold", "resolved"]),
    ("on_hold", &["open", "pending", "resolved"]),
    ("resolved", &["open", "closed"]),
    ("closed", &[]),
];

#[tokio::test]
async fn legal_ones_are_made_and_others_refused_with_the_legal_ones() {
    let desk = monday().await;
    for (from, legal) in LEGAL {
        let illegal = LEGAL.iter().map(|(to, _)| *to).filter(|to| !legal.contains(to));
        let worked = Worked::at(&desk, from).await;
        let before = worked.read().await;
        for to in illegal {
            let refused = worked.act("transitions", json!({ "to": to })).await;
            let refused = refused.expect_problem(409, "illegal_transition");
            assert_eq!(refused.at("/allowed"), json!(legal), "{from} to {to}");
            assert_eq!(refused.at("/retryable"), false);
        }
        assert_eq!(worked.read().await.body, before.body, "a refusal changes nothing");
        for to in legal.iter().filter(|to| **to != "resolved") {
            let worked = Worked::at(&desk, from).await;
            let moved = worked.act("transitions", json!({ "to": to })).await.expect(200);
            assert_eq!(moved.text("/status"), *to);
            assert_eq!(moved.body, worked.read().await.body);
        }
    }
}

#[tokio::test]
async fn resolving_takes_more_than_a_transition() {
    let desk = monday().await;
    for from in ["new", "open", "pending", "on_hold"] {
        let worked = Worked::at(&desk, from).await;
        let refused = worked.act("transitions", json!({ "to": "resolved" })).await;
        let refused = refused.expect_problem(422, "validation");
        let places: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["/resolution", "/steps", "/message"]);
        assert_eq!(worked.status().await, from);
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    for (body, place, code) in [
        (json!({}), "/to", "required"),
        (json!({ "to": "done" }), "/to", "unknown_name"),
        (json!({ "to": "open", "reason": " " }), "/reason", "too_short"),
        (json!({ "to": "open", "reason": "r".repeat(2_001) }), "/reason", "too_long"),
        (json!({ "to": "open", "why": "so" }), "/why", "unknown_field"),
    ] {
        let refused = worked.act("transitions", body).await.expect_problem(422, "validation");
        assert_eq!(refused.faults(), [(place.to_owned(), code.to_owned())]);
    }
    let nowhere = "/v1/tickets/01900000-0000-7000-8000-000000000001/transitions";
    worked.agent.post(nowhere, &json!({ "to": "open" })).await.expect_problem(404, "not_found");
    let no_id = worked.agent.post("/v1/tickets/17/transitions", &json!({ "to": "open" })).await;
    no_id.expect_problem(400, "bad_parameter");
}
