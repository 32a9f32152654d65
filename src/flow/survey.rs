//! Links by which requesters say how they were helped, without a key.

use jiff::Timestamp;

use super::caller::Caller;
use super::case::read_history;
use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use super::rating::{Kept, Rate};
use crate::clock::Clock;
use crate::domain::id::TicketId;
use crate::domain::mail::survey_address;
use crate::domain::reply::Reply;
use crate::domain::survey::Invitation;
use crate::domain::ticket::record::{Rated, Record};
use crate::domain::ticket::{Event, Fact};
use crate::outbound::token;
use crate::store;

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the address ends with.
    pub token: String,
    /// The whole address of the page for people outside; none: it is not known.
    pub url: Option<String>,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// What whoever has a link may see.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What the link is for.
    pub invitation: Invitation,
    /// The name of the desk's organisation.
    pub tenant: String,
    /// The number of the ticket.
    pub number: i64,
    /// The language of the ticket.
    pub language: String,
    /// When it was resolved.
    pub resolved_at: Timestamp,
    /// What was said already.
    pub rated: Option<Rated>,
    /// Until when that may be changed.
    pub changeable_until: Option<Timestamp>,
    /// Whether an answer is taken now.
    pub is_open: bool,
}

/// Makes a link for the last resolution of a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Invite(pub TicketId);

impl UseCase for Invite {
    type Output = Link;

    async fn run(&self, work: &mut Work<'_>) -> Result<Link, Error> {
        let record = store::record::lookup(work.tx.read(), self.0).await?;
        let record = record.ok_or(Error::NotFound("ticket"))?;
        invite(work, &record).await
    }
}

/// The link for the last resolution of a ticket.
pub(super) async fn invite(work: &mut Work<'_>, record: &Record) -> Result<Link, Error> {
    if let Some(heir) = record.state.merged_into {
        return Err(Error::Conflict(format!("the ticket went into ticket {heir}, which is rated instead")));
    }
    let history = read_history(work.tx.read(), record.id).await?;
    let none = || Error::Conflict("the ticket was not resolved yet; there is nothing to rate".to_owned());
    let resolved = last_resolution(&history).ok_or_else(none)?;
    let lasts = work.desk.means().survey_link;
    let expires_at = resolved.at.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let invitation = Invitation::new(work.tx.tenant(), record.id, resolved.seq, expires_at);
    let secret = store::signing_key::ensure(&mut work.tx, &Clock::random_bytes(), work.now).await?;
    let token = token::seal(&secret, &invitation.bytes());
    let token = token.ok_or_else(|| Error::Defect("a link cannot be signed".to_owned()))?;
    let url = work.desk.means().survey_url.as_deref().and_then(|url| survey_address(url, record, &token));
    Ok(Link { token, url, expires_at: invitation.ends_at() })
}

fn last_resolution(history: &[Event]) -> Option<&Event> {
    history.iter().rev().find(|event| matches!(event.fact, Fact::Resolved { .. }))
}

impl Desk {
    /// What a token is for, if this desk made it and it counts still.
    ///
    /// # Errors
    /// [`Error::NotFound`] for every other one, whatever is wrong with it.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, Error> {
        let unknown = || Error::NotFound("survey");
        let claimed = token::claimed(token).and_then(|bytes| Invitation::read(&bytes)).ok_or_else(unknown)?;
        let mut read = self.store().begin_read(claimed.tenant).await?;
        let secret = store::signing_key::lookup(&mut read).await?;
        read.finish().await?;
        let genuine = secret.is_some_and(|secret| token::is_genuine(&secret, token));
        if genuine && self.now().await? <= claimed.ends_at() { Ok(claimed) } else { Err(unknown()) }
    }

    /// What is asked by an invitation, and what was answered.
    ///
    /// # Errors
    /// [`Error::Conflict`]: the ticket was resolved anew since, or merged.
    pub async fn asked(&self, invitation: Invitation) -> Result<Asked, Error> {
        let mut read = self.store().begin_read(invitation.tenant).await?;
        let record = store::record::lookup(&mut read, invitation.ticket).await?;
        let record = record.ok_or(Error::NotFound("survey"))?;
        let history = read_history(&mut read, invitation.ticket).await?;
        let tenant = store::tenant::lookup(&mut read).await?.map(|tenant| tenant.name).unwrap_or_default();
        let rated = store::rating::latest(&mut read, invitation.ticket).await?;
        read.finish().await?;
        let last = last_resolution(&history).filter(|event| event.seq == i64::from(invitation.resolution));
        let resolved = last.ok_or_else(stale)?;
        if record.state.merged_into.is_some() {
            // Which one is nothing for whoever has a link.
            return Err(Error::Conflict(
                "the ticket went into another one, which is rated instead".to_owned(),
            ));
        }
        let rated = rated.filter(|rated| rated.resolution == resolved.seq);
        let changeable = |rated: &Rated| rated.rated_at.checked_add(self.means().rating_changeable).ok();
        let changeable_until = rated.as_ref().and_then(changeable);
        let now = self.now().await?;
        Ok(Asked {
            invitation,
            tenant,
            number: record.number,
            language: record.language,
            resolved_at: resolved.at,
            is_open: changeable_until.is_none_or(|until| now <= until),
            changeable_until,
            rated,
        })
    }

    /// Keeps what somebody with an invitation says, as the requester's word.
    pub async fn answer(
        &self,
        invitation: Invitation,
        score: u8,
        comment: Option<String>,
        render: impl Fn(&Kept) -> Result<Reply, Error> + Send + Sync,
    ) -> Result<Reply, Error> {
        let about = Some(i64::from(invitation.resolution));
        let rate = Rate { ticket: invitation.ticket, score, comment, about };
        let caller = Caller::automation(invitation.tenant);
        Ok(self.execute(&caller, None, &rate, render).await?.reply)
    }
}

/// Why an older link does not do.
pub(super) fn stale() -> Error {
    Error::Conflict("the ticket was resolved anew since; that resolution has a link of its own".to_owned())
}
