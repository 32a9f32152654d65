//! The button by which somebody asks for help from above.

use crate::domain::escalation::ladder::{Pressed, Seen, Trigger, press};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Event, Fact};
use crate::flow::case::actor;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::flow::life::Target;

/// The place in the history up to which somebody had seen it.
fn place(seen: Seen, history: &[Event]) -> i64 {
    match seen {
        Seen::Version(version) => version,
        Seen::At(at) => history.iter().rev().find(|event| event.at <= at).map_or(0, |event| event.seq),
    }
}

/// Starts the ladder that starts by hand. Of several people who ask after having
/// seen the same, the first does; the others get what came of it.
#[derive(Debug, Clone)]
pub struct EscalateUp {
    /// Of what.
    pub target: Target,
    /// What the caller had seen; none: they did not say, so what came of the last
    /// press has to be over.
    pub as_of: Option<Seen>,
    /// Why.
    pub reason: String,
}

impl UseCase for EscalateUp {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let outlook = case.choose(work).await?;
        let now = case.ticket().version;
        let as_of = self.as_of.map_or(now, |seen| place(seen, &case.history));
        if as_of > now {
            let detail = format!("the ticket is at version {now}");
            return Err(Error::invalid("/as_of", "not_yet", detail));
        }
        let presses = outlook.standing.situation().pressed;
        let (manual, last) = (Trigger::Manual.to_string(), presses.len().to_string());
        let plan = outlook.plan();
        let climbs = plan.planned().any(|step| step.id.trigger == manual && step.id.cycle == last);
        if let Pressed::Already(_) = press(presses, self.as_of, climbs) {
            return if case.has_changed() { case.save(work).await } else { Ok(case.record) };
        }
        if !case.ticket().is_unresolved() {
            return Err(Error::Conflict("the ticket is resolved; reopen it first".to_owned()));
        }
        if !outlook.policy.is_some_and(|policy| policy.has_button()) {
            let why = "no ladder of the ticket's policy starts by hand";
            return Err(Error::Conflict(why.to_owned()));
        }
        case.record(work, actor(work), Some(&self.reason), vec![Fact::LadderPressed { as_of }]);
        case.save(work).await
    }
}
