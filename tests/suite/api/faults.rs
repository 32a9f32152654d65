//! The database fails in the ways in which databases fail, and the desk says
//! so, does nothing by halves, and goes on when it is back.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support_engineer::domain::vocabulary::Role;
use tokio::time::timeout;

use crate::harness::{Answer, Client, Desk, ticket};

/// The pool gives up soon, so that the test need not wait.
const IMPATIENT: (&str, &str) = ("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "1000");
/// What never takes that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Panics unless the answer is a 503 that says when to come back.
#[track_caller]
fn expect_unavailable(answer: Answer) -> Answer {
    let answer = answer.expect_problem(503, "unavailable");
    let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&seconds));
    assert_eq!(answer.at("/retryable"), true);
    answer
}

async fn expect_all_unavailable(desk: &Desk) {
    let nobody = "01900000-0000-7000-8000-000000000000";
    let agent = desk.as_role(Role::Agent);
    let operator = desk.as_role(Role::Operator);
    let path = format!("/v1/tickets/{nobody}");
    let message = json!({ "visibility": "public", "author": "agent", "body": "Hello" });
    let tenant = json!({ "slug": "globex", "name": "Globex" });
    let clock = json!({ "now": "2000-01-02T00:00:00Z" });
    let opened = ticket("Meanwhile", "It is away.");
    let preview = ticket("What if", "It is away.");
    let anonymous = desk.anonymous();
    let (messages, watched) = (format!("{path}/messages"), desk.as_role(Role::Dashboard));
    let answers = tokio::join!(
        agent.post("/v1/tickets", &opened),
        agent.post("/v1/triage/preview", &preview),
        agent.get("/v1/tickets"),
        agent.get(&path),
        agent.post(&messages, &message),
        watched.get("/v1/kpis"),
        operator.post("/v1/tenants", &tenant),
        anonymous.put("/test/clock", &clock),
    );
    for answer in <[Answer; 8]>::from(answers) {
        expect_unavailable(answer);
    }
    let unready = expect_unavailable(anonymous.get("/readyz").await);
    assert_eq!(unready.text("/errors/0/pointer"), "/checks/database");
    assert_eq!(anonymous.get("/healthz").await.expect(200).text("/status"), "ok");
    anonymous.get("/api.yml").await.expect(200);
}

async fn expect_all_well(desk: &Desk) {
    let agent = desk.as_role(Role::Agent);
    // It recovers by itself; how soon it can connect again is the machine's affair.
    let back = async {
        while desk.anonymous().get("/readyz").await.status != 200
            || agent.get("/v1/teams").await.status != 200
        {}
    };
    timeout(PATIENCE, back).await.expect("it recovers");
    agent.post("/v1/tickets", &ticket("After", "It is back.")).await.expect(201);
    agent.get("/v1/tickets").await.expect(200);
    desk.as_role(Role::Dashboard).get("/v1/kpis").await.expect(200);
}

/// A connection to another database of the server, and the name of the desk's.
async fn beside(desk: &Desk) -> (PgConnection, String) {
    let url = desk.owner_url();
    let (server, query) = url.split_once('?').expect("a URL with a query");
    let (server, name) = server.rsplit_once('/').expect("a URL with a path");
    let connection = PgConnection::connect(&format!("{server}/postgres?{query}")).await;
    (connection.expect("the server accepts us"), name.to_owned())
}

#[tokio::test]
async fn every_kind_of_operation_says_that_a_full_database_is_away() {
    let desk = Desk::start_with(&[IMPATIENT]).await;
    expect_all_well(&desk).await;
    desk.admit_to_database(false).await;
    expect_all_unavailable(&desk).await;
    desk.admit_to_database(true).await;
    expect_all_well(&desk).await;
}

#[tokio::test]
async fn a_database_that_is_closed_for_maintenance_is_away_too() {
    let desk = Desk::start_with(&[IMPATIENT]).await;
    let (mut other, name) = beside(&desk).await;
    let close = format!(
        "alter database {name} allow_connections false;
         select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
    );
    sqlx::raw_sql(AssertSqlSafe(close)).execute(&mut other).await.expect("it is closed");
    expect_all_unavailable(&desk).await;
    let open = format!("alter database {name} allow_connections true");
    other.execute(AssertSqlSafe(open)).await.expect("it is opened");
    expect_all_well(&desk).await;
}

