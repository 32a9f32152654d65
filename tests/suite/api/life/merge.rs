//! Tickets that go on in others, and notes that are shown later.

use jiff::SignedDuration;
use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{Worked, after, monday};

#[tokio::test]
async fn what_is_posted_to_a_merged_ticket_goes_where_it_went() {
    let desk = monday().await;
    let (source, target) = (Worked::new(&desk).await, Worked::new(&desk).await);
    let into = target.read().await.id();
    let merged = source.act("merge", json!({ "into": into })).await.expect(200);
    assert_eq!(merged.id(), into);
    let ended = source.read().await;
    assert_eq!((ended.text("/status"), ended.at("/merged_into")), ("closed".to_owned(), json!(into)));
    assert_eq!(ended.text("/resolution/resolution"), "duplicate");
    assert_eq!(ended.text("/sla/resolution/state"), "cancelled");
    target.act("transitions", json!({ "to": "pending" })).await.expect(200);
    let said = source.say("requester", "public", None).await.expect(201);
    assert_eq!(said.at("/ticket"), json!(into));
    assert_eq!(target.status().await, "open");
    let again = source.act("merge", json!({ "into": into })).await;
    again.expect_problem(409, "conflict");
    let itself = target.act("merge", json!({ "into": into })).await.expect_problem(422, "validation");
    assert_eq!(itself.faults(), [("/into".to_owned(), "itself".to_owned())]);
}

#[tokio::test]
async fn two_messages_on_a_closed_ticket_make_one_follow_up() {
    let desk = monday().await;
    let worked = Worked::at(&desk, "closed").await;
    let before = worked.read().await;
    let (one, two) =
        tokio::join!(worked.say("requester", "public", None), worked.say("requester", "public", None));
    let (one, two) = (one.expect(201), two.expect(201));
    assert_eq!(one.at("/ticket"), two.at("/ticket"));
    let next = worked.agent.get(&format!("/v1/tickets/{}", one.text("/ticket"))).await.expect(200);
    assert_eq!(next.at("/follow_up_of"), before.at("/id"));
    assert_eq!(worked.read().await.body, before.body, "the closed one is not changed");
    worked.say("agent", "public", None).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn a_note_counts_from_its_publication() {
    let desk = monday().await;
    let worked = Worked::new(&desk).await;
    desk.move_clock(&after(SignedDuration::from_mins(10))).await;
    let note = worked.say("agent", "internal", None).await.expect(201);
    desk.move_clock(&after(SignedDuration::from_mins(40))).await;
    let path = format!("{}/messages/{}", worked.path, note.id());
    let lead = desk.as_role(Role::Lead);
    let public = json!({ "visibility": "public" });
    let shown = lead.send(reqwest::Method::PATCH, &path, Some(&public)).await.expect(200);
    assert_eq!(shown.text("/published_at"), after(SignedDuration::from_mins(40)));
    let read = worked.read().await;
    assert_eq!(read.text("/status"), "open");
    assert_eq!(read.text("/sla/first_response/stopped_at"), after(SignedDuration::from_mins(40)));
    assert_eq!(read.text("/sla/first_response/breached_at"), after(SignedDuration::from_mins(30)));
    let back = json!({ "visibility": "internal" });
    lead.send(reqwest::Method::PATCH, &path, Some(&back)).await.expect_problem(409, "conflict");
}
