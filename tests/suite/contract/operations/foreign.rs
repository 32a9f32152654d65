//! What belongs to one tenant can't be reached from another, whatever the
//! operation and wherever the id is put.

use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;
use uuid::Uuid;

use super::Operation;
use crate::harness::{Answer, Client, Desk, Tenant, ticket};

/// Stands in every text that the one tenant ever wrote, and nowhere else.
const MARK: &str = "xyzzymark";

/// Stands in bodies for an agent of whoever sends them.
const MYSELF: &str = "00000000-0000-0000-0000-000000000000";

/// What the one tenant has.
struct Belongings {
    ticket: String,
    other: String,
    message: String,
    escalation: String,
    alert: String,
    key: String,
    webhook: String,
    /// One that may be deleted.
    spare_webhook: String,
    delivery: String,
    agent: String,
    /// An override of an on-call schedule.
    over: String,
    handoff: String,
    mail: String,
    monitor: String,
    /// One that may be deleted.
    spare_monitor: String,
    outage: String,
    maintenance: String,
    /// A health report that is kept.
    report: String,
    /// Cursors of lists, with the paths that gave them.
    cursors: Vec<(String, String)>,
}

impl Belongings {
    async fn of(desk: &Desk, tenant: &Tenant) -> Self {
        let admin = tenant.as_role(Role::Admin);
        let first = admin.with("idempotency-key", "same-key").post("/v1/tickets", &body()).await.expect(201);
        let mut second = ticket(&format!("Second {MARK}"), MARK);
        (second["severity"], second["impact"]) = (json!("critical"), json!("organization"));
        let other = admin.post("/v1/tickets", &second).await.expect(201);
        let path = format!("/v1/tickets/{}", first.id());
        // It was resolved, rated, and came back.
        let done = json!({ "resolution": "fixed", "steps": MARK, "message": MARK });
        admin.post(&format!("{path}/resolve"), &done).await.expect(200);
        admin
            .post(&format!("{path}/satisfaction"), &json!({ "score": 1, "comment": MARK }))
            .await
            .expect(201);
        admin.post(&format!("{path}/reopen"), &json!({ "reason": MARK })).await.expect(200);
        for author in ["requester", "agent"] {
            let message = json!({ "visibility": "public", "author": author, "body": MARK });
            admin.post(&format!("{path}/messages"), &message).await.expect(201);
        }
        let evidence = json!({ "kind": "other", "text": MARK });
        admin.post(&format!("{path}/evidence"), &evidence).await.expect(201);
        for persona in ["developer", "devops"] {
            admin.post(&format!("{path}/escalations"), &escalation(persona)).await.expect(201);
        }
        for place in ["one", "two"] {
            let alert =
                json!({ "title": format!("Alert {place} {MARK}"), "details": MARK, "group_key": place });
            admin.post("/v1/alerts/generic", &alert).await.expect(201);
        }
        let words = json!({ "severity": { MARK: "low" } });
        admin.put("/v1/alerts/settings", &words).await.expect(200);
        // Policies and calendars of the same names as others have.
        let hours = json!({ "time_zone": "UTC", "weekly": { "tue": [["09:00", "17:00"]] }, "note": MARK });
        let calendar = json!({ "name": MARK, "hours": hours, "reason": MARK });
        admin.put("/v1/sla/calendars/business-hours", &calendar).await.expect(200);
        let policy = json!({ "name": MARK, "calendar": "business-hours", "reason": MARK,
            "applies_to": { "tags": [MARK] }, "targets": { "P1": { "resolution_seconds": 60 } } });
        admin.put("/v1/sla/policies/standard", &policy).await.expect(200);
        let mut matrix = shipped_matrix();
        matrix["otherwise"]["because"] = json!(MARK);
        admin.put("/v1/escalation-matrix", &matrix).await.expect(200);
        let name = format!("Key {MARK}");
        let key = admin.post("/v1/keys", &json!({ "role": "agent", "name": name })).await.expect(201);
        let handoff = admin.get("/v1/handoffs").await.expect(200).text("/items/0/id");
        let over = on_call(&admin, &key.text("/agent")).await;
        let (webhook, spare_webhook) = (webhook(&admin).await, webhook(&admin).await);
        let (monitor, spare_monitor) = (monitor(&admin).await, monitor(&admin).await);
        outage(&admin).await;
        maintenance(&admin).await;
        let (outage, maintenance) = (outage(&admin).await, maintenance(&admin).await);
        let delivery = admin.post(&format!("/v1/webhooks/{webhook}/test"), &json!({})).await.expect(201);
        let message = admin.get(&format!("{path}/messages")).await.expect(200).text("/items/0/id");
        let escalation = admin.get("/v1/escalations").await.expect(200).text("/items/0/id");
        let alert = admin.get("/v1/alerts").await.expect(200).text("/items/0/id");
        // Where the clock stands: what has happened becomes mail.
        admin.put("/test/clock", &json!({ "now": "2000-01-01T00:00:00Z" })).await.expect(204);
        let mail = admin.get(&format!("{path}/mails")).await.expect(200).text("/items/0/id");
        Self {
            cursors: cursors(&admin, &first.id().to_string()).await,
            ticket: first.id().to_string(),
            other: other.id().to_string(),
            message,
            escalation,
            alert,
            agent: key.text("/agent"),
            mail,
            key: key.id().to_string(),
            over,
            handoff,
            webhook,
            spare_webhook,
            delivery: delivery.id().to_string(),
            monitor,
            spare_monitor,
            outage,
            maintenance,
            report: keep_report(desk, tenant).await,
        }
    }

