//! Customer organisations, with the teams and people who help theirs.

use jiff::Timestamp;
use uuid::Uuid;

use super::escalation::{FIRST_LEVEL, team_of};
use super::id::{AgentId, TenantId};
use super::vocabulary::Persona;

/// A customer organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its identifier.
    pub id: TenantId,
    /// Its short name: lower-case letters, digits, `-` and `_`.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether `text` may be a slug.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    text.len() <= 63
        && text.chars().all(inner)
        && text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Who works tickets together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its short name.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The persona it stands for; none for first level.
    pub persona: Option<Persona>,
    /// Where mail to its queue goes, if set.
    pub address: Option<String>,
    /// The webhook endpoint that notices to it go to, if set.
    pub webhook: Option<Uuid>,
    /// Grows with each change, from 1.
    pub version: i64,
}

impl Team {
    /// A team that nothing is known of but its names.
    #[must_use]
    pub const fn new(slug: String, name: String, persona: Option<Persona>) -> Self {
        Self { slug, name, persona, address: None, webhook: None, version: 1 }
    }
}

/// The teams of a new tenant: first level, and one for each persona, so that
/// every escalation has somewhere to go.
#[must_use]
pub fn first_teams() -> Vec<Team> {
    let first_level = Team::new(FIRST_LEVEL.to_owned(), "First level".to_owned(), None);
    let of_persona = |persona: &Persona| {
        let mut name = persona.as_str().replace('_', " ");
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Team::new(team_of(*persona).to_owned(), name, Some(*persona))
    };
    std::iter::once(first_level).chain(Persona::ALL.iter().map(of_persona)).collect()
}

/// A person who works tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Their identifier.
    pub id: AgentId,
    /// Their name, unique in the tenant.
    pub name: String,
    /// Their address, if known.
    pub email: Option<String>,
    /// Their team, if any.
    pub team: Option<String>,
    /// Whether they can be given tickets and notices.
    pub active: bool,
    /// Grows with each change, from 1.
    pub version: i64,
}
