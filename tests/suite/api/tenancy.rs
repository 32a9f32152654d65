//! Tenants don't see one another, through the interface and below it.

use serde_json::json;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

#[tokio::test]
async fn a_ticket_of_another_tenant_is_not_found() {
    let desk = Desk::start().await;
    let other = desk.found_tenant("globex").await;
    let body = ticket("Export fails", "It says no.");
    let ours = desk.as_role(Role::Service).post("/v1/tickets", &body).await.expect(201).id();
    let path = format!("/v1/tickets/{ours}");
    desk.as_role(Role::Lead).get(&path).await.expect(200);
    other.as_role(Role::Admin).get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_database_itself_hides_the_rows_of_others() {
    let desk = Desk::start().await;
    let other = desk.found_tenant("globex").await;
    let body = ticket("Export fails", "It says no.");
    desk.as_role(Role::Service).post("/v1/tickets", &body).await.expect(201);
    let count = "select count(*) from tickets";
    let counted = async |mut connection| {
        sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await.expect("a count")
    };
    assert_eq!(counted(desk.superuser().await).await, 1);
    assert_eq!(counted(desk.app_connection(Some(desk.home().id)).await).await, 1);
    assert_eq!(counted(desk.app_connection(Some(other.id)).await).await, 0);
    assert_eq!(counted(desk.app_connection(None).await).await, 0);
}

#[tokio::test]
async fn a_tenant_ends_its_own_keys_and_no_others() {
    let desk = Desk::start().await;
    let other = desk.found_tenant("globex").await;
    let body = json!({ "role": "service", "name": "exporter" });
    let made = desk.as_role(Role::Admin).post("/v1/keys", &body).await.expect(201);
    let holder = desk.anonymous().with_key(&made.text("/key"));
    let path = format!("/v1/keys/{}", made.id());
    other.as_role(Role::Admin).delete(&path).await.expect_problem(404, "not_found");
    holder.get("/v1/tickets").await.expect(200);
    desk.as_role(Role::Admin).delete(&path).await.expect(200);
    holder.get("/v1/tickets").await.expect_problem(401, "unauthenticated");
}