    /// What stands in the path of an operation.
    fn id_for(&self, operation: &Operation) -> &str {
        match operation.path.split('/').nth(2) {
            Some("tickets") => &self.ticket,
            Some("escalations") => &self.escalation,
            Some("alerts") => &self.alert,
            Some("keys") => &self.key,
            Some("teams") => &self.over,
            Some("handoffs") => &self.handoff,
            Some("agents") => &self.agent,
            Some("mails") => &self.mail,
            // Whatever comes after it needs the other one.
            Some("webhooks") if operation.id == "deleteWebhook" => &self.spare_webhook,
            Some("webhooks") => &self.webhook,
            Some("monitors") if operation.id == "deleteMonitor" => &self.spare_monitor,
            Some("monitors") => &self.monitor,
            Some("outages") => &self.outage,
            Some("maintenance") => &self.maintenance,
            Some("reports") => &self.report,
            _ => panic!("say here whose id stands in {}", operation.path),
        }
    }
}

/// Has a health report that says the mark; the schedule makes them otherwise.
async fn keep_report(desk: &Desk, tenant: &Tenant) -> String {
    let id: Uuid = sqlx::query_scalar(
        "insert into health_reports (tenant_id, id, cadence, from_at, to_at, time_zone, verdict, recommendations,
                                     markdown, html, due_at, made_at)
         values ($1, gen_random_uuid(), 'daily', '1999-12-31Z', '2000-01-01Z', 'UTC', 'healthy', 0, $2, $2,
                 '2000-01-01Z', '2000-01-01Z')
         returning id",
    )
    .bind(tenant.id.uuid())
    .bind(MARK)
    .fetch_one(&mut desk.superuser().await)
    .await
    .expect("a report is kept");
    id.to_string()
}

/// Puts somebody on call for first level. Answers the id of an override.
async fn on_call(admin: &Client, agent: &str) -> String {
    let mut schedule = schedule();
    schedule["layers"][0]["name"] = json!(MARK);
    schedule["layers"][0]["participants"] = json!([agent]);
    let path = "/v1/teams/devops/on-call";
    admin.put(path, &schedule).await.expect(200);
    let over = json!({ "from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z", "agent": agent });
    admin.post(&format!("{path}/overrides"), &over).await.expect(201).id().to_string()
}

