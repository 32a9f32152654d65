//! Tickets that are submitted while the database is busy share transactions, and
//! nobody notices but by the speed.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Answer, Client, Desk, ticket};

/// Submissions of one burst.
const MANY: u8 = 40;

/// Until two transactions wait, for what is held or for one another.
async fn until_stuck(superuser: &mut PgConnection) {
    let query = "select count(distinct l.pid) from pg_locks l join pg_database d on d.oid = l.database
                  where d.datname = current_database() and not l.granted";
    loop {
        let waiting: i64 = sqlx::query_scalar(query).fetch_one(&mut *superuser).await.expect("a count");
        if waiting >= 2 {
            return;
        }
    }
}

/// Sends bodies at once, each with a key of its own if it has one, while the
/// database can't go on with the first ones; then it can.
async fn burst(desk: &Desk, client: &Client, bodies: &[(Option<String>, Value)]) -> Vec<Answer> {
    let mut holder = desk.superuser().await;
    let mut watcher = desk.superuser().await;
    let mut holding = holder.begin().await.expect("a transaction");
    // With a key it is looked up first; without one the requester is the first row written.
    for hold in ["idempotency_keys in access exclusive mode", "requesters in exclusive mode"] {
        let hold = AssertSqlSafe(format!("lock table {hold}"));
        sqlx::query(hold).execute(&mut *holding).await.expect("the lock");
    }
    let sent = bodies.iter().map(|(key, body)| async move {
        let client = key.as_ref().map_or_else(|| client.clone(), |key| client.with("idempotency-key", key));
        client.post("/v1/tickets", body).await
    });
    let released = async {
        until_stuck(&mut watcher).await;
        // What was sent with the first ones is there by the time this is answered.
        desk.as_role(Role::Agent).get("/v1/tickets").await.expect(200);
        holding.rollback().await.expect("it lets go");
    };
    tokio::join!(join_all(sent), released).0
}

fn bodies() -> Vec<(Option<String>, Value)> {
    (0..MANY).map(|number| (None, ticket(&format!("Broken {number}"), "Nothing works."))).collect()
}

async fn transactions(desk: &Desk) -> i64 {
    let query = "select count(distinct xmin::text) from tickets";
    sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a count")
}

#[tokio::test]
async fn a_burst_shares_transactions_and_each_gets_its_own_ticket() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let answers = burst(&desk, &service, &bodies()).await;
    for (number, answer) in answers.into_iter().enumerate() {
        let created = answer.expect(201);
        assert_eq!(created.text("/subject"), format!("Broken {number}"));
        let found = service.get(created.header("location")).await.expect(200);
        assert_eq!(found.header("etag"), created.header("etag"));
        assert_eq!(found.json(), created.json());
    }
    let transactions = transactions(&desk).await;
    assert!(transactions <= 20, "{MANY} tickets came in {transactions} transactions");
}

#[tokio::test]
async fn one_at_a_time_nobody_waits_for_company() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    for (_, body) in bodies().iter().take(3) {
        service.post("/v1/tickets", body).await.expect(201);
    }
    assert_eq!(transactions(&desk).await, 3);
}

#[tokio::test]
async fn one_that_the_database_refuses_fails_alone() {
    let desk = Desk::start().await;
    let poison = "alter table tickets add constraint no_poison check (subject <> 'Broken 17')";
    sqlx::query(poison).execute(&mut desk.superuser().await).await.expect("a constraint");
    let answers = burst(&desk, &desk.as_role(Role::Service), &bodies()).await;
    for (number, answer) in answers.into_iter().enumerate() {
        answer.expect(if number == 17 { 500 } else { 201 });
    }
    let query = "select count(*), count(distinct subject) from tickets";
    let counts: (i64, i64) =
        sqlx::query_as(query).fetch_one(&mut desk.superuser().await).await.expect("counts");
    assert_eq!(counts, (i64::from(MANY) - 1, i64::from(MANY) - 1));
}

