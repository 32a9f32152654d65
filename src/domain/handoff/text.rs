//! What a handoff says, in Markdown. What people wrote stands in fences that it
//! cannot end, or with every mark escaped, so it makes no headings, links or HTML.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Handoff, HandoffCause};
use crate::domain::id::TicketId;
use crate::domain::sla::State as ClockState;
use crate::domain::ticket::record::{Evidence, Message, Purpose, Record, StoredClock};
use crate::domain::ticket::{Event, Fact};
use crate::domain::vocabulary::{Author, EvidenceKind};

/// Characters of one text that are shown.
const SHOWN: usize = 4_000;
/// Facts of the timeline that are shown, the newest.
const FACTS: usize = 50;
/// Pieces of evidence, and messages, that are shown, the newest.
const PIECES: usize = 20;

/// What a handoff is made of.
#[derive(Debug)]
pub struct Brief<'a> {
    /// The handoff.
    pub handoff: &'a Handoff,
    /// Its ticket.
    pub record: &'a Record,
    /// What happened to it.
    pub history: &'a [Event],
    /// What was written about it.
    pub messages: &'a [Message],
    /// What was brought.
    pub evidence: &'a [Evidence],
    /// Its promises now.
    pub clocks: &'a [StoredClock],
}

/// The text of a handoff of one ticket. Of a ticket that only those named may
/// see it tells the number and whom to ask.
#[must_use]
pub fn text(brief: &Brief<'_>) -> String {
    let Brief { handoff, record, .. } = brief;
    let mut out = format!("# Handoff of ticket {}\n\n", record.number);
    let _infallible = writeln!(out, "Made {} by the service: {}.\n", handoff.created_at, why(brief));
    if record.state.restricted {
        out.push_str("The ticket is restricted; its content is not told here. Ask ");
        let _infallible = writeln!(out, "the team {} about it.\n", line(&record.state.team));
    } else {
        problem(&mut out, brief);
        standing(&mut out, brief);
        timeline(&mut out, brief.history);
        context(&mut out, brief);
        tried(&mut out, brief);
        promises(&mut out, brief.clocks);
        escalations(&mut out, record);
    }
    requested(&mut out, brief);
    ending(&mut out, handoff);
    out
}

/// The text of a handoff that stands for several tickets: the first of them by
/// number, and how many there are.
#[must_use]
pub fn summary(handoff: &Handoff, until: Timestamp, tickets: &[(i64, TicketId)], count: usize) -> String {
    let from = handoff.window.unwrap_or(handoff.created_at);
    let mut out = format!("# Handoff of {count} further tickets\n\n");
    let _infallible = writeln!(
        out,
        "From {from} to {until} more tickets needed a handoff than get files of their own. The handoff of\n\
         each is kept by the service.\n"
    );
    for (number, ticket) in tickets {
        let _infallible = writeln!(out, "* ticket {number}: `/v1/tickets/{ticket}`");
    }
    if count > tickets.len() {
        let _infallible = writeln!(out, "* and {} more", count - tickets.len());
    }
    out.push_str("\n## Requested action\n\nLook for a common cause, and take the tickets over.\n\n");
    ending(&mut out, handoff);
    out
}

fn why(brief: &Brief<'_>) -> String {
    let class = brief.record.state.classification;
    match brief.handoff.cause {
        HandoffCause::Priority => format!("its priority is {}", brief.record.state.priority()),
        HandoffCause::UserImpact => {
            format!("an issue of severity {} hits the {}", class.severity, class.impact)
        }
        HandoffCause::Ladder => "a step of an escalation ladder asks for it".to_owned(),
        HandoffCause::Storm => "there were many of them".to_owned(),
    }
}

fn problem(out: &mut String, brief: &Brief<'_>) {
    let record = brief.record;
    let _infallible = writeln!(out, "## Problem\n\n{}\n", line(&record.subject));
    let first = brief.messages.iter().find(|message| message.purpose == Purpose::Request);
    if let Some(message) = first {
        fence(out, &message.body);
    }
}

fn standing(out: &mut String, brief: &Brief<'_>) {
    let record = brief.record;
    let class = record.state.classification;
    let service = record.service.as_deref().map_or_else(|| "not named".to_owned(), line);
    let _infallible = writeln!(
        out,
        "## Impact and priority\n\n* Impact: {}; severity: {}; reported {} times\n\
         * Priority: {}\n* Category: {}; service: {service}\n* Status: {}; team: {}",
        class.impact,
        class.severity,
        record.occurrences(),
        record.state.priority(),
        class.category,
        record.state.status,
        line(&record.state.team),
    );
    for (name, explained) in &record.triage.fields {
        for reason in &explained.reasons {
            let _infallible =
                writeln!(out, "* Why {} is {}: {}", line(name), line(&explained.value), line(reason));
        }
    }
    out.push('\n');
}

