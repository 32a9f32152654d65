//! How few rows do for what is written with each ticket.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

#[tokio::test]
async fn facts_that_are_recorded_together_wait_in_one_row_and_are_told_one_by_one() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let service = desk.as_role(Role::Service);
    let items = vec![ticket("Export fails", "It says no."); 200];
    service.post("/v1/tickets/batch", &json!(items)).await.expect(200);
    let mut superuser = desk.superuser().await;
    let waiting = "select ticket_id::text, first_seq, facts from outbox order by position";
    let waiting: Vec<(String, i64, i32)> =
        sqlx::query_as(waiting).fetch_all(&mut superuser).await.expect("what waits");
    let recorded =
        "select ticket_id::text, min(seq), count(*)::integer from ticket_events group by 1 order by 1";
    let recorded: Vec<(String, i64, i32)> =
        sqlx::query_as(recorded).fetch_all(&mut superuser).await.expect("what happened");
    assert_eq!(waiting, recorded);
    assert!(waiting.len() == 200 && waiting.iter().all(|(_, first, facts)| *first == 1 && *facts > 1));
    let backstage = desk.backstage().await;
    let mut parts = Vec::new();
    while let told @ 1.. = backstage.tell().await.expect("it is told") {
        parts.push(told);
    }
    assert!(parts.len() > 1 && parts.iter().all(|told| *told <= 500), "{parts:?}");
    let told = "select ticket_id::text, seq from feed order by position";
    let told: Vec<(String, i64)> =
        sqlx::query_as(told).fetch_all(&mut superuser).await.expect("what was told");
    let one_by_one = waiting.iter().flat_map(|(ticket, first, facts)| {
        (*first..first + i64::from(*facts)).map(|seq| (ticket.clone(), seq))
    });
    assert_eq!(told, one_by_one.collect::<Vec<_>>());
}

#[tokio::test]
async fn an_answer_that_is_kept_is_one_row() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service).with("idempotency-key", "row 1");
    let made =
        service.post("/v1/tickets", &ticket("Export fails", &"It says no. ".repeat(200))).await.expect(201);
    let size = "select pg_relation_size(reltoastrelid) from pg_class where relname = 'idempotency_keys'";
    let size: i64 = sqlx::query_scalar(size).fetch_one(&mut desk.superuser().await).await.expect("a size");
    assert_eq!(size, 0, "nothing is moved out of the row");
    let again =
        service.post("/v1/tickets", &ticket("Export fails", &"It says no. ".repeat(200))).await.expect(201);
    assert_eq!((again.json(), again.header("location")), (made.json(), made.header("location")));
}
