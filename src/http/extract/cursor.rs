//! Pages of a list: `limit`, `cursor`, and the answer `{items, next_cursor}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use http::header::{HeaderValue, LINK};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::domain::violation::Violation;
use crate::http::extract::query::{FromQuery, Parameters};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// Most items of a page.
pub const MAX_LIMIT: i64 = 200;
/// Items of a page if the client does not say.
pub const DEFAULT_LIMIT: u16 = 50;
/// Longest cursor, in characters.
const MAX_CURSOR: usize = 1024;
/// Bytes of the check sum before the position.
const CHECK: usize = 6;

/// Which page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// How many items, 1 to [`MAX_LIMIT`].
    pub limit: u16,
    cursor: Option<String>,
}

impl Paging {
    /// Takes `limit` and `cursor`; call it before any `?` in a
    /// [`FromQuery`].
    pub fn take(parameters: &mut Parameters) -> Self {
        let limit = parameters.value("limit").integer().between(1, MAX_LIMIT).narrow().or(DEFAULT_LIMIT);
        let cursor = parameters.text("cursor").max_chars(MAX_CURSOR).optional();
        Self { limit, cursor }
    }

    /// The position after which the page starts; `None` is the list's start.
    /// `list` names the list and all that fixes its order and content (sort and
    /// filters), so that a cursor of one list is refused by another.
    ///
    /// # Errors
    /// 400 for text that is not a cursor of this list.
    pub fn position<P: DeserializeOwned>(&self, list: &str) -> Result<Option<P>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        open(list, cursor).map(Some).ok_or_else(|| {
            Problem::new(Kind::BadParameter, "The cursor does not belong to this list; start without one.")
                .with_faults(vec![Violation::new(
                    "/query/cursor",
                    "bad_cursor",
                    "is not a cursor of this list",
                )])
        })
    }
}

impl FromQuery for Paging {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self::take(parameters))
    }
}

/// The cursor of a position: base64url of a check sum and the position as
/// JSON. It is opaque to clients and no secret.
///
/// # Errors
/// Fails if the position cannot be written as JSON, which is a defect.
pub fn seal<P: Serialize>(list: &str, position: &P) -> Result<String, serde_json::Error> {
    let text = serde_json::to_vec(position)?;
    let mut bytes = check_sum(list, &text).to_vec();
    bytes.extend_from_slice(&text);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn open<P: DeserializeOwned>(list: &str, cursor: &str) -> Option<P> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sum, text) = bytes.split_at_checked(CHECK)?;
    if check_sum(list, text) != *sum {
        return None;
    }
    serde_json::from_slice(text).ok()
}

fn check_sum(list: &str, text: &[u8]) -> [u8; CHECK] {
    let mut hash = Sha256::new();
    hash.update(list.len().to_be_bytes());
    hash.update(list);
    hash.update(text);
    let mut sum = [0; CHECK];
    sum.copy_from_slice(&hash.finalize()[..CHECK]);
    sum
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, each as GET of one gives it.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T: Serialize> Page<T> {
    /// The answer to a request for `uri` (path and query as the client sent
    /// them), with `Link: rel="next"` unless it is the last page.
    #[must_use]
    pub fn answer(self, uri: &Uri) -> Response {
        let link = self.next_cursor.as_deref().and_then(|cursor| next_link(uri, cursor));
        let mut response = Json(self).into_response();
        if let Some(link) = link {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

/// The same address with the next cursor in place of the present one.
fn next_link(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let kept = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "cursor");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept).append_pair("cursor", cursor);
    HeaderValue::try_from(format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())).ok()
}
