//! Which policy promises something on a ticket, and what a change of the
//! ticket does to its promises.

use std::collections::BTreeSet;

use serde_json::json;

use super::case::Case;
use super::error::Error;
use super::execution::Work;
use crate::domain::audit::Act;
use crate::domain::sla::{Facts, Metric, Policy, Rank};
use crate::domain::ticket::event::{PolicyCause, PolicyRef};
use crate::domain::ticket::{Actor, Fact, promise};
use crate::domain::vocabulary::Priority;
use crate::store;

/// What a ticket was promised before somebody changed it.
pub(super) struct Promised {
    policy: Policy,
    priority: Priority,
    /// The policy that fitted it, by today's book; not always the one it has.
    fitting: Option<String>,
    /// Whether the one it has fitted it.
    fitted: bool,
}

impl Case {
    /// What the ticket is promised as it stands.
    pub(super) async fn promised(&self, work: &mut Work<'_>) -> Result<Promised, Error> {
        let book = work.desk.book(work.tx.read()).await?;
        let fitting = book.catalogue().policy_for(&self.facts()).map(|policy| policy.key.clone());
        let state = self.ticket();
        let policy = match &state.policy {
            Some(policy) => work.desk.policy(work.tx.read(), &state.sla_version, policy).await?,
            None => Policy::none(),
        };
        let fitted = policy.conditions.fit(&self.facts());
        Ok(Promised { policy, priority: state.priority(), fitting, fitted })
    }

    /// Looks again which policy fits, after what policies ask for has changed.
    /// Only a change of the ticket leads to another one: what somebody edited
    /// meanwhile moves it only when told to. The ticket keeps its version of
    /// the policy it has if that is the first that fits.
    pub(super) async fn match_policy(&mut self, work: &mut Work<'_>, before: &Promised) -> Result<(), Error> {
        let book = work.desk.book(work.tx.read()).await?;
        let fitting = book.catalogue().policy_for(&self.facts());
        let key = fitting.map(|policy| &policy.key);
        let held = self.ticket().policy.as_ref();
        let stopped = before.fitted && !before.policy.conditions.fit(&self.facts());
        let same = key == before.fitting.as_ref() && !stopped;
        if same || key == held.map(|policy| &policy.key) {
            return Ok(());
        }
        let shipped = work.desk.rules().sla_version.as_str();
        let sla_version = fitting.map_or(shipped, |policy| policy.text(shipped)).to_owned();
        let policy = fitting.map(|policy| PolicyRef {
            key: policy.key.clone(),
            version: i32::try_from(policy.version).unwrap_or(i32::MAX),
        });
        let fact = Fact::PolicyChanged { policy, sla_version, cause: PolicyCause::Conditions };
        self.record(work, Actor::Automation, None, vec![fact]);
        Ok(())
    }

    /// What the conditions of policies look at.
    pub(super) fn facts(&self) -> Facts<'_> {
        let class = &self.record.state.classification;
        Facts {
            category: class.category,
            priority: self.record.state.priority(),
            channel: self.record.state.channel,
            ticket_type: class.ticket_type,
            service: self.record.service.as_deref(),
            tags: &self.record.tags,
        }
    }

    /// Making a ticket less urgent, or a promise on it weaker, is audited; it
    /// needs a reason where a person does it (`by_person`), not a new run of
    /// the rules.
    pub(super) async fn justify(
        &self,
        work: &mut Work<'_>,
        before: &Promised,
        by_person: bool,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let now = self.promised(work).await?;
        let weaker = self.weaker(work, before, &now).await?;
        if weaker.is_empty() && now.priority <= before.priority {
            return Ok(());
        }
        // What is no request at all is promised nothing, which is reason enough.
        if by_person && reason.is_none() && !self.ticket().spam {
            let detail = if now.priority > before.priority {
                format!("going from {} to {} loosens the promises: say why", before.priority, now.priority)
            } else {
                format!(
                    "going from policy {} to {} loosens the promises: say why",
                    before.policy.key, now.policy.key
                )
            };
            return Err(Error::invalid("/reason", "required", detail));
        }
        let act = Act {
            id: work.desk.clock().new_id(),
            at: self.now(work),
            actor: work.caller.role,
            key: Some(work.caller.key),
            action: "ticket.loosen",
            target: Some(self.record.id.uuid()),
            detail: json!({
                "from": before.priority, "to": now.priority,
                "policy_from": before.policy.key, "policy_to": now.policy.key, "metrics": weaker,
            }),
        };
        Ok(store::audit::append(&mut work.tx, &act).await?)
    }

    /// The metrics whose promise is weaker than before: by its terms, or
    /// because a deadline that is counted down to lies later.
    async fn weaker(
        &self,
        work: &mut Work<'_>,
        before: &Promised,
        now: &Promised,
    ) -> Result<BTreeSet<Metric>, Error> {
        let terms =
            before.policy.loosened(Rank::from(before.priority), &now.policy, Rank::from(now.priority));
        let policies = work.desk.policies(work.tx.read(), &self.history).await?;
        let clocks = promise::clocks(&policies, &self.history, self.record.state.updated_at)
            .ok_or_else(|| Error::Defect(format!("ticket {} has no opening", self.record.id)))?;
        let later = promise::later(&self.record.clocks, &promise::stored(&clocks));
        Ok(terms.into_iter().chain(later).collect())
    }
}
