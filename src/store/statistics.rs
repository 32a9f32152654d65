//! What PostgreSQL would otherwise do in the middle of a request: getting to know
//! tables, and sorting words into their index.

use super::connect::Store;
use super::error::Error;

impl Store {
    /// Has the planner get to know small tables that have grown several times
    /// over. Answers how many there were.
    pub async fn analyze_grown(&self) -> Result<i32, Error> {
        let mut lent = self.lend().await?;
        let found = sqlx::query_scalar(
            "-- store::statistics::analyze_grown
            select analyze_grown()",
        )
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(found)
    }

    /// Sorts the words of new tickets into the index. Answers from how many pages
    /// they came.
    pub async fn sort_in_words(&self) -> Result<i64, Error> {
        let mut lent = self.lend().await?;
        let found = sqlx::query_scalar(
            "-- store::statistics::sort_in_words
            select sort_in_words()",
        )
        .fetch_one(lent.connection())
        .await?;
        lent.pass_on();
        Ok(found)
    }
}
