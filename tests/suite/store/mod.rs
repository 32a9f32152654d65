//! The database by itself: what the schema promises, asked of the catalogue
//! and tried by SQL, as the superuser and as the role that serves requests.

mod append_only;
mod guard;
mod isolation;
mod lending;
mod migrate;
mod migrations;
mod numbers;
mod pool;
mod rows;
mod schema;
mod search;
mod share;
mod statistics;
mod watch;

use serde_json::json;
use sqlx::PgConnection;
use support_engineer::domain::vocabulary::Role;

use crate::harness::{Desk, Tenant, ticket};

/// Gives a tenant a row in every one of its tables.
async fn populate(tenant: &Tenant) {
    let admin = tenant.as_role(Role::Admin);
    let mut body = ticket("Export fails", "It says no.");
    body["evidence"] = json!([{ "kind": "error_log", "text": "no" }]);
    let made = admin.with("idempotency-key", "once").post("/v1/tickets", &body).await.expect(201);
    let path = format!("/v1/tickets/{}", made.id());
    let escalation = json!({ "persona": "devops", "reason": "It is theirs.",
        "context": { "system_metrics": "cpu 99 %", "error_log": "no" } });
    admin.post(&format!("{path}/escalations"), &escalation).await.expect(201);
    let resolution = json!({ "resolution": "fixed", "steps": "Turned it off and on.", "message": "Try again.",
        "root_cause": "It was off.", "impact_assessment": "One person waited." });
    admin.post(&format!("{path}/resolve"), &resolution).await.expect(200);
    admin
        .post(&format!("{path}/satisfaction"), &json!({ "score": 4, "comment": "Thanks" }))
        .await
        .expect(201);
    admin.post(&format!("{path}/satisfaction/link"), &json!({})).await.expect(201);
    let alert = json!({ "title": "Queue is long", "group_key": "queue" });
    admin.post("/v1/alerts/generic", &alert).await.expect(201);
    admin.put("/v1/alerts/settings", &json!({ "flap_window_seconds": 60 })).await.expect(200);
    let mut matrix = admin.get("/v1/escalation-matrix").await.expect(200).at("/document");
    matrix["otherwise"]["because"] = json!("Somebody has to.");
    admin.put("/v1/escalation-matrix", &matrix).await.expect(200);
    let policy = json!({ "key": "gold", "name": "Gold", "calendar": "business-hours",
        "targets": { "P1": { "resolution_seconds": 3_600 } } });
    admin.post("/v1/sla/policies", &policy).await.expect(201);
    let ladder = json!({ "trigger": { "on": "manual" },
        "levels": [{ "actions": ["notify"], "to": [{ "kind": "queue" }] }] });
    let policies = json!({ "policies": [{ "key": "own", "name": "Own", "ladders": [ladder] }] });
    admin.put("/v1/escalation-policies", &policies).await.expect(200);
    let agent = admin.get("/v1/agents").await.expect(200).text("/items/0/id");
    let schedule = json!({ "layers": [{ "name": "Days", "time_zone": "UTC", "rotation": "daily",
        "starts_on": "2000-01-01", "hand_over": "09:00", "participants": [agent] }] });
    admin.put("/v1/teams/devops/on-call", &schedule).await.expect(200);
    let mut outage = ticket("Everything is down", "Nobody can work.");
    outage["severity"] = json!("critical");
    outage["impact"] = json!("organization");
    admin.post("/v1/tickets", &outage).await.expect(201);
    let webhook = json!({ "url": "https://hooks.invalid/in", "events": ["webhook.test"] });
    let webhook = admin.post("/v1/webhooks", &webhook).await.expect(201);
    admin.post(&format!("/v1/webhooks/{}/test", webhook.id()), &json!({})).await.expect(201);
    let monitor = json!({ "kind": "heartbeat", "service": "export", "interval_seconds": 600 });
    admin.post("/v1/monitors", &monitor).await.expect(201);
    beat(tenant).await;
    let away = json!({ "service": "export", "from": "2000-01-01T00:00:00Z", "reason": "It was off." });
    admin.post("/v1/outages", &away).await.expect(201);
    let maintenance = json!({ "all": true, "from": "2000-01-02T00:00:00Z", "to": "2000-01-03T00:00:00Z",
        "reason": "New disks" });
    admin.post("/v1/maintenance", &maintenance).await.expect(201);
}

/// Sends a heartbeat to a tenant's monitor.
async fn beat(tenant: &Tenant) {
    let admin = tenant.as_role(Role::Admin);
    let path = admin.get("/v1/monitors").await.expect(200).text("/items/0/links/heartbeat");
    admin.send(reqwest::Method::POST, &path, None).await.expect(200);
}

/// A desk with two tenants that have a row in every table.
async fn two_tenants() -> (Desk, Tenant, Tenant) {
    let reports = [
        ("SUPPORT__HEALTH_REPORT__SCHEDULE", "daily"),
        ("SUPPORT__HEALTH_REPORT__AT", "00:01"),
        ("SUPPORT__HEALTH_REPORT__TO", "lead@example.org"),
    ];
    let desk = Desk::start_mailing_with(&reports).await;
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    populate(&ours).await;
    populate(&theirs).await;
    // What is due soon is done, so that nothing changes behind the test.
    desk.move_clock("2000-01-01T00:01:00Z").await;
    // Between two heartbeats lies time that was observed.
    beat(&ours).await;
    beat(&theirs).await;
    // Numbers are summed up, and something comes after that.
    let sums = desk.backstage().await;
    for tenant in [&ours, &theirs] {
        sums.fold(tenant.id).await.expect("sums");
        let late = crate::harness::ticket("Later", "Something came later.");
        tenant.as_role(Role::Service).post("/v1/tickets", &late).await.expect(201);
    }
    desk.move_clock("2000-01-01T00:01:00Z").await;
    (desk, ours, theirs)
}

/// Queues of all tenants together: identifiers and instants, no content.
const QUEUES: &[&str] = &["outbox", "timers"];

/// Every table whose rows belong to tenants.
async fn tenant_tables(connection: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
           join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1",
    )
    .fetch_all(connection)
    .await
    .expect("the catalogue answers");
    let tables: Vec<String> = tables.into_iter().filter(|table| !QUEUES.contains(&table.as_str())).collect();
    assert!(tables.len() >= 10, "the catalogue shows {tables:?} alone");
    tables
}

/// The SQLSTATE with which a statement was refused.
#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> String {
    let error = result.expect_err("the statement is refused");
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    code.unwrap_or_else(|| panic!("no answer of the database: {error}"))
}
