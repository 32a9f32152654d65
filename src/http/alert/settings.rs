//! What a tenant decides about alerts.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::alert::{EventMeaning, Mapping, Per, Settings};
use crate::domain::vocabulary::Severity;
use crate::flow::Desk;
use crate::flow::alert::settings::ReplaceSettings;
use crate::http::answer::{execute, reply_with, versioned};
use crate::http::document::{Problems, ReadProblems};
use crate::http::extract::caller::ManageAlerts;
use crate::http::extract::{Body, Command, IfNoneMatch, Permit, Query};
use crate::http::parameters::{IdempotencyHeader, IfMatchHeader, IfNoneMatchHeader};
use crate::http::problem::Problem;
use crate::http::refusal;

/// When many alerts are one storm.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertStorm)]
struct StormView {
    /// New groups of one source beyond so many share one ticket; 20.
    #[schema(minimum = 1, maximum = 1_000)]
    tickets: i64,
    /// Within so many seconds; 300.
    #[schema(minimum = 1, maximum = 86_400)]
    within_seconds: i64,
}

/// What a tenant decides about alerts. What a change leaves out is as shipped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertSettings)]
struct SettingsView {
    /// What gets a ticket: a `group`, or each `fingerprint`.
    per: Per,
    /// Firing again within so many seconds after it was resolved brings the
    /// ticket back; 1,800.
    #[schema(minimum = 0, maximum = 604_800)]
    flap_window_seconds: i64,
    storm: StormView,
    /// What the senders' words mean; case does not matter.
    severity: BTreeMap<String, Severity>,
    /// What `CloudEvents` of a type are; none: those with the word alert or
    /// alarm in their type are alerts.
    event_types: BTreeMap<String, EventMeaning>,
    /// Where JSON of any form says what: `items`, `title`, `text`, `severity`,
    /// `status`, `service`, `url`, `group_key`, `fingerprint` are lists of JSON
    /// pointers, tried before the usual ones (those of `group_key` and of
    /// `fingerprint` count together); `firing` and `resolved` are further words
    /// of `status`.
    #[schema(value_type = Object)]
    generic: Mapping,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        let Settings { per, flap_window_seconds, storm, severity, event_types, generic } = settings;
        let storm = StormView { tickets: storm.tickets, within_seconds: storm.within_seconds };
        Self { per, flap_window_seconds, storm, severity, event_types, generic }
    }
}

/// The same for a change: whatever is left out is as shipped.
#[derive(Debug, ToSchema)]
#[schema(as = NewAlertSettings)]
#[expect(dead_code, reason = "describes what `Settings::from_json` takes")]
struct SettingsBody {
    per: Option<Per>,
    #[schema(minimum = 0, maximum = 604_800)]
    flap_window_seconds: Option<i64>,
    /// `{tickets?, within_seconds?}`.
    #[schema(value_type = Option<Object>)]
    storm: (),
    severity: Option<BTreeMap<String, Severity>>,
    event_types: Option<BTreeMap<String, EventMeaning>>,
    #[schema(value_type = Option<Object>)]
    generic: (),
}

/// The settings of alerts in force.
#[utoipa::path(get, path = "/v1/alerts/settings", tag = "alerts", operation_id = "getAlertSettings",
    params(IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "The settings", body = SettingsView, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ManageAlerts>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let (version, settings) = desk.alert_settings(permit.caller.tenant).await.map_err(refusal::problem)?;
    versioned(version, &SettingsView::from(settings), &known)
}

/// Puts settings of alerts in the place of those in force, whole.
#[utoipa::path(put, path = "/v1/alerts/settings", tag = "alerts", operation_id = "replaceAlertSettings",
    params(IdempotencyHeader, IfMatchHeader), request_body = SettingsBody,
    responses(Problems, (status = 200, description = "The settings", body = SettingsView, headers(("ETag" = String)))))]
pub(super) async fn replace(
    State(desk): State<Desk>,
    command: Command<ManageAlerts>,
    body: Body<Settings>,
) -> Result<Response, Problem> {
    let retry = command.retry(&body.bytes);
    let use_case = ReplaceSettings { settings: body.value, expected: command.expected() };
    execute(&desk, command.caller(), retry.as_ref(), &use_case, |(version, settings)| {
        let view = SettingsView::from(settings.clone());
        reply_with(StatusCode::OK, None, *version, &view)
    })
    .await
}
