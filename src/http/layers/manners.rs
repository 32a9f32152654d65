//! Headers that every answer has unless its handler said otherwise.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// What the documentation pages may load: their own files and nothing else.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// What the JSON answers may load if a browser shows them as a page.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Answers may hold personal data, so no cache keeps them unless told to; no
/// browser guesses a content type, frames a page or tells where it came from.
pub async fn usual_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let docs = path == "/docs" || path.starts_with("/docs/");
    let mut response = next.run(request).await;
    let usual: [(HeaderName, &'static str); 5] = [
        (CACHE_CONTROL, if docs { "no-cache" } else { "no-store" }),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, if docs { DOCS_POLICY } else { API_POLICY }),
    ];
    for (name, value) in usual {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
