//! Steps that hand a ticket over: to a persona, to a fallback, to human support.

use crate::domain::escalation::Origin;
use crate::domain::escalation::ladder::Step;
use crate::domain::handoff::HandoffCause;
use crate::domain::id::EscalationId;
use crate::domain::vocabulary::Persona;
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::escalate::{Automatic, fall_back, open_to};
use crate::flow::execution::Work;
use crate::flow::handoff;

/// Why a ladder hands a ticket over where nobody was waited for.
const CLIMBED: &str = "A ladder of the ticket's policy came to this level.";

impl Case {
    /// Hands the ticket over to a persona. A hand-over that nobody acknowledged
    /// ends where the ladder was waiting for it; one that is open to the persona
    /// already stands for a new one.
    pub(super) async fn hand_over(
        &mut self,
        work: &mut Work<'_>,
        step: &Step,
        persona: Persona,
    ) -> Result<(), Error> {
        let at = self.now(work);
        if let Some(waited) = step.id.pending() {
            fall_back(work, self, waited, Some(persona), at).await?;
            return Ok(());
        }
        if open_to(self, persona).is_some() {
            return Ok(());
        }
        let id = EscalationId::new(work.desk.clock().new_id());
        let (origin, reason) = (Origin::Ladder, CLIMBED);
        Automatic { id, persona, origin, reason, follows: None, at }.make(work, self).await
    }

    /// Makes a handoff to human support.
    pub(super) async fn hand_off(&mut self, work: &mut Work<'_>) -> Result<(), Error> {
        handoff::make(work, self, HandoffCause::Ladder).await?;
        Ok(())
    }
}
