//! What can be asked of a ticket.

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use support_engineer::domain::change::Change;
use support_engineer::domain::vocabulary::{
    Author, EvidenceKind, Impact, Persona, Resolution, Severity, Status, Visibility,
};

/// One command.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Message {
        author: Author,
        visibility: Visibility,
        status: Option<Status>,
    },
    Evidence {
        kind: EvidenceKind,
    },
    Transition {
        to: Status,
    },
    Assign {
        team: Option<&'static str>,
        agent: Change<&'static str>,
    },
    Triage {
        severity: Severity,
        impact: Impact,
        reason: bool,
    },
    Patch {
        subject: Option<&'static str>,
        severity: Option<Severity>,
        status: Option<Status>,
    },
    Resolve {
        resolution: Resolution,
    },
    Reopen,
    Close,
    Escalate {
        persona: Persona,
        context: Vec<EvidenceKind>,
    },
    /// Somebody does something with one of the escalations so far.
    Step {
        place: usize,
        act: Act,
    },
    /// Somebody has seen whatever waits for it.
    Acknowledge {
        minutes: Option<i64>,
    },
    /// One of the messages so far is shown to the requester.
    Publish {
        place: usize,
    },
    /// A new ticket is the same as this one: that one ends, or this one does.
    Merge {
        away: bool,
    },
    /// Time goes by.
    Wait {
        minutes: i64,
    },
}

/// A step of an escalation.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Acknowledge {
        /// It holds for so long; less than one has ended before it begins.
        minutes: Option<i64>,
    },
    Start,
    Return {
        missing: Vec<EvidenceKind>,
    },
    Decline,
    Answer,
    Close,
}

impl Act {
    /// The last part of its path, and its body.
    pub(super) fn request(&self, now: Timestamp) -> (&'static str, Value) {
        match self {
            Self::Acknowledge { minutes } => ("acknowledge", json!({ "until": until(now, *minutes) })),
            Self::Start => ("start", json!({ "note": "So." })),
            Self::Return { missing } => ("return", json!({ "missing": missing, "note": "So." })),
            Self::Decline => ("decline", json!({ "reason": "It is not theirs." })),
            Self::Answer => ("answer", json!({ "text": "Do this." })),
            Self::Close => ("close", json!({})),
        }
    }
}

/// An instant so many minutes ahead.
pub(super) fn until(now: Timestamp, minutes: Option<i64>) -> Option<Timestamp> {
    minutes.map(|minutes| now + SignedDuration::from_mins(minutes))
}

impl Command {
    /// The last part of its path, and its body.
    pub(super) fn request(&self) -> (&'static str, Value) {
        match self {
            Self::Message { author, visibility, status } => (
                "messages",
                json!({ "author": author, "visibility": visibility, "body": "Hm.", "status": status }),
            ),
            Self::Patch { subject, severity, status } => {
                let mut patch = json!({ "reason": "So." });
                for (field, value) in
                    [("subject", json!(subject)), ("severity", json!(severity)), ("status", json!(status))]
                {
                    if !value.is_null() {
                        patch[field] = value;
                    }
                }
                ("", patch)
            }
            Self::Evidence { kind } => ("evidence", json!({ "kind": kind, "text": "It says E1." })),
            Self::Transition { to } => ("transitions", json!({ "to": to, "reason": "So." })),
            Self::Assign { team, agent } => {
                let mut body = Map::new();
                if let Some(team) = team {
                    body.insert("team".to_owned(), json!(team));
                }
                if *agent != Change::Keep {
                    body.insert("agent".to_owned(), json!(agent.apply(None)));
                }
                ("assign", Value::Object(body))
            }
            Self::Triage { severity, impact, reason } => {
                let reason = reason.then_some("So.");
                ("triage", json!({ "severity": severity, "impact": impact, "reason": reason }))
            }
            Self::Resolve { resolution } => (
                "resolve",
                json!({ "resolution": resolution, "steps": "Restarted.", "message": "It works." }),
            ),
            Self::Reopen => ("reopen", json!({ "reason": "It does not." })),
            Self::Close => ("close", json!({})),
            Self::Escalate { persona, context } => {
                let context: Map<String, Value> =
                    context.iter().map(|kind| (kind.to_string(), json!("It says E1."))).collect();
                ("escalations", json!({ "persona": persona, "reason": "It is theirs.", "context": context }))
            }
            Self::Step { .. } | Self::Acknowledge { .. } => unreachable!("these depend on the time"),
            Self::Publish { .. } => ("messages", json!({ "visibility": "public" })),
            Self::Merge { .. } => unreachable!("a merge names the other ticket"),
            Self::Wait { .. } => unreachable!("nobody is asked to wait"),
        }
    }
}

