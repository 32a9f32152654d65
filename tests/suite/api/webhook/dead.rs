//! What is given up, and what is removed.

use jiff::SignedDuration;
use serde_json::json;

use super::{admin, advance, deliveries, desk, desk_with, listen, open, sequences, settle, tickets};
use crate::harness::{Receiver, Reply, ticket};

#[tokio::test]
async fn what_is_refused_for_more_than_a_day_is_given_up_and_the_next_goes_on() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Choking("\"category\":\"performance\""));
    let mut slow = ticket("The dashboard is slow", "It takes a minute.");
    slow["category"] = json!("performance");
    let bad = admin.post("/v1/tickets", &slow).await.expect(201).id();
    let good = open(&admin, "Import fails").await;
    advance(&desk, SignedDuration::from_hours(25)).await;
    assert_eq!(deliveries(&admin, endpoint.id(), "&state=pending").await.len(), 2);
    advance(&desk, SignedDuration::from_hours(4)).await;
    assert_eq!(tickets(&receiver.taken()), [good]);
    let dead = deliveries(&admin, endpoint.id(), "&state=dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["ticket"], bad.to_string());
    assert_eq!(dead[0]["sequence"], 1, "the gap shows that something is missing");
    assert_eq!(sequences(&receiver.taken()), [2]);
}

#[tokio::test]
async fn an_endpoint_that_stays_away_loses_nothing_without_trying() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    receiver.answer(Reply::Status(500));
    for _ in 0..6 {
        open(&admin, "Export fails").await;
        advance(&desk, SignedDuration::from_hours(12)).await;
    }
    let all = deliveries(&admin, endpoint.id(), "").await;
    for one in &all {
        let tried = one["attempts"].as_i64().expect("a number");
        assert!(one["state"] == "pending" || (one["state"] == "dead" && tried > 0), "{one}");
    }
    let dead = all.iter().filter(|one| one["state"] == "dead").count();
    assert!((3..=4).contains(&dead), "three days less 28 hours: {dead}");
    receiver.answer(Reply::Status(204));
    advance(&desk, SignedDuration::from_hours(1)).await;
    assert_eq!(receiver.taken().len(), 6 - dead);
}

#[tokio::test]
async fn old_deliveries_are_removed() {
    let desk = desk_with(&[("SUPPORT__WEBHOOKS__RETENTION_DAYS", "2")]).await;
    let receiver = Receiver::start().await;
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({ "events": ["ticket.created"] })).await;
    open(&admin, "Export fails").await;
    advance(&desk, SignedDuration::from_hours(24)).await;
    open(&admin, "Import fails").await;
    settle(&desk).await;
    assert_eq!(deliveries(&admin, endpoint.id(), "").await.len(), 2);
    advance(&desk, SignedDuration::from_hours(24)).await;
    assert_eq!(deliveries(&admin, endpoint.id(), "").await.len(), 1, "nothing new has to happen for it");
    advance(&desk, SignedDuration::from_hours(24)).await;
    assert_eq!(deliveries(&admin, endpoint.id(), "").await.len(), 0);
    let left = "select count(*) from webhook_attempts";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert_eq!(left, 0, "attempts go with their deliveries");
}

#[tokio::test]
async fn a_deleted_endpoint_hears_nothing_and_leaves_nothing() {
    let (desk, receiver) = (desk().await, Receiver::start().await);
    let admin = admin(&desk);
    let endpoint = listen(&admin, &receiver, json!({})).await;
    receiver.answer(Reply::Status(500));
    open(&admin, "Export fails").await;
    settle(&desk).await;
    let path = format!("/v1/webhooks/{}", endpoint.id());
    admin.delete(&path).await.expect(200);
    receiver.answer(Reply::Status(204));
    open(&admin, "Import fails").await;
    advance(&desk, SignedDuration::from_hours(24)).await;
    assert_eq!(receiver.taken().len(), 0);
    for path in [path.clone(), format!("{path}/deliveries")] {
        admin.get(&path).await.expect_problem(404, "not_found");
    }
    admin.delete(&path).await.expect_problem(404, "not_found");
    assert_eq!(admin.get("/v1/webhooks").await.expect(200).at("/items"), json!([]));
    for table in ["webhook_endpoints", "webhook_deliveries", "webhook_attempts"] {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let left: i64 =
            sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a count");
        assert_eq!(left, 0, "{table}");
    }
}
