//! The variable parts of a path.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path as AxumPath};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::domain::violation::Violation;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// The variables of the path, in order: one value, or a tuple of them.
///
/// Refusals: 400 `bad_parameter` for a value of the wrong form, such as an id
/// that is no UUID, and for percent-encoding that gives no UTF-8.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let AxumPath(value) = AxumPath::<T>::from_request_parts(parts, state).await.map_err(refusal)?;
        // No name holds control characters, and no database keeps NUL.
        if holds_control(parts.uri.path()) {
            let fault = Violation::new("/path", "bad_parameter", "holds control characters");
            return Err(wrong_form(vec![fault]));
        }
        Ok(Self(value))
    }
}

/// Whether a percent-encoded byte is a control character; a URI holds no bare ones.
fn holds_control(path: &str) -> bool {
    let code = |at: &[u8]| u8::from_str_radix(std::str::from_utf8(at).ok()?, 16).ok();
    let mut steps = path.as_bytes().windows(3);
    steps.any(|step| step[0] == b'%' && code(&step[1..]).is_some_and(|byte| byte.is_ascii_control()))
}

fn refusal(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else {
        tracing::error!(error = %rejection, "http.path.defect");
        return Problem::internal();
    };
    let (place, detail) = match failure.into_kind() {
        ErrorKind::InvalidUtf8InPathParam { key } => (key, "is not UTF-8".to_owned()),
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => (key, format!("must be a {expected_type}")),
        ErrorKind::DeserializeError { key, message, .. } if message.starts_with("UUID parsing failed") => {
            return not_an_id(&key);
        }
        ErrorKind::DeserializeError { key, message, .. } => (key, message),
        ErrorKind::ParseErrorAtIndex { index, expected_type, .. } => {
            (index.to_string(), format!("must be a {expected_type}"))
        }
        ErrorKind::ParseError { expected_type, .. } => ("0".to_owned(), format!("must be a {expected_type}")),
        ErrorKind::Message(message) => ("0".to_owned(), message),
        defect => {
            tracing::error!(error = %defect, "http.path.defect");
            return Problem::internal();
        }
    };
    wrong_form(vec![Violation::new(format!("/path/{place}"), "bad_parameter", detail)])
}

fn not_an_id(place: &str) -> Problem {
    wrong_form(vec![Violation::new(format!("/path/{place}"), "not_a_uuid", "must be a UUID")])
}

fn wrong_form(faults: Vec<Violation>) -> Problem {
    Problem::new(Kind::BadParameter, "A part of the path has the wrong form.").with_faults(faults)
}
