//! Notes that are shown to the requester later.

use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::life::Target;
use super::write::Added;
use crate::domain::id::MessageId;
use crate::domain::ticket::life;
use crate::domain::ticket::record::Message;
use crate::domain::vocabulary::Visibility;
use crate::store;

/// Who may see a message from now on.
#[derive(Debug, Clone)]
pub struct Publish {
    /// Of which ticket.
    pub target: Target,
    /// Which message.
    pub message: MessageId,
    /// Who may see it.
    pub visibility: Visibility,
}

impl UseCase for Publish {
    type Output = Added<Message>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Added<Message>, Error> {
        let mut case: Case = self.target.load(work).await?;
        let found = store::message::lookup(work.tx.read(), self.target.ticket, self.message).await?;
        let mut message = found.ok_or(Error::NotFound("message"))?;
        let facts = life::publish(case.ticket(), &message, self.visibility)?;
        if facts.is_empty() {
            return Ok(Added { item: message, ticket: case.record });
        }
        let now = case.now(work);
        store::message::publish(&mut work.tx, self.target.ticket, self.message, now).await?;
        (message.visibility, message.published_at) = (Visibility::Public, Some(now));
        case.record(work, actor(work), None, facts);
        Ok(Added { item: message, ticket: case.save(work).await? })
    }
}
