//! Steps that hand a ticket over: to a persona, to a fallback, to human support.

use crate::domain::escalation::ladder::Step;
use crate::domain::vocabulary::Persona;
use crate::flow::case::Case;
use crate::flow::error::Error;
use crate::flow::execution::Work;

impl Case {
    /// Hands the ticket over to a persona.
    pub(super) async fn hand_over(
        &mut self,
        _work: &mut Work<'_>,
        _step: &Step,
        _persona: Persona,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Writes a handoff to human support.
    pub(super) async fn hand_off(
        &mut self,
        _work: &mut Work<'_>,
        _step: &Step,
    ) -> Result<(), Error> {
        Ok(())
    }
}
