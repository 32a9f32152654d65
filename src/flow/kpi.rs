//! How well the desk does.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::desk::Desk;
use super::error::Error;
use crate::domain::id::TenantId;
use crate::domain::kpi::{
    Answer, Distribution, Exclusion, FIRST_RESPONSE_SECONDS, Name, Question, Tally, Waiting, first_level,
    resolved, responses,
};
use crate::domain::search::Position;
use crate::domain::sla::Policy;
use crate::domain::ticket::record::Record;
use crate::store;
use crate::store::kpi::Group;

/// Answers, and how far they reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpis {
    /// One for each number that was asked for, in that order.
    pub answers: Vec<Answer>,
    /// The instant of the tenant's last event before the end of the window.
    pub as_of: Option<Timestamp>,
}

/// What the database knows for one answer.
struct Facts {
    name: Name,
    groups: Vec<Group>,
    without_promise: u64,
    undecided: Vec<Waiting>,
}

impl Desk {
    /// Answers a question from one state of the database.
    pub async fn kpis(&self, tenant: TenantId, question: &Question) -> Result<Kpis, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let mut gathered = Vec::with_capacity(question.names.len());
        for name in &question.names {
            gathered.push(gather(&mut read, *name, question).await?);
        }
        let as_of = store::kpi::last_event(&mut read, question.window.to).await?;
        let mut answers = Vec::with_capacity(gathered.len());
        for facts in &gathered {
            answers.push(self.answer(&mut read, facts, question).await?);
        }
        read.finish().await?;
        Ok(Kpis { answers, as_of })
    }

    /// The tickets that count for a number, in the order in which they came to
    /// count, after a position, `limit` at most.
    pub async fn kpi_tickets(
        &self,
        tenant: TenantId,
        name: Name,
        question: &Question,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<(Position, Record)>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let tickets = store::kpi::tickets(&mut read, name, question, after, limit).await?;
        read.finish().await?;
        Ok(tickets)
    }

    async fn answer(
        &self,
        read: &mut store::TenantRead,
        facts: &Facts,
        question: &Question,
    ) -> Result<Answer, Error> {
        Ok(match facts.name {
            Name::FirstResponseTime => self.first_responses(read, facts, question).await?,
            Name::FirstLevelResolutionRate => {
                first_level(&tally(facts), question.window.is_provisional(question.now))
            }
            Name::ResolutionRate => resolved(&tally(facts)),
        })
    }

    async fn first_responses(
        &self,
        read: &mut store::TenantRead,
        facts: &Facts,
        question: &Question,
    ) -> Result<Answer, Error> {
        let counted = facts.groups.iter().filter(|group| group.excluded.is_none());
        let durations: Distribution = counted.map(|group| (group.seconds, group.n)).collect();
        let mut excluded = left_out(&facts.groups);
        // Those whose promise was taken away before they were answered are counted already.
        *excluded.entry(Exclusion::WithoutPromise).or_default() += facts.without_promise;
        let (mut just_in_time, mut overdue) = (0, 0);
        let mut policies: HashMap<(&str, &str, i32), Policy> = HashMap::new();
        for clock in &facts.undecided {
            let place = (clock.sla_version.as_str(), clock.policy.key.as_str(), clock.policy.version);
            let policy = match policies.entry(place) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => {
                    free.insert(self.policy(read, &clock.sla_version, &clock.policy).await?)
                }
            };
            let passed = clock.passed_at(policy, FIRST_RESPONSE_SECONDS, question.measure, question.now);
            match (clock.stopped_at, passed) {
                (Some(_), None) => just_in_time += 1,
                (None, Some(at)) if question.window.holds(at) => overdue += 1,
                _ => {}
            }
        }
        Ok(responses(&durations, just_in_time, overdue, &excluded))
    }
}

async fn gather(read: &mut store::TenantRead, name: Name, question: &Question) -> Result<Facts, Error> {
    let groups = store::kpi::count(read, name, question).await?;
    let mut facts = Facts { name, groups, without_promise: 0, undecided: Vec::new() };
    if name == Name::FirstResponseTime {
        facts.without_promise = store::kpi::without_promise(read, question).await?;
        facts.undecided = store::kpi::undecided(read, question, FIRST_RESPONSE_SECONDS).await?;
    }
    Ok(facts)
}

fn left_out(groups: &[Group]) -> BTreeMap<Exclusion, u64> {
    let mut excluded = BTreeMap::new();
    for group in groups {
        if let Some(reason) = group.excluded {
            *excluded.entry(reason).or_default() += group.n;
        }
    }
    excluded
}

fn tally(facts: &Facts) -> Tally {
    let counted = || facts.groups.iter().filter(|group| group.excluded.is_none());
    Tally {
        n: counted().map(|group| group.n).sum(),
        good: counted().filter(|group| group.good).map(|group| group.n).sum(),
        excluded: left_out(&facts.groups),
    }
}
