//! A ticket changed by a merge patch: whatever it names, in one transaction.

use super::acknowledgement::make_up;
use super::case::{Case, actor};
use super::error::Error;
use super::execution::{UseCase, Work};
use super::life::{Target, place, reopening};
use super::retriage::{classify, hand_over_at_once, look};
use crate::domain::change::Change;
use crate::domain::edit::{Patch, Said, merge_custom};
use crate::domain::id::RequesterId;
use crate::domain::ticket::event::EditedField;
use crate::domain::ticket::record::{Record, Requester};
use crate::domain::ticket::{is_spam, life};
use crate::domain::vocabulary::{Role, Status};
use crate::store;

/// A change of whatever a patch names. What stays as it is makes no fact; a
/// patch that changes nothing is no change of the ticket.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Of what.
    pub target: Target,
    /// The change.
    pub patch: Patch,
}

impl UseCase for Edit {
    type Output = Record;

    async fn run(&self, work: &mut Work<'_>) -> Result<Record, Error> {
        if work.caller.role == Role::Service && self.patch.works() {
            return Err(Error::Forbidden(
                "only keys of the roles agent, lead and admin set triage, team, agent and status",
            ));
        }
        let mut case = self.target.load(work).await?;
        let loaded = case.ticket().status;
        let before = case.promised(work).await?;
        let was_spam = case.ticket().spam;
        let edited = self.edit(work, &mut case).await?;
        let is_request_after_all = was_spam && !case.ticket().spam && case.ticket().is_unresolved();
        let said = self.news(&case);
        let reason = self.reason(&case);
        let look = match &said {
            Some(said) => Some(classify(work, &mut case, said, reason).await?),
            None if is_request_after_all => Some(look(work, &case).await?),
            None => None,
        };
        let conditions = [EditedField::Tags, EditedField::Service];
        if said.is_some() || edited.iter().any(|field| conditions.contains(field)) {
            case.match_policy(work, &before).await?;
            case.justify(work, &before, true, self.patch.reason.as_deref()).await?;
        }
        match &look {
            Some(look) if is_request_after_all => make_up(work, &mut case, look).await?,
            Some(look) => hand_over_at_once(work, &mut case, look).await?,
            None => {}
        }
        self.assign(work, &mut case).await?;
        self.transition(work, &mut case, loaded).await?;
        if !case.has_changed() {
            return Ok(case.record);
        }
        if !edited.is_empty() {
            self.write(work, &case, &edited).await?;
        }
        case.save(work).await
    }
}

