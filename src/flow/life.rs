//! The straight road of a ticket: transitions, assignment, resolution, return
//! and end.

use serde_json::Value;

use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::change::Change;
use crate::domain::id::{AgentId, EscalationId, MessageId, TicketId};
use crate::domain::ticket::Fact;
use crate::domain::ticket::life;
use crate::domain::ticket::record::{Message, Purpose, Record, ResolutionRecord};
use crate::domain::vocabulary::{Resolution, Status, Visibility};
use crate::store;

/// Which ticket an act is about, and which versions of it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The ticket.
    pub ticket: TicketId,
    /// The versions that the act is meant for; none: whichever it is.
    pub expected: Option<Vec<i64>>,
}

impl Target {
    pub(super) async fn load(&self, work: &mut Work<'_>) -> Result<Case, Error> {
        Case::load(work, self.ticket, self.expected.as_deref()).await
    }
}

/// A change of state.
#[derive(Debug, Clone)]
pub struct Transition {
    /// Of what.
    pub target: Target,
    /// To which state.
    pub to: Status,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for Transition {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let facts = life::transition(case.ticket(), self.to, case.now(work))?;
        reopening(work, &mut case, &facts).await?;
        case.record(work, actor(work), self.reason.as_deref(), facts);
        case.save(work).await
    }
}

/// Another team or agent.
#[derive(Debug, Clone)]
pub struct Assign {
    /// Of what.
    pub target: Target,
    /// The team; none: as it is.
    pub team: Option<String>,
    /// The agent, by identifier or name.
    pub agent: Change<String>,
    /// Why.
    pub reason: Option<String>,
}

impl UseCase for Assign {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let agent = place(work, self.team.as_deref(), &self.agent).await?;
        let facts = life::assign(case.ticket(), self.team.clone(), agent)?;
        case.record(work, actor(work), self.reason.as_deref(), facts);
        case.save(work).await
    }
}

/// Refuses a team that there is not, and finds the agent.
pub(super) async fn place(
    work: &mut Work<'_>,
    team: Option<&str>,
    agent: &Change<String>,
) -> Result<Change<AgentId>, Error> {
    if let Some(team) = team {
        let teams = store::tenant::list_teams(work.tx.read()).await?;
        if !teams.iter().any(|known| known.slug == team) {
            let known: Vec<&str> = teams.iter().map(|team| team.slug.as_str()).collect();
            let detail = format!("is not a team; there are {}", known.join(", "));
            return Err(Error::invalid("/team", "unknown_team", detail));
        }
    }
    Ok(match agent {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(name) => {
            let found = store::tenant::lookup_agent(work.tx.read(), name).await?;
            let unknown = || Error::invalid("/agent", "unknown_agent", "is not an agent's id or name");
            let agent = found.ok_or_else(unknown)?;
            if !agent.active {
                let detail = format!("{} is not active; nothing can be given to them", agent.name);
                return Err(Error::invalid("/agent", "inactive_agent", detail));
            }
            Change::Set(agent.id)
        }
    })
}

/// A resolution by a person.
#[derive(Debug, Clone)]
pub struct Resolve {
    /// Of what.
    pub target: Target,
    /// How.
    pub resolution: Resolution,
    /// What was done.
    pub steps: String,
    /// What the requester is told.
    pub message: String,
    /// What was behind it.
    pub root_cause: Option<String>,
    /// What became of the knowledge.
    pub knowledge: Option<Value>,
    /// What it meant for users.
    pub impact_assessment: Option<String>,
}

impl UseCase for Resolve {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let acting = actor(work);
        let id = MessageId::new(work.desk.clock().new_id());
        let now = case.now(work);
        let open: Vec<EscalationId> =
            case.record.escalations.iter().filter(|e| e.state.is_open()).map(|e| e.id).collect();
        let facts = life::resolve(case.ticket(), self.resolution, id, acting.author(), &open, now)?;
        let message = Message {
            id,
            ticket: self.target.ticket,
            visibility: Visibility::Public,
            author: acting.author(),
            purpose: Purpose::Resolution,
            agent: acting.agent(),
            agent_name: None,
            body: self.message.clone(),
            created_at: now,
            published_at: None,
        };
        store::message::insert(&mut work.tx, &[(&message, None)]).await?;
        case.record(work, acting, None, facts);
        let resolved = ResolutionRecord {
            resolution: self.resolution,
            steps: self.steps.clone(),
            root_cause: self.root_cause.clone(),
            knowledge: self.knowledge.clone(),
            impact_assessment: self.impact_assessment.clone(),
            agent: acting.agent(),
            resolved_at: now,
        };
        let seq = case.ticket().version;
        store::resolution::insert(&mut work.tx, &[(self.target.ticket, seq, &resolved)]).await?;
        case.save(work).await
    }
}

/// A ticket's return.
#[derive(Debug, Clone)]
pub struct Reopen {
    /// Of what.
    pub target: Target,
    /// Why.
    pub reason: String,
}

impl UseCase for Reopen {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let facts = life::reopen(case.ticket(), case.now(work))?;
        reopening(work, &mut case, &facts).await?;
        case.record(work, actor(work), Some(&self.reason), facts);
        case.save(work).await
    }
}

/// A ticket's end.
#[derive(Debug, Clone)]
pub struct Close {
    /// Of what.
    pub target: Target,
}

impl UseCase for Close {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        let mut case = self.target.load(work).await?;
        let facts = life::close(case.ticket(), case.now(work))?;
        case.record(work, actor(work), None, facts);
        case.save(work).await
    }
}

/// A ticket that comes back takes its deduplication key again; another ticket
/// may have it by now.
pub(super) async fn reopening(work: &mut Work<'_>, case: &mut Case, facts: &[Fact]) -> Result<(), Error> {
    if !facts.iter().any(|fact| matches!(fact, Fact::Reopened)) {
        return Ok(());
    }
    let Some(key) = case.record.dedup_key.clone() else { return Ok(()) };
    match store::ticket::lookup_open_by_dedup_key(&mut work.tx, &key).await? {
        Some(other) if other != case.record.id => {
            Err(Error::Conflict(format!("ticket {other} is open under the same dedup_key; work on that one")))
        }
        _ => Ok(()),
    }
}
