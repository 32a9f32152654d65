//! Monitors as somebody asks for them.

use serde_json::Value;

use super::definition::{Definition, Heartbeat, HttpCheck, HttpMethod, StatusRange};
use super::{Monitor, MonitorKind};
use crate::domain::change::Change;
use crate::domain::edit::{change, kept};
use crate::domain::field::Field;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::intake::service;
use crate::domain::place::Place;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Severity;

/// Longest address, in characters.
const MAX_URL: usize = 2_000;
/// Longest text that a body must hold, in characters.
const MAX_CONTAINED: usize = 200;
/// Ranges of statuses, at most.
const MAX_RANGES: usize = 20;
/// Longest pause between two looks: a week.
const MAX_INTERVAL: i64 = 604_800;

/// A monitor to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMonitor {
    /// For people; the service unless given.
    pub name: String,
    /// What it is to watch.
    pub service: String,
    /// How bad an outage is; high unless given.
    pub severity: Severity,
    /// How it is to watch.
    pub definition: Definition,
    /// Whether it begins at once.
    pub enabled: bool,
}

impl FromJson for NewMonitor {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let kind = f.choice::<MonitorKind>("kind").required();
            let service = service(f).required();
            let name = name(f).optional();
            let severity = f.choice("severity").or(Severity::High);
            let enabled = f.boolean("enabled").or(true);
            let Some(kind) = kind else {
                // Which fields there are depends on it.
                f.take_rest();
                return None;
            };
            let definition = match kind {
                MonitorKind::Http => http(f).map(Definition::Http),
                MonitorKind::Heartbeat => heartbeat(f).map(Definition::Heartbeat),
            };
            let service = service?;
            let name = name.unwrap_or_else(|| service.clone());
            Some(Self { name, service, severity, definition: definition?, enabled })
        })
    }
}

fn http(f: &mut Fields<'_>) -> Option<HttpCheck> {
    let url = url(f).required();
    let method = f.choice("method").or(HttpMethod::Get);
    let expect_status = statuses(f).optional();
    let body_contains = contained(f).optional();
    let timeout_seconds = timeout(f).or(10);
    let interval_seconds = interval(f).or(60);
    let failures_to_open = failures(f).or(2);
    let check = HttpCheck {
        url: url?,
        method,
        expect_status: expect_status.unwrap_or_else(|| vec![StatusRange { least: 200, most: 299 }]),
        body_contains,
        timeout_seconds,
        interval_seconds,
        failures_to_open,
    };
    for fault in faults(&check) {
        f.fault_at(&fault.pointer, fault.code, fault.detail);
    }
    Some(check)
}

fn heartbeat(f: &mut Fields<'_>) -> Option<Heartbeat> {
    let interval_seconds = interval(f).required();
    let grace_seconds = grace(f).or(60);
    Some(Heartbeat { interval_seconds: interval_seconds?, grace_seconds })
}

/// What is wrong with a check as a whole.
fn faults(check: &HttpCheck) -> Vec<Violation> {
    let mut faults = Vec::new();
    if check.timeout_seconds > check.interval_seconds {
        let detail = "must not be longer than interval_seconds";
        faults.push(Violation::new("/timeout_seconds", "too_long", detail));
    }
    if check.method == HttpMethod::Head && check.body_contains.is_some() {
        let detail = "needs a body, which HEAD does not ask for";
        faults.push(Violation::new("/body_contains", "not_allowed", detail));
    }
    faults
}

/// A merge patch of a monitor; its kind and its service never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorPatch {
    name: Option<String>,
    severity: Option<Severity>,
    /// Whether it is to watch.
    pub enabled: Option<bool>,
    interval_seconds: Option<i64>,
    grace_seconds: Option<i64>,
    url: Option<String>,
    method: Option<HttpMethod>,
    expect_status: Option<Vec<StatusRange>>,
    body_contains: Change<String>,
    timeout_seconds: Option<i64>,
    failures_to_open: Option<i32>,
}

impl FromJson for MonitorPatch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            for name in ["kind", "service"] {
                if f.holds(name) {
                    let _taken = f.place(name).any().optional();
                    f.fault(name, "read_only", "never changes: make another monitor");
                }
            }
            Some(Self {
                name: kept(f, "name", name),
                severity: kept(f, "severity", |f| f.choice("severity")),
                enabled: kept(f, "enabled", |f| f.boolean("enabled")),
                interval_seconds: kept(f, "interval_seconds", interval),
                grace_seconds: kept(f, "grace_seconds", grace),
                url: kept(f, "url", url),
                method: kept(f, "method", |f| f.choice("method")),
                expect_status: kept(f, "expect_status", statuses),
                body_contains: change(f, "body_contains", contained),
                timeout_seconds: kept(f, "timeout_seconds", timeout),
                failures_to_open: kept(f, "failures_to_open", failures),
            })
        })
    }
}

