//! What ladders will do to a ticket if nothing else happens to it.

use jiff::Timestamp;

use super::decision::{Decision, Moot};
use super::item::Item;
use super::plan::Plan;
use super::policy::Policy;
use super::reached::{Directory, Reached};
use super::standing::Standing;
use super::step::{Overtaken, Step, StepId, StepState};
use crate::domain::ticket::Fact;

/// A ticket as its ladders see it at an instant, with who can be reached then.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The ticket.
    pub standing: Standing,
    /// What it climbs by; none: no policy is for it.
    pub policy: Option<Policy>,
    /// Who can be reached.
    pub directory: Directory,
    /// The instant.
    pub now: Timestamp,
}

/// A step that is taken, or tells nobody, before it is a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The step.
    pub step: Step,
    /// When it was due.
    pub due: Timestamp,
    /// Who gets it; none: nobody.
    pub to: Option<Reached>,
    why: Option<Moot>,
    overtaken: Vec<Overtaken>,
}

impl Taken {
    /// The fact, of which `effects` facts right before it are the doing.
    #[must_use]
    pub fn fact(self, effects: u32) -> Fact {
        let Self { step, due, to, why, overtaken } = self;
        let state = if to.is_some() { StepState::Fired } else { StepState::Skipped };
        Fact::LadderStep { step: step.id, state, due, to, why, overtaken, effects }
    }
}

impl Outlook {
    /// The steps of its ladders. What is late reaches whoever is there by now.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let ticket = self.standing.situation();
        let done = &self.standing.done;
        let none = Policy::default();
        let policy = self.policy.as_ref().unwrap_or(&none);
        Plan::of(policy, &ticket, done, &|target, at| self.directory.reach(target, at.max(self.now)))
    }

    /// The steps as they are shown after those of before.
    #[must_use]
    pub fn items(&self, earlier: &[Item]) -> Vec<Item> {
        self.plan().items(earlier, &self.standing.situation())
    }

    /// Whether it is to become, or cease to be, a ticket of somebody important.
    #[must_use]
    pub fn vip_change(&self, tags: &[String]) -> Option<bool> {
        let vip = self.policy.as_ref().and_then(|policy| policy.is_vip(tags)).unwrap_or(false);
        (vip != self.standing.is_vip()).then_some(vip)
    }

    /// The step that is due first, and what becomes of it; nothing may be due.
    ///
    /// # Errors
    /// The step that was found to be due and is not, a defect.
    pub fn take(&self) -> Result<Option<Taken>, StepId> {
        let plan = self.plan();
        let Some(step) = plan.ready(self.now) else { return Ok(None) };
        let (due, to, why) = match plan.judge(step, self.now) {
            Decision::Fire { to, due } => (due, Some(to), None),
            Decision::Skip { due, why } => (due, None, Some(why)),
            Decision::Moot(_) | Decision::PutOff(_) => return Err(step.id.clone()),
        };
        let overtaken = plan.overtaken(step, self.now);
        Ok(Some(Taken { step: step.clone(), due, to, why, overtaken }))
    }
}
