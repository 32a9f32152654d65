//! The steps to come, with their instants.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::base::{Base, bases};
use super::decision::Moot;
use super::facts::Situation;
use super::policy::{Action, Ladder, Level, Policy, Target};
use super::reached::Reached;
use super::step::{Done, Overtaken, Step, StepId, StepState};
use crate::domain::id::AgentId;
use crate::domain::vocabulary::Persona;

/// All steps of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Which plan this is; see [`Situation::generation`].
    pub generation: usize,
    /// By instant, those without one last; those of one instant as the policy
    /// names them.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan for a ticket as it is, and what became of earlier steps. Steps
    /// that should have come before the plan began come at its beginning, of
    /// each level only the last. `reach` tells whom a target stands for at an
    /// instant; a level that has nobody hands on to the next one at once.
    #[must_use]
    pub fn of(
        policy: &Policy,
        ticket: &Situation<'_>,
        done: &BTreeMap<StepId, Done>,
        reach: &dyn Fn(&Target, Timestamp) -> Option<Reached>,
    ) -> Self {
        let mut climb = Climb { policy, ticket, done, reach, steps: Vec::new() };
        if !ticket.is_over() {
            for ladder in &policy.ladders {
                for base in bases(&ladder.trigger, ticket) {
                    climb.ladder(ladder, &base);
                }
            }
        }
        let mut steps = climb.steps;
        steps.retain(|step| !done.contains_key(&step.id));
        let generation = ticket.generation();
        steps.extend(done.iter().map(|(id, done)| Step {
            id: id.clone(),
            generation,
            due: done.due,
            after: None,
            to: done.to.clone(),
            state: done.state,
            taken_at: Some(done.at),
            why: done.why,
        }));
        // Stable: what has one instant stays in the order of the policy.
        steps.sort_by_key(|step| (step.due.is_none(), step.due));
        Self { generation, steps }
    }

    /// The steps that are still to come.
    pub fn planned(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state == StepState::Planned)
    }

    /// The first instant at which one of them is to be taken if nothing else
    /// happens to the ticket. Of what may be taken by `now`, reminders that a
    /// later one overtook don't count.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match self.ready(now) {
            Some(step) => step.ready_at(),
            None => self.planned().filter_map(Step::ready_at).min(),
        }
    }

    /// The first of the steps that are to be taken by `now`; of reminders that
    /// are due together only the last is.
    #[must_use]
    pub fn ready(&self, now: Timestamp) -> Option<&Step> {
        let ready: Vec<&Step> = self.planned().filter(|step| step.is_ready(now)).collect();
        let last = |step: &&&Step| !ready.iter().any(|later| step.id.is_overtaken_by(&later.id));
        ready.iter().filter(last).min_by_key(|step| step.ready_at()).copied()
    }

    /// The reminders that a step which is taken at `now` stands for as well.
    #[must_use]
    pub fn overtaken(&self, step: &Step, now: Timestamp) -> Vec<Overtaken> {
        let earlier = self.planned().filter(|one| one.is_ready(now) && one.id.is_overtaken_by(&step.id));
        earlier.filter_map(|one| Some(Overtaken { repeat: one.id.repeat, due: one.due? })).collect()
    }
}

/// The steps of a policy while they are gathered.
struct Climb<'c> {
    policy: &'c Policy,
    ticket: &'c Situation<'c>,
    done: &'c BTreeMap<StepId, Done>,
    reach: &'c dyn Fn(&Target, Timestamp) -> Option<Reached>,
    steps: Vec<Step>,
}

