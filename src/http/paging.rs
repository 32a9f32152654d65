//! Lists that are ordered by identifier, a page at a time.

use axum::response::Response;
use http::Uri;
use serde::Serialize;

use crate::http::extract::{Page, cursor};
use crate::http::problem::Problem;

/// A page of `found`, which holds one item more than `limit` if there is a
/// next page.
///
/// # Errors
/// A position that cannot be written, which is a defect.
pub fn answer<T, P: Serialize, V: Serialize>(
    uri: &Uri,
    list: &str,
    limit: u16,
    mut found: Vec<T>,
    position: impl Fn(&T) -> P,
    view: impl Fn(T) -> V,
) -> Result<Response, Problem> {
    let more = found.len() > usize::from(limit);
    found.truncate(usize::from(limit));
    let next_cursor = match found.last().filter(|_| more) {
        Some(end) => Some(cursor::seal(list, &position(end)).map_err(|error| {
            tracing::error!(%error, "http.cursor.defect");
            Problem::internal()
        })?),
        None => None,
    };
    Ok(Page { items: found.into_iter().map(view).collect(), next_cursor }.answer(uri))
}
