//! Alerts: taken in from monitoring systems, looked at, and what a tenant
//! decides about them.

mod list;
mod report;
mod settings;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::flow::Desk;

/// Where reports of alerts are posted.
pub const REPORTS: &[&str] =
    &["/v1/alerts/alertmanager", "/v1/alerts/grafana", "/v1/alerts/cloudevents", "/v1/alerts/generic"];

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