impl MonitorPatch {
    /// The monitor as it is to be, apart from whether it watches.
    ///
    /// # Errors
    /// What does not go together, place by place.
    pub fn apply(&self, monitor: &mut Monitor) -> Result<(), Vec<Violation>> {
        if let Some(name) = &self.name {
            monitor.name.clone_from(name);
        }
        monitor.severity = self.severity.unwrap_or(monitor.severity);
        let (foreign, wrong) = match &mut monitor.definition {
            Definition::Http(check) => {
                self.apply_to_check(check);
                (self.of_heartbeat(), faults(check))
            }
            Definition::Heartbeat(beat) => {
                beat.interval_seconds = self.interval_seconds.unwrap_or(beat.interval_seconds);
                beat.grace_seconds = self.grace_seconds.unwrap_or(beat.grace_seconds);
                (self.of_check(), Vec::new())
            }
        };
        let foreign = foreign.into_iter().filter(|(_, given)| *given);
        let foreign = foreign.map(|(name, _)| {
            Violation::new(format!("/{name}"), "not_allowed", "is not of this kind of monitor")
        });
        let faults: Vec<Violation> = foreign.chain(wrong).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn apply_to_check(&self, check: &mut HttpCheck) {
        if let Some(url) = &self.url {
            check.url.clone_from(url);
        }
        if let Some(statuses) = &self.expect_status {
            check.expect_status.clone_from(statuses);
        }
        check.method = self.method.unwrap_or(check.method);
        check.body_contains = self.body_contains.clone().apply(check.body_contains.take());
        check.timeout_seconds = self.timeout_seconds.unwrap_or(check.timeout_seconds);
        check.interval_seconds = self.interval_seconds.unwrap_or(check.interval_seconds);
        check.failures_to_open = self.failures_to_open.unwrap_or(check.failures_to_open);
    }

    fn of_heartbeat(&self) -> Vec<(&'static str, bool)> {
        vec![("grace_seconds", self.grace_seconds.is_some())]
    }

    fn of_check(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("url", self.url.is_some()),
            ("method", self.method.is_some()),
            ("expect_status", self.expect_status.is_some()),
            ("body_contains", self.body_contains != Change::Keep),
            ("timeout_seconds", self.timeout_seconds.is_some()),
            ("failures_to_open", self.failures_to_open.is_some()),
        ]
    }
}

fn name<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("name").trimmed().min_chars(1).max_chars(100).one_line()
}

fn url<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("url").trimmed().min_chars(1).max_chars(MAX_URL).one_line()
}

fn contained<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("body_contains").min_chars(1).max_chars(MAX_CONTAINED)
}

fn interval<'a>(f: &'a mut Fields<'_>) -> Field<'a, i64> {
    f.integer("interval_seconds").between(10, MAX_INTERVAL)
}

fn grace<'a>(f: &'a mut Fields<'_>) -> Field<'a, i64> {
    f.integer("grace_seconds").between(0, MAX_INTERVAL)
}

fn timeout<'a>(f: &'a mut Fields<'_>) -> Field<'a, i64> {
    f.integer("timeout_seconds").between(1, 30)
}

fn failures<'a>(f: &'a mut Fields<'_>) -> Field<'a, i32> {
    f.integer("failures_to_open").between(1, 10).narrow()
}

fn statuses<'a>(f: &'a mut Fields<'_>) -> Field<'a, Vec<StatusRange>> {
    let list = f.array("expect_status", MAX_RANGES, range);
    list.check("empty", |ranges| !ranges.is_empty(), || "must name one status at least")
}

fn range(place: Place<'_>) -> Option<StatusRange> {
    const WRONG: &str = "must be a status such as 204, or a range such as \"200-299\"";
    if place.is_text() {
        return place.text().parse("not_a_status", |text| StatusRange::parse(&text).ok_or(WRONG)).required();
    }
    let one = |number: i64| u16::try_from(number).ok().and_then(|status| StatusRange::new(status, status));
    place.integer().parse("not_a_status", |number| one(number).ok_or(WRONG)).required()
}
