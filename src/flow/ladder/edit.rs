//! Policies of a tenant, put in force as a whole.

use std::sync::Arc;

use serde_json::json;

use crate::domain::audit::Act;
use crate::domain::escalation::ladder::{Book, Edition, Policies};
use crate::domain::sla::Origin;
use crate::domain::violation::Violation;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store;

/// Other policies for the tenant.
#[derive(Debug, Clone)]
pub struct EditLadders {
    /// The whole ordered list; none: the shipped one.
    pub book: Option<Book>,
    /// Why.
    pub reason: Option<String>,
    /// The edits that this one is meant to follow; none: whichever was last.
    pub expected: Option<Vec<i64>>,
}

impl UseCase for EditLadders {
    type Output = Arc<Policies>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Arc<Policies>, Error> {
        store::ladder::lock(&mut work.tx).await?;
        let before = work.desk.ladders(work.tx.read()).await?;
        if self.expected.as_ref().is_some_and(|all| !all.contains(&before.revision.into())) {
            return Err(Error::VersionMismatch);
        }
        let version = before.revision + 1;
        let number = u32::try_from(version).unwrap_or(u32::MAX);
        let book = self.book.clone().map(|book| book.after(&before.book, number));
        let same = match &book {
            None => before.origin == Origin::Shipped,
            Some(book) => before.origin == Origin::Own && *book == *before.book,
        };
        if same {
            return Ok(before);
        }
        if let Some(book) = &book {
            check_places(work, book).await?;
        }
        let document = book.as_ref().map(Book::written);
        let edition = Edition { version, document, reason: self.reason.clone(), created_at: work.now };
        store::ladder::insert(&mut work.tx, &edition).await?;
        let act = Act {
            id: work.desk.clock().new_id(),
            at: work.now,
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "escalation_policies.edit",
            target: None,
            detail: json!({ "version": version, "origin": edition.origin() }),
        };
        store::audit::append(&mut work.tx, &act).await?;
        work.desk.policies_of(&edition)
    }
}

/// Refuses teams and people that the tenant does not have.
async fn check_places(work: &mut Work<'_>, book: &Book) -> Result<(), Error> {
    let teams = store::tenant::list_teams(work.tx.read()).await?;
    let people: Vec<_> = book.people().collect();
    let known = store::tenant::agent_names(work.tx.read(), &people).await?;
    let strange = book.teams().into_iter().filter(|(_, team)| teams.iter().all(|known| known.slug != *team));
    let mut faults: Vec<Violation> = strange
        .map(|(at, team)| Violation::new(at, "unknown_team", format!("{team} is not a team")))
        .collect();
    let nobody = book.agents().into_iter().filter(|(_, agent)| !known.contains_key(agent));
    faults.extend(nobody.map(|(at, agent)| {
        Violation::new(at, "unknown_agent", format!("{agent} is not the id of an agent of the tenant"))
    }));
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}
