//! Which edition of a tenant's rules is asked for.

use utoipa::IntoParams;

use crate::http::extract::query::{FromQuery, Parameters};
/// An edition by its number.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RevisionQuery {
    /// What was in force after this edit of the tenant's, 0 being before the
    /// first; now unless given.
    #[param(minimum = 0)]
    pub(super) revision: Option<i32>,
}

impl FromQuery for RevisionQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let revision = parameters.value("revision").integer().between(0, i32::MAX.into()).narrow().optional();
        Some(Self { revision })
    }
}
