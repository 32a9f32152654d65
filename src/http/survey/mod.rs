//! How satisfied requesters are, asked by a link that needs no key: as JSON, and
//! as a page.

mod page;
mod typed;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, VARY};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::typed::{Refused, Typed};
use crate::domain::fields::FromJson;
use crate::domain::json::{self, JsonFault};
use crate::domain::pointer;
use crate::domain::survey::Invitation;
use crate::domain::violation::Violation;
use crate::flow::Desk;
use crate::flow::survey::Asked;
use crate::http::accept::prefers;
use crate::http::answer::reply;
use crate::http::document::SurveyProblems;
use crate::http::extract::Path;
use crate::http::extract::body::{essence, expect_plain, from_fault, is_json, read, unsupported};
use crate::http::layers::meter::Meter;
use crate::http::problem::Problem;
use crate::http::problem_kind::Kind;
use crate::http::refusal;
use crate::http::ticket::SatisfactionBody;

/// What a plain form sends.
const FORM: &str = "application/x-www-form-urlencoded";
/// What the page is preferred by.
const HTML: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// The routes.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get_survey, answer_survey))
}

/// What a requester is asked. Nothing in it says who they are or what the ticket
/// is about: links get passed on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Survey)]
struct SurveyView {
    /// The organisation that helped.
    tenant: String,
    /// The number of the ticket.
    number: i64,
    /// When it was resolved.
    #[schema(value_type = String, format = DateTime)]
    resolved_at: Timestamp,
    /// What was answered, from 1 to 5; null: nothing yet.
    score: Option<u8>,
    /// Until when that may be changed; null: nothing was answered yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    changeable_until: Option<Timestamp>,
    /// Until when the link counts.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl SurveyView {
    fn of(asked: &Asked) -> Self {
        Self {
            tenant: asked.tenant.clone(),
            number: asked.number,
            resolved_at: asked.resolved_at,
            score: asked.rated.as_ref().map(|rated| rated.score),
            changeable_until: asked.changeable_until,
            expires_at: asked.invitation.ends_at(),
        }
    }
}

/// Who asks in which form.
struct Visitor {
    html: bool,
}

impl Visitor {
    fn of(headers: &HeaderMap) -> Self {
        Self { html: prefers(headers, &HTML) }
    }

    /// The answer with what holds for both forms.
    fn dressed(&self, answer: Result<Response, Problem>, language: &str) -> Response {
        let mut response = match answer {
            Ok(response) => response,
            Err(problem) if self.html => page::refused(&problem, language),
            Err(problem) => problem.into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(VARY, HeaderValue::from(ACCEPT));
        headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
        headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
        response
    }
}

/// The invitation, charged for one request to its ticket and tenant.
async fn invited(desk: &Desk, token: &str, extensions: &Extensions) -> Result<Invitation, Problem> {
    let invitation = desk.invitation(token).await.map_err(refusal::problem)?;
    if let Some(meter) = extensions.get::<Meter>() {
        meter.charge(invitation.ticket.uuid(), invitation.tenant.uuid())?;
    }
    Ok(invitation)
}

/// What is asked by a link, and what was answered. Needs no key; looking records
/// nothing. A page if `Accept` prefers `text/html`. 404: the link is unknown, or
/// has expired; 409: the ticket was resolved anew since.
#[utoipa::path(get, path = "/survey/{token}", tag = "survey", operation_id = "getSurvey", security(()),
    params(("token" = String, Path, description = "The end of the link", max_length = 200)),
    responses(SurveyProblems, (status = 200, description = "What is asked",
        content((SurveyView = "application/json"), (String = "text/html")))))]
async fn get_survey(State(desk): State<Desk>, Path(token): Path<String>, request: Request) -> Response {
    let (Parts { headers, extensions, .. }, _) = request.into_parts();
    let visitor = Visitor::of(&headers);
    let asked = async {
        let invitation = invited(&desk, &token, &extensions).await?;
        desk.asked(invitation).await.map_err(refusal::problem)
    };
    match asked.await {
        Ok(asked) if visitor.html => {
            let shown = page::form(&asked, desk.rules().templates.words(&asked.language), None);
            visitor.dressed(Ok(shown), &asked.language)
        }
        Ok(asked) => visitor.dressed(Ok(Json(SurveyView::of(&asked)).into_response()), &asked.language),
        Err(problem) => visitor.dressed(Err(problem), ""),
    }
}

