//! The button by which somebody asks for help from above.

use jiff::Timestamp;

use crate::domain::escalation::ladder::{Pressed, press};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Event, Fact};
use crate::flow::case::actor;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::flow::life::Target;

/// What somebody had seen of a ticket when they asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Its state at this version.
    Version(i64),
    /// Its state at this instant.
    At(Timestamp),
}

impl Seen {
    /// The place in the history up to which that is.
    fn place(self, history: &[Event]) -> i64 {
        match self {
            Self::Version(version) => version,
            Self::At(at) => history.iter().rev().find(|event| event.at <= at).map_or(0, |event| event.seq),
        }
    }
}

/// Starts the ladder that starts by hand. Of several people who ask after having
/// seen the same, the first does; the others get what came of it.
#[derive(Debug, Clone)]
pub struct EscalateUp {
    /// Of what.
    pub target: Target,
    /// What the caller had seen; none: everything.
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
        let as_of = self.as_of.map_or(now, |seen| seen.place(&case.history));
        if as_of > now {
            let detail = format!("the ticket is at version {now}");
            return Err(Error::invalid("/as_of", "not_yet", detail));
        }
        if let Pressed::Already(_) = press(outlook.standing.presses(), as_of) {
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
