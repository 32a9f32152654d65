//! Reports that were made when they were due.

use jiff::Timestamp;

use super::period::Cadence;
use super::verdict::Verdict;
use crate::domain::id::ReportId;

/// A report that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its identifier.
    pub id: ReportId,
    /// How often such a report is made.
    pub cadence: Cadence,
    /// The first instant of its period.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// IANA time zone of its dates.
    pub zone: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// How many recommendations it holds.
    pub recommendations: i32,
    /// As Markdown.
    pub markdown: String,
    /// As a page.
    pub html: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// When its files were there; none: they are not yet.
    pub written_at: Option<Timestamp>,
    /// Why its files could not be written, the last time.
    pub failure: Option<String>,
}
