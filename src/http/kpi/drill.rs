//! The tickets behind a KPI.

use axum::extract::State;
use axum::response::Response;
use http::Uri;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::parameters::{FilterParameters, KpiQuery, MeasureParameter, WindowParameters};
use crate::domain::kpi::{Counted, Exclusion, List, Name};
use crate::domain::search::Position;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::http::answer;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{FromQuery, IfNoneMatch, Page, Paging, Parameters, Path, Permit, Query};
use crate::http::paging;
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::refusal;
use crate::http::ticket::{Around, TicketView};

/// Which page of which list is asked for.
pub(super) struct DrillDown {
    asked: KpiQuery,
    list: List,
    paging: Paging,
}

impl FromQuery for DrillDown {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        let asked = KpiQuery::whole(parameters);
        let list = parameters.choice("of").or(List::Counted);
        let paging = Paging::take(parameters);
        Some(Self { asked, list, paging })
    }
}

/// How the choice of a list looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
struct ListParameter {
    /// Which of the tickets behind the KPI. `counted`, which is usual: its n.
    /// `numerator`: those of them that make the share; of `first_response_time`
    /// those answered in time, of `satisfaction` the answers of 4 and 5, of
    /// `automation` one for each of the four steps that no person took.
    /// `open_overdue`: those of `first_response_time`; `late`: those, and those
    /// answered after the target. `excluded`: those left out.
    #[param(inline)]
    of: Option<List>,
}

/// A ticket behind a KPI, as GET of it gives it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpiTicket)]
struct KpiTicketView {
    #[serde(flatten)]
    ticket: TicketView,
    /// How often it counts: over all tickets of the list they add up to the
    /// number. More than 1 only of `sla_attainment` (its clocks),
    /// `satisfaction` (its rated resolutions) and the numerator of `automation`
    /// (its steps).
    counts: u64,
    /// Why it is left out; only in that list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    excluded: Option<Exclusion>,
}

/// The tickets behind a KPI: those that it counts as `n`, or another list that
/// `of` names. Each is listed once, in the order in which they came to count,
/// with how often it counts.
#[utoipa::path(get, path = "/v1/kpis/{name}/tickets", tag = "kpis", operation_id = "listKpiTickets",
    params(("name" = String, Path, description = "Which KPI, such as first_response_time; not uptime, which rests on no tickets"), ListParameter, WindowParameters, MeasureParameter, FilterParameters, PagingQuery, IfNoneMatchHeader),
    responses(ReadProblems, (status = 200, description = "A page of tickets", body = Page<KpiTicketView>, headers(("ETag" = String))),
        (status = 304, description = "As If-None-Match has it")))]
pub(super) async fn list_tickets(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(name): Path<String>,
    uri: Uri,
    Query(DrillDown { asked, list, paging }): Query<DrillDown>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let name: Name = name.parse().map_err(|_| Problem::not_found("KPI"))?;
    if !name.is_of_tickets() {
        return Err(Problem::not_found("ticket behind how long services were there"));
    }
    let now = desk.now().await.map_err(refusal::problem)?;
    let question = asked.question(vec![name], now)?;
    let window = asked.bounds.are_fixed().then_some((question.window.from, question.window.to));
    let place = (name, list.as_str(), window, asked.measure, &asked.filter);
    let place = serde_json::to_string(&place).map_err(|_| Problem::internal())?;
    let after: Option<Position> = paging.position(&place)?;
    let found = desk
        .kpi_tickets(
            permit.caller.tenant,
            (name, list),
            &question,
            after.as_ref(),
            i64::from(paging.limit) + 1,
        )
        .await
        .map_err(refusal::problem)?;
    let found = found.ok_or_else(|| no_such_list(name, list))?;
    let around = Around { now, checklists: &desk.rules().checklists };
    let position = |one: &Counted| one.position.clone();
    let view = |one: Counted| {
        let Counted { record, times, left_out, .. } = one;
        let excluded = left_out.filter(|_| list == List::Excluded);
        KpiTicketView { ticket: TicketView::new(&record, around), counts: times, excluded }
    };
    answer::page(paging::page(&place, paging.limit, found, position, view)?, &uri, &known)
}

fn no_such_list(name: Name, list: List) -> Problem {
    let detail = format!("{name} has no list {list}");
    Problem::new(Kind::BadParameter, "There is no such list.").with_faults(vec![Violation::new(
        "/query/of",
        "no_such_list",
        detail,
    )])
}
