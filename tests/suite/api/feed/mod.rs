//! The feed of everything that happened: pages and streams of one order.

mod pages;
mod stream;

use serde_json::Value;

use crate::harness::{Client, Desk};

/// Every event that a client is shown, by pages of `limit`.
async fn all(client: &Client, limit: usize) -> Vec<Value> {
    let mut events = Vec::new();
    let mut path = format!("/v1/events?limit={limit}");
    loop {
        let page = client.get(&path).await.expect(200);
        events.extend(page.at("/items").as_array().expect("a list").iter().cloned());
        match page.at("/next_cursor").as_str() {
            Some(cursor) => path = format!("/v1/events?limit={limit}&cursor={cursor}"),
            None => return events,
        }
    }
}

fn place(event: &Value) -> i64 {
    event["sequence"].as_str().expect("text").parse().expect("a number")
}

/// Ticket and place of each fact in the histories, in the order of histories.
async fn histories(desk: &Desk) -> Vec<(String, i64)> {
    sqlx::query_as("select ticket_id::text, seq from ticket_events order by ticket_id, seq")
        .fetch_all(&mut desk.superuser().await)
        .await
        .expect("the histories")
}

/// Panics unless events are each fact of all histories once, each history in its
/// order, and their places are 1, 2, 3 and so on.
async fn expect_whole(desk: &Desk, events: &[Value]) {
    let places: Vec<i64> = events.iter().map(place).collect();
    let dense: Vec<i64> = (1..).take(events.len()).collect();
    assert_eq!(places, dense, "no gap and no double");
    let fact = |event: &Value| {
        let ticket = event["data"]["ticket"]["id"].as_str().expect("text").to_owned();
        (ticket, event["data"]["seq"].as_i64().expect("a number"))
    };
    let mut told: Vec<(String, i64)> = events.iter().map(fact).collect();
    // Stable: the facts of each ticket stay in the order in which they were told.
    told.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(told, histories(desk).await, "the facts of each ticket in order");
}