/// Answers by a link: JSON, or what the page sends. It counts as the requester's
/// word, as `POST /v1/tickets/{id}/satisfaction` does; a second answer takes the
/// place of the first (200) while it may be changed.
#[utoipa::path(post, path = "/survey/{token}", tag = "survey", operation_id = "answerSurvey", security(()),
    params(("token" = String, Path, description = "The end of the link", max_length = 200)),
    request_body(content((SatisfactionBody = "application/json"),
        (SatisfactionBody = "application/x-www-form-urlencoded"))),
    responses(SurveyProblems, (status = 201, description = "The first answer, as JSON", body = SurveyView),
        (status = 200, description = "It took the place of an earlier one, or is the page after any answer",
            content((SurveyView = "application/json"), (String = "text/html")))))]
async fn answer_survey(State(desk): State<Desk>, Path(token): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts.headers);
    let invitation = match invited(&desk, &token, &parts.extensions).await {
        Ok(invitation) => invitation,
        Err(problem) => return visitor.dressed(Err(problem), ""),
    };
    let asked = match desk.asked(invitation).await {
        Ok(asked) => asked,
        Err(error) => return visitor.dressed(Err(refusal::problem(error)), ""),
    };
    let answered = answered(&desk, Request::from_parts(parts, body), &asked, &visitor).await;
    let again = |refused: &Refused| visitor.html && refused.problem.kind() == Kind::Validation;
    let answered = match answered {
        Err(refused) if again(&refused) => {
            Ok(page::form(&asked, desk.rules().templates.words(&asked.language), Some(&refused)))
        }
        answered => answered.map_err(|refused| refused.problem),
    };
    visitor.dressed(answered, &asked.language)
}

async fn answered(
    desk: &Desk,
    request: Request,
    asked: &Asked,
    visitor: &Visitor,
) -> Result<Response, Refused> {
    let SatisfactionBody { score, comment } = sent(request).await?;
    let done = desk.answer(asked.invitation, score, comment, |kept| {
        let status = if kept.is_first { http::StatusCode::CREATED } else { http::StatusCode::OK };
        reply(status, None, None, &kept.rated.score)
    });
    let done = done.await.map_err(refusal::problem)?;
    if visitor.html {
        return Ok(page::thanks(&asked.language));
    }
    let now = desk.asked(asked.invitation).await.map_err(refusal::problem)?;
    let status = http::StatusCode::from_u16(done.status).unwrap_or(http::StatusCode::OK);
    Ok((status, Json(SurveyView::of(&now))).into_response())
}

/// The answer in either form.
async fn sent(request: Request) -> Result<SatisfactionBody, Refused> {
    expect_plain(request.headers())?;
    let kind = essence(request.headers()).unwrap_or_default();
    let body = |value: Value| SatisfactionBody::from_json(value).map_err(Problem::from);
    if kind == FORM {
        let bytes = read(request).await?;
        let read = of_form(&bytes).map_err(from_fault).and_then(body);
        read.map_err(|problem| Refused { problem, typed: Typed::of(&bytes) })
    } else if is_json(&kind) {
        Ok(body(json::parse(&read(request).await?).map_err(from_fault)?)?)
    } else {
        Err(unsupported(&["application/json", FORM]).into())
    }
}

/// The same as JSON: a form knows neither numbers nor fields that are left out.
/// What cannot be kept is refused as it is in JSON.
fn of_form(bytes: &[u8]) -> Result<Value, JsonFault> {
    let (mut fields, mut faults) = (Map::new(), Vec::new());
    for (name, text) in form_urlencoded::parse(bytes) {
        let number = if name == "score" { text.parse::<i64>().ok() } else { None };
        if name == "comment" && text.trim().is_empty() {
            continue;
        }
        if name.contains('\0') || text.contains('\0') {
            let detail = "holds a NUL character, which cannot be kept";
            faults.push(Violation::new(pointer::field("", &name), "nul_character", detail));
        }
        // Lines of forms end as those of mail do.
        let text = text.replace("\r\n", "\n");
        fields.insert(name.into_owned(), number.map_or(Value::String(text), Value::from));
    }
    if faults.is_empty() { Ok(Value::Object(fields)) } else { Err(JsonFault::Characters(faults)) }
}
