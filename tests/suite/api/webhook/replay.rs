//! Delivering once more.

use jiff::SignedDuration;
use serde_json::json;

use super::{admin, advance, deliveries, desk, listen, log, open, settle};
use crate::harness::{Received, Receiver, Reply};

#[tokio::test]
async fn dead_letters_are_replayed_as_they_were() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Status(500));
    for _ in 0..2 {
        open(&admin, "Export fails").await;
    }
    advance(&desk, SignedDuration::from_hours(30)).await;
    let dead = deliveries(&admin, endpoint.id(), "&state=dead").await;
    assert_eq!(dead.len(), 2);
    let tried = receiver.received();
    receiver.answer(Reply::Status(204));
    let newer = open(&admin, "Import fails").await;
    let path = format!("/v1/webhooks/{}/replay", endpoint.id());
    // The newer one may be delivered before the others are asked for.
    let replayed = admin.post(&path, &json!({ "state": "dead" })).await.expect(200);
    assert_eq!(replayed.at("/replayed"), 2);
    settle(&desk).await;
    advance(&desk, SignedDuration::from_hours(1)).await;
    let taken = receiver.taken();
    assert_eq!(taken.len(), 3);
    for one in dead {
        let again = taken.iter().find(|taken| one["id"] == taken.id()).expect("it was replayed");
        let before = tried.iter().find(|tried| one["id"] == tried.id()).expect("it was tried");
        assert_eq!(again.body, before.body);
        assert!(again.is_signed_with(&endpoint.text("/secret")));
        let log = log(&admin, endpoint.id(), &one).await;
        assert_eq!(log.text("/state"), "delivered");
        let last = log.at("/log").as_array().expect("a log").last().expect("an attempt").clone();
        assert_eq!((&last["outcome"], &last["number"]), (&json!("delivered"), &log.at("/attempts")));
    }
    assert_eq!(deliveries(&admin, endpoint.id(), "").await.last().expect("one")["ticket"], newer.to_string());
}

#[tokio::test]
async fn what_was_delivered_can_be_asked_for_again_alone_or_since_an_instant() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    for _ in 0..3 {
        open(&admin, "Export fails").await;
        advance(&desk, SignedDuration::from_hours(1)).await;
    }
    let first = receiver.received();
    let path = format!("/v1/webhooks/{}", endpoint.id());
    let one = format!("{path}/deliveries/{}/replay", first[0].id());
    let waiting = admin.post(&one, &json!({})).await.expect(200);
    assert_eq!(waiting.text("/id"), first[0].id());
    settle(&desk).await;
    let replayed = receiver.received().split_off(3);
    assert_eq!(replayed.len(), 1);
    assert_eq!((replayed[0].id(), &replayed[0].body), (first[0].id(), &first[0].body));

    let since = json!({ "since": "2000-01-01T01:00:00Z" });
    let replayed = admin.post(&format!("{path}/replay"), &since).await.expect(200);
    assert_eq!(replayed.at("/replayed"), 2);
    settle(&desk).await;
    let replayed = receiver.received().split_off(4);
    let ids: Vec<&str> = replayed.iter().map(Received::id).collect();
    assert_eq!(ids, [first[1].id(), first[2].id()]);
    for bad in
        [json!({}), json!({ "since": "2000-01-01T01:00:00Z", "state": "dead" }), json!({ "state": "moot" })]
    {
        admin.post(&format!("{path}/replay"), &bad).await.expect_problem(422, "validation");
    }
    let nobody = format!("{path}/deliveries/{}/replay", endpoint.id());
    admin.post(&nobody, &json!({})).await.expect_problem(404, "not_found");
}
