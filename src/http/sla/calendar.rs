//! Business time of made-up calendars: the same arithmetic as the desk's own,
//! for whoever wants to check it.

use axum::Json;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shaped;
use crate::domain::calendar::{Calendar, CalendarSpec};
use crate::domain::closed_list::closed_list;
use crate::domain::fields::{Fields, FromJson, read};
use crate::domain::place::Place;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::http::calendar::CalendarForm;
use crate::http::document::Problems;
use crate::http::extract::caller::TryRules;
use crate::http::extract::{Body, Permit, Query};
use crate::http::problem::Problem;

/// Most questions of one request.
const MAX_QUERIES: usize = 1_000;

/// The operation on made-up calendars.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(evaluate))
}

closed_list! {
    /// What is asked of a calendar.
    QueryKind {
        /// When so much business time after the start has passed.
        Due = "due",
        /// How much business time lies between start and end.
        Elapsed = "elapsed",
        /// Whether it is open at the start.
        IsOpen = "is_open",
    }
}

/// One question, ready to be answered.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Due(Timestamp, SignedDuration),
    Elapsed(Timestamp, Timestamp),
    IsOpen(Timestamp),
}

/// A calendar and what is asked of it.
#[derive(Debug, ToSchema)]
#[schema(as = CalendarQuestions)]
struct Evaluation {
    #[schema(value_type = CalendarForm)]
    calendar: Calendar,
    /// 1,000 at most.
    #[schema(value_type = Vec<QueryForm>, max_items = 1_000)]
    queries: Vec<Ask>,
}

/// One question.
#[derive(Debug, ToSchema)]
#[schema(as = CalendarQuestion)]
pub struct QueryForm {
    /// What is asked.
    pub kind: QueryKind,
    /// The instant that is asked about.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// The end, where `kind` is `elapsed`; before the start, nothing has passed.
    #[schema(value_type = String, format = DateTime, required = false)]
    pub end: Timestamp,
    /// The business time to pass, where `kind` is `due`; with 0 the answer is
    /// the first instant that is open.
    #[schema(required = false, minimum = 0)]
    pub business_seconds: i64,
}

impl FromJson for Evaluation {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let spec = f.place("calendar").any().required();
            let queries = f.array("queries", MAX_QUERIES, query).required();
            let calendar = spec.and_then(|spec| match calendar(spec) {
                Ok(calendar) => Some(calendar),
                Err(faults) => {
                    for fault in faults {
                        f.fault_at(&fault.pointer, fault.code, fault.detail);
                    }
                    None
                }
            });
            Some(Self { calendar: calendar?, queries: queries? })
        })
    }
}

fn calendar(spec: Value) -> Result<Calendar, Vec<Violation>> {
    let spec: CalendarSpec = shaped("/calendar", spec)?;
    let within = |fault: Violation| Violation { pointer: format!("/calendar{}", fault.pointer), ..fault };
    Calendar::build(spec).map_err(|faults| faults.into_iter().map(within).collect())
}

fn query(place: Place<'_>) -> Option<Ask> {
    place.object(ask).required()
}

fn ask(f: &mut Fields<'_>) -> Option<Ask> {
    let kind = f.choice("kind").required();
    let start = f.timestamp("start").required();
    match kind? {
        QueryKind::Due => {
            let seconds = f.integer("business_seconds").between(0, i64::MAX / 1_000_000).required();
            Some(Ask::Due(start?, SignedDuration::from_secs(seconds?)))
        }
        QueryKind::Elapsed => {
            let end = f.timestamp("end").required();
            Some(Ask::Elapsed(start?, end?))
        }
        QueryKind::IsOpen => Some(Ask::IsOpen(start?)),
    }
}

/// The answers, in the order of the questions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarAnswers)]
struct Answers {
    results: Vec<CalendarAnswer>,
}

/// One answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum CalendarAnswer {
    Due {
        #[schema(value_type = String, format = DateTime)]
        due: Timestamp,
    },
    Elapsed {
        business_seconds: i64,
    },
    IsOpen {
        open: bool,
    },
}

/// Answers questions of business time on a calendar of the caller's.
///
/// Intervals may overlap: what several of them cover counts once. One that is
/// inverted (`["22:00", "06:00"]`) runs overnight; one that begins and ends at
/// the same time is refused. A holiday wins over a shift, and a break cuts both
/// ordinary hours and shifts. A local time that does not exist moves forward by
/// the gap; one that exists twice means the first. A calendar that never opens
/// is refused (`never_opens`), and so is a deadline beyond the year 9999
/// (`beyond_horizon`).
#[utoipa::path(post, path = "/v1/calendars/evaluate", tag = "sla", operation_id = "evaluateCalendar",
    request_body = Evaluation,
    responses(Problems, (status = 200, description = "The answers", body = Answers)))]
async fn evaluate(
    _permit: Permit<TryRules>,
    Query(()): Query<()>,
    body: Body<Evaluation>,
) -> Result<Json<Answers>, Problem> {
    let Evaluation { calendar, queries } = body.value;
    let results = tokio::task::spawn_blocking(move || answer_all(&calendar, &queries)).await;
    let results = results.map_err(|error| {
        tracing::error!(%error, "http.calendar.defect");
        Problem::internal()
    })??;
    Ok(Json(Answers { results }))
}

fn answer_all(calendar: &Calendar, queries: &[Ask]) -> Result<Vec<CalendarAnswer>, Vec<Violation>> {
    let mut results = Vec::with_capacity(queries.len());
    let mut faults = Vec::new();
    for (index, ask) in queries.iter().enumerate() {
        match *ask {
            Ask::Due(start, business) => match calendar.due(start, business) {
                Ok(due) => results.push(CalendarAnswer::Due { due }),
                Err(beyond) => faults.push(Violation::new(
                    format!("/queries/{index}/business_seconds"),
                    "beyond_horizon",
                    beyond.to_string(),
                )),
            },
            Ask::Elapsed(start, end) => {
                let business_seconds = calendar.elapsed(start, end).as_secs();
                results.push(CalendarAnswer::Elapsed { business_seconds });
            }
            Ask::IsOpen(at) => results.push(CalendarAnswer::IsOpen { open: calendar.is_open(at) }),
        }
    }
    if faults.is_empty() { Ok(results) } else { Err(faults) }
}
