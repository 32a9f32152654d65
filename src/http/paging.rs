//! Lists that are ordered by identifier, a page at a time.

use axum::response::Response;
use http::Uri;
use serde::Serialize;

use crate::http::extract::{self, Page};
use crate::http::problem::Problem;

/// A page of `found`, which holds one item more than `limit` if there is a
/// next page, answered.
///
/// # Errors
/// A position that cannot be written, which is a defect.
pub fn answer<T, P: Serialize, V: Serialize>(
    uri: &Uri,
    list: &str,
    limit: u16,
    found: Vec<T>,
    position: impl Fn(&T) -> P,
    view: impl Fn(T) -> V,
) -> Result<Response, Problem> {
    Ok(page(list, limit, found, position, view)?.answer(uri))
}

/// A page of `found`, which holds one item more than `limit` if there is a
/// next page.
///
/// # Errors
/// A position that cannot be written, which is a defect.
pub fn page<T, P: Serialize, V>(
    list: &str,
    limit: u16,
    mut found: Vec<T>,
    position: impl Fn(&T) -> P,
    view: impl Fn(T) -> V,
) -> Result<Page<V>, Problem> {
    let more = found.len() > usize::from(limit);
    found.truncate(usize::from(limit));
    let end = found.last().filter(|_| more);
    let next_cursor = end.map(|end| cursor(list, &position(end))).transpose()?;
    Ok(Page { items: found.into_iter().map(view).collect(), next_cursor })
}

/// The cursor of a position in a list.
///
/// # Errors
/// A position that cannot be written, which is a defect.
pub fn cursor<P: Serialize>(list: &str, position: &P) -> Result<String, Problem> {
    extract::cursor::seal(list, position).map_err(|error| {
        tracing::error!(%error, "http.cursor.defect");
        Problem::internal()
    })
}
