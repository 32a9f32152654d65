//! Bodies of requests: well-formed JSON that says nearly what is asked for.

use std::fmt::Debug;

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Value, json};
use support_engineer::domain::agent::{AgentPatch, NewAgent};
use support_engineer::domain::alert::{Mapping, Settings};
use support_engineer::domain::calendar::{Calendar, CalendarSpec};
use support_engineer::domain::edit::{Patch, merge, merge_custom};
use support_engineer::domain::escalation::ladder::Book;
use support_engineer::domain::fields::{FromJson, read};
use support_engineer::domain::intake::{CUSTOM, NewEvidence, NewTicket, Source};
use support_engineer::domain::maintenance::NewMaintenance;
use support_engineer::domain::monitor::{MonitorPatch, NewMonitor};
use support_engineer::domain::on_call::{Override, Schedule};
use support_engineer::domain::outage::{NewOutage, OutagePatch};
use support_engineer::domain::shape::Shape;
use support_engineer::domain::sla::PolicySpec;
use support_engineer::domain::sla::explain::{Question, explain};
use support_engineer::domain::team::{NewTeam, TeamPatch};
use support_engineer::domain::violation::Violation;
use support_engineer::domain::webhook::reading::{EndpointPatch, NewEndpoint, Replay};

use super::mutant::{Change, changed, changes};
use super::{cases, expect_told, timely};

/// A reader, and a body that it takes.
struct Kind {
    name: &'static str,
    seed: Value,
    read: fn(Value) -> Result<Vec<Form>, Vec<Violation>>,
}

/// What was read, and what is read from how it is written.
type Form = (String, String);

fn of<T: FromJson>(value: Value) -> Result<Vec<Form>, Vec<Violation>> {
    T::from_json(value).map(|_| Vec::new())
}

/// With a written form.
fn kept<T: Debug>(
    value: Value,
    read: fn(Value) -> Result<T, Vec<Violation>>,
    written: fn(&T) -> Value,
) -> Result<Vec<Form>, Vec<Violation>> {
    let given = read(value)?;
    let again = read(written(&given));
    Ok(vec![(format!("Ok({given:?})"), format!("{again:?}"))])
}

fn ticket() -> Value {
    json!({
        "subject": "Export fails", "body": "Since this morning.\r\nIt says no.", "author": "requester",
        "requester": { "email": "ada@example.org", "name": "Ada" }, "channel": "api", "type": "incident",
        "service": "reporting", "severity": "high", "impact": "team", "category": "data", "dedup_key": "one",
        "external_ref": "E-1", "tags": ["gold", "export"], "custom": { "a": { "b": [1, 2.5, null] } },
        "evidence": [{ "kind": "error_log", "text": "no" }],
    })
}

fn patch() -> Value {
    json!({
        "subject": "Export fails again", "service": null, "external_ref": "E-2", "dedup_key": "two", "tags": ["gold"],
        "custom": { "a": null, "c": { "d": 1 } }, "requester": { "email": "eva@example.org", "name": "Eva" },
        "severity": "critical", "impact": "department", "category": "security", "type": "incident",
        "team": "devops", "agent": "Grace", "status": "on_hold", "reason": "It got worse.",
    })
}

fn schedule() -> Value {
    let people = ["01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"];
    json!({
        "layers": [{ "name": "Days", "time_zone": "Europe/Berlin", "rotation": "weekly", "starts_on": "2024-03-25",
            "hand_over": "09:00", "participants": people }],
        "overrides": [{ "id": people[0], "from": "2024-04-01T00:00:00Z", "to": "2024-04-02T00:00:00.5+02:00",
            "agent": people[1] }],
    })
}

fn ladders() -> Value {
    json!({ "policies": [{ "key": "own", "name": "Own", "applies_to": { "priority": ["P1"], "team": ["devops"] },
        "ladders": [{ "trigger": { "on": "unacknowledged" }, "levels": [
            { "actions": ["notify"], "to": [{ "kind": "on_call", "team": "devops" }, { "kind": "queue" }] },
            { "delay_seconds": 900, "actions": ["notify"], "to": [{ "kind": "lead" }, { "kind": "queue" }] }] }] }] })
}

