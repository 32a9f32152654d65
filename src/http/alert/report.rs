//! What monitoring systems post.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::alert::{AlertSource, AlertState, Outcome};
use crate::domain::id::TicketId;
use crate::domain::reply::Reply;
use crate::flow::alert::{ReportAlerts, Told};
use crate::flow::{Desk, Error};
use crate::http::answer::{reply, respond};
use crate::http::document::Problems;
use crate::http::extract::caller::ReportAlerts as MayReport;
use crate::http::extract::event::Events;
use crate::http::extract::{Body, Command};
use crate::http::parameters::IdempotencyHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// What became of one group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportedAlert)]
struct ToldView {
    /// The group; `GET /v1/alerts/{id}` shows it.
    alert: Uuid,
    outcome: Outcome,
    state: AlertState,
    group_key: String,
    /// How many groups of the report this is about: more than one, if it stands
    /// for those beyond 400, which share a ticket.
    groups: usize,
    /// A ticket was made for it, its own or that of a storm.
    created: bool,
    /// The ticket that works it; null: none is needed.
    ticket: Option<Uuid>,
    /// That ticket's number.
    number: Option<i64>,
    /// Why there is no ticket, or why the report changed nothing.
    reason: Option<String>,
}

impl From<&Told> for ToldView {
    fn from(told: &Told) -> Self {
        let Told { outcome, groups, created, ignored, group } = told;
        Self {
            alert: group.id.uuid(),
            outcome: *outcome,
            state: group.state,
            group_key: group.key.clone(),
            groups: *groups,
            created: *created,
            ticket: group.ticket.map(TicketId::uuid),
            number: group.number,
            reason: ignored.map_or_else(|| group.reason.clone(), |why| Some(why.to_owned())),
        }
    }
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertReport)]
struct Answer {
    /// The groups, in the order of the report.
    items: Vec<ToldView>,
}

/// 201 with a new ticket, 200 with tickets that there were, 202 with none.
fn answer(told: &[Told]) -> Result<Reply, Error> {
    let made: Vec<&Told> = told.iter().filter(|told| told.created).collect();
    let status = match (made.is_empty(), told.iter().any(|told| told.group.ticket.is_some())) {
        (false, _) => StatusCode::CREATED,
        (true, true) => StatusCode::OK,
        (true, false) => StatusCode::ACCEPTED,
    };
    let location = match made[..] {
        [Told { group, .. }] => group.ticket.map(|ticket| format!("/v1/tickets/{ticket}")),
        _ => None,
    };
    reply(status, location, None, &Answer { items: told.iter().map(ToldView::from).collect() })
}

async fn take(
    desk: &Desk,
    command: &Command<MayReport>,
    source: AlertSource,
    body: Value,
    bytes: &[u8],
) -> Result<Response, Problem> {
    let retry = command.retry(bytes);
    let report = ReportAlerts { source, body };
    let answered =
        Box::pin(desk.report_alerts(command.caller(), retry.as_ref(), &report, |told| answer(told))).await;
    answered.map(respond).map_err(refusal::problem)
}

/// Declares an operation that takes JSON.
macro_rules! operation {
    ($(#[$meta:meta])* $name:ident, $path:tt, $id:tt, $source:ident) => {
        $(#[$meta])*
        #[utoipa::path(post, path = $path, tag = "alerts", operation_id = $id,
            params(IdempotencyHeader), request_body = Object,
            responses(Problems,
                (status = 200, description = "What became of its groups; they have tickets already", body = Answer),
                (status = 201, description = "What became of its groups; there is a new ticket", body = Answer,
                    headers(("Location" = String))),
                (status = 202, description = "It was kept; no ticket is needed", body = Answer)))]
        pub(super) async fn $name(
            State(desk): State<Desk>,
            command: Command<MayReport>,
            body: Body<Value>,
        ) -> Result<Response, Problem> {
            take(&desk, &command, AlertSource::$source, body.value, &body.bytes).await
        }
    };
}

operation! {
    /// Takes the webhook of Prometheus Alertmanager, version 4 or 3: one group
    /// of alerts. Fields that are not known are left alone. A list that was cut
    /// short (`truncatedAlerts`) ends only the alerts that it lists.
    alertmanager, "/v1/alerts/alertmanager", "reportAlertmanager", Alertmanager
}

operation! {
    /// Takes the webhook of Grafana: of the unified alerting, or of the legacy
    /// one. Fields that are not known are left alone.
    grafana, "/v1/alerts/grafana", "reportGrafana", Grafana
}

operation! {
    /// Takes JSON of any form, one report or an array: the tenant's mapping and
    /// the usual names say what is what. Of more than 400 groups the rest
    /// shares the ticket of a storm.
    generic, "/v1/alerts/generic", "reportGeneric", Generic
}

/// Takes `CloudEvents` 1.0: one structured (`application/cloudevents+json`),
/// many (`application/cloudevents-batch+json`), or one binary, with its
/// attributes in `ce-` headers. Types with the word alert or alarm, and those
/// named in the settings, are alerts; others are kept without a ticket. Words
/// after that one say what happened, else the data does. A group is named by a
/// key in the data, else by source and subject with the data's labels, else by
/// source, type and title. An event from before the last recovery is `noted`.
#[utoipa::path(post, path = "/v1/alerts/cloudevents", tag = "alerts", operation_id = "reportCloudEvents",
    params(IdempotencyHeader),
    request_body(content((Object = "application/cloudevents+json"), (Vec<Object> = "application/cloudevents-batch+json"),
        (Object = "application/json"))),
    responses(Problems,
        (status = 200, description = "What became of its groups; they have tickets already", body = Answer),
        (status = 201, description = "What became of its groups; there is a new ticket", body = Answer,
            headers(("Location" = String))),
        (status = 202, description = "It was kept; no ticket is needed", body = Answer)))]
pub(super) async fn cloudevents(
    State(desk): State<Desk>,
    command: Command<MayReport>,
    events: Events,
) -> Result<Response, Problem> {
    Box::pin(take(&desk, &command, AlertSource::CloudEvents, events.value, &events.bytes)).await
}
