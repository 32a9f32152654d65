//! The numbers are those that `GET /v1/kpis` answers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support_engineer::domain::vocabulary::Role;

use super::{MORNING, act, answer, monday, open, resolve, shown, shown_of};
use crate::harness::{Client, Desk, Receiver, Reply};

/// Samples that are expected of one tenant.
#[derive(Debug, Default)]
struct Expected {
    tenant: String,
    samples: BTreeMap<String, String>,
}

impl Expected {
    /// Null is nothing.
    fn put(&mut self, name: &str, labels: &str, value: &Value) {
        let Some(number) = value.as_f64().or_else(|| value.as_bool().map(|truth| f64::from(u8::from(truth))))
        else {
            assert!(value.is_null(), "{name}: {value}");
            return;
        };
        let comma = if labels.is_empty() { "" } else { "," };
        let series = format!("{name}{{tenant=\"{}\"{comma}{labels}}}", self.tenant);
        self.samples.insert(series, number.to_string());
    }

    /// What the answer of the interface makes of a window.
    fn window(&mut self, window: &str, kpis: &Value) {
        let window = format!("window=\"{window}\"");
        for (name, kpi) in kpis.as_object().expect("KPIs").iter().filter(|(name, _)| *name != "backlog") {
            let labels = format!("{window},kpi=\"{name}\"");
            self.put("support_kpi_observations", &labels, &kpi["n"]);
            self.put("support_kpi_met", &labels, &kpi["met"]);
        }
        for (metric, pointer) in [
            ("support_first_response_mean_seconds", "/first_response_time/stats/mean"),
            ("support_first_response_within_target_ratio", "/first_response_time/within_target"),
            ("support_first_response_overdue_tickets", "/first_response_time/open_overdue"),
            ("support_first_level_resolution_ratio", "/first_level_resolution_rate/value"),
            ("support_resolution_ratio", "/resolution_rate/value"),
            ("support_resolution_mean_seconds", "/time_to_resolution/stats/mean"),
            ("support_satisfaction_score", "/satisfaction/value"),
            ("support_satisfaction_responses", "/satisfaction/n"),
            ("support_satisfaction_positive_ratio", "/satisfaction/positive"),
            ("support_satisfaction_surveys", "/satisfaction/sent"),
            ("support_satisfaction_response_ratio", "/satisfaction/response_rate"),
            ("support_uptime_overall_ratio", "/uptime/value"),
            ("support_uptime_coverage_ratio", "/uptime/coverage"),
            ("support_reopen_ratio", "/reopen_rate/value"),
            ("support_escalation_ratio", "/escalation_rate/value"),
            ("support_automation_ratio", "/automation/value"),
            ("support_automation_corrected_ratio", "/automation/corrected"),
            ("support_automation_touches_per_ticket", "/automation/touches_per_ticket"),
            ("support_automation_capacity_ratio", "/automation/capacity_multiple"),
        ] {
            self.put(metric, &window, kpis.pointer(pointer).expect(pointer));
        }
        for (quantile, name) in [("0.5", "p50"), ("0.9", "p90"), ("0.95", "p95"), ("0.99", "p99")] {
            let labels = format!("{window},quantile=\"{quantile}\"");
            self.put("support_first_response_seconds", &labels, &kpis["first_response_time"]["stats"][name]);
            self.put("support_resolution_seconds", &labels, &kpis["time_to_resolution"]["stats"][name]);
            self.put("support_last_resolution_seconds", &labels, &kpis["time_to_resolution"]["last"][name]);
        }
        for step in ["triaged", "routed", "answered", "resolved"] {
            let labels = format!("{window},step=\"{step}\"");
            self.put("support_automation_step_ratio", &labels, &kpis["automation"][step]);
        }
        let services = kpis["uptime"]["services"].as_object().expect("services");
        for (service, value) in services {
            self.put("support_uptime_ratio", &format!("{window},service=\"{service}\""), value);
        }
        self.put("support_uptime_left_out_services", &window, &json!(0));
        for (metric, of) in kpis["sla_attainment"]["metrics"].as_object().expect("metrics") {
            for (priority, kept) in of["priorities"].as_object().expect("priorities") {
                let labels = format!("{window},metric=\"{metric}\",priority=\"{priority}\"");
                self.put("support_sla_attainment_ratio", &labels, &kept["value"]);
                for outcome in ["met", "breached"] {
                    let labels = format!("{labels},outcome=\"{outcome}\"");
                    self.put("support_sla_clocks", &labels, &kept[outcome]);
                }
            }
        }
    }

