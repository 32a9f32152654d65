//! What persons had to do with a ticket, from its history.

use std::collections::BTreeSet;

use super::entry::Marks;
use crate::domain::ticket::event::PolicyCause;
use crate::domain::ticket::{Classification, Event, Fact};
use crate::domain::vocabulary::{Author, DecidedBy, Visibility};

/// Which of triage and routing nobody had to do, and whether triage was corrected.
pub(super) fn marks(history: &[Event]) -> Marks {
    let said = |event: &Event| matches!(&event.fact, Fact::Opened { said, .. } if !said.is_empty());
    let placed = |event: &Event| {
        let places = matches!(event.fact, Fact::Assigned { .. } | Fact::Escalated { automatic: false, .. });
        places && is_by_agent(event)
    };
    Marks::default()
        .with(Marks::TRIAGED, !history.iter().any(said))
        .with(Marks::ROUTED, !history.iter().any(placed))
        .with(Marks::CORRECTED, is_corrected(history))
}

fn is_by_agent(event: &Event) -> bool {
    event.actor.author() == Author::Agent
}

/// Whether a person classified it otherwise than it was; to confirm is no
/// correction.
fn is_corrected(history: &[Event]) -> bool {
    let words = |c: &Classification| (c.category, c.severity, c.impact, c.ticket_type, c.scope);
    let mut known = None;
    for event in history {
        match &event.fact {
            Fact::Opened { classification, .. } => known = Some(words(classification)),
            Fact::Triaged { classification, decided_by, .. } => {
                let now = Some(words(classification));
                if *decided_by == DecidedBy::Human && is_by_agent(event) && now != known {
                    return true;
                }
                known = now;
            }
            _ => {}
        }
    }
    false
}

/// Whether the requester has had a word of a person.
pub(super) fn answers(history: &[Event]) -> bool {
    history.iter().any(|event| match &event.fact {
        Fact::MessageAdded { visibility, author, .. } => {
            *visibility == Visibility::Public && *author == Author::Agent
        }
        Fact::MessagePublished { author, .. } => *author == Author::Agent,
        _ => false,
    })
}

/// How often persons acted on it: one act may bring about several facts, which
/// happen at one instant. Whoever edits a policy acts on no ticket.
pub(super) fn touches(history: &[Event]) -> i64 {
    let about = |event: &&Event| !matches!(event.fact, Fact::PolicyChanged { cause: PolicyCause::Moved, .. });
    let on_it = history.iter().filter(about);
    let acts: BTreeSet<_> = on_it.filter_map(|event| Some((event.at, event.actor.agent()?))).collect();
    i64::try_from(acts.len()).unwrap_or(i64::MAX)
}
