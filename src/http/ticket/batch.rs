//! Taking many tickets in by one request.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::create::{self, TicketBody};
use super::view::{Around, TicketView};
use crate::domain::items::values;
use crate::domain::reply::Reply;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Role;
use crate::flow::batch::{Batch, Done, Item};
use crate::flow::open::Intake;
use crate::flow::{Desk, Error, Outcome, Retry};
use crate::http::answer::respond;
use crate::http::document::Problems;
use crate::http::extract::caller::CreateTickets;
use crate::http::extract::idempotency::item_fingerprint;
use crate::http::extract::items::{MOST, NDJSON};
use crate::http::extract::{Command, Items};
use crate::http::parameters::IdempotencyHeader;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusal;

/// Where batches are posted; their bodies may be larger than others.
pub const PATH: &str = "/v1/tickets/batch";
/// Longest key of an item, in characters.
const MAX_KEY: usize = 255;
/// What the JSON answer begins with; the results follow.
const HEAD: &[u8] = b"{\"results\":";
/// How long a batch waits until others have been carried out.
const PATIENCE: Duration = Duration::from_secs(5);

/// Batches are carried out two at a time in a process: each takes a connection
/// for as long as hundreds of single tickets do, and a lock for each key.
static RUNNING: Semaphore = Semaphore::const_new(2);

/// A ticket of a batch.
#[derive(Debug, ToSchema)]
#[schema(as = BatchItem)]
#[expect(dead_code, reason = "describes what `read` takes")]
struct ItemBody {
    #[serde(flatten)]
    ticket: TicketBody,
    /// Opaque text that names this item, however often and in whatever batch it
    /// is sent. Keys of items and `Idempotency-Key` headers are of one kind: one
    /// that was used for a whole request is refused for an item, and the other
    /// way round.
    #[schema(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// What became of a batch.
#[derive(Debug, ToSchema)]
#[schema(as = BatchAnswer)]
#[expect(dead_code, reason = "describes what `document` writes")]
struct BatchView {
    /// One for each item, in their order.
    results: Vec<ResultView>,
    /// Items that opened a ticket.
    created: usize,
    /// Items that were counted on a ticket that was open already.
    repeated: usize,
    /// Items that were answered before, under their key.
    replayed: usize,
    /// Items that were refused.
    failed: usize,
}

/// What became of an item.
#[derive(Debug, ToSchema)]
#[schema(as = BatchResult)]
#[expect(dead_code, reason = "describes what `answered` and `refused` write")]
struct ResultView {
    /// Place of the item, from 0.
    index: usize,
    /// The status that the item alone would have been answered with.
    status: u16,
    /// It was answered before, under its key.
    replayed: Option<bool>,
    /// The ticket, unless the item was refused.
    ticket: Option<TicketView>,
    /// Why the item was refused; pointers are relative to it.
    problem: Option<ProblemDocument>,
}

/// Opens up to 1,000 tickets, each as `POST /v1/tickets` does. Items stand
/// alone: one that is refused does not hinder the others. All that can be
/// opened are opened in one transaction. An `Idempotency-Key` covers the whole
/// request; the `idempotency_key` of an item covers that item, in any batch of
/// the same API key. While another request with one of these keys is running, a
/// batch waits briefly and is then refused as a whole, with 409. A batch counts
/// as one request against the rates; its size and the number of batches at once
/// are bounded.
#[utoipa::path(post, path = "/v1/tickets/batch", tag = "tickets", operation_id = "createTickets",
    params(IdempotencyHeader),
    request_body(description = "1 to 1,000 items: an array, or one a line", content(
        (Vec<ItemBody> = "application/json"), (ItemBody = "application/x-ndjson"))),
    responses(Problems, (status = 200, description = "A result for each item; as NDJSON one a line", content(
        (BatchView = "application/json"), (ResultView = "application/x-ndjson")))))]
pub(super) async fn create(
    State(desk): State<Desk>,
    command: Command<CreateTickets>,
    items: Items,
) -> Result<Response, Problem> {
    let caller = command.caller();
    let read: Vec<Result<Item, Problem>> =
        items.iter().map(|value| value.and_then(|value| read(value, caller.role))).collect();
    let retry = command.retry(&items.bytes);
    let wants_lines = items.wants_lines;
    drop(items);
    let mut refused: Vec<Option<Problem>> = Vec::with_capacity(read.len());
    let mut valid = Vec::new();
    for item in read {
        match item {
            Ok(item) => {
                valid.push(item);
                refused.push(None);
            }
            Err(problem) => refused.push(Some(problem)),
        }
    }
    if valid.is_empty() {
        // Nothing is done, so no key is used up.
        let reply = document(&refused, &[]).map_err(refusal::problem)?;
        return Ok(send(Outcome { reply, replayed: false }, wants_lines));
    }
    let turn = tokio::time::timeout(PATIENCE, RUNNING.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(Problem::unavailable("Too many batches are being carried out.", 2));
    };
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    let render = |intake: &Intake| create::answer(intake, around);
    let batch = Batch { items: valid, key: retry.as_ref().map(|retry| retry.key.clone()), render };
    let outcome = desk.execute(caller, retry.as_ref(), &batch, |done| document(&refused, done)).await;
    Ok(send(outcome.map_err(refusal::problem)?, wants_lines))
}

