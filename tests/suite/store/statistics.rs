//! What the planner knows of the tables of a new install.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use support_engineer::domain::vocabulary::Role;
use support_engineer::store::idempotency::{LOOKUP as ANSWER, LOOKUP_ALL as ANSWERS};

use crate::harness::{Desk, ticket};

/// Looks a ticket up as foreign keys are checked: by a plan that is made once.
const LOOKUP: &str = "
    set enable_seqscan = off;
    set plan_cache_mode = force_generic_plan;
    prepare lookup(uuid, uuid) as select 1 from only tickets x where tenant_id = $1 and id = $2 for key share of x";

#[tokio::test]
async fn a_table_that_has_grown_is_known_before_autovacuum_comes() {
    let desk = Desk::start().await;
    let tenant = desk.home();
    let service = tenant.as_role(Role::Service);
    let backstage = desk.backstage().await;
    let mut superuser = desk.superuser().await;
    let mut known = 0.0_f32;
    // Whoever gathers them while a batch is being written sees none of its tickets,
    // and looks again when there are four times as many.
    for batch in 0..20 {
        let items: Vec<Value> =
            (0..100).map(|n| ticket(&format!("Report {batch} {n}"), "It says no.")).collect();
        service.post("/v1/tickets/batch", &json!(items)).await.expect(200);
        // The worker of the service may be at it; whoever comes second passes over.
        while backstage.store().analyze_grown().await.expect("statistics are gathered") > 0 {}
        known = sqlx::query_scalar("select reltuples from pg_class where relname = 'tickets'")
            .fetch_one(&mut superuser)
            .await
            .expect("the table is there");
        if known >= 100.0 {
            break;
        }
    }
    assert!(known >= 100.0, "the planner knows of {known} tickets");
    superuser.execute(LOOKUP).await.expect("a statement");
    let plan: Vec<String> =
        sqlx::query_scalar("explain execute lookup(gen_random_uuid(), gen_random_uuid())")
            .fetch_all(&mut superuser)
            .await
            .expect("a plan");
    assert!(plan.iter().any(|line| line.contains("tickets_pkey")), "{plan:#?}");
}

#[tokio::test]
async fn kept_answers_are_found_by_their_keys_before_anything_is_known_of_them() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    superuser.execute("set plan_cache_mode = force_generic_plan").await.expect("a setting");
    for (name, text, kind, key) in
        [("answer", ANSWER, "text", "'a'"), ("answers", ANSWERS, "text[]", "'{a,b}'")]
    {
        let prepare = format!("prepare {name}(uuid, uuid, {kind}, timestamptz) as {text}");
        superuser.execute(AssertSqlSafe(prepare)).await.expect("a statement");
        let explain = format!("explain execute {name}(gen_random_uuid(), gen_random_uuid(), {key}, now())");
        let plan: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut superuser).await.expect("a plan");
        assert!(plan.iter().any(|line| line.contains("idempotency_keys_pkey")), "{plan:#?}");
    }
}

#[tokio::test]
async fn words_are_sorted_in_before_somebody_who_opens_a_ticket_has_to() {
    let desk = Desk::start().await;
    let service = desk.home().as_role(Role::Service);
    let items: Vec<Value> = (0..100).map(|n| ticket(&format!("Gherkin {n}"), "It says no.")).collect();
    let backstage = desk.backstage().await;
    let mut superuser = desk.superuser().await;
    service.post("/v1/tickets/batch", &json!(items)).await.expect(200);
    // The worker of the service may be at it: who comes second waits for the first.
    backstage.store().sort_in_words().await.expect("words are sorted in");
    let left: i64 = sqlx::query_scalar("select gin_clean_pending_list('tickets_search')")
        .fetch_one(&mut superuser)
        .await
        .expect("the index is there");
    assert_eq!(left, 0, "nothing is left in the list");
    let found = desk.home().as_role(Role::Agent).get("/v1/tickets?q=gherkin&limit=100").await.expect(200);
    assert_eq!(found.json()["items"].as_array().map(Vec::len), Some(100));
}