/// Writers and readers that fit each other.
fn message() -> impl Strategy<Value = Command> {
    let pairs = vec![
        (Author::Agent, Visibility::Public),
        (Author::Agent, Visibility::Internal),
        (Author::Requester, Visibility::Public),
        (Author::Automation, Visibility::Public),
        (Author::Automation, Visibility::Internal),
    ];
    let status = proptest::option::weighted(0.2, select(Status::ALL));
    (select(pairs), status).prop_map(|((author, visibility), status)| Command::Message {
        author,
        visibility,
        status,
    })
}

fn assign() -> impl Strategy<Value = Command> {
    let team = proptest::option::of(select(vec!["first_level", "devops"]));
    let agent = select(vec![Change::Keep, Change::Clear, Change::Set("agent"), Change::Set("lead")]);
    (team, agent)
        .prop_filter("something is said", |(team, agent)| team.is_some() || *agent != Change::Keep)
        .prop_map(|(team, agent)| Command::Assign { team, agent })
}

/// Three kinds that several personas need.
fn kinds() -> Vec<EvidenceKind> {
    vec![EvidenceKind::ErrorLog, EvidenceKind::ReproductionSteps, EvidenceKind::SystemMetrics]
}

fn escalate() -> impl Strategy<Value = Command> {
    let persona = select(vec![Persona::Developer, Persona::Devops, Persona::HumanSupport]);
    (persona, subsequence(kinds(), 0..=3))
        .prop_map(|(persona, context)| Command::Escalate { persona, context })
}

fn minutes() -> impl Strategy<Value = Option<i64>> {
    of(prop_oneof![1 => Just(0), 4 => 1_i64..600])
}

fn step() -> impl Strategy<Value = Command> {
    let missing = subsequence(kinds(), 1..=3);
    let act = prop_oneof![
        3 => minutes().prop_map(|minutes| Act::Acknowledge { minutes }),
        1 => Just(Act::Start),
        2 => missing.prop_map(|missing| Act::Return { missing }),
        2 => Just(Act::Decline),
        1 => Just(Act::Answer),
        1 => Just(Act::Close),
    ];
    (0_usize..6, act).prop_map(|(place, act)| Command::Step { place, act })
}

fn triage() -> impl Strategy<Value = Command> {
    (select(Severity::ALL), select(Impact::ALL), any::<bool>())
        .prop_map(|(severity, impact, reason)| Command::Triage { severity, impact, reason })
}

fn patch() -> impl Strategy<Value = Command> {
    let subject = of(select(vec!["Export fails", "Import fails", "Report fails"]));
    (subject, of(select(Severity::ALL)), of(select(Status::ALL)))
        .prop_map(|(subject, severity, status)| Command::Patch { subject, severity, status })
}

/// Up to 25 commands, some of them illegal.
pub(super) fn commands() -> impl Strategy<Value = Vec<Command>> {
    let one = prop_oneof![
        5 => message(),
        2 => select(kinds()).prop_map(|kind| Command::Evidence { kind }),
        4 => select(Status::ALL).prop_map(|to| Command::Transition { to }),
        2 => assign(),
        2 => triage(),
        4 => patch(),
        4 => select(Resolution::ALL).prop_map(|resolution| Command::Resolve { resolution }),
        4 => Just(Command::Reopen),
        1 => Just(Command::Close),
        4 => escalate(),
        6 => step(),
        1 => minutes().prop_map(|minutes| Command::Acknowledge { minutes }),
        3 => (0_usize..20).prop_map(|place| Command::Publish { place }),
        2 => proptest::bool::weighted(0.3).prop_map(|away| Command::Merge { away }),
        3 => prop_oneof![4 => 1_i64..600, 1 => Just(7 * 24 * 60 + 1)].prop_map(|minutes| Command::Wait { minutes }),
    ];
    vec(one, 1..=25)
}
