//! What becomes of a submission: triage, matrix and promises in one plan, made
//! without looking anywhere else.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::escalation::{EscalationKind, EscalationState, Matrix, Origin, Proposal, Question, missing};
use super::id::{EscalationId, EventId, EvidenceId, MessageId, TicketId};
use super::intake::NewTicket;
use super::sla::{Catalogue, Facts, Metric};
use super::template::{MessageKind, Placeholder, Templates, Values};
use super::ticket::event::PolicyRef;
use super::ticket::life::{self, HandOver};
use super::ticket::record::{
    Escalation, Evidence, Explained, Message, Purpose, Record, Requester, TriageRecord,
};
use super::ticket::{Actor, Assignment, Classification, Event, Fact, Ticket, promise};
use super::triage::{Decision, Field, Rules, Submission};
use super::vocabulary::{Author, Channel, DecidedBy, EvidenceKind, Scope, TicketType, Visibility};

/// What is known around a submission.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The instant it comes in.
    pub now: Timestamp,
    /// How it is triaged.
    pub triage: &'a Rules,
    /// Whom it goes to.
    pub matrix: &'a Matrix,
    /// What is promised.
    pub sla: &'a Catalogue,
    /// Names the text that `sla` was read from.
    pub sla_version: &'a str,
    /// What requesters are told.
    pub templates: &'a Templates,
    /// The way in if the submission does not say.
    pub channel: Channel,
}

/// Who and which; never decided here.
pub struct Identities<'a> {
    /// Who is helped.
    pub requester: Requester,
    /// The ticket's number for people.
    pub number: i64,
    /// Makes identifiers, in order of time.
    pub next: &'a mut dyn FnMut() -> Uuid,
}

/// A ticket that is ready to be kept.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The ticket.
    pub record: Record,
    /// Its history so far.
    pub history: Vec<Event>,
    /// Its messages so far; the first is what the requester wrote.
    pub messages: Vec<Message>,
    /// Its evidence so far.
    pub evidence: Vec<Evidence>,
}

/// What triage and matrix say of a submission.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What triage decided.
    pub decision: Decision,
    /// Where the matrix would send it.
    pub proposal: Proposal,
    /// The question that the matrix was asked.
    pub question: Question,
}

impl Verdict {
    /// Asks the rules.
    #[must_use]
    pub fn of(ticket: &NewTicket, s: &Surroundings<'_>) -> Self {
        let channel = ticket.channel.unwrap_or(s.channel);
        let decision = s.triage.decide(&Submission {
            subject: &ticket.subject,
            body: &ticket.body,
            channel,
            ticket_type: ticket.ticket_type,
            service: ticket.service.as_deref(),
            tags: &ticket.tags,
            evidence: ticket.evidence.iter().map(|item| (item.kind, item.text.as_str())).collect(),
            category: ticket.category,
            severity: ticket.severity,
            impact: ticket.impact,
        });
        let question = question(&decision, channel);
        Self { proposal: s.matrix.propose(&question), decision, question }
    }

    /// The classification that follows.
    #[must_use]
    pub const fn classification(&self) -> Classification {
        classification(&self.decision)
    }
}

/// The classification that a decision amounts to.
#[must_use]
pub const fn classification(decision: &Decision) -> Classification {
    Classification {
        category: decision.category.value,
        severity: decision.severity.value,
        impact: decision.impact.value,
        priority: decision.priority,
        ticket_type: decision.ticket_type.value,
        scope: decision.scope.value,
        needs_review: decision.needs_review,
    }
}

/// The scope that is acted on: a ticket is turned away only where triage is
/// sure; a doubtful one stays with the desk, for review.
#[must_use]
pub const fn acted_on(decision: &Decision) -> Scope {
    if decision.refusal { decision.scope.value } else { Scope::InScope }
}

/// What the matrix is asked about a decision.
#[must_use]
pub const fn question(decision: &Decision, channel: Channel) -> Question {
    Question {
        category: decision.category.value,
        scope: acted_on(decision),
        out_of_scope_persona: decision.scope.persona,
        severity: decision.severity.value,
        priority: decision.priority,
        channel,
        ticket_type: decision.ticket_type.value,
        situation: None,
    }
}

