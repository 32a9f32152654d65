//! Every answer that says no: RFC 9457 problem details.
//!
//! The `type` of a problem is `urn:support-engineer:problem:` and the name of
//! its [`Kind`]; programs decide by it, people read `detail`. A [`Problem`] made
//! by a handler gets its `instance` (the request id) from the outermost layer,
//! which also turns answers of the framework itself into problems.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::violation::Violation;
use crate::http::problem_kind::Kind;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One refusal or failure, on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    faults: Vec<Violation>,
    allowed: Option<Vec<String>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of `kind`; `detail` is a sentence for the client and never
    /// tells of the inside of the service.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), faults: Vec::new(), allowed: None, headers: Vec::new() }
    }

    /// 422: the body is well formed and wrong in these places.
    #[must_use]
    pub fn validation(faults: Vec<Violation>) -> Self {
        let detail = match faults.len() {
            1 => "The body has one fault; see errors.".to_owned(),
            n => format!("The body has {n} faults; see errors."),
        };
        Self::new(Kind::Validation, detail).with_faults(faults)
    }

    /// 404: there is no such thing, or it is not the caller's to see.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("There is no such {what}."))
    }

    /// 401 without a usable credential. `token_given` tells the client whether
    /// its token was wrong or missing, in the terms of RFC 6750.
    #[must_use]
    pub fn unauthenticated(detail: impl Into<String>, token_given: bool) -> Self {
        let challenge = if token_given {
            r#"Bearer realm="support-engineer", error="invalid_token""#
        } else {
            r#"Bearer realm="support-engineer""#
        };
        Self::new(Kind::Unauthenticated, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 403: the caller is known and may not do this.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, detail)
    }

    /// 409: the thing is not in a state that allows this; `allowed` lists the
    /// states it may go to.
    #[must_use]
    pub fn illegal_transition<N: ToString>(
        detail: impl Into<String>,
        allowed: impl IntoIterator<Item = N>,
    ) -> Self {
        Self::new(Kind::IllegalTransition, detail).with_allowed(allowed)
    }

    /// 409: the first request with this key has not finished; ask again.
    #[must_use]
    pub fn idempotency_in_progress() -> Self {
        Self::new(Kind::IdempotencyInProgress, "A request with this Idempotency-Key is still running.")
            .with_retry_after(1)
    }

    /// 422: the key was used for another request.
    #[must_use]
    pub fn idempotency_mismatch() -> Self {
        Self::new(Kind::IdempotencyMismatch, "This Idempotency-Key was used with another request.")
    }

    /// 412: the thing changed since the client read it.
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::new(Kind::PreconditionFailed, "If-Match does not name the current version; read it again.")
    }

    /// 503: a part the service needs is away or saturated; ask again after
    /// `seconds`.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(Kind::Unavailable, detail).with_retry_after(seconds)
    }

    /// 500: a defect of the service. The caller of this function has logged it;
    /// nothing of it is sent.
    #[must_use]
    pub fn internal() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem that an answer of the framework with this status stands for.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let kind = Kind::of_status(status);
        let mut problem = Self::new(kind, kind.usual_detail());
        if kind == Kind::Unauthenticated {
            problem = Self::unauthenticated(kind.usual_detail(), false);
        }
        if matches!(kind, Kind::Unavailable | Kind::TooManyRequests) {
            problem = problem.with_retry_after(1);
        }
        problem
    }

    /// Adds faults, place by place.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Violation>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Names what would have been accepted.
    #[must_use]
    pub fn with_allowed<N: ToString>(mut self, allowed: impl IntoIterator<Item = N>) -> Self {
        self.allowed = Some(allowed.into_iter().map(|name| name.to_string()).collect());
        self
    }

    /// Says after how many seconds it is worth asking again (at least one).
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Sends a header along, replacing one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value));
        self
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// What is wrong, place by place.
    #[must_use]
    pub fn faults(&self) -> &[Violation] {
        &self.faults
    }

    /// The document that is sent, with the request id as `instance`.
    #[must_use]
    pub fn document(&self, instance: Option<&str>) -> ProblemDocument {
        ProblemDocument {
            kind: self.kind.uri(),
            title: self.kind.title().to_owned(),
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.map(ToOwned::to_owned),
            errors: self.faults.iter().map(Fault::from).collect(),
            retryable: self.kind.retryable(),
            allowed: self.allowed.clone(),
        }
    }

    /// The answer, with the request id as `instance`.
    #[must_use]
    pub fn into_answer(self, instance: Option<&str>) -> Response {
        let mut response = (self.status(), Json(self.document(instance))).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_answer(None)
    }
}

impl From<Vec<Violation>> for Problem {
    fn from(faults: Vec<Violation>) -> Self {
        Self::validation(faults)
    }
}

/// A problem as it is sent (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:support-engineer:problem:` and the name of the kind.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "urn:support-engineer:problem:validation")]
    pub kind: String,
    /// The kind in words; the same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// The request id, as in `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The faults, place by place; empty if no place is to blame.
    pub errors: Vec<Fault>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// What would have been accepted, where there is a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the body; for other parts of the request
    /// `/query/NAME`, `/path/NAME` or `/headers/NAME`.
    #[schema(example = "/subject")]
    pub pointer: String,
    /// A stable word for programs.
    #[schema(example = "too_long")]
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

impl From<&Violation> for Fault {
    fn from(violation: &Violation) -> Self {
        Self {
            pointer: violation.pointer.clone(),
            code: violation.code.to_owned(),
            detail: violation.detail.clone(),
        }
    }
}
