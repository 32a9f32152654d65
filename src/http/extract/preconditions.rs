//! `If-Match` and `If-None-Match`.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::domain::violation::Violation;
use crate::http::etag::{self, EntityTag, Tags};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// Which version a change is meant for; without the header, any.
///
/// Refusal: 400 `bad_parameter` for a header that is no list of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Tags>);

impl IfMatch {
    /// Whether a change of the thing with this tag may go on. Weak tags match
    /// nothing here.
    #[must_use]
    pub fn admits(&self, current: &EntityTag) -> bool {
        match &self.0 {
            None | Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag.is_strongly(current)),
        }
    }

    /// The versions that the change may be meant for, `None` for any; tags that
    /// are not of this service match no version.
    #[must_use]
    pub fn versions(&self) -> Option<Vec<i64>> {
        match &self.0 {
            None | Some(Tags::Any) => None,
            Some(Tags::These(tags)) => Some(tags.iter().filter_map(EntityTag::version).collect()),
        }
    }

    /// # Errors
    /// 412 if the thing is at another version.
    pub fn demand(&self, version: i64) -> Result<(), Problem> {
        if self.admits(&EntityTag::of_version(version)) {
            Ok(())
        } else {
            Err(Problem::precondition_failed())
        }
    }
}

/// Which version the client has already; without the header, none.
///
/// Refusal: 400 `bad_parameter` for a header that is no list of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// The first tag of the client's of which this is so.
    #[must_use]
    pub fn find(&self, is_so: impl Fn(&EntityTag) -> bool) -> Option<&EntityTag> {
        match &self.0 {
            Some(Tags::These(tags)) => tags.iter().find(|tag| is_so(tag)),
            Some(Tags::Any) | None => None,
        }
    }

    /// 304 if the client has what it asks for.
    #[must_use]
    pub fn not_modified(&self, current: &EntityTag) -> Option<Response> {
        let known = match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|tag| tag.is_weakly(current)),
        };
        known.then(|| {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            if let Some(value) = current.header() {
                response.headers_mut().insert(ETAG, value);
            }
            response
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        tags(&parts.headers, &IF_MATCH).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        tags(&parts.headers, &IF_NONE_MATCH).map(Self)
    }
}

/// Several lines of the header are one list.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        lines.push(value.to_str().map_err(|_| refusal(name))?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    etag::parse(&lines.join(", ")).map(Some).ok_or_else(|| refusal(name))
}

fn refusal(name: &HeaderName) -> Problem {
    Problem::new(Kind::BadParameter, "A header cannot be read.").with_faults(vec![Violation::new(
        format!("/headers/{name}"),
        "bad_parameter",
        "must be * or a list of entity tags such as \"v1\"",
    )])
}
