//! The ladders of a new ticket.

use jiff::Timestamp;
use uuid::Uuid;

use super::Plan;
use crate::domain::escalation::ladder::{self, Directory, Item, Policies, Standing};
use crate::domain::sla::Clocks;
use crate::domain::ticket::record::Escalation;
use crate::domain::ticket::{Actor, Fact};

/// What the ladders of a new ticket will do.
pub(super) struct Climbing {
    /// The steps, as they are shown.
    pub(super) items: Vec<Item>,
    /// When the first of them is due.
    pub(super) next: Option<Timestamp>,
}

/// What ladders are made from.
#[derive(Debug, Clone, Copy)]
pub struct Rungs<'a> {
    /// The policies in force.
    pub policies: &'a Policies,
    /// Who can be reached.
    pub directory: &'a Directory,
}

impl Plan {
    /// Chooses the policy that the ticket climbs by. `None` only if the plan
    /// contradicts itself.
    pub(super) fn climb(
        &mut self,
        rungs: Rungs<'_>,
        (tags, escalations): (&[String], &[Escalation]),
        clocks: Clocks,
        next: &mut dyn FnMut() -> Uuid,
    ) -> Option<Climbing> {
        let state = &self.state;
        let first = rungs.policies.first(state.classification.category, state.priority(), &state.team);
        let (policy, snapshot) =
            first.map_or((None, None), |(policy, snapshot)| (Some(policy), Some(snapshot)));
        self.add(Actor::Automation, next(), Fact::LadderStarted { ladder: snapshot });
        if policy.and_then(|policy| policy.is_vip(tags)) == Some(true) {
            self.add(Actor::Automation, next(), Fact::VipChanged { vip: true });
        }
        let standing = Standing::read(&self.history, escalations, clocks)?;
        let reach = |target: &ladder::Target, at: Timestamp| rungs.directory.reach(target, at);
        let none = ladder::Policy::default();
        let ticket = standing.situation();
        let plan = ladder::Plan::of(policy.unwrap_or(&none), &ticket, &standing.done, &reach);
        Some(Climbing { items: plan.items(&[], &ticket), next: plan.next(self.at) })
    }
}
