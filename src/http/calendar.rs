//! The written form of a calendar, as the contract describes it. The domain
//! reads it; nothing here is ever made.

use std::borrow::Cow;
use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// `[from, to]`, half-open.
#[derive(Debug)]
pub struct IntervalForm;

impl PartialSchema for IntervalForm {
    fn schema() -> RefOr<Schema> {
        let time = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$"));
        ArrayBuilder::new()
            .items(time)
            .min_items(Some(2))
            .max_items(Some(2))
            .description(Some(
                "`[\"09:00\", \"17:00\"]`, half-open, in local time, if need be with seconds. `24:00` ends a day; an end before \
                 the beginning lies on the next date; equal ones are refused.",
            ))
            .build()
            .into()
    }
}

impl ToSchema for IntervalForm {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CalendarInterval")
    }
}

/// When business time runs.
#[derive(Debug, ToSchema)]
#[schema(as = CalendarSpec)]
pub struct CalendarForm {
    /// An IANA name.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    /// The hours of ordinary weeks.
    #[schema(required = false)]
    pub weekly: WeeklyForm,
    /// Dates (`YYYY-MM-DD`) that are closed, whatever else is said of them; a date may be given twice.
    #[schema(required = false)]
    pub holidays: Vec<String>,
    /// Shifts, by date (`YYYY-MM-DD`): `[from, to]` intervals that replace the
    /// weekly ones; an empty list closes the date.
    #[schema(required = false)]
    pub overrides: BTreeMap<String, Vec<IntervalForm>>,
    /// By date: `[from, to]` intervals that are cut out of its hours.
    #[schema(required = false)]
    pub breaks: BTreeMap<String, Vec<IntervalForm>>,
    /// The text of a calendar feed (RFC 5545), 1 MiB at most. An event of whole
    /// dates makes them holidays, whatever its TRANSP; an event with times is a
    /// break, unless it is TRANSPARENT. CANCELLED events close nothing. RRULE
    /// (DAILY, WEEKLY, MONTHLY, YEARLY; followed to the end of 2199), RDATE,
    /// EXDATE and RECURRENCE-ID are understood. A text of more than 2,000,000
    /// dates and steps of rules is refused as `too_many`. What is wrong is told
    /// at `/icalendar` with its line.
    pub icalendar: Option<String>,
    /// A remark for people.
    pub note: Option<String>,
}

/// `[from, to]` intervals by weekday, 500 at most, in any order; what overlaps
/// or touches counts once.
#[derive(Debug, ToSchema)]
#[schema(as = CalendarWeek)]
pub struct WeeklyForm {
    /// Monday.
    #[schema(required = false)]
    pub mon: Vec<IntervalForm>,
    /// Tuesday.
    #[schema(required = false)]
    pub tue: Vec<IntervalForm>,
    /// Wednesday.
    #[schema(required = false)]
    pub wed: Vec<IntervalForm>,
    /// Thursday.
    #[schema(required = false)]
    pub thu: Vec<IntervalForm>,
    /// Friday.
    #[schema(required = false)]
    pub fri: Vec<IntervalForm>,
    /// Saturday.
    #[schema(required = false)]
    pub sat: Vec<IntervalForm>,
    /// Sunday.
    #[schema(required = false)]
    pub sun: Vec<IntervalForm>,
}
