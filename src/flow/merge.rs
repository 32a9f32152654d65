//! Two tickets that turn out to be one.

use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::life::Target;
use crate::domain::id::{EscalationId, TicketId};
use crate::domain::ticket::life::{self, Merging};
use crate::domain::ticket::record::{Record, ResolutionRecord};
use crate::domain::vocabulary::Resolution;
use crate::store;

/// The end of a ticket as the duplicate of another one, which is answered with.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The one that ends.
    pub target: Target,
    /// The one that goes on.
    pub into: TicketId,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for Merge {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let (mut source, mut into) = self.load(work).await?;
        let open: Vec<EscalationId> =
            source.record.escalations.iter().filter(|e| e.state.is_open()).map(|e| e.id).collect();
        let ends = (source.record.id, source.ticket());
        let Merging { source: ended, target: went_on } =
            life::merge(ends, (into.record.id, into.ticket()), &open)?;
        let now = source.now(work);
        let acting = actor(work);
        source.record(work, acting, self.reason.as_deref(), ended);
        into.record(work, acting, self.reason.as_deref(), went_on);
        let resolved = ResolutionRecord {
            resolution: Resolution::Duplicate,
            steps: format!("Merged into ticket {}.", into.record.number),
            root_cause: None,
            knowledge: None,
            impact_assessment: None,
            agent: acting.agent(),
            resolved_at: now,
        };
        let (ticket, seq) = (source.record.id, source.ticket().version);
        store::resolution::insert(&mut work.tx, &[(ticket, seq, &resolved)]).await?;
        // Later alerts of its groups are about the ticket that goes on.
        store::alert::merge(&mut work.tx, ticket, into.record.id).await?;
        source.save(work).await?;
        into.save(work).await
    }
}

impl Merge {
    /// Both tickets, locked in the order of their identifiers, so that two
    /// merges of the same tickets cannot wait for each other.
    async fn load(&self, work: &mut Work<'_>) -> Result<(Case, Case), Error> {
        let source = self.target.ticket;
        if source == self.into {
            let case = self.target.load(work).await?;
            let itself = (source, case.ticket());
            life::merge(itself, itself, &[])?;
        }
        let mut known = [(source, false), (self.into, false)];
        known.sort_unstable_by_key(|(ticket, _)| ticket.uuid());
        for (ticket, found) in &mut known {
            *found = store::ticket::lock(&mut work.tx, *ticket).await?;
        }
        let source = self.target.load(work).await?;
        if known.contains(&(self.into, false)) {
            return Err(Error::invalid("/into", "unknown_ticket", "is not a ticket"));
        }
        let into = Case::load(work, self.into, None).await?;
        Ok((source, into))
    }
}
