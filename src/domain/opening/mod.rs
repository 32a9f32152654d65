//! What becomes of a submission: triage, matrix and promises in one plan, made
//! without looking anywhere else.

mod explanation;
mod greeting;
mod ladders;
mod verdict;

use jiff::Timestamp;
use uuid::Uuid;

pub use explanation::triage_record;
pub use greeting::greeting;
pub use ladders::Rungs;
pub use verdict::{Verdict, acted_on, classification, question};

use super::escalation::{FIRST_LEVEL, MatrixEdition, Origin, Requirement, Route, addressees, note};
use super::id::{AgentId, EscalationId, EventId, EvidenceId, MessageId, TicketId};
use super::intake::NewTicket;
use super::sla::{Catalogue, Clocks, Facts, Policy};
use super::template::Templates;
use super::ticket::event::{PolicyRef, SaidField};
use super::ticket::hand_over::Making;
use super::ticket::life;
use super::ticket::record::{Escalation, Evidence, Message, Purpose, Record, Requester};
use super::ticket::{Actor, Assignment, Event, Fact, Ticket, is_spam, promise};
use super::triage::{Decision, Rules};
use super::vocabulary::{Author, Channel, DecidedBy, EvidenceKind, TicketType, Visibility};

/// What is known around a submission.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The instant it comes in.
    pub now: Timestamp,
    /// How it is triaged.
    pub triage: &'a Rules,
    /// Whom it goes to.
    pub matrix: &'a MatrixEdition,
    /// What is promised.
    pub sla: &'a Catalogue,
    /// Names the text that the shipped ones of `sla` were read from.
    pub sla_version: &'a str,
    /// How it climbs by itself.
    pub rungs: Rungs<'a>,
    /// What requesters are told.
    pub templates: &'a Templates,
    /// The way in if the submission does not say.
    pub channel: Channel,
}

/// Who and which; never decided here.
pub struct Identities<'a> {
    /// Who is helped.
    pub requester: Requester,
    /// The agent who opens it; none: its requester, or a machine, does.
    pub agent: Option<AgentId>,
    /// The ticket's number for people.
    pub number: i64,
    /// The ticket that it goes on from, if it does.
    pub follow_up_of: Option<TicketId>,
    /// That ticket was confidential, so this one is.
    pub restricted: bool,
    /// Makes identifiers, in order of time.
    pub next: &'a mut dyn FnMut() -> Uuid,
}

impl Identities<'_> {
    /// Who opens it: an agent who says so, else a machine what it reports,
    /// else the requester.
    fn opener(&self, verdict: &Verdict) -> Actor {
        match (self.agent, verdict.decision.ticket_type.value) {
            (Some(agent), _) => Actor::Agent(agent),
            // What goes on from another ticket, somebody wrote.
            (None, TicketType::Alert) if self.follow_up_of.is_none() => Actor::Automation,
            (None, _) => Actor::Requester(Some(self.requester.id)),
        }
    }
}

/// A ticket that is ready to be kept.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The ticket.
    pub record: Record,
    /// Its history so far.
    pub history: Vec<Event>,
    /// Its messages so far; the first is what it was opened with.
    pub messages: Vec<Message>,
    /// Its evidence so far.
    pub evidence: Vec<Evidence>,
    /// Its promises.
    pub clocks: Clocks,
    /// When the first step of its ladders is due.
    pub step_at: Option<Timestamp>,
}