/// A schedule in which whoever asks puts themselves on call.
fn schedule() -> Value {
    json!({ "layers": [{ "name": "Mine", "time_zone": "UTC", "rotation": "daily", "starts_on": "2000-01-01",
        "hand_over": "09:00", "participants": [MYSELF] }] })
}

fn body() -> Value {
    json!({
        "subject": format!("First {MARK}"), "body": format!("The report fails. {MARK}"),
        "requester": { "email": format!("{MARK}@example.org"), "name": MARK },
        "service": MARK, "severity": "critical", "impact": "organization", "tags": [MARK], "external_ref": MARK, "dedup_key": MARK,
        "custom": { MARK: MARK }, "evidence": [{ "kind": "error_log", "text": MARK }],
    })
}

/// The id of a webhook, whose address is nobody's.
async fn webhook(admin: &Client) -> String {
    let url = format!("https://{MARK}.invalid/in");
    let body = json!({ "url": url, "description": MARK });
    admin.post("/v1/webhooks", &body).await.expect(201).id().to_string()
}

/// The id of a monitor that awaits a heartbeat.
async fn monitor(admin: &Client) -> String {
    let body = json!({ "kind": "heartbeat", "service": MARK, "name": MARK, "interval_seconds": 86_400 });
    admin.post("/v1/monitors", &body).await.expect(201).id().to_string()
}

/// The id of an outage that goes on.
async fn outage(admin: &Client) -> String {
    let body = json!({ "service": MARK, "from": "2000-01-01T00:00:00Z", "reason": MARK });
    admin.post("/v1/outages", &body).await.expect(201).id().to_string()
}

/// The id of announced maintenance.
async fn maintenance(admin: &Client) -> String {
    let body = json!({ "services": [MARK], "from": "2000-01-02T00:00:00Z", "to": "2000-01-03T00:00:00Z", "reason": MARK });
    admin.post("/v1/maintenance", &body).await.expect(201).id().to_string()
}

fn escalation(persona: &str) -> Value {
    let context = json!({ "reproduction_steps": MARK, "error_log": MARK, "system_metrics": MARK });
    json!({ "persona": persona, "reason": MARK, "context": context })
}

async fn cursors(admin: &Client, ticket: &str) -> Vec<(String, String)> {
    let mut cursors = Vec::new();
    for path in [
        "/v1/tickets".to_owned(),
        "/v1/escalations".to_owned(),
        "/v1/alerts".to_owned(),
        "/v1/events".to_owned(),
        "/v1/keys".to_owned(),
        "/v1/handoffs".to_owned(),
        "/v1/webhooks".to_owned(),
        "/v1/agents".to_owned(),
        "/v1/monitors".to_owned(),
        "/v1/outages".to_owned(),
        "/v1/maintenance".to_owned(),
        "/v1/teams".to_owned(),
        "/v1/sla/calendars".to_owned(),
        "/v1/sla/policies/standard/versions".to_owned(),
        "/v1/sla/calendars/business-hours/versions".to_owned(),
        format!("/v1/tickets/{ticket}/messages"),
        format!("/v1/tickets/{ticket}/evidence"),
        format!("/v1/tickets/{ticket}/history"),
        format!("/v1/tickets/{ticket}/mails"),
    ] {
        let page = admin.get(&format!("{path}?limit=1")).await.expect(200);
        cursors.push((path, page.text("/next_cursor")));
    }
    cursors
}

/// Method, path and body with which an operation does something to what
/// belongs to the one tenant.
fn request(operation: &Operation, belongings: &Belongings) -> (String, Option<Value>) {
    let path = operation.path.replace("{message}", &belongings.message);
    let path = path.replace("{delivery}", &belongings.delivery);
    let operation = Operation { path, ..operation.clone() };
    let mut body = good(&operation);
    if let Some(into) = body.as_mut().and_then(|body| body.get_mut("into")) {
        *into = json!(belongings.other);
    }
    (operation.at(belongings.id_for(&operation)), body)
}