    /// What the answer about tickets of one priority makes of the backlog.
    fn backlog(&mut self, priority: &str, kpi: &Value) {
        for (list, label, metric) in [
            ("by_state", "status", "support_backlog_tickets"),
            ("by_age", "age", "support_backlog_age_tickets"),
        ] {
            for (word, n) in kpi[list].as_object().expect("a list") {
                self.put(metric, &format!("priority=\"{priority}\",{label}=\"{word}\""), n);
            }
        }
    }
}

/// All that a scrape shows of a tenant, from what the interface answers now.
async fn expected(desk: &Desk, tenant: &str, lead: &Client) -> BTreeMap<String, String> {
    let now: Timestamp = desk.now().await;
    let mut expected = Expected { tenant: tenant.to_owned(), ..Expected::default() };
    for (window, hours) in [("1d", 24), ("30d", 720)] {
        let from = now.checked_sub(SignedDuration::from_hours(hours)).expect("an instant");
        let answer = lead.get(&format!("/v1/kpis?from={from}")).await.expect(200);
        expected.window(window, &answer.at("/kpis"));
    }
    for priority in ["P1", "P2", "P3", "P4"] {
        let kpi = lead.get(&format!("/v1/kpis/backlog?priority={priority}")).await.expect(200);
        expected.backlog(priority, &kpi.json());
    }
    expected.samples
}

/// Of three tickets one is answered after 10 minutes, one after 40, and both are
/// resolved; one is rated and comes back; the third waits. A service is away for
/// a while.
async fn days(desk: &Desk, receiver: &Receiver) {
    let (agent, lead) = (desk.as_role(Role::Agent), desk.as_role(Role::Lead));
    let monitor = json!({ "kind": "http", "service": "reporting", "url": receiver.url("/healthz"),
        "interval_seconds": 3600 });
    lead.post("/v1/monitors", &monitor).await.expect(201);
    let (quick, slow) = (open(&agent, "Export fails").await, open(&agent, "Import fails").await);
    open(&agent, "Print fails").await;
    desk.move_clock("2000-01-03T09:10:00Z").await;
    answer(&agent, &quick).await;
    resolve(&agent, &quick).await;
    desk.move_clock("2000-01-03T09:40:00Z").await;
    answer(&agent, &slow).await;
    let outage = json!({ "service": "reporting", "from": MORNING, "to": "2000-01-03T09:06:00Z",
        "reason": "Nobody could log in" });
    lead.post("/v1/outages", &outage).await.expect(201);
    desk.move_clock("2000-01-03T10:00:00Z").await;
    resolve(&agent, &slow).await;
    let service = desk.as_role(Role::Service);
    act(&service, &quick, "satisfaction", json!({ "score": 5 })).await;
    act(&agent, &slow, "reopen", json!({ "reason": "It fails again." })).await;
}

#[tokio::test]
async fn they_are_those_that_the_interface_answers() {
    let desk = Desk::start_with(&[("SUPPORT__OUTBOUND__ALLOW", "127.0.0.1/32")]).await;
    let receiver = Receiver::start().await;
    receiver.answer(Reply::Status(200));
    desk.move_clock(MORNING).await;
    days(&desk, &receiver).await;
    let lead = desk.as_role(Role::Lead);
    let shown = shown_of(&desk, "home").await;
    assert_eq!(shown, expected(&desk, "home", &lead).await);
    // Some of them computed on paper.
    let of = |metric: &str, labels: &str| {
        let series = format!("{metric}{{tenant=\"home\",window=\"1d\"{labels}}}");
        shown.get(&series).map(String::as_str)
    };
    assert_eq!(of("support_first_response_seconds", ",quantile=\"0.5\""), Some("600"));
    assert_eq!(of("support_first_response_seconds", ",quantile=\"0.99\""), Some("2400"));
    assert_eq!(of("support_first_response_mean_seconds", ""), Some("1500"));
    assert_eq!(of("support_first_response_within_target_ratio", ""), Some("0.3333333333333333"));
    assert_eq!(of("support_first_response_overdue_tickets", ""), Some("1"));
    assert_eq!(of("support_first_level_resolution_ratio", ""), Some("0.5"));
    assert_eq!(of("support_reopen_ratio", ""), Some("0.5"));
    assert_eq!(of("support_satisfaction_score", ""), Some("5"));
    assert_eq!(of("support_uptime_ratio", ",service=\"reporting\""), Some("0.9"));
    assert_eq!(of("support_kpi_met", ",kpi=\"first_response_time\""), Some("1"));
    assert_eq!(of("support_kpi_met", ",kpi=\"first_level_resolution_rate\""), Some("0"));
    assert_eq!(of("support_kpi_met", ",kpi=\"uptime\""), None, "an hour of a day says nothing");
    assert_eq!(shown["support_backlog_tickets{tenant=\"home\",priority=\"P3\",status=\"open\"}"], "1");

    // Two days on, the shorter window holds nothing of it.
    desk.move_clock("2000-01-05T10:00:00Z").await;
    let later = shown_of(&desk, "home").await;
    assert_eq!(later, expected(&desk, "home", &lead).await);
    let median = "support_first_response_seconds{tenant=\"home\",window=\"30d\",quantile=\"0.5\"}";
    assert_eq!(later[median], "600");
    assert_eq!(later.get(&median.replace("30d", "1d")), None);
}

