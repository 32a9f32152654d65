//! Numbers that are made anew, or mended, while the desk works.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use support_engineer::flow::kpi::rebuild::{Need, Rebuild};

use crate::harness::{Client, Desk, Place, Process, ticket};

const KPI: &str = "/v1/kpis/first_response_time";
const HANGING: &str = "kind in ('answered', 'overdue_business', 'overdue_elapsed')";

/// What opens a ticket with a promise.
fn promised() -> Value {
    let mut one = ticket("Export fails", "It stops with an error message.");
    for (name, value) in [("severity", "medium"), ("impact", "team"), ("category", "technical_bug")] {
        one[name] = json!(value);
    }
    one
}

/// So many tickets with a promise, which nobody answers.
async fn unanswered(desk: &Desk, tickets: usize) {
    desk.move_clock("2024-05-06T09:00:00Z").await;
    let all = Value::Array(vec![promised(); tickets]);
    let made = desk.as_role(Role::Service).post("/v1/tickets/batch", &all).await.expect(200);
    assert_eq!(made.at("/created"), tickets);
}

/// A process of the desk's database, on its clock.
fn serve(data: &Path, url: &str, more: &[(&str, &str)]) -> Process {
    let own = [
        ("SUPPORT__DATABASE__URL", url),
        ("SUPPORT__TEST__CLOCK", "true"),
        ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
    ];
    Process::serve(data, &[&own, more].concat())
}

async fn tell(desk: &Desk, statement: String) {
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut desk.superuser().await)
        .await
        .expect("it is done");
}

async fn count(desk: &Desk, of: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("select count(*) from kpi_entries where {of}"));
    sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a number")
}

async fn until_read(client: &Client) {
    while client.get(KPI).await.status == 503 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    client.get(KPI).await.expect(200);
}

#[tokio::test]
async fn all_that_others_judged_is_mended_however_much_it_is() {
    let desk = Desk::start().await;
    unanswered(&desk, 410).await;
    let (home, backstage) = (desk.home().id, desk.backstage().await);
    assert_eq!(backstage.kpi_need(home).await.ok(), Some(Need::Nothing));
    // As a process with a quarter of an hour writes them.
    tell(&desk, "update kpi_entries set target = 900 where target is not null".to_owned()).await;
    assert_eq!(count(&desk, "target = 900").await, 820, "two of each ticket");
    assert_eq!(backstage.kpi_need(home).await.ok(), Some(Need::Mending));
    assert_eq!(backstage.mend_kpis(home).await.ok(), Some(410));
    assert_eq!(count(&desk, "target = 1800").await, 820);
    // As a process writes them that knows nothing of it.
    tell(&desk, "update kpi_entries set target = null".to_owned()).await;
    let verify = "/v1/kpis/verify?from=2024-05-06&to=2024-05-07";
    let lead = desk.as_role(Role::Lead);
    assert_eq!(lead.get(verify).await.expect(200).at("/differences"), json!([]));
    assert_eq!(backstage.mend_kpis(home).await.ok(), Some(410));
    assert_eq!(count(&desk, &format!("{HANGING} and target is null")).await, 0);
    assert_eq!(lead.get(verify).await.expect(200).at("/differences"), json!([]));
    // Of what has no ticket nothing can be made.
    let place = "select gen_random_uuid() as id";
    tell(
        &desk,
        format!(
            "update kpi_entries e set ticket_id = n.id, target = 900 from ({place}) n
                  where e.ctid = (select ctid from kpi_entries where {HANGING} limit 1)"
        ),
    )
    .await;
    assert_eq!(backstage.mend_kpis(home).await.ok(), Some(0));
}

