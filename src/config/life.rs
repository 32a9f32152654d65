//! How long tickets wait for what nobody does.

use std::time::Duration;

use super::reader::{Noted, Reader};

/// `[life]`.
#[derive(Debug, Clone)]
pub struct Life {
    /// How long a ticket waits for its requester before it is resolved without an answer; zero:
    /// for ever.
    pub unanswered: Duration,
    /// Whether a resolved ticket is closed when its reopen window is over.
    pub close_resolved: bool,
    /// How long after the resolution the requester is asked how it was; zero: never.
    pub survey: Duration,
    /// How long the link counts by which a requester answers.
    pub survey_link: Duration,
    /// How long an answer of a requester may be changed.
    pub rating_changeable: Duration,
}

impl Life {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let unanswered = reader.seconds("life.unanswered_seconds", 0..=31_622_400);
        let close_resolved = reader.truth("life.close_resolved");
        let survey = reader.seconds("life.survey_seconds", 0..=31_622_400);
        let survey_link = reader.seconds("life.survey_link_seconds", 3_600..=31_622_400);
        let rating_changeable = reader.seconds("life.rating_changeable_seconds", 0..=31_622_400);
        Ok(Self {
            unanswered: unanswered?,
            close_resolved: close_resolved?,
            survey: survey?,
            survey_link: survey_link?,
            rating_changeable: rating_changeable?,
        })
    }
}
