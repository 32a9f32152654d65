//! Choosing the policy that a ticket climbs by, and taking the steps that are
//! due.

use jiff::Timestamp;

use super::look::Outlook;
use crate::domain::escalation::ladder::{Decision, Step, StepState};
use crate::domain::ticket::{Actor, Fact};
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;

/// Steps that one transaction takes; a policy that leads to more is worked off
/// by the next ones.
const MOST_AT_ONCE: usize = 200;

impl Case {
    /// Sees to it that the ticket climbs by the policy that it should, and takes
    /// the steps that are due from `from` on. What was recorded is left to be
    /// saved; the answer is what comes next.
    pub(in crate::flow) async fn climb(
        &mut self,
        work: &mut Work<'_>,
        from: Timestamp,
    ) -> Result<Outlook, Error> {
        let mut outlook = self.choose(work).await?;
        for _ in 0..MOST_AT_ONCE {
            let now = self.now(work);
            let plan = outlook.plan();
            let Some(step) = plan.ready(from, now) else { break };
            let decision = plan.judge(step, now);
            self.take_step(work, step, decision).await?;
            outlook = self.outlook(work).await?;
        }
        Ok(outlook)
    }

    /// Takes the one step that is due next by `now`, if there is one. Whether
    /// there was.
    pub(in crate::flow) async fn take_due(&mut self, work: &mut Work<'_>, now: Timestamp) -> Result<bool, Error> {
        let plan = self.outlook(work).await?.plan();
        let Some(step) = plan.ready(Timestamp::MIN, now) else { return Ok(false) };
        let decision = plan.judge(step, now);
        self.take_step(work, step, decision).await?;
        Ok(true)
    }

    /// Records which policy makes its plan, where that is to be chosen, and
    /// whether its ladder for important people is for it.
    pub(in crate::flow) async fn choose(&mut self, work: &mut Work<'_>) -> Result<Outlook, Error> {
        let mut outlook = self.outlook(work).await?;
        if !self.ticket().is_unresolved() {
            return Ok(outlook);
        }
        if outlook.standing.wants_policy() {
            let policies = work.desk.ladders(work.tx.read()).await?;
            let ticket = self.ticket();
            let first = policies.first(ticket.classification.category, ticket.priority(), &ticket.team);
            let ladder = first.map(|(_, snapshot)| snapshot);
            self.record(work, Actor::Automation, None, vec![Fact::LadderStarted { ladder }]);
            outlook = self.outlook(work).await?;
        }
        let wanted = outlook.policy.as_ref().and_then(|policy| policy.is_vip(&self.record.tags));
        let vip = wanted.unwrap_or(false);
        if vip != outlook.standing.is_vip() {
            self.record(work, Actor::Automation, None, vec![Fact::VipChanged { vip }]);
            outlook = self.outlook(work).await?;
        }
        Ok(outlook)
    }

    async fn outlook(&self, work: &mut Work<'_>) -> Result<Outlook, Error> {
        let now = self.now(work);
        work.desk.outlook(work.tx.read(), (&self.record, &self.history), now).await
    }

    /// Keeps the plan as it is shown.
    pub(in crate::flow) async fn save_plan(
        &mut self,
        work: &mut Work<'_>,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let items = outlook.items(&self.record.plan);
        if items != self.record.plan {
            store::ladder::put_plans(&mut work.tx, &[(self.record.id, &items)]).await?;
            self.record.plan = items;
        }
        Ok(())
    }

    /// Takes a step, or records that it tells nobody; stamped with its instant.
    async fn take_step(&mut self, work: &mut Work<'_>, step: &Step, decision: Decision) -> Result<(), Error> {
        let (state, due, to, why) = match decision {
            Decision::Fire { to, due } => (StepState::Fired, due, Some(to), None),
            Decision::Skip { due, why } => (StepState::Skipped, due, None, Some(why)),
            Decision::Moot(_) | Decision::PutOff(_) => {
                return Err(Error::Defect(format!("step {} is not due", step.id)));
            }
        };
        // Whatever a step does happens at the instant that it was due.
        let at = due.max(self.ticket().updated_at);
        let before = self.history.len();
        if let Some(to) = &to {
            self.effect(work, step, to, at).await?;
        }
        let effects = u32::try_from(self.history.len() - before).unwrap_or(u32::MAX);
        let fact = Fact::LadderStep { step: step.id.clone(), state, due, to, why, effects };
        self.record_at(work, at, Actor::Automation, None, vec![fact]);
        Ok(())
    }
}
