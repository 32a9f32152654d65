//! Triage again: by a person, or by the rules once more.

use super::case::{Case, actor};
use super::desk::Desk;
use super::error::Error;
use super::escalate::make;
use super::execution::{UseCase, Work};
use super::life::Target;
use crate::domain::edit::Said;
use crate::domain::escalation::ladder::{Directory, Policies};
use crate::domain::escalation::{Proposal, Question, Route};
use crate::domain::id::{EscalationId, TenantId};
use crate::domain::intake::NewTicket;
use crate::domain::opening::{
    Surroundings, Verdict, automatic_escalation, classification, question, triage_record,
};
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Escalation, Record};
use crate::domain::triage::{Decision, Submission};
use crate::domain::vocabulary::{Channel, DecidedBy};
use crate::store;

/// A new look at a ticket's triage.
#[derive(Debug, Clone)]
pub struct Retriage {
    /// Of what.
    pub target: Target,
    /// What a person says of it; nothing: the rules run again.
    pub said: Said,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for Retriage {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = Case::load(work, self.target.ticket, self.target.expected.as_deref()).await?;
        let before = case.promised(work).await?;
        let reason = self.reason.as_deref();
        let look = classify(work, &mut case, &self.said, reason).await?;
        case.match_policy(work, &before).await?;
        case.justify(work, &before, self.said.is_something(), reason).await?;
        hand_over_at_once(work, &mut case, &look).await?;
        case.save(work).await
    }
}

/// What the matrix was asked of a ticket, and what it said.
pub(super) struct Look {
    pub(super) question: Question,
    pub(super) proposal: Proposal,
}

/// Asks the matrix about a ticket as it is classified.
pub(super) async fn look(work: &mut Work<'_>, case: &Case) -> Result<Look, Error> {
    let decision = decide(work, case, &Said::NOTHING).await?;
    let class = case.ticket().classification;
    // Only the rules know whether it is turned away and whose it is then; for the
    // rest they may have changed since.
    let question = Question {
        category: class.category,
        severity: class.severity,
        priority: class.priority,
        ticket_type: class.ticket_type,
        ..question(&decision, case.ticket().channel)
    };
    let proposal = work.desk.matrix(work.tx.read()).await?.matrix.propose(&question);
    Ok(Look { question, proposal })
}

/// Classifies a ticket anew, as the rules and people say. The policy that fits
/// has to be matched right after it, because clocks take the two for one change.
pub(super) async fn classify(
    work: &mut Work<'_>,
    case: &mut Case,
    said: &Said,
    reason: Option<&str>,
) -> Result<Look, Error> {
    let decision = decide(work, case, said).await?;
    let question = question(&decision, case.ticket().channel);
    let proposal = work.desk.matrix(work.tx.read()).await?.matrix.propose(&question);
    // Whoever has it keeps it: a new category does not take it back.
    let escalated = !case.record.escalations.is_empty();
    let persona = if escalated { case.ticket().persona } else { proposal.persona };
    let by = if said.decides() { DecidedBy::Human } else { DecidedBy::Rule };
    let restricted = proposal.restricted;
    let facts = life::retriage(case.ticket(), classification(&decision), by, persona, restricted)?;
    case.record.triage = triage_record(&decision);
    if !escalated {
        case.record.required_context.clone_from(&proposal.required_context);
    }
    case.record(work, actor(work), reason, facts);
    Ok(Look { question, proposal })
}

/// A threat that is recognised only now goes where it would have gone at once.
pub(super) async fn hand_over_at_once(
    work: &mut Work<'_>,
    case: &mut Case,
    Look { proposal, .. }: &Look,
) -> Result<(), Error> {
    let route = &proposal.route;
    let open = |e: &Escalation| e.persona == route.persona && e.state.is_open();
    let wanted = proposal.restricted && !case.ticket().spam && case.ticket().is_unresolved();
    if !wanted || case.record.escalations.iter().any(open) {
        return Ok(());
    }
    match automatic(work, case, route).await? {
        Some(escalation) => make(work, case, escalation, route.restricted).await,
        None => Ok(()),
    }
}

/// The hand-over along a route that the desk makes by itself, if it makes one.
pub(super) async fn automatic(
    work: &mut Work<'_>,
    case: &Case,
    route: &Route,
) -> Result<Option<Escalation>, Error> {
    if !route.automatic {
        return Ok(None);
    }
    let have = store::evidence::kinds(work.tx.read(), case.record.id).await?;
    let id = EscalationId::new(work.desk.clock().new_id());
    let edition = work.desk.matrix(work.tx.read()).await?;
    let at = case.now(work);
    Ok(Some(automatic_escalation(id, case.record.id, route, &edition.version, &have, at)))
}

/// The rules' decision on the ticket as it was submitted, under what
/// people have said of it before and say now.
async fn decide(work: &mut Work<'_>, case: &Case, said: &Said) -> Result<Decision, Error> {
    let record = &case.record;
    let first = store::message::list(work.tx.read(), record.id, None, 1).await?;
    let body = first.first().map(|message| message.body.as_str()).unwrap_or_default();
    let evidence = store::evidence::list(work.tx.read(), record.id, None, 100).await?;
    let before = &record.triage;
    let mut decision = work.desk.rules().triage.decide(&Submission {
        subject: &record.subject,
        body,
        channel: record.state.channel,
        ticket_type: said.ticket_type.apply(before.by_human("type")),
        service: record.service.as_deref(),
        tags: &record.tags,
        evidence: evidence.iter().map(|item| (item.kind, item.text.as_str())).collect(),
        category: said.category.apply(before.by_human("category")),
        severity: said.severity.apply(before.by_human("severity")),
        impact: said.impact.apply(before.by_human("impact")),
    });
    if let Some(scope) = said.scope.apply(before.by_human("scope")) {
        decision.overrule_scope(scope);
    }
    Ok(decision)
}

impl Desk {
    /// What triage and the tenant's matrix would say of a submission; nothing is
    /// kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn preview(
        &self,
        tenant: TenantId,
        ticket: &NewTicket,
        channel: Channel,
    ) -> Result<Verdict, Error> {
        let now = self.now().await?;
        let matrix = self.matrix_of(tenant, None).await?;
        let rules = self.rules();
        Ok(Verdict::of(
            ticket,
            &Surroundings {
                now,
                triage: &rules.triage,
                matrix: &matrix,
                sla: &rules.sla,
                sla_version: &rules.sla_version,
                rungs: crate::domain::opening::Rungs {
                    policies: &Policies::default(),
                    directory: &Directory::default(),
                },
                templates: &rules.templates,
                channel,
            },
        ))
    }
}
