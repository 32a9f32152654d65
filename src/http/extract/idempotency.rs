//! The `Idempotency-Key` of a request.

use axum::extract::OptionalFromRequestParts;
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::domain::violation::Violation;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// The header that carries the key.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header of an answer that was given before.
pub const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";
/// Longest key, in characters.
const MAX_CHARS: usize = 255;

/// Opaque text of 1 to 255 characters by which a client names one request,
/// however often it sends it. Handlers take `Option<IdempotencyKey>`.
///
/// Refusals: 400 `bad_parameter` for an empty, too long or repeated key, or one
/// with control characters or without UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(refusal("must be given once at most"));
        }
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| refusal("must be UTF-8"))?;
        if text.chars().any(char::is_control) {
            return Err(refusal("must not hold control characters"));
        }
        if !(1..=MAX_CHARS).contains(&text.chars().count()) {
            return Err(refusal("must have 1 to 255 characters"));
        }
        Ok(Some(Self(text.to_owned())))
    }
}

fn refusal(detail: &str) -> Problem {
    Problem::new(Kind::BadParameter, "The Idempotency-Key cannot be used.").with_faults(vec![Violation::new(
        "/headers/idempotency-key",
        "bad_parameter",
        detail,
    )])
}

/// What makes two requests the same: SHA-256 over method, path with query, and
/// the bytes of the body.
#[must_use]
pub fn fingerprint(method: &http::Method, uri: &http::Uri, body: &[u8]) -> [u8; 32] {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    hash([method.as_str().as_bytes(), target.as_bytes(), body])
}

/// What makes two items of batches the same: SHA-256 over their content, in
/// whatever order it names its fields and however it is spaced.
#[must_use]
pub fn item_fingerprint(mut item: serde_json::Value) -> [u8; 32] {
    item.sort_all_objects();
    hash([b"item", item.to_string().as_bytes(), b""])
}

fn hash(parts: [&[u8]; 3]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
