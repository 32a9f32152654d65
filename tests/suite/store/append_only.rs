//! What has happened can't be made not to have happened.

use sqlx::AssertSqlSafe;

use super::{refusal, two_tenants};

#[tokio::test]
async fn history_and_audit_log_can_only_grow() {
    let (desk, ours, _) = two_tenants().await;
    let mut own = desk.app_connection(Some(ours.id)).await;
    for table in ["ticket_events", "audit_log"] {
        let query = AssertSqlSafe(format!("select count(*) from {table}"));
        let rows: i64 = sqlx::query_scalar(query).fetch_one(&mut own).await.expect("a count");
        assert!(rows > 0, "{table} holds something");
        for order in [
            format!("update {table} set at = at"),
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("insert into {table} select * from {table} on conflict do update set at = excluded.at"),
        ] {
            let refused = sqlx::query(AssertSqlSafe(order.clone())).execute(&mut own).await;
            let code = refusal(refused);
            assert!(["42501", "42601"].contains(&code.as_str()), "{order}: {code}");
        }
        let query = AssertSqlSafe(format!("select count(*) from {table}"));
        let left: i64 = sqlx::query_scalar(query).fetch_one(&mut own).await.expect("a count");
        assert_eq!(left, rows);
    }
}

#[tokio::test]
async fn whom_tickets_name_can_t_be_removed() {
    let (desk, ours, _) = two_tenants().await;
    let mut own = desk.app_connection(Some(ours.id)).await;
    for table in ["requesters", "teams", "tickets"] {
        let order = AssertSqlSafe(format!("delete from {table}"));
        assert_eq!(refusal(sqlx::query(order).execute(&mut own).await), "42501", "{table}");
    }
}
