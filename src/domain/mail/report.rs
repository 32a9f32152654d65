//! What the desk is told of a ticket: the problem, its impact, what is
//! promised, what is known, and what is asked for.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::MailKind;
use super::letter::{Material, Signature};
use crate::domain::sla::State as ClockState;
use crate::domain::template::{FALLBACK_LANGUAGE, Templates, Words};
use crate::domain::ticket::record::{Escalation, Record};

/// Longest piece of material that is told in full, in characters.
const MAX_PIECE: usize = 4_000;

/// The text of a mail to the desk, in English.
pub(super) fn write(
    kind: MailKind,
    material: &Material<'_>,
    templates: &Templates,
    signature: &Signature,
) -> String {
    let words = templates.words(FALLBACK_LANGUAGE);
    let record = material.record;
    let mut text = String::new();
    section(&mut text, &opening(kind, material, words), "");
    if let Some(escalation) = material.escalation {
        section(&mut text, "WHY", &escalation.reason);
    }
    section(&mut text, "WHAT THEY SAY", &reply(kind, material.escalation));
    section(&mut text, "PROBLEM", &format!("{}\n\n{}", record.subject, cut(material.request)));
    section(&mut text, "IMPACT", &impact(record));
    section(&mut text, "PROMISED", &promised(material, words));
    section(&mut text, "CONTEXT", &context(material));
    if let Some(escalation) = material.escalation {
        section(&mut text, "STILL MISSING", &words.evidence(&escalation.missing_context));
    }
    section(&mut text, "WHAT IS ASKED", &asked(kind, material.escalation, words));
    section(&mut text, "TICKET", &ticket(record, signature));
    text
}

/// A heading with its text; nothing where there is nothing to say.
fn section(text: &mut String, heading: &str, body: &str) {
    let first = text.is_empty();
    if body.trim().is_empty() && !first {
        return;
    }
    let gap = if first { "" } else { "\n" };
    let _infallible = writeln!(text, "{gap}{heading}");
    if !body.trim().is_empty() {
        let _infallible = writeln!(text, "{}", body.trim_end());
    }
}

fn opening(kind: MailKind, material: &Material<'_>, words: &Words) -> String {
    let number = material.record.number;
    let persona = material.escalation.map_or("the persona", |escalation| words.persona(escalation.persona));
    match kind {
        MailKind::EscalationRequested => format!("Ticket {number} is handed over to you ({persona})."),
        MailKind::EscalationReturned => {
            format!("The escalation of ticket {number} came back from {persona}.")
        }
        MailKind::EscalationDeclined => {
            format!("The escalation of ticket {number} was declined by {persona}.")
        }
        MailKind::EscalationAnswered => {
            format!("The escalation of ticket {number} was answered by {persona}.")
        }
        MailKind::Page => format!("Ticket {number} needs you now."),
        MailKind::Notice | MailKind::Message | MailKind::Reopened => {
            format!("Ticket {number} needs attention.")
        }
    }
}

/// What the persona said, where it is what the mail tells.
fn reply(kind: MailKind, escalation: Option<&Escalation>) -> String {
    let Some(escalation) = escalation else { return String::new() };
    let said = match kind {
        MailKind::EscalationAnswered => escalation.answer.as_deref(),
        MailKind::EscalationDeclined => escalation.declined_reason.as_deref(),
        _ => None,
    };
    let note = escalation.note.as_deref().filter(|_| kind != MailKind::EscalationRequested);
    [said, note].into_iter().flatten().map(cut).collect::<Vec<_>>().join("\n\n")
}

fn impact(record: &Record) -> String {
    let class = record.state.classification;
    let mut text = format!(
        "Priority {}, severity {}, impact {}, category {}.",
        record.state.priority(),
        class.severity,
        class.impact,
        class.category
    );
    if let Some(service) = &record.service {
        let _infallible = write!(text, "\nService: {service}.");
    }
    if record.occurrences() > 1 {
        let _infallible = write!(text, "\nReported {} times.", record.occurrences());
    }
    if record.state.reopen_count > 0 {
        let _infallible = write!(text, "\nReopened {} times.", record.state.reopen_count);
    }
    text
}

/// The clocks that are still of interest, a line each.
fn promised(material: &Material<'_>, words: &Words) -> String {
    let line = |clock: &crate::domain::ticket::record::StoredClock| {
        let state = clock.state_at(material.now);
        let due = clock.due_at.map(|due| words.moment(due, &TimeZone::UTC));
        match (state, due) {
            (ClockState::Running | ClockState::Breached, Some(due)) => {
                Some(format!("{}: {state}, due {due}", clock.metric))
            }
            (ClockState::Paused | ClockState::Breached, _) => Some(format!("{}: {state}", clock.metric)),
            _ => None,
        }
    };
    material.record.clocks.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn context(material: &Material<'_>) -> String {
    let piece =
        |item: &crate::domain::ticket::record::Evidence| format!("{}:\n{}", item.kind, cut(&item.text));
    material.evidence.iter().map(piece).collect::<Vec<_>>().join("\n\n")
}

fn asked(kind: MailKind, escalation: Option<&Escalation>, words: &Words) -> String {
    match (kind, escalation) {
        (MailKind::EscalationRequested, Some(escalation)) => format!(
            "Acknowledge the escalation by {}, then answer it, return it with what is missing, or decline it with a reason.",
            words.moment(escalation.acknowledge_by, &TimeZone::UTC)
        ),
        (MailKind::EscalationReturned, _) => "Attach what is missing to the ticket as evidence.".to_owned(),
        (MailKind::EscalationAnswered, _) => "Act on the answer, and tell the requester.".to_owned(),
        (MailKind::Notice | MailKind::Page, _) => "Look at the ticket and take it on.".to_owned(),
        _ => String::new(),
    }
}

fn ticket(record: &Record, signature: &Signature) -> String {
    let link = signature.ticket_url.as_ref().map(|url| {
        url.replace("{id}", &record.id.to_string()).replace("{number}", &record.number.to_string())
    });
    link.unwrap_or_else(|| format!("Number {}, id {}", record.number, record.id))
}

fn cut(text: &str) -> String {
    let mut piece: String = text.trim().chars().take(MAX_PIECE).collect();
    if text.trim().chars().count() > MAX_PIECE {
        piece.push_str("\n[…]");
    }
    piece
}
