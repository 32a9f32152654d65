//! A small service on the foundation, with an operation for each thing that can
//! go wrong.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde_json::{Value, json};
use support_engineer::clock::Clock;
use support_engineer::domain::fields::{FromJson, read};
use support_engineer::domain::violation::Violation;
use support_engineer::domain::vocabulary::Status;
use support_engineer::http::document::{Problems, ReadProblems};
use support_engineer::http::extract::cursor;
use support_engineer::http::extract::{
    Body, FromQuery, IdempotencyKey, IfMatch, IfNoneMatch, Page, Paging, Parameters, Path, Query,
};
use support_engineer::http::layers::bounds::Bounds;
use support_engineer::http::layers::identity::TraceContext;
use support_engineer::http::layers::meter::Meter;
use support_engineer::http::limiter::{Limiter, Rate, Rates};
use support_engineer::http::operations::{Check, Readiness};
use support_engineer::http::parameters::PagingQuery;
use support_engineer::http::problem::Problem;
use support_engineer::http::{Foundation, Sources, serve};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// What the handlers share with the test.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) started: Arc<Notify>,
    pub(super) release: Arc<Semaphore>,
    pub(super) finished: Arc<Notify>,
}

/// A running service.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) address: SocketAddr,
    pub(super) gate: Gate,
    pub(super) foundation: Foundation,
}

/// Bounds that no test meets by accident.
pub(super) const BOUNDS: Bounds = Bounds {
    deadline: Duration::from_secs(30),
    detached: Duration::from_mins(1),
    body_bytes: 64 * 1024,
    batch_bytes: 256 * 1024,
    target_bytes: 2048,
};

pub(super) fn foundation(bounds: Bounds) -> Foundation {
    Foundation {
        bounds,
        limiter: None,
        tasks: TaskTracker::new(),
        readiness: Readiness::new(|| async { vec![Check { name: "database", fault: None }] }),
        sources: Sources {
            new_id: || Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            instant: Clock::monotonic,
        },
    }
}

pub(super) fn rates(key: u32, tenant: u32) -> Rates {
    let rate =
        |quota| Rate { quota: NonZeroU32::new(quota).expect("not zero"), window: Duration::from_mins(1) };
    Rates { key: rate(key), tenant: rate(tenant), remembered: 100 }
}

impl Desk {
    pub(super) async fn start() -> Self {
        Self::on(foundation(BOUNDS)).await
    }

    pub(super) async fn limited(rates: Rates) -> Self {
        Self::on(Foundation { limiter: Some(Arc::new(Limiter::new(rates))), ..foundation(BOUNDS) }).await
    }

    pub(super) async fn on(foundation: Foundation) -> Self {
        let gate = Gate {
            started: Arc::new(Notify::new()),
            release: Arc::new(Semaphore::new(0)),
            finished: Arc::new(Notify::new()),
        };
        let router = serve(routes(), gate.clone(), &foundation).expect("the description can be written");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, gate, foundation }
    }
}

pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(add_thing, list_things))
        .routes(routes!(read_thing, change_thing))
        .routes(routes!(wait_at_gate))
        .routes(routes!(fall_over))
        .routes(routes!(bare_status))
        .routes(routes!(foreign_json))
        .routes(routes!(metered))
        .routes(routes!(trace))
}

#[derive(Debug)]
struct NewThing(Value);

impl FromJson for NewThing {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let name = f.text("name").trimmed().min_chars(1).max_chars(20).required();
            let size = f.integer("size").between(1, 9).or(5);
            Some(Self(json!({"name": name?, "size": size})))
        })
    }
}

#[utoipa::path(post, path = "/things", request_body = Value,
    responses(Problems, (status = 201, description = "Made", body = Value)))]
async fn add_thing(
    key: Option<IdempotencyKey>,
    body: Body<NewThing>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Body { value: NewThing(mut thing), bytes } = body;
    thing["bytes"] = json!(bytes.len());
    thing["key"] = json!(key.as_ref().map(IdempotencyKey::as_str));
    Ok((StatusCode::CREATED, Json(thing)))
}

