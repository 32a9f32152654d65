//! Ticket life: what may follow what, and state as a fold over history.

mod succession;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use support_engineer::domain::change::Change;
use support_engineer::domain::id::{AgentId, EventId, MessageId};
use support_engineer::domain::ticket::life::{self, REOPEN_WINDOW};
use support_engineer::domain::ticket::{Actor, Assignment, Classification, Event, Fact, Refusal, Ticket};
use support_engineer::domain::vocabulary::{
    Author, Category, Channel, Impact, Priority, Resolution, Scope, Severity, Status, TicketType, Visibility,
};
use uuid::Uuid;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn message() -> MessageId {
    MessageId::new(Uuid::nil())
}

fn opened() -> Vec<Event> {
    vec![Event {
        seq: 1,
        id: EventId::new(Uuid::nil()),
        at: START,
        actor: Actor::Requester(None),
        fact: Fact::Opened {
            channel: Channel::Api,
            classification: Classification {
                category: Category::Other,
                severity: Severity::Medium,
                impact: Impact::Individual,
                priority: Priority::P4,
                ticket_type: TicketType::Incident,
                scope: Scope::InScope,
                needs_review: false,
            },
            assignment: Assignment { team: "first_level".to_owned(), agent: None, persona: None },
            restricted: false,
            message: message(),
            policy: None,
            sla_version: "v".to_owned(),
            by_agent: false,
            follow_up_of: None,
            said: Vec::new(),
            spam: false,
        },
        reason: None,
    }]
}

fn after(history: &mut Vec<Event>, at: Timestamp, facts: Vec<Fact>) -> Ticket {
    for fact in facts {
        let seq = i64::try_from(history.len()).expect("a short history") + 1;
        let actor = Actor::Automation;
        history.push(Event { seq, id: EventId::new(Uuid::nil()), at, actor, fact, reason: None });
    }
    Ticket::replay(history).expect("it begins with the opening")
}

/// A ticket in a state, by the shortest road there.
fn ticket(status: Status) -> (Vec<Event>, Ticket) {
    let mut history = opened();
    let fresh = after(&mut history, START, vec![]);
    let resolve = |ticket: &Ticket| {
        life::resolve(ticket, Resolution::Fixed, message(), Author::Agent, &[], START)
            .expect("an unresolved ticket")
    };
    let ticket = match status {
        Status::New => fresh,
        Status::Resolved => after(&mut history, START, resolve(&fresh)),
        Status::Closed => {
            let resolved = after(&mut history, START, resolve(&fresh));
            after(&mut history, START, life::close(&resolved, START).expect("a resolved ticket"))
        }
        other => after(&mut history, START, life::transition(&fresh, other, START).expect("legal from new")),
    };
    assert_eq!(ticket.status, status);
    (history, ticket)
}

#[test]
fn the_table_of_legal_transitions_is_the_domains() {
    use Status::{Closed, New, OnHold, Open, Pending, Resolved};
    let legal = [
        (New, vec![Open, Pending, OnHold, Resolved]),
        (Open, vec![Pending, OnHold, Resolved]),
        (Pending, vec![Open, OnHold, Resolved]),
        (OnHold, vec![Open, Pending, Resolved]),
        (Resolved, vec![Open, Closed]),
        (Closed, vec![]),
    ];
    for (from, allowed) in legal {
        assert_eq!(life::allowed(from), allowed, "from {from}");
        let (_, ticket) = ticket(from);
        for to in Status::ALL {
            match life::transition(&ticket, *to, START) {
                Ok(_) => assert!(allowed.contains(to), "{from} to {to} must be refused"),
                // Resolving by a bare change of state lacks what a resolution needs.
                Err(Refusal::Invalid(missing)) => {
                    assert_eq!((*to, allowed.contains(to)), (Resolved, true));
                    assert_eq!(missing.len(), 3);
                }
                Err(Refusal::IllegalTransition { allowed: listed, .. }) => {
                    assert!(!allowed.contains(to), "{from} to {to} must be allowed");
                    assert_eq!(listed, allowed);
                }
                Err(other) => panic!("{from} to {to}: {other:?}"),
            }
        }
    }
}

#[test]
fn the_reopen_window_ends_after_seven_days_exactly() {
    let (_, resolved) = ticket(Status::Resolved);
    let end = START.checked_add(REOPEN_WINDOW).expect("in range");
    assert_eq!(REOPEN_WINDOW, SignedDuration::from_hours(168));
    assert_eq!(life::reopen(&resolved, end), Ok(vec![Fact::Reopened]));
    let late = end.checked_add(SignedDuration::from_micros(1)).expect("in range");
    assert_eq!(
        life::reopen(&resolved, late),
        Err(Refusal::IllegalTransition {
            from: Status::Resolved,
            to: Status::Open,
            allowed: vec![Status::Closed]
        })
    );
}

#[test]
fn what_moves_a_ticket_by_itself() {
    use Author::{Agent, Automation, Requester};
    use Visibility::{Internal, Public};
    let say = |status: Status, author, visibility| {
        let (mut history, before) = ticket(status);
        let facts = life::message(&before, message(), author, visibility, None, START).expect("not closed");
        after(&mut history, START, facts).status
    };
    assert_eq!(say(Status::New, Agent, Public), Status::Open);
    assert_eq!(say(Status::New, Agent, Internal), Status::New);
    assert_eq!(say(Status::New, Automation, Public), Status::New);
    assert_eq!(say(Status::New, Requester, Public), Status::New);
    assert_eq!(say(Status::Pending, Requester, Public), Status::Open);
    assert_eq!(say(Status::Pending, Agent, Public), Status::Pending);
    assert_eq!(say(Status::OnHold, Requester, Public), Status::OnHold);
    assert_eq!(say(Status::Resolved, Requester, Public), Status::Open);
    assert_eq!(say(Status::Resolved, Agent, Public), Status::Resolved);
}

