//! Hand-overs that somebody took for a while.

use jiff::Timestamp;

use super::{Item, View};
use crate::domain::ticket::hand_over::next_expiry;

/// The first acknowledgement that ends, where anybody is still needed.
pub(super) fn acknowledgement(view: &View<'_>) -> Option<(Timestamp, Item)> {
    let ends = next_expiry(view.escalations).filter(|_| view.ticket.is_unresolved())?;
    Some((ends, Item::AcknowledgementEnded))
}
