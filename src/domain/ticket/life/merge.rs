//! Two tickets that turn out to be one.

use super::unless_final;
use crate::domain::id::{EscalationId, TicketId};
use crate::domain::ticket::event::Fact;
use crate::domain::ticket::refusal::Refusal;
use crate::domain::ticket::state::Ticket;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::Status;

/// What a merge does to the two tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    /// Facts of the one that ends.
    pub source: Vec<Fact>,
    /// Facts of the one that goes on.
    pub target: Vec<Fact>,
}

/// A ticket ends as the duplicate of another one. Its hand-overs that are open
/// end with it; what it holds stays confidential if it was.
pub fn merge(
    (ticket, source): (TicketId, &Ticket),
    (into, target): (TicketId, &Ticket),
    open: &[EscalationId],
) -> Result<Merging, Refusal> {
    if ticket == into {
        let itself = Violation::new("/into", "itself", "is the ticket itself");
        return Err(Refusal::Invalid(vec![itself]));
    }
    if let Some(went) = source.merged_into {
        return Err(Refusal::Conflict(format!("the ticket was merged into {went} already")));
    }
    if let Some(went) = target.merged_into {
        return Err(Refusal::Conflict(format!("ticket {into} was merged into {went}; merge into that one")));
    }
    unless_final(source)?;
    if target.status == Status::Closed {
        return Err(Refusal::Conflict(format!(
            "ticket {into} is closed, which is final; merge into an open one"
        )));
    }
    let ended = open.iter().map(|escalation| Fact::EscalationClosed { escalation: *escalation });
    Ok(Merging {
        source: ended.chain([Fact::Merged { into }]).collect(),
        target: vec![Fact::MergedFrom { ticket, restricted: source.restricted }],
    })
}
