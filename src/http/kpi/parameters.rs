//! The query of a KPI.

use std::convert::Infallible;

use jiff::Timestamp;
use utoipa::IntoParams;

use crate::domain::kpi::{
    Bound, Bounds, Dimension, Filter, Measure, Name, Question, Window, WindowFault, Zone,
};
use crate::domain::uptime::Every;
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Category, Channel, Priority, TicketType};
use crate::http::extract::{FromQuery, Parameters};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;

/// What is asked, before it is known when.
#[derive(Debug, Clone)]
pub(in crate::http) struct KpiQuery {
    pub(super) bounds: Bounds,
    pub(super) filter: Filter,
    pub(super) group_by: Vec<Dimension>,
    pub(super) measure: Measure,
}

/// Most dimensions of groups.
const MOST_DIMENSIONS: usize = 2;

impl KpiQuery {
    /// A question that is answered in groups too.
    fn grouped(parameters: &mut Parameters) -> Self {
        let mut group_by: Vec<Dimension> = parameters.choices("group_by").or_default();
        group_by.sort_unstable();
        group_by.dedup();
        if group_by.len() > MOST_DIMENSIONS {
            parameters.fault(
                "group_by",
                "too_many",
                format!("must name at most {MOST_DIMENSIONS} dimensions"),
            );
        }
        Self { group_by, ..Self::whole(parameters) }
    }

    /// A question about services, which no filter narrows.
    pub(in crate::http) fn of_services(bounds: Bounds) -> Self {
        Self { bounds, filter: Filter::default(), group_by: Vec::new(), measure: Measure::Business }
    }

    /// A question about all tickets together.
    pub(super) fn whole(parameters: &mut Parameters) -> Self {
        let bounds = bounds(parameters);
        let measure = parameters.choice("clock").or(Measure::Business);
        Self { bounds, filter: filter(parameters), group_by: Vec::new(), measure }
    }
}

/// Numbers of a window, of groups, and of its parts.
#[derive(Debug, Clone)]
pub(super) struct ListQuery {
    pub(super) asked: KpiQuery,
    pub(super) every: Option<Every>,
}

impl FromQuery for ListQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let asked = KpiQuery::grouped(parameters);
        let every = parameters.choice("interval").optional();
        Some(Self { asked, every })
    }
}

impl FromQuery for Bounds {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(bounds(parameters))
    }
}

/// Takes what [`WindowParameters`] describes.
pub(in crate::http) fn bounds(parameters: &mut Parameters) -> Bounds {
    let zone = parameters.text("tz").parse("unknown_time_zone", |name| name.parse::<Zone>());
    let zone = zone.or(Zone::utc());
    let from = parameters.text("from").parse("not_an_instant", |text| text.parse::<Bound>()).optional();
    let to = parameters.text("to").parse("not_an_instant", |text| text.parse::<Bound>()).optional();
    Bounds { from, to, zone }
}

/// Takes what [`FilterParameters`] describes.
pub(in crate::http) fn filter(parameters: &mut Parameters) -> Filter {
    Filter {
        priority: parameters.choices("priority").or_default(),
        category: parameters.choices("category").or_default(),
        team: parameters.list("team", |slug| Ok::<_, Infallible>(slug.to_owned())).or_default(),
        channel: parameters.choices("channel").or_default(),
        ticket_type: parameters.choices("type").or_default(),
    }
}

/// The window that is meant at `now`.
///
/// # Errors
/// 400 for a window without extent.
pub(in crate::http) fn window(bounds: &Bounds, now: Timestamp) -> Result<Window, Problem> {
    bounds.window(now).map_err(refusal)
}

impl KpiQuery {
    /// The question as it is meant at `now`.
    ///
    /// # Errors
    /// 400 for a window without extent.
    pub(in crate::http) fn question(&self, names: Vec<Name>, now: Timestamp) -> Result<Question, Problem> {
        let window = window(&self.bounds, now)?;
        Ok(Question {
            names,
            window,
            filter: self.filter.clone(),
            group_by: self.group_by.clone(),
            measure: self.measure,
            now,
            open: !self.bounds.are_fixed(),
            slides: self.bounds.slide(),
        })
    }
}

/// How a number over time is asked for.
#[derive(Debug, Clone)]
pub(super) struct SeriesQuery {
    pub(super) asked: KpiQuery,
    pub(super) every: Every,
}

impl FromQuery for SeriesQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let asked = KpiQuery::grouped(parameters);
        let every = parameters.choice("interval").or(Every::Day);
        Some(Self { asked, every })
    }
}

/// The problem of a window that there is not.
pub(in crate::http) fn refusal(fault: WindowFault) -> Problem {
    let (place, code) = match fault {
        WindowFault::Empty { .. } => ("/query/to", "empty_window"),
        WindowFault::NotBegun { .. } => ("/query/from", "empty_window"),
        WindowFault::OutOfRange => ("/query", "out_of_range"),
    };
    Problem::new(Kind::BadParameter, "There is no such window.").with_faults(vec![Violation::new(
        place,
        code,
        fault.to_string(),
    )])
}

/// How a window looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(in crate::http) struct WindowParameters {
    /// Beginning of the window: an instant, or a date, which means its midnight
    /// in `tz`. Without it 30 days (720 hours) before the end.
    from: Option<String>,
    /// End of the window, not included: an instant or a date. Without it now,
    /// with what happened at this very instant.
    to: Option<String>,
    /// IANA time zone of the dates.
    #[param(default = "UTC", example = "Europe/Berlin")]
    tz: Option<String>,
}

/// How the choice of a duration looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(super) struct MeasureParameter {
    /// Which duration is compared and summarised.
    #[param(inline)]
    clock: Option<Measure>,
}

/// How groups look in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(super) struct GroupParameter {
    /// In which groups the numbers are given too, by one or two dimensions.
    #[param(inline, explode = false, max_items = 2)]
    group_by: Option<Vec<Dimension>>,
}

/// How parts of a window look in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(super) struct IntervalParameter {
    /// How long the parts are; cut by the clock and the calendar of `tz`, so
    /// that days have 23 or 25 hours where clocks change.
    #[param(inline)]
    interval: Option<Every>,
}

/// How the choice of tickets looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
pub(in crate::http) struct FilterParameters {
    /// Only tickets that have one of these priorities now; repeated or with
    /// commas between them, as are the other filters.
    #[param(inline, explode = false)]
    priority: Option<Vec<Priority>>,
    /// Only tickets of these categories.
    #[param(inline, explode = false)]
    category: Option<Vec<Category>>,
    /// Only tickets in the queues of these teams.
    #[param(explode = false)]
    team: Option<Vec<String>>,
    /// Only tickets that came in these ways.
    #[param(inline, explode = false)]
    channel: Option<Vec<Channel>>,
    /// Only tickets of these types.
    #[param(inline, explode = false, rename = "type")]
    r#type: Option<Vec<TicketType>>,
}
