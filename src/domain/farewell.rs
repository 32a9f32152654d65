//! What a requester is told whose ticket ends because they did not answer.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::template::{MessageKind, Placeholder, Templates, Values};
use super::ticket::life::REOPEN_WINDOW;
use super::ticket::record::Record;

/// The text, of a ticket that is resolved at `now`: it says until when the
/// requester can come back.
#[must_use]
pub fn farewell(record: &Record, templates: &Templates, now: Timestamp) -> String {
    let until = now.checked_add(REOPEN_WINDOW).unwrap_or(Timestamp::MAX);
    let until = templates.words(&record.language).moment(until, &TimeZone::UTC);
    let values = Values::new()
        .with(Placeholder::Name, record.requester.name.as_deref().unwrap_or_default())
        .with(Placeholder::Number, &record.number.to_string())
        .with(Placeholder::Subject, &record.subject)
        .with(Placeholder::ReopenUntil, &until);
    templates.render(MessageKind::Unanswered, &record.language, &values)
}
