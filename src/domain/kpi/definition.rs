//! What each number is.

use super::attainment::ATTAINMENT;
use crate::domain::closed_list::closed_list;
use crate::domain::uptime;

closed_list! {
    /// The numbers there are.
    Name {
        /// How soon requesters get a first answer from a person.
        FirstResponseTime = "first_response_time",
        /// How much first level resolves by itself, for good.
        FirstLevelResolutionRate = "first_level_resolution_rate",
        /// How much of what came in is resolved.
        ResolutionRate = "resolution_rate",
        /// How soon tickets are resolved.
        TimeToResolution = "time_to_resolution",
        /// How satisfied requesters are.
        Satisfaction = "satisfaction",
        /// How much of what was promised was kept.
        SlaAttainment = "sla_attainment",
        /// How much waits to be resolved.
        Backlog = "backlog",
        /// How much of what was resolved came back.
        ReopenRate = "reopen_rate",
        /// How much of what was resolved was handed over.
        EscalationRate = "escalation_rate",
        /// How much was done without a person.
        Automation = "automation",
        /// How much of the time services were there.
        Uptime = "uptime",
    }
}

closed_list! {
    /// What a number counts in.
    Unit {
        /// Seconds.
        Seconds = "seconds",
        /// A share, 0 to 1.
        Fraction = "fraction",
        /// A mean score, 1 to 5.
        Score = "score",
        /// Tickets.
        Tickets = "tickets",
    }
}

closed_list! {
    /// Which duration of a clock is compared and summarised.
    Measure {
        /// Business seconds of the calendar that the promise runs on.
        Business = "business",
        /// Seconds, day and night.
        Elapsed = "elapsed",
    }
}

closed_list! {
    /// Why a ticket is left out of a number. It is counted all the same.
    Exclusion {
        /// A machine reported it.
        Alerts = "alerts",
        /// It was merged into another ticket.
        Merged = "merged",
        /// It was no request at all.
        Spam = "spam",
        /// No first response was promised, so no clock measures it.
        WithoutPromise = "without_promise",
        /// It was not the desk's work and was re-routed.
        OutOfScope = "out_of_scope",
        /// A machine reported it and a machine resolved it.
        AlertsClosedByMachine = "alerts_closed_by_machine",
        /// Automation resolved it without a person.
        AutoClosed = "auto_closed",
        /// Its promise was withdrawn, or it was closed before it was decided.
        Cancelled = "cancelled",
    }
}

/// What a number should be; the bound itself misses it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Less than so many seconds.
    BelowSeconds(i64),
    /// More than this share.
    AboveFraction(f64),
    /// More than this mean score.
    AboveScore(f64),
}

/// Within how many seconds a first answer is wanted: half an hour.
pub const FIRST_RESPONSE_SECONDS: i64 = 1_800;
/// Four of five.
const FIRST_LEVEL_FRACTION: f64 = 0.8;
/// Four of five stars.
const SATISFACTION_SCORE: f64 = 4.0;

/// What the first response time is.
const FIRST_RESPONSE: &str = "Median time (p50, nearest rank) from a ticket's start of its first response clock to the first \
    public message of a person of the desk, over the n tickets first answered in the window. Time is \
    counted in business seconds of the calendar of the ticket's promise, or with clock=elapsed in \
    seconds of day and night; it is shown in whole seconds, rounded down. Met: value < target. \
    within_target = answered in at most the target, exact to the microsecond, divided by (n + \
    open_overdue); open_overdue = tickets still unanswered now whose clock used up the target within \
    the window and was not cancelled. Left out and counted in excluded: of the tickets answered in \
    the window, alerts, merged ones and spam; of those created in the window, the ones without_promise \
    (no first response clock: no target, or opened by an agent and not yet written to by the \
    requester). Filters look at tickets as they are now.";

/// What automation is.
const AUTOMATION: &str = "Of the four steps of each of the n tickets created in the window (triage, routing, answer, resolution), \
    the share done without a person. triaged = no person gave its category; routed = no person assigned or \
    escalated it; answered = ended without a public message of a person; resolved = its first resolution \
    was not a person's; corrected = a person changed what automation had decided; touches = acts of persons \
    per ticket; capacity = touches by hand, as configured (kpi.manual_touches_per_ticket), divided by \
    touches. No target. Left out and counted in excluded: merged ones. Filters look at tickets as they are now.";

impl Name {
    /// Whether it rests on tickets; otherwise it says nothing of groups of them.
    #[must_use]
    pub const fn is_of_tickets(self) -> bool {
        !matches!(self, Self::Uptime)
    }

