//! The HTTP interface: what is common to all of it.
//!
//! A resource is one module with one `pub fn router() -> OpenApiRouter<S>`,
//! `S` being the state its handlers need, and full paths in its operations:
//!
//! ```
//! use axum::Json;
//! use axum::extract::State;
//! use http::StatusCode;
//! use serde::Serialize;
//! use serde_json::Value;
//! use support_engineer::domain::fields::{FromJson, read};
//! use support_engineer::domain::violation::Violation;
//! use support_engineer::http::document::Problems;
//! use support_engineer::http::extract::{Body, IdempotencyKey, Path};
//! use support_engineer::http::parameters::IdempotencyHeader;
//! use support_engineer::http::problem::Problem;
//! use utoipa::ToSchema;
//! use utoipa_axum::{router::OpenApiRouter, routes};
//! use uuid::Uuid;
//!
//! #[derive(Clone)]
//! struct Desk;
//!
//! #[derive(ToSchema)]
//! struct NewNote { text: String }
//!
//! impl FromJson for NewNote {
//!     fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
//!         read(value, |f| {
//!             let text = f.text("text").trimmed().min_chars(1).max_chars(10_000).required();
//!             Some(Self { text: text? })
//!         })
//!     }
//! }
//!
//! #[derive(Serialize, ToSchema)]
//! struct Note { ticket: Uuid, text: String }
//!
//! /// Adds a note to a ticket.
//! #[utoipa::path(post, path = "/v1/tickets/{id}/notes", tag = "tickets",
//!     params(("id" = Uuid, Path), IdempotencyHeader), request_body = NewNote,
//!     responses(Problems, (status = 201, description = "The note", body = Note)))]
//! async fn add_note(
//!     State(_desk): State<Desk>,
//!     Path(ticket): Path<Uuid>,
//!     key: Option<IdempotencyKey>,
//!     body: Body<NewNote>, // last: no connection is held while it arrives
//! ) -> Result<(StatusCode, Json<Note>), Problem> {
//!     let _ = (key, body.bytes);
//!     Ok((StatusCode::CREATED, Json(Note { ticket, text: body.value.text })))
//! }
//!
//! fn router() -> OpenApiRouter<Desk> {
//!     OpenApiRouter::new().routes(routes!(add_note))
//! }
//!
//! assert!(support_engineer::http::describe(router()).paths.paths.contains_key("/v1/tickets/{id}/notes"));
//! ```
//!
//! The resources are merged into one `OpenApiRouter<S>` and given to [`serve`]
//! for the service and to [`describe`] for `api.yml`. Paths are never nested:
//! two routers nested at one prefix lose paths of the document.

mod accept;
pub mod agent;
pub mod alert;
pub mod answer;
pub mod calendar;
pub mod case;
pub mod document;
pub mod escalation;
pub mod etag;
pub mod extract;
pub mod feed;
pub mod handoff;
pub mod health;
pub mod key;
pub mod kpi;
pub mod ladder;
pub mod layers;
pub mod limiter;
mod listening;
pub mod mail;
pub mod maintenance;
pub mod matrix;
pub mod metrics;
pub mod monitor;
pub mod on_call;
pub mod operations;
pub mod outage;
pub mod paging;
pub mod parameters;
pub mod problem;
pub mod problem_kind;
pub mod refusal;
mod revision;
pub mod rules;
pub mod sla;
pub mod sla_calendar;
pub mod sla_edition;
pub mod sla_policy;
pub mod survey;
pub mod team;
pub mod tenant;
pub mod test_clock;
pub mod ticket;
pub mod uptime;
pub mod vocabulary;
pub mod webhook;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};
use uuid::Uuid;

use crate::flow::Desk;
use layers::bounds::Bounds;
use limiter::Limiter;
use operations::{Operations, Readiness};
use problem::Problem;
use problem_kind::Kind;

/// What the layers need from the rest of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Foundation {
    /// How long and how large requests may be.
    pub bounds: Bounds,
    /// The rates, or `None` if rates are not limited.
    pub limiter: Option<Arc<Limiter>>,
    /// Every running handler; a stop closes it and waits for it.
    pub tasks: TaskTracker,
    /// What `/readyz` looks at.
    pub readiness: Readiness,
    /// Where ids and instants come from.
    pub sources: Sources,
}

/// The only things the layers take from the outside world by themselves.
#[derive(Debug, Clone, Copy)]
pub struct Sources {
    /// Makes a new id for a request.
    pub new_id: fn() -> Uuid,
    /// Tells monotonic time.
    pub instant: fn() -> Instant,
}

/// Every resource there is.
#[must_use]
pub fn resources() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .merge(ticket::router())
        .merge(alert::router())
        .merge(escalation::router())
        .merge(rules::router())
        .merge(matrix::router())
        .merge(ladder::router())
        .merge(key::router())
        .merge(kpi::router())
        .merge(sla::router())
        .merge(sla_policy::router())
        .merge(sla_calendar::router())
        .merge(tenant::router())
        .merge(on_call::router())
        .merge(handoff::router())
        .merge(health::router())
        .merge(mail::router())
        .merge(team::router())
        .merge(agent::router())
        .merge(webhook::router())
        .merge(feed::router())
        .merge(survey::router())
        .merge(monitor::router())
        .merge(outage::router())
        .merge(maintenance::router())
        .merge(uptime::router())
}

/// No resources: what a process serves that only works.
#[must_use]
pub fn nothing() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
}

/// The whole interface: the resources, the operations and the documentation,
/// with the fallbacks and under all layers.
///
/// # Errors
/// The description cannot be written as YAML, which is a defect.
pub fn serve<S>(
    resources: OpenApiRouter<S>,
    state: S,
    foundation: &Foundation,
) -> Result<Router, Box<dyn std::error::Error + Send + Sync>>
where
    S: Clone + Send + Sync + 'static,
{
    let (resources, described) = resources.split_for_parts();
    let (operations, operational) = operations::router().split_for_parts();
    let document = merge(described, operational).to_yaml()?;
    let operations = operations
        .with_state(Operations { readiness: foundation.readiness.clone(), document: document.into() });
    let docs = SwaggerUi::new("/docs").config(Config::from("/api.yml"));
    let router = Router::new()
        .merge(resources.with_state(state))
        .merge(operations)
        .merge(docs)
        .fallback(|| async {
            Problem::new(Kind::NotFound, "There is nothing at this path; /docs shows what there is.")
        })
        .method_not_allowed_fallback(|| async { Problem::of_status(Kind::MethodNotAllowed.status()) });
    Ok(layers::wrap(router, foundation))
}

/// The description of the whole interface (`OpenAPI` 3.1), as [`serve`] serves it.
#[must_use]
pub fn describe<S>(resources: OpenApiRouter<S>) -> OpenApi
where
    S: Clone + Send + Sync + 'static,
{
    merge(resources.into_openapi(), operations::router().into_openapi())
}

fn merge(resources: OpenApi, operations: OpenApi) -> OpenApi {
    document::frame().merge_from(resources).merge_from(operations)
}
