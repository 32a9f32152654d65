//! What the lists of watched promises share: how they are narrowed, and where
//! they lead.

use std::convert::Infallible;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::sla::Metric;
use crate::domain::ticket::watch::{Narrowing, Watched};
use crate::domain::vocabulary::{Category, Priority};
use crate::http::extract::Parameters;

/// How a list of clocks is narrowed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(super) struct NarrowingQuery {
    /// Only promises of these metrics; repeated or with commas between them,
    /// as are the other filters.
    #[param(inline, explode = false)]
    metric: Option<Vec<Metric>>,
    /// Only tickets that have one of these priorities now.
    #[param(inline, explode = false)]
    priority: Option<Vec<Priority>>,
    /// Only tickets of these categories.
    #[param(inline, explode = false)]
    category: Option<Vec<Category>>,
    /// Only tickets in the queues of these teams.
    #[param(explode = false)]
    team: Option<Vec<String>>,
}

/// Takes what [`NarrowingQuery`] describes.
pub(super) fn narrowing(parameters: &mut Parameters) -> Narrowing {
    Narrowing {
        metric: parameters.choices("metric").or_default(),
        priority: parameters.choices("priority").or_default(),
        category: parameters.choices("category").or_default(),
        team: parameters.list("team", |slug| Ok::<_, Infallible>(slug.to_owned())).or_default(),
    }
}

/// Addresses of what belongs to a clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WatchedLinks)]
pub(super) struct LinksView {
    /// Its ticket.
    ticket: String,
    /// All promises on the ticket, segment by segment.
    sla: String,
}

impl LinksView {
    pub(super) fn of(ticket: Uuid) -> Self {
        Self { ticket: format!("/v1/tickets/{ticket}"), sla: format!("/v1/tickets/{ticket}/sla") }
    }
}

/// Key and version of the policy that promised.
pub(super) fn promised_by(watched: &Watched) -> (Option<String>, Option<i32>) {
    watched.policy.clone().map(|policy| (policy.key, policy.version)).unzip()
}
