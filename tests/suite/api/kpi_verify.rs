//! The self-check finds what does not follow from the histories.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, ticket};

const SPAN: &str = "from=2024-05-06&to=2024-05-08";

/// Two tickets of a Monday, one of them answered and resolved, and all of it summed up.
async fn summed_up() -> Desk {
    let desk = Desk::start().await;
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let (service, agent) = (desk.as_role(Role::Service), desk.as_role(Role::Agent));
    let first = service.post("/v1/tickets", &ticket("Export fails", "It stops.")).await.expect(201);
    service.post("/v1/tickets", &ticket("Import fails", "It stops.")).await.expect(201);
    let how = json!({"resolution": "fixed", "steps": "Repaired it.", "message": "It works again."});
    desk.move_clock("2024-05-06T09:20:00Z").await;
    agent.post(&format!("/v1/tickets/{}/resolve", first.id()), &how).await.expect(200);
    desk.move_clock("2024-05-07T12:00:00Z").await;
    desk.backstage().await.fold(desk.home().id).await.expect("sums");
    assert_eq!(check(&desk).await, (json!(true), Vec::new()));
    desk
}

/// Whether all agrees, and what does not.
async fn check(desk: &Desk) -> (Value, Vec<String>) {
    let found = desk.as_role(Role::Lead).get(&format!("/v1/kpis/verify?{SPAN}")).await.expect(200);
    let told = found.at("/differences");
    let told = told.as_array().expect("a list").iter().map(|one| one.as_str().expect("text").to_owned());
    (found.at("/agrees"), told.collect())
}

/// Changes exactly one row behind the desk's back.
async fn spoil(desk: &Desk, statement: &'static str) {
    let done = sqlx::query(statement).execute(&mut desk.superuser().await).await.expect("it can be changed");
    assert_eq!(done.rows_affected(), 1, "{statement}");
}

async fn finds(statement: &'static str, words: &[&str]) {
    let desk = summed_up().await;
    spoil(&desk, statement).await;
    let (agrees, told) = check(&desk).await;
    assert_eq!(agrees, false, "{statement}");
    for word in words {
        assert!(told.iter().any(|one| one.contains(word)), "{word}: {told:?}");
    }
}

#[tokio::test]
async fn a_changed_entry_is_found() {
    finds(
        "update kpi_entries set business = business + 1 where kind = 'answered'",
        &["answered at 2024-05-06"],
    )
    .await;
}

#[tokio::test]
async fn a_lost_entry_is_found() {
    finds("delete from kpi_entries where kind = 'resolved'", &["resolved at 2024-05-06"]).await;
}

#[tokio::test]
async fn a_changed_sum_is_found() {
    let take_another = "update kpi_cubes c set whole = o.whole from kpi_cubes o
        where c.span = 'day' and c.starts_at = '2024-05-06T00:00:00Z' and o.tenant_id = c.tenant_id
          and o.span = 'hour' and o.starts_at = (select max(starts_at) from kpi_cubes where span = 'hour')";
    finds(take_another, &["sum of "]).await;
}

#[tokio::test]
async fn a_changed_ticket_is_found() {
    for (statement, word) in [
        ("update tickets set status = 'open' where status = 'resolved'", "status"),
        ("update tickets set category = 'security' where status = 'resolved'", "category"),
        ("update tickets set team = 'devops' where status = 'resolved'", "team"),
        ("update tickets set escalations = 3 where status = 'resolved'", "escalations"),
        ("update tickets set tags = '{spam}' where status = 'resolved'", "spam"),
    ] {
        finds(statement, &[word]).await;
    }
}
