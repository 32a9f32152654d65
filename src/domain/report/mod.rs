//! What a persona gets who takes a ticket over: everything the desk knows, and
//! what it asks for.

mod markdown;
mod timeline;
mod words;

use jiff::Timestamp;

use super::escalation::EscalationState;
use super::id::{EvidenceId, TicketId};
use super::sla::{Clocks, Metric, State as ClockState};
use super::ticket::record::{Escalation, Evidence, Message, Purpose, Record, ResolutionRecord};
use super::ticket::{Classification, Event};
use super::vocabulary::{Author, EvidenceKind, Persona, Resolution, Status, Visibility};

pub use markdown::render;
pub use timeline::Moment;
pub use words::rare_words;

/// Longest text that a report repeats whole, in characters.
const MAX_TEXT: usize = 10_000;
/// Facts, the newest, that a timeline tells.
const MAX_MOMENTS: usize = 500;
/// Messages, the newest, that tell what was tried.
const MAX_TRIED: usize = 50;

/// A report on an escalation.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it is about.
    pub escalation: Escalation,
    /// What is wrong.
    pub problem: Problem,
    /// What it means for users.
    pub impact: Impact,
    /// What happened, the newest facts, in order.
    pub timeline: Vec<Moment>,
    /// How many older facts the timeline leaves out.
    pub timeline_left_out: usize,
    /// What the persona needs, and what of it is there.
    pub context: Vec<ContextItem>,
    /// Other material.
    pub other_evidence: Vec<Item>,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
    /// Tickets like it.
    pub similar: Vec<Similar>,
    /// What is left of each promise that counts.
    pub sla: Vec<ClockLeft>,
    /// What the persona is asked for.
    pub requested_action: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: i64,
    /// One line about it.
    pub subject: String,
    /// What was reported.
    pub text: Passage,
    /// The service it is about.
    pub service: Option<String>,
    /// Its state.
    pub status: Status,
    /// Its classification.
    pub classification: Classification,
    /// Whether it is confidential.
    pub restricted: bool,
}

/// What it means for users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// In a sentence, from the classification.
    pub summary: String,
    /// How often it was reported.
    pub occurrences: i32,
    /// What people found out about it.
    pub assessments: Vec<Item>,
}

/// A text, cut where it is very long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The text, or its beginning.
    pub text: String,
    /// It goes on.
    pub is_cut: bool,
}

impl Passage {
    fn of(text: &str) -> Self {
        let cut = text.char_indices().nth(MAX_TEXT).map(|(place, _)| place);
        Self { text: text[..cut.unwrap_or(text.len())].to_owned(), is_cut: cut.is_some() }
    }
}

/// A kind of material that the persona needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextItem {
    /// Which kind.
    pub kind: EvidenceKind,
    /// It still has to arrive, also where something of the kind is there.
    pub is_missing: bool,
    /// What is there.
    pub items: Vec<Item>,
}

/// A piece of material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which one.
    pub evidence: EvidenceId,
    /// Of which kind.
    pub kind: EvidenceKind,
    /// The text.
    pub text: Passage,
    /// Who brought it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
}

/// Something that was tried or said by the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// A message to the requester, a note, an answer or a resolution.
    pub what: &'static str,
    /// How it was resolved, if it was.
    pub resolution: Option<Resolution>,
    /// The text.
    pub text: Passage,
}

/// A ticket like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: i64,
    /// One line about it.
    pub subject: String,
    /// Its state.
    pub status: Status,
    /// How it was resolved, if it was.
    pub resolution: Option<Resolution>,
    /// When it came in.
    pub created_at: Timestamp,
    /// It is about the same service and of the same category.
    pub same_place: bool,
    /// Rare words that both have.
    pub shared_words: Vec<String>,
}

/// What is left of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockLeft {
    /// What is promised.
    pub metric: Metric,
    /// Its state.
    pub state: ClockState,
    /// Deadline; none while paused.
    pub due_at: Option<Timestamp>,
    /// The promise, business seconds.
    pub target_seconds: Option<i64>,
    /// Business seconds left; negative: overdue by so many.
    pub remaining_seconds: Option<i64>,
}

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The escalation.
    pub escalation: &'a Escalation,
    /// Its ticket.
    pub record: &'a Record,
    /// The ticket's history.
    pub history: &'a [Event],
    /// The conversation, in order; the first is what was reported.
    pub messages: &'a [Message],
    /// The ticket's material, in order.
    pub evidence: &'a [Evidence],
    /// How it was resolved, each time.
    pub resolutions: &'a [ResolutionRecord],
    /// Tickets like it.
    pub similar: &'a [Similar],
    /// Its clocks at the instant of the report.
    pub clocks: Option<&'a Clocks>,
}

impl Report {
    /// Puts a report together.
    #[must_use]
    pub fn of(material: &Material<'_>) -> Self {
        let Material { escalation, record, history, .. } = *material;
        let left_out = history.len().saturating_sub(MAX_MOMENTS);
        Self {
            escalation: escalation.clone(),
            problem: problem(material),
            impact: impact(material),
            timeline: history[left_out..].iter().map(Moment::of).collect(),
            timeline_left_out: left_out,
            context: context(material),
            other_evidence: items(material, |kind| !escalation.required_context.contains(&kind)),
            tried: tried(material),
            similar: material.similar.to_vec(),
            sla: material.clocks.map(left).unwrap_or_default(),
            requested_action: action(escalation, record.number),
        }
    }
}

