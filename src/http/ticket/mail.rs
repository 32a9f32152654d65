//! What was mailed about a ticket.

use axum::extract::State;
use axum::response::Response;

use super::belongings::Asked;
use crate::flow::Desk;
use crate::http::document::ReadProblems;
use crate::http::extract::Page;
use crate::http::mail::MailView;
use crate::http::parameters::PagingQuery;
use crate::http::problem::Problem;

/// Lists the mails about a ticket, oldest first: what each told, to whom, and
/// what became of it.
#[utoipa::path(get, path = "/v1/tickets/{id}/mails", tag = "tickets", operation_id = "listMails",
    params(("id" = uuid::Uuid, Path), PagingQuery),
    responses(ReadProblems, (status = 200, description = "A page of mails", body = Page<MailView>)))]
pub(super) async fn list(State(desk): State<Desk>, asked: Asked) -> Result<Response, Problem> {
    let (tenant, ticket) = (asked.tenant, asked.ticket);
    let read = |after, limit| async move { desk.mails(tenant, ticket, after, limit).await };
    asked.page("mails", read, |mail| mail.id, |mail| MailView::from(&mail)).await
}
