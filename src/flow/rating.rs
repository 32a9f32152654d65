//! What requesters say about how they were helped.

use super::case::Case;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::survey::stale;
use crate::domain::id::{TenantId, TicketId};
use crate::domain::ticket::record::Rated;
use crate::domain::ticket::{Actor, life};
use crate::store;

/// An answer about the last resolution.
#[derive(Debug, Clone)]
pub struct Rate {
    /// Of which ticket.
    pub ticket: TicketId,
    /// From 1 to 5.
    pub score: u8,
    /// In the requester's words.
    pub comment: Option<String>,
    /// The resolution that it is about, by its place in the history; none: the
    /// last one.
    pub about: Option<i64>,
}

/// What was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The answer.
    pub rated: Rated,
    /// It is the first about this resolution.
    pub is_first: bool,
}

impl UseCase for Rate {
    type Output = Kept;

    async fn run(&self, work: &mut Work<'_>) -> Result<Kept, Error> {
        let mut case = Case::load(work, self.ticket, None).await?;
        let now = case.now(work);
        let changeable = work.desk.means().rating_changeable;
        let rating = life::rate(case.ticket(), &case.history, self.score, changeable, now)?;
        if self.about.is_some_and(|about| about != rating.resolution) {
            return Err(stale());
        }
        // Whoever sends it in, it is the requester who says so.
        let requester = Actor::Requester(Some(case.record.requester.id));
        case.record(work, requester, None, vec![rating.fact]);
        case.save(work).await?;
        let rated = Rated {
            resolution: rating.resolution,
            score: self.score,
            comment: self.comment.clone(),
            rated_at: now,
            changed_at: None,
        };
        store::rating::put(&mut work.tx, self.ticket, &rated, now).await?;
        let kept = store::rating::latest(work.tx.read(), self.ticket).await?;
        let rated = kept.ok_or_else(|| Error::Defect("an answer was not kept".to_owned()))?;
        Ok(Kept { rated, is_first: rating.is_first })
    }
}

impl Desk {
    /// What the requester said about the last resolution that they rated.
    pub async fn rating(&self, tenant: TenantId, ticket: TicketId) -> Result<Rated, Error> {
        let mut read = self.begin_about(tenant, ticket).await?;
        let rated = store::rating::latest(&mut read, ticket).await?;
        read.finish().await?;
        rated.ok_or(Error::NotFound("rating of the ticket"))
    }
}
