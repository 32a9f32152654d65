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
        /// It was no request at all: it carries the tag `spam`.
        Spam = "spam",
        /// Nothing was promised, so no clock measures it.
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

/// What the first response time is.
const FIRST_RESPONSE: &str = "Time from a ticket's start of its first response clock to the first public message of a \
    person of the desk, over the n tickets first answered in the window: their median (p50, nearest rank), or \
    what kpi.first_response_statistic names instead; statistic says which. Time is counted in business seconds \
    of the calendar of the ticket's promise, or with clock=elapsed in seconds of day and night; it is shown in \
    whole seconds, rounded down. Met: value < target (kpi.first_response_target_seconds). within_target = \
    answered in at most the target, exact to the microsecond, divided by (n + open_overdue); open_overdue = \
    tickets still unanswered now whose clock used up the target within the window and was not cancelled. Left \
    out and counted in excluded, each ticket once, under the first that applies: merged ones, spam (tickets with \
    the tag spam) and alerts, answered or not, each at the instant of its first response, or without one at \
    the instant its first response clock started, which is its creation where it has none; of those created in \
    the window the ones without_promise (no first response clock: no target, or opened by an agent and not yet \
    written to by the requester). Filters look at tickets as they are now.";

/// What the first-level rate is.
const FIRST_LEVEL: &str = "Of the n tickets resolved in the window, the share with no functional escalation that was not \
    reopened within 7 days (7 x 24 hours) of that resolution. A ticket that was resolved several times counts once, \
    in the window of its first resolution by a person, or of its first one where automation alone has resolved it; \
    later ones count in no window, so that no window counts a ticket twice. Met: value > target. Left out and \
    counted in excluded, each ticket under the first that applies: merged, spam (tickets with the tag spam), \
    out_of_scope (re-routed as not the desk's work), alerts_closed_by_machine (alerts that automation alone \
    resolved), auto_closed (others that automation alone resolved). provisional: some of the window lies in the \
    last 7 days, so that tickets of it may still be reopened. Filters look at tickets as they are now.";

/// What automation is.
const AUTOMATION: &str = "Of the four steps of each of the n tickets created in the window (triage, routing, answer, resolution), \
    the share done without a person. triaged = nobody said its category, severity or impact when it came in; routed = \
    no person assigned or escalated it; answered = ended without a public message of a person; resolved = ended, \
    and no person resolved it; corrected = a person has classified it otherwise than it was since; \
    touches_per_ticket = acts of persons of the desk per ticket, whatever each brought about: what one person does \
    to a ticket at one instant is one act; capacity_multiple = touches by hand, as configured \
    (kpi.manual_touches_per_ticket), divided by touches_per_ticket. No target. Left out and counted in excluded: \
    merged ones. Filters look at tickets as they are now.";

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
            Self::FirstLevelResolutionRate => FIRST_LEVEL,
            Self::ResolutionRate => {
                "Of the n tickets created in the window, the share that is resolved or closed now. No target. Left \
                 out and counted in excluded: merged ones. Filters look at tickets as they are now."
            }
            Self::TimeToResolution => {
                "Median time (p50, nearest rank) to the first resolution, over the n tickets created in the window \
                 that have been resolved by now: what their resolution clock had counted then, pauses left out, in \
                 business seconds, or with clock=elapsed in seconds of day and night, as business_seconds and \
                 elapsed_seconds of the clock tell at the ticket. last = the same to the last resolution, by the last \
                 such clock. No target. Left out and counted in excluded, each ticket under the first that applies: \
                 merged ones, and those resolved without_promise (no resolution was promised, so that nothing says \
                 which hours count; by clock=elapsed they are measured all the same). Filters look at tickets as they \
                 are now."
            }
            Self::Satisfaction => {
                "Mean score (1 to 5) of the n answers given in the window; one for each resolution, the last one \
                 where it was changed. Met: value > target. distribution = answers by score; positive = share of 4 and \
                 5; sent = surveys sent in the window, to those who had not answered by then; response_rate = share of \
                 those that were answered by now; confidence_interval = in which the mean lies with 95 % confidence (normal distribution, sample variance, cut at 1 \
                 and 5), null for fewer than two answers. Left out and counted in excluded: merged tickets. Filters \
                 look at tickets as they are now."
            }
            Self::SlaAttainment => ATTAINMENT,
            Self::Backlog => {
                "Tickets that are new, open, pending or on hold now, whatever the window; merged ones are not, \
                 spam that nobody has resolved is counted. Null where there are none. by_state and by_age (time since \
                 they were created) add up to it. No target. Filters look at tickets as they are now."
            }
            Self::ReopenRate => {
                "Of the n tickets resolved in the window, the share that was reopened at any time since; a ticket \
                 counts once, in the window of its first resolution by a person, or of its first one where automation \
                 alone has resolved it. No target. Left out and counted in excluded: merged ones and spam. Filters \
                 look at tickets as they are now."
            }
            Self::EscalationRate => {
                "Of the n tickets resolved in the window, the share that has had a functional escalation; a ticket \
                 counts once, in the window of its first resolution by a person, or of its first one where automation \
                 alone has resolved it. No target. Left out and counted in excluded: merged ones and spam. Filters \
                 look at tickets as they are now."
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
            Self::TimeToResolution => &[Exclusion::Merged, Exclusion::WithoutPromise],
            Self::ResolutionRate | Self::Satisfaction | Self::Automation => &[Exclusion::Merged],
            Self::SlaAttainment => &[Exclusion::Merged, Exclusion::Spam, Exclusion::Cancelled],
            Self::Backlog | Self::Uptime => &[],
            Self::ReopenRate | Self::EscalationRate => &[Exclusion::Merged, Exclusion::Spam],
        }
    }
}
