//! What ladders look at, read from a ticket's record and history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::Moot;
use super::facts::{Acknowledgement, Change, Pending, Press, Situation};
use super::step::{Done, Overtaken, StepId, StepState};
use crate::domain::escalation::EscalationState;
use crate::domain::id::EscalationId;
use crate::domain::sla::Clocks;
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::{Event, Fact, Ticket};

/// Which version of which policy a ticket's plan is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Key of the policy.
    pub policy: String,
    /// Its version.
    pub version: u32,
    /// The text that it stands in: `own` with the number of the tenant's
    /// edition, or the name of a shipped text.
    pub source: String,
}

/// What a history amounts to for ladders.
#[derive(Debug, Clone)]
pub struct Standing {
    ticket: Ticket,
    clocks: Clocks,
    /// The policy that the plan is made from.
    pub snapshot: Option<Snapshot>,
    /// How many facts there were when that policy was chosen.
    chosen_at: i64,
    /// How many facts there were at the last change that makes a new plan.
    changed_at: i64,
    priority_since: Timestamp,
    /// It got that priority while nothing climbed.
    priority_unheard: bool,
    /// See [`Situation::watched_since`].
    watched_since: Timestamp,
    vip_since: Option<Timestamp>,
    reopened: Vec<Timestamp>,
    pending: Vec<Pending>,
    /// Those that nobody has to take any more.
    ended: Vec<Pending>,
    pressed: Vec<Press>,
    changes: Vec<Change>,
    /// What became of steps.
    pub done: BTreeMap<StepId, Done>,
}

impl Standing {
    /// Reads a history; `None` where it has no opening. `escalations` are the
    /// hand-overs that it names, `clocks` its promises as of its end or later.
    #[must_use]
    pub fn read(history: &[Event], escalations: &[Escalation], clocks: Clocks) -> Option<Self> {
        let (first, rest) = history.split_first()?;
        let ticket = Ticket::replay(std::slice::from_ref(first))?;
        let mut standing = Self {
            priority_since: ticket.created_at,
            priority_unheard: false,
            watched_since: ticket.created_at,
            ticket,
            clocks,
            snapshot: None,
            chosen_at: 0,
            changed_at: first.seq,
            vip_since: None,
            reopened: Vec::new(),
            pending: Vec::new(),
            ended: Vec::new(),
            pressed: Vec::new(),
            changes: Vec::new(),
            done: BTreeMap::new(),
        };
        let by_ladder = effects(history);
        for event in rest {
            standing.take(event, by_ladder.contains(&event.seq), escalations);
        }
        Some(standing)
    }

