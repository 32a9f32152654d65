//! Asking requesters how it was: once for each resolution by a person.

use jiff::Timestamp;

use super::{Item, View, later};
use crate::domain::ticket::{Event, Fact};
use crate::domain::vocabulary::{Resolution, TicketType};

/// Due a while after the resolution, unless it comes back before.
pub(super) fn survey(view: &View<'_>) -> Option<(Timestamp, Item)> {
    let delay = view.terms.survey?;
    let person = view.ticket.classification.ticket_type != TicketType::Alert;
    if !person || view.ticket.spam || view.ticket.merged_into.is_some() {
        return None;
    }
    if !view.ticket.status.is_over() {
        return None;
    }
    let resolved = view.history.iter().rposition(|event| matches!(event.fact, Fact::Resolved { .. }))?;
    let since = &view.history[resolved..];
    let Fact::Resolved { resolution, cause: None, .. } = since[0].fact else { return None };
    let helped = !matches!(resolution, Resolution::Duplicate | Resolution::OutOfScope);
    let told = |event: &Event| match event.fact {
        Fact::SurveyRequested { .. } => true,
        // Who has said so need not be asked.
        Fact::Rated { resolution, .. } => resolution == since[0].seq,
        _ => false,
    };
    (helped && !since.iter().any(told)).then(|| (later(since[0].at, delay), Item::Survey))
}
