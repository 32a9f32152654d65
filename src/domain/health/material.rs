//! What a report rests on.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::trend::{Trend, change_of_count, trend};
use crate::domain::id::{AlertId, TicketId};
use crate::domain::kpi::{Answer, Goal, Kept, Name, Question, Range, Window};
use crate::domain::maintenance::Maintenance;
use crate::domain::outage::Outage;
use crate::domain::uptime::{Every, Figures};
use crate::domain::vocabulary::{Persona, Priority, Status};

/// Everything that a report tells or follows from.
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    /// What was asked of the numbers: all of them, in the window of the report.
    pub question: Question,
    /// The window before it, of which trends are seen.
    pub before: Window,
    /// Whether it is known how that stood when it was as old as the window is now.
    pub stood: bool,
    /// The instant of the tenant's last event; none: nothing has happened yet.
    pub as_of: Option<Timestamp>,
    /// All numbers, in their order.
    pub kpis: Vec<Measured>,
    /// The parts of the window that series are of.
    pub every: Every,
    /// Those parts, in order.
    pub parts: Vec<Range>,
    /// The numbers of each category that has any.
    pub categories: Vec<Group>,
    /// The numbers of each team that has any.
    pub teams: Vec<Group>,
    /// What came in about each service, the most first; tickets that name none
    /// and confidential ones are not among them.
    pub services: Vec<ServiceTickets>,
    /// Outages that reach into the window, the latest first; the first hundred.
    pub outages: Vec<Outage>,
    /// Maintenance that was announced and reaches into it.
    pub maintenance: Vec<Maintenance>,
    /// What monitoring reported.
    pub alerts: Alerts,
    /// Promises of the window by policy, those broken most first.
    pub policies: Vec<PolicyKept>,
    /// What waits and is late, now.
    pub overdue: Overdue,
    /// Hand-overs asked for in the window, by persona, the most first.
    pub escalations: Vec<Escalated>,
}

/// One number, with the same of the window before and of each part.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In the window.
    pub answer: Answer,
    /// In the window before, as it stood when that was as old as the window is
    /// now, without a value where that is not known; none of what is of now.
    pub before: Option<Answer>,
    /// In each part of the window; empty of what is of now.
    pub series: Vec<Answer>,
}

impl Measured {
    /// What became of it; none of what is of now.
    #[must_use]
    pub fn trend(&self) -> Option<Trend> {
        self.before.as_ref().map(|before| trend(&self.answer, before))
    }
}

/// The numbers of tickets that have something in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What: a category, or the slug of a team.
    pub name: String,
    /// In the window; empty if nothing was counted.
    pub answers: Vec<Answer>,
    /// In the window before.
    pub before: Vec<Answer>,
}

impl Group {
    /// One of its numbers.
    #[must_use]
    pub fn answer(&self, name: Name) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.name == name)
    }

    /// How many tickets came in, in the window and in the one before.
    #[must_use]
    pub fn created(&self) -> (u64, u64) {
        let n = |answers: &[Answer]| {
            answers.iter().find(|answer| answer.name == Name::ResolutionRate).map_or(0, |answer| answer.n)
        };
        (n(&self.answers), n(&self.before))
    }

    /// What became of that.
    #[must_use]
    pub fn growth(&self) -> Trend {
        let (now, before) = self.created();
        change_of_count(now, before)
    }
}

/// What came in about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTickets {
    /// Which.
    pub service: String,
    /// Tickets that came in, without merged ones.
    pub tickets: u64,
    /// The same of the window before.
    pub before: u64,
    /// Incidents among those of the window.
    pub incidents: u64,
    /// Alerts among them.
    pub alerts: u64,
    /// Promises on tickets of it that were decided in the window.
    pub promises: Kept,
}

impl ServiceTickets {
    /// Nothing about a service yet.
    #[must_use]
    pub fn new(service: String) -> Self {
        Self { service, tickets: 0, before: 0, incidents: 0, alerts: 0, promises: Kept::default() }
    }

    /// What became of the tickets that come in.
    #[must_use]
    pub fn growth(&self) -> Trend {
        change_of_count(self.tickets, self.before)
    }
}

/// Groups of alerts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerts {
    /// That fire now.
    pub firing: u64,
    /// That were reported in the window.
    pub reported: u64,
    /// That fired in the window for the first time.
    pub began: u64,
    /// That came back within the window after they had been resolved, three
    /// times or more since they began.
    pub flapping: u64,
    /// Groups reported in the window, by service; those that name none are
    /// under none.
    pub by_service: BTreeMap<Option<String>, u64>,
    /// Those that were reported most often; none: whoever reads it does not
    /// see alerts.
    pub noisy: Option<Vec<NoisyAlert>>,
}

