//! What every request that acts has in common.

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use http::{Method, Uri};

use super::caller::{Permission, Permit};
use super::idempotency::fingerprint;
use super::{IdempotencyKey, IfMatch, Query};
use crate::flow::{Caller, Desk, Retry};
use crate::http::problem::Problem;

/// A request to do something, by a caller who may: with the versions it is
/// meant for and the key it may come again under. It takes no query.
///
/// Refusals: those of [`Permit`], [`Query`], [`IfMatch`] and [`IdempotencyKey`].
#[derive(Debug, Clone)]
pub struct Command<P> {
    /// Who asks, and for what.
    pub permit: Permit<P>,
    expected: IfMatch,
    key: Option<IdempotencyKey>,
    method: Method,
    uri: Uri,
}

impl<P> Command<P> {
    /// Who asks.
    pub const fn caller(&self) -> &Caller {
        &self.permit.caller
    }

    /// The versions that it is meant for; none: whichever there is.
    pub fn expected(&self) -> Option<Vec<i64>> {
        self.expected.versions()
    }

    /// What makes it recognisable when it comes again with this body.
    pub fn retry(&self, body: &[u8]) -> Option<Retry> {
        self.key.as_ref().map(|key| Retry {
            key: key.as_str().to_owned(),
            fingerprint: fingerprint(&self.method, &self.uri, body),
        })
    }
}

impl<S, P> FromRequestParts<S> for Command<P>
where
    S: Send + Sync,
    P: Permission,
    Desk: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let permit = Permit::from_request_parts(parts, state).await?;
        let Query(()) = Query::from_request_parts(parts, state).await?;
        let expected = IfMatch::from_request_parts(parts, state).await?;
        let key = <IdempotencyKey as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self { permit, expected, key, method: parts.method.clone(), uri: parts.uri.clone() })
    }
}
