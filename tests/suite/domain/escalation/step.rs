//! Random acts on a hand-over: what is done is what the life allows.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::escalation::{
    EscalationKind, EscalationState, Matrix, Origin, Question, addressees, advance,
};
use support_engineer::domain::id::{EscalationId, EventId, EvidenceId, MessageId, TicketId};
use support_engineer::domain::ticket::hand_over::{Making, next_expiry, replay};
use support_engineer::domain::ticket::life::{self, Step};
use support_engineer::domain::ticket::record::Escalation;
use support_engineer::domain::ticket::{Actor, Assignment, Classification, Event, Fact, Ticket};
use support_engineer::domain::vocabulary::{
    Category, Channel, EvidenceKind, Impact, Persona, Priority, Scope, Severity, TicketType,
};
use uuid::Uuid;

use super::matrix::SHIPPED;

const START: Timestamp = Timestamp::UNIX_EPOCH;

/// A ticket with one hand-over, and its history.
struct Life {
    history: Vec<Event>,
    ticket: Ticket,
    escalation: Escalation,
    now: Timestamp,
}

fn event(seq: i64, at: Timestamp, fact: Fact) -> Event {
    let (id, actor) = (EventId::new(Uuid::nil()), Actor::Automation);
    Event { seq, id, at, actor, fact, reason: None }
}

impl Life {
    fn begin(persona: Persona, origin: Origin) -> Self {
        let classification = Classification {
            category: Category::TechnicalBug,
            severity: Severity::Medium,
            impact: Impact::Team,
            priority: Priority::P3,
            ticket_type: TicketType::Incident,
            scope: Scope::InScope,
            needs_review: false,
        };
        let opened = Fact::Opened {
            channel: Channel::Api,
            classification,
            assignment: Assignment { team: "first_level".to_owned(), agent: None, persona: None },
            restricted: false,
            message: MessageId::new(Uuid::nil()),
            policy: None,
            sla_version: String::new(),
            by_agent: false,
            follow_up_of: None,
            said: Vec::new(),
            spam: false,
        };
        let history = vec![event(1, START, opened)];
        let ticket = Ticket::replay(&history).expect("an opening");
        let matrix = Matrix::parse(SHIPPED).expect("the shipped matrix");
        let making = Making {
            id: EscalationId::new(Uuid::from_u128(7)),
            ticket: TicketId::new(Uuid::nil()),
            origin,
            reason: "So.",
            requested_by: None,
            follows: None,
            matrix: "shipped-0",
            have: &[],
            at: START,
        };
        let requirement = matrix.requirement(persona, &Question::about(Category::TechnicalBug));
        let escalation = Escalation::made(&requirement, &making);
        let mut made = Self { history, ticket, escalation: escalation.clone(), now: START };
        let mut asked = escalation.hand_over(false);
        asked.missing_context = if origin == Origin::Person { Vec::new() } else { asked.missing_context };
        made.escalation.missing_context.clone_from(&asked.missing_context);
        for fact in life::escalate(&made.ticket, asked).expect("a ticket that is new") {
            made.happen(START, fact);
        }
        made
    }

    fn happen(&mut self, at: Timestamp, fact: Fact) {
        let event = event(self.ticket.version + 1, at, fact);
        self.ticket.apply(&event);
        self.escalation.apply(&event);
        self.history.push(event);
    }

    /// Lets end what has ended.
    fn expire(&mut self) {
        for (at, fact) in life::expire(&self.ticket, std::slice::from_ref(&self.escalation), self.now) {
            assert!(at <= self.now);
            self.happen(at, fact);
        }
    }
}

/// Something that happens to it.
#[derive(Debug, Clone)]
enum Act {
    Step(Step),
    Evidence(EvidenceKind),
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let kinds = || prop::sample::subsequence(EvidenceKind::ALL, 1..4);
    let minute = SignedDuration::from_mins(1);
    let step = prop_oneof![
        Just(Step::Acknowledge { until: None }),
        (1_i32..9000).prop_map(move |m| Step::Acknowledge { until: Some(START + minute * m) }),
        Just(Step::Start),
        kinds().prop_map(|missing| Step::Return { missing }),
        Just(Step::Decline { followed_by: None }),
        Just(Step::Answer),
        Just(Step::Close),
    ];
    let act = prop_oneof![
        5 => step.prop_map(Act::Step),
        3 => prop::sample::select(EvidenceKind::ALL).prop_map(Act::Evidence),
        2 => (1_i64..600).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..40)
}

