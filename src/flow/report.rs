//! Everything that the desk knows, for whoever takes a ticket over.

use jiff::Timestamp;

use super::case::read_history;
use super::desk::Desk;
use super::error::Error;
use crate::domain::id::{EscalationId, EvidenceId, MessageId, TenantId, TicketId};
use crate::domain::report::{Material, Report, rare_words};
use crate::domain::ticket::promise;
use crate::domain::ticket::record::{Evidence, Message};
use crate::domain::vocabulary::EvidenceKind;
use crate::store::{self, TenantRead};

/// Messages, and pieces of evidence, that are read at a time.
const PART: i64 = 200;
/// Tickets like it that are told.
const MOST_SIMILAR: i64 = 5;

impl Desk {
    /// The report on an escalation, as of now.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that the tenant does not have.
    pub async fn report(&self, tenant: TenantId, id: EscalationId) -> Result<Report, Error> {
        let now = self.now().await?;
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::escalation::lookup(&mut read, id).await?;
        let escalation = found.ok_or(Error::NotFound("escalation"))?;
        let ticket = escalation.ticket;
        let record = store::record::lookup(&mut read, ticket).await?;
        let record = record.ok_or_else(|| Error::Defect(format!("ticket {ticket} is not kept")))?;
        let history = read_history(&mut read, ticket).await?;
        let messages = messages(&mut read, ticket).await?;
        let evidence = evidence(&mut read, ticket).await?;
        let resolutions = store::resolution::of_ticket(&mut read, ticket).await?;
        let words = words(&record.subject, &messages, &evidence);
        let similar = store::similar::list(&mut read, &record, &words, now, MOST_SIMILAR).await?;
        let policies = self.policies(&mut read, &history).await?;
        read.finish().await?;
        let at: Timestamp = now.max(record.state.updated_at);
        let promised = promise::promises(&history).any(|(policy, _)| policy.is_some());
        let clocks = promise::clocks(&policies, &history, at).filter(|_| promised);
        Ok(Report::of(&Material {
            escalation: &escalation,
            record: &record,
            history: &history,
            messages: &messages,
            evidence: &evidence,
            resolutions: &resolutions,
            similar: &similar,
            clocks: clocks.as_ref(),
        }))
    }
}

/// The whole conversation.
async fn messages(read: &mut TenantRead, ticket: TicketId) -> Result<Vec<Message>, Error> {
    let mut messages: Vec<Message> = Vec::new();
    loop {
        let after: Option<MessageId> = messages.last().map(|message| message.id);
        let part = store::message::list(read, ticket, after, PART).await?;
        let more = i64::try_from(part.len()).is_ok_and(|length| length == PART);
        messages.extend(part);
        if !more {
            return Ok(messages);
        }
    }
}

/// All material.
async fn evidence(read: &mut TenantRead, ticket: TicketId) -> Result<Vec<Evidence>, Error> {
    let mut evidence: Vec<Evidence> = Vec::new();
    loop {
        let after: Option<EvidenceId> = evidence.last().map(|item| item.id);
        let part = store::evidence::list(read, ticket, after, PART).await?;
        let more = i64::try_from(part.len()).is_ok_and(|length| length == PART);
        evidence.extend(part);
        if !more {
            return Ok(evidence);
        }
    }
}

/// What the ticket may share with others: words of its subject, of what was
/// reported, and of its logs.
fn words(subject: &str, messages: &[Message], evidence: &[Evidence]) -> Vec<String> {
    let reported = messages.first().map(|message| message.body.as_str());
    let logs = evidence.iter().filter(|item| item.kind == EvidenceKind::ErrorLog);
    let texts: Vec<&str> =
        std::iter::once(subject).chain(reported).chain(logs.map(|item| item.text.as_str())).collect();
    rare_words(&texts)
}