/// Waits until this many of the desk's statements wait for a lock, and gives
/// their process ids.
async fn waiting(superuser: &mut PgConnection, many: usize) -> Vec<i32> {
    let query = "select pid from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()";
    let wait = async {
        loop {
            let found: Vec<i32> = sqlx::query_scalar(query).fetch_all(&mut *superuser).await.expect("pids");
            if found.len() >= many {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.expect("the statements come to wait")
}

/// The rows of tables that a ticket in the making writes to.
async fn rows(desk: &Desk) -> Vec<(&'static str, i64)> {
    let mut superuser = desk.superuser().await;
    let mut rows = Vec::new();
    for table in ["tickets", "messages", "ticket_events", "sla_clocks", "requesters", "idempotency_keys"] {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        rows.push((table, sqlx::query_scalar(count).fetch_one(&mut superuser).await.expect("a count")));
    }
    rows
}

/// Posts a ticket in a task of its own.
fn post(client: &Client, subject: &str) -> tokio::task::JoinHandle<Answer> {
    let (client, body) = (client.clone(), ticket(subject, "It is about locks."));
    tokio::spawn(async move { client.post("/v1/tickets", &body).await })
}

#[tokio::test]
async fn a_transaction_that_is_killed_leaves_nothing_and_its_retry_makes_one_ticket() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent).with("idempotency-key", "once");
    let mut superuser = desk.superuser().await;
    let mut holder = desk.superuser().await;
    let before = rows(&desk).await;
    // The ticket itself is written by then; its history is not.
    let mut lock = holder.begin().await.expect("a transaction");
    lock.execute("lock table ticket_events in exclusive mode").await.expect("a lock");
    let posted = post(&agent, "Once");
    for pid in waiting(&mut superuser, 1).await {
        sqlx::query("select pg_terminate_backend($1)")
            .bind(pid)
            .execute(&mut superuser)
            .await
            .expect("killed");
    }
    expect_unavailable(timeout(PATIENCE, posted).await.expect("it ends").expect("an answer"));
    lock.rollback().await.expect("released");
    assert_eq!(rows(&desk).await, before, "nothing is half done");

    let body = ticket("Once", "It is about locks.");
    let made = agent.post("/v1/tickets", &body).await.expect(201);
    assert_eq!(made.header("idempotency-replayed"), "");
    let again = agent.post("/v1/tickets", &body).await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, made.body);
    assert_eq!(rows(&desk).await[0], ("tickets", 1));
}

