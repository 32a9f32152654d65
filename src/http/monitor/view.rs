//! Monitors as they are shown, and what they are made of.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::id::OutageId;
use crate::domain::monitor::{Definition, HttpMethod, Monitor, MonitorKind, MonitorState, StatusRange};
use crate::domain::vocabulary::Severity;

/// What watches a service. The fields of its kind are there, those of the
/// other kind are not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Monitor)]
pub(super) struct MonitorView {
    id: Uuid,
    kind: MonitorKind,
    name: String,
    /// What it watches; the word that tickets carry.
    service: String,
    /// How bad it is when the service is away.
    severity: Severity,
    enabled: bool,
    interval_seconds: i64,
    /// Of a heartbeat: how much later than its interval it may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_seconds: Option<i64>,
    /// Of a check: who is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Of a check: how.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<HttpMethod>,
    /// Of a check: statuses that are good, such as `204` or `"200-299"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Value>>)]
    expect_status: Option<Vec<StatusRange>>,
    /// Of a check: what the body must hold; null: anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(
        clippy::option_option,
        reason = "absent of heartbeats, null where nothing is asked of the body"
    )]
    body_contains: Option<Option<String>>,
    /// Of a check: how long the answer may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<i64>,
    /// Of a check: failures in a row that are an outage.
    #[serde(skip_serializing_if = "Option::is_none")]
    failures_to_open: Option<i32>,
    /// At the last look.
    state: MonitorState,
    /// Why the last look failed; null: it did not.
    reason: Option<String>,
    /// Failures in a row.
    consecutive_failures: i32,
    /// The first of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// The last look.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    /// Of a heartbeat: the last one that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[expect(clippy::option_option, reason = "absent of checks, null before the first heartbeat")]
    last_heartbeat_at: Option<Option<Timestamp>>,
    /// The next look; for a heartbeat, its deadline. Null while it is disabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_check_at: Option<Timestamp>,
    /// The outage that has not ended.
    outage: Option<Uuid>,
    links: LinksView,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Addresses of what belongs to a monitor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonitorLinks)]
struct LinksView {
    /// The outages of its service.
    outages: String,
    /// The uptime of its service.
    uptime: String,
    /// Where its heartbeats go.
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat: Option<String>,
}

impl From<&Monitor> for MonitorView {
    fn from(monitor: &Monitor) -> Self {
        let (check, beat) = match &monitor.definition {
            Definition::Http(check) => (Some(check), None),
            Definition::Heartbeat(beat) => (None, Some(beat)),
        };
        let health = &monitor.health;
        let service =
            form_urlencoded::Serializer::new(String::new()).append_pair("service", &monitor.service).finish();
        Self {
            id: monitor.id.uuid(),
            kind: monitor.definition.kind(),
            name: monitor.name.clone(),
            service: monitor.service.clone(),
            severity: monitor.severity,
            enabled: monitor.enabled,
            interval_seconds: monitor.definition.interval_seconds(),
            grace_seconds: beat.map(|beat| beat.grace_seconds),
            url: check.map(|check| check.url.clone()),
            method: check.map(|check| check.method),
            expect_status: check.map(|check| check.expect_status.clone()),
            body_contains: check.map(|check| check.body_contains.clone()),
            timeout_seconds: check.map(|check| check.timeout_seconds),
            failures_to_open: check.map(|check| check.failures_to_open),
            state: health.state,
            reason: health.reason.clone(),
            consecutive_failures: health.failures,
            failing_since: health.failing_since,
            checked_at: health.checked_at,
            last_heartbeat_at: beat.map(|_| health.beat_at),
            next_check_at: monitor.due_at,
            outage: monitor.outage.map(OutageId::uuid),
            links: LinksView {
                outages: format!("/v1/outages?{service}"),
                uptime: format!("/v1/uptime?{service}"),
                heartbeat: beat.map(|_| format!("/v1/monitors/{}/heartbeat", monitor.id)),
            },
            created_at: monitor.created_at,
            updated_at: monitor.updated_at,
        }
    }
}

/// A monitor to be made: `url` is needed of an `http` one, and goes with the
/// fields after it; `interval_seconds` is needed of a `heartbeat` one, and goes
/// with `grace_seconds`.
#[derive(Debug, ToSchema)]
#[schema(as = NewMonitor)]
#[expect(dead_code, reason = "describes what `NewMonitor` takes")]
pub(super) struct NewBody {
    kind: MonitorKind,
    /// The word that tickets carry.
    #[schema(min_length = 1, max_length = 100)]
    service: String,
    /// For people; the service unless given.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// `high` unless given.
    severity: Option<Severity>,
    /// True unless given.
    enabled: Option<bool>,
    /// 60 unless given, for `http`.
    #[schema(minimum = 10, maximum = 604_800)]
    interval_seconds: Option<i64>,
    /// 60 unless given.
    #[schema(minimum = 0, maximum = 604_800)]
    grace_seconds: Option<i64>,
    /// A public address unless the operator allows others.
    #[schema(min_length = 1, max_length = 2_000, example = "https://bis.example.org/healthz")]
    url: Option<String>,
    /// `GET` unless given. Redirects are not followed.
    method: Option<HttpMethod>,
    /// Statuses, such as `204`, and ranges, such as `"200-299"`, which is what
    /// counts unless given.
    #[schema(value_type = Option<Vec<Value>>, min_items = 1, max_items = 20)]
    expect_status: Option<Vec<Value>>,
    /// What the first 256 KiB of the body must hold.
    #[schema(min_length = 1, max_length = 200)]
    body_contains: Option<String>,
    /// 10 unless given; not longer than the interval.
    #[schema(minimum = 1, maximum = 30)]
    timeout_seconds: Option<i64>,
    /// Of `http` alone: failures in a row that are an outage; 2 unless given. A
    /// heartbeat is late once.
    #[schema(minimum = 1, maximum = 10)]
    failures_to_open: Option<i32>,
}

/// What is to change; what is left out stays. Kind and service never change.
#[derive(Debug, ToSchema)]
#[schema(as = MonitorPatch)]
#[expect(dead_code, reason = "describes what `MonitorPatch` takes")]
pub(super) struct PatchBody {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    severity: Option<Severity>,
    enabled: Option<bool>,
    #[schema(minimum = 10, maximum = 604_800)]
    interval_seconds: Option<i64>,
    #[schema(minimum = 0, maximum = 604_800)]
    grace_seconds: Option<i64>,
    #[schema(min_length = 1, max_length = 2_000)]
    url: Option<String>,
    method: Option<HttpMethod>,
    #[schema(value_type = Option<Vec<Value>>, min_items = 1, max_items = 20)]
    expect_status: Option<Vec<Value>>,
    /// Null: anything.
    #[schema(min_length = 1, max_length = 200)]
    body_contains: Option<String>,
    #[schema(minimum = 1, maximum = 30)]
    timeout_seconds: Option<i64>,
    #[schema(minimum = 1, maximum = 10)]
    failures_to_open: Option<i32>,
}
