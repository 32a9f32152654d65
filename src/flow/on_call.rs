//! Who is on call: schedules of teams, read and edited.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::desk::Desk;
use super::error::Error;
use super::execution::{UseCase, Work};
use crate::domain::audit::Act;
use crate::domain::id::{AgentId, OverrideId, TenantId};
use crate::domain::on_call::{MOST_OVERRIDES, Override, Schedule};
use crate::domain::violation::Violation;
use crate::store::on_call::Kept;
use crate::store::{self, TenantRead};

/// What does not exist where a team has no schedule.
const SCHEDULE: &str = "on-call schedule";

/// Who is on call for a team at an instant; none: nobody, or there is no
/// schedule, or no such team.
///
/// # Errors
/// The database's.
pub async fn who(read: &mut TenantRead, team: &str, at: Timestamp) -> Result<Option<AgentId>, Error> {
    let kept = store::on_call::lookup(read, team).await?;
    let schedule = kept.and_then(|kept| kept.schedule);
    Ok(schedule.and_then(|schedule| schedule.on_call(at).duty).map(|duty| duty.agent))
}

/// A team's schedule as it is kept.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The team.
    pub team: String,
    /// How often it was changed; from 1.
    pub version: i32,
    /// The schedule; each override has an id.
    pub schedule: Schedule,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// What is to become of a team's schedule.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another one stands in its place, whole.
    Replace(Schedule),
    /// It goes.
    Remove,
    /// Somebody is on call instead for a while.
    AddOverride(Override),
    /// An override goes.
    RemoveOverride(OverrideId),
}

/// An edit of a team's schedule.
#[derive(Debug, Clone)]
pub struct EditSchedule {
    /// Of which team.
    pub team: String,
    /// What is to be.
    pub change: Change,
    /// The versions that the edit is meant for.
    pub expected: Option<Vec<i64>>,
}

/// What an edit did.
#[derive(Debug, Clone)]
pub struct Rescheduled {
    /// The schedule as it is now or, after its removal, as it was.
    pub now: Scheduled,
    /// The override that came or went.
    pub touched: Option<Override>,
}

impl UseCase for EditSchedule {
    type Output = Rescheduled;

    async fn run(&self, work: &mut Work<'_>) -> Result<Rescheduled, Error> {
        if !store::on_call::lock_team(&mut work.tx, &self.team).await? {
            return Err(Error::NotFound("team"));
        }
        let kept = store::on_call::lookup(work.tx.read(), &self.team).await?;
        let version = kept.as_ref().map_or(0, |kept| kept.version);
        let unchanged_since = kept.as_ref().map_or(work.now, |kept| kept.updated_at);
        let before = kept.and_then(|kept| kept.schedule);
        if self.expected.as_ref().is_some_and(|versions| !versions.contains(&version.into())) {
            return Err(Error::VersionMismatch);
        }
        let (after, touched) = self.change(work, before.as_ref()).await?;
        let shown = after.clone().or_else(|| before.clone()).ok_or(Error::NotFound(SCHEDULE))?;
        let team = self.team.clone();
        if after == before {
            let now = Scheduled { team, version, schedule: shown, updated_at: unchanged_since };
            return Ok(Rescheduled { now, touched });
        }
        let kept = Kept { version: version + 1, schedule: after, updated_at: work.now };
        store::on_call::put(&mut work.tx, &self.team, &kept).await?;
        self.audit(work, &kept, touched.as_ref()).await?;
        let now = Scheduled { team, version: kept.version, schedule: shown, updated_at: work.now };
        Ok(Rescheduled { now, touched })
    }
}

