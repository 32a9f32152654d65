//! What people and programs add to a ticket: messages and evidence.

use super::case::{Case, acting_as, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::life::reopening;
use super::succession::{self, Place};
use crate::domain::id::{EvidenceId, MessageId, TicketId};
use crate::domain::intake::NewEvidence;
use crate::domain::ticket::Actor;
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Evidence, Message, Purpose, Record};
use crate::domain::violation::Violation;
use crate::domain::vocabulary::{Author, EvidenceKind, Role, Status, Visibility};
use crate::store;

/// A message to be added.
#[derive(Debug, Clone)]
pub struct AddMessage {
    /// To which ticket.
    pub ticket: TicketId,
    /// Who may see it.
    pub visibility: Visibility,
    /// In whose name.
    pub author: Author,
    /// The text.
    pub body: String,
    /// The state that the ticket is to go to with it.
    pub status: Option<Status>,
    /// The versions that the change is meant for.
    pub expected: Option<Vec<i64>>,
}

/// What was added, with the ticket that has it now.
#[derive(Debug, Clone)]
pub struct Added<T> {
    /// What was added.
    pub item: T,
    /// The ticket.
    pub ticket: Record,
}

impl UseCase for AddMessage {
    type Output = Added<Message>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Added<Message>, Error> {
        if self.author == Author::Requester && self.visibility == Visibility::Internal {
            return Err(Error::invalid("/visibility", "not_allowed", "what a requester writes is public"));
        }
        let (mut case, follows) = match succession::place(work, self).await? {
            Place::Here(case) => (case, false),
            Place::FollowUpOf(case) => (case, true),
        };
        let requester = succession::requester(work, self.ticket, &case).await?;
        if follows {
            return succession::follow_up(work, &case, requester, &self.body).await;
        }
        unless_followed(work, &case).await?;
        let acting = acting_as(work, self.author, requester.id)?;
        let id = MessageId::new(work.desk.clock().new_id());
        let now = case.now(work);
        let facts = life::message(case.ticket(), id, self.author, self.visibility, self.status, now)?;
        reopening(work, &mut case, &facts).await?;
        let agent_name = agent_name(work, acting).await?;
        let message = Message {
            id,
            ticket: case.record.id,
            visibility: self.visibility,
            author: self.author,
            purpose: Purpose::Reply,
            agent: acting.agent(),
            agent_name,
            body: self.body.clone(),
            created_at: now,
            published_at: None,
        };
        let requester = (self.author == Author::Requester).then_some(requester.id);
        store::message::insert(&mut work.tx, &[(&message, requester)]).await?;
        case.record(work, acting, None, facts);
        Ok(Added { item: message, ticket: case.save(work).await? })
    }
}

/// A closed ticket that another one goes on from says so to whoever would write
/// to it.
async fn unless_followed(work: &mut Work<'_>, case: &Case) -> Result<(), Error> {
    if case.ticket().status != Status::Closed {
        return Ok(());
    }
    match store::succession::follow_up(work.tx.read(), case.record.id).await? {
        Some(next) => {
            let why = format!("the ticket is closed, which is final; ticket {next} goes on from it");
            Err(Error::Conflict(why))
        }
        None => Ok(()),
    }
}

/// The name that an agent's message is shown with.
async fn agent_name(work: &mut Work<'_>, acting: Actor) -> Result<Option<String>, Error> {
    let Some(agent) = acting.agent() else { return Ok(None) };
    Ok(store::tenant::lookup_agent(work.tx.read(), &agent.to_string()).await?.map(|agent| agent.name))
}

/// A piece of evidence to be added.
#[derive(Debug, Clone)]
pub struct AddEvidence {
    /// To which ticket.
    pub ticket: TicketId,
    /// What it is.
    pub evidence: NewEvidence,
    /// The versions that the change is meant for.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for AddEvidence {
    type Output = Added<Evidence>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Added<Evidence>, Error> {
        let mut case = succession::heir(work, self.ticket, self.expected.as_deref()).await?;
        unless_followed(work, &case).await?;
        let acting = actor(work);
        let items = attach(work, &mut case, acting, std::slice::from_ref(&self.evidence)).await?;
        let ticket = case.save(work).await?;
        let item =
            items.into_iter().next().ok_or_else(|| Error::Defect("no evidence was added".to_owned()))?;
        Ok(Added { item, ticket })
    }
}

/// Adds evidence to a ticket that is being worked on, and completes the
/// hand-overs that were waiting for it.
pub(super) async fn attach(
    work: &mut Work<'_>,
    case: &mut Case,
    acting: Actor,
    items: &[NewEvidence],
) -> Result<Vec<Evidence>, Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let now = case.now(work);
    let evidence: Vec<Evidence> = items
        .iter()
        .map(|item| Evidence {
            id: EvidenceId::new(work.desk.clock().new_id()),
            ticket: case.record.id,
            kind: item.kind,
            text: item.text.clone(),
            author: acting.author(),
            created_at: now,
        })
        .collect();
    let kinds: Vec<(EvidenceId, EvidenceKind)> = evidence.iter().map(|item| (item.id, item.kind)).collect();
    let facts = life::add_evidence(case.ticket(), &kinds, &case.record.escalations, now)?;
    store::evidence::insert(&mut work.tx, &evidence).await?;
    case.record(work, acting, None, facts);
    Ok(evidence)
}

/// Whether a caller of this role may write in this name.
///
/// # Errors
/// The fault of the field `author`.
pub fn may_write_as(role: Role, author: Author) -> Result<(), Violation> {
    let person = matches!(role, Role::Agent | Role::Lead | Role::Admin);
    if author == Author::Agent && !person {
        return Err(Violation::new(
            "/author",
            "not_allowed",
            "only keys of the roles agent, lead and admin write as an agent",
        ));
    }
    Ok(())
}
