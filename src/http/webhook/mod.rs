//! Webhooks: other systems that are told what happened.

mod delivery;
mod endpoint;

use utoipa_axum::router::OpenApiRouter;

use crate::flow::Desk;

/// The operations on webhooks.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().merge(endpoint::router()).merge(delivery::router())
}
