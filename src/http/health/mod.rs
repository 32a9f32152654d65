//! System health reports: on demand, and those that were made when they were due.

mod kept;
mod sections;
mod view;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, header};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::ReportView;
use crate::domain::closed_list::closed_list;
use crate::domain::health::{POLICY, lay_out, render_html, render_markdown};
use crate::domain::kpi::{Bounds, WindowFault};
use crate::domain::vocabulary::Role;
use crate::flow::Desk;
use crate::http::accept::liking;
use crate::http::answer::{fingerprint, unless_known};
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadKpis;
use crate::http::extract::{FromQuery, IfNoneMatch, Parameters, Permit, Query};
use crate::http::kpi::parameters::{bounds, refusal as no_window};
use crate::http::parameters::IfNoneMatchHeader;
use crate::http::problem::Problem;
use crate::http::refusal;

/// How many dates a report is about if nobody says.
const USUAL_DAYS: i64 = 7;

/// The operations on reports.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get)).routes(routes!(kept::list)).routes(routes!(kept::get))
}

closed_list! {
    /// What a report is written in.
    Format {
        /// For programs.
        Json = "json",
        /// For people, as text.
        Markdown = "markdown",
        /// For people, as a page that stands alone.
        Html = "html",
    }
}

impl utoipa::PartialSchema for Format {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(Self::NAMES.iter().copied()))
            .into()
    }
}

impl utoipa::ToSchema for Format {}

impl Format {
    /// The one that the client likes best; JSON, unless it names another.
    fn liked(headers: &HeaderMap) -> Self {
        let html = liking(headers, &["text/html"]);
        let markdown = liking(headers, &["text/markdown", "text/*"]);
        let json = liking(headers, &["application/json", "application/*"]);
        if html > 0.0 && html >= markdown && html >= json {
            Self::Html
        } else if markdown > 0.0 && markdown >= json {
            Self::Markdown
        } else {
            Self::Json
        }
    }

    /// A text in this format, which is not JSON.
    fn answer(self, text: String) -> Response {
        const MARKDOWN: HeaderValue =
            HeaderValue::from_static("text/markdown; charset=utf-8; variant=CommonMark");
        const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
        match self {
            Self::Html => {
                let policy = format!("{POLICY}; frame-ancestors 'none'; sandbox allow-same-origin");
                let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("sandbox"));
                ([(CONTENT_TYPE, HTML), (CONTENT_SECURITY_POLICY, policy)], text).into_response()
            }
            Self::Markdown | Self::Json => ([(CONTENT_TYPE, MARKDOWN)], text).into_response(),
        }
    }
}

/// The answer depends on `Accept`.
fn vary(mut response: Response) -> Response {
    response.headers_mut().append(VARY, HeaderValue::from(header::ACCEPT));
    response
}

/// How the choice of a format looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
struct FormatParameter {
    /// What it is written in, for links in browsers; otherwise `Accept` says.
    #[param(inline)]
    format: Option<Format>,
}

/// How the window of a report looks in the description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the description only")]
struct PeriodParameters {
    /// Beginning of the window: an instant, or a date, which means its midnight
    /// in `tz`. Without it seven dates before the end.
    from: Option<String>,
    /// End of the window, not included: an instant or a date. Without it the
    /// midnight that began today in `tz`, or now if `from` is no earlier than
    /// that.
    to: Option<String>,
    /// IANA time zone of the dates.
    #[param(default = "UTC", example = "Europe/Berlin")]
    tz: Option<String>,
}

/// What is asked for.
struct HealthQuery {
    bounds: Bounds,
    format: Option<Format>,
}

impl FromQuery for HealthQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self { bounds: bounds(parameters), format: parameters.choice("format").optional() })
    }
}

/// Only a format.
struct FormatQuery(Option<Format>);

impl FromQuery for FormatQuery {
    fn from_query(parameters: &mut Parameters) -> Option<Self> {
        Some(Self(parameters.choice("format").optional()))
    }
}

/// The system health report on a window: a verdict with its reasons, KPIs
/// against their targets and the window before, SLA, ticket trends, backlog,
/// escalations, uptime, incidents and alerts, and at most two recommendations,
/// each with the numbers that it rests on.
///
/// Its KPIs are those of `/v1/kpis` for the same window. What is waiting, late
/// or firing is so now. A key of the role dashboard sees no tickets in it, and
/// no links that it may not follow. Markdown for `Accept: text/markdown`, a page
/// that stands alone for `Accept: text/html`.
#[utoipa::path(get, path = "/v1/reports/health", tag = "reports", operation_id = "getHealthReport",
    params(PeriodParameters, FormatParameter, IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The report", headers(("ETag" = String)),
            content((ReportView = "application/json"), (String = "text/markdown"), (String = "text/html"))),
        (status = 304, description = "As If-None-Match has it")))]
async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadKpis>,
    Query(HealthQuery { bounds, format }): Query<HealthQuery>,
    headers: HeaderMap,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let now = desk.now().await.map_err(refusal::problem)?;
    let window = bounds.whole_days(USUAL_DAYS, now).map_err(no_window)?;
    if window.before().is_none() {
        return Err(no_window(WindowFault::OutOfRange));
    }
    let report = desk.health(permit.caller.tenant, window, now).await.map_err(refusal::problem)?;
    let report = if permit.caller.role == Role::Dashboard { report.without_tickets() } else { report };
    let format = format.unwrap_or_else(|| Format::liked(&headers));
    let response = match format {
        Format::Json => {
            let view = ReportView::of(&report);
            unless_known(&known, &fingerprint(&("json", &view))?, Json(view))
        }
        Format::Markdown | Format::Html => {
            let page = lay_out(&report, None);
            let text = if format == Format::Html { render_html(&page) } else { render_markdown(&page) };
            let tag = fingerprint(&(format, &text))?;
            unless_known(&known, &tag, format.answer(text))
        }
    };
    Ok(vary(response))
}