fn timeline(out: &mut String, history: &[Event]) {
    out.push_str("## Timeline\n\n");
    let left_out = history.len().saturating_sub(FACTS);
    if left_out > 0 {
        let _infallible = writeln!(out, "* {left_out} earlier facts are left out");
    }
    for event in history.iter().skip(left_out) {
        let _infallible = writeln!(out, "* {} {} by {}", event.at, kind(&event.fact), event.actor.author());
    }
    out.push('\n');
}

/// The name of a fact as the history spells it.
fn kind(fact: &Fact) -> String {
    let written = serde_json::to_value(fact).unwrap_or_default();
    written["kind"].as_str().unwrap_or("fact").to_owned()
}

fn context(out: &mut String, brief: &Brief<'_>) {
    out.push_str("## Context\n\n");
    let have = |kind: &EvidenceKind| brief.evidence.iter().any(|item| item.kind == *kind);
    for kind in brief.record.required_context.iter().filter(|kind| !have(kind)) {
        let _infallible = writeln!(out, "* Missing: {kind}");
    }
    let left_out = brief.evidence.len().saturating_sub(PIECES);
    if left_out > 0 {
        let _infallible = writeln!(out, "* {left_out} earlier pieces of evidence are left out");
    }
    out.push('\n');
    for item in brief.evidence.iter().skip(left_out) {
        let _infallible = writeln!(out, "### {} of {}\n", item.kind, item.created_at);
        fence(out, &item.text);
    }
}

fn tried(out: &mut String, brief: &Brief<'_>) {
    out.push_str("## What was tried\n\n");
    let by_agents: Vec<_> = brief.messages.iter().filter(|one| one.author == Author::Agent).collect();
    if by_agents.is_empty() {
        out.push_str("Nothing by a person yet.\n\n");
    }
    let left_out = by_agents.len().saturating_sub(PIECES);
    for message in by_agents.into_iter().skip(left_out) {
        let _infallible = writeln!(out, "{}, {}:\n", message.created_at, message.visibility);
        fence(out, &message.body);
    }
}

fn promises(out: &mut String, clocks: &[StoredClock]) {
    out.push_str("## Service level\n\n");
    if clocks.is_empty() {
        out.push_str("Nothing is promised.\n");
    }
    for clock in clocks {
        let left = clock.target_seconds - clock.business_seconds;
        let due = clock.due_at.map(|due| format!(", due {due}")).unwrap_or_default();
        let left = match clock.state {
            ClockState::Running | ClockState::Paused => format!(", {left} business seconds left{due}"),
            _ => String::new(),
        };
        let _infallible = writeln!(out, "* {}: {}{left}", clock.metric, clock.state);
    }
    out.push('\n');
}

fn escalations(out: &mut String, record: &Record) {
    out.push_str("## Escalation\n\n");
    if record.escalations.is_empty() {
        let persona = record.state.persona.map_or("nobody", |persona| persona.as_str());
        let _infallible = writeln!(out, "Not escalated; it would go to {persona}.");
    }
    for one in &record.escalations {
        let _infallible = writeln!(
            out,
            "* {} to {}, {}, since {}: `/v1/escalations/{}`",
            one.kind, one.persona, one.state, one.requested_at, one.id
        );
    }
    out.push('\n');
}

fn requested(out: &mut String, brief: &Brief<'_>) {
    let ticket = brief.record.id;
    out.push_str("## Requested action\n\n");
    out.push_str("Take the ticket over, tell its requester, and coordinate the fix.\n\n");
    let _infallible = writeln!(
        out,
        "## Links\n\n* `/v1/tickets/{ticket}`\n* `/v1/tickets/{ticket}/messages`\n\
         * `/v1/tickets/{ticket}/evidence`\n* `/v1/tickets/{ticket}/history`\n"
    );
}

fn ending(out: &mut String, handoff: &Handoff) {
    let _infallible = writeln!(out, "Handoff `{}`", handoff.id);
}

/// A text between fences longer than any run of marks in it.
fn fence(out: &mut String, text: &str) {
    let shown: String = text.chars().take(SHOWN).map(harmless).collect();
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest.max(2) + 1);
    let _infallible = writeln!(out, "{marks}text\n{}\n{marks}\n", shown.trim_end());
    let hidden = text.chars().count().saturating_sub(SHOWN);
    if hidden > 0 {
        let _infallible = writeln!(out, "{hidden} more characters are left out.\n");
    }
}

/// A text as one line in which nothing is a mark.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(SHOWN).map(harmless) {
        match c {
            '\n' | '\t' => out.push(' '),
            // Words of the desk read well as they are, and a mark inside of one is none.
            '_' | '.' | ',' | ':' | ';' | '\'' | '/' | '?' | '%' | '$' | '@' | '^' | '"' => out.push(c),
            c if c.is_ascii_punctuation() => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Control characters, and those that turn the direction of a line, show as
/// what they are: nothing to read.
const fn harmless(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}