    /// The definition in words.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::FirstResponseTime => FIRST_RESPONSE,
            Self::FirstLevelResolutionRate => {
                "Of the n tickets first resolved in the window, the share with no functional escalation that was not \
                 reopened within 7 days (7 x 24 hours) of that resolution. A ticket counts once, in the window of its \
                 first resolution. Met: value > target. Left out and counted in excluded, each ticket under the first \
                 that applies: merged, spam, out_of_scope (re-routed as not the desk's work), alerts_closed_by_machine \
                 (alerts that automation resolved), auto_closed (others that automation resolved). provisional: some \
                 of the window lies in the last 7 days, so that tickets of it may still be reopened. Filters look at \
                 tickets as they are now."
            }
            Self::ResolutionRate => {
                "Of the n tickets created in the window, the share that is resolved or closed now. No target. Left \
                 out and counted in excluded: merged ones. Filters look at tickets as they are now."
            }
            Self::TimeToResolution => {
                "Median time (p50, nearest rank) to the first resolution, over the n tickets created in the window \
                 that have been resolved by now: in business seconds of their resolution clock (tickets without such \
                 a promise have none), or with clock=elapsed in seconds from the creation to the resolution, day and \
                 night. last = the same to the last resolution. No target. Left out and counted in excluded: merged \
                 ones. Filters look at tickets as they are now."
            }
            Self::Satisfaction => {
                "Mean score (1 to 5) of the n answers given in the window; one for each resolution, the last one \
                 where it was changed. Met: value > target. distribution = answers by score; positive = share of 4 and \
                 5; sent = surveys sent in the window; response_rate = share of those that were answered by now; \
                 interval = in which the mean lies with 95 % confidence (normal distribution, sample variance, cut at 1 \
                 and 5), null for fewer than two answers. Left out and counted in excluded: merged tickets. Filters \
                 look at tickets as they are now."
            }
            Self::SlaAttainment => ATTAINMENT,
            Self::Backlog => {
                "Tickets that are new, open, pending or on hold now, whatever the window; merged ones are not. \
                 by_state and by_age (time since they were created) add up to it. No target. Filters look at tickets as \
                 they are now."
            }
            Self::ReopenRate => {
                "Of the n tickets first resolved in the window, the share that was reopened at any time since. No \
                 target. Left out and counted in excluded: merged ones and spam. Filters look at tickets as they are now."
            }
            Self::EscalationRate => {
                "Of the n tickets first resolved in the window, the share that has had a functional escalation. No \
                 target. Left out and counted in excluded: merged ones and spam. Filters look at tickets as they are now."
            }
            Self::Automation => AUTOMATION,
            Self::Uptime => uptime::DEFINITION,
        }
    }

    /// What it counts in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::FirstResponseTime | Self::TimeToResolution => Unit::Seconds,
            Self::FirstLevelResolutionRate
            | Self::ResolutionRate
            | Self::SlaAttainment
            | Self::ReopenRate
            | Self::EscalationRate
            | Self::Automation
            | Self::Uptime => Unit::Fraction,
            Self::Satisfaction => Unit::Score,
            Self::Backlog => Unit::Tickets,
        }
    }

    /// What it should be, where that was decided.
    #[must_use]
    pub const fn goal(self) -> Option<Goal> {
        match self {
            Self::FirstResponseTime => Some(Goal::BelowSeconds(FIRST_RESPONSE_SECONDS)),
            Self::FirstLevelResolutionRate => Some(Goal::AboveFraction(FIRST_LEVEL_FRACTION)),
            Self::Satisfaction => Some(Goal::AboveScore(SATISFACTION_SCORE)),
            Self::Uptime => Some(Goal::AboveFraction(uptime::TARGET)),
            Self::ResolutionRate
            | Self::TimeToResolution
            | Self::SlaAttainment
            | Self::Backlog
            | Self::ReopenRate
            | Self::EscalationRate
            | Self::Automation => None,
        }
    }

    /// Which tickets it leaves out.
    #[must_use]
    pub const fn exclusions(self) -> &'static [Exclusion] {
        match self {
            Self::FirstResponseTime => {
                &[Exclusion::Alerts, Exclusion::Merged, Exclusion::Spam, Exclusion::WithoutPromise]
            }
            Self::FirstLevelResolutionRate => &[
                Exclusion::Merged,
                Exclusion::Spam,
                Exclusion::OutOfScope,
                Exclusion::AlertsClosedByMachine,
                Exclusion::AutoClosed,
            ],
            Self::ResolutionRate | Self::TimeToResolution | Self::Satisfaction | Self::Automation => {
                &[Exclusion::Merged]
            }
            Self::SlaAttainment => &[Exclusion::Merged, Exclusion::Cancelled],
            Self::Backlog | Self::Uptime => &[],
            Self::ReopenRate | Self::EscalationRate => &[Exclusion::Merged, Exclusion::Spam],
        }
    }
}