impl Opened {
    /// Plans a ticket. `None` only if the plan contradicts itself, a defect.
    #[must_use]
    pub fn plan(ticket: &NewTicket, mut who: Identities<'_>, s: &Surroundings<'_>) -> Option<Self> {
        let verdict = Verdict::of(ticket, s);
        let id = TicketId::new((who.next)());
        let request = MessageId::new((who.next)());
        let channel = ticket.channel.unwrap_or(s.channel);
        let tags = tags(ticket, &verdict.decision);
        let policy = s.sla.policy_for(&facts(ticket, &tags, &verdict, channel));
        let actor = who.opener(&verdict);
        let mut fact = opening(&verdict, channel, request, policy, actor.agent().is_some(), s);
        if let Fact::Opened { follow_up_of, restricted, spam, .. } = &mut fact {
            *follow_up_of = who.follow_up_of;
            *restricted |= who.restricted;
            *spam = is_spam(&tags);
        }
        let first = event(1, (who.next)(), s.now, actor, fact);
        let mut plan =
            Plan { at: s.now, state: Ticket::replay(std::slice::from_ref(&first))?, history: vec![first] };
        let evidence = plan.evidence(ticket, id, actor, &mut who);
        let escalations = plan.escalation(&verdict, id, &evidence, &s.matrix.version, &mut who)?;
        let acknowledgement = plan.acknowledgement(&mut who);
        let by_machine = actor.author() == Author::Automation;
        let notes = acknowledgement
            .map_or_else(Vec::new, |message| plan.ask(&escalations, message, by_machine, &mut who));
        let policies = [policy.cloned().unwrap_or_else(Policy::none)];
        let clocks = promise::clocks(&policies, &plan.history, s.now)?;
        let climbing = plan.climb(s.rungs, (&tags, &escalations), clocks.clone(), who.next)?;
        let mut record = record(ticket, id, who, &verdict, plan.state, actor.author());
        (record.clocks, record.escalations) = (promise::stored(&clocks), escalations);
        record.plan = climbing.items;
        if acknowledgement.is_some() {
            let (scope, persona) = (verdict.question.scope, verdict.proposal.route.persona);
            let have: Vec<EvidenceKind> = evidence.iter().map(|item| item.kind).collect();
            record.message_to_requester = greeting(&record, scope, persona, &have, s.now, s.templates);
        }
        let message = |id, acting: Actor, purpose, body: &str| Message {
            id,
            ticket: record.id,
            visibility: Visibility::Public,
            author: acting.author(),
            purpose,
            agent: acting.agent(),
            agent_name: None,
            body: body.to_owned(),
            created_at: s.now,
            published_at: None,
        };
        let mut messages = vec![message(request, actor, Purpose::Request, &ticket.body)];
        messages.extend(acknowledgement.map(|id| {
            message(id, Actor::Automation, Purpose::Acknowledgement, &record.message_to_requester)
        }));
        messages.extend(notes.into_iter().map(|(id, text)| Message {
            visibility: Visibility::Internal,
            ..message(id, Actor::Automation, Purpose::Reply, &text)
        }));
        let step_at = climbing.next;
        Some(Self { record, history: plan.history, messages, evidence, clocks, step_at })
    }
}

/// The fact that opens a ticket.
fn opening(
    verdict: &Verdict,
    channel: Channel,
    message: MessageId,
    policy: Option<&Policy>,
    by_agent: bool,
    s: &Surroundings<'_>,
) -> Fact {
    Fact::Opened {
        channel,
        classification: verdict.classification(),
        assignment: Assignment {
            team: FIRST_LEVEL.to_owned(),
            agent: None,
            persona: verdict.proposal.persona,
        },
        restricted: verdict.proposal.restricted,
        message,
        policy: policy.map(|policy| PolicyRef {
            key: policy.key.clone(),
            version: i32::try_from(policy.version).unwrap_or(i32::MAX),
        }),
        sla_version: policy.map_or(s.sla_version, |policy| policy.text(s.sla_version)).to_owned(),
        by_agent,
        follow_up_of: None,
        said: said(&verdict.decision),
        spam: false,
    }
}

/// What somebody said of it themselves.
fn said(decision: &Decision) -> Vec<SaidField> {
    let by = [
        (SaidField::Category, decision.category.decided_by),
        (SaidField::Severity, decision.severity.decided_by),
        (SaidField::Impact, decision.impact.decided_by),
    ];
    by.into_iter().filter(|(_, by)| *by == DecidedBy::Human).map(|(field, _)| field).collect()
}

