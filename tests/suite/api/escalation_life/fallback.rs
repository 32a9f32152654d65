//! Who takes what somebody refused.

use serde_json::{Value, json};

use super::HandedOver;
use crate::harness::Desk;

#[tokio::test]
async fn a_refusal_goes_to_the_fallback_then_to_people_then_back_to_first_level() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let handed = HandedOver::to(&desk, "devops").await;
    let mut last = handed.get().await;
    assert_eq!(last.text("/fallback"), "system_administrator");
    for (persona, fallback) in
        [("system_administrator", json!("human_support")), ("human_support", Value::Null)]
    {
        let path = format!("/v1/escalations/{}", last.id());
        let refusal = json!({ "reason": format!("It is {persona}'s.") });
        let declined = handed.agent.post(&format!("{path}/decline"), &refusal).await.expect(200);
        assert_eq!(declined.text("/state"), "declined");
        assert_eq!(declined.text("/declined_reason"), format!("It is {persona}'s."));
        let next = handed.agent.get(&format!("/v1/escalations/{}", declined.text("/followed_by"))).await;
        let next = next.expect(200);
        for (pointer, value) in [
            ("/persona", json!(persona)),
            ("/team", json!(persona)),
            ("/state", json!("requested")),
            ("/origin", json!("fallback")),
            ("/kind", json!("functional")),
            ("/automatic", json!(true)),
            ("/fallback", fallback),
            ("/follows", last.at("/id")),
            ("/requested_by", Value::Null),
        ] {
            assert_eq!(next.at(pointer), value, "{persona} {pointer}");
        }
        assert!(next.text("/reason").contains(&format!("It is {persona}'s.")));
        assert!(next.text("/reason").starts_with("It needs a fix."), "the first reason stays");
        let ticket = handed.agent.get(&handed.ticket).await.expect(200);
        assert_eq!(
            (ticket.text("/assigned/persona"), ticket.text("/assigned/team")),
            (persona.to_owned(), persona.to_owned())
        );
        last = next;
    }
    let path = format!("/v1/escalations/{}/decline", last.id());
    let declined = handed.agent.post(&path, &json!({ "reason": "Nobody can." })).await.expect(200);
    assert_eq!(declined.at("/followed_by"), Value::Null);
    let ticket = handed.agent.get(&handed.ticket).await.expect(200);
    assert_eq!(ticket.text("/assigned/team"), "first_level", "it is still in somebody's queue");
    assert_eq!(ticket.at("/assigned/persona"), Value::Null);
    assert_eq!(ticket.at("/escalations").as_array().map(Vec::len), Some(3));
    let facts = handed.facts("escalation_advanced").await;
    let followed: Vec<_> = facts.iter().map(|fact| fact["data"].get("followed_by").is_some()).collect();
    assert_eq!(followed, [true, true, false]);
}

#[tokio::test]
async fn what_the_fallback_needs_is_asked_for_once() {
    let desk = Desk::start().await;
    desk.move_clock(super::MONDAY).await;
    let handed = HandedOver::to(&desk, "devops").await;
    let declined = handed.step("decline", json!({ "reason": "Not ours." })).await.expect(200);
    let next = format!("/v1/escalations/{}", declined.text("/followed_by"));
    let made = handed.agent.get(&next).await.expect(200);
    assert_eq!(made.at("/missing_context"), json!(["impact_assessment"]), "it was not refused for that");
    assert_eq!(made.at("/context_incomplete"), true);
    let asked = handed.asked().await;
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(asked[0]["visibility"], "public");
    let text = asked[0]["body"].as_str().expect("a text");
    assert!(text.contains("who is affected and what they cannot do"), "{text}");
    let wanted = handed.facts("escalation_context_wanted").await;
    assert_eq!(wanted[0]["data"]["wanted"], json!(["impact_assessment"]));
    assert_eq!(wanted[0]["data"]["message"], asked[0]["id"]);

    // Another one that needs the same: nobody is asked twice.
    let ask = json!({ "persona": "software_tester", "reason": "Can you see it?",
        "context": { "expected_result": "A file.", "actual_result": "None." } });
    let tester = handed.agent.post(&format!("{}/escalations", handed.ticket), &ask).await.expect(201);
    let path = format!("/v1/escalations/{}/decline", tester.id());
    handed.agent.post(&path, &json!({ "reason": "No." })).await.expect(200);
    let path = format!("{next}/decline");
    handed.agent.post(&path, &json!({ "reason": "No." })).await.expect(200);
    assert_eq!(handed.asked().await.len(), 1);

    let arrived = json!({ "kind": "impact_assessment", "text": "Two people wait." });
    handed.agent.post(&format!("{}/evidence", handed.ticket), &arrived).await.expect(201);
    let facts = handed.facts("escalation_context_added").await;
    assert_eq!(facts.len(), 0, "a refused one needs nothing any more");
}

#[tokio::test]
async fn a_fallback_that_has_it_already_takes_it() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let ask = json!({ "persona": "human_support", "reason": "Look at it too." });
    let people = handed.agent.post(&format!("{}/escalations", handed.ticket), &ask).await.expect(201);
    let context = json!({ "persona": "product_owner", "reason": "May we?", "context": { "user_needs_assessment": "All." } });
    handed.agent.post(&format!("{}/escalations", handed.ticket), &context).await.expect(201);
    let declined = handed.step("decline", json!({ "reason": "No." })).await.expect(200);
    assert_eq!(declined.at("/followed_by"), people.at("/id"), "no second one");
    let ticket = handed.agent.get(&handed.ticket).await.expect(200);
    assert_eq!(ticket.at("/escalations").as_array().map(Vec::len), Some(3));
    assert_eq!(ticket.text("/assigned/persona"), "human_support", "who has it now");
    assert_eq!(ticket.text("/assigned/team"), "human_support");
}
