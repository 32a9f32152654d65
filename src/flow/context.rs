//! Asking for what a hand-over still needs.

use jiff::Timestamp;

use super::case::Case;
use super::error::Error;
use super::execution::Work;
use crate::domain::escalation::{addressees, missing, note};
use crate::domain::id::{EscalationId, MessageId};
use crate::domain::template::{MessageKind, Placeholder, Values};
use crate::domain::ticket::record::{Escalation, Message, Purpose};
use crate::domain::ticket::{Actor, Fact, life};
use crate::domain::vocabulary::{Author, EvidenceKind, Persona, Visibility};
use crate::store;

/// Asks for what a new hand-over needs and nobody was asked for before on this
/// ticket: the requester for what they may know, the desk for the rest.
pub(super) async fn ask_once(
    work: &mut Work<'_>,
    case: &mut Case,
    escalation: &Escalation,
) -> Result<(), Error> {
    let wanted = unasked(case, escalation);
    ask(work, case, escalation, &wanted, escalation.requested_at).await
}

/// What a hand-over needs and nobody was asked for before on this ticket.
fn unasked(case: &Case, escalation: &Escalation) -> Vec<EvidenceKind> {
    let asked: Vec<EvidenceKind> = case
        .history
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::EscalationContextWanted { wanted, .. } => Some(wanted.iter().copied()),
            _ => None,
        })
        .flatten()
        .collect();
    missing(&escalation.missing_context, &asked)
}

/// The acknowledgement of a ticket has asked its requester for what they may
/// know: no message of its own does so again.
pub(super) fn asked_in(work: &Work<'_>, case: &mut Case, escalation: &Escalation, message: MessageId) {
    let by_machine = case.record.opened_by == Author::Automation;
    let (wanted, _) = addressees(&unasked(case, escalation), by_machine);
    if !wanted.is_empty() {
        let fact = Fact::EscalationContextWanted { escalation: escalation.id, message, wanted };
        case.record_at(work, escalation.requested_at, Actor::Automation, None, vec![fact]);
    }
}

/// Asks for these kinds: the requester for what they may know, in a message,
/// the desk for the rest, in a note.
pub(super) async fn ask(
    work: &mut Work<'_>,
    case: &mut Case,
    escalation: &Escalation,
    wanted: &[EvidenceKind],
    at: Timestamp,
) -> Result<(), Error> {
    let by_machine = case.record.opened_by == Author::Automation;
    let (theirs, ours) = addressees(wanted, by_machine);
    let (id, persona) = (escalation.id, escalation.persona);
    if !theirs.is_empty() {
        let text = request(work, case, persona, &theirs);
        say(work, case, (id, Visibility::Public, theirs), text, at).await?;
    }
    if !ours.is_empty() {
        let text = note(persona, &ours);
        say(work, case, (id, Visibility::Internal, ours), text, at).await?;
    }
    Ok(())
}

/// The message to the requester. What is confidential is not repeated in it,
/// because mail is read by others.
fn request(work: &Work<'_>, case: &Case, persona: Persona, wanted: &[EvidenceKind]) -> String {
    let record = &case.record;
    let templates = &work.desk.rules().templates;
    let words = templates.words(&record.language);
    let subject = if record.state.restricted { "" } else { record.subject.as_str() };
    let values = Values::new()
        .with(Placeholder::Name, record.requester.name.as_deref().unwrap_or_default())
        .with(Placeholder::Number, &record.number.to_string())
        .with(Placeholder::Subject, subject)
        .with(Placeholder::Missing, &words.evidence(wanted))
        .with(Placeholder::Persona, words.persona(persona));
    templates.render(MessageKind::ContextWanted, &record.language, &values)
}

async fn say(
    work: &mut Work<'_>,
    case: &mut Case,
    (escalation, visibility, wanted): (EscalationId, Visibility, Vec<EvidenceKind>),
    body: String,
    at: Timestamp,
) -> Result<(), Error> {
    let at = at.max(case.ticket().updated_at);
    let id = MessageId::new(work.desk.clock().new_id());
    let author = Author::Automation;
    let mut facts = life::message(case.ticket(), id, author, visibility, None, at)?;
    let message = Message {
        id,
        ticket: case.record.id,
        visibility,
        author,
        purpose: Purpose::Reply,
        agent: None,
        agent_name: None,
        body,
        created_at: at,
        published_at: None,
    };
    store::message::insert(&mut work.tx, &[(&message, None)]).await?;
    facts.push(Fact::EscalationContextWanted { escalation, message: id, wanted });
    case.record_at(work, at, Actor::Automation, None, facts);
    Ok(())
}