/// A body with which an operation does something.
pub(super) fn good(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "createTicket" | "previewTriage" => ticket("Mine", "It is about something of mine."),
        "createTickets" => json!([ticket("Mine", "It is about something of mine.")]),
        "updateTicket" => json!({ "subject": "Mine", "severity": "critical" }),
        "addMessage" => json!({ "visibility": "public", "author": "requester", "body": "Mine" }),
        "addEvidence" => json!({ "kind": "other", "text": "Mine" }),
        "transitionTicket" => json!({ "to": "on_hold" }),
        "assignTicket" => json!({ "team": "first_level" }),
        "triageTicket" => json!({ "severity": "critical", "reason": "Mine" }),
        "resolveTicket" => {
            json!({ "resolution": "fixed", "steps": "Mine", "message": "Mine", "root_cause": "Mine" })
        }
        "reopenTicket" | "declineEscalation" | "closeEscalation" | "moveSlaPolicy" => {
            json!({ "reason": "Mine" })
        }
        "publishMessage" => json!({ "visibility": "public" }),
        "rateTicket" => json!({ "score": 5 }),
        "mergeTicket" => json!({ "into": "" }),
        "closeTicket" => json!({}),
        "escalateTicket" => {
            json!({ "persona": "software_tester", "reason": "Mine", "context":
                { "reproduction_steps": "Mine", "expected_result": "Mine", "actual_result": "Mine" } })
        }
        "acknowledgeTicket" | "acknowledgeEscalation" | "startEscalation" => json!({ "note": "Mine" }),
        "returnEscalation" => json!({ "missing": ["system_metrics"], "note": "Mine" }),
        "answerEscalation" => json!({ "text": "Mine" }),
        "replaceEscalationMatrix" => shipped_matrix(),
        "testEscalationMatrix" => json!({ "category": "performance" }),
        "evaluateCalendar" => {
            json!({ "calendar": { "time_zone": "UTC", "weekly": { "mon": [["09:00", "17:00"]] } }, "queries":
                [{ "kind": "is_open", "start": "2024-01-01T10:00:00Z" }] })
        }
        "explainSla" => json!({
            "calendar": { "time_zone": "UTC", "weekly": { "mon": [["09:00", "17:00"]] } },
            "targets": { "normal": { "first_response": 30 } }, "rules": {},
            "ticket": { "created_at": "2024-01-01T10:00:00Z", "priority": "normal", "status": "open", "created_by": "requester" }, "events": [],
            "evaluated_at": "2024-01-01T11:00:00Z",
        }),
        "createSlaPolicy" | "previewSlaPolicy" | "replaceSlaPolicy" => json!({
            "key": if operation.id == "replaceSlaPolicy" { "standard" } else { "mine" }, "name": "Mine",
            "calendar": "business-hours", "targets": { "P1": { "resolution_seconds": 3_600 } },
        }),
        "createSlaCalendar" | "previewSlaCalendar" | "replaceSlaCalendar" => json!({
            "key": if operation.id == "replaceSlaCalendar" { "business-hours" } else { "mine" },
            "hours": { "time_zone": "UTC", "weekly": { "mon": [["09:00", "17:00"]] } },
        }),
        "reportAlertmanager" | "reportGrafana" => json!({ "status": "firing", "groupKey": "one",
            "alerts": [{ "status": "firing", "labels": { "alertname": "Mine" } }] }),
        "reportCloudEvents" => {
            json!({ "specversion": "1.0", "id": "1", "source": "/mine", "type": "mine.made" })
        }
        "reportGeneric" => json!({ "title": "Mine", "group_key": "one" }),
        "replaceAlertSettings" => json!({ "per": "group" }),
        "replaceOnCall" => schedule(),
        "addOnCallOverride" => {
            json!({ "from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z", "agent": MYSELF })
        }
        "replaceTeam" | "updateTeam" | "createAgent" | "updateAgent" | "updateMonitor" => {
            json!({ "name": "Mine" })
        }
        "escalateUp" | "updateOutage" => json!({ "reason": "Mine" }),
        "replaceEscalationPolicies" => json!({ "policies": [{ "key": "mine", "name": "Mine", "ladders": [
            { "trigger": { "on": "manual" }, "levels": [{ "actions": ["notify"], "to": [{ "kind": "queue" }] }] }] }] }),
        "createWebhook" => json!({ "url": "https://mine.invalid/in" }),
        "updateWebhook" => json!({ "description": "Mine" }),
        "replayWebhook" => json!({ "state": "dead" }),
        "createKey" => json!({ "role": "service", "name": "Mine" }),
        "createMonitor" => json!({ "kind": "heartbeat", "service": "mine", "interval_seconds": 600 }),
        "reportOutage" => json!({ "service": "mine", "from": "2000-01-01T00:00:00Z", "reason": "Mine" }),
        "announceMaintenance" => {
            json!({ "all": true, "from": "2000-01-02T00:00:00Z", "to": "2000-01-03T00:00:00Z", "reason": "Mine" })
        }
        "createTeam" | "createTenant" => json!({ "slug": "mine", "name": "Mine" }),
        other => {
            assert!(!operation.takes_body, "say here what body {other} takes");
            return None;
        }
    };
    Some(body)
}