proptest! {
    #[test]
    fn every_act_does_what_the_life_allows(acts in acts(), automatic in any::<bool>()) {
        let origin = if automatic { Origin::Matrix } else { Origin::Person };
        let mut life = Life::begin(Persona::Developer, origin);
        for act in acts {
            life.expire();
            let before = life.escalation.clone();
            match act {
                Act::Wait(minutes) => life.now += SignedDuration::from_mins(minutes),
                Act::Step(step) => {
                    let again = before.acknowledgement_ends().is_some() && step.to() == before.state;
                    let legal = again || advance(before.state, step.to()).is_ok();
                    let past = matches!(&step, Step::Acknowledge { until: Some(at) } if *at <= life.now);
                    let done = life::step(&life.ticket, &before, &step, life.now);
                    prop_assert_eq!(done.is_ok(), legal && !past, "{:?} of {:?}", step, before.state);
                    if let Ok(fact) = done {
                        life.happen(life.now, fact);
                        prop_assert_eq!(life.escalation.state, step.to());
                    }
                }
                Act::Evidence(kind) => {
                    let item = (EvidenceId::new(Uuid::nil()), kind);
                    let all = std::slice::from_ref(&before);
                    let facts = life::add_evidence(&life.ticket, &[item], all, life.now).expect("not closed");
                    for fact in facts {
                        life.happen(life.now, fact);
                    }
                    let mut left = before.missing_context.clone();
                    if before.state.is_open() {
                        left.retain(|missing| *missing != kind);
                    }
                    prop_assert_eq!(&life.escalation.missing_context, &left);
                    let goes_on = before.state == EscalationState::Returned
                        && left.is_empty() && !before.missing_context.is_empty();
                    let after = if goes_on { EscalationState::Requested } else { before.state };
                    prop_assert_eq!(life.escalation.state, after);
                }
            }
            let now = &life.escalation;
            prop_assert_eq!(now.acknowledged.is_none(), match now.state {
                EscalationState::Requested => true,
                EscalationState::Acknowledged | EscalationState::InProgress | EscalationState::Answered => false,
                _ => now.acknowledged.is_none(),
            });
            prop_assert_eq!(now.acknowledgement_ends(), next_expiry(std::slice::from_ref(now)));
        }
        let mut told = replay(TicketId::new(Uuid::nil()), &life.history).pop().expect("it was begun");
        prop_assert_eq!(told.version, life.escalation.version);
        // What the matrix and people say is not in a history.
        told.reason.clone_from(&life.escalation.reason);
        told.fallback = life.escalation.fallback;
        told.required_context.clone_from(&life.escalation.required_context);
        prop_assert_eq!(told, life.escalation);
    }

    #[test]
    fn what_is_missing_has_one_addressee_each(
        missing in prop::sample::subsequence(EvidenceKind::ALL, 0..14), machine in any::<bool>()
    ) {
        let (theirs, ours) = addressees(&missing, machine);
        prop_assert!(!machine || theirs.is_empty());
        prop_assert!(!theirs.contains(&EvidenceKind::SystemMetrics));
        let mut all = [theirs, ours].concat();
        all.sort_unstable();
        prop_assert_eq!(all, missing);
    }
}

#[test]
fn what_nobody_took_is_passed_on_unless_that_is_moot() {
    let mut life = Life::begin(Persona::Developer, Origin::Matrix);
    let next = EscalationId::new(Uuid::from_u128(8));
    let passed = life::pass_on(&life.ticket, &life.escalation, next).expect("nobody took it");
    assert!(matches!(passed, Fact::EscalationAdvanced { followed_by: Some(id), .. } if id == next));
    let step = Step::Acknowledge { until: None };
    let fact = life::step(&life.ticket, &life.escalation, &step, START).expect("legal");
    life.happen(START, fact);
    assert_eq!(life::pass_on(&life.ticket, &life.escalation, next), None, "somebody took it");
}

#[test]
fn a_chain_of_refusals_ends_with_people() {
    for origin in [Origin::Fallback, Origin::Ladder, Origin::Handoff] {
        assert_eq!(Life::begin(Persona::Devops, origin).escalation.fallback, Some(Persona::HumanSupport));
        assert_eq!(Life::begin(Persona::HumanSupport, origin).escalation.fallback, None);
    }
    let up = Life::begin(Persona::HumanSupport, Origin::Ladder);
    assert_eq!(up.escalation.kind, EscalationKind::Hierarchical);
    assert_eq!(up.ticket.escalations, 0, "upwards is no functional escalation");
    assert_eq!(Life::begin(Persona::HumanSupport, Origin::Fallback).ticket.escalations, 1);
}
