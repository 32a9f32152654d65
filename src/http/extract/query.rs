//! The query of a request.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::domain::field::{Faults, Field};
use crate::domain::pointer;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// What a query is read into.
pub trait FromQuery: Sized {
    /// Takes its parameters, all of them first; `None` only if a required one
    /// was missing or wrong. A parameter that is not taken is unknown.
    fn from_query(parameters: &mut Parameters) -> Option<Self>;
}

impl FromQuery for () {
    fn from_query(_parameters: &mut Parameters) -> Option<Self> {
        Some(())
    }
}

/// The query, read into `T`. `Query<()>` takes no parameter at all.
///
/// Refusals: 400 `unknown_parameter` naming each unknown one, 400
/// `bad_parameter` with `/query/NAME` for each wrong or repeated one.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: FromQuery> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut parameters = Parameters::of(parts.uri.query().unwrap_or_default());
        let result = T::from_query(&mut parameters);
        parameters.settle(result).map(Self)
    }
}

/// The parameters of a query that have not been taken yet.
#[derive(Debug, Default)]
pub struct Parameters {
    left: BTreeMap<String, Vec<String>>,
    faults: Faults,
}

impl Parameters {
    fn of(query: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name.contains(['\0', '\u{FFFD}']) || value.contains(['\0', '\u{FFFD}']) {
                let place = pointer::field("/query", &name);
                parameters.faults.add(place, "bad_character", "holds NUL or is not UTF-8");
            }
            parameters.left.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        parameters
    }

    /// Takes free text that is given once at most; empty text is absent.
    pub fn text(&mut self, name: &str) -> Field<'_, String> {
        let (place, value) = self.once(name);
        Field::given(&mut self.faults, place, value.filter(|value| !value.is_empty()))
    }

    /// Takes a value of a form, such as an instant, that is given once at most;
    /// empty text is not of any form.
    pub fn value(&mut self, name: &str) -> Field<'_, String> {
        let (place, value) = self.once(name);
        Field::given(&mut self.faults, place, value)
    }

    fn once(&mut self, name: &str) -> (String, Option<String>) {
        let place = pointer::field("/query", name);
        let mut values = self.left.remove(name).unwrap_or_default();
        let value = values.pop();
        if !values.is_empty() {
            self.faults.add(place.clone(), "repeated", "must be given once at most");
        }
        (place, value)
    }

    /// Takes one name of a closed list.
    pub fn choice<T>(&mut self, name: &str) -> Field<'_, T>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.value(name).choice()
    }

    /// Takes a parameter that may be repeated or hold several values with
    /// commas between them, each read by `each` from its text.
    pub fn list<T, E: Display>(
        &mut self,
        name: &str,
        each: impl FnMut(&str) -> Result<T, E>,
    ) -> Field<'_, Vec<T>> {
        let values = self.left.remove(name).filter(|values| values.iter().any(|value| !value.is_empty()));
        Field::given(&mut self.faults, pointer::field("/query", name), values).parse(
            "bad_parameter",
            |values| {
                let parts = values.iter().flat_map(|value| value.split(','));
                parts.map(str::trim).filter(|part| !part.is_empty()).map(each).collect::<Result<Vec<T>, E>>()
            },
        )
    }

    /// Takes names of a closed list, repeated or with commas between them.
    pub fn choices<T>(&mut self, name: &str) -> Field<'_, Vec<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.list(name, str::parse::<T>)
    }

    /// Reports a fault that only shows when parameters are seen together.
    pub fn fault(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.add(pointer::field("/query", name), code, detail);
    }

    /// What was read, if nothing was wrong and nothing is left.
    fn settle<T>(mut self, result: Option<T>) -> Result<T, Problem> {
        let kind = if self.left.is_empty() { Kind::BadParameter } else { Kind::UnknownParameter };
        for name in self.left.keys() {
            let shown: String = name.chars().take(80).collect();
            let detail = format!("there is no parameter {shown:?} here");
            self.faults.add(pointer::field("/query", name), "unknown_parameter", detail);
        }
        let detail = match kind {
            Kind::UnknownParameter => "The operation does not know every parameter of the query.",
            _ => "A parameter of the query has an impossible value.",
        };
        self.faults.settle(result).map_err(|faults| Problem::new(kind, detail).with_faults(faults))
    }
}
