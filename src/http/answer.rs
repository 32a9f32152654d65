//! How use cases are answered: rendered once, kept for repeats, sent.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::reply::Reply;
use crate::flow::{Caller, Desk, Error, Outcome, Retry, UseCase};
use crate::http::etag::EntityTag;
use crate::http::extract::idempotency::IDEMPOTENCY_REPLAYED;
use crate::http::extract::{IfNoneMatch, Page};
use crate::http::problem::Problem;
use crate::http::refusal;

/// Kept by whoever asked, and asked about each time.
const CACHING: HeaderValue = HeaderValue::from_static("private, max-age=0, must-revalidate");

/// A reply with a JSON body and, where it is about a thing that counts its
/// changes, the tag of that thing.
///
/// # Errors
/// A body that cannot be written as JSON, which is a defect.
pub fn reply<T: Serialize>(
    status: StatusCode,
    location: Option<String>,
    tag: Option<&EntityTag>,
    body: &T,
) -> Result<Reply, Error> {
    let etag = tag.map(|tag| format!("\"{}\"", tag.opaque));
    Ok(Reply { status: status.as_u16(), location, etag, body: json(body)? })
}

/// A reply with a thing that counts its changes, as GET shows it, and its tag;
/// written as JSON once.
///
/// # Errors
/// A body that cannot be written as JSON, which is a defect.
pub fn reply_with<T: Serialize>(
    status: StatusCode,
    location: Option<String>,
    version: i64,
    shown: &T,
) -> Result<Reply, Error> {
    let body = json(shown)?;
    let EntityTag { opaque, .. } = EntityTag::of_content(version, &body);
    Ok(Reply { status: status.as_u16(), location, etag: Some(format!("\"{opaque}\"")), body })
}

/// The tag of a thing as GET shows it.
///
/// # Errors
/// A body that cannot be written as JSON, which is a defect.
pub fn tag<T: Serialize>(version: i64, shown: &T) -> Result<EntityTag, Error> {
    Ok(EntityTag::of_content(version, &json(shown)?))
}

fn json<T: Serialize>(body: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body).map_err(|error| Error::Defect(error.to_string()))
}

/// Runs a use case and answers it.
///
/// # Errors
/// The problem that its refusal stands for.
pub async fn execute<U: UseCase>(
    desk: &Desk,
    caller: &Caller,
    retry: Option<&Retry>,
    use_case: &U,
    render: impl Fn(&U::Output) -> Result<Reply, Error> + Send + Sync,
) -> Result<Response, Problem> {
    let outcome = desk.execute(caller, retry, use_case, render).await.map_err(refusal::problem)?;
    Ok(respond(outcome))
}

/// Sends an outcome.
#[must_use]
pub fn respond(outcome: Outcome) -> Response {
    let Reply { status, location, etag, body } = outcome.reply;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [(LOCATION, location), (ETAG, etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    if outcome.replayed {
        headers.insert(HeaderName::from_static(IDEMPOTENCY_REPLAYED), HeaderValue::from_static("true"));
    }
    response
}

/// A JSON body with the tag of its version and content, or 304 if that is what
/// the client has.
///
/// # Errors
/// A body that cannot be written as JSON, which is a defect.
pub fn versioned<T: Serialize>(version: i64, body: &T, known: &IfNoneMatch) -> Result<Response, Problem> {
    let body = json(body).map_err(refusal::problem)?;
    let tag = EntityTag::of_content(version, &body);
    if let Some(unchanged) = known.not_modified(&tag) {
        return Ok(unchanged);
    }
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(value) = tag.header() {
        response.headers_mut().insert(ETAG, value);
    }
    Ok(response)
}

/// An answer that its client may keep, and asks about each time.
#[must_use]
pub fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, CACHING);
    response
}

/// The tag of an answer without a version: a hash of what identifies it.
///
/// # Errors
/// An identity that cannot be written as JSON, which is a defect.
pub fn fingerprint<T: Serialize>(identity: &T) -> Result<EntityTag, Problem> {
    let text = json(identity).map_err(refusal::problem)?;
    Ok(EntityTag::of_hash(&Sha256::digest(text)))
}

/// An answer with its tag, to be asked about each time; 304 if it is what the
/// client has.
#[must_use]
pub fn unless_known(known: &IfNoneMatch, tag: &EntityTag, fresh: impl IntoResponse) -> Response {
    let mut response = known.not_modified(tag).unwrap_or_else(|| fresh.into_response());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHING);
    if let Some(value) = tag.header() {
        headers.insert(ETAG, value);
    }
    response
}

/// An answer that tells when it was made, with a tag of its own; 304 if what the
/// client has differs in nothing but that, as `content` says, which leaves the
/// instant out.
///
/// # Errors
/// Content that cannot be written as JSON, which is a defect.
pub fn unless_same<T: Serialize>(
    known: &IfNoneMatch,
    content: &T,
    made_at: Timestamp,
    fresh: impl IntoResponse,
) -> Result<Response, Problem> {
    let EntityTag { weak, opaque: same } = fingerprint(content)?;
    let holds = |tag: &EntityTag| tag.opaque.strip_prefix(&same).is_some_and(|rest| rest.starts_with('-'));
    if let Some(tag) = known.find(holds) {
        return Ok(unless_known(known, tag, fresh));
    }
    let tag = EntityTag { weak, opaque: format!("{same}-{:x}", made_at.as_microsecond()) };
    Ok(unless_known(known, &tag, fresh))
}

/// A page that time alone may change: its tag is that of what it shows, so it
/// is 304 for as long as nothing shows otherwise.
///
/// # Errors
/// A page that cannot be written as JSON, which is a defect.
pub fn page<T: Serialize>(page: Page<T>, uri: &Uri, known: &IfNoneMatch) -> Result<Response, Problem> {
    let tag = fingerprint(&page)?;
    Ok(unless_known(known, &tag, page.answer(uri)))
}
