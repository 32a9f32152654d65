//! Which edits of its rules are in force for a tenant.

/// The number of the newest edit of each; 0: there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Revisions {
    /// Of what is promised.
    pub sla: i64,
    /// Of the escalation matrix.
    pub matrix: i32,
    /// Of the policies of ladders.
    pub ladders: i32,
}
