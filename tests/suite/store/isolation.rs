//! Row-level security, tried on every table with rows of two tenants in it.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{refusal, tenant_tables, two_tenants};
use crate::harness::Desk;

/// What PostgreSQL answers to whoever lacks a right, or breaks a policy.
const DENIED: &str = "42501";

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let query = AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(query).fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn a_connection_sees_its_tenant_and_without_one_nothing() {
    let (desk, ours, theirs) = two_tenants().await;
    let mut superuser = desk.superuser().await;
    let mut nobody = desk.app_connection(None).await;
    for table in tenant_tables(&mut superuser).await {
        let mut seen = 0;
        for tenant in [&ours, &theirs] {
            let query = format!("select count(*) from {table} where tenant_id = '{}'", tenant.id);
            let there: i64 =
                sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut superuser).await.expect("a count");
            assert!(there > 0, "`populate` must give every tenant a row in {table}");
            let mut own = desk.app_connection(Some(tenant.id)).await;
            assert_eq!(count(&mut own, &table).await, there, "{table}");
            seen += there;
        }
        assert_eq!(count(&mut superuser, &table).await, seen, "{table}");
        assert_eq!(count(&mut nobody, &table).await, 0, "{table}");
    }
}

/// Copies one of the own rows into another tenant.
fn smuggle(table: &str, to: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "insert into {table} select (jsonb_populate_record(null::{table},
             to_jsonb(t) || jsonb_build_object('tenant_id', '{to}'))).* from {table} t limit 1"
    ))
}

#[tokio::test]
async fn no_row_can_be_put_into_another_tenant() {
    let (desk, ours, theirs) = two_tenants().await;
    let mut superuser = desk.superuser().await;
    let mut own = desk.app_connection(Some(ours.id)).await;
    for table in tenant_tables(&mut superuser).await {
        let refused = sqlx::query(smuggle(&table, &theirs.id.to_string())).execute(&mut own).await;
        assert_eq!(refusal(refused), DENIED, "{table}");
        // The same row in the own tenant is refused for what it is: a double.
        let doubled = sqlx::query(smuggle(&table, &ours.id.to_string())).execute(&mut own).await;
        assert_eq!(refusal(doubled), "23505", "{table}");
        let moved = format!("update {table} set tenant_id = '{}'", theirs.id);
        assert_eq!(refusal(sqlx::query(AssertSqlSafe(moved)).execute(&mut own).await), DENIED, "{table}");
    }
}

#[tokio::test]
async fn no_row_of_another_tenant_can_be_changed() {
    let (desk, ours, theirs) = two_tenants().await;
    let mut superuser = desk.superuser().await;
    let mut own = desk.app_connection(Some(ours.id)).await;
    let mut tried = 0;
    for table in tenant_tables(&mut superuser).await {
        let theirs = theirs.id;
        for order in [
            format!("update {table} set tenant_id = tenant_id where tenant_id = '{theirs}'"),
            format!("delete from {table} where tenant_id = '{theirs}'"),
        ] {
            match sqlx::query(AssertSqlSafe(order)).execute(&mut own).await {
                Ok(done) => {
                    assert_eq!(done.rows_affected(), 0, "{table}");
                    tried += 1;
                }
                refused => assert_eq!(refusal(refused), DENIED, "{table}"),
            }
        }
    }
    assert!(tried > 0, "some tables may be changed");
}

#[tokio::test]
async fn a_tenant_lasts_as_long_as_its_transaction() {
    let (desk, ours, _) = two_tenants().await;
    let mut connection = desk.app_connection(None).await;
    let opening = format!("begin; set local app.tenant_id = '{}'", ours.id);
    sqlx::raw_sql(AssertSqlSafe(opening)).execute(&mut connection).await.expect("it begins");
    assert!(count(&mut connection, "tickets").await > 0);
    sqlx::raw_sql("commit").execute(&mut connection).await.expect("it ends");
    assert_eq!(count(&mut connection, "tickets").await, 0);
}

#[tokio::test]
async fn what_belongs_to_the_install_is_out_of_reach() {
    let desk = Desk::start().await;
    let mut own = desk.app_connection(Some(desk.home().id)).await;
    for order in [
        "select * from operator_keys",
        "insert into operator_keys (id, name, secret_hash, hint, created_at)
         values (gen_random_uuid(), 'me', sha256('me'), 'me', now())",
        "update operator_keys set revoked_at = null",
        "delete from operator_keys",
        "select * from _sqlx_migrations",
        "update sla_versions set source = ''",
        "delete from sla_versions",
        "update ladder_texts set source = ''",
        "delete from ladder_texts",
        "delete from tenants",
        "update tenants set slug = 'mine'",
        "create table mine (id integer)",
        "alter table tickets disable row level security",
        "drop policy tickets_own on tickets",
    ] {
        assert_eq!(refusal(sqlx::query(order).execute(&mut own).await), DENIED, "{order}");
    }
}

#[tokio::test]
async fn a_key_is_found_by_the_whole_of_its_hash_alone() {
    let desk = Desk::start().await;
    let mut nobody = desk.app_connection(None).await;
    let query = "select count(*) from find_api_key(sha256(convert_to($1, 'UTF8')))";
    for (secret, found) in
        [(desk.home().secret(support_engineer::domain::vocabulary::Role::Agent), 1), ("", 0)]
    {
        let row = sqlx::query(query).bind(secret).fetch_one(&mut nobody).await.expect("an answer");
        assert_eq!(row.get::<i64, _>(0), found);
    }
}
