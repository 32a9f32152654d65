//! What belongs to a ticket: lists of it, and what is added.

use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::request::Parts;
use http::{StatusCode, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::view::{Around, TicketView};
use crate::domain::id::{TenantId, TicketId};
use crate::flow::write::Added;
use crate::flow::{Desk, Error, UseCase};
use crate::http::answer::{execute, reply, tag};
use crate::http::extract::caller::ReadTickets;
use crate::http::extract::{Command, Paging, Path, Permit, Query};
use crate::http::problem::Problem;
use crate::http::{paging, refusal};

/// A page that is asked for of a list that belongs to a ticket.
///
/// Refusals: those of [`Permit`], [`Path`] and [`Query`].
pub(super) struct Asked {
    /// Whose ticket it must be.
    pub(super) tenant: TenantId,
    /// The ticket.
    pub(super) ticket: TicketId,
    uri: Uri,
    paging: Paging,
}

impl<S> FromRequestParts<S> for Asked
where
    S: Send + Sync,
    Desk: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let permit: Permit<ReadTickets> = Permit::from_request_parts(parts, state).await?;
        let Path(id) = Path::<Uuid>::from_request_parts(parts, state).await?;
        let Query(paging) = Query::from_request_parts(parts, state).await?;
        let ticket = TicketId::new(id);
        Ok(Self { tenant: permit.caller.tenant, ticket, uri: parts.uri.clone(), paging })
    }
}

impl Asked {
    /// The page: `read` gives the items after a position, as many as it is told.
    pub(super) async fn page<T, P, V, F>(
        &self,
        what: &str,
        read: impl FnOnce(Option<P>, i64) -> F + Send,
        position: impl Fn(&T) -> P + Send,
        view: impl Fn(T) -> V + Send,
    ) -> Result<Response, Problem>
    where
        P: Serialize + DeserializeOwned,
        V: Serialize,
        F: Future<Output = Result<Vec<T>, Error>> + Send,
    {
        let name = format!("{what} {}", self.ticket);
        let after: Option<P> = self.paging.position(&name)?;
        // One more than asked for tells whether there is a next page.
        let found = read(after, i64::from(self.paging.limit) + 1).await.map_err(refusal::problem)?;
        paging::answer(&self.uri, &name, self.paging.limit, found, position, view)
    }
}

/// Acts on what belongs to a ticket and answers with it and the tag of the
/// ticket that has it: 201 with its address, which `place` makes of the
/// ticket's, or 200 where it makes none.
pub(super) async fn act<P, T, V: Serialize, U: UseCase<Output = Added<T>>>(
    desk: &Desk,
    command: &Command<P>,
    body: &[u8],
    use_case: &U,
    place: impl Fn(&str, &T) -> Option<String> + Send + Sync,
    view: impl Fn(&T) -> V + Send + Sync,
) -> Result<Response, Problem> {
    let retry = command.retry(body);
    let now = desk.now().await.map_err(refusal::problem)?;
    let around = Around { now, checklists: &desk.rules().checklists };
    execute(desk, command.caller(), retry.as_ref(), use_case, |added| {
        let location = place(&format!("/v1/tickets/{}", added.ticket.id), &added.item);
        let shown = TicketView::new(&added.ticket, around);
        let tag = tag(added.ticket.state.version, &shown)?;
        let status = if location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        reply(status, location, Some(&tag), &view(&added.item))
    })
    .await
}
