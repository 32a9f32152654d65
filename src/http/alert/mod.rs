//! Alerts: taken in from monitoring systems, looked at, and what a tenant
//! decides about them.

mod list;
mod report;
mod settings;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::flow::Desk;

/// The operations on alerts.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(report::alertmanager))
        .routes(routes!(report::grafana))
        .routes(routes!(report::cloudevents))
        .routes(routes!(report::generic))
        .routes(routes!(settings::get, settings::replace))
        .routes(routes!(list::list))
        .routes(routes!(list::get))
}