#[tokio::test]
async fn keys_keep_their_meaning_in_company() {
    let desk = Desk::start().await;
    let service = desk.as_role(Role::Service);
    let keyed = |number: u8| (Some(format!("key-{number}")), ticket(&format!("Broken {number}"), "It is."));
    let first: Vec<_> = (0..MANY).map(keyed).collect();
    let created = burst(&desk, &service, &first).await;
    let ids: Vec<_> = created.into_iter().map(|answer| answer.expect(201).id()).collect();
    // The same again, but for one that comes with another text.
    let mut second = first.clone();
    second[5].1 = ticket("Something else", "Not the same.");
    second.extend((MANY..MANY + 10).map(keyed));
    for (number, answer) in burst(&desk, &service, &second).await.into_iter().enumerate() {
        match number {
            5 => drop(answer.expect_problem(422, "idempotency_mismatch")),
            number if number < usize::from(MANY) => {
                assert_eq!(answer.header("idempotency-replayed"), "true");
                assert_eq!(answer.expect(201).id(), ids[number]);
            }
            _ => drop(answer.expect(201)),
        }
    }
    let count: i64 = sqlx::query_scalar("select count(*) from tickets")
        .fetch_one(&mut desk.superuser().await)
        .await
        .expect("a count");
    assert_eq!(count, i64::from(MANY) + 10);
}

#[tokio::test]
async fn repeats_of_one_incident_in_company_are_counted_on_one_ticket() {
    let desk = Desk::start().await;
    let mut body = ticket("The database is down", "All of it.");
    body["dedup_key"] = json!("db-down");
    let all = vec![(None, body); usize::from(MANY)];
    let answers = burst(&desk, &desk.as_role(Role::Service), &all).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        usize::from(MANY) - 1,
        "{statuses:?}"
    );
    let list = desk.as_role(Role::Agent).get("/v1/tickets").await.expect(200);
    assert_eq!(list.at("/items/0/occurrences"), json!(MANY));
}

#[tokio::test]
async fn callers_do_not_ride_with_others() {
    let desk = Desk::start().await;
    let globex = desk.found_tenant("globex").await;
    let (ours, theirs) = (desk.as_role(Role::Service), globex.as_role(Role::Service));
    let bodies = bodies();
    let (ours, theirs) = tokio::join!(
        burst(&desk, &ours, &bodies),
        join_all(bodies.iter().map(|(_, body)| {
            let theirs = theirs.clone();
            async move { theirs.post("/v1/tickets", body).await }
        }))
    );
    assert!(ours.iter().chain(&theirs).all(|answer| answer.status == 201));
    let query = "select count(*) from (
        select xmin::text from tickets group by 1 having count(distinct tenant_id) > 1) as mixed";
    let mixed: i64 = sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a count");
    assert_eq!(mixed, 0);
}

#[tokio::test]
async fn too_many_who_wait_are_told_to_come_again() {
    let impatient =
        [("SUPPORT__DATABASE__ACQUIRE_TIMEOUT_MS", "1000"), ("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "1000")];
    let desk = Desk::start_with(&impatient).await;
    let service = desk.as_role(Role::Service);
    let mut holder = desk.superuser().await;
    let mut holding = holder.begin().await.expect("a transaction");
    // With a key it is looked up first; without one the requester is the first row written.
    for hold in ["idempotency_keys in access exclusive mode", "requesters in exclusive mode"] {
        let hold = AssertSqlSafe(format!("lock table {hold}"));
        sqlx::query(hold).execute(&mut *holding).await.expect("the lock");
    }
    let mut refused = 0_u8;
    let sent = bodies().into_iter().map(|(_, body)| {
        let service = service.clone();
        async move { service.post("/v1/tickets", &body).await }
    });
    for answer in join_all(sent).await {
        let problem = answer.expect_problem(503, "unavailable");
        assert!(!problem.header("retry-after").is_empty());
        refused += 1;
    }
    assert_eq!(refused, MANY);
    holding.rollback().await.expect("it lets go");
    // On a busy machine a second may be too short for a new connection.
    let again = ticket("Broken", "Still.");
    let mut answer = service.post("/v1/tickets", &again).await;
    for _ in 0..50 {
        if answer.status == 503 {
            answer = service.post("/v1/tickets", &again).await;
        }
    }
    answer.expect(201);
    assert_eq!(transactions(&desk).await, 1);
}