#[tokio::test]
async fn of_nothing_there_is_no_number() {
    let desk = Desk::start().await;
    desk.move_clock(MORNING).await;
    let shown = shown(&desk).await;
    let nulls =
        ["_ratio", "_score", "first_response_seconds", "resolution_seconds", "_mean_seconds", "_met{"];
    for series in shown.keys() {
        assert!(!nulls.iter().any(|null| series.contains(null)), "{series}");
    }
    assert_eq!(shown["support_kpi_up"], "1");
    assert_eq!(shown["support_kpi_target{kpi=\"first_response_time\"}"], "1800");
    assert_eq!(shown["support_kpi_target{kpi=\"uptime\"}"], "0.995");
    assert!(!shown.contains_key("support_kpi_target{kpi=\"backlog\"}"), "it has no target");
    let morning: Timestamp = MORNING.parse().expect("an instant");
    assert_eq!(shown["support_kpi_computed_timestamp_seconds"], morning.as_second().to_string());
    // What is counted is counted all the same.
    assert_eq!(shown["support_backlog_tickets{tenant=\"home\",priority=\"P1\",status=\"new\"}"], "0");
    let none = "support_first_response_overdue_tickets{tenant=\"home\",window=\"1d\"}";
    assert_eq!(shown[none], "0");
}

#[tokio::test]
async fn what_time_alone_brings_is_there_at_once_and_facts_after_a_while() {
    let desk = Desk::start_with(&[("SUPPORT__METRICS__KPI_SECONDS", "600")]).await;
    desk.move_clock(MORNING).await;
    let agent = desk.as_role(Role::Agent);
    open(&agent, "Export fails").await;
    let overdue = "support_first_response_overdue_tickets{tenant=\"home\",window=\"1d\"}";
    let fresh = "support_backlog_tickets{tenant=\"home\",priority=\"P3\",status=\"new\"}";
    desk.move_clock("2000-01-03T09:24:00Z").await;
    let before = shown(&desk).await;
    assert_eq!((before[overdue].as_str(), before[fresh].as_str()), ("0", "1"));
    desk.move_clock("2000-01-03T09:25:00Z").await;
    open(&agent, "Import fails").await;
    let kept = shown(&desk).await;
    assert_eq!((kept[overdue].as_str(), kept[fresh].as_str()), ("0", "1"), "computed a minute ago");
    desk.move_clock("2000-01-03T09:30:01Z").await;
    let after = shown(&desk).await;
    assert_eq!(
        (after[overdue].as_str(), after[fresh].as_str()),
        ("1", "2"),
        "the target was used up a second ago"
    );
    open(&agent, "Print fails").await;
    desk.move_clock("2000-01-03T09:40:00Z").await;
    assert_eq!(shown(&desk).await[fresh], "2", "computed 599 seconds ago");
    desk.move_clock("2000-01-03T09:40:01Z").await;
    assert_eq!(shown(&desk).await[fresh], "3");
}

#[tokio::test]
async fn each_tenant_has_its_own() {
    let (desk, agent) = monday().await;
    let acme = desk.found_tenant("acme").await;
    open(&agent, "Export fails").await;
    let other = open(&acme.as_role(Role::Agent), "Export fails").await;
    desk.move_clock("2000-01-03T09:20:00Z").await;
    answer(&acme.as_role(Role::Agent), &other).await;
    let lead = desk.as_role(Role::Lead);
    assert_eq!(shown_of(&desk, "home").await, expected(&desk, "home", &lead).await);
    let acmes = shown_of(&desk, "acme").await;
    assert_eq!(acmes, expected(&desk, "acme", &acme.as_role(Role::Lead)).await);
    let median = "support_first_response_seconds{tenant=\"acme\",window=\"1d\",quantile=\"0.5\"}";
    assert_eq!(acmes[median], "1200");
    assert_eq!(shown_of(&desk, "home").await.get(&median.replace("acme", "home")), None);
}
