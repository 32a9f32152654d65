//! Every operation of the interface, as `api.yml` lists them: who may call it,
//! and that nobody else can. A new operation fails here until it has its line.

mod access;
mod foreign;
mod garbage;

use std::path::Path;
use std::{env, fs};

use reqwest::Method;
use serde_json::Value;
use support_engineer::domain::vocabulary::Role;
use support_engineer::http;

use crate::harness::{Place, run};

/// Operations that anybody may call, all of them outside `/v1`.
const OPEN: &[&str] = &["healthz", "readyz", "api_yml", "getSurvey", "answerSurvey"];

/// Whoever works tickets as a person.
const PEOPLE: &[Role] = &[Role::Agent, Role::Lead, Role::Admin];
/// Those and other services.
const DESK: &[Role] = &[Role::Service, Role::Agent, Role::Lead, Role::Admin];
/// Those and whoever fills in a form.
const POSTERS: &[Role] = &[Role::Form, Role::Service, Role::Agent, Role::Lead, Role::Admin];
/// Whoever leads or configures.
const LEADS: &[Role] = &[Role::Lead, Role::Admin];
/// Those who may see numbers.
const WATCHERS: &[Role] = &[Role::Dashboard, Role::Service, Role::Agent, Role::Lead, Role::Admin];
const ADMIN: &[Role] = &[Role::Admin];
const OPERATOR: &[Role] = &[Role::Operator];

/// Which roles an operation admits, by `operationId`.
const ADMITS: &[(&str, &[Role])] = &[
    ("createTicket", POSTERS),
    ("createTickets", POSTERS),
    ("listTickets", DESK),
    ("getTicket", DESK),
    ("updateTicket", DESK),
    ("addMessage", DESK),
    ("listMessages", DESK),
    ("getMessage", DESK),
    ("publishMessage", PEOPLE),
    ("mergeTicket", PEOPLE),
    ("rateTicket", DESK),
    ("inviteToSurvey", DESK),
    ("getSatisfaction", DESK),
    ("addEvidence", DESK),
    ("listEvidence", DESK),
    ("transitionTicket", PEOPLE),
    ("assignTicket", PEOPLE),
    ("triageTicket", PEOPLE),
    ("resolveTicket", PEOPLE),
    ("reopenTicket", DESK),
    ("closeTicket", DESK),
    ("getHistory", DESK),
    ("explainTicketSla", DESK),
    ("acknowledgeTicket", PEOPLE),
    ("escalateTicket", PEOPLE),
    ("acknowledgeEscalation", PEOPLE),
    ("startEscalation", PEOPLE),
    ("returnEscalation", PEOPLE),
    ("declineEscalation", PEOPLE),
    ("answerEscalation", PEOPLE),
    ("closeEscalation", PEOPLE),
    ("reportEscalation", DESK),
    ("listEscalations", DESK),
    ("getEscalation", DESK),
    ("reportAlertmanager", DESK),
    ("reportGrafana", DESK),
    ("reportCloudEvents", DESK),
    ("reportGeneric", DESK),
    ("listAlerts", DESK),
    ("getAlert", DESK),
    ("getAlertSettings", ADMIN),
    ("replaceAlertSettings", ADMIN),
    ("getEscalationPlan", DESK),
    ("escalateUp", PEOPLE),
    ("getEscalationPolicies", DESK),
    ("replaceEscalationPolicies", ADMIN),
    ("restoreEscalationPolicies", ADMIN),
    ("previewTriage", DESK),
    ("getEscalationMatrix", DESK),
    ("replaceEscalationMatrix", ADMIN),
    ("restoreEscalationMatrix", ADMIN),
    ("testEscalationMatrix", DESK),
    ("listKpis", WATCHERS),
    ("getKpi", WATCHERS),
    ("listKpiSeries", WATCHERS),
    ("verifyKpis", LEADS),
    ("listKpiTickets", DESK),
    ("streamKpis", WATCHERS),
    ("listEvents", DESK),
    ("evaluateCalendar", DESK),
    ("explainSla", DESK),
    ("listSlaAtRisk", DESK),
    ("listSlaBreaches", DESK),
    ("getSlaAttainment", WATCHERS),
    ("listSlaPolicies", WATCHERS),
    ("createSlaPolicy", LEADS),
    ("previewSlaPolicy", LEADS),
    ("getSlaPolicy", WATCHERS),
    ("replaceSlaPolicy", LEADS),
    ("listSlaPolicyVersions", WATCHERS),
    ("moveSlaPolicy", LEADS),
    ("listSlaCalendars", WATCHERS),
    ("createSlaCalendar", LEADS),
    ("previewSlaCalendar", LEADS),
    ("getSlaCalendar", WATCHERS),
    ("replaceSlaCalendar", LEADS),
    ("listSlaCalendarVersions", WATCHERS),
    ("listMails", DESK),
    ("resendMail", LEADS),
    ("listTeams", DESK),
    ("createTeam", ADMIN),
    ("getTeam", DESK),
    ("replaceTeam", ADMIN),
    ("updateTeam", ADMIN),
    ("listAgents", DESK),
    ("getOnCall", DESK),
    ("replaceOnCall", LEADS),
    ("removeOnCall", LEADS),
    ("getOnCallNow", DESK),
    ("listOnCallShifts", DESK),
    ("addOnCallOverride", LEADS),
    ("removeOnCallOverride", LEADS),
    ("listHandoffs", PEOPLE),
    ("getHandoff", PEOPLE),
    ("createAgent", ADMIN),
    ("getAgent", DESK),
    ("updateAgent", ADMIN),
    ("createKey", ADMIN),
    ("listKeys", ADMIN),
    ("revokeKey", ADMIN),
    ("createWebhook", ADMIN),
    ("listWebhooks", ADMIN),
    ("getWebhook", ADMIN),
    ("updateWebhook", ADMIN),
    ("deleteWebhook", ADMIN),
    ("rotateWebhookSecret", ADMIN),
    ("testWebhook", ADMIN),
    ("replayWebhook", ADMIN),
    ("listWebhookDeliveries", ADMIN),
    ("getWebhookDelivery", ADMIN),
    ("replayWebhookDelivery", ADMIN),
    ("createMonitor", LEADS),
    ("listMonitors", DESK),
    ("getMonitor", DESK),
    ("updateMonitor", LEADS),
    ("deleteMonitor", LEADS),
    ("sendHeartbeat", DESK),
    ("reportOutage", DESK),
    ("listOutages", DESK),
    ("getOutage", DESK),
    ("updateOutage", DESK),
    ("announceMaintenance", LEADS),
    ("listMaintenance", DESK),
    ("getMaintenance", DESK),
    ("cancelMaintenance", LEADS),
    ("getUptime", WATCHERS),
    ("getHealthReport", WATCHERS),
    ("listHealthReports", DESK),
    ("getKeptHealthReport", DESK),
    ("createTenant", OPERATOR),
];