#[test]
fn assignment_to_a_person_begins_the_work_and_to_a_team_does_not() {
    let (mut history, fresh) = ticket(Status::New);
    let team = life::assign(&fresh, Some("devops".to_owned()), Change::Keep).expect("legal");
    let queued = after(&mut history, START, team);
    assert_eq!((queued.status, queued.team.as_str()), (Status::New, "devops"));
    let ada = AgentId::new(Uuid::max());
    let taken = life::assign(&queued, None, Change::Set(ada)).expect("legal");
    let taken = after(&mut history, START, taken);
    assert_eq!((taken.status, taken.agent, taken.team.as_str()), (Status::Open, Some(ada), "devops"));
    let freed = life::assign(&taken, None, Change::Clear).expect("legal");
    assert_eq!(after(&mut history, START, freed).agent, None);
}

#[test]
fn first_and_last_resolution_are_both_kept() {
    let (mut history, resolved) = ticket(Status::Resolved);
    let day = START.checked_add(SignedDuration::from_hours(24)).expect("in range");
    let back = life::reopen(&resolved, day).expect("in the window");
    let back = after(&mut history, day, back);
    assert_eq!((back.first_resolved_at, back.resolved_at, back.reopen_count), (Some(START), None, 1));
    let again =
        life::resolve(&back, Resolution::Workaround, message(), Author::Agent, &[], day).expect("open");
    let again = after(&mut history, day, again);
    assert_eq!((again.first_resolved_at, again.resolved_at), (Some(START), Some(day)));
    assert_eq!(again.resolution, Some(Resolution::Workaround));
}

#[test]
fn nothing_happens_to_a_closed_ticket() {
    let (_, closed) = ticket(Status::Closed);
    assert!(life::message(&closed, message(), Author::Requester, Visibility::Public, None, START).is_err());
    assert!(life::assign(&closed, None, Change::Clear).is_err());
    assert!(life::reopen(&closed, START).is_err());
    assert!(life::add_evidence(&closed, &[], &[], START).is_err());
}

/// One thing that somebody tries.
#[derive(Debug, Clone)]
enum Try {
    Say(Author, Visibility, Option<Status>),
    Move(Status),
    Assign(bool),
    Resolve,
    Reopen,
    Close,
    Wait(i64),
}

fn tries() -> impl Strategy<Value = Try> {
    let author = prop::sample::select(Author::ALL);
    let visibility = prop::sample::select(Visibility::ALL);
    let status = prop::sample::select(Status::ALL);
    prop_oneof![
        (author, visibility, prop::option::of(status.clone())).prop_map(|(a, v, s)| Try::Say(a, v, s)),
        status.prop_map(Try::Move),
        any::<bool>().prop_map(Try::Assign),
        Just(Try::Resolve),
        Just(Try::Reopen),
        Just(Try::Close),
        (0_i64..200).prop_map(Try::Wait),
    ]
}

proptest! {
    /// Whatever is tried in whatever order: every step that happens is in the
    /// table, a state and its instants agree, and the fold over the whole
    /// history is the state that the steps led to one by one.
    #[test]
    fn every_life_is_a_walk_over_the_table(tries in prop::collection::vec(tries(), 0..60)) {
        let mut history = opened();
        let mut ticket = after(&mut history, START, vec![]);
        let mut now = START;
        for attempt in tries {
            let facts = match attempt {
                Try::Say(author, visibility, to) => life::message(&ticket, message(), author, visibility, to, now),
                Try::Move(to) => life::transition(&ticket, to, now),
                Try::Assign(somebody) => {
                    let agent = if somebody { Change::Set(AgentId::new(Uuid::max())) } else { Change::Clear };
                    life::assign(&ticket, None, agent)
                }
                Try::Resolve => life::resolve(&ticket, Resolution::Fixed, message(), Author::Agent, &[], now),
                Try::Reopen => life::reopen(&ticket, now),
                Try::Close => life::close(&ticket, now),
                Try::Wait(hours) => {
                    now = now.checked_add(SignedDuration::from_hours(hours)).expect("in range");
                    continue;
                }
            };
            let Ok(facts) = facts else { continue };
            for fact in facts {
                let before = ticket.status;
                ticket = after(&mut history, now, vec![fact]);
                let legal = ticket.status == before || life::allowed(before).contains(&ticket.status);
                prop_assert!(legal, "{before} to {}", ticket.status);
                prop_assert_eq!(ticket.closed_at.is_some(), ticket.status == Status::Closed);
                prop_assert_eq!(ticket.resolved_at.is_some(), !ticket.is_unresolved());
                prop_assert_eq!(ticket.resolution.is_some(), !ticket.is_unresolved());
                prop_assert!(ticket.first_resolved_at <= ticket.resolved_at || ticket.resolved_at.is_none());
            }
            let mut folded = Ticket::replay(&history[..1]).expect("the opening");
            history[1..].iter().for_each(|event| folded.apply(event));
            prop_assert_eq!(&folded, &ticket);
        }
    }
}