/// The ticket that a plan amounts to, before what is promised and said.
fn record(
    ticket: &NewTicket,
    id: TicketId,
    who: Identities<'_>,
    verdict: &Verdict,
    state: Ticket,
    opened_by: Author,
) -> Record {
    Record {
        id,
        number: who.number,
        subject: ticket.subject.clone(),
        requester: who.requester,
        service: ticket.service.clone(),
        external_ref: ticket.external_ref.clone(),
        dedup_key: ticket.dedup_key.clone(),
        tags: tags(ticket, &verdict.decision),
        custom: ticket.custom.clone(),
        language: verdict.decision.language.value.clone(),
        state,
        untold_repeats: 0,
        opened_by,
        agent_name: None,
        triage: triage_record(&verdict.decision),
        required_context: verdict.proposal.required_context.clone(),
        clocks: Vec::new(),
        escalations: Vec::new(),
        plan: Vec::new(),
        message_to_requester: String::new(),
        resolution: None,
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

    /// The answer that every new ticket gets at once; what is no request gets none,
    /// since an answer only tells its sender that somebody reads here.
    fn acknowledgement(&mut self, who: &mut Identities<'_>) -> Option<MessageId> {
        if self.state.spam {
            return None;
        }
        let message = MessageId::new((who.next)());
        let (visibility, author) = (Visibility::Public, Author::Automation);
        self.add(Actor::Automation, (who.next)(), Fact::MessageAdded { message, visibility, author });
        Some(message)
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
        matrix: &str,
        who: &mut Identities<'_>,
    ) -> Option<Vec<Escalation>> {
        if !verdict.proposal.automatic || self.state.spam {
            return Some(Vec::new());
        }
        let route = &verdict.proposal.route;
        let have: Vec<EvidenceKind> = evidence.iter().map(|item| item.kind).collect();
        let id = EscalationId::new((who.next)());
        let escalation = automatic_escalation(id, ticket, route, matrix, &have, self.at);
        for fact in life::escalate(&self.state, escalation.hand_over(route.restricted)).ok()? {
            self.add(Actor::Automation, (who.next)(), fact);
        }
        Some(vec![escalation])
    }
}

impl Plan {
    /// What an incomplete hand-over needs: the answer to the requester has asked
    /// for what they may know, and a note tells the desk the rest.
    fn ask(
        &mut self,
        escalations: &[Escalation],
        acknowledgement: MessageId,
        by_machine: bool,
        who: &mut Identities<'_>,
    ) -> Vec<(MessageId, String)> {
        let mut notes = Vec::new();
        for Escalation { id, persona, missing_context, .. } in escalations {
            let (theirs, ours) = addressees(missing_context, by_machine);
            if !theirs.is_empty() {
                let (escalation, message) = (*id, acknowledgement);
                let wanted = Fact::EscalationContextWanted { escalation, message, wanted: theirs };
                self.add(Actor::Automation, (who.next)(), wanted);
            }
            if !ours.is_empty() {
                let (escalation, message) = (*id, MessageId::new((who.next)()));
                let (visibility, author) = (Visibility::Internal, Author::Automation);
                notes.push((message, note(*persona, &ours)));
                self.add(Actor::Automation, (who.next)(), Fact::MessageAdded { message, visibility, author });
                let wanted = Fact::EscalationContextWanted { escalation, message, wanted: ours };
                self.add(Actor::Automation, (who.next)(), wanted);
            }
        }
        notes
    }
}

/// The hand-over that the desk makes by itself along a route of the matrix,
/// complete or not.
#[must_use]
pub fn automatic_escalation(
    id: EscalationId,
    ticket: TicketId,
    route: &Route,
    matrix: &str,
    have: &[EvidenceKind],
    at: Timestamp,
) -> Escalation {
    let making = Making {
        id,
        ticket,
        origin: Origin::Matrix,
        reason: &route.reasons.join(" "),
        requested_by: None,
        follows: None,
        matrix,
        have,
        at,
    };
    Escalation::made(&Requirement::from(route), &making)
}

fn event(seq: i64, id: Uuid, at: Timestamp, actor: Actor, fact: Fact) -> Event {
    Event { seq, id: EventId::new(id), at, actor, fact, reason: None }
}

fn facts<'a>(ticket: &'a NewTicket, tags: &'a [String], verdict: &Verdict, channel: Channel) -> Facts<'a> {
    Facts {
        category: verdict.decision.category.value,
        priority: verdict.decision.priority,
        channel,
        ticket_type: verdict.decision.ticket_type.value,
        service: ticket.service.as_deref(),
        tags,
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
