//! Tickets.

mod act;
pub mod batch;
mod belongings;
pub mod create;
mod evidence;
mod history;
mod list;
mod mail;
mod merge;
mod message;
mod patch;
pub mod plan;
mod satisfaction;
mod sla;
pub mod view;

pub(in crate::http) use satisfaction::SatisfactionBody;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::flow::Desk;

pub use view::{Around, TicketView};

/// The operations on tickets.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(batch::create))
        .routes(routes!(list::get, patch::patch))
        .routes(routes!(message::add, message::list))
        .routes(routes!(message::get, message::publish))
        .routes(routes!(evidence::add, evidence::list))
        .routes(routes!(act::transition))
        .routes(routes!(act::assign))
        .routes(routes!(act::triage))
        .routes(routes!(act::resolve))
        .routes(routes!(act::reopen))
        .routes(routes!(act::close))
        .routes(routes!(act::acknowledge))
        .routes(routes!(merge::merge))
        .routes(routes!(satisfaction::rate, satisfaction::get))
        .routes(routes!(satisfaction::invite))
        .routes(routes!(plan::plan))
        .routes(routes!(plan::escalate_up))
        .routes(routes!(history::history))
        .routes(routes!(sla::sla))
        .routes(routes!(mail::list))
}
