//! The people of a made-up past. Their addresses are of `example.org`, which
//! nobody has.

use uuid::Uuid;

use super::dice::Dice;
use crate::domain::id::{AgentId, RequesterId};
use crate::domain::tenant::Agent;
use crate::domain::ticket::record::Requester;

/// Names that are given.
const FIRST: [&str; 24] = [
    "Alma", "Bela", "Cora", "Dario", "Edda", "Farid", "Greta", "Hanno", "Ines", "Jonas", "Kaya", "Levi",
    "Mina", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tilda", "Umar", "Vera", "Wanda", "Yusuf",
];
/// Names of families.
const LAST: [&str; 20] = [
    "Abel", "Brandt", "Costa", "Dahl", "Ebner", "Falk", "Gruber", "Haas", "Ivanov", "Jansen", "Keller",
    "Lorenz", "Moreau", "Novak", "Okafor", "Peters", "Rossi", "Sato", "Toth", "Weber",
];
/// Teams with the people who work in them, first level first.
const TEAMS: [(&str, usize); 6] = [
    ("first_level", 8),
    ("developer", 3),
    ("devops", 3),
    ("data_engineer", 1),
    ("system_administrator", 1),
    ("human_support", 1),
];

/// Somebody of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Their identifier.
    pub id: AgentId,
    /// Their name.
    pub name: String,
    /// The team that they work in.
    pub team: &'static str,
}

impl Colleague {
    /// The same as the desk knows them.
    #[must_use]
    pub fn agent(&self) -> Agent {
        Agent {
            id: self.id,
            name: self.name.clone(),
            email: None,
            team: Some(self.team.to_owned()),
            active: true,
            version: 1,
        }
    }
}

/// Everybody who acts.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// People of the desk.
    pub colleagues: Vec<Colleague>,
    /// People who are helped.
    pub requesters: Vec<Requester>,
    /// In whose name machines report.
    pub machine: Option<Requester>,
}

impl Cast {
    /// Somebody of a team, or of first level where the team has nobody.
    pub(super) fn somebody(&self, team: &str, dice: &mut Dice) -> Option<AgentId> {
        let of = |team: &str| -> Vec<AgentId> {
            self.colleagues.iter().filter(|one| one.team == team).map(|one| one.id).collect()
        };
        let theirs = of(team);
        let people = if theirs.is_empty() { of(TEAMS[0].0) } else { theirs };
        dice.pick(&people).copied()
    }
}

/// The people of the desk.
pub fn colleagues(next: &mut dyn FnMut() -> Uuid) -> Vec<Colleague> {
    let mut colleagues = Vec::new();
    for (team, count) in TEAMS {
        for _ in 0..count {
            let place = colleagues.len();
            let name = format!("{} {}", FIRST[place % FIRST.len()], LAST[(place * 7) % LAST.len()]);
            colleagues.push(Colleague { id: AgentId::new(next()), name, team });
        }
    }
    colleagues
}

/// `count` people who are helped, and the machine that reports.
pub fn requesters(count: usize, next: &mut dyn FnMut() -> Uuid) -> (Vec<Requester>, Requester) {
    let person = |place: usize, id: Uuid| {
        let (first, last) =
            (FIRST[(place * 5 + 3) % FIRST.len()], LAST[(place / FIRST.len() + place) % LAST.len()]);
        let email = format!("{}.{}.{place}@example.org", first.to_lowercase(), last.to_lowercase());
        Requester { id: RequesterId::new(id), email: Some(email), name: Some(format!("{first} {last}")) }
    };
    let people = (0..count).map(|place| person(place, next())).collect();
    let machine = Requester {
        id: RequesterId::new(next()),
        email: Some("monitoring@example.org".to_owned()),
        name: Some("Monitoring".to_owned()),
    };
    (people, machine)
}