    /// The view that plans are made from.
    #[must_use]
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            status: self.ticket.status,
            merged: self.ticket.merged_into.is_some(),
            spam: self.ticket.spam,
            created_at: self.ticket.created_at,
            watched_since: self.watched_since,
            priority: self.ticket.priority(),
            priority_since: self.priority_since,
            team: &self.ticket.team,
            agent: self.ticket.agent,
            vip_since: self.vip_since,
            reopened: &self.reopened,
            clocks: &self.clocks,
            pending: &self.pending,
            pressed: &self.pressed,
            changes: &self.changes,
        }
    }

    /// Its promises.
    #[must_use]
    pub const fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// Whether it is a ticket of somebody important.
    #[must_use]
    pub const fn is_vip(&self) -> bool {
        self.vip_since.is_some()
    }

    /// Whether the plan is to be made anew: the ticket has just come in, or its
    /// priority, category or team was changed since the policy was chosen.
    #[must_use]
    pub const fn wants_policy(&self) -> bool {
        self.chosen_at < self.changed_at
    }

    fn take(&mut self, event: &Event, by_ladder: bool, escalations: &[Escalation]) {
        let shape =
            |ticket: &Ticket| (ticket.priority(), ticket.classification.category, ticket.team.clone());
        let before = shape(&self.ticket);
        let was_over = !self.ticket.is_unresolved();
        self.ticket.apply(event);
        let after = shape(&self.ticket);
        if before.0 != after.0 {
            self.priority_since = event.at;
            self.priority_unheard = was_over;
        }
        if before != after {
            self.changes.push(Change { at: event.at, by_ladder });
            if !by_ladder {
                self.changed_at = event.seq;
            }
        }
        match &event.fact {
            Fact::Reopened => self.come_back(event.at),
            Fact::Resolved { .. } => self.pressed.iter_mut().for_each(|press| press.ended = true),
            Fact::LadderStarted { ladder } => {
                if self.chosen_at == 0 {
                    self.watched_since = self.watched_since.max(event.at);
                }
                self.snapshot.clone_from(ladder);
                self.chosen_at = event.seq;
            }
            Fact::LadderPressed { .. } => {
                self.pressed.push(Press { place: event.seq, at: event.at, ended: false });
            }
            Fact::VipChanged { vip } => self.vip_since = vip.then_some(event.at),
            Fact::LadderStep { step, state, due, to, why, overtaken, .. } => {
                for earlier in overtaken {
                    self.overtake(step, *earlier, event.at);
                }
                let done = Done { state: *state, due: Some(*due), at: event.at, to: to.clone(), why: *why };
                self.done.insert(step.clone(), done);
            }
            fact => self.hand_over(fact, event.at, escalations),
        }
    }

    fn overtake(&mut self, step: &StepId, earlier: Overtaken, at: Timestamp) {
        let (state, why) = (StepState::Skipped, Some(Moot::Overtaken));
        let done = Done { state, due: Some(earlier.due), at, to: None, why };
        self.done.insert(StepId { repeat: earlier.repeat, ..step.clone() }, done);
    }

    fn come_back(&mut self, at: Timestamp) {
        self.reopened.push(at);
        self.watched_since = at;
        if std::mem::take(&mut self.priority_unheard) {
            self.priority_since = at;
        }
    }

    fn hand_over(&mut self, fact: &Fact, at: Timestamp, escalations: &[Escalation]) {
        match fact {
            Fact::Escalated { escalation, team, acknowledge_by, .. } => {
                let kept = escalations.iter().find(|kept| kept.id == *escalation);
                let by = acknowledge_by.or(kept.map(|kept| kept.acknowledge_by));
                self.pending.push(Pending {
                    id: *escalation,
                    team: team.clone(),
                    fallback: kept.and_then(|kept| kept.fallback),
                    requested_at: at,
                    acknowledge_by: by.unwrap_or(Timestamp::MAX),
                    rounds: 0,
                    acknowledgements: Vec::new(),
                    in_progress: false,
                });
            }
            Fact::EscalationClosed { escalation } => self.end(*escalation),
            Fact::EscalationAdvanced { escalation, to, until, acknowledge_by, .. } => match to {
                EscalationState::Acknowledged => {
                    let given = Acknowledgement { at, expires_at: *until };
                    self.waiting(*escalation).for_each(|pending| pending.acknowledgements.push(given));
                }
                EscalationState::InProgress => {
                    self.waiting(*escalation).for_each(|pending| pending.in_progress = true);
                }
                EscalationState::Requested => self.ask_again(*escalation, at, *acknowledge_by),
                EscalationState::Answered
                | EscalationState::Closed
                | EscalationState::Returned
                | EscalationState::Declined => self.end(*escalation),
            },
            _ => {}
        }
    }

    fn waiting(&mut self, escalation: EscalationId) -> impl Iterator<Item = &mut Pending> {
        self.pending.iter_mut().filter(move |pending| pending.id == escalation)
    }

    fn end(&mut self, escalation: EscalationId) {
        let (ended, pending) = self.pending.drain(..).partition(|pending| pending.id == escalation);
        self.pending = pending;
        self.ended.extend::<Vec<_>>(ended);
    }

    /// An acknowledgement has run out, from when on the ladder is counted
    /// anyway; or what was sent back has come again, which is another wait.
    fn ask_again(&mut self, escalation: EscalationId, at: Timestamp, by: Option<Timestamp>) {
        let Some(place) = self.ended.iter().rposition(|pending| pending.id == escalation) else { return };
        let before = self.ended.remove(place);
        self.pending.push(Pending {
            requested_at: at,
            acknowledge_by: by.unwrap_or(before.acknowledge_by),
            rounds: before.rounds + before.acknowledgements.len() + 1,
            acknowledgements: Vec::new(),
            in_progress: false,
            ..before
        });
    }
}

/// The places of the facts that steps of ladders brought about: each step says
/// how many right before it are its own.
fn effects(history: &[Event]) -> BTreeSet<i64> {
    let mut places = BTreeSet::new();
    for event in history {
        if let Fact::LadderStep { effects, .. } = &event.fact {
            places.extend(event.seq - i64::from(*effects)..event.seq);
        }
    }
    places
}
