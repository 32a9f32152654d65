//! Whoever polls uptime gets it anew only when it may have changed.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use super::{check, watched};
use crate::harness::{Client, Desk, ticket};

async fn tag(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).header("etag").to_owned()
}

/// The status of an answer that the client has by this tag.
async fn again(client: &Client, path: &str, tag: &str) -> u16 {
    client.with("if-none-match", tag).get(path).await.status
}

#[tokio::test]
async fn without_an_end_it_stays_the_same_until_something_is_learnt() {
    let desk = Desk::start().await;
    let (lead, agent) = (desk.as_role(Role::Lead), desk.as_role(Role::Agent));
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let paths = ["/v1/uptime", "/v1/uptime?from=2024-05-01"];
    let mut tags = Vec::new();
    for path in paths {
        tags.push(tag(&lead, path).await);
    }
    desk.move_clock("2024-05-06T09:30:00Z").await;
    agent.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    for (path, known) in paths.iter().zip(&mut tags) {
        assert_eq!(again(&lead, path, known).await, 304, "{path}: nothing is known of services");
    }
    let outage = json!({ "service": "import", "from": "2024-05-06T08:00:00Z", "to": "2024-05-06T08:30:00Z",
        "reason": "A disk was full." });
    lead.post("/v1/outages", &outage).await.expect(201);
    for (path, known) in paths.iter().zip(&mut tags) {
        assert_eq!(again(&lead, path, known).await, 200, "{path}: an outage");
        *known = tag(&lead, path).await;
    }
    desk.move_clock("2024-05-06T10:30:00Z").await;
    // Of the last 30 days as much was observed as before, all of it; of those
    // that grow it is a smaller share.
    let statuses = [again(&lead, paths[0], &tags[0]).await, again(&lead, paths[1], &tags[1]).await];
    assert_eq!(statuses, [304, 200]);
    assert_ne!(tag(&lead, "/v1/uptime?service=import").await, tag(&lead, "/v1/uptime?service=export").await);
    assert_ne!(tag(&lead, "/v1/uptime").await, tag(&lead, "/v1/uptime?tz=Europe/Berlin").await);
    // A day later it is looked at again whatever happened.
    desk.move_clock("2024-05-07T09:31:00Z").await;
    assert_eq!(again(&lead, paths[0], &tags[0]).await, 200);
}

#[tokio::test]
async fn what_is_watched_moves_on_and_what_is_over_stays() {
    let (desk, receiver, lead) = watched().await;
    check(&lead, &receiver, json!({})).await;
    desk.move_clock("2000-01-01T01:00:00Z").await;
    let (open, over) = ("/v1/uptime", "/v1/uptime?from=2000-01-01&to=2000-01-01T00:30:00Z");
    let tags = [tag(&lead, open).await, tag(&lead, over).await];
    assert_eq!([again(&lead, open, &tags[0]).await, again(&lead, over, &tags[1]).await], [304, 304]);
    desk.move_clock("2000-01-01T01:05:00Z").await;
    assert_eq!([again(&lead, open, &tags[0]).await, again(&lead, over, &tags[1]).await], [200, 304]);
}
