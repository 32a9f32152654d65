//! A policy: which ladders climb for which tickets, and how.

use jiff::SignedDuration;

use crate::domain::closed_list::closed_list;
use crate::domain::id::AgentId;
use crate::domain::sla::Metric;
use crate::domain::vocabulary::{Category, Persona, Priority};

closed_list! {
    /// What a step does.
    Action {
        /// Tells somebody.
        Notify = "notify",
        /// Tells somebody at once, whatever the hour.
        Page = "page",
        /// Gives the ticket to somebody.
        Reassign = "reassign",
        /// Makes the ticket one priority more urgent.
        RaisePriority = "raise_priority",
        /// Writes a handoff to human support.
        Handoff = "handoff",
    }
}

impl Action {
    /// Whether doing it again tells anybody anything: repeats of a level only
    /// remind, they change nothing a second time.
    #[must_use]
    pub const fn reminds(self) -> bool {
        matches!(self, Self::Notify | Self::Page)
    }
}

/// Whom a step is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A team's queue; none: that of the team the ticket is with.
    Queue(Option<String>),
    /// Whoever is on call for a team; none: the team the ticket is with.
    OnCall(Option<String>),
    /// Who leads a team; none: the team the ticket is with.
    Lead(Option<String>),
    /// Whoever works the ticket.
    Assignee,
    /// One person.
    Agent(AgentId),
    /// A persona.
    Persona(Persona),
    /// The persona that the hand-over falls back on; only in a ladder that
    /// waits for an acknowledgement.
    Fallback,
}

/// What makes a ladder start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// So much of a promise's target is used.
    TargetUsed {
        /// Which promise.
        metric: Metric,
        /// 1 to 100; 100 is the deadline.
        percent: u32,
    },
    /// The ticket broke its n-th promise.
    Breach {
        /// From 1.
        nth: u32,
    },
    /// The ticket came back at least so often.
    Reopened {
        /// From 1.
        times: u32,
    },
    /// The ticket is a P1.
    PriorityOne,
    /// A hand-over was not acknowledged by its time.
    Unacknowledged,
    /// The ticket has one of these tags.
    Vip {
        /// One at least.
        tags: Vec<String>,
    },
    /// Somebody pressed the button.
    Manual,
}

impl Trigger {
    /// Whether it is known before it happens, so that a level may come earlier.
    #[must_use]
    pub const fn is_foreseen(&self) -> bool {
        matches!(self, Self::TargetUsed { .. } | Self::Unacknowledged)
    }
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TargetUsed { metric, percent } => write!(f, "target_used:{metric}:{percent}"),
            Self::Breach { nth } => write!(f, "breach:{nth}"),
            Self::Reopened { times } => write!(f, "reopened:{times}"),
            Self::PriorityOne => f.write_str("priority_one"),
            Self::Unacknowledged => f.write_str("unacknowledged"),
            Self::Vip { .. } => f.write_str("vip"),
            Self::Manual => f.write_str("manual"),
        }
    }
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// From the trigger; negative: before it.
    pub delay: SignedDuration,
    /// How often it reminds after the first time.
    pub repeat: u32,
    /// From one time to the next; positive where it repeats.
    pub every: SignedDuration,
    /// What is done, in order; each once.
    pub actions: Vec<Action>,
    /// The first that can be reached gets it; the last is a team's queue.
    pub to: Vec<Target>,
}

/// What follows one trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// What starts it.
    pub trigger: Trigger,
    /// From the lowest.
    pub levels: Vec<Level>,
}

/// Which tickets a policy is for; an empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// One of these categories.
    pub category: Vec<Category>,
    /// One of these priorities.
    pub priority: Vec<Priority>,
    /// With one of these teams.
    pub team: Vec<String>,
}

impl Applies {
    /// Whether a ticket meets every condition.
    #[must_use]
    pub fn to(&self, category: Category, priority: Priority, team: &str) -> bool {
        (self.category.is_empty() || self.category.contains(&category))
            && (self.priority.is_empty() || self.priority.contains(&priority))
            && (self.team.is_empty() || self.team.iter().any(|one| one == team))
    }

    /// Whether it has no condition.
    #[must_use]
    pub const fn to_all(&self) -> bool {
        self.category.is_empty() && self.priority.is_empty() && self.team.is_empty()
    }
}

/// One version of a policy, as it was when it was taken for a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its stable name.
    pub key: String,
    /// From 1.
    pub version: u32,
    /// Name for people.
    pub name: String,
    /// Which tickets it is for.
    pub applies_to: Applies,
    /// No two with the same trigger.
    pub ladders: Vec<Ladder>,
}

impl Policy {
    /// Whether a ticket with these tags is one of those that its ladder for
    /// important people is for; none: it has no such ladder.
    #[must_use]
    pub fn is_vip(&self, tags: &[String]) -> Option<bool> {
        self.ladders.iter().find_map(|ladder| match &ladder.trigger {
            Trigger::Vip { tags: wanted } => Some(wanted.iter().any(|tag| tags.contains(tag))),
            _ => None,
        })
    }

    /// How many steps one run of each of its ladders has.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let levels = self.ladders.iter().flat_map(|ladder| &ladder.levels);
        let steps = levels.flat_map(|level| {
            let again = move |action: &Action| if action.reminds() { u64::from(level.repeat) } else { 0 };
            level.actions.iter().map(move |action| 1 + again(action))
        });
        steps.sum()
    }

    /// The people that it names.
    pub fn agents(&self) -> impl Iterator<Item = AgentId> {
        let levels = self.ladders.iter().flat_map(|ladder| &ladder.levels);
        levels.flat_map(|level| &level.to).filter_map(|target| match target {
            Target::Agent(agent) => Some(*agent),
            _ => None,
        })
    }

    /// Whether somebody can start one of its ladders by hand.
    #[must_use]
    pub fn has_button(&self) -> bool {
        self.ladders.iter().any(|ladder| ladder.trigger == Trigger::Manual)
    }
}
