//! What happened to a ticket, in sentences.

use jiff::Timestamp;

use crate::domain::ticket::{Event, Fact};
use crate::domain::vocabulary::{Author, EvidenceKind, Visibility};

/// A fact as a report tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Place in the history, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Author,
    /// What happened, in our words.
    pub what: String,
    /// Why, in somebody's.
    pub why: Option<String>,
}

impl Moment {
    /// A fact in a sentence.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            seq: event.seq,
            at: event.at,
            by: event.actor.author(),
            what: sentence(&event.fact),
            why: event.reason.clone(),
        }
    }
}

fn sentence(fact: &Fact) -> String {
    match fact {
        Fact::Opened { channel, classification, .. } => format!(
            "Came in by {channel} as {}, priority {}.",
            classification.category, classification.priority
        ),
        Fact::Repeated { times: 1 } => "Was reported again.".to_owned(),
        Fact::Repeated { times } => format!("Was reported {times} times more."),
        Fact::MessageAdded { visibility: Visibility::Public, author, .. } => {
            format!("Message of {} to all.", who(*author))
        }
        Fact::MessageAdded { author, .. } => format!("Note of {}.", who(*author)),
        Fact::EvidenceAdded { evidence_kind, .. } => format!("{evidence_kind} was attached."),
        Fact::StatusChanged { from, to } => format!("Went from {from} to {to}."),
        Fact::Triaged { classification, .. } => format!(
            "Was classified as {}, severity {}, impact {}, priority {}.",
            classification.category, classification.severity, classification.impact, classification.priority
        ),
        Fact::Assigned { assignment } => format!("Went to the team {}.", assignment.team),
        Fact::Escalated { persona, automatic: true, missing_context, .. } => {
            format!("Was escalated to {persona} by the desk itself{}.", without(missing_context))
        }
        Fact::Escalated { persona, .. } => format!("Was escalated to {persona}."),
        Fact::EscalationAdvanced { from, to, cause, .. } => {
            format!("An escalation went from {from} to {to} ({cause}).")
        }
        Fact::EscalationContextWanted { wanted, .. } => format!("Asked for {}.", list(wanted)),
        Fact::EscalationContextAdded { missing_context, .. } if missing_context.is_empty() => {
            "The context of an escalation is complete.".to_owned()
        }
        Fact::EscalationContextAdded { missing_context, .. } => {
            format!("An escalation still needs {}.", list(missing_context))
        }
        Fact::EscalationClosed { .. } => "An escalation ended with its ticket.".to_owned(),
        Fact::Resolved { resolution, .. } => format!("Was resolved: {resolution}."),
        Fact::Reopened => "Came back.".to_owned(),
        Fact::Closed => "Was closed.".to_owned(),
        other => named(other),
    }
}

/// A fact that has no sentence of its own, by its kind.
fn named(fact: &Fact) -> String {
    let kind = serde_json::to_value(fact).ok();
    let kind = kind.as_ref().and_then(|fact| fact.get("kind")?.as_str()).unwrap_or("something happened");
    format!("{}.", kind.replace('_', " "))
}

const fn who(author: Author) -> &'static str {
    match author {
        Author::Agent => "an agent",
        Author::Requester => "the requester",
        Author::Automation => "the desk itself",
    }
}

fn list(kinds: &[EvidenceKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

fn without(missing: &[EvidenceKind]) -> String {
    if missing.is_empty() { String::new() } else { format!(", without {}", list(missing)) }
}
