//! How the verdict of the rate limiter gets from the caller's authentication,
//! deep inside, into the headers of the answer.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::http::Foundation;
use crate::http::limiter::{Limiter, Verdict};
use crate::http::problem::Problem;

/// Charges one request to its caller. Found in the request's extensions; the
/// extractor that authenticates the caller uses it, once.
#[derive(Debug, Clone)]
pub struct Meter {
    limiter: Option<Arc<Limiter>>,
    instant: fn() -> Instant,
    verdict: Arc<OnceLock<Verdict>>,
}

impl Meter {
    /// Counts the request against the rates of key and tenant, if rates are
    /// limited at all.
    ///
    /// # Errors
    /// `too_many_requests` with `Retry-After`.
    pub fn charge(&self, key_id: Uuid, tenant_id: Uuid) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let verdict = self.verdict.get_or_init(|| limiter.check(key_id, tenant_id, (self.instant)()));
        verdict.demand()
    }
}

/// Puts a [`Meter`] on the request, and on the answer what it said.
pub async fn announce(State(foundation): State<Foundation>, mut request: Request, next: Next) -> Response {
    let verdict = Arc::new(OnceLock::new());
    request.extensions_mut().insert(Meter {
        limiter: foundation.limiter.clone(),
        instant: foundation.sources.instant,
        verdict: Arc::clone(&verdict),
    });
    let mut response = next.run(request).await;
    if let Some(verdict) = verdict.get() {
        response.headers_mut().extend(verdict.headers());
    }
    response
}
