//! Finding tickets.

use axum::extract::State;
use axum::response::Response;
use http::Uri;
use jiff::Timestamp;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::{Around, TicketView};
use crate::domain::id::TicketId;
use crate::domain::search::{Position, Search, Sort};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::tag::spelled;
use crate::domain::vocabulary::{
    Category, Channel, Impact, Persona, Priority, Scope, Severity, Status, TicketType,
};
use crate::flow::Desk;
use crate::http::answer::versioned;
use crate::http::document::ReadProblems;
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{FromQuery, IfNoneMatch, Page, Paging, Parameters, Path, Permit, Query, cursor};
use crate::http::parameters::{IfNoneMatchHeader, PagingQuery};
use crate::http::problem::Problem;
use crate::http::refusal;

/// How a list of tickets is narrowed and sorted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Listing::from_query` takes")]
pub(super) struct SearchQuery {
    /// Whole words that the subject or the text that it was opened with must have, in
    /// whatever English form, or a ticket's number; `"…"`, `or` and `-` as in search
    /// engines. Words such as "the" are in every text and say nothing; alone they find nothing.
    #[param(max_length = 500)]
    q: Option<String>,
    /// States, repeated or with commas between them.
    #[param(inline, explode = false)]
    status: Option<Vec<Status>>,
    /// Priorities.
    #[param(inline, explode = false)]
    priority: Option<Vec<Priority>>,
    /// Categories.
    #[param(inline, explode = false)]
    category: Option<Vec<Category>>,
    /// Severities.
    #[param(inline, explode = false)]
    severity: Option<Vec<Severity>>,
    /// Impacts.
    #[param(inline, explode = false)]
    impact: Option<Vec<Impact>>,
    /// Types.
    #[param(inline, explode = false, rename = "type")]
    r#type: Option<Vec<TicketType>>,
    /// Ways in.
    #[param(inline, explode = false)]
    channel: Option<Vec<Channel>>,
    /// Scope.
    #[param(inline)]
    scope: Option<Scope>,
    /// Whether a person should look at the triage.
    needs_review: Option<bool>,
    /// Teams, by slug.
    #[param(explode = false)]
    team: Option<Vec<String>>,
    /// Agent, by id.
    agent: Option<Uuid>,
    /// Persona.
    #[param(inline)]
    persona: Option<Persona>,
    /// Service.
    service: Option<String>,
    /// One of the tags.
    tag: Option<String>,
    /// Address of the requester.
    requester: Option<String>,
    /// The caller's own identifier.
    external_ref: Option<String>,
    /// Deduplication key.
    dedup_key: Option<String>,
    /// The ticket that they were merged into.
    merged_into: Option<Uuid>,
    /// The closed ticket that they go on from.
    follow_up_of: Option<Uuid>,
    /// Created at this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    created_from: Option<String>,
    /// Created before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    created_to: Option<String>,
    /// Order; newest first unless given.
    #[param(inline)]
    sort: Option<Sort>,
}

/// A list that is asked for.
pub(super) struct Listing {
    search: Search,
    paging: Paging,
}

impl FromQuery for Listing {
    fn from_query(p: &mut Parameters) -> Option<Self> {
        let search = Search {
            text: p.text("q").max_chars(500).optional(),
            status: p.choices("status").or_default(),
            priority: p.choices("priority").or_default(),
            category: p.choices("category").or_default(),
            severity: p.choices("severity").or_default(),
            impact: p.choices("impact").or_default(),
            ticket_type: p.choices("type").or_default(),
            channel: p.choices("channel").or_default(),
            scope: p.choice("scope").optional(),
            needs_review: p.value("needs_review").boolean().optional(),
            team: p.list("team", |slug| Ok::<_, std::convert::Infallible>(slug.to_owned())).or_default(),
            agent: p.value("agent").uuid().optional(),
            persona: p.choice("persona").optional(),
            service: p.text("service").optional(),
            tag: p.text("tag").map(spelled).optional(),
            requester_email: p.text("requester").map(|email| email.to_lowercase()).optional(),
            external_ref: p.text("external_ref").optional(),
            dedup_key: p.text("dedup_key").optional(),
            merged_into: p.value("merged_into").uuid().optional().map(TicketId::new),
            follow_up_of: p.value("follow_up_of").uuid().optional().map(TicketId::new),
            created_from: p.value("created_from").timestamp().optional(),
            created_to: p.value("created_to").timestamp().optional(),
            sort: p.choice("sort").or(Sort::CreatedDescending),
        };
        Some(Self { search, paging: Paging::take(p) })
    }
}

/// Lists and searches tickets.
#[utoipa::path(get, path = "/v1/tickets", tag = "tickets", operation_id = "listTickets",
    params(SearchQuery, PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of tickets", body = Page<TicketView>)))]
pub(super) async fn list(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    uri: Uri,
    Query(listing): Query<Listing>,
) -> Result<Response, Problem> {
    let Listing { search, paging } = listing;
    let name = serde_json::to_string(&search).map_err(|_| Problem::internal())?;
    let after: Option<Position> = paging.position(&name)?;
    let limit = usize::from(paging.limit);
    // One more than asked for tells whether there is a next page.
    let mut records = desk
        .tickets(permit.caller.tenant, &search, after.as_ref(), i64::from(paging.limit) + 1)
        .await
        .map_err(refusal::problem)?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next_cursor = match records.last().filter(|_| more) {
        Some(last) => {
            Some(cursor::seal(&name, &position(last, search.sort)).map_err(|_| Problem::internal())?)
        }
        None => None,
    };
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    let items: Vec<TicketView> = records.iter().map(|record| TicketView::new(record, around)).collect();
    Ok(Page { items, next_cursor }.answer(&uri))
}

fn position(record: &Record, sort: Sort) -> Position {
    let at: Timestamp = match sort {
        Sort::CreatedDescending | Sort::CreatedAscending => record.state.created_at,
        Sort::UpdatedDescending | Sort::UpdatedAscending => record.state.updated_at,
    };
    Position { at, id: record.id }
}

/// A ticket.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets", operation_id = "getTicket",
    params(("id" = Uuid, Path), IfNoneMatchHeader),
    responses(ReadProblems,
        (status = 200, description = "The ticket", body = TicketView, headers(("ETag" = String))),
        (status = 304, description = "It has not changed")))]
pub(super) async fn get(
    State(desk): State<Desk>,
    permit: Permit<ReadTickets>,
    Path(id): Path<Uuid>,
    Query(()): Query<()>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let record = desk.ticket(permit.caller.tenant, TicketId::new(id)).await.map_err(refusal::problem)?;
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    versioned(record.state.version, &TicketView::new(&record, around), &known)
}
