//! What the planner knows of the tables of a new install.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use support_engineer::domain::vocabulary::Role;
use support_engineer::store::idempotency::TAKE;
use support_engineer::store::webhook::queue::{AT_ONCE, HEADS};
use support_engineer::worker::{Settings, Worker};

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
async fn a_table_that_somebody_else_gets_to_know_is_passed_over() {
    let desk = Desk::start_with(&[("SUPPORT__SERVICE__ROLE", "api")]).await;
    let service = desk.home().as_role(Role::Service);
    let items: Vec<Value> = (0..100).map(|n| ticket(&format!("Report {n}"), "It says no.")).collect();
    service.post("/v1/tickets/batch", &json!(items)).await.expect(200);
    let (mut holder, mut superuser) = (desk.superuser().await, desk.superuser().await);
    let known = async |superuser: &mut PgConnection| {
        let query = "select analyze_grown(), (select reltuples from pg_class where relname = 'tickets')";
        sqlx::query_as::<_, (i32, f32)>(query).fetch_one(superuser).await.expect("an answer")
    };
    let mut holding = holder.begin().await.expect("a transaction");
    sqlx::raw_sql("lock table tickets in share update exclusive mode")
        .execute(&mut *holding)
        .await
        .expect("as who gathers statistics does");
    assert!(known(&mut superuser).await.0 > 0, "the others have grown, too");
    assert_eq!(known(&mut superuser).await, (0, -1.0), "what is left is somebody else's");
    holding.rollback().await.expect("it lets go");
    assert_eq!(known(&mut superuser).await.0, 1);
    assert_eq!(known(&mut superuser).await, (0, 100.0));
    let settings: Vec<String> =
        sqlx::query_scalar("select unnest(proconfig) from pg_proc where proname = 'analyze_grown'")
            .fetch_all(&mut superuser)
            .await
            .expect("the function is there");
    assert_eq!(settings, ["search_path=pg_catalog, public", "default_statistics_target=10"]);
}

#[tokio::test]
async fn kept_answers_are_found_by_their_keys_before_anything_is_known_of_them() {
    let desk = Desk::start().await;
    let mut superuser = desk.superuser().await;
    superuser.execute("set plan_cache_mode = force_generic_plan").await.expect("a setting");
    let prepare = format!("prepare take(uuid, uuid, text[], timestamptz) as {TAKE}");
    superuser.execute(AssertSqlSafe(prepare)).await.expect("a statement");
    let explain = "explain execute take(gen_random_uuid(), gen_random_uuid(), '{a,b}', now())";
    let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut superuser).await.expect("a plan");
    assert!(plan.iter().any(|line| line.contains("idempotency_keys_pkey")), "{plan:#?}");
}

#[tokio::test]
async fn words_are_sorted_in_before_somebody_who_opens_a_ticket_has_to() {
    let desk = Desk::start().await;
    let service = desk.home().as_role(Role::Service);
    let items: Vec<Value> = (0..100).map(|n| ticket(&format!("Gherkin {n}"), "It says no.")).collect();
    let settings = Settings { concurrency: 1, poll: Duration::from_mins(1), lease: Duration::from_mins(1) };
    let worker = Worker::new(desk.backstage().await, settings);
    let mut superuser = desk.superuser().await;
    service.post("/v1/tickets/batch", &json!(items)).await.expect(200);
    // The worker of the service may be at it: who comes second waits for the first.
    worker.look_after_tables().await;
    let left: i64 = sqlx::query_scalar("select gin_clean_pending_list('tickets_search')")
        .fetch_one(&mut superuser)
        .await
        .expect("the index is there");
    assert_eq!(left, 0, "nothing is left in the list");
    let found = desk.home().as_role(Role::Agent).get("/v1/tickets?q=gherkin&limit=100").await.expect(200);
    assert_eq!(found.json()["items"].as_array().map(Vec::len), Some(100));
}

/// An endpoint that 20,000 deliveries wait for.
const BACKLOG: &str = "
    insert into webhook_endpoints (tenant_id, id, url, secret, queued, created_at, updated_at, enabled_at)
    select tenant_id, gen_random_uuid(), 'https://example.org', '', 20000, now(), now(), now()
      from tenants where slug = 'home';
    insert into webhook_deliveries
        (tenant_id, id, endpoint_id, position, type, envelope, created_at, queued_at, ticket_id)
    select e.tenant_id, gen_random_uuid(), e.id, n, 'ticket.created', jsonb_build_object('data', repeat('x', 1000)),
           now(), now(), gen_random_uuid()
      from webhook_endpoints e, generate_series(1, 20000) as n;
    analyze webhook_deliveries";

#[tokio::test]
async fn the_heads_of_a_long_queue_are_found_without_going_through_it() {
    let desk = Desk::start().await;
    desk.superuser().await.execute(BACKLOG).await.expect("a backlog");
    // As requests see it: behind row-level security not every condition reaches an index.
    let mut own = desk.app_connection(Some(desk.home().id)).await;
    own.execute("set plan_cache_mode = force_generic_plan").await.expect("a setting");
    let prepare = format!("prepare heads(uuid, uuid) as {HEADS}");
    own.execute(AssertSqlSafe(prepare)).await.expect("a statement");
    let plan: Vec<String> = sqlx::query_scalar("explain execute heads(gen_random_uuid(), gen_random_uuid())")
        .fetch_all(&mut own)
        .await
        .expect("a plan");
    assert!(HEADS.ends_with(&format!("limit {AT_ONCE}")), "whether there are more is told by their number");
    assert!(plan.iter().any(|line| line.contains("webhook_deliveries_by_state")), "{plan:#?}");
    for step in ["Gather", "Sort", "Seq Scan", "Bitmap", "Filter: (state", "Materialize"] {
        assert!(!plan.iter().any(|line| line.contains(step)), "{plan:#?}");
    }
}

/// Lets nobody record a fact whose rows further processes may look for.
const ALONE: &str = "
    create function alone() returns trigger language plpgsql as $$ begin
        assert current_setting('max_parallel_workers_per_gather') = '0';
        return new;
    end $$;
    create trigger alone before insert on outbox for each row execute function alone()";

#[tokio::test]
async fn whoever_writes_is_helped_by_no_further_process() {
    let desk = Desk::start().await;
    desk.superuser().await.execute(ALONE).await.expect("a trigger");
    desk.as_role(Role::Service).post("/v1/tickets", &ticket("Alone", "It says no.")).await.expect(201);
}
