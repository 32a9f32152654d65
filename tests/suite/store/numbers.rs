//! How tickets are numbered: each tenant's on their own.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::json;
use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use support_engineer::domain::vocabulary::Role;
use tokio::time::timeout;

use crate::harness::{Desk, Tenant, ticket};

const PATIENCE: Duration = Duration::from_secs(30);

async fn draw(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select draw_ticket_numbers(2)").fetch_one(connection).await
}

/// The number of the next ticket.
async fn next(tenant: &Tenant) -> i64 {
    let made =
        tenant.as_role(Role::Service).post("/v1/tickets", &ticket("Export fails", "It says no.")).await;
    made.expect(201).at("/number").as_i64().expect("a number")
}

/// The only sequence that numbers tickets.
async fn sequence(superuser: &mut PgConnection) -> String {
    let query = "select relname::text from pg_class where relkind = 'S' and relname like 'ticket_number_%'";
    sqlx::query_scalar(query).fetch_one(superuser).await.expect("one sequence")
}

#[tokio::test]
async fn each_tenant_has_its_own_and_they_begin_with_one() {
    let desk = Desk::start().await;
    assert_eq!((next(&desk.home()).await, next(&desk.home()).await), (1, 2));
    let globex = desk.found_tenant("globex").await;
    let body = ticket("Export fails", "It says no.");
    let many = globex.as_role(Role::Service).post("/v1/tickets/batch", &json!([body, body, body])).await;
    let many = many.expect(200);
    let numbers = [0, 1, 2].map(|place| many.at(&format!("/results/{place}/ticket/number")));
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(next(&desk.home()).await, 3);
}

#[tokio::test]
async fn nobody_draws_for_another_or_sees_how_far_others_are() {
    let desk = Desk::start().await;
    next(&desk.home()).await;
    let own = sequence(&mut desk.superuser().await).await;
    assert!(!own.contains(&desk.home().id.to_string().replace('-', "")[..12]), "{own}");
    let code =
        |error: sqlx::Error| error.as_database_error().and_then(DatabaseError::code).map(Cow::into_owned);
    let mut nobody = desk.app_connection(None).await;
    assert_eq!(draw(&mut nobody).await.map_err(code), Err(Some("42501".to_owned())));
    let globex = desk.found_tenant("globex").await;
    let mut theirs = desk.app_connection(Some(globex.id)).await;
    assert_eq!(draw(&mut theirs).await.expect("numbers"), [1, 2]);
    let seen = "select count(*) from pg_sequences where sequencename like 'ticket_number_%' and last_value is not null";
    let seen: i64 = sqlx::query_scalar(seen).fetch_one(&mut theirs).await.expect("an answer");
    assert_eq!(seen, 0);
    let direct = format!("select nextval('{own}')");
    let direct = sqlx::query(AssertSqlSafe(direct)).execute(&mut theirs).await.map(|_| ());
    assert_eq!(direct.map_err(code), Err(Some("42501".to_owned())));
}

#[tokio::test]
async fn where_there_is_no_sequence_they_go_on_after_the_last_one() {
    let desk = Desk::start().await;
    let globex = desk.found_tenant("globex").await;
    for number in 1..=3 {
        assert_eq!(next(&desk.home()).await, number);
    }
    let mut superuser = desk.superuser().await;
    let gone = format!("drop sequence {}", sequence(&mut superuser).await);
    // As of a database that was filled before there were any.
    sqlx::raw_sql(AssertSqlSafe(gone)).execute(&mut superuser).await.expect("it goes");
    sqlx::raw_sql("update tickets set number = 40 where number = 3")
        .execute(&mut superuser)
        .await
        .expect("a gap");
    assert_eq!((next(&desk.home()).await, next(&desk.home()).await), (41, 42));
    assert_eq!(next(&globex).await, 1);
}

#[tokio::test]
async fn those_who_draw_first_at_once_wait_for_each_other() {
    let desk = Desk::start().await;
    let home = desk.home().id;
    for (kept, expected) in [(false, [1, 2]), (true, [3, 4])] {
        let mut first = desk.app_connection(Some(home)).await;
        let mut second = desk.app_connection(Some(home)).await;
        let mut superuser = desk.superuser().await;
        let mut begun = first.begin().await.expect("a transaction");
        assert_eq!(draw(&mut begun).await.expect("numbers"), [1, 2]);
        let waits = async {
            let waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted)";
            while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut superuser).await.expect("an answer")
            {
            }
            if kept { begun.commit().await } else { begun.rollback().await }
        };
        let (drawn, ended) = timeout(PATIENCE, async { tokio::join!(draw(&mut second), waits) })
            .await
            .expect("it waits, and goes on");
        ended.expect("the first one ends");
        assert_eq!(drawn.expect("numbers"), expected);
        let gone = format!("drop sequence {}", sequence(&mut superuser).await);
        sqlx::raw_sql(AssertSqlSafe(gone)).execute(&mut superuser).await.expect("it goes");
    }
}
