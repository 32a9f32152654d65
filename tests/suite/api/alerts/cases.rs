//! Every body that is known, each with what must come of it, written by hand:
//! accepted with a ticket, kept without one, or refused for a reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::Method;
use support_engineer::domain::vocabulary::Role;

use super::{body, outcomes};
use crate::harness::Desk;

/// What must come of a body.
enum Expected {
    /// 201: each group with this outcome, and the first ticket's subject.
    Ticket(&'static [&'static str], &'static str),
    /// 202: each group with this outcome, and why there is no ticket.
    Kept(&'static [&'static str], &'static str),
    /// 422: pointer and code of each fault.
    Refused(&'static [(&'static str, &'static str)]),
}

use Expected::{Kept, Refused, Ticket};

const MADE: &[&str] = &["created"];
const NOTED: &[&str] = &["noted"];
const KEPT: &[&str] = &["recorded"];
const HEARD_RESOLVED: &str = "It was resolved when it was first heard of.";
const NO_ALERT: &str =
    "Events of the type com.example.someevent are no alerts; /v1/alerts/settings can say otherwise.";
const NO_ALERTS: &[(&str, &str)] = &[("/alerts", "required")];
const NO_EVENT: &[(&str, &str)] =
    &[("/specversion", "required"), ("/id", "required"), ("/source", "required"), ("/type", "required")];
const NO_TITLE: &[(&str, &str)] = &[("", "no_title")];

const CASES: &[(&str, &str, Expected)] = &[
    // Alertmanager.
    (
        "alertmanager_captured_01_firing_group_of_two.json",
        "alertmanager",
        Ticket(MADE, "InstanceDown (cluster eu-1)"),
    ),
    (
        "alertmanager_captured_02_firing_unicode_newline.json",
        "alertmanager",
        Ticket(MADE, "HighLatency: p99 über 2 s – Zahlungsdienst"),
    ),
    ("alertmanager_captured_03_firing_truncated_max_alerts_2.json", "alertmanager", Ticket(MADE, "DiskFull")),
    (
        "alertmanager_captured_04_firing_repeat.json",
        "alertmanager",
        Ticket(MADE, "InstanceDown (cluster eu-1)"),
    ),
    (
        "alertmanager_captured_05_partly_resolved.json",
        "alertmanager",
        Ticket(MADE, "InstanceDown (cluster eu-1)"),
    ),
    (
        "alertmanager_captured_06_firing_repeat_unicode.json",
        "alertmanager",
        Ticket(MADE, "HighLatency: p99 über 2 s – Zahlungsdienst"),
    ),
    ("alertmanager_captured_07_no_annotations.json", "alertmanager", Ticket(MADE, "NoAnnotations")),
    ("alertmanager_captured_08_resolved.json", "alertmanager", Kept(NOTED, HEARD_RESOLVED)),
    ("alertmanager_captured_09_resolved_truncated.json", "alertmanager", Kept(NOTED, HEARD_RESOLVED)),
    (
        "alertmanager_captured_10_uninhibited_after_resolve.json",
        "alertmanager",
        Ticket(MADE, "HighLatency: inhibited by critical"),
    ),
    ("alerta_prometheus_v3_alert.json", "alertmanager", Ticket(MADE, "failedConnect: Connect fail")),
    (
        "alerta_prometheus_v4_alert.json",
        "alertmanager",
        Ticket(MADE, "thing_dead: No things for over 10 minutes"),
    ),
    ("goalert_alertmanager_1.json", "alertmanager", Ticket(MADE, "TestAlert: My alert summary")),
    ("alertmanager_api_v2_alerts_1.json", "alertmanager", Refused(&[("", "not_a_webhook")])),
    // Grafana.
    ("grafana_unified_firing_2.json", "grafana", Ticket(MADE, "Alert (team blue)")),
    ("keep_grafana12_test_notification.json", "grafana", Ticket(MADE, "TestAlert: TEST")),
    ("alerta_grafana_6.json", "grafana", Ticket(MADE, "Testing -> Battery Voltage alert")),
    ("alerta_grafana_alert_alerting.json", "grafana", Ticket(MADE, "Zeta CPU alert")),
    ("alerta_grafana_alert_ok.json", "grafana", Kept(NOTED, HEARD_RESOLVED)),
    ("alerta_grafana_example.json", "grafana", Ticket(MADE, "Load peaking!")),
    ("goalert_grafana_1.json", "grafana", Ticket(MADE, "bob")),
    // CloudEvents, under their own media types.
    ("cloudevents_event_1.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_event_2.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_event_3.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_event_4.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_event_5.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_event_6.json", "cloudevents", Kept(KEPT, NO_ALERT)),
    ("cloudevents_batch_7.json", "cloudevents", Kept(&["recorded", "recorded"], NO_ALERT)),
    ("cloudevents_batch_empty.json", "cloudevents", Kept(&[], "")),
    // Everything else.
    ("alerta_cloudwatch_notification.json", "generic", Ticket(MADE, "bucketbytesAlarm")),
    (
        "alerta_cloudwatch_insufficient_data.json",
        "generic",
        Kept(KEPT, "\"INSUFFICIENT_DATA\" says neither that it fires nor that it is resolved."),
    ),
    (
        "alerta_cloudwatch_subscription_confirmation.json",
        "generic",
        Kept(
            KEPT,
            "A subscription is confirmed by a person who opens its SubscribeURL: the desk opens no address that it is sent.",
        ),
    ),
    ("alerta_graylog_notification.json", "generic", Ticket(MADE, "test")),
    ("alerta_new_relic_notification.json", "generic", Ticket(MADE, "New Relic Alert - Test Condition")),
    // Triggered, then resolved: one body, one incident.
    ("alerta_pagerduty_alert.json", "generic", Ticket(&["created", "resolved"], "45645")),
    ("alerta_pingdom_down.json", "generic", Ticket(MADE, "Alerta API on OpenShift")),
    ("alerta_pingdom_up.json", "generic", Kept(NOTED, HEARD_RESOLVED)),
    ("alerta_riemann_alert.json", "generic", Kept(NOTED, HEARD_RESOLVED)),
    (
        "alerta_stackdriver_open.json",
        "generic",
        Ticket(MADE, "CPU (agent) for webserver-85 is above the threshold of 1% with a value of 28.5%"),
    ),
    ("alerta_stackdriver_closed.json", "generic", Kept(NOTED, HEARD_RESOLVED)),
    ("goalert_generic_1.json", "generic", Ticket(MADE, "json")),
    ("goalert_generic_2.json", "generic", Ticket(MADE, "json")),
    // At another door: understood where it can be, refused with the reason where not.
    (
        "alertmanager_captured_01_firing_group_of_two.json",
        "grafana",
        Ticket(MADE, "InstanceDown (cluster eu-1)"),
    ),
    (
        "alertmanager_captured_01_firing_group_of_two.json",
        "generic",
        Ticket(MADE, "InstanceDown (cluster eu-1)"),
    ),
    ("grafana_unified_firing_2.json", "alertmanager", Ticket(MADE, "Alert (team blue)")),
    ("alerta_grafana_6.json", "generic", Ticket(MADE, "Testing -> Battery Voltage alert")),
    (
        "alertmanager_api_v2_alerts_1.json",
        "generic",
        Ticket(&["created", "created", "created", "created", "created", "created"], "DiskRunningFull"),
    ),
    ("alerta_grafana_6.json", "alertmanager", Refused(NO_ALERTS)),
    ("alerta_pingdom_down.json", "alertmanager", Refused(NO_ALERTS)),
    ("alerta_riemann_alert.json", "grafana", Refused(NO_ALERTS)),
    ("alertmanager_captured_01_firing_group_of_two.json", "cloudevents", Refused(NO_EVENT)),
    ("cloudevents_event_3.json", "generic", Refused(NO_TITLE)),
    ("cloudevents_event_3.json", "alertmanager", Refused(NO_ALERTS)),
];

fn media_type(file: &str, door: &str) -> &'static str {
    match (door, file) {
        ("cloudevents", file) if file.starts_with("cloudevents_batch") => {
            "application/cloudevents-batch+json"
        }
        ("cloudevents", file) if file.starts_with("cloudevents_event") => "application/cloudevents+json",
        _ => "application/json",
    }
}

