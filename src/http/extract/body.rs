//! The JSON body of a request.

use axum::body::to_bytes;
use axum::extract::{FromRequest, MatchedPath, Request};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::domain::fields::FromJson;
use crate::domain::json::{self, JsonFault};
use crate::domain::violation::Violation;
use crate::http::layers::bounds::{Answered, Bounds, too_large};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// What a merge patch may be called.
const PATCHES: [&str; 2] = ["application/merge-patch+json", "application/json"];
/// The same as one header says it.
const PATCHES_TAKEN: &str = "application/merge-patch+json, application/json";
/// Says which patches are taken (RFC 5789).
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// A JSON body that was read strictly (see [`json::parse`]) and turned into
/// `T`. It comes last among the arguments of a handler.
///
/// Refusals: 415 for another content type or an encoded body, 413 for one over
/// the limit, 400 for one that is not JSON, names a field twice or is nested
/// too deep, 422 with a pointer for each fault of a well-formed one.
#[derive(Debug)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// The bytes as they came, for the fingerprint of an idempotent request.
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        expect_json(request.headers())?;
        Self::of(request).await
    }
}

impl<T: FromJson> Body<T> {
    async fn of(request: Request) -> Result<Self, Problem> {
        let bytes = read(request).await?;
        let value = json::parse(&bytes).map_err(from_fault)?;
        Ok(Self { value: T::from_json(value)?, bytes })
    }
}

/// A JSON merge patch (RFC 7396), read as strictly as a [`Body`], and called
/// `application/merge-patch+json` or `application/json`.
///
/// Refusals: those of [`Body`]; 415 says in `Accept-Patch` what is taken.
#[derive(Debug)]
pub struct MergePatch<T>(pub Body<T>);

impl<S: Send + Sync, T: FromJson> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        expect_patch(request.headers())?;
        Body::of(request).await.map(Self)
    }
}

/// Reads a body to its end. The layer [`bounds::sizes`](crate::http::layers::bounds::sizes)
/// bounds it, and its deadline the waiting for it.
///
/// # Errors
/// 413 if it is over the limit, 400 if it breaks off or comes too late.
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    let extensions = request.extensions();
    let answered = extensions.get::<Answered>().cloned();
    let most = extensions.get::<Bounds>().map(|bounds| bounds.bytes_at(extensions.get::<MatchedPath>()));
    let reading = to_bytes(request.into_body(), usize::MAX);
    let bytes = match answered {
        Some(Answered(token)) => token.run_until_cancelled_owned(reading).await,
        None => Some(reading.await),
    };
    match bytes {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error)) if over_limit(&error) => {
            Err(most.map_or_else(|| Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE), too_large))
        }
        Some(Err(_)) | None => Err(Problem::new(Kind::BadRequest, "The body broke off before its end.")),
    }
}

fn over_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The body must be called JSON, in UTF-8, and not be encoded.
fn expect_json(headers: &HeaderMap) -> Result<(), Problem> {
    expect_plain(headers)?;
    match essence(headers) {
        Some(essence) if is_json(&essence) => Ok(()),
        _ => Err(unsupported(&["application/json"])),
    }
}

/// Other patches are JSON too and mean something else.
fn expect_patch(headers: &HeaderMap) -> Result<(), Problem> {
    expect_plain(headers)?;
    if essence(headers).is_some_and(|essence| PATCHES.contains(&essence.as_str())) {
        return Ok(());
    }
    let detail = "The body must be sent as application/merge-patch+json.";
    Err(Problem::new(Kind::UnsupportedMediaType, detail)
        .with_header(ACCEPT_PATCH, HeaderValue::from_static(PATCHES_TAKEN))
        .with_allowed(PATCHES))
}

/// The body must not be encoded.
pub(in crate::http) fn expect_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let encoded = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if encoded {
        return Err(Problem::new(Kind::UnsupportedMediaType, "The body must not be content-encoded."));
    }
    Ok(())
}

/// 415, naming the types that are taken.
pub(in crate::http) fn unsupported(taken: &'static [&'static str]) -> Problem {
    let names = taken.join(" or ");
    let problem = Problem::new(Kind::UnsupportedMediaType, format!("The body must be sent as {names}."))
        .with_allowed(taken);
    match HeaderValue::try_from(taken.join(", ")) {
        Ok(value) => problem.with_header(ACCEPT, value),
        Err(_) => problem,
    }
}

/// What the body is called, in lower case and without parameters; none if it
/// is not called anything, or not to be in UTF-8.
pub(in crate::http) fn essence(headers: &HeaderMap) -> Option<String> {
    let mut parts = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let utf8 = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    utf8.then_some(essence)
}

pub(in crate::http) fn is_json(essence: &str) -> bool {
    essence == "application/json"
        || essence.strip_prefix("application/").is_some_and(|subtype| subtype.ends_with("+json"))
}

/// The problem that a fault of the text stands for.
pub(in crate::http) fn from_fault(fault: JsonFault) -> Problem {
    let (detail, fault) = match fault {
        JsonFault::Characters(violations) => return Problem::validation(violations),
        fault @ (JsonFault::Syntax { .. } | JsonFault::NotUtf8 { .. }) => {
            let code = if matches!(fault, JsonFault::Syntax { .. }) { "syntax" } else { "not_utf8" };
            (format!("The body is {fault}."), Violation::new("", code, format!("is {fault}")))
        }
        JsonFault::DuplicateKey { pointer } => (
            "The body names a field twice.".to_owned(),
            Violation::new(pointer, "duplicate_key", "is given twice"),
        ),
        JsonFault::TooDeep { pointer } => (
            "The body is nested too deep.".to_owned(),
            Violation::new(pointer, "too_deep", format!("lies more than {} levels deep", json::MAX_DEPTH)),
        ),
    };
    Problem::new(Kind::MalformedJson, detail).with_faults(vec![fault])
}
