//! The tickets behind a number.

use jiff::{SignedDuration, Timestamp};

use crate::domain::id::TenantId;
use crate::domain::kpi::{Counted, List, Name, Question};
use crate::domain::search::Position;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::store;

impl Desk {
    /// The tickets behind a number, each once, in the order in which they came to
    /// count, after a position, `limit` at most; none: the number has no such
    /// list.
    ///
    /// # Errors
    /// The database's.
    pub async fn kpi_tickets(
        &self,
        tenant: TenantId,
        (name, list): (Name, List),
        question: &Question,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Option<Vec<Counted>>, Error> {
        let behind = list.behind(name, question.measure);
        // What waits is read from the tickets themselves.
        if behind.is_some() {
            self.expect_kpis(tenant)?;
        }
        let mut read = self.store().begin_read(tenant).await?;
        let tickets = match behind {
            None if (name, list) == (Name::Backlog, List::Counted) => {
                Some(store::kpi::drill::waiting(&mut read, question, after, limit).await?)
            }
            None => None,
            Some(behind) => {
                let end = question.now.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
                let range = (question.window.from, question.window.to.min(end));
                Some(store::kpi::drill::tickets(&mut read, &behind, range, question, after, limit).await?)
            }
        };
        read.finish().await?;
        Ok(tickets)
    }
}