#[tokio::test]
async fn what_was_made_anew_before_a_failure_is_not_made_again() {
    let desk = Desk::start_with(&[("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "200")]).await;
    unanswered(&desk, 201).await;
    let (home, backstage) = (desk.home().id, desk.backstage().await);
    let mut superuser = desk.superuser().await;
    let last =
        "begin; select from tickets where id = (select id from tickets order by id desc limit 1) for update";
    sqlx::raw_sql(last).execute(&mut superuser).await.expect("a lock");
    let mut rebuild = Rebuild::default();
    backstage.go_on_rebuilding(home, &mut rebuild).await.expect_err("somebody holds the last ticket");
    assert_eq!(rebuild.tickets(), 200);
    assert_eq!(backstage.kpi_need(home).await.ok(), Some(Need::Making));
    sqlx::raw_sql("rollback").execute(&mut superuser).await.expect("it goes on");
    backstage.withhold_kpis(home);
    backstage.make_kpis(home, &mut rebuild).await.expect("made anew");
    assert_eq!(rebuild.tickets(), 201);
    assert!(backstage.expect_kpis(home).is_ok());
    assert_eq!(backstage.kpi_need(home).await.ok(), Some(Need::Nothing));
    // Whoever listens is told that they can be read again.
    let before = backstage.kpi_version(home, None).await.expect("a version").changes();
    backstage.make_kpis(home, &mut rebuild).await.expect("nothing to do");
    assert_eq!(rebuild.tickets(), 201, "it is asked whether there is need");
    assert!(backstage.kpi_version(home, None).await.expect("a version").changes() > before);
}

#[tokio::test]
async fn a_new_tenant_is_noted_for_the_target_it_begins_with() {
    let desk = Desk::start_with(&[("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300")]).await;
    let acme = desk.found_tenant("acme").await;
    let made = ticket("Export fails", "It stops with an error message.");
    acme.as_role(Role::Service).post("/v1/tickets", &made).await.expect(201);
    let backstage = desk.backstage().await;
    assert_eq!(backstage.lacks_kpis(acme.id).await.ok(), Some(false));
    // Where nothing is noted nobody has the say, and half an hour is taken for it.
    tell(&desk, "update kpi_states set first_response_seconds = null".to_owned()).await;
    tell(&desk, format!("update kpi_entries set target = 900 where {HANGING}")).await;
    assert_eq!(backstage.mend_kpis(acme.id).await.ok(), Some(0));
    assert_eq!(backstage.lacks_kpis(acme.id).await.ok(), Some(true));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_made_anew_keeps_no_other_waiting() {
    let desk = Desk::start().await;
    unanswered(&desk, 1).await;
    let (acme, zeta) = (desk.found_tenant("acme").await, desk.found_tenant("zeta").await);
    for tenant in [&acme, &zeta] {
        let made = ticket("Export fails", "It stops with an error message.");
        tenant.as_role(Role::Service).post("/v1/tickets", &made).await.expect(201);
    }
    let (mut holder, mut maker) = (desk.superuser().await, desk.superuser().await);
    let lock = format!("begin; select from tickets where tenant_id = '{}' for update", desk.home().id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut holder).await.expect("locks");
    // Another process is at it.
    let turn = format!("select pg_advisory_lock(hashtextextended('making kpis:{}', 0))", zeta.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(turn)).execute(&mut maker).await.expect("a lock");
    let (place, url) = (Place::new(), desk.owner_url());
    let process = Process::serve(
        &place.join("data"),
        &[
            ("SUPPORT__DATABASE__URL", url.as_str()),
            ("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "200"),
            ("SUPPORT__TEST__CLOCK", "true"),
            ("SUPPORT__TEST__ALLOW_DATABASE", "true"),
            ("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300"),
        ],
    );
    let lead = |secret: &str| process.client().with_key(secret);
    until_read(&lead(acme.secret(Role::Lead))).await;
    for tenant in [&desk.home(), &zeta] {
        lead(tenant.secret(Role::Lead)).get(KPI).await.expect_problem(503, "unavailable");
    }
    let of_zeta = format!("tenant_id = '{}' and target = 300", zeta.id);
    assert_eq!(count(&desk, &of_zeta).await, 0, "who has the turn makes them");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("it goes on");
    sqlx::raw_sql("select pg_advisory_unlock_all()").execute(&mut maker).await.expect("it goes on");
    for tenant in [&desk.home(), &zeta] {
        until_read(&lead(tenant.secret(Role::Lead))).await;
    }
    assert!(count(&desk, &of_zeta).await > 0);
}

#[tokio::test]
async fn a_process_mends_while_it_listens() {
    let desk = Desk::start().await;
    unanswered(&desk, 3).await;
    tell(&desk, "update kpi_entries set target = null".to_owned()).await;
    // It would wait for a ticket that somebody holds.
    let mut superuser = desk.superuser().await;
    sqlx::raw_sql("begin; select from tickets for update").execute(&mut superuser).await.expect("locks");
    let (place, url) = (Place::new(), desk.owner_url());
    let process = serve(&place.join("data"), &url, &[]);
    let lead = process.client().with_key(desk.home().secret(Role::Lead));
    lead.get(KPI).await.expect(200);
    sqlx::raw_sql("rollback").execute(&mut superuser).await.expect("it goes on");
    while count(&desk, &format!("{HANGING} and target is null")).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(count(&desk, "target = 1800").await, 6);
}

/// Makes KPIs anew for five minutes, however long it waits for a ticket.
const ANEW: [(&str, &str); 2] =
    [("SUPPORT__KPI__FIRST_RESPONSE_TARGET_SECONDS", "300"), ("SUPPORT__DATABASE__LOCK_TIMEOUT_MS", "60000")];

/// Holds the last ticket that came in, so that whoever makes all anew waits for it.
async fn hold_the_last(desk: &Desk) -> sqlx::PgConnection {
    let mut holder = desk.superuser().await;
    let last =
        "begin; select from tickets where id = (select id from tickets order by id desc limit 1) for update";
    sqlx::raw_sql(last).execute(&mut holder).await.expect("a lock");
    holder
}

async fn number(desk: &Desk, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut desk.superuser().await).await.expect("a number")
}

const NOTED: &str = "select first_response_seconds from kpi_states";
const UNSUMMED: &str = "select count(*) from kpi_deltas";

/// Of so many unanswered tickets, all of Monday morning.
async fn expect_exact(lead: &Client, tickets: u64) {
    let monday = "from=2024-05-06&to=2024-05-07";
    let kpi = lead.get(&format!("/v1/kpis/resolution_rate?{monday}")).await.expect(200);
    assert_eq!((kpi.at("/n"), kpi.at("/value")), (json!(tickets), json!(0.0)));
    let waiting = lead.get("/v1/kpis/backlog").await.expect(200);
    assert_eq!(waiting.at("/n"), tickets);
    let found = lead.get(&format!("/v1/kpis/verify?{monday}")).await.expect(200);
    assert_eq!((found.at("/differences"), found.at("/tickets")), (json!([]), json!(tickets)));
}

#[tokio::test]
async fn what_happens_while_numbers_are_made_anew_is_summed_up_afterwards() {
    let mut desk = Desk::start().await;
    unanswered(&desk, 3).await;
    let (home, url) = (desk.home(), desk.owner_url());
    // Nobody else sums up.
    desk.stop().await;
    let mut holder = hold_the_last(&desk).await;
    let place = Place::new();
    let process = serve(&place.join("data"), &url, &ANEW);
    let lead = process.client().with_key(home.secret(Role::Lead));
    lead.get(KPI).await.expect_problem(503, "unavailable");
    let told = async |tickets: usize| {
        for _ in 0..tickets {
            lead.post("/v1/tickets", &promised()).await.expect(201);
        }
        // The feed waits until what was committed has been told.
        lead.get("/v1/events?after=latest").await.expect(200);
    };
    // More than is worth summing up. Who tells comes to the next facts after that.
    told(120).await;
    for _ in 0..3 {
        told(1).await;
    }
    assert!(number(&desk, UNSUMMED).await >= 120, "all of it waits");
    assert_eq!(number(&desk, NOTED).await, 0);
    lead.get(KPI).await.expect_problem(503, "unavailable");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("it goes on");
    until_read(&lead).await;
    expect_exact(&lead, 126).await;
    assert_eq!(number(&desk, UNSUMMED).await, 0, "it was summed up with all the rest");
    assert_eq!(number(&desk, NOTED).await, 300);
}

#[tokio::test]
async fn what_a_killed_process_left_half_made_the_next_one_makes() {
    let mut desk = Desk::start().await;
    unanswered(&desk, 201).await;
    let (home, url) = (desk.home(), desk.owner_url());
    desk.stop().await;
    let mut holder = hold_the_last(&desk).await;
    let place = Place::new();
    let killed = serve(&place.join("data"), &url, &ANEW);
    while count(&desk, "target = 300").await < 400 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((number(&desk, NOTED).await, count(&desk, "target = 1800").await), (0, 2));
    // Without a word to anybody.
    drop(killed);
    let process = serve(&place.join("next"), &url, &ANEW);
    let lead = process.client().with_key(home.secret(Role::Lead));
    lead.get(KPI).await.expect_problem(503, "unavailable");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("it goes on");
    until_read(&lead).await;
    assert_eq!((number(&desk, NOTED).await, count(&desk, "target = 300").await), (300, 402));
    expect_exact(&lead, 201).await;
    let kpi = lead.get("/v1/kpis/first_response_time?from=2024-05-06T09:00:00Z&to=2024-05-07").await;
    assert_eq!(kpi.expect(200).at("/open_overdue"), 0, "five minutes have not passed");
    process.client().put("/test/clock", &json!({"now": "2024-05-06T09:06:00Z"})).await.expect(204);
    let kpi = lead.get("/v1/kpis/first_response_time?from=2024-05-06T09:00:00Z&to=2024-05-07").await;
    assert_eq!(kpi.expect(200).at("/open_overdue"), 201);
}

#[tokio::test]
async fn a_process_looks_again_and_again_for_what_others_write_and_leave() {
    let desk = Desk::start().await;
    unanswered(&desk, 3).await;
    let (place, url) = (Place::new(), desk.owner_url());
    let process = serve(&place.join("data"), &url, &[("SUPPORT__KPI__UPKEEP_SECONDS", "1")]);
    let lead = process.client().with_key(desk.home().secret(Role::Lead));
    lead.get(KPI).await.expect(200);
    // A process with another target goes on for a while, as in a rolling change.
    for stranger in ["900", "null", "900"] {
        tell(&desk, format!("update kpi_entries set target = {stranger} where {HANGING}")).await;
        while count(&desk, "target = 1800").await < 6 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        expect_exact(&lead, 3).await;
    }
    // Another one began to make all anew, and is gone.
    tell(&desk, "delete from kpi_entries where kind = 'created'".to_owned()).await;
    tell(&desk, "update kpi_states set first_response_seconds = 0".to_owned()).await;
    while number(&desk, NOTED).await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    until_read(&lead).await;
    expect_exact(&lead, 3).await;
}