#[tokio::test]
async fn a_lock_that_is_not_given_in_time_is_no_defect() {
    let desk = Desk::start_with(&[("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "200")]).await;
    let agent = desk.as_role(Role::Agent).with("idempotency-key", "once");
    let before = rows(&desk).await;
    let mut holder = desk.superuser().await;
    let mut lock = holder.begin().await.expect("a transaction");
    lock.execute("lock table ticket_events in exclusive mode").await.expect("a lock");
    let body = ticket("Once", "It is about locks.");
    expect_unavailable(agent.post("/v1/tickets", &body).await);
    lock.rollback().await.expect("released");
    assert_eq!(rows(&desk).await, before, "nothing is half done");
    agent.post("/v1/tickets", &body).await.expect(201);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_no_defect() {
    let desk = Desk::start_with(&[("SUPPORT__DATABASE__STATEMENT_TIMEOUT_MS", "200")]).await;
    let agent = desk.as_role(Role::Agent);
    let mut holder = desk.superuser().await;
    let mut lock = holder.begin().await.expect("a transaction");
    lock.execute("lock table tickets in access exclusive mode").await.expect("a lock");
    expect_unavailable(agent.get("/v1/tickets").await);
    lock.rollback().await.expect("released");
    agent.get("/v1/tickets").await.expect(200);
}

#[tokio::test]
async fn a_saturated_pool_answers_and_recovers() {
    let desk = Desk::start_with(&[IMPATIENT, ("SUPPORT__DATABASE__MAX_CONNECTIONS", "2")]).await;
    let agent = desk.as_role(Role::Agent);
    let mut superuser = desk.superuser().await;
    let mut holder = desk.superuser().await;
    let mut lock = holder.begin().await.expect("a transaction");
    lock.execute("lock table ticket_events in exclusive mode").await.expect("a lock");
    let mut slow = vec![post(&agent, "First")];
    waiting(&mut superuser, 1).await;
    slow.push(post(&agent, "Second"));
    waiting(&mut superuser, 2).await;
    expect_unavailable(agent.post("/v1/tickets", &ticket("Third", "No room.")).await);
    expect_unavailable(agent.get("/v1/tickets").await);
    // Health is asked on connections of its own.
    desk.anonymous().get("/readyz").await.expect(200);
    lock.rollback().await.expect("released");
    for posted in slow {
        timeout(PATIENCE, posted).await.expect("it ends").expect("an answer").expect(201);
    }
    expect_all_well(&desk).await;
    assert_eq!(agent.get("/v1/tickets").await.expect(200).at("/items").as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_transaction_that_loses_a_deadlock_is_run_again() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let made = agent.post("/v1/tickets", &ticket("Deadlock", "It is about locks.")).await.expect(201);
    let mut superuser = desk.superuser().await;
    let mut holder = desk.superuser().await;
    // The server looks for a deadlock on behalf of the desk, never of the test.
    holder.execute("set deadlock_timeout = '10min'").await.expect("a setting");
    let mut other = holder.begin().await.expect("a transaction");
    other.execute("lock table ticket_events in exclusive mode").await.expect("a lock");
    let path = format!("/v1/tickets/{}/messages", made.id());
    let message = json!({ "visibility": "public", "author": "requester", "body": "Any news?" });
    let (client, sent) = (agent.clone(), message.clone());
    let posted = tokio::spawn(async move { client.post(&path, &sent).await });
    waiting(&mut superuser, 1).await;
    // The desk holds the ticket and waits for its history; now the test waits
    // for the ticket, and gets it only if the desk's transaction is ended.
    let taken = other.execute("select 1 from tickets for update");
    timeout(PATIENCE, taken).await.expect("the deadlock is broken").expect("the desk gave way");
    assert!(!posted.is_finished(), "the desk tries again");
    other.rollback().await.expect("released");
    timeout(PATIENCE, posted).await.expect("it ends").expect("an answer").expect(201);
    let path = format!("/v1/tickets/{}/messages", made.id());
    let bodies = agent.get(&path).await.expect(200).at("/items");
    let told = bodies.as_array().into_iter().flatten().filter(|item| item["body"] == message["body"]).count();
    assert_eq!(told, 1, "the message is there once");
}

#[tokio::test]
async fn a_message_that_follows_tickets_out_of_order_is_run_again_after_a_deadlock() {
    let desk = Desk::start().await;
    let agent = desk.as_role(Role::Agent);
    let mut ids = Vec::new();
    for subject in ["Old", "Closed"] {
        ids.push(
            agent.post("/v1/tickets", &ticket(subject, "It is about locks.")).await.expect(201).text("/id"),
        );
    }
    let closed = format!("/v1/tickets/{}", ids[1]);
    let how = json!({ "resolution": "fixed", "steps": "Restarted.", "message": "It works." });
    agent.post(&format!("{closed}/resolve"), &how).await.expect(200);
    agent.post(&format!("{closed}/close"), &json!({})).await.expect(200);
    let message = json!({ "visibility": "public", "author": "requester", "body": "Any news?" });
    let next = agent.post(&format!("{closed}/messages"), &message).await.expect(201).text("/ticket");
    agent.post(&format!("/v1/tickets/{next}/merge"), &json!({ "into": ids[0] })).await.expect(200);
    let mut superuser = desk.superuser().await;
    let mut holder = desk.superuser().await;
    holder.execute("set deadlock_timeout = '10min'").await.expect("a setting");
    let mut other = holder.begin().await.expect("a transaction");
    let take = "select 1 from tickets where id = $1::uuid for update";
    sqlx::query(take).bind(&ids[0]).execute(&mut *other).await.expect("a lock");
    let (client, path, sent) = (agent.clone(), format!("{closed}/messages"), message.clone());
    let posted = tokio::spawn(async move { client.post(&path, &sent).await });
    waiting(&mut superuser, 1).await;
    // The desk holds the younger ticket and waits for the older one.
    let taken = sqlx::query(take).bind(&ids[1]).execute(&mut *other);
    timeout(PATIENCE, taken).await.expect("the deadlock is broken").expect("the desk gave way");
    other.rollback().await.expect("released");
    let said = timeout(PATIENCE, posted).await.expect("it ends").expect("an answer").expect(201);
    assert_eq!(said.text("/ticket"), ids[0]);
    let listed = agent.get(&format!("/v1/tickets/{}/messages", ids[0])).await.expect(200).at("/items");
    let told = listed.as_array().into_iter().flatten().filter(|item| item["body"] == message["body"]).count();
    assert_eq!(told, 1, "the message is there once");
}

#[tokio::test]
async fn what_a_client_that_hung_up_asked_for_is_finished() {
    use tokio::io::AsyncWriteExt as _;
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    let mut holder = desk.superuser().await;
    let mut lock = holder.begin().await.expect("a transaction");
    lock.execute("lock table ticket_events in exclusive mode").await.expect("a lock");
    let body = ticket("Hung up", "Nobody waits for the answer.").to_string();
    let secret = desk.home().secret(Role::Agent).to_owned();
    let request = format!(
        "POST /v1/tickets HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {secret}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = tokio::net::TcpStream::connect(desk.address()).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("the request is sent");
    waiting(&mut superuser, 1).await;
    drop(socket);
    lock.rollback().await.expect("released");
    // A lock on the same table is given when the desk's transaction has ended.
    let mut after = holder.begin().await.expect("a transaction");
    timeout(PATIENCE, after.execute("lock table ticket_events in exclusive mode"))
        .await
        .expect("soon")
        .expect("a lock");
    after.rollback().await.expect("released");
    let found = desk.as_role(Role::Agent).get("/v1/tickets").await.expect(200);
    assert_eq!(found.text("/items/0/subject"), "Hung up");
}
