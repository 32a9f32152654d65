//! How the service is watched and understood: health, readiness and the
//! description of its interface. None of it needs a key.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::violation::Violation;
use crate::http::document::OpenProblems;
use crate::http::problem::Problem;

/// The findings of a readiness check, as they come.
type Findings = Pin<Box<dyn Future<Output = Vec<Check>> + Send>>;

/// Looks at everything the service needs to do its work.
#[derive(Clone)]
pub struct Readiness(Arc<dyn Fn() -> Findings + Send + Sync>);

impl Readiness {
    /// A readiness that is whatever `look` finds, each time anew. `look` bounds
    /// its own time.
    pub fn new<F>(look: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Check>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(look())))
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness")
    }
}

/// One thing the service needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is, such as `database`.
    pub name: &'static str,
    /// What is wrong with it, in words that anybody may read; `None` if nothing.
    pub fault: Option<String>,
}

/// The state of the operations.
#[derive(Debug, Clone)]
pub(super) struct Operations {
    pub(super) readiness: Readiness,
    pub(super) document: Arc<str>,
}

/// The routes, without `/docs`, which is no operation of the interface.
pub(super) fn router() -> OpenApiRouter<Operations> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(api_yml))
}

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok` or `ready`.
    status: &'static str,
    /// What was looked at; all of it works.
    checks: Vec<&'static str>,
}

/// Says that the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()),
    responses(OpenProblems, (status = 200, description = "The process answers", body = Health)))]
async fn healthz() -> Json<Health> {
    Json(Health { status: "ok", checks: Vec::new() })
}

/// Says whether requests can be served, and if not, what fails.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses(OpenProblems, (status = 200, description = "Requests can be served", body = Health)))]
async fn readyz(State(operations): State<Operations>) -> Response {
    let checks = (operations.readiness.0)().await;
    let faults: Vec<Violation> = checks
        .iter()
        .filter_map(|check| {
            let detail = check.fault.as_ref()?;
            Some(Violation::new(format!("/checks/{}", check.name), "unavailable", detail))
        })
        .collect();
    if faults.is_empty() {
        let checks = checks.into_iter().map(|check| check.name).collect();
        return Json(Health { status: "ready", checks }).into_response();
    }
    Problem::unavailable("A part that the service needs is away; see errors.", 1)
        .with_faults(faults)
        .into_response()
}

/// Gives this description.
#[utoipa::path(get, path = "/api.yml", tag = "operations", security(()),
    responses(OpenProblems, (status = 200, description = "This document", body = String, content_type = "application/yaml")))]
async fn api_yml(State(operations): State<Operations>) -> Response {
    let headers = [(CONTENT_TYPE, "application/yaml"), (CACHE_CONTROL, "no-cache")];
    (headers, operations.document.to_string()).into_response()
}
