//! The clock that tests move by hand. The route exists only where the service
//! runs on such a clock, which it does on loopback addresses alone; so it asks
//! for no key.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::fields::{FromJson, read};
use crate::domain::violation::Violation;
use crate::flow::{Desk, Error};
use crate::http::document::OpenProblems;
use crate::http::extract::Body;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusal;

/// Where the clock is moved; a request may take its time.
pub const PATH: &str = "/test/clock";

/// The move, with everything that falls due on the way.
type Moving = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>>;

/// Who moves the clock and does what is due. `false`: the clock stands later
/// than that already.
#[derive(Clone)]
pub struct Mover(Arc<dyn Fn(Timestamp) -> Moving + Send + Sync>);

impl Mover {
    /// By a function that moves it.
    pub fn new(moving: impl Fn(Timestamp) -> Moving + Send + Sync + 'static) -> Self {
        Self(Arc::new(moving))
    }
}

impl fmt::Debug for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mover")
    }
}

/// The route; only for a service whose clock is moved by hand.
pub fn router(mover: Mover) -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(move_clock)).layer(Extension(mover))
}

/// Where the clock is to stand.
#[derive(Debug, Deserialize, ToSchema)]
struct ClockMove {
    /// Not before the instant at which it stands.
    now: Timestamp,
}

impl FromJson for ClockMove {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |fields| {
            let now = fields.timestamp("now").required();
            Some(Self { now: now? })
        })
    }
}

/// Moves the clock forward, to each instant at which something is due in turn,
/// and does it there.
#[utoipa::path(put, path = "/test/clock", tag = "test", security(()), request_body = ClockMove,
    responses(OpenProblems,
        (status = 204, description = "The clock stands there"),
        (status = 422, description = "The clock stands later than that already", body = ProblemDocument, content_type = "application/problem+json")))]
async fn move_clock(
    State(desk): State<Desk>,
    Extension(Mover(moving)): Extension<Mover>,
    body: Body<ClockMove>,
) -> Result<StatusCode, Problem> {
    if moving(body.value.now).await.map_err(refusal::problem)? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let now = desk.now().await.map_err(refusal::problem)?;
    let detail = format!("the clock stands at {now} and can't go back");
    Err(Problem::validation(vec![Violation::new("/now", "backwards", detail)]))
}