#[tokio::test]
async fn each_body_gets_what_is_written_here() {
    let desk = Desk::start().await;
    for (place, (file, door, expected)) in CASES.iter().enumerate() {
        // Its own tenant: what others sent before is not there.
        let tenant = desk.found_tenant(&format!("case-{place}")).await;
        let (sender, agent) = (tenant.as_role(Role::Service), tenant.as_role(Role::Agent));
        let path = format!("/v1/alerts/{door}");
        let send = async || {
            let bytes = body(file).to_string().into_bytes();
            sender.send_raw(Method::POST, &path, media_type(file, door), bytes).await
        };
        let answer = send().await;
        match expected {
            Ticket(wanted, subject) => {
                let answer = answer.expect(201);
                assert_eq!(outcomes(&answer), *wanted, "{file} at {door}: {}", answer.shown());
                let ticket = super::ticket(&agent, &answer).await;
                assert_eq!(ticket.text("/subject"), *subject, "{file} at {door}");
                assert_eq!(ticket.text("/channel"), "alert", "{file} at {door}");
                assert_eq!(ticket.text("/type"), "alert", "{file} at {door}");
                assert_eq!(
                    super::tickets(&agent).await.len(),
                    wanted.iter().filter(|word| **word == "created").count()
                );
            }
            Kept(wanted, reason) => {
                let answer = answer.expect(202);
                assert_eq!(outcomes(&answer), *wanted, "{file} at {door}: {}", answer.shown());
                if !wanted.is_empty() {
                    assert_eq!(answer.text("/items/0/reason"), *reason, "{file} at {door}");
                    let alert = agent.get(&format!("/v1/alerts/{}", answer.text("/items/0/alert"))).await;
                    assert_eq!(alert.expect(200).text("/reason"), *reason);
                }
                assert!(super::tickets(&agent).await.is_empty(), "{file} at {door}");
            }
            Refused(faults) => {
                let answer = answer.expect_problem(422, "validation");
                let found = answer.faults();
                let found: Vec<_> = found.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
                assert_eq!(found, *faults, "{file} at {door}: {}", answer.shown());
                assert_eq!(agent.get("/v1/alerts").await.expect(200).at("/items"), serde_json::json!([]));
            }
        }
        // The same once more, as a sender repeats what it heard no answer to.
        let before = (super::tickets(&agent).await.len(), alerts(&agent).await);
        let again = send().await;
        assert!([200, 202, 422].contains(&again.status), "{file} at {door}: {}", again.shown());
        assert_eq!((super::tickets(&agent).await.len(), alerts(&agent).await), before, "{file} at {door}");
    }
}

async fn alerts(agent: &crate::harness::Client) -> usize {
    agent.get("/v1/alerts?limit=200").await.expect(200).at("/items").as_array().expect("items").len()
}

#[test]
fn no_body_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts");
    let files = fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").file_name());
    let files: BTreeSet<String> = files.map(|name| name.into_string().expect("UTF-8")).collect();
    let tried: BTreeSet<String> = CASES.iter().map(|(file, ..)| (*file).to_owned()).collect();
    assert_eq!(files, tried);
}