struct Listing {
    paging: Paging,
    states: Vec<Status>,
}

impl FromQuery for Listing {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let paging = Paging::take(parameters);
        Some(Self { paging, states: parameters.choices("status").or_default() })
    }
}

#[utoipa::path(get, path = "/things", params(PagingQuery, ("status" = Option<Vec<Status>>, Query)),
    responses(ReadProblems, (status = 404, description = "No shelf"), (status = 200, description = "A page", body = Page<u64>)))]
async fn list_things(
    OriginalUri(uri): OriginalUri,
    Query(listing): Query<Listing>,
) -> Result<Response, Problem> {
    let list = format!("things {:?}", listing.states);
    let from: u64 = listing.paging.position(&list)?.unwrap_or(0);
    let to = from + u64::from(listing.paging.limit);
    let next_cursor = if to < 100 { cursor::seal(&list, &to).ok() } else { None };
    Ok(Page { items: (from..to.min(100)).collect(), next_cursor }.answer(&uri))
}

#[utoipa::path(get, path = "/things/{id}", params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 200, description = "It", body = Value), (status = 304, description = "The same")))]
async fn read_thing(Path(id): Path<Uuid>, known: IfNoneMatch) -> Response {
    use axum::response::IntoResponse;
    let tag = support_engineer::http::etag::EntityTag::of_version(3);
    known.not_modified(&tag).unwrap_or_else(|| Json(json!({"id": id})).into_response())
}

#[utoipa::path(put, path = "/things/{id}", params(("id" = Uuid, Path)),
    responses(ReadProblems, (status = 412, description = "Changed"), (status = 200, description = "It", body = Value)))]
async fn change_thing(Path(id): Path<Uuid>, wanted: IfMatch) -> Result<Json<Value>, Problem> {
    wanted.demand(3)?;
    Ok(Json(json!({"id": id})))
}

#[utoipa::path(post, path = "/gate", responses(Problems, (status = 200, description = "Through", body = Value)))]
async fn wait_at_gate(State(gate): State<Gate>) -> Result<Json<Value>, Problem> {
    gate.started.notify_one();
    let Ok(permit) = gate.release.acquire().await else { return Err(Problem::internal()) };
    permit.forget();
    gate.finished.notify_one();
    Ok(Json(json!({"through": true})))
}

#[utoipa::path(get, path = "/fall", responses(ReadProblems, (status = 200, description = "Never")))]
async fn fall_over() -> StatusCode {
    panic!("the password is hunter2")
}

/// An answer that nobody made a problem of.
#[utoipa::path(get, path = "/bare/{status}", params(("status" = u16, Path)),
    responses(ReadProblems, (status = 200, description = "Fine")))]
async fn bare_status(axum::extract::Path(status): axum::extract::Path<u16>) -> (StatusCode, &'static str) {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), "bare words")
}

/// The framework's own reading of a body.
#[utoipa::path(post, path = "/foreign", request_body = Value,
    responses(Problems, (status = 200, description = "Read", body = u32)))]
async fn foreign_json(Json(number): Json<u32>) -> Json<u32> {
    Json(number)
}

#[utoipa::path(get, path = "/metered/{key}/{tenant}",
    params(("key" = u128, Path), ("tenant" = u128, Path)),
    responses(ReadProblems, (status = 200, description = "Counted")))]
async fn metered(Path((key, tenant)): Path<(u128, u128)>, parts: Parts) -> Result<StatusCode, Problem> {
    let meter = parts.extensions.get::<Meter>().ok_or_else(Problem::internal)?;
    meter.charge(Uuid::from_u128(key), Uuid::from_u128(tenant))?;
    Ok(StatusCode::OK)
}

#[utoipa::path(get, path = "/trace", responses(ReadProblems, (status = 200, description = "The trace", body = Value)))]
async fn trace(parts: Parts) -> Result<Json<Value>, Problem> {
    let trace = parts.extensions.get::<TraceContext>().ok_or_else(Problem::internal)?;
    Ok(Json(json!({"trace_id": trace.trace_id, "parent_id": trace.parent_id, "out": trace.traceparent()})))
}
