//! The history of a ticket: who did what, when and why.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::belongings::Asked;
use crate::domain::id::{AgentId, RequesterId};
use crate::domain::ticket::{Actor, Event};
use crate::domain::vocabulary::Author;
use crate::flow::Desk;
use crate::http::document::ReadProblems;
use crate::http::extract::Page;
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;

/// One fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventView {
    /// Place in the history, from 1.
    seq: i64,
    id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What happened, such as `status_changed`.
    kind: String,
    actor: ActorView,
    /// The facts; identifiers and closed words.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// Why, in somebody's words.
    reason: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
struct ActorView {
    kind: Author,
    id: Option<Uuid>,
    /// The agent's name.
    name: Option<String>,
}

fn view(event: &Event, names: &HashMap<AgentId, String>) -> EventView {
    let mut data = match serde_json::to_value(&event.fact) {
        Ok(Value::Object(data)) => data,
        Ok(_) | Err(_) => Map::new(),
    };
    let kind = data.remove("kind").and_then(|kind| kind.as_str().map(ToOwned::to_owned)).unwrap_or_default();
    let id = match event.actor {
        Actor::Agent(id) => Some(id.uuid()),
        Actor::Requester(id) => id.map(RequesterId::uuid),
        Actor::Automation => None,
    };
    let name = event.actor.agent().and_then(|agent| names.get(&agent).cloned());
    EventView {
        seq: event.seq,
        id: event.id.uuid(),
        at: event.at,
        kind,
        actor: ActorView { kind: event.actor.author(), id, name },
        data,
        reason: event.reason.clone(),
    }
}

/// Everything that happened to a ticket, in order.
#[utoipa::path(get, path = "/v1/tickets/{id}/history", tag = "tickets", operation_id = "getHistory",
    params(("id" = Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of facts", body = Page<EventView>)))]
pub(super) async fn history(State(desk): State<Desk>, asked: Asked) -> Result<Response, Problem> {
    let (desk, asked) = (&desk, &asked);
    let read = |after: Option<i64>, limit| async move {
        let (events, names) = desk.history(asked.tenant, asked.ticket, after.unwrap_or(0), limit).await?;
        Ok(events.iter().map(|event| view(event, &names)).collect())
    };
    asked.page("history", read, |event: &EventView| event.seq, |event| event).await
}