impl EditSchedule {
    async fn change(
        &self,
        work: &mut Work<'_>,
        before: Option<&Schedule>,
    ) -> Result<(Option<Schedule>, Option<Override>), Error> {
        let present = || before.cloned().ok_or(Error::NotFound(SCHEDULE));
        let clock = work.desk.clock();
        let next = || OverrideId::new(clock.new_id());
        match &self.change {
            Change::Replace(wanted) => {
                expect_agents(work.tx.read(), wanted.people()).await?;
                let mut schedule = wanted.clone();
                if let Some(before) = before {
                    schedule.adopt_ids(before);
                }
                schedule.name_overrides(next);
                Ok((Some(schedule), None))
            }
            Change::Remove => {
                present()?;
                Ok((None, None))
            }
            Change::AddOverride(wanted) => {
                let mut schedule = present()?;
                expect_agents(work.tx.read(), std::iter::once(("/agent".to_owned(), wanted.agent))).await?;
                if schedule.overrides.len() >= MOST_OVERRIDES {
                    return Err(Error::Conflict(format!("a schedule holds {MOST_OVERRIDES} overrides")));
                }
                let over = Override { id: Some(next()), ..wanted.clone() };
                schedule.overrides.push(over.clone());
                Ok((Some(schedule), Some(over)))
            }
            Change::RemoveOverride(id) => {
                let mut schedule = present()?;
                let gone = schedule.remove_override(*id).ok_or(Error::NotFound("override"))?;
                Ok((Some(schedule), Some(gone)))
            }
        }
    }

    /// What the schedule is now is kept, so that one can tell who was on call
    /// by which version.
    async fn audit(&self, work: &mut Work<'_>, kept: &Kept, touched: Option<&Override>) -> Result<(), Error> {
        let (action, told) = match &self.change {
            Change::Replace(_) => ("on_call.replace", kept.schedule.as_ref().map(Schedule::written)),
            Change::Remove => ("on_call.remove", None),
            Change::AddOverride(_) => ("on_call.override", touched.map(Override::written)),
            Change::RemoveOverride(_) => ("on_call.override_remove", touched.map(Override::written)),
        };
        let told = told.unwrap_or(Value::Null);
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action,
            target: touched.and_then(|over| over.id).map(OverrideId::uuid),
            detail: json!({ "team": self.team, "version": kept.version, "said": told }),
        };
        Ok(store::audit::append(&mut work.tx, &act).await?)
    }
}

/// Everybody who is named must be an agent of the tenant.
async fn expect_agents(
    read: &mut TenantRead,
    named: impl Iterator<Item = (String, AgentId)> + Send,
) -> Result<(), Error> {
    let named: Vec<(String, AgentId)> = named.collect();
    let mut agents: Vec<AgentId> = named.iter().map(|(_, agent)| *agent).collect();
    agents.sort_unstable();
    agents.dedup();
    let known = store::tenant::agent_names(read, &agents).await?;
    let unknown = named.into_iter().filter(|(_, agent)| !known.contains_key(agent));
    let faults: Vec<Violation> = unknown
        .map(|(pointer, _)| {
            Violation::new(pointer, "unknown_agent", "is not the id of an agent of the tenant")
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

impl Desk {
    /// A team's schedule.
    pub async fn on_call(&self, tenant: TenantId, team: &str) -> Result<Scheduled, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = scheduled(&mut read, team).await?;
        read.finish().await?;
        Ok(found)
    }

    /// A team's schedule, with the names of the agents who are on call in a
    /// stretch of it, as `within` tells them.
    pub async fn on_call_people<T: Send>(
        &self,
        tenant: TenantId,
        team: &str,
        within: impl FnOnce(&Schedule) -> (T, Vec<AgentId>) + Send,
    ) -> Result<(Scheduled, T, std::collections::HashMap<AgentId, String>), Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = scheduled(&mut read, team).await?;
        let (told, agents) = within(&found.schedule);
        let names = store::tenant::agent_names(&mut read, &agents).await?;
        read.finish().await?;
        Ok((found, told, names))
    }
}

async fn scheduled(read: &mut TenantRead, team: &str) -> Result<Scheduled, Error> {
    if !store::on_call::has_team(read, team).await? {
        return Err(Error::NotFound("team"));
    }
    let kept = store::on_call::lookup(read, team).await?.ok_or(Error::NotFound(SCHEDULE))?;
    let schedule = kept.schedule.ok_or(Error::NotFound(SCHEDULE))?;
    Ok(Scheduled { team: team.to_owned(), version: kept.version, schedule, updated_at: kept.updated_at })
}
