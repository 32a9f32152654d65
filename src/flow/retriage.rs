//! Triage again: by a person, or by the rules once more.

use serde_json::json;

use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::life::Target;
use crate::domain::audit::Act;
use crate::domain::opening::{Verdict, classification, question, triage_record};
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Record, TriageRecord};
use crate::domain::triage::{Decision, Submission};
use crate::domain::vocabulary::{Category, DecidedBy, Impact, Priority, Severity, TicketType};
use crate::store;

/// A new look at a ticket's triage.
#[derive(Debug, Clone)]
pub struct Retriage {
    /// Of what.
    pub target: Target,
    /// The kind of issue, if a person says so.
    pub category: Option<Category>,
    /// Its weight, if a person says so.
    pub severity: Option<Severity>,
    /// Its reach, if a person says so.
    pub impact: Option<Impact>,
    /// What kind of case it is, if a person says so.
    pub ticket_type: Option<TicketType>,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for Retriage {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = Case::load(work, self.target.ticket, self.target.expected.as_deref()).await?;
        let decision = self.decide(work, &case).await?;
        if self.names_something() && decision.priority > case.ticket().classification.priority {
            self.loosen(work, &case, decision.priority).await?;
        }
        let channel = case.ticket().channel;
        let proposal = work.desk.rules().matrix.propose(&question(&decision, channel));
        // Whoever has it keeps it: a new category does not take it back.
        let escalated = case.ticket().escalations > 0;
        let persona = if escalated { case.ticket().persona } else { proposal.persona };
        let by = if self.names_something() { DecidedBy::Human } else { DecidedBy::Rule };
        let facts = life::retriage(case.ticket(), classification(&decision), by, persona)?;
        case.record.triage = triage_record(&decision);
        if !escalated {
            case.record.required_context = proposal.required_context;
        }
        case.record(work, actor(work), self.reason.as_deref(), facts);
        case.save(work).await
    }
}

impl Retriage {
    const fn names_something(&self) -> bool {
        self.category.is_some()
            || self.severity.is_some()
            || self.impact.is_some()
            || self.ticket_type.is_some()
    }

    /// The rules' decision on the ticket as it was submitted, under what
    /// people have said of it before and say now.
    async fn decide(&self, work: &mut Work<'_>, case: &Case) -> Result<Decision, Error> {
        let record = &case.record;
        let first = store::message::list(work.tx.read(), record.id, None, 1).await?;
        let body = first.first().map(|message| message.body.as_str()).unwrap_or_default();
        let evidence = store::evidence::list(work.tx.read(), record.id, None, 100).await?;
        let said = &record.triage;
        Ok(work.desk.rules().triage.decide(&Submission {
            subject: &record.subject,
            body,
            channel: record.state.channel,
            ticket_type: self.ticket_type.or_else(|| earlier(said, "type")),
            service: record.service.as_deref(),
            tags: &record.tags,
            evidence: evidence.iter().map(|item| (item.kind, item.text.as_str())).collect(),
            category: self.category.or_else(|| earlier(said, "category")),
            severity: self.severity.or_else(|| earlier(said, "severity")),
            impact: self.impact.or_else(|| earlier(said, "impact")),
        }))
    }

    /// Making a ticket less urgent needs a reason and is audited.
    async fn loosen(&self, work: &mut Work<'_>, case: &Case, to: Priority) -> Result<(), Error> {
        let from = case.ticket().classification.priority;
        if self.reason.is_none() {
            let detail = format!("going from {from} to {to} loosens the promises: say why");
            return Err(Error::invalid("/reason", "required", detail));
        }
        let act = Act {
            id: work.desk.clock().new_id(),
            at: case.now(work),
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "ticket.loosen",
            target: Some(case.record.id.uuid()),
            detail: json!({ "from": from, "to": to }),
        };
        Ok(store::audit::append(&mut work.tx, &act).await?)
    }
}

/// What a person said of a field before; it survives every new run.
fn earlier<T: std::str::FromStr>(record: &TriageRecord, field: &str) -> Option<T> {
    let explained = record.fields.get(field)?;
    if explained.decided_by == DecidedBy::Human { explained.value.parse().ok() } else { None }
}

impl super::desk::Desk {
    /// What triage and matrix would say of a submission; nothing is kept.
    #[must_use]
    pub fn preview(
        &self,
        ticket: &crate::domain::intake::NewTicket,
        channel: crate::domain::vocabulary::Channel,
        now: jiff::Timestamp,
    ) -> Verdict {
        let rules = self.rules();
        Verdict::of(
            ticket,
            &crate::domain::opening::Surroundings {
                now,
                triage: &rules.triage,
                matrix: &rules.matrix,
                sla: &rules.sla,
                sla_version: &rules.sla_version,
                templates: &rules.templates,
                channel,
            },
        )
    }
}
