//! Which ticket takes what is posted to one that has ended.

use std::sync::Arc;

use super::case::Case;
use super::error::Error;
use super::execution::Work;
use super::open::{Origin, begin, take_in};
use super::write::{AddMessage, Added};
use crate::domain::id::TicketId;
use crate::domain::intake::NewTicket;
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Message, Requester};
use crate::store;

/// Which ticket takes a message.
pub(super) enum Place {
    /// This one.
    Here(Case),
    /// One that goes on from this one, and has to be made.
    FollowUpOf(Case),
}

/// The ticket itself, locked, or where it went in the end if it was merged.
/// `expected` is about the ticket that was named.
pub(super) async fn heir(
    work: &mut Work<'_>,
    ticket: TicketId,
    expected: Option<&[i64]>,
) -> Result<Case, Error> {
    let unknown = || Error::NotFound("ticket");
    let mut next = store::succession::end_of_merges(work.tx.read(), ticket).await?.ok_or_else(unknown)?;
    if next != ticket
        && let Some(versions) = expected
    {
        // What was merged has ended: its version stays.
        let named = store::record::lookup(work.tx.read(), ticket).await?.ok_or_else(unknown)?;
        if !versions.contains(&named.state.version) {
            return Err(Error::VersionMismatch);
        }
    }
    loop {
        let case = Case::load(work, next, expected.filter(|_| next == ticket)).await?;
        match case.ticket().merged_into {
            Some(went) => next = went,
            None => return Ok(case),
        }
    }
}

/// Where a message goes: along merges, then along follow-ups while the ticket
/// it reaches takes no more of it.
pub(super) async fn place(work: &mut Work<'_>, message: &AddMessage) -> Result<Place, Error> {
    let mut case = heir(work, message.ticket, message.expected.as_deref()).await?;
    let mut seen = Vec::new();
    loop {
        let now = case.now(work);
        let AddMessage { author, visibility, status, .. } = message;
        if !life::goes_on(case.ticket(), *author, *visibility, *status, now) {
            return Ok(Place::Here(case));
        }
        seen.push(case.record.id);
        let Some(next) = store::succession::follow_up(work.tx.read(), case.record.id).await? else {
            return Ok(Place::FollowUpOf(case));
        };
        let next = heir(work, next, None).await?;
        if seen.contains(&next.record.id) {
            // Its follow-up was merged back into it.
            return Ok(Place::FollowUpOf(case));
        }
        case = next;
    }
}

/// Whoever the ticket that was named is about: what they say, they say in
/// their own name, wherever it goes.
pub(super) async fn requester(work: &mut Work<'_>, named: TicketId, case: &Case) -> Result<Requester, Error> {
    if case.record.id == named {
        return Ok(case.record.requester.clone());
    }
    let record = store::record::lookup(work.tx.read(), named).await?;
    Ok(record.ok_or(Error::NotFound("ticket"))?.requester)
}

/// Makes the ticket that goes on from `case`, which is not changed by it.
pub(super) async fn follow_up(
    work: &mut Work<'_>,
    case: &Case,
    requester: Requester,
    body: &str,
) -> Result<Added<Message>, Error> {
    let record = &case.record;
    let ticket = NewTicket {
        subject: record.subject.clone(),
        body: body.to_owned(),
        email: requester.email.clone(),
        name: requester.name.clone(),
        channel: Some(record.state.channel),
        ticket_type: record.triage.by_human("type"),
        service: record.service.clone(),
        severity: record.triage.by_human("severity"),
        impact: record.triage.by_human("impact"),
        category: record.triage.by_human("category"),
        scope: record.triage.by_human("scope"),
        dedup_key: None,
        external_ref: None,
        tags: record.tags.clone(),
        custom: record.custom.clone(),
        evidence: Vec::new(),
        by_agent: false,
    };
    let origin = Origin { follow_up_of: Some(record.id), restricted: record.state.restricted };
    let (basis, _) = begin(work, 1, &[]).await?;
    let opened = take_in(work, &[Arc::new(ticket)], vec![requester], basis, origin).await?;
    let opened = opened.into_iter().next();
    let opened = opened.ok_or_else(|| Error::Defect("no follow-up was made".to_owned()))?;
    let item = opened.messages.into_iter().next();
    let item = item.ok_or_else(|| Error::Defect("a ticket begins without a message".to_owned()))?;
    Ok(Added { item, ticket: opened.record })
}
