//! A ticket whose story is written down, looked at minute by minute.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use support_engineer::domain::calendar::Calendar;
use support_engineer::domain::escalation::ladder::{
    Acknowledgement, Change, Decision, Done, Pending, Plan, Policy, Press, Reached, Situation, Step, StepId,
    Target, decide,
};
use support_engineer::domain::id::EscalationId;
use support_engineer::domain::sla::{
    self, CalendarRef, Clocks, Conditions, Entry, Metric, Opening, Origin, Rank, Rules, Schedule, clocks,
};
use support_engineer::domain::vocabulary::{Priority, Status};
use uuid::Uuid;

/// The minutes within which the resolution of a P1, P2, P3 and P4 is promised.
const TARGETS: [i64; 4] = [60, 240, 300, 400];

pub(super) fn minute(n: i64) -> Timestamp {
    "2024-06-03T05:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_mins(n)
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Happening {
    Status(Status),
    Priority { to: Priority, by_ladder: bool },
    Handed { acknowledge_by: i64 },
    Acknowledged { expires: Option<i64> },
    Pressed,
    Tagged,
    Merged,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) priority: Priority,
    pub(super) happenings: Vec<(i64, Happening)>,
    pub(super) done: BTreeMap<StepId, Done>,
}

/// A ticket as it is at an instant.
pub(super) struct View {
    status: Status,
    merged: bool,
    priority: (Priority, Timestamp),
    vip_since: Option<Timestamp>,
    reopened: Vec<Timestamp>,
    clocks: Clocks,
    pending: Vec<Pending>,
    pressed: Vec<Press>,
    changes: Vec<Change>,
}

/// A world in which every target is there.
#[expect(clippy::unnecessary_wraps, reason = "it stands for a look that may find nobody")]
pub(super) fn everybody(target: &Target, _: Timestamp) -> Option<Reached> {
    let team = match target {
        Target::Queue(team) => format!("{} queue", team.as_deref().expect("filled in")),
        Target::OnCall(team) => format!("{} on call", team.as_deref().expect("filled in")),
        other => format!("{other:?}"),
    };
    Some(Reached::Team { team })
}

fn promises() -> sla::Policy {
    let reference = CalendarRef { key: "always".to_owned(), version: 1 };
    let schedule = Schedule { reference, calendar: Calendar::always() };
    let target = |priority: &Priority, minutes: i64| {
        let target = sla::Target { seconds: minutes * 60, schedule: schedule.clone() };
        ((Rank::from(*priority), Metric::Resolution), target)
    };
    let targets =
        Priority::ALL.iter().zip(TARGETS).map(|(priority, minutes)| target(priority, minutes)).collect();
    sla::Policy {
        key: "law".to_owned(),
        name: "Law".to_owned(),
        version: 1,
        origin: Origin::Shipped,
        conditions: Conditions::default(),
        rules: Rules::default(),
        schedule: schedule.clone(),
        targets,
    }
}

impl World {
    pub(super) fn new(priority: Priority, happenings: Vec<(i64, Happening)>) -> Self {
        Self { priority, happenings, done: BTreeMap::new() }
    }

    /// What has happened by then; what would happen at that very minute too.
    pub(super) fn at(&self, now: i64) -> View {
        let opening = Opening {
            at: minute(0),
            opened_by_agent: false,
            priority: Rank::from(self.priority),
            status: Status::Open,
        };
        let mut entries = Vec::new();
        let mut view = View {
            status: Status::Open,
            merged: false,
            priority: (self.priority, minute(0)),
            vip_since: None,
            reopened: Vec::new(),
            clocks: clocks(&promises(), &opening, &[], minute(0)),
            pending: Vec::new(),
            pressed: Vec::new(),
            changes: Vec::new(),
        };
        for (at, what) in self.happenings.iter().filter(|(at, _)| *at <= now) {
            let order = i64::try_from(entries.len()).expect("few");
            let entry = view.happen(minute(*at), *what);
            entries.extend(entry.map(|what| Entry { at: minute(*at), order, what }));
        }
        view.clocks = clocks(&promises(), &opening, &entries, minute(now));
        view
    }

    pub(super) fn plan(&self, policy: &Policy, now: i64) -> Plan {
        Plan::of(policy, &self.at(now).situation(), &self.done, &everybody)
    }

    pub(super) fn decide(&self, policy: &Policy, step: &Step, now: i64) -> Decision {
        decide(step, policy, &self.at(now).situation(), &self.done, &everybody, minute(now))
    }
}

impl View {
    fn happen(&mut self, at: Timestamp, what: Happening) -> Option<sla::Happening> {
        match what {
            Happening::Status(status) => {
                let over = |status| matches!(status, Status::Resolved | Status::Closed);
                if over(self.status) && !over(status) {
                    self.reopened.push(at);
                }
                if over(status) {
                    self.pressed.iter_mut().for_each(|press| press.ended = true);
                }
                self.status = status;
                return Some(sla::Happening::Status(status));
            }
            Happening::Priority { to, by_ladder } => {
                self.priority = (to, at);
                self.changes.push(Change { at, by_ladder });
                return Some(sla::Happening::Priority(Rank::from(to)));
            }
            Happening::Handed { acknowledge_by } => self.pending.push(Pending {
                id: EscalationId::new(Uuid::from_u128(self.pending.len() as u128)),
                team: "developer".to_owned(),
                fallback: None,
                requested_at: at,
                acknowledge_by: minute(acknowledge_by),
                rounds: 0,
                acknowledgements: Vec::new(),
                in_progress: false,
            }),
            Happening::Acknowledged { expires } => {
                let given = Acknowledgement { at, expires_at: expires.map(minute) };
                self.pending.iter_mut().for_each(|pending| pending.acknowledgements.push(given));
            }
            Happening::Pressed => {
                let place = i64::try_from(self.pressed.len()).expect("few") + 1;
                self.pressed.push(Press { place, at, ended: false });
            }
            Happening::Tagged => {
                self.vip_since.get_or_insert(at);
            }
            Happening::Merged => {
                self.merged = true;
                self.status = Status::Closed;
                return Some(sla::Happening::Cancelled);
            }
        }
        None
    }

    pub(super) fn situation(&self) -> Situation<'_> {
        Situation {
            spam: false,
            status: self.status,
            merged: self.merged,
            created_at: minute(0),
            watched_since: self.reopened.last().copied().unwrap_or(minute(0)),
            priority: self.priority.0,
            priority_since: self.priority.1,
            team: "first_level",
            agent: None,
            vip_since: self.vip_since,
            reopened: &self.reopened,
            clocks: &self.clocks,
            pending: &self.pending,
            pressed: &self.pressed,
            changes: &self.changes,
        }
    }
}
