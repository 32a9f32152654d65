//! What requesters say about how they were helped.

use jiff::{SignedDuration, Timestamp};

use crate::domain::ticket::event::{Event, Fact};
use crate::domain::ticket::refusal::Refusal;
use crate::domain::ticket::state::Ticket;

/// An answer about the last resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// The fact.
    pub fact: Fact,
    /// The place in the history of the resolution that it is about.
    pub resolution: i64,
    /// It is the first about this resolution; otherwise it takes the place of
    /// another one.
    pub is_first: bool,
}

/// Rates the last resolution of a ticket, `score` from 1 to 5. One answer counts
/// for each resolution; it may be changed for `changeable` after it was first
/// given. A ticket that came back is rated for how it was resolved before.
pub fn rate(
    ticket: &Ticket,
    history: &[Event],
    score: u8,
    changeable: SignedDuration,
    now: Timestamp,
) -> Result<Rating, Refusal> {
    if let Some(heir) = ticket.merged_into {
        return Err(Refusal::Conflict(format!("the ticket went into ticket {heir}, which is rated instead")));
    }
    let resolved = history.iter().rev().find(|event| matches!(event.fact, Fact::Resolved { .. }));
    let Some(resolved) = resolved else {
        return Err(Refusal::Conflict(
            "the ticket was not resolved yet; there is nothing to rate".to_owned(),
        ));
    };
    let resolution = resolved.seq;
    let first = history
        .iter()
        .find(|event| matches!(event.fact, Fact::Rated { resolution: about, .. } if about == resolution));
    if let Some(first) = first
        && now.duration_since(first.at) > changeable
    {
        let hours = changeable.as_hours();
        let why = format!("this resolution was rated; an answer may be changed for {hours} hours");
        return Err(Refusal::Conflict(why));
    }
    Ok(Rating { fact: Fact::Rated { score, resolution }, resolution, is_first: first.is_none() })
}
