//! What the requester of a new ticket is told at once.

use jiff::tz::TimeZone;

use super::verdict::{Verdict, acted_on};
use crate::domain::escalation::missing;
use crate::domain::sla::Metric;
use crate::domain::template::{MessageKind, Placeholder, Templates, Values};
use crate::domain::ticket::record::{Evidence, Record};
use crate::domain::vocabulary::EvidenceKind;

/// What the requester is told at once.
pub(super) fn greeting(
    record: &Record,
    verdict: &Verdict,
    evidence: &[Evidence],
    templates: &Templates,
) -> String {
    let class = record.state.classification;
    let words = templates.words(&record.language);
    let have: Vec<EvidenceKind> = evidence.iter().map(|item| item.kind).collect();
    let wanted = missing(&record.required_context, &have);
    let respond_by = record
        .clocks
        .iter()
        .find(|clock| clock.metric == Metric::FirstResponse)
        .and_then(|clock| clock.due_at)
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
        .with(Placeholder::Persona, words.persona(verdict.proposal.route.persona));
    let kind = MessageKind::received(class.category, acted_on(&verdict.decision), class.ticket_type);
    templates.render(kind, &record.language, &values)
}
