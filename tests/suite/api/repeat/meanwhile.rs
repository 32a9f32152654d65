//! Another process answers a request just before this one takes its key.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support_engineer::domain::vocabulary::Role;
use tokio::time::timeout;

use crate::harness::{Answer, Desk, ticket};

const KEY: &str = "idempotency-key";
/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// Until a statement of this name waits for a lock.
async fn until_it_waits(superuser: &mut PgConnection, statement: &str) {
    let query = "select exists (select from pg_stat_activity where datname = current_database()
                    and wait_event_type = 'Lock' and query like '%-- ' || $1 || '%')";
    loop {
        let waits: bool =
            sqlx::query_scalar(query).bind(statement).fetch_one(&mut *superuser).await.expect("an answer");
        if waits {
            return;
        }
    }
}

/// Sends a request under the key `second`. It has found no answer and goes on to
/// `statement`, which needs `table`, when there is one: that of the key `first`.
async fn answered_meanwhile(
    desk: &Desk,
    (statement, table): (&str, &str),
    sent: impl Future<Output = Answer>,
) -> Answer {
    let (mut holder, mut watcher) = (desk.superuser().await, desk.superuser().await);
    let mut holding = holder.begin().await.expect("a transaction");
    let hold = AssertSqlSafe(format!("lock table {table} in access exclusive mode"));
    sqlx::query(hold).execute(&mut *holding).await.expect("the lock");
    let meanwhile = async {
        let waits = timeout(PATIENCE, until_it_waits(&mut watcher, statement)).await;
        waits.expect("the statement has this name, and needs the table");
        let answer = "insert into idempotency_keys
                      select tenant_id, api_key_id, 'second', fingerprint, status, location, etag, body, created_at,
                             expires_at
                        from idempotency_keys where key = 'first'";
        let kept = sqlx::query(answer).execute(&mut watcher).await.expect("the answer of the other process");
        assert_eq!(kept.rows_affected(), 1);
        holding.rollback().await.expect("it lets go");
    };
    tokio::join!(sent, meanwhile).0
}

#[tokio::test]
async fn what_would_be_done_a_second_time_is_not() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let body = ticket("Broken once", "Nothing works.");
    let first = service.with(KEY, "first").post("/v1/tickets", &body).await.expect(201);
    let second = service.with(KEY, "second");
    let place = ("store::opening::begin", "requesters");
    let second = answered_meanwhile(&desk, place, second.post("/v1/tickets", &body)).await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.body, first.body);
    let tickets = "select count(*) from tickets";
    let tickets: i64 =
        sqlx::query_scalar(tickets).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert_eq!(tickets, 1);
}

#[tokio::test]
async fn what_can_be_done_once_is_not_refused() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let opened = agent.post("/v1/tickets", &ticket("Export fails", "It says no.")).await.expect(201);
    let path = format!("/v1/tickets/{}/transitions", opened.id());
    let body = json!({ "to": "on_hold" });
    let agent = agent.with("if-match", opened.header("etag"));
    let first = agent.with(KEY, "first").post(&path, &body).await.expect(200);
    // By now the ticket is at another version than the one it is meant for.
    agent.with(KEY, "third").post(&path, &body).await.expect(412);
    let second = agent.with(KEY, "second");
    let place = ("store::ticket::lock", "tickets");
    let second = answered_meanwhile(&desk, place, second.post(&path, &body)).await.expect(200);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.body, first.body);
}
