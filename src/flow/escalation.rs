//! The life of a hand-over: seen, worked on, given back, refused, answered,
//! ended.

use jiff::Timestamp;

use super::case::{Case, actor};
use super::context;
use super::error::Error;
use super::escalate::{Automatic, succeed, successor};
use super::execution::{UseCase, Work};
use super::life::Target;
use crate::domain::escalation::{EscalationState, FIRST_LEVEL, Origin, advance};
use crate::domain::id::EscalationId;
use crate::domain::ticket::life::{self, Step};
use crate::domain::ticket::record::{Escalation, Record};
use crate::domain::ticket::{Actor, Assignment, Fact};
use crate::domain::vocabulary::EvidenceKind;
use crate::store;

/// What somebody says who takes a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// They have seen it, and take it.
    Acknowledge {
        /// Until when that holds; none: for good.
        until: Option<Timestamp>,
    },
    /// They begin.
    Start,
    /// They give it back until this has arrived.
    Return {
        /// What is missing.
        missing: Vec<EvidenceKind>,
    },
    /// They refuse it; the note says why.
    Decline,
    /// They answer.
    Answer {
        /// The answer.
        text: String,
    },
    /// It is over.
    Close,
}

/// A step of an escalation.
#[derive(Debug, Clone)]
pub struct TakeStep {
    /// Of which escalation.
    pub escalation: EscalationId,
    /// Which step.
    pub word: Word,
    /// What they say with it.
    pub note: Option<String>,
    /// The versions of the escalation that the step is meant for.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for TakeStep {
    type Output = Escalation;

    async fn run(&self, work: &mut Work<'_>) -> Result<Escalation, Error> {
        let unknown = || Error::NotFound("escalation");
        let found = store::escalation::lookup(work.tx.read(), self.escalation).await?.ok_or_else(unknown)?;
        let mut case = Case::load(work, found.ticket, None).await?;
        expire(work, &mut case);
        let escalation = case.escalation(self.escalation).cloned().ok_or_else(unknown)?;
        if self.expected.as_ref().is_some_and(|all| !all.contains(&escalation.version)) {
            return Err(Error::VersionMismatch);
        }
        match &self.word {
            Word::Acknowledge { until } => {
                self.take(work, &mut case, &Step::Acknowledge { until: *until })?;
            }
            Word::Start => self.take(work, &mut case, &Step::Start)?,
            Word::Return { missing } => {
                self.take(work, &mut case, &Step::Return { missing: missing.clone() })?;
                let now = case.now(work);
                context::ask(work, &mut case, &escalation, missing, now).await?;
            }
            Word::Decline => self.decline(work, &mut case, &escalation).await?,
            Word::Answer { text } => {
                self.take(work, &mut case, &Step::Answer)?;
                self.edit(&mut case, |answered| answered.answer = Some(text.clone()));
            }
            Word::Close => self.take(work, &mut case, &Step::Close)?,
        }
        case.save(work).await?;
        store::escalation::lookup(work.tx.read(), self.escalation).await?.ok_or_else(unknown)
    }
}

impl TakeStep {
    fn take(&self, work: &Work<'_>, case: &mut Case, step: &Step) -> Result<(), Error> {
        let escalation = case.escalation(self.escalation).ok_or(Error::NotFound("escalation"))?;
        let fact = life::step(case.ticket(), escalation, step, case.now(work))?;
        case.record(work, actor(work), self.note.as_deref(), vec![fact]);
        self.edit(case, |stepped| stepped.note.clone_from(&self.note));
        Ok(())
    }

    fn edit(&self, case: &mut Case, edit: impl FnOnce(&mut Escalation)) {
        let mine = |escalation: &&mut Escalation| escalation.id == self.escalation;
        if let Some(escalation) = case.record.escalations.iter_mut().find(mine) {
            edit(escalation);
        }
    }

    /// Refuses it: its fallback gets it. Where nobody is left, the ticket goes
    /// back to first level, so that it is still in somebody's queue.
    async fn decline(&self, work: &mut Work<'_>, case: &mut Case, old: &Escalation) -> Result<(), Error> {
        advance(old.state, EscalationState::Declined)?;
        let fallback = old.fallback.map(|persona| (persona, successor(work, case, persona)));
        let followed_by = fallback.map(|(_, id)| id);
        self.take(work, case, &Step::Decline { followed_by })?;
        let why = self.note.clone().unwrap_or_default();
        self.edit(case, |declined| (declined.declined_reason, declined.note) = (self.note.clone(), None));
        let at = case.now(work);
        let Some((persona, id)) = fallback else {
            let agent = case.ticket().agent;
            let assignment = Assignment { team: FIRST_LEVEL.to_owned(), agent, persona: None };
            case.record_at(work, at, Actor::Automation, None, vec![Fact::Assigned { assignment }]);
            return Ok(());
        };
        let reason = format!("{}\n\nDeclined by {}: {why}", old.reason, old.persona);
        let (origin, follows) = (Origin::Fallback, Some(old.id));
        succeed(work, case, &Automatic { id, persona, origin, reason: &reason, follows, at }).await
    }
}

/// Lets acknowledgements end that were given until an instant that has come,
/// each stamped with that instant. The case is left to be saved by the caller.
pub(super) fn expire(work: &Work<'_>, case: &mut Case) {
    let now = case.now(work);
    for (at, fact) in life::expire(case.ticket(), &case.record.escalations, now) {
        case.record_at(work, at, Actor::Automation, None, vec![fact]);
    }
}

/// Somebody has seen every hand-over of a ticket that waits for that.
#[derive(Debug, Clone)]
pub struct AcknowledgeTicket {
    /// Of what.
    pub target: Target,
    /// Until when that holds; none: for good.
    pub until: Option<Timestamp>,
    /// What they say.
    pub note: Option<String>,
}

impl UseCase for AcknowledgeTicket {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        expire(work, &mut case);
        let now = case.now(work);
        if self.until.is_some_and(|until| until <= now) {
            let detail = format!("must lie after {now}, the present instant");
            return Err(Error::invalid("/until", "past", detail));
        }
        let step = Step::Acknowledge { until: self.until };
        let waiting: Vec<EscalationId> = case
            .record
            .escalations
            .iter()
            .filter(|escalation| escalation.waits_for(self.until))
            .map(|escalation| escalation.id)
            .collect();
        for escalation in waiting {
            let taken = TakeStep {
                escalation,
                word: Word::Acknowledge { until: self.until },
                note: self.note.clone(),
                expected: None,
            };
            taken.take(work, &mut case, &step)?;
        }
        if !case.has_changed() {
            return Ok(case.record);
        }
        case.save(work).await
    }
}
