//! What waits to be done, over all tenants.

use jiff::SignedDuration;

use super::desk::Desk;
use super::error::Error;

/// More facts are not counted.
pub const MOST_FACTS: i64 = 100_000;

/// How long the queues are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queues {
    /// For how long the timer that waits for longest has been due; zero if none
    /// is.
    pub late: SignedDuration,
    /// Facts that nobody has been told of yet, [`MOST_FACTS`] at most.
    pub facts: i64,
}

impl Desk {
    /// How long the queues are now.
    ///
    /// # Errors
    /// The database's.
    pub async fn queues(&self) -> Result<Queues, Error> {
        let now = self.now().await?;
        let next = self.store().next_ready().await?;
        let late = next.map_or(SignedDuration::ZERO, |next| now.duration_since(next));
        let facts = self.store().count_untold(MOST_FACTS).await?;
        Ok(Queues { late: late.max(SignedDuration::ZERO), facts })
    }
}
