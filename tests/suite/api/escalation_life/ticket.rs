//! Acknowledging whatever of a ticket waits for it.

use serde_json::{Value, json};

use super::HandedOver;
use crate::harness::Desk;

#[tokio::test]
async fn every_hand_over_that_waits_is_acknowledged_at_once() {
    let desk = Desk::start().await;
    let handed = HandedOver::on(&desk).await;
    let ask = json!({ "persona": "human_support", "reason": "Look at it too." });
    handed.agent.post(&format!("{}/escalations", handed.ticket), &ask).await.expect(201);
    let worked = json!({ "persona": "devops", "reason": "Is it you?", "context": {} });
    let worked = handed.agent.post(&format!("{}/escalations", handed.ticket), &worked).await.expect(201);
    let path = format!("/v1/escalations/{}/start", worked.id());
    handed.agent.post(&path, &json!({})).await.expect(200);

    let path = format!("{}/acknowledge", handed.ticket);
    let refused = handed.agent.post(&path, &json!({ "until": super::MONDAY })).await;
    assert_eq!(refused.expect_problem(422, "validation").faults()[0].0, "/until");
    let body = json!({ "until": "2000-01-03T12:00:00Z", "note": "We are on it." });
    let seen = handed.agent.post(&path, &body).await.expect(200);
    let states: Vec<_> = (0..3).map(|n| seen.text(&format!("/escalations/{n}/state"))).collect();
    assert_eq!(states, ["acknowledged", "acknowledged", "in_progress"]);
    assert_eq!(seen.text("/escalations/1/acknowledged_until"), "2000-01-03T12:00:00Z");
    assert_eq!(seen.text("/escalations/1/note"), "We are on it.");
    assert_eq!(seen.at("/escalations/2/acknowledged_until"), Value::Null);
    assert_eq!(seen.json(), handed.agent.get(&handed.ticket).await.expect(200).json());

    let again = handed.agent.post(&path, &body).await.expect(200);
    assert_eq!(again.at("/version"), seen.at("/version"), "that was said");
    // Before it ends it can be made longer, and then for good.
    desk.move_clock("2000-01-03T11:50:00Z").await;
    let longer = json!({ "until": "2000-01-03T13:00:00Z" });
    let longer = handed.agent.post(&path, &longer).await.expect(200);
    assert_eq!(longer.text("/escalations/0/acknowledged_until"), "2000-01-03T13:00:00Z");
    desk.move_clock("2000-01-03T12:30:00Z").await;
    let kept = handed.agent.get(&handed.ticket).await.expect(200);
    assert_eq!(kept.text("/escalations/0/state"), "acknowledged");
    assert_eq!(kept.text("/escalations/1/state"), "acknowledged");
    desk.move_clock("2000-01-03T13:00:00Z").await;
    let later = handed.agent.post(&path, &json!({})).await.expect(200);
    assert_eq!(later.text("/escalations/0/acknowledged_at"), "2000-01-03T13:00:00Z", "it had ended");
    assert_eq!(later.at("/escalations/0/acknowledged_until"), Value::Null);
    let again = handed.agent.post(&path, &json!({})).await.expect(200);
    assert_eq!(again.at("/version"), later.at("/version"), "nothing waits any more");
}