/// Reads one item.
fn read(mut value: Value, role: Role) -> Result<Item, Problem> {
    let key = value.as_object_mut().and_then(|fields| fields.remove("idempotency_key"));
    let key = key.filter(|key| !key.is_null());
    let fingerprint = key.is_some().then(|| item_fingerprint(value.clone()));
    let ticket = create::read(value, role);
    let retry = match (key.map(read_key).transpose(), fingerprint) {
        (Ok(key), fingerprint) => key.zip(fingerprint).map(|(key, fingerprint)| Retry { key, fingerprint }),
        (Err(fault), _) => {
            let mut faults = ticket.map_or_else(|problem| problem.faults().to_vec(), |_| Vec::new());
            faults.push(fault);
            return Err(Problem::validation(faults));
        }
    };
    Ok(Item { ticket: Arc::new(ticket?), retry })
}

fn read_key(key: Value) -> Result<String, Violation> {
    let fault = |code, detail| Violation::new("/idempotency_key", code, detail);
    let Value::String(key) = key else { return Err(fault("wrong_type", "must be a text")) };
    if key.chars().any(char::is_control) {
        return Err(fault("control_character", "must not hold control characters"));
    }
    match key.chars().count() {
        0 => Err(fault("too_short", "must not be empty")),
        1..=MAX_KEY => Ok(key),
        _ => Err(fault("too_long", "must have at most 255 characters")),
    }
}

/// The whole answer as one JSON document, which begins with [`HEAD`].
fn document(refused: &[Option<Problem>], done: &[Done]) -> Result<Reply, Error> {
    let (mut created, mut repeated, mut replayed, mut failed) = (0, 0, 0, 0);
    let mut done = done.iter();
    let mut body = [HEAD, b"["].concat();
    for (index, refusal) in refused.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let fate = match refusal {
            Some(problem) => Err(problem.clone()),
            None => match done.next() {
                Some(Done::Answered { reply, replayed }) => Ok((reply, *replayed)),
                Some(Done::KeyReused) => Err(Problem::idempotency_mismatch()),
                None => return Err(Error::Defect("an item of a batch has no result".to_owned())),
            },
        };
        match fate {
            Ok((reply, again)) => {
                let count = match (again, reply.status) {
                    (true, _) => &mut replayed,
                    (false, 201) => &mut created,
                    (false, _) => &mut repeated,
                };
                *count += 1;
                answered(&mut body, index, reply, again);
            }
            Err(problem) => {
                failed += 1;
                refuse(&mut body, index, &problem)?;
            }
        }
    }
    let counts = format!(
        "],\"created\":{created},\"repeated\":{repeated},\"replayed\":{replayed},\"failed\":{failed}}}"
    );
    body.extend_from_slice(counts.as_bytes());
    Ok(Reply { status: StatusCode::OK.as_u16(), location: None, etag: None, body })
}

/// The ticket stands in the result byte for byte as the item was answered.
fn answered(body: &mut Vec<u8>, index: usize, reply: &Reply, again: bool) {
    let replayed = if again { "\"replayed\":true," } else { "" };
    let head = format!("{{\"index\":{index},\"status\":{},{replayed}\"ticket\":", reply.status);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&reply.body);
    body.push(b'}');
}

fn refuse(body: &mut Vec<u8>, index: usize, problem: &Problem) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Refused {
        index: usize,
        status: u16,
        problem: ProblemDocument,
    }
    let refused = Refused { index, status: problem.status().as_u16(), problem: problem.document(None) };
    serde_json::to_writer(body, &refused).map_err(|error| Error::Defect(error.to_string()))
}

/// Sends the answer, one result a line if that is wanted.
fn send(mut outcome: Outcome, wants_lines: bool) -> Response {
    let results = values(&outcome.reply.body, HEAD.len(), MOST);
    let lines = match results {
        // A reply kept for another kind of request under this key has no results.
        Ok((results, _)) if wants_lines => results,
        _ => return respond(outcome),
    };
    let mut body = Vec::with_capacity(outcome.reply.body.len());
    for line in lines {
        body.extend_from_slice(&outcome.reply.body[line]);
        body.push(b'\n');
    }
    outcome.reply.body = body;
    let mut response = respond(outcome);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON[0]));
    response
}
