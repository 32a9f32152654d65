//! Mail that went out, or did not.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::domain::id::MailId;
use crate::domain::mail::{Mail, MailKind, MailState, Recipient};
use crate::flow::Desk;
use crate::flow::mail::Resend;
use crate::http::answer::{execute, reply};
use crate::http::document::Problems;
use crate::http::extract::caller::ResendMail;
use crate::http::extract::{Command, Path};
use crate::http::parameters::IdempotencyHeader;
use crate::http::problem::Problem;

/// The operations on mail.
#[must_use]
pub fn router() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(resend))
}

/// Whom a mail is for; where they are reached is not said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailRecipient)]
struct RecipientView {
    /// `requester`, `agent` or `team`.
    kind: &'static str,
    /// Of a requester or an agent.
    id: Option<Uuid>,
    /// Slug of a team.
    team: Option<String>,
}

impl From<&Recipient> for RecipientView {
    fn from(recipient: &Recipient) -> Self {
        let (id, team) = match recipient {
            Recipient::Requester(id) => (Some(id.uuid()), None),
            Recipient::Agent(id) => (Some(id.uuid()), None),
            Recipient::Team(slug) => (None, Some(slug.clone())),
        };
        Self { kind: recipient.kind(), id, team }
    }
}

/// A mail: what it told, to whom, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub struct MailView {
    id: Uuid,
    ticket: Uuid,
    kind: MailKind,
    recipient: RecipientView,
    /// The message or escalation that it tells of.
    about: Option<Uuid>,
    state: MailState,
    /// How often it was tried.
    attempts: u32,
    /// Why it was not sent, the last time: a word for `moot` and `skipped`,
    /// what the server said for others.
    reason: Option<String>,
    /// Its Message-ID.
    message_id: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
}

impl From<&Mail> for MailView {
    fn from(mail: &Mail) -> Self {
        Self {
            id: mail.id.uuid(),
            ticket: mail.ticket.uuid(),
            kind: mail.kind,
            recipient: RecipientView::from(&mail.recipient),
            about: mail.about,
            state: mail.state,
            attempts: mail.attempts,
            reason: mail.reason.clone(),
            message_id: mail.message_id.clone(),
            created_at: mail.created_at,
            sent_at: mail.sent_at,
        }
    }
}

/// Sends a dead mail again, from now on and for as long as a new one. Any other
/// is a conflict.
#[utoipa::path(post, path = "/v1/mails/{id}/resend", tag = "tickets", operation_id = "resendMail",
    params(("id" = Uuid, Path), IdempotencyHeader),
    responses(Problems, (status = 200, description = "The mail, pending", body = MailView)))]
async fn resend(
    State(desk): State<Desk>,
    command: Command<ResendMail>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let retry = command.retry(&[]);
    execute(&desk, command.caller(), retry.as_ref(), &Resend(MailId::new(id)), |mail| {
        reply(StatusCode::OK, None, None, &MailView::from(mail))
    })
    .await
}
