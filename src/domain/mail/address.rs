//! Who can be reached, and who may be told.

use std::collections::HashMap;

use super::{Recipient, Target, Wanted};
use crate::domain::escalation::team_of;
use crate::domain::id::AgentId;
use crate::domain::tenant::Agent;
use crate::domain::ticket::record::Record;
use crate::domain::vocabulary::Persona;

/// Somebody with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correspondent {
    /// Their name, where known.
    pub name: Option<String>,
    /// Their address.
    pub address: String,
}

/// The people and queues of a tenant that a batch of mail may be for.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Teams by slug, with name and, if set, address.
    pub teams: HashMap<String, (String, Option<String>)>,
    /// Agents: those of these teams, and those asked for.
    pub agents: Vec<Agent>,
}

/// A recipient, and why nothing is sent to them, if nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whom the mail is for.
    pub recipient: Recipient,
    /// Why it is skipped: `no_address`, `inactive` or `restricted`.
    pub skipped: Option<&'static str>,
}

impl Settled {
    const fn new(recipient: Recipient, skipped: Option<&'static str>) -> Self {
        Self { recipient, skipped }
    }
}

/// The mails that something to tell becomes: for a team its address or, where
/// it has none, one to each of its active agents who has. Nobody to reach is a
/// mail too, skipped, so that the log of the ticket says so; where that is a
/// person, a team around them may be told as well.
#[must_use]
pub fn settle(wanted: &Wanted, record: &Record, directory: &Directory) -> Vec<Settled> {
    match &wanted.target {
        Target::Requester => {
            let known = record.requester.email.is_some();
            let skipped = (!known).then_some("no_address");
            vec![Settled::new(Recipient::Requester(record.requester.id), skipped)]
        }
        Target::Agent(agent) => {
            let recipient = Recipient::Agent(*agent);
            let obstacle = obstacle(&recipient, record, directory);
            let mut settled = vec![Settled::new(recipient, obstacle)];
            if obstacle.is_some() {
                settled.extend(instead(wanted, record, directory));
            }
            settled
        }
        Target::Team(team) => {
            let mut settled = of_team(team, record, directory);
            if settled.iter().all(|one| one.skipped.is_some()) {
                settled.extend(instead(wanted, record, directory));
            }
            settled
        }
    }
}

/// The first of the other teams that can be reached; nobody: none can.
fn instead(wanted: &Wanted, record: &Record, directory: &Directory) -> Vec<Settled> {
    let mut found = wanted.otherwise.iter().map(|team| of_team(team, record, directory));
    found.find(|all| all.iter().any(|one| one.skipped.is_none())).unwrap_or_default()
}

fn of_team(team: &str, record: &Record, directory: &Directory) -> Vec<Settled> {
    let queue = Recipient::Team(team.to_owned());
    let obstacle = obstacle(&queue, record, directory);
    if obstacle != Some("no_address") {
        return vec![Settled::new(queue, obstacle)];
    }
    let reachable =
        |agent: &&Agent| agent.active && agent.email.is_some() && agent.team.as_deref() == Some(team);
    let people = directory.agents.iter().filter(reachable);
    let people: Vec<_> = people.map(|agent| Settled::new(Recipient::Agent(agent.id), None)).collect();
    if people.is_empty() { vec![Settled::new(queue, obstacle)] } else { people }
}

/// Why somebody of the desk gets no mail about a ticket, `None` if they do.
pub(super) fn obstacle(
    recipient: &Recipient,
    record: &Record,
    directory: &Directory,
) -> Option<&'static str> {
    let (team, active, address) = match recipient {
        Recipient::Requester(_) => return None,
        Recipient::Agent(agent) => {
            let agent = directory.agent(*agent);
            let active = agent.is_some_and(|agent| agent.active);
            (
                agent.and_then(|agent| agent.team.as_deref()),
                active,
                agent.and_then(|agent| agent.email.as_ref()),
            )
        }
        Recipient::Team(team) => {
            let address = directory.teams.get(team).and_then(|(_, address)| address.as_ref());
            (Some(team.as_str()), true, address)
        }
    };
    if !team.map_or(!record.state.restricted, |team| may_hear(team, record)) {
        Some("restricted")
    } else if !active {
        Some("inactive")
    } else if address.is_none() {
        Some("no_address")
    } else {
        None
    }
}

/// Whether a team may be told of a ticket. Of a restricted one security may, and
/// those to whom it is handed over, for as long as it is.
#[must_use]
pub fn may_hear(team: &str, record: &Record) -> bool {
    if !record.state.restricted {
        return true;
    }
    let handed = record.escalations.iter().any(|known| known.state.is_open() && known.team == team);
    handed || team == team_of(Persona::SecurityEngineer)
}

impl Directory {
    fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// Where somebody of the desk is reached now.
    #[must_use]
    pub fn lookup(&self, recipient: &Recipient) -> Option<Correspondent> {
        match recipient {
            Recipient::Requester(_) => None,
            Recipient::Agent(agent) => {
                let agent = self.agent(*agent)?;
                Some(Correspondent { name: Some(agent.name.clone()), address: agent.email.clone()? })
            }
            Recipient::Team(team) => {
                let (name, address) = self.teams.get(team)?;
                Some(Correspondent { name: Some(name.clone()), address: address.clone()? })
            }
        }
    }
}