impl Opened {
    /// Plans a ticket. `None` only if the plan contradicts itself, a defect.
    #[must_use]
    pub fn plan(ticket: &NewTicket, mut who: Identities<'_>, s: &Surroundings<'_>) -> Option<Self> {
        let verdict = Verdict::of(ticket, s);
        let id = TicketId::new((who.next)());
        let channel = ticket.channel.unwrap_or(s.channel);
        let policy = s.sla.policy_for(&facts(ticket, &verdict, channel));
        let request = MessageId::new((who.next)());
        let opened = Fact::Opened {
            channel,
            classification: verdict.classification(),
            assignment: Assignment {
                team: super::escalation::FIRST_LEVEL.to_owned(),
                agent: None,
                persona: verdict.proposal.persona,
            },
            restricted: verdict.proposal.restricted,
            message: request,
            policy: policy.map(|policy| PolicyRef {
                key: policy.key.clone(),
                version: i32::try_from(policy.version).unwrap_or(i32::MAX),
            }),
            sla_version: s.sla_version.to_owned(),
            by_agent: false,
        };
        let actor = match verdict.decision.ticket_type.value {
            TicketType::Alert => Actor::Automation,
            _ => Actor::Requester(Some(who.requester.id)),
        };
        let first = event(1, (who.next)(), s.now, actor, opened);
        let mut plan =
            Plan { at: s.now, state: Ticket::replay(std::slice::from_ref(&first))?, history: vec![first] };
        let evidence = plan.evidence(ticket, id, actor, &mut who);
        let escalations = plan.escalation(&verdict, id, &evidence, &mut who)?;
        let clocks = match policy {
            Some(policy) => promise::stored(&promise::clocks(policy, &plan.history, s.now)?),
            None => Vec::new(),
        };
        let mut record = Record {
            id,
            number: who.number,
            subject: ticket.subject.clone(),
            requester: who.requester.clone(),
            service: ticket.service.clone(),
            external_ref: ticket.external_ref.clone(),
            dedup_key: ticket.dedup_key.clone(),
            tags: tags(ticket, &verdict.decision),
            custom: ticket.custom.clone(),
            language: verdict.decision.language.value.clone(),
            state: plan.state.clone(),
            agent_name: None,
            triage: triage_record(&verdict.decision),
            required_context: verdict.proposal.required_context.clone(),
            clocks,
            escalations,
            message_to_requester: String::new(),
            resolution: None,
        };
        record.message_to_requester = greeting(&record, &verdict, &evidence, s);
        let acknowledgement = MessageId::new((who.next)());
        plan.add(
            Actor::Automation,
            (who.next)(),
            Fact::MessageAdded {
                message: acknowledgement,
                visibility: Visibility::Public,
                author: Author::Automation,
            },
        );
        record.state = plan.state;
        let message = |id, author, purpose, body: &str| Message {
            id,
            ticket: record.id,
            visibility: Visibility::Public,
            author,
            purpose,
            agent: None,
            agent_name: None,
            body: body.to_owned(),
            created_at: s.now,
        };
        let messages = vec![
            message(request, actor.author(), Purpose::Request, &ticket.body),
            message(
                acknowledgement,
                Author::Automation,
                Purpose::Acknowledgement,
                &record.message_to_requester,
            ),
        ];
        Some(Self { record, history: plan.history, messages, evidence })
    }
}

/// A history while it is being planned.
struct Plan {
    at: Timestamp,
    state: Ticket,
    history: Vec<Event>,
}

impl Plan {
    fn add(&mut self, actor: Actor, id: Uuid, fact: Fact) {
        let event = event(self.state.version + 1, id, self.at, actor, fact);
        self.state.apply(&event);
        self.history.push(event);
    }

    fn evidence(
        &mut self,
        ticket: &NewTicket,
        id: TicketId,
        actor: Actor,
        who: &mut Identities<'_>,
    ) -> Vec<Evidence> {
        let items: Vec<Evidence> = ticket
            .evidence
            .iter()
            .map(|item| Evidence {
                id: EvidenceId::new((who.next)()),
                ticket: id,
                kind: item.kind,
                text: item.text.clone(),
                author: actor.author(),
                created_at: self.at,
            })
            .collect();
        for item in &items {
            self.add(
                actor,
                (who.next)(),
                Fact::EvidenceAdded { evidence: item.id, evidence_kind: item.kind },
            );
        }
        items
    }

