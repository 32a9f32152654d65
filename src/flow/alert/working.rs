//! The ticket that a group of alerts has, and what its reports do to it.

use super::super::case::Case;
use super::super::conclude::conclude;
use super::super::error::Error;
use super::super::execution::Work;
use super::super::life::reopening;
use super::super::write::attach;
use crate::domain::alert::{Alert, Group, is_told, joined, worse};
use crate::domain::id::TicketId;
use crate::domain::ticket::event::ResolutionCause;
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Actor, Classification, Fact, life};
use crate::domain::vocabulary::{Channel, DecidedBy, Resolution, Severity};
use crate::store;

/// A ticket, locked, with where it went if it was merged.
pub(super) struct Worked {
    pub(super) record: Record,
}

/// Tells the history of the repeats that it does not know, and of `more`.
pub(super) fn tell_repeats(work: &Work<'_>, case: &mut Case, more: i32) {
    let times = std::mem::take(&mut case.record.untold_repeats).saturating_add(more);
    if times > 0 {
        case.record(work, Actor::Automation, None, vec![Fact::Repeated { times }]);
    }
}

/// Makes the ticket as severe as its alert says, and what it is promised with it.
async fn worsen(work: &mut Work<'_>, case: &mut Case, severity: Severity) -> Result<(), Error> {
    let before = case.promised(work).await?;
    let (class, persona) = (case.ticket().classification, case.ticket().persona);
    let priority = work.desk.rules().triage.priority(severity, class.impact);
    let classification = Classification { severity, priority, ..class };
    let reason = format!("The alert got worse: its severity is now {severity}.");
    let facts = life::retriage(case.ticket(), classification, DecidedBy::Rule, persona, false)?;
    worse::explain(&mut case.record.triage, &classification, &reason);
    case.record(work, Actor::Automation, Some(&reason), facts);
    case.match_policy(work, &before).await
}

impl Worked {
    /// The ticket, or the one that goes on in its place.
    pub(super) async fn find(work: &mut Work<'_>, ticket: TicketId) -> Result<Self, Error> {
        let unknown = || Error::Defect(format!("a group of alerts has no ticket {ticket}"));
        let mut next = ticket;
        loop {
            next = store::succession::end_of_merges(work.tx.read(), next).await?.ok_or_else(unknown)?;
            store::ticket::lock(&mut work.tx, next).await?;
            let record = store::record::lookup(work.tx.read(), next).await?.ok_or_else(unknown)?;
            // Somebody may have merged it while it was waited for.
            if record.state.merged_into.is_none() {
                return Ok(Self { record });
            }
        }
    }

    async fn case(&self, work: &mut Work<'_>) -> Result<Case, Error> {
        Case::load(work, self.record.id, None).await
    }

    /// Counts a repeat, and tells the history of it now and then. What is new
    /// among its alerts is attached; no clock and no ladder starts anew. A
    /// severity that is worse than the ticket's raises it, unless a person has
    /// graded the ticket.
    pub(super) async fn repeat(
        self,
        work: &mut Work<'_>,
        new: &[&Alert],
        severity: Option<Severity>,
    ) -> Result<(), Error> {
        let untold = self.record.untold_repeats.saturating_add(1);
        let is_quiet = new.is_empty() && !is_told(self.record.state.occurrences.saturating_add(untold));
        // The list begins with the worst.
        let worse = severity.filter(|severity| *severity < self.record.state.classification.severity);
        if is_quiet && worse.is_none() {
            return Ok(store::ticket::count_untold(&mut work.tx, self.record.id, untold).await?);
        }
        let mut case = self.case(work).await?;
        let worse = worse.filter(|_| !worse::is_graded_by_person(&case.history));
        if is_quiet && worse.is_none() {
            return Ok(store::ticket::count_untold(&mut work.tx, self.record.id, untold).await?);
        }
        tell_repeats(work, &mut case, 1);
        attach(work, &mut case, Actor::Automation, &joined(new)).await?;
        if let Some(severity) = worse {
            worsen(work, &mut case, severity).await?;
        }
        case.save(work).await?;
        Ok(())
    }

    /// Brings it back. `false`: it cannot come back, because another ticket has
    /// its place.
    pub(super) async fn reopen(&self, work: &mut Work<'_>) -> Result<bool, Error> {
        let mut case = self.case(work).await?;
        let facts = life::reopen(case.ticket(), case.now(work))?;
        match reopening(work, &mut case, &facts).await {
            Err(Error::Conflict(_)) => return Ok(false),
            ended => ended?,
        }
        case.record(work, Actor::Automation, Some("The alert fires again."), facts);
        tell_repeats(work, &mut case, 1);
        case.save(work).await?;
        Ok(true)
    }

    /// Resolves it, unless another group of it fires or a person opened it: an
    /// alert that was merged into somebody's ticket does not end that one. How
    /// it came in says so, not the type that somebody gave it since.
    pub(super) async fn resolve(&self, work: &mut Work<'_>, group: &Group) -> Result<bool, Error> {
        let is_alert = self.record.state.channel == Channel::Alert;
        if !is_alert || store::alert::others_fire(&mut work.tx, self.record.id, group.id).await? {
            return Ok(false);
        }
        let mut case = self.case(work).await?;
        tell_repeats(work, &mut case, 0);
        let unlisted = match group.truncated {
            0 => String::new(),
            more => format!(" The sender did not list {more} more alerts of the group."),
        };
        let sender = group.source.title();
        let reason = format!("{sender} reports that the alert is resolved: {}.{unlisted}", group.title);
        // The condition is gone, whoever did what; `no_fault` would say that it never was.
        conclude(work, &mut case, Resolution::Fixed, ResolutionCause::Alert, &reason).await?;
        case.save(work).await?;
        Ok(true)
    }
}
