//! Groups of alerts as they are shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::alert::{Alert, AlertSource, AlertState, Group, Shown};
use crate::domain::id::TicketId;

/// One alert of a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertOfGroup)]
struct AlertView {
    fingerprint: String,
    state: AlertState,
    /// Since when, by the sender.
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
    /// Until when, by the sender; null while it fires, and where the sender did
    /// not say.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    /// What was measured, by name.
    values: BTreeMap<String, String>,
    /// As the sender gave it, perhaps relative.
    url: Option<String>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        let Alert { fingerprint, state, starts_at, ends_at, labels, annotations, values, url, .. } = alert;
        Self { fingerprint, state, starts_at, ends_at, labels, annotations, values, url }
    }
}

/// A group of alerts, or something that a monitoring system sent and that is
/// no alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub(super) struct GroupView {
    id: Uuid,
    source: AlertSource,
    /// `recorded`: it is no alert.
    state: AlertState,
    /// The sender's name for the group, or one derived from its labels; long
    /// ones are cut.
    group_key: String,
    title: String,
    /// The ticket that works it; null: none was needed.
    ticket: Option<Uuid>,
    /// That ticket's number.
    number: Option<i64>,
    /// For how many groups it stands: more than one, if for those of reports
    /// of more than 400 groups; then its alerts are those groups.
    groups: i64,
    /// It shares the ticket of a storm.
    in_storm: bool,
    /// Why it made no ticket.
    reason: Option<String>,
    /// How bad it is, in the sender's words.
    severities: Vec<String>,
    service: Option<String>,
    /// Labels that all of its alerts share.
    labels: BTreeMap<String, String>,
    /// Annotations that all of its alerts share.
    annotations: BTreeMap<String, String>,
    /// As the sender gave it, perhaps relative.
    url: Option<String>,
    /// The first 100 of its alerts, those that fire before the others.
    alerts: Vec<AlertView>,
    /// How many alerts of it are known.
    alerts_total: i64,
    /// How many more the last report did not list.
    truncated: i64,
    /// How often it was reported as firing.
    firings: i64,
    /// How often it was reported as resolved.
    resolutions: i64,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    fired_at: Option<Timestamp>,
    /// Null while it fires.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
    /// What was recorded, whole.
    #[schema(value_type = Option<Object>)]
    content: Option<Value>,
}

impl From<Shown> for GroupView {
    fn from(shown: Shown) -> Self {
        let Shown { group, alerts, total } = shown;
        let Group { id, source, key, state, title, ticket, number, in_storm, reason, .. } = group;
        Self {
            id: id.uuid(),
            source,
            state,
            group_key: key,
            title,
            ticket: ticket.map(TicketId::uuid),
            number,
            groups: group.groups_held,
            in_storm,
            reason,
            severities: group.severities,
            service: group.service,
            labels: group.labels,
            annotations: group.annotations,
            url: group.url,
            alerts: alerts.into_iter().map(AlertView::from).collect(),
            alerts_total: total,
            truncated: group.truncated,
            firings: group.firings,
            resolutions: group.resolutions,
            first_at: group.first_at,
            last_at: group.last_at,
            fired_at: group.fired_at,
            resolved_at: group.resolved_at,
            content: group.content,
        }
    }
}