fn problem(material: &Material<'_>) -> Problem {
    let record = material.record;
    let reported = material.messages.first().map(|message| message.body.as_str()).unwrap_or_default();
    Problem {
        ticket: record.id,
        number: record.number,
        subject: record.subject.clone(),
        text: Passage::of(reported),
        service: record.service.clone(),
        status: record.state.status,
        classification: record.state.classification,
        restricted: record.state.restricted,
    }
}

fn impact(material: &Material<'_>) -> Impact {
    let class = material.record.state.classification;
    let about = [EvidenceKind::ImpactAssessment, EvidenceKind::BusinessImpact, EvidenceKind::AffectedScope];
    Impact {
        summary: format!(
            "Severity {}, hits {}; priority {}.",
            class.severity,
            reach(class.impact),
            material.record.state.priority()
        ),
        occurrences: material.record.occurrences(),
        assessments: items(material, |kind| about.contains(&kind)),
    }
}

const fn reach(impact: super::vocabulary::Impact) -> &'static str {
    use super::vocabulary::Impact;
    match impact {
        Impact::Organization => "the whole organization",
        Impact::Department => "a department",
        Impact::Team => "a team",
        Impact::Individual => "one person",
    }
}

fn items(material: &Material<'_>, fits: impl Fn(EvidenceKind) -> bool) -> Vec<Item> {
    let item = |evidence: &Evidence| Item {
        evidence: evidence.id,
        kind: evidence.kind,
        text: Passage::of(&evidence.text),
        author: evidence.author,
        at: evidence.created_at,
    };
    material.evidence.iter().filter(|evidence| fits(evidence.kind)).map(item).collect()
}

fn context(material: &Material<'_>) -> Vec<ContextItem> {
    let escalation = material.escalation;
    let item = |kind: &EvidenceKind| ContextItem {
        kind: *kind,
        is_missing: escalation.missing_context.contains(kind),
        items: items(material, |other| other == *kind),
    };
    escalation.required_context.iter().map(item).collect()
}

/// What people of the desk said and did; what the service said by itself is no
/// attempt.
fn tried(material: &Material<'_>) -> Vec<Attempt> {
    let by_people = |message: &&Message| {
        message.author == Author::Agent && !matches!(message.purpose, Purpose::Request | Purpose::Resolution)
    };
    let attempt = |message: &Message| Attempt {
        at: message.created_at,
        what: if message.visibility == Visibility::Public { "message to the requester" } else { "note" },
        resolution: None,
        text: Passage::of(&message.body),
    };
    let messages: Vec<&Message> = material.messages.iter().filter(by_people).collect();
    let newest = &messages[messages.len().saturating_sub(MAX_TRIED)..];
    let answers = material.record.escalations.iter().filter_map(|escalation| {
        let (text, at) = (Passage::of(escalation.answer.as_ref()?), escalation.answered_at?);
        Some(Attempt { at, what: "answer to an escalation", resolution: None, text })
    });
    let resolutions = material.resolutions.iter().map(|resolved| Attempt {
        at: resolved.resolved_at,
        what: "resolution",
        resolution: Some(resolved.resolution),
        text: Passage::of(&resolved.steps),
    });
    let mut tried: Vec<Attempt> =
        newest.iter().map(|message| attempt(message)).chain(answers).chain(resolutions).collect();
    tried.sort_by_key(|attempt| attempt.at);
    tried
}

/// The clocks that count: the last of each metric.
fn left(clocks: &Clocks) -> Vec<ClockLeft> {
    let left = |metric: &Metric| {
        let clock = clocks.current(*metric)?;
        Some(ClockLeft {
            metric: *metric,
            state: clock.promise(),
            due_at: clock.due_at,
            target_seconds: clock.target_seconds,
            remaining_seconds: clock.target_seconds.map(|target| target - clock.business_seconds),
        })
    };
    Metric::ALL.iter().filter_map(left).collect()
}

/// What the persona is asked for, as things stand.
fn action(escalation: &Escalation, number: i64) -> String {
    let persona: Persona = escalation.persona;
    match escalation.state {
        EscalationState::Requested => format!(
            "{persona}: acknowledge by {}, then answer what stands under the reason, or return it with what is missing, or decline it with a reason.",
            escalation.acknowledge_by
        ),
        EscalationState::Acknowledged | EscalationState::InProgress => {
            format!("{persona}: answer what stands under the reason.")
        }
        EscalationState::Returned => {
            let kinds: Vec<&str> = escalation.missing_context.iter().map(|kind| kind.as_str()).collect();
            format!("The desk: attach {} to ticket {number}.", kinds.join(", "))
        }
        EscalationState::Answered => format!("First level: act on the answer and resolve ticket {number}."),
        EscalationState::Declined | EscalationState::Closed => "None: it has ended.".to_owned(),
    }
}
