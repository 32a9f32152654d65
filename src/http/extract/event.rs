//! A request in one of the three forms of the HTTP binding of `CloudEvents`.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::body::{essence, expect_plain, from_fault, is_json, read, unsupported};
use crate::domain::alert::cloud_event::structured;
use crate::domain::json;
use crate::domain::violation::Violation;
use crate::http::problem::Problem;

/// What begins the name of a header that is an attribute.
const PREFIX: &str = "ce-";
/// The media type of one event; that of many ends otherwise.
const STRUCTURED: &str = "application/cloudevents+json";
const BATCHED: &str = "application/cloudevents-batch+json";
/// The media types of events as a whole.
const TAKEN: &[&str] = &[STRUCTURED, BATCHED, "application/json"];

/// One event, or an array of them, in the structured form. It comes last among
/// the arguments of a handler.
///
/// Refusals: 415 for events in another format or an encoded body, 413 for one
/// over the limit, 400 for one that is called JSON and is none, 422 for an
/// array under the media type of one event, or the other way round.
#[derive(Debug)]
pub struct Events {
    /// What came, attributes and data together; not yet looked at.
    pub value: Value,
    /// The bytes of the body as they came, after the headers that count.
    pub bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Events {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        expect_plain(&headers)?;
        let name = essence(&headers);
        match name.as_deref() {
            Some(STRUCTURED) => whole(request, Some(false)).await,
            Some(BATCHED) => whole(request, Some(true)).await,
            Some(other) if other.starts_with("application/cloudevents") => Err(unsupported(TAKEN)),
            _ if headers.keys().any(|name| name.as_str().starts_with(PREFIX)) => {
                binary(request, &headers).await
            }
            // Senders that call events what they are written in.
            Some("application/json") => whole(request, None).await,
            _ => Err(unsupported(TAKEN)),
        }
    }
}

/// Reads events as a whole; `many`: what the media type says.
async fn whole(request: Request, many: Option<bool>) -> Result<Events, Problem> {
    let bytes = read(request).await?;
    let value = json::parse(&bytes).map_err(from_fault)?;
    if many.is_some_and(|many| many != value.is_array()) {
        let wanted = if value.is_array() { "an object, not an array" } else { "an array of events" };
        let detail = format!("must be {wanted}");
        return Err(Problem::validation(vec![Violation::new("", "wrong_type", detail)]));
    }
    Ok(Events { value, bytes })
}

/// Reads an event whose attributes are headers and whose data is the body.
async fn binary(request: Request, headers: &HeaderMap) -> Result<Events, Problem> {
    let attributes = attributes(headers)?;
    let body = read(request).await?;
    let media_type = essence(headers);
    let data = match media_type.as_deref() {
        _ if body.is_empty() => None,
        Some(name) if is_json(name) => Some(json::parse(&body).map_err(from_fault)?),
        // Text of any type can be shown; what is no text is left out.
        _ => std::str::from_utf8(&body).ok().filter(|text| !text.contains('\0')).map(Value::from),
    };
    let mut counted = serde_json::to_vec(&attributes).map_err(|_| Problem::internal())?;
    counted.extend_from_slice(&body);
    Ok(Events { value: structured(attributes, data), bytes: counted.into() })
}

/// The attributes that headers are, in the order of their names.
fn attributes(headers: &HeaderMap) -> Result<Vec<(String, String)>, Problem> {
    let (mut attributes, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in headers {
        let Some(attribute) = name.as_str().strip_prefix(PREFIX) else { continue };
        if let Some(text) = decoded(value.as_bytes()) {
            attributes.push((attribute.to_owned(), text));
        } else {
            let place = format!("/headers/{name}");
            faults.push(Violation::new(place, "not_utf8", "must be UTF-8, percent-encoded beyond ASCII"));
        }
    }
    if let Some(media_type) = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        attributes.push(("datacontenttype".to_owned(), media_type.to_owned()));
    }
    attributes.sort();
    if faults.is_empty() { Ok(attributes) } else { Err(Problem::validation(faults)) }
}

/// A header's value without its percent-encoding.
fn decoded(value: &[u8]) -> Option<String> {
    let hex =
        |digit: Option<&u8>| char::from(*digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, hex(value.get(at + 1)), hex(value.get(at + 2))) {
            bytes.push(high << 4 | low);
            at += 3;
        } else {
            bytes.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
