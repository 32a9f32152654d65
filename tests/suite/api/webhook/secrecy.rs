//! Need to know: of confidential tickets only those are told who are needed.

use serde_json::json;

use super::{admin, advance, deliveries, desk, listen, open, sequences, settle, tickets, types};
use crate::harness::{Client, Receiver, Reply, ticket};

async fn leak(client: &Client) -> uuid::Uuid {
    let mut body = ticket("Data of others", "The report shows data of other customers.");
    body["category"] = json!("security");
    let made = client.post("/v1/tickets", &body).await.expect(201);
    assert_eq!(made.at("/restricted"), json!(true));
    made.id()
}

#[tokio::test]
async fn nobody_is_told_of_a_confidential_ticket_and_no_gap_tells_of_it() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    listen(&admin, &receiver, json!({})).await;
    let before = open(&admin, "Export fails").await;
    let hidden = leak(&admin).await;
    let message = json!({ "visibility": "public", "author": "requester", "body": "More." });
    admin.post(&format!("/v1/tickets/{hidden}/messages"), &message).await.expect(201);
    let after = open(&admin, "Import fails").await;
    advance(&desk, jiff::SignedDuration::from_hours(30)).await;
    let came = receiver.received();
    assert!(tickets(&came).contains(&before) && tickets(&came).contains(&after));
    assert!(!tickets(&came).contains(&hidden));
    let text: String = came.iter().map(|one| String::from_utf8_lossy(&one.body).into_owned()).collect();
    assert!(!text.contains(&hidden.to_string()));
    assert_eq!(sequences(&came), (1..).take(came.len()).collect::<Vec<u64>>());
}

#[tokio::test]
async fn what_waits_is_withdrawn_when_its_ticket_becomes_confidential() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Status(500));
    let first = open(&admin, "Export fails").await;
    settle(&desk).await;
    let hidden = open(&admin, "It shows something odd").await;
    let last = open(&admin, "Import fails").await;
    settle(&desk).await;
    let said = json!({ "category": "security", "reason": "It shows data of other customers." });
    admin.post(&format!("/v1/tickets/{hidden}/triage"), &said).await.expect(200);
    receiver.answer(Reply::Status(204));
    advance(&desk, jiff::SignedDuration::from_hours(1)).await;
    assert_eq!(tickets(&receiver.taken()), [first, last]);
    assert_eq!(sequences(&receiver.taken()), [1, 2], "no gap tells of it");
    let moot = deliveries(&admin, endpoint.id(), "&state=moot").await;
    assert_eq!(moot.len(), 1);
    assert_eq!(moot[0]["ticket"], hidden.to_string());
    let id = moot[0]["id"].as_str().expect("an id");
    let path = format!("/v1/webhooks/{}/deliveries/{id}/replay", endpoint.id());
    admin.post(&path, &json!({})).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_team_that_is_needed_for_a_confidential_ticket_is_told_and_no_other() {
    let desk = desk().await;
    let (security, developers, ops) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let admin = admin(&desk);
    for (team, receiver) in [("security_engineer", &security), ("developer", &developers), ("devops", &ops)] {
        let endpoint = listen(&admin, receiver, json!({})).await.id();
        admin.patch(&format!("/v1/teams/{team}"), &json!({ "webhook": endpoint })).await.expect(200);
    }
    let hidden = leak(&admin).await;
    settle(&desk).await;
    assert_eq!(types(&security.received()), ["escalation.requested"]);
    assert!(developers.received().is_empty());
    let body = json!({ "persona": "developer", "reason": "It needs a fix.", "context": {
        "reproduction_steps": "Click.", "error_log": "ERROR 17", "incident_details": "Rows of others.",
        "affected_scope": "All exports." } });
    developers.answer(Reply::Status(500));
    let path = format!("/v1/tickets/{hidden}/escalations");
    let handed = admin.post(&path, &body).await.expect(201);
    settle(&desk).await;
    assert_eq!(types(&developers.received()), ["escalation.requested"], "tried, and not taken");
    let no = json!({ "reason": "Nothing of ours." });
    admin.post(&format!("/v1/escalations/{}/decline", handed.id()), &no).await.expect(200);
    developers.answer(Reply::Status(204));
    advance(&desk, jiff::SignedDuration::from_hours(1)).await;
    assert!(developers.taken().is_empty(), "they have it no more");
    assert!(ops.received().is_empty());
    let text = security.received().iter().map(|one| one.json().to_string()).collect::<String>();
    assert!(!text.contains("Data of others"), "thin facts, as everywhere");
}