impl Edit {
    /// Why, until a fact has it: the first of them says it for all.
    fn reason<'p>(&'p self, case: &Case) -> Option<&'p str> {
        self.patch.reason.as_deref().filter(|_| !case.has_changed())
    }

    /// Changes what the history does not hold, and says what really changed.
    async fn edit(&self, work: &mut Work<'_>, case: &mut Case) -> Result<Vec<EditedField>, Error> {
        let Patch { subject, service, external_ref, dedup_key, tags, custom, .. } = &self.patch;
        let mut fields = Vec::new();
        let record = &mut case.record;
        let mut note = |field, changed: bool| fields.extend(changed.then_some(field));
        note(EditedField::Subject, put(&mut record.subject, subject.clone()));
        note(EditedField::Service, change(&mut record.service, service));
        note(EditedField::ExternalRef, change(&mut record.external_ref, external_ref));
        note(EditedField::DedupKey, change(&mut record.dedup_key, dedup_key));
        note(EditedField::Tags, put(&mut record.tags, tags.clone()));
        if let Some(patch) = custom {
            let merged = merge_custom(&record.custom, patch).map_err(Error::Invalid)?;
            // A row that holds none shows an empty object.
            let empty = record.custom.is_null() && merged == serde_json::json!({});
            note(EditedField::Custom, !empty && put(&mut record.custom, Some(merged)));
        }
        let renamed = self.names_another(&case.record.requester);
        fields.extend(renamed.then_some(EditedField::Requester));
        let facts = life::edit(case.ticket(), fields.clone(), is_spam(&case.record.tags))?;
        if fields.contains(&EditedField::DedupKey) && case.ticket().is_unresolved() {
            self.hold_dedup_key(work, case).await?;
        }
        if renamed {
            case.record.requester = self.requester(work, &case.record.requester).await?;
        }
        if !facts.is_empty() {
            case.record(work, actor(work), self.patch.reason.as_deref(), facts);
        }
        Ok(fields)
    }

    /// Among open tickets a deduplication key stands for one.
    async fn hold_dedup_key(&self, work: &mut Work<'_>, case: &Case) -> Result<(), Error> {
        let Some(key) = &case.record.dedup_key else { return Ok(()) };
        match store::ticket::lookup_open_by_dedup_key(&mut work.tx, key).await? {
            Some(other) if other != case.record.id => {
                Err(Error::Conflict(format!("ticket {other} is open under this dedup_key")))
            }
            _ => Ok(()),
        }
    }

    /// Whether the patch gives the ticket to somebody else, or its requester
    /// another name.
    fn names_another(&self, requester: &Requester) -> bool {
        let Patch { email, name, .. } = &self.patch;
        let address = email.is_some() && *email != requester.email;
        address || name.clone().apply(requester.name.clone()) != requester.name
    }

    /// Who the ticket is for from now on, under the name that they have now.
    async fn requester(&self, work: &mut Work<'_>, before: &Requester) -> Result<Requester, Error> {
        let Patch { email, name, .. } = &self.patch;
        let mut requester = before.clone();
        if let Some(email) = email.clone().filter(|email| before.email.as_ref() != Some(email)) {
            // Somebody without an address gets one, and keeps the name.
            let known = before.name.clone().filter(|_| before.email.is_none());
            let id = RequesterId::new(work.desk.clock().new_id());
            let wanted = Requester { id, email: Some(email), name: name.clone().apply(known) };
            let found = store::requester::ensure(&mut work.tx, &[wanted], true, work.now).await?;
            let missing = || Error::Defect("a requester was not made".to_owned());
            requester = found.into_iter().next().ok_or_else(missing)?;
        }
        let named = name.clone().apply(requester.name.clone());
        if named != requester.name {
            requester.name = named;
            store::requester::rename(&mut work.tx, &requester).await?;
        }
        Ok(requester)
    }

    /// What the patch says of triage, if any of it is new. A word that repeats
    /// what is so already changes nothing by itself, but stands beside a new one.
    fn news(&self, case: &Case) -> Option<Said> {
        let said = self.patch.said;
        let class = &case.ticket().classification;
        let by_a_person = |field: &str| case.record.triage.is_human(field);
        let is_new = differs(said.category, class.category, by_a_person("category"))
            || differs(said.severity, class.severity, by_a_person("severity"))
            || differs(said.impact, class.impact, by_a_person("impact"))
            || differs(said.ticket_type, class.ticket_type, by_a_person("type"))
            || differs(said.scope, class.scope, by_a_person("scope"));
        is_new.then_some(said)
    }

    async fn assign(&self, work: &mut Work<'_>, case: &mut Case) -> Result<(), Error> {
        let agent = place(work, self.patch.team.as_deref(), &self.patch.agent).await?;
        let ticket = case.ticket();
        let team = self.patch.team.clone().filter(|team| *team != ticket.team);
        let agent = if agent.apply(ticket.agent) == ticket.agent { Change::Keep } else { agent };
        if team.is_none() && agent == Change::Keep {
            return Ok(());
        }
        let facts = life::assign(ticket, team, agent)?;
        let reason = self.reason(case);
        case.record(work, actor(work), reason, facts);
        Ok(())
    }

    /// Another state; the one that the ticket had, or has by now, is no change.
    async fn transition(&self, work: &mut Work<'_>, case: &mut Case, loaded: Status) -> Result<(), Error> {
        let same = |to: &Status| *to == loaded || *to == case.ticket().status;
        let Some(to) = self.patch.status.filter(|to| !same(to)) else { return Ok(()) };
        let facts = life::transition(case.ticket(), to, case.now(work))?;
        reopening(work, case, &facts).await?;
        let reason = self.reason(case);
        case.record(work, actor(work), reason, facts);
        Ok(())
    }

    /// Writes the columns that were edited. The text that is searched begins
    /// with the subject, so it is made anew with it.
    async fn write(&self, work: &mut Work<'_>, case: &Case, edited: &[EditedField]) -> Result<(), Error> {
        store::ticket::edit(&mut work.tx, &case.record).await?;
        if edited.contains(&EditedField::Subject) {
            store::ticket::index(&mut work.tx, case.record.id).await?;
        }
        Ok(())
    }
}

/// Puts the value in its place; whether that changed anything.
fn put<T: PartialEq>(place: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) if value != *place => {
            *place = value;
            true
        }
        _ => false,
    }
}

fn change<T: PartialEq + Clone>(place: &mut Option<T>, change: &Change<T>) -> bool {
    let after = change.clone().apply(place.clone());
    put(place, Some(after))
}

/// Whether a word on a field is news, where the field is so, by a person or not.
fn differs<T: PartialEq + Copy>(word: Change<T>, value: T, by_a_person: bool) -> bool {
    match word {
        Change::Keep => false,
        Change::Clear => by_a_person,
        Change::Set(word) => word != value,
    }
}
