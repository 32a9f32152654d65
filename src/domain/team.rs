//! Teams as they are made and changed.

use serde_json::Value;
use uuid::Uuid;

use super::change::Change;
use super::edit::{change, kept};
use super::field::Field;
use super::fields::{Fields, FromJson, read};
use super::intake;
use super::tenant::{Team, is_slug};
use super::violation::Violation;

/// A team to be made, beside those of the personas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTeam {
    pub(crate) slug: String,
    pub(crate) entry: TeamEntry,
}

/// All of a team that can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamEntry {
    pub(crate) name: String,
    pub(crate) address: Option<String>,
    pub(crate) webhook: Option<Uuid>,
}

/// A merge patch of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamPatch {
    pub(crate) name: Option<String>,
    pub(crate) address: Change<String>,
    pub(crate) webhook: Change<Uuid>,
}

impl FromJson for NewTeam {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            let slug = f
                .text("slug")
                .check(
                    "not_a_slug",
                    |slug| is_slug(slug),
                    || "must be 1 to 63 lower-case letters, digits, - or _, not beginning with - or _",
                )
                .required();
            let entry = TeamEntry::from_fields(f);
            Some(Self { slug: slug?, entry: entry? })
        })
    }
}

impl FromJson for TeamEntry {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, Self::from_fields)
    }
}

impl TeamEntry {
    fn from_fields(f: &mut Fields<'_>) -> Option<Self> {
        let name = name(f).required();
        let address = intake::address(f, "address").optional();
        let webhook = f.uuid("webhook").optional();
        Some(Self { name: name?, address, webhook })
    }
}

impl FromJson for TeamPatch {
    fn from_json(value: Value) -> Result<Self, Vec<Violation>> {
        read(value, |f| {
            Some(Self {
                name: kept(f, "name", name),
                address: change(f, "address", |f| intake::address(f, "address")),
                webhook: change(f, "webhook", |f| f.uuid("webhook")),
            })
        })
    }
}

impl TeamPatch {
    /// What a team is after the patch.
    #[must_use]
    pub fn apply(self, team: &Team) -> TeamEntry {
        TeamEntry {
            name: self.name.unwrap_or_else(|| team.name.clone()),
            address: self.address.apply(team.address.clone()),
            webhook: self.webhook.apply(team.webhook),
        }
    }
}

impl TeamEntry {
    /// The names of what would change in `team`.
    #[must_use]
    pub fn differences(&self, team: &Team) -> Vec<&'static str> {
        let differs = [
            ("name", self.name != team.name),
            ("address", self.address != team.address),
            ("webhook", self.webhook != team.webhook),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

fn name<'a>(f: &'a mut Fields<'_>) -> Field<'a, String> {
    f.text("name").trimmed().min_chars(1).max_chars(200).one_line()
}