    /// The hand-over that the matrix makes by itself, if it makes one.
    fn escalation(
        &mut self,
        verdict: &Verdict,
        ticket: TicketId,
        evidence: &[Evidence],
        who: &mut Identities<'_>,
    ) -> Option<Vec<Escalation>> {
        if !verdict.proposal.automatic {
            return Some(Vec::new());
        }
        let route = &verdict.proposal.route;
        let have: Vec<EvidenceKind> = evidence.iter().map(|item| item.kind).collect();
        let escalation = Escalation {
            id: EscalationId::new((who.next)()),
            ticket,
            kind: EscalationKind::of(route.persona, Origin::Matrix),
            persona: route.persona,
            team: route.team.clone(),
            state: EscalationState::Requested,
            rule: route.rule.clone(),
            automatic: true,
            reason: route.reasons.join(" "),
            required_context: route.required_context.clone(),
            missing_context: missing(&route.required_context, &have),
            fallback: Some(route.fallback),
            requested_by: None,
            requested_at: self.at,
            acknowledge_by: self
                .at
                .checked_add(SignedDuration::from_secs(route.acknowledge_within_seconds))
                .unwrap_or(Timestamp::MAX),
            updated_at: self.at,
        };
        for fact in life::escalate(&self.state, hand_over(&escalation)).ok()? {
            self.add(Actor::Automation, (who.next)(), fact);
        }
        Some(vec![escalation])
    }
}

/// The fact that a hand-over amounts to.
#[must_use]
pub fn hand_over(escalation: &Escalation) -> HandOver {
    HandOver {
        escalation: escalation.id,
        persona: escalation.persona,
        team: escalation.team.clone(),
        rule: escalation.rule.clone(),
        automatic: escalation.automatic,
        missing_context: escalation.missing_context.clone(),
    }
}

fn event(seq: i64, id: Uuid, at: Timestamp, actor: Actor, fact: Fact) -> Event {
    Event { seq, id: EventId::new(id), at, actor, fact, reason: None }
}

fn facts<'a>(ticket: &'a NewTicket, verdict: &Verdict, channel: Channel) -> Facts<'a> {
    Facts {
        category: verdict.decision.category.value,
        priority: verdict.decision.priority,
        channel,
        ticket_type: verdict.decision.ticket_type.value,
        service: ticket.service.as_deref(),
        tags: &ticket.tags,
    }
}

/// The tags that came with it, then those that the rules add.
fn tags(ticket: &NewTicket, decision: &Decision) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in ticket.tags.iter().chain(&decision.tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags
}

/// The record of a decision, field by field.
#[must_use]
pub fn triage_record(decision: &Decision) -> TriageRecord {
    let priority = Explained {
        value: decision.priority.to_string(),
        confidence: decision.severity.confidence.min(decision.impact.confidence),
        decided_by: DecidedBy::Rule,
        reasons: vec![format!(
            "The priority matrix gives {} for severity {} and impact {}.",
            decision.priority, decision.severity.value, decision.impact.value
        )],
    };
    let scope = Explained {
        value: decision.scope.value.to_string(),
        confidence: decision.scope.confidence,
        decided_by: decision.scope.decided_by,
        reasons: decision.scope.reasons.clone(),
    };
    let fields = BTreeMap::from([
        ("category".to_owned(), explained(&decision.category)),
        ("severity".to_owned(), explained(&decision.severity)),
        ("impact".to_owned(), explained(&decision.impact)),
        ("type".to_owned(), explained(&decision.ticket_type)),
        ("language".to_owned(), explained(&decision.language)),
        ("priority".to_owned(), priority),
        ("scope".to_owned(), scope),
    ]);
    TriageRecord {
        fields,
        scope: decision.scope.value,
        needs_review: decision.needs_review,
        version: decision.rules_version.clone(),
    }
}

fn explained<T: ToString>(field: &Field<T>) -> Explained {
    Explained {
        value: field.value.to_string(),
        confidence: field.confidence,
        decided_by: field.decided_by,
        reasons: field.reasons.clone(),
    }
}

/// What the requester is told at once.
fn greeting(record: &Record, verdict: &Verdict, evidence: &[Evidence], s: &Surroundings<'_>) -> String {
    let class = record.state.classification;
    let words = s.templates.words(&record.language);
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
    s.templates.render(kind, &record.language, &values)
}