fn calendar() -> Value {
    json!({
        "time_zone": "Europe/Berlin", "weekly": { "mon": [["09:00", "17:00"]], "fri": [["22:00", "06:00"]] },
        "holidays": ["2024-12-25"], "overrides": { "2024-12-24": [["09:00", "12:00"]] },
        "breaks": { "2024-12-23": [["12:00", "13:00"]] },
        "icalendar": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20240501\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    })
}

fn case() -> Value {
    json!({
        "calendar": calendar(), "targets": { "normal": { "first_response": 30, "resolution": 480.5 } },
        "rules": { "resolution_pauses_in": ["pending"], "reopen": "resume", "late": "over_target" },
        "ticket": { "created_at": "2024-01-01T10:00:00Z", "priority": "normal", "status": "open",
            "created_by": "requester" },
        "events": [{ "at": "2024-01-02T10:00:00Z", "type": "agent_public_reply", "event_id": 7 },
            { "at": "2024-01-02T11:00:00Z", "type": "status", "to": "pending" },
            { "at": "2024-01-03T11:00:00Z", "type": "status", "to": "solved" }],
        "evaluated_at": "2024-01-04T11:00:00Z",
    })
}

fn check() -> Value {
    json!({ "kind": "http", "service": "export", "name": "Export", "severity": "high", "enabled": true,
        "url": "https://example.org/health?x=1", "method": "GET", "expect_status": ["200-299", "304"],
        "body_contains": "ok", "timeout_seconds": 5, "interval_seconds": 60, "failures_to_open": 3 })
}

fn settings() -> Value {
    json!({ "per": "fingerprint", "flap_window_seconds": 60, "storm": { "tickets": 5, "within_seconds": 60 },
        "severity": { "Red": "critical" }, "event_types": { "org.example.alert": "alert" },
        "generic": { "items": ["/alerts"], "title": ["/name", "/title"], "firing": ["red"], "resolved": ["green"] } })
}

