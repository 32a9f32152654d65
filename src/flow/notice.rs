//! Whether what people are to be told is still worth telling, looked at right
//! before they are told.

use jiff::Timestamp;
use uuid::Uuid;

use super::case::read_history;
use super::error::Error;
use super::execution::Work;
use crate::domain::escalation::ladder::Moot;
use crate::domain::id::{EndpointId, EventId, MessageId, TicketId};
use crate::domain::mail::{Circumstances, Mail, MailKind, may_hear, of_team, outlived};
use crate::domain::ticket::record::{Purpose, Record};
use crate::domain::ticket::{Event, Fact};
use crate::store;

/// What somebody is to be told.
pub(super) struct Telling {
    kind: MailKind,
    about: Option<Uuid>,
    cause: EventId,
    at: Timestamp,
}

impl From<&Mail> for Telling {
    fn from(mail: &Mail) -> Self {
        Self { kind: mail.kind, about: mail.about, cause: mail.cause, at: mail.at }
    }
}

/// What decides whether it is still worth telling, beside the ticket itself.
pub(super) async fn circumstances(
    work: &mut Work<'_>,
    record: &Record,
    telling: &Telling,
) -> Result<Circumstances, Error> {
    let mut found = Circumstances::default();
    match telling.kind {
        MailKind::Reopened => {
            found.said = store::mail::was_told(work.tx.read(), record.id, telling.at).await?;
        }
        MailKind::Notice | MailKind::Page => {
            found.silenced = silenced(work, record, telling.cause).await?;
        }
        MailKind::Survey => found.rated = rated(work, record).await?,
        MailKind::Message if !record.state.is_unresolved() => {
            found.asks = asks(work, record, telling.about).await?;
        }
        _ => {}
    }
    Ok(found)
}

/// Whether the requester has said how the last resolution was.
async fn rated(work: &mut Work<'_>, record: &Record) -> Result<bool, Error> {
    let history = read_history(work.tx.read(), record.id).await?;
    let resolved = history.iter().rfind(|event| matches!(event.fact, Fact::Resolved { .. }));
    let last = resolved.map(|event| event.seq);
    let is_about_it = |event: &Event| match event.fact {
        Fact::Rated { resolution, .. } => Some(resolution) == last,
        _ => false,
    };
    Ok(history.iter().any(is_about_it))
}

/// Whether the step of a ladder that is told of has lost its cause.
async fn silenced(work: &mut Work<'_>, record: &Record, cause: EventId) -> Result<Option<Moot>, Error> {
    let history = read_history(work.tx.read(), record.id).await?;
    let step = history.iter().find(|event| event.id == cause).and_then(|event| match &event.fact {
        Fact::LadderStep { step, .. } => Some(step),
        _ => None,
    });
    let Some(step) = step else { return Ok(None) };
    let now = work.now.max(record.state.updated_at);
    work.desk.silenced(work.tx.read(), (record, &history), step, now).await
}

/// Whether a message is the service's own, and asks for something that a
/// hand-over needs. The answer to a new ticket says more than that.
async fn asks(work: &mut Work<'_>, record: &Record, message: Option<Uuid>) -> Result<bool, Error> {
    let Some(id) = message.map(MessageId::new) else { return Ok(false) };
    let found = store::message::lookup(work.tx.read(), record.id, id).await?;
    if found.is_none_or(|message| message.purpose == Purpose::Acknowledgement) {
        return Ok(false);
    }
    let history = read_history(work.tx.read(), record.id).await?;
    let wants =
        |event: &Event| matches!(event.fact, Fact::EscalationContextWanted { message, .. } if message == id);
    Ok(history.iter().any(wants))
}

/// Whether a team need not, or may not, hear any more of a fact that its
/// endpoint was to be told of.
pub(super) async fn is_moot_for_team(
    work: &mut Work<'_>,
    endpoint: EndpointId,
    ticket: TicketId,
    event: EventId,
) -> Result<bool, Error> {
    let Some(record) = store::record::lookup(work.tx.read(), ticket).await? else { return Ok(true) };
    let history = read_history(work.tx.read(), ticket).await?;
    let Some(event) = history.iter().find(|known| known.id == event) else { return Ok(true) };
    let Some((teams, wanted)) = of_team(&record, event) else { return Ok(true) };
    if record.state.restricted {
        let of_teams = store::team::webhooks(work.tx.read()).await?;
        let hears = |team: &String| of_teams.get(team) == Some(&endpoint) && may_hear(team, &record);
        if !teams.iter().any(hears) {
            return Ok(true);
        }
    }
    let (kind, about) = (wanted.kind, wanted.about);
    let telling = Telling { kind, about, cause: event.id, at: event.at };
    let circumstances = circumstances(work, &record, &telling).await?;
    Ok(outlived(kind, about, &record, &circumstances).is_some())
}