/// A matrix that any tenant may have.
fn shipped_matrix() -> Value {
    let shipped: toml::Table = include_str!("../../../../config/escalation.toml").parse().expect("TOML");
    serde_json::to_value(shipped).expect("JSON")
}

/// Panics if the answer shows anything of the one tenant.
#[track_caller]
fn expect_nothing_of(belongings: &Belongings, answer: &Answer) {
    let text = format!("{:?}\n{}", answer.headers, String::from_utf8_lossy(&answer.body)).to_lowercase();
    let Belongings { ticket, escalation, alert, key, webhook, delivery, agent, over, handoff, mail, .. } =
        belongings;
    let Belongings { monitor, outage, maintenance, .. } = belongings;
    let watching = [monitor, outage, maintenance].map(String::as_str);
    let working = [MARK, ticket, escalation, alert, key, webhook, delivery, agent, over, handoff, mail];
    for secret in working.into_iter().chain(watching) {
        assert!(!text.contains(secret), "shows {secret} of another tenant: {}", answer.shown());
    }
}

#[tokio::test]
async fn what_belongs_to_a_tenant_does_not_exist_for_others() {
    let desk = Desk::start_mailing().await;
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    let belongings = Belongings::of(&desk, &ours).await;
    let (owner, stranger) = (ours.as_role(Role::Admin), theirs.as_role(Role::Admin));
    let path = format!("/v1/tickets/{}", belongings.ticket);
    let before = owner.get(&path).await.expect(200);

    let (on_things, at_large): (Vec<_>, Vec<_>) =
        Operation::all().into_iter().partition(|operation| operation.path.contains("{id}"));
    for operation in &on_things {
        let (path, body) = request(operation, &belongings);
        let answer = stranger.send(operation.method.clone(), &path, body.as_ref()).await;
        let answer = answer.expect_problem(404, "not_found");
        expect_nothing_of(&belongings, &answer);
    }
    let myself = stranger.get("/v1/agents").await.expect(200).text("/items/0/id");
    for operation in &at_large {
        // Without the other tenant's idempotency key, and with it; the stranger
        // may use it once only.
        let same = if operation.id == "createTicket" { "same-key" } else { operation.id.as_str() };
        for client in [stranger.clone(), stranger.with("idempotency-key", same)] {
            let body = good(operation).map(|body| body.to_string().replace(MYSELF, &myself));
            let body = body.map(|text| serde_json::from_str(&text).expect("the same body"));
            let path = operation.at("");
            // A stream would never end; streams have tests of their own.
            let client = client.with("accept", "application/json");
            let answer = client.send(operation.method.clone(), &path, body.as_ref()).await;
            if operation.id == "streamKpis" {
                answer.expect_problem(406, "not_acceptable");
                continue;
            }
            // The stranger's own key is used up by the first operation that keeps it.
            let used = answer.status == 422 && answer.text("/type").ends_with(":idempotency_mismatch");
            // A team of the same name has a schedule only while it has its own.
            let none = answer.status == 404 && path.contains("/on-call");
            assert!(used || none || [200, 201, 202, 403, 409].contains(&answer.status), "{}", answer.shown());
            assert_eq!(answer.header("idempotency-replayed"), "", "{}", answer.shown());
            expect_nothing_of(&belongings, &answer);
        }
    }

    assert_eq!(owner.get(&path).await.expect(200).json(), before.json(), "nothing was done to the ticket");
    // The same requests reach their goal when the owner makes them.
    for operation in &on_things {
        let (path, body) = request(operation, &belongings);
        let answer = owner.send(operation.method.clone(), &path, body.as_ref()).await;
        assert!([200, 201, 409].contains(&answer.status), "{}", answer.shown());
    }
}

