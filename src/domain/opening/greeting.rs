//! What the requester of a new ticket is told at once.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::escalation::missing;
use crate::domain::sla::Metric;
use crate::domain::template::{MessageKind, Placeholder, Templates, Values};
use crate::domain::ticket::record::Record;
use crate::domain::vocabulary::{EvidenceKind, Persona, Scope};

/// What the requester is told at `now`. `scope`: the one that is acted on;
/// `persona`: whom the matrix chose; `have`: the evidence that there is.
#[must_use]
pub fn greeting(
    record: &Record,
    scope: Scope,
    persona: Persona,
    have: &[EvidenceKind],
    now: Timestamp,
    templates: &Templates,
) -> String {
    let class = record.state.classification;
    let words = templates.words(&record.language);
    let wanted = missing(&record.required_context, have);
    let respond_by = record
        .clocks
        .iter()
        .find(|clock| clock.metric == Metric::FirstResponse)
        .and_then(|clock| clock.due_at)
        // Nobody can write by an instant that is over.
        .filter(|due| *due > now)
        .map(|due| words.moment(due, &TimeZone::UTC))
        .unwrap_or_default();
    let values = Values::new()
        .with(Placeholder::Name, record.requester.name.as_deref().unwrap_or_default())
        .with(Placeholder::Number, &record.number.to_string())
        .with(Placeholder::Subject, &record.subject)
        .with(Placeholder::Service, record.service.as_deref().unwrap_or_default())
        .with(Placeholder::Priority, words.priority(class.priority))
        .with(Placeholder::RespondBy, &respond_by)
        .with(Placeholder::Missing, &words.evidence(&wanted))
        .with(Placeholder::Persona, words.persona(persona));
    let kind = MessageKind::received(class.category, scope, class.ticket_type);
    templates.render(kind, &record.language, &values)
}
