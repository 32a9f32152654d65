//! What is told of on-call schedules, and what they are told in.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::id::{AgentId, OverrideId};
use crate::domain::on_call::{By, Duty, Override, Schedule};
use crate::flow::on_call::Scheduled;

/// A team's on-call schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCallSchedule)]
pub(super) struct ScheduleView {
    pub(super) team: String,
    /// Counts its changes.
    pub(super) version: i32,
    /// The strongest first: `{name, time_zone, rotation, starts_on, ends_on,
    /// hand_over, participants}`; who is on duty in the first that has anybody
    /// is on call.
    #[schema(value_type = Vec<Object>)]
    pub(super) layers: Value,
    /// The strongest last: `{id, from, to, agent}`; they win over every layer.
    #[schema(value_type = Vec<Object>)]
    pub(super) overrides: Value,
    #[schema(value_type = String, format = DateTime)]
    pub(super) updated_at: Timestamp,
}

impl From<&Scheduled> for ScheduleView {
    fn from(scheduled: &Scheduled) -> Self {
        let mut written = scheduled.schedule.written();
        Self {
            team: scheduled.team.clone(),
            version: scheduled.version,
            layers: written["layers"].take(),
            overrides: written["overrides"].take(),
            updated_at: scheduled.updated_at,
        }
    }
}

/// A schedule as it is to be, whole.
#[derive(Debug, ToSchema)]
#[schema(as = NewOnCallSchedule)]
#[expect(dead_code, reason = "describes what `Schedule` reads")]
pub(super) struct ScheduleBody {
    /// One at least: `name`, `time_zone` (IANA), `rotation` (`weekly`, `daily`,
    /// `{days}` or `{hours}`), `starts_on` and optionally `ends_on` (local
    /// dates), `hand_over` (`HH:MM`, local), `participants` (ids of agents in
    /// the order of their turns).
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 20)]
    layers: (),
    /// `{from, to, agent}` each, and the `id` of one that stays; none unless given.
    #[schema(value_type = Option<Vec<Object>>, max_items = 2_000)]
    overrides: (),
}

/// Somebody who is on call instead for a while.
#[derive(Debug, ToSchema)]
#[schema(as = NewOnCallOverride)]
#[expect(dead_code, reason = "describes what `Override` reads")]
pub(super) struct OverrideBody {
    #[schema(value_type = String, format = DateTime)]
    from: (),
    /// Not included; later than `from`.
    #[schema(value_type = String, format = DateTime)]
    to: (),
    /// Id of the agent.
    #[schema(value_type = Uuid)]
    agent: (),
}

/// A stretch of time in which somebody is on call instead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCallOverride)]
pub(super) struct OverrideView {
    pub(super) id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(super) to: Timestamp,
    pub(super) agent: Uuid,
}

impl From<&Override> for OverrideView {
    fn from(over: &Override) -> Self {
        Self { id: over.id.map(OverrideId::uuid), from: over.from, to: over.to, agent: over.agent.uuid() }
    }
}

/// Who is on call, and what says so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCallDuty)]
pub(super) struct DutyView {
    pub(super) agent: Uuid,
    pub(super) agent_name: Option<String>,
    /// Name of the layer; null: an override.
    pub(super) layer: Option<String>,
    /// Id of the override; null: a layer.
    #[serde(rename = "override")]
    pub(super) over: Option<Uuid>,
}

impl DutyView {
    pub(super) fn new(duty: Duty, schedule: &Schedule, names: &HashMap<AgentId, String>) -> Self {
        let (layer, over) = match duty.by {
            By::Layer(place) => (schedule.layers.get(place).map(|layer| layer.name.clone()), None),
            By::Override(place) => (None, schedule.overrides.get(place).and_then(|over| over.id)),
        };
        Self {
            agent: duty.agent.uuid(),
            agent_name: names.get(&duty.agent).cloned(),
            layer,
            over: over.map(OverrideId::uuid),
        }
    }
}

/// The answer for one instant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCallNow)]
pub(super) struct NowView {
    pub(super) team: String,
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// Null: nobody is on call.
    pub(super) on_call: Option<DutyView>,
    /// The first instant for which the answer may be another; null: it holds
    /// for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) until: Option<Timestamp>,
}

/// A stretch of time with one answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnCallShift)]
pub(super) struct ShiftView {
    #[schema(value_type = String, format = DateTime)]
    pub(super) from: Timestamp,
    /// Not included.
    #[schema(value_type = String, format = DateTime)]
    pub(super) to: Timestamp,
    /// Null: nobody is on call.
    pub(super) on_call: Option<DutyView>,
}
