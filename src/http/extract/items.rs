//! A body that brings many things: a JSON array, or one JSON value a line.

use std::ops::Range;
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_LENGTH};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::body::{essence, expect_plain, from_fault, is_json, read, unsupported};
use crate::domain::items::{ItemsFault, of_array, of_lines};
use crate::domain::json;
use crate::domain::violation::Violation;
use crate::http::layers::bounds::Bounds;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// The media types of one JSON value a line; the first is what is sent.
pub const NDJSON: [&str; 3] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
/// The media types of the body.
const TAKEN: &[&str] = &["application/json", NDJSON[0], NDJSON[1], NDJSON[2]];
/// How many things a body may bring.
pub const MOST: usize = 1_000;
/// KiB of such bodies that are held in memory at once, in the whole process.
const ROOM_KIB: usize = 64 * 1_024;
/// How long a request waits for its room, without reading its body.
const PATIENCE: Duration = Duration::from_secs(5);

static ROOM: Semaphore = Semaphore::const_new(ROOM_KIB);

/// The things that a body brings, 1 to [`MOST`], not yet read one by one. It
/// comes last among the arguments of a handler.
///
/// Refusals: 415 for another content type or an encoded body, 413 for one over
/// the limit, 400 for an array that is no JSON, 422 for none or too many
/// things, 503 while too many such bodies are in memory.
#[derive(Debug)]
pub struct Items {
    /// The bytes as they came, for the fingerprint of an idempotent request.
    pub bytes: Bytes,
    /// The client prefers one JSON value a line as the answer.
    pub wants_lines: bool,
    places: Vec<Range<usize>>,
    item_bytes: usize,
    _room: SemaphorePermit<'static>,
}

impl Items {
    /// Reads one thing after the other, each strictly as the body of a request
    /// of its own. Only one at a time should be kept.
    pub fn iter(&self) -> impl Iterator<Item = Result<Value, Problem>> {
        self.places.iter().map(|place| {
            if place.len() > self.item_bytes {
                let detail = format!("An item may have {} bytes.", self.item_bytes);
                return Err(Problem::new(Kind::PayloadTooLarge, detail));
            }
            json::parse(&self.bytes[place.clone()]).map_err(from_fault)
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Items {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        expect_plain(headers)?;
        let lines = match essence(headers) {
            Some(essence) if is_json(&essence) => false,
            Some(essence) if NDJSON.contains(&essence.as_str()) => true,
            _ => return Err(unsupported(TAKEN)),
        };
        let wants_lines = prefers_lines(headers);
        let bounds = request.extensions().get::<Bounds>().copied();
        let most = bounds.map_or(ROOM_KIB * 1_024, |bounds| bounds.batch_bytes);
        let room = room(headers, most).await?;
        let bytes = read(request).await?;
        let places = if lines { of_lines(&bytes, MOST) } else { of_array(&bytes, MOST) };
        let places = places.map_err(|fault| match fault {
            ItemsFault::Json(fault) => from_fault(fault),
            ItemsFault::NotAnArray => refusal("wrong_type", "must be an array"),
            ItemsFault::TooMany(most) => refusal("too_many", format!("may have at most {most} items")),
        })?;
        if places.is_empty() {
            return Err(refusal("too_few", "must have at least 1 item"));
        }
        let item_bytes = bounds.map_or(usize::MAX, |bounds| bounds.body_bytes);
        Ok(Self { bytes, wants_lines, places, item_bytes, _room: room })
    }
}

fn refusal(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::validation(vec![Violation::new("", code, detail)])
}

/// Room for the body, as large as it says it is, else as it may be.
async fn room(headers: &HeaderMap, most: usize) -> Result<SemaphorePermit<'static>, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let kib = announced.unwrap_or(most).min(most).div_ceil(1_024).clamp(1, ROOM_KIB);
    let wanted = ROOM.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX));
    match tokio::time::timeout(PATIENCE, wanted).await {
        Ok(Ok(room)) => Ok(room),
        Ok(Err(_)) | Err(_) => Err(Problem::unavailable("Too many large bodies are being read.", 2)),
    }
}

/// Whether `Accept` prefers one JSON value a line to one JSON document.
fn prefers_lines(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut lines, mut document) = (0.0_f32, 0.0_f32);
    for range in ranges.flat_map(|list| list.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if NDJSON.contains(&name.as_str()) {
            lines = lines.max(quality);
        } else if name == "application/json" {
            document = document.max(quality);
        }
    }
    lines > document
}
