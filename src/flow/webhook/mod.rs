//! Telling other systems what happened: their endpoints, and what is delivered
//! to them.

mod deliver;
mod endpoint;
mod enqueue;
mod replay;
mod send;

pub use endpoint::{CreateEndpoint, DeleteEndpoint, EditEndpoint, RotateSecret};
pub use replay::{ReplayDeliveries, ReplayDelivery, TestEndpoint};

pub(super) use enqueue::enqueue;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::error::Error;
use super::execution::Work;
use crate::domain::audit::Act;
use crate::domain::id::EndpointId;
use crate::domain::timer::{Timer, TimerKind};
use crate::domain::webhook::{Endpoint, Patience};
use crate::outbound::http::Client;
use crate::store;

/// How deliveries are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What they are sent by.
    pub client: Client,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// When failures are followed by what.
    pub patience: Patience,
    /// How long a secret that was replaced signs beside the new one.
    pub overlap: SignedDuration,
    /// How long settled deliveries are kept.
    pub retention: SignedDuration,
}

/// An endpoint that is there, locked until the transaction ends.
async fn locked(work: &mut Work<'_>, endpoint: EndpointId) -> Result<Endpoint, Error> {
    let found = store::webhook::endpoint::lock(&mut work.tx, endpoint).await?;
    found.filter(|endpoint| !endpoint.deleted).ok_or(Error::NotFound("webhook"))
}

/// Has the head of an endpoint's queue sent now, unless it is due already. The
/// endpoint is written by the caller.
async fn wake(work: &mut Work<'_>, endpoint: &mut Endpoint) -> Result<(), Error> {
    if endpoint.due_at.is_none_or(|at| at > work.now) {
        endpoint.due_at = Some(work.now);
        store::timer::put(&mut work.tx, &[timer(endpoint.id, work.now)]).await?;
    }
    Ok(())
}

const fn timer(endpoint: EndpointId, due_at: Timestamp) -> Timer {
    Timer { kind: TimerKind::Webhook, subject: endpoint.uuid(), due_at }
}

async fn audit(work: &mut Work<'_>, action: &'static str, endpoint: EndpointId) -> Result<(), Error> {
    let act = Act {
        id: work.desk.clock().new_id(),
        at: work.now,
        actor: work.caller.role,
        key: Some(work.caller.key),
        action,
        target: Some(endpoint.uuid()),
        detail: json!({}),
    };
    Ok(store::audit::append(&mut work.tx, &act).await?)
}
