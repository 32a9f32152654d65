//! The tags of KPI answers. A tag says which facts its answer rests on and until
//! when nothing but new facts can change it, so that any process can tell
//! whether a client has the present answer without making it.

use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::domain::id::TenantId;
use crate::domain::kpi::Question;
use crate::flow::Desk;
use crate::flow::kpi::State;
use crate::flow::kpi::version::{Version, services_until};
use crate::http::answer;
use crate::http::etag::EntityTag;
use crate::http::extract::IfNoneMatch;
use crate::http::problem::Problem;
use crate::http::refusal;

/// What is asked, told apart from every other question of every other tenant.
pub(in crate::http) struct Identity {
    name: String,
    /// The answer rests on nothing but what is known of services.
    of_services: bool,
}

impl Identity {
    /// Of a question, with whatever else the answer depends on.
    pub(super) fn of<T: serde::Serialize>(tenant: TenantId, question: &T) -> Result<Self, Problem> {
        let tag = answer::fingerprint(&(env!("CARGO_PKG_VERSION"), tenant, question))?;
        Ok(Self { name: tag.opaque.chars().take(32).collect(), of_services: false })
    }

    /// Of a question that no ticket changes the answer to.
    pub(in crate::http) fn of_services<T: serde::Serialize>(
        tenant: TenantId,
        question: &T,
    ) -> Result<Self, Problem> {
        Ok(Self { of_services: true, ..Self::of(tenant, question)? })
    }

    fn prefix(&self, version: &Version) -> String {
        let version = if self.of_services { version.without_tickets() } else { *version };
        let Version { tickets, services, as_of } = version;
        let (changes, seen) = services.map_or((0, 0), |services| (services.changes, services.seen));
        let as_of = as_of.map_or(0, Timestamp::as_microsecond);
        format!("{}-{tickets:x}-{changes:x}-{seen:x}-{as_of:x}-", self.name)
    }

    /// 304 if the client has the present answer.
    pub(in crate::http) async fn unchanged(
        &self,
        desk: &Desk,
        tenant: TenantId,
        question: &Question,
        known: &IfNoneMatch,
    ) -> Result<Option<Response>, Problem> {
        let now = question.now;
        desk.expect_answer(tenant, question).map_err(refusal::problem)?;
        if known.find(|tag| tag.opaque.starts_with(&self.name)).is_none() {
            return Ok(None);
        }
        let version = desk.kpi_version(tenant, services_until(question)).await.map_err(refusal::problem)?;
        let prefix = self.prefix(&version);
        let holds = |tag: &EntityTag| {
            let rest = tag.opaque.strip_prefix(&prefix).and_then(|rest| rest.split_once('-'));
            let number = |text: &str| i64::from_str_radix(text, 16).ok();
            let made_until = rest.and_then(|(made, until)| number(made).zip(number(until)));
            made_until.is_some_and(|(made, until)| (made..until).contains(&now.as_microsecond()))
        };
        let tag = known.find(holds);
        Ok(tag.map(|tag| answer::unless_known(known, tag, ().into_response())))
    }

    /// The tag of an answer made at `now`.
    pub(in crate::http) fn tag(&self, now: Timestamp, state: &State) -> EntityTag {
        let (made, until) = (now.as_microsecond(), state.until.as_microsecond());
        let prefix = self.prefix(&state.version);
        EntityTag { weak: false, opaque: format!("{prefix}{made:x}-{until:x}") }
    }
}
