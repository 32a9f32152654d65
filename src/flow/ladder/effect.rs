//! What a step does to its ticket, besides telling people.

use crate::domain::change::Change;
use crate::domain::escalation::ladder::{Action, Reached, Step};
use crate::domain::ticket::{Actor, Fact, life};
use crate::domain::vocabulary::Priority;
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::execution::Work;

impl Case {
    /// Does what a step is for. People are told by the fact that the step was
    /// taken, so to notify and to page do nothing more here.
    pub(super) async fn effect(
        &mut self,
        work: &mut Work<'_>,
        step: &Step,
        to: &Reached,
    ) -> Result<(), Error> {
        match step.id.action {
            Action::Notify | Action::Page => Ok(()),
            Action::RaisePriority => self.raise(work, step).await,
            Action::Reassign => self.reassign(work, step, to).await,
            Action::Handoff => self.hand_off(work).await,
        }
    }

    /// One priority more urgent; a P1 stays what it is.
    async fn raise(&mut self, work: &mut Work<'_>, step: &Step) -> Result<(), Error> {
        let from = self.ticket().priority();
        let Some(to) = more_urgent(from) else { return Ok(()) };
        let before = self.promised(work).await?;
        let fact = Fact::PriorityRaised { from, to, step: step.id.to_string() };
        self.record(work, Actor::Automation, None, vec![fact]);
        self.match_policy(work, &before).await
    }

    async fn reassign(&mut self, work: &mut Work<'_>, step: &Step, to: &Reached) -> Result<(), Error> {
        let ticket = self.ticket();
        let (team, agent) = match to {
            Reached::Persona { persona, .. } => return self.hand_over(work, step, *persona).await,
            Reached::Team { team } => (Some(team.clone()), Change::Clear),
            Reached::Agent { agent, team } => (team.clone(), Change::Set(*agent)),
        };
        let stays = team.as_ref().is_none_or(|team| *team == ticket.team);
        if stays && agent.apply(ticket.agent) == ticket.agent {
            return Ok(());
        }
        let facts = life::assign(ticket, team, agent)?;
        self.record(work, Actor::Automation, None, facts);
        Ok(())
    }
}

fn more_urgent(priority: Priority) -> Option<Priority> {
    let place = Priority::ALL.iter().position(|one| *one == priority)?;
    Priority::ALL.get(place.checked_sub(1)?).copied()
}