/// One operation of the description.
#[derive(Debug, Clone)]
struct Operation {
    id: String,
    method: Method,
    /// With its variables, such as `/v1/tickets/{id}`.
    path: String,
    takes_body: bool,
}

impl Operation {
    /// Every operation that asks for a key.
    fn all() -> Vec<Self> {
        described().into_iter().filter(|operation| !OPEN.contains(&operation.id.as_str())).collect()
    }

    /// Its path with this in place of every `{id}`, a KPI for `{name}`, and a
    /// policy or calendar that every tenant has for `{key}`.
    fn at(&self, id: &str) -> String {
        let path = self
            .path
            .replace("{id}", id)
            .replace("{message}", id)
            .replace("{delivery}", id)
            .replace("{name}", "first_response_time");
        let key = if path.contains("/calendars/") { "business-hours" } else { "standard" };
        let path = path.replace("{key}", key).replace("{slug}", "devops");
        assert!(!path.contains('{'), "say here what stands for the variables of {}", self.path);
        path
    }

    fn admits(&self) -> &'static [Role] {
        let line = ADMITS.iter().find(|(id, _)| *id == self.id);
        line.unwrap_or_else(|| panic!("{} is not in the table of who may call what", self.id)).1
    }
}

/// Every operation of the description.
fn described() -> Vec<Operation> {
    let document = serde_json::to_value(http::describe(http::resources())).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("operations by method");
        item.iter().filter_map(|(method, operation)| read(path, method, operation))
    });
    operations.collect()
}

fn read(path: &str, method: &str, operation: &Value) -> Option<Operation> {
    let id = operation["operationId"].as_str()?.to_owned();
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let takes_body = operation.get("requestBody").is_some();
    Some(Operation { id, method, path: path.to_owned(), takes_body })
}

#[test]
fn the_committed_description_is_what_the_binary_prints() {
    let place = Place::new();
    let printed = run(place.path(), &[], &["openapi"]);
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).expect("text");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("api.yml");
    let committed = fs::read_to_string(committed).expect("api.yml is there");
    assert!(
        committed == printed,
        "api.yml is out of date; run `cargo run -- openapi > api.yml` and look at what changed"
    );
}

#[test]
fn the_table_of_roles_has_a_line_for_each_operation_and_no_other() {
    let mut described: Vec<String> = Operation::all().into_iter().map(|operation| operation.id).collect();
    let mut listed: Vec<&str> = ADMITS.iter().map(|(id, _)| *id).collect();
    described.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, described);
}

#[test]
fn only_operations_of_the_service_itself_need_no_key() {
    let document = serde_json::to_value(http::describe(http::resources())).expect("a document");
    assert_eq!(document["security"], serde_json::json!([{ "bearer": [] }]), "a key is needed by default");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations by method") {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
            let open = operation.get("security").is_some();
            assert_eq!(open, OPEN.contains(&id), "{method} {path}");
            assert!(!open || !path.starts_with("/v1/"), "{method} {path} must need a key");
        }
    }
}
