//! Choosing the policy that a ticket climbs by, and taking the steps that are
//! due.

use crate::domain::escalation::ladder::Outlook;
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
        if let Some(vip) = outlook.vip_change(&self.record.tags) {
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
        let ready = outlook.take();
        let ready = ready.map_err(|step| Error::Defect(format!("step {step} is not due")))?;
        let Some(taken) = ready else { return Ok(()) };
        let before = self.history.len();
        if let Some(to) = &taken.to {
            // Few steps do more than tell: not part of every future that settles a ticket.
            Box::pin(self.effect(work, &taken.step, to)).await?;
        }
        let effects = u32::try_from(self.history.len() - before).unwrap_or(u32::MAX);
        self.record(work, Actor::Automation, None, vec![taken.fact(effects)]);
        Ok(())
    }
}