#[tokio::test]
async fn lists_searches_and_cursors_show_nothing_of_others() {
    let desk = Desk::start_mailing().await;
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    let belongings = Belongings::of(&desk, &ours).await;
    let stranger = theirs.as_role(Role::Admin);
    for (path, cursor) in &belongings.cursors {
        let answer = stranger.get(&format!("{path}?cursor={cursor}")).await;
        assert!([200, 404].contains(&answer.status), "{}", answer.shown());
        expect_nothing_of(&belongings, &answer);
    }
    let Belongings { ticket, agent, .. } = &belongings;
    for query in [
        format!("tickets?q={MARK}"),
        format!("tickets?requester={MARK}@example.org"),
        format!("tickets?external_ref={MARK}"),
        format!("tickets?dedup_key={MARK}"),
        format!("tickets?service={MARK}"),
        format!("tickets?tag={MARK}"),
        format!("tickets?agent={agent}"),
        "tickets?q=1".to_owned(),
        "tickets?status=new,open,pending,on_hold,resolved,closed".to_owned(),
        "escalations".to_owned(),
        "alerts".to_owned(),
        "events".to_owned(),
        "alerts?state=firing,resolved,recorded".to_owned(),
        format!("monitors?service={MARK}"),
        format!("outages?service={MARK}"),
        format!("maintenance?service={MARK}"),
        "kpis/first_response_time/tickets".to_owned(),
        "kpis/resolution_rate/tickets".to_owned(),
    ] {
        let found = stranger.get(&format!("/v1/{query}")).await.expect(200);
        assert_eq!(found.at("/items"), json!([]), "{}", found.shown());
    }
    stranger.get(&format!("/v1/escalations?ticket={ticket}")).await.expect_problem(404, "not_found");
    let kpis = stranger.get("/v1/kpis").await.expect(200);
    expect_nothing_of(&belongings, &kpis);
    for (name, kpi) in kpis.at("/kpis").as_object().expect("KPIs by name") {
        assert_eq!(kpi["n"], 0, "{name} counts what others have");
    }
}

#[tokio::test]
async fn names_and_ids_of_others_mean_nothing_in_a_body() {
    let desk = Desk::start_mailing().await;
    let (ours, theirs) = (desk.home(), desk.found_tenant("globex").await);
    let belongings = Belongings::of(&desk, &ours).await;
    let stranger = theirs.as_role(Role::Admin);
    let mut twin = ticket("Mine", "It is about something of mine.");
    twin["dedup_key"] = json!(MARK);
    let twin = stranger.post("/v1/tickets", &twin).await.expect(201);
    assert_eq!(twin.at("/created"), true, "a dedup_key is the tenant's own");
    assert_eq!(twin.at("/occurrences"), 1);

    let path = format!("/v1/tickets/{}/assign", twin.id());
    for agent in [belongings.agent.clone(), format!("Key {MARK}")] {
        let refused = stranger.post(&path, &json!({ "agent": agent })).await;
        refused.expect_problem(422, "validation");
    }
    let answer = stranger.get(&format!("/v1/tickets/{}", twin.id())).await.expect(200);
    assert_eq!(answer.at("/assigned/agent"), Value::Null);
}
