//! Reports in one shape, and what they do: laws, and cases on paper.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use support_engineer::domain::alert::{
    Action, AlertSource, AlertState, Incoming, Report, Settings, Standing, decide, read,
};
use support_engineer::domain::fields::FromJson;
use support_engineer::domain::vocabulary::Severity;

fn body(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/alerts").join(file);
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("JSON")
}

fn report(source: AlertSource, body: Value) -> Report {
    let mut read = read(source, body, &Settings::default()).expect("a report");
    match read.remove(0) {
        Incoming::Report(report) => *report,
        Incoming::Record(recorded) => panic!("was recorded: {recorded:?}"),
    }
}

#[test]
fn a_fingerprint_that_is_missing_is_what_alertmanager_makes_of_the_labels() {
    for file in ["01_firing_group_of_two", "02_firing_unicode_newline", "07_no_annotations"] {
        let given = body(&format!("alertmanager_captured_{file}.json"));
        let mut bare = given.clone();
        for alert in bare["alerts"].as_array_mut().expect("alerts") {
            alert.as_object_mut().expect("an object").remove("fingerprint").expect("it has one");
        }
        let (given, derived) =
            (report(AlertSource::Alertmanager, given), report(AlertSource::Alertmanager, bare));
        assert_eq!(given, derived, "{file}");
    }
}

#[test]
fn the_worst_word_that_means_something_counts() {
    let settings = Settings::default();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(settings.severity(&words(&["info", " Critical ", "warning"])), Some(Severity::Critical));
    assert_eq!(settings.severity(&words(&["WARNING", "blue"])), Some(Severity::Medium));
    assert_eq!(settings.severity(&words(&["blue"])), None);
    assert_eq!(settings.severity(&[]), None);
}

#[test]
fn what_fires_says_how_bad_a_group_is() {
    let mut body = body("alertmanager_captured_05_partly_resolved.json");
    body["commonLabels"] = json!({});
    body["alerts"][0]["labels"]["severity"] = json!("warning");
    let report = report(AlertSource::Alertmanager, body);
    assert_eq!(report.severities, ["warning"], "the critical one is over");
    assert_eq!((report.state, report.firing()), (AlertState::Firing, 1));
}

#[test]
fn the_year_one_is_no_end_and_offsets_are_taken() {
    let report = report(AlertSource::Grafana, body("grafana_unified_firing_2.json"));
    let first = &report.alerts[0];
    assert_eq!(first.starts_at.map(|at| at.to_string()).as_deref(), Some("2021-10-12T07:51:03.157076Z"));
    assert_eq!(first.ends_at, None);
    assert_eq!(first.values["B"], "44.23943737541908");
    let test = body("keep_grafana12_test_notification.json");
    let test = self::report(AlertSource::Grafana, test);
    assert_eq!(test.alerts[0].starts_at.map(Timestamp::subsec_nanosecond), Some(622_813_000));
    assert_eq!(test.alerts[0].url.as_deref(), Some("?orgId=1"));
}

#[test]
fn what_a_tenant_decided_survives_its_keeping() {
    let given = json!({ "per": "fingerprint", "severity": { "Rot": "high" }, "event_types": { "a.B": "firing" },
        "generic": { "title": "/a", "resolved": ["Aus"] } });
    let settings = Settings::from_json(given).expect("settings");
    let kept = serde_json::to_value(&settings).expect("JSON");
    assert_eq!(serde_json::from_value::<Settings>(kept.clone()).expect("the same"), settings);
    assert_eq!(Settings::from_json(kept).expect("settings"), settings);
    let shipped = serde_json::to_value(Settings::default()).expect("JSON");
    assert_eq!(Settings::from_json(shipped).expect("settings"), Settings::default());
    assert_eq!(Settings::from_json(json!({})).expect("settings"), Settings::default());
}

const NOON: i64 = 1_700_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOON + seconds).expect("an instant")
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Without),
        Just(Standing::Open),
        (-10_000_i64..=0, any::<bool>()).prop_map(|(ago, reopens)| Standing::Ended { at: at(ago), reopens }),
    ]
}

/// JSON of any form, with names that readers look for.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(firing|resolved|ok|1\\.0|critical|0001-01-01T00:00:00Z|[a-zé🔥 \n]{0,12})".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("alerts"),
        Just("labels"),
        Just("annotations"),
        Just("status"),
        Just("state"),
        Just("groupKey"),
        Just("commonLabels"),
        Just("groupLabels"),
        Just("title"),
        Just("ruleName"),
        Just("evalMatches"),
        Just("specversion"),
        Just("type"),
        Just("source"),
        Just("id"),
        Just("data"),
        Just("data_base64"),
        Just("messages"),
        Just("incident"),
        Just("Type"),
        Just("TopicArn"),
        Just("Message"),
        Just("startsAt"),
        Just("truncatedAlerts"),
        Just("values"),
        Just("fingerprint"),
        Just("tags"),
        Just("severity"),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_report_never_does_what_its_ticket_forbids(
        fires in any::<bool>(), ticket in standing(), quiet in proptest::option::of(-10_000_i64..=0), flap in 0_i64..4_000,
    ) {
        let state = if fires { AlertState::Firing } else { AlertState::Resolved };
        let action = decide(state, ticket, quiet.map(at), flap, at(0));
        match ticket {
            Standing::Without => prop_assert_eq!(action, if fires { Action::Open } else { Action::Note }),
            Standing::Open => prop_assert_eq!(action, if fires { Action::Repeat } else { Action::Resolve }),
            Standing::Ended { .. } if !fires => prop_assert_eq!(action, Action::Note, "a no-op"),
            Standing::Ended { at: ended, reopens } => {
                let since = quiet.map_or(ended, |quiet| ended.max(at(quiet)));
                let flaps = at(0).duration_since(since) <= SignedDuration::from_secs(flap);
                prop_assert_eq!(action, if reopens && flaps { Action::Reopen } else { Action::Open });
            }
        }
    }

    #[test]
    fn whatever_is_posted_is_read_or_refused_for_a_reason(body in anything()) {
        for source in AlertSource::ALL {
            match read(*source, body.clone(), &Settings::default()) {
                Err(faults) => prop_assert!(!faults.is_empty()),
                Ok(incoming) => for one in incoming {
                    if let Incoming::Report(report) = one {
                        let one_line = !report.title.is_empty() && !report.title.chars().any(char::is_control);
                        prop_assert!(one_line && report.title.chars().count() <= 300, "{:?}", report.title);
                        prop_assert!(!report.key.is_empty() && !report.alerts.is_empty());
                        prop_assert!(report.service.is_none_or(|service| service.chars().count() <= 100));
                    }
                }
            }
        }
    }

    #[test]
    fn each_alert_alone_says_what_it_says_in_its_group(states in prop::collection::vec(any::<bool>(), 1..8)) {
        let alerts: Vec<Value> = states.iter().enumerate().map(|(place, fires)| {
            json!({ "status": if *fires { "firing" } else { "resolved" }, "labels": { "instance": place } })
        }).collect();
        let body = json!({ "alerts": alerts });
        let group = report(AlertSource::Alertmanager, body.clone());
        prop_assert_eq!(group.state == AlertState::Firing, states.contains(&true));
        let settings = Settings::from_json(json!({ "per": "fingerprint" })).expect("settings");
        let split = read(AlertSource::Alertmanager, body, &settings).expect("reports");
        prop_assert_eq!(split.len(), states.len());
        for (one, fires) in split.iter().zip(&states) {
            let Incoming::Report(one) = one else { panic!("is a report") };
            prop_assert_eq!(one.state == AlertState::Firing, *fires);
        }
    }
}
