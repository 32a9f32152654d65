//! The net under all answers: whatever says no is problem+json.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, TRANSFER_ENCODING};

use crate::http::layers::identity::RequestId;
use crate::http::problem::{PROBLEM_JSON, Problem};

/// On an answer: a page that says no in words for people, who asked for one.
#[derive(Debug, Clone, Copy)]
pub struct ForPeople;

/// Gives each problem its `instance`, and turns every other answer of 400 and
/// above into a problem. Headers such as `Allow` stay. An answer that is a
/// problem already, but was not made by [`Problem`] (one stored and replayed),
/// is left alone, and so is a page.
pub async fn ensure(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    if response.extensions().get::<ForPeople>().is_some() {
        return response;
    }
    let foreign = response.extensions().get::<Problem>().is_none();
    if foreign && response.headers().get(CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let problem = parts.extensions.remove::<Problem>().unwrap_or_else(|| Problem::of_status(parts.status));
    let mut answer = problem.into_answer(id.as_ref().map(RequestId::as_str));
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    for (name, value) in answer.headers() {
        parts.headers.insert(name, value.clone());
    }
    std::mem::swap(answer.headers_mut(), &mut parts.headers);
    answer
}
