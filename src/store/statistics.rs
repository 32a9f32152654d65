//! What the planner knows of tables.

use super::connect::Store;
use super::error::Error;

impl Store {
    /// Has the planner get to know small tables that have grown several times
    /// over. Answers how many there were.
    pub async fn analyze_grown(&self) -> Result<i32, Error> {
        Ok(sqlx::query_scalar(
            "-- store::statistics::analyze_grown
            select analyze_grown()",
        )
        .fetch_one(self.requests())
        .await?)
    }
}