impl Climb<'_> {
    fn ladder(&mut self, ladder: &Ladder, base: &Base) {
        // An empty level below hands on at this instant.
        let mut handed_on: Option<Timestamp> = None;
        for (place, level) in ladder.levels.iter().enumerate() {
            let own = base.at.map(|at| self.own(at, level, base));
            let first = own.map(|own| handed_on.map_or(own, |sooner| own.min(sooner)));
            let id = StepId {
                policy: self.policy.key.clone(),
                version: self.policy.version,
                trigger: ladder.trigger.to_string(),
                cycle: base.cycle.clone(),
                level: place + 1,
                repeat: 0,
                action: Action::Notify,
            };
            self.level(&id, level, first, base);
            handed_on = self.is_empty(&id, level, base, first);
        }
    }

    /// When a level comes by itself. What is still ahead of a ticket that came
    /// back comes no earlier than it did.
    fn own(&self, at: Timestamp, level: &Level, base: &Base) -> Timestamp {
        let watched = self.ticket.watched_since;
        let earliest = if at < watched { base.earliest } else { base.earliest.max(watched) };
        later(at, level.delay).max(earliest)
    }

    /// Whether what was due at that instant is not told any more.
    fn is_past(&self, due: Option<Timestamp>) -> bool {
        due.is_some_and(|due| due < self.ticket.watched_since)
    }

    fn level(&mut self, id: &StepId, level: &Level, first: Option<Timestamp>, base: &Base) {
        let since = self.ticket.since();
        let instant = |repeat: u32| first.map(|first| later(first, times(level.every, repeat)));
        // Reminders that a later one had overtaken when the plan began tell nothing.
        let overtaken =
            (1..=level.repeat).rev().find(|repeat| instant(*repeat).is_some_and(|at| at <= since));
        for repeat in 0..=level.repeat {
            if self.is_past(instant(repeat)) {
                continue;
            }
            let due = instant(repeat).map(|at| at.max(since));
            let reminds = repeat >= overtaken.unwrap_or(0);
            let to = due.and_then(|due| self.reached(level, base, due));
            let actions = level.actions.iter().copied();
            let wanted = actions.filter(|action| if action.reminds() { reminds } else { repeat == 0 });
            self.steps.extend(wanted.map(|action| Step {
                id: StepId { repeat, action, ..id.clone() },
                generation: self.ticket.generation(),
                due,
                after: base.after.filter(|after| due.is_some_and(|due| due <= *after)),
                to: to.clone(),
                state: StepState::Planned,
                taken_at: None,
                why: None,
            }));
        }
    }

    /// Who of a level is there at an instant.
    fn reached(&self, level: &Level, base: &Base, at: Timestamp) -> Option<Reached> {
        let pending = base.pending.as_ref();
        let place = Place {
            team: pending.map_or(self.ticket.team, |pending| pending.team.as_str()),
            agent: self.ticket.agent,
            fallback: pending.and_then(|pending| pending.fallback),
        };
        level.to.iter().filter_map(|target| place.fill(target)).find_map(|target| (self.reach)(&target, at))
    }

    /// When a level that had nobody, or will have nobody, hands on.
    fn is_empty(
        &self,
        id: &StepId,
        level: &Level,
        base: &Base,
        first: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let was = level.actions.iter().find_map(|action| {
            self.done.get(&StepId { action: *action, ..id.clone() }).map(|done| (done.why, done.due))
        });
        match was {
            Some((Some(Moot::Nobody), due)) => due,
            Some(_) => None,
            None => first
                .filter(|first| !self.is_past(Some(*first)))
                .map(|first| first.max(self.ticket.since()))
                .filter(|at| self.reached(level, base, *at).is_none()),
        }
    }
}

/// Where the ticket, or its hand-over, is.
struct Place<'p> {
    team: &'p str,
    agent: Option<AgentId>,
    fallback: Option<Persona>,
}

impl Place<'_> {
    /// The target with what it left to the ticket; none: there is no such thing.
    fn fill(&self, target: &Target) -> Option<Target> {
        let named = |of: &Option<String>| Some(of.clone().unwrap_or_else(|| self.team.to_owned()));
        Some(match target {
            Target::Queue(of) => Target::Queue(named(of)),
            Target::OnCall(of) => Target::OnCall(named(of)),
            Target::Lead(of) => Target::Lead(named(of)),
            Target::Assignee => Target::Agent(self.agent?),
            Target::Fallback => Target::Persona(self.fallback?),
            Target::Agent(_) | Target::Persona(_) => target.clone(),
        })
    }
}

fn times(every: SignedDuration, repeat: u32) -> SignedDuration {
    every.saturating_mul(i32::try_from(repeat).unwrap_or(i32::MAX))
}

/// Saturates at the range of timestamps.
fn later(at: Timestamp, delay: SignedDuration) -> Timestamp {
    let bound = if delay.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(delay).unwrap_or(bound)
}
