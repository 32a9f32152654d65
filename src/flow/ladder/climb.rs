//! Choosing the policy that a ticket climbs by, and taking the steps that are
//! due.

use super::look::Outlook;
use crate::domain::escalation::ladder::{Decision, StepState};
use crate::domain::ticket::{Actor, Fact};
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;

impl Case {
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

    /// Takes the step that is due first, or records that it tells nobody.
    pub(in crate::flow) async fn take_step(
        &mut self,
        work: &mut Work<'_>,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let now = self.now(work);
        let plan = outlook.plan();
        let Some(step) = plan.ready(now) else { return Ok(()) };
        let (state, due, to, why) = match plan.judge(step, now) {
            Decision::Fire { to, due } => (StepState::Fired, due, Some(to), None),
            Decision::Skip { due, why } => (StepState::Skipped, due, None, Some(why)),
            Decision::Moot(_) | Decision::PutOff(_) => {
                return Err(Error::Defect(format!("step {} is not due", step.id)));
            }
        };
        let (before, overtaken) = (self.history.len(), plan.overtaken(step, now));
        if let Some(to) = &to {
            self.effect(work, step, to).await?;
        }
        let effects = u32::try_from(self.history.len() - before).unwrap_or(u32::MAX);
        let fact = Fact::LadderStep { step: step.id.clone(), state, due, to, why, overtaken, effects };
        self.record(work, Actor::Automation, None, vec![fact]);
        Ok(())
    }
}