/// Everything that is read from JSON without a request around it.
fn kinds() -> Vec<Kind> {
    let kind = |name, seed, read| Kind { name, seed, read };
    let window = json!({ "services": ["export"], "from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z", "reason": "Disks" });
    let outage = json!({ "service": "export", "from": "2024-01-01T00:00:00Z", "to": "2024-01-01T01:00:00Z", "reason": "Off" });
    let endpoint = json!({ "url": "https://example.org/in", "events": ["ticket.created"], "description": "In",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    let policy = json!({ "name": "Gold", "calendar": "business-hours", "applies_to": { "tags": ["gold"] },
        "targets": { "P1": { "calendar": "around-the-clock", "first_response_seconds": 600, "resolution_seconds": 7200 } } });
    vec![
        kind("a ticket", ticket(), |value| NewTicket::read(value, Source::Service).map(|_| Vec::new())),
        kind("a form", json!({ "subject": "No", "body": "It fails." }), |value| {
            NewTicket::read(value, Source::Form).map(|_| Vec::new())
        }),
        kind("a preview", ticket(), |value| NewTicket::read(value, Source::Preview).map(|_| Vec::new())),
        kind("evidence", json!({ "kind": "other", "text": "no" }), |value| {
            read(value, NewEvidence::from_fields).map(|_| Vec::new())
        }),
        kind("a patch of a ticket", patch(), of::<Patch>),
        kind("a schedule", schedule(), |value| kept(value, Schedule::from_json, Schedule::written)),
        kind("an override", schedule()["overrides"][0].clone(), |value| {
            kept(value, Override::from_json, Override::written)
        }),
        kind("ladders", ladders(), |value| kept(value, Book::read, Book::written)),
        kind("a policy", policy, |value| read(value, PolicySpec::take).map(|_| Vec::new())),
        kind("an endpoint", endpoint, of::<NewEndpoint>),
        kind(
            "a patch of an endpoint",
            json!({ "url": "https://example.org", "events": null, "enabled": true }),
            of::<EndpointPatch>,
        ),
        kind("a replay", json!({ "since": "2024-01-01T00:00:00Z" }), of::<Replay>),
        kind("an outage", outage, of::<NewOutage>),
        kind(
            "a patch of an outage",
            json!({ "to": "2024-01-01T00:00:00Z", "reason": "Off" }),
            of::<OutagePatch>,
        ),
        kind("maintenance", window, of::<NewMaintenance>),
        kind("a check", check(), of::<NewMonitor>),
        kind(
            "a heartbeat",
            json!({ "kind": "heartbeat", "service": "import", "interval_seconds": 86_400, "grace_seconds": 60 }),
            of::<NewMonitor>,
        ),
        kind(
            "a patch of a monitor",
            json!({ "url": "https://example.org", "expect_status": ["200"], "body_contains": null }),
            of::<MonitorPatch>,
        ),
        kind(
            "an agent",
            json!({ "name": "Grace", "email": "grace@example.org", "team": "devops", "active": true }),
            of::<NewAgent>,
        ),
        kind(
            "a patch of an agent",
            json!({ "name": "Grace", "email": null, "team": "devops" }),
            of::<AgentPatch>,
        ),
        kind(
            "a team",
            json!({ "slug": "night-shift", "name": "Night", "address": "night@example.org" }),
            of::<NewTeam>,
        ),
        kind("a patch of a team", json!({ "name": "Night", "address": null }), of::<TeamPatch>),
        kind("settings of alerts", settings(), |value| {
            let written = |settings: &Settings| serde_json::to_value(settings).expect("JSON");
            kept(value, Settings::from_json, written)
        }),
        kind("a mapping", settings()["generic"].clone(), |value| {
            let written = |mapping: &Mapping| serde_json::to_value(mapping).expect("JSON");
            kept(value, |value| read(value, Mapping::from_fields), written)
        }),
        kind("a calendar", calendar(), |value| {
            let spec = CalendarSpec::deserialize(Shape(value)).map_err(|fault| misshapen(&fault))?;
            let calendar = Calendar::build(spec)?;
            let again = Calendar::build(calendar.spec().clone());
            let at = |text: &str| text.parse().expect("an instant");
            let _ = calendar.intervals(at("2024-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z")).count();
            Ok(vec![(
                format!("{:?}", Ok::<_, ()>(calendar.spec())),
                format!("{:?}", again.as_ref().map(Calendar::spec)),
            )])
        }),
        kind("a made-up case", case(), |value| {
            let question = Question::deserialize(Shape(value)).map_err(|fault| misshapen(&fault))?;
            explain(question).map(|_| Vec::new())
        }),
    ]
}

/// What has another shape is found by serde, which a request tells by itself.
fn misshapen(fault: &serde_json::Error) -> Vec<Violation> {
    vec![Violation::new("", "wrong_type", fault.to_string().chars().take(300).collect::<String>())]
}

#[test]
fn each_kind_takes_the_body_that_all_others_come_from() {
    for kind in kinds() {
        let answer = (kind.read)(kind.seed);
        assert!(answer.is_ok(), "{}: {answer:?}", kind.name);
    }
}

fn expect_answers(changes: &[Change]) -> Result<(), TestCaseError> {
    for kind in kinds() {
        let body = changed(kind.seed, changes);
        match timely(|| (kind.read)(body.clone()))? {
            Ok(forms) => {
                for (given, again) in forms {
                    prop_assert_eq!(given, again, "{}, as it is written, is another one", kind.name);
                }
            }
            Err(faults) => expect_told(&body, &faults)?,
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn every_body_is_taken_or_its_faults_are_told(changes in changes()) {
        expect_answers(&changes)?;
    }

    #[test]
    fn a_merge_of_free_fields_stays_within_their_bounds(
        before in changes(), patch in changes()
    ) {
        let seed = json!({ "a": { "b": [1, null] }, "c": "d" });
        let (before, patch) = (changed(seed.clone(), &before), changed(seed, &patch));
        // A merge is a merge again, and null stands for nothing.
        let once = merge(before.clone(), &patch);
        prop_assert_eq!(merge(once.clone(), &patch), once);
        match merge_custom(&before, &patch) {
            Ok(merged) => {
                prop_assert!(merged.to_string().len() <= CUSTOM.bytes);
                prop_assert_eq!(merge_custom(&merged, &json!({})), Ok(merged));
            }
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }
}