/// A group of alerts that is reported often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoisyAlert {
    /// Which.
    pub id: AlertId,
    /// In one line.
    pub title: String,
    /// What it is about.
    pub service: Option<String>,
    /// It fires now.
    pub firing: bool,
    /// How often it was reported as firing since it began.
    pub firings: u64,
    /// How often as resolved.
    pub resolutions: u64,
    /// When it began.
    pub first_at: Timestamp,
}

/// How often a group has to be resolved to be called flapping.
pub const FLAPS: u64 = 3;

impl NoisyAlert {
    /// Whether it comes and goes.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        self.resolutions >= FLAPS
    }
}

/// Promises on tickets of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyKept {
    /// Its key.
    pub policy: String,
    /// Kept and broken.
    pub kept: Kept,
}

/// What waits and is late, now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overdue {
    /// Unresolved tickets on which a promise is broken that is still waited for.
    pub tickets: u64,
    /// The tickets that wait longest; none: whoever reads it does not see
    /// tickets.
    pub oldest: Option<Vec<OldTicket>>,
}

/// A ticket that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldTicket {
    /// Which.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: i64,
    /// How urgent it is.
    pub priority: Priority,
    /// How it stands.
    pub status: Status,
    /// In whose queue.
    pub team: String,
    /// Since when.
    pub created_at: Timestamp,
    /// A promise on it is broken and still waited for.
    pub overdue: bool,
}

/// Hand-overs to one persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalated {
    /// To whom.
    pub persona: Persona,
    /// Asked for in the window.
    pub requested: u64,
    /// In the window before.
    pub before: u64,
    /// Of those of the window: not acknowledged yet.
    pub waiting: u64,
    /// Of those of the window: without what the persona needs.
    pub incomplete: u64,
}

impl Material {
    /// One of the numbers.
    #[must_use]
    pub fn kpi(&self, name: Name) -> Option<&Measured> {
        self.kpis.iter().find(|kpi| kpi.answer.name == name)
    }

    /// The same, in the window alone.
    #[must_use]
    pub fn answer(&self, name: Name) -> Option<&Answer> {
        self.kpi(name).map(|kpi| &kpi.answer)
    }

    /// Whether whoever reads it sees tickets.
    #[must_use]
    pub const fn shows_tickets(&self) -> bool {
        self.overdue.oldest.is_some()
    }

    /// The window.
    #[must_use]
    pub const fn window(&self) -> &Window {
        &self.question.window
    }

    /// How long services were there, each of them.
    #[must_use]
    pub fn uptime(&self) -> Option<(&Figures, &BTreeMap<String, Figures>)> {
        match &self.answer(Name::Uptime)?.detail {
            crate::domain::kpi::Detail::Uptime(uptime) => Some((&uptime.overall, &uptime.services)),
            _ => None,
        }
    }

    /// How much of the time they should be there, 0 to 1.
    #[must_use]
    pub fn uptime_target(&self) -> Option<f64> {
        match self.answer(Name::Uptime)?.goal? {
            Goal::AboveFraction(bound) => Some(bound),
            Goal::BelowSeconds(_) | Goal::AboveScore(_) => None,
        }
    }

    /// Outages that go on, outside maintenance.
    #[must_use]
    pub fn open_outages(&self) -> Vec<&Outage> {
        let now = self.question.now;
        let expected = |outage: &Outage| {
            self.maintenance.iter().any(|window| {
                let counted = window.counted();
                window.concerns(&outage.service) && counted.from <= now && now < counted.to
            })
        };
        self.outages.iter().filter(|outage| outage.to.is_none() && !expected(outage)).collect()
    }

    /// Whether nothing of the window itself can be judged: nothing was counted or
    /// happened in it, and of services too little was observed.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let window = self.window();
        let counted = |kpi: &Measured| match kpi.answer.name {
            // What waits does so now, whenever the window was.
            Name::Backlog => false,
            Name::Uptime => kpi.answer.met().is_some(),
            _ => kpi.answer.n > 0,
        };
        let alerts = self.alerts.reported > 0 || self.alerts.firing > 0 && window.holds(self.question.now);
        !self.kpis.iter().any(counted)
            && !self.is_overdue()
            && self.outages.is_empty()
            && self.escalations.iter().all(|one| one.requested == 0)
            && !alerts
    }

    /// Whether a ticket waited for its first answer for too long.
    fn is_overdue(&self) -> bool {
        self.answer(Name::FirstResponseTime).is_some_and(|answer| {
            matches!(&answer.detail, crate::domain::kpi::Detail::Responses(more) if more.open_overdue > 0)
        })
    }

    /// Whether there is nothing at all to report on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let counted = |kpi: &Measured| kpi.answer.n > 0 || kpi.before.as_ref().is_some_and(|one| one.n > 0);
        !self.kpis.iter().any(counted)
            && !self.is_overdue()
            && self.outages.is_empty()
            && self.alerts.firing == 0
            && self.alerts.reported == 0
            && self.escalations.is_empty()
    }
}
