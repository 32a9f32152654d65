//! Endpoints: made, changed, deleted, looked at.

use jiff::Timestamp;

use super::{audit, locked, timer, wake};
use crate::clock::Clock;
use crate::domain::change::Change;
use crate::domain::id::{EndpointId, TenantId};
use crate::domain::webhook::breaker::BreakerState;
use crate::domain::webhook::reading::{EndpointPatch, NewEndpoint};
use crate::domain::webhook::{DisabledBecause, Endpoint, Health, SigningSecret};
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::outbound::signature;
use crate::store;

/// Endpoints that a tenant may have.
const MOST: i64 = 50;

/// Makes an endpoint.
#[derive(Debug, Clone)]
pub struct CreateEndpoint(pub NewEndpoint);

impl UseCase for CreateEndpoint {
    type Output = Endpoint;

    async fn run(&self, work: &mut Work<'_>) -> Result<Endpoint, Error> {
        let Self(new) = self;
        check_url(work, &new.url)?;
        if store::webhook::endpoint::count(work.tx.read()).await? >= MOST {
            return Err(Error::Conflict(format!("a tenant has {MOST} webhooks at most")));
        }
        let endpoint = Endpoint {
            id: EndpointId::new(work.desk.clock().new_id()),
            url: new.url.clone(),
            events: new.events.clone(),
            description: new.description.clone(),
            disabled: None,
            secret: given_secret(new.secret.as_ref())?,
            previous: None,
            sequence: 0,
            health: Health::default(),
            due_at: None,
            created_at: work.now,
            updated_at: work.now,
            enabled_at: work.now,
            deleted: false,
        };
        store::webhook::endpoint::insert(&mut work.tx, &endpoint).await?;
        audit(work, "webhook.create", endpoint.id).await?;
        Ok(endpoint)
    }
}

fn check_url(work: &Work<'_>, url: &str) -> Result<(), Error> {
    let client = &work.desk.means().webhooks.client;
    client.check(url).map_err(|refused| Error::invalid("/url", "not_allowed", refused.to_string()))
}

fn given_secret(given: Option<&SigningSecret>) -> Result<SigningSecret, Error> {
    match given {
        None => Ok(signature::secret(&Clock::random_bytes())),
        Some(secret) if signature::is_secret(secret.expose()) => Ok(secret.clone()),
        Some(_) => {
            let detail = "must be whsec_ followed by 24 to 64 bytes in base64";
            Err(Error::invalid("/secret", "not_a_secret", detail))
        }
    }
}

/// Changes an endpoint.
#[derive(Debug, Clone)]
pub struct EditEndpoint {
    /// Which one.
    pub endpoint: EndpointId,
    /// What is to change.
    pub patch: EndpointPatch,
}

impl UseCase for EditEndpoint {
    type Output = Endpoint;

    async fn run(&self, work: &mut Work<'_>) -> Result<Endpoint, Error> {
        let mut endpoint = locked(work, self.endpoint).await?;
        let before = endpoint.clone();
        let EndpointPatch { url, events, enabled, description } = &self.patch;
        if let Some(url) = url {
            check_url(work, url)?;
            endpoint.url.clone_from(url);
        }
        match events {
            Change::Keep => {}
            Change::Clear => endpoint.events = None,
            Change::Set(events) => endpoint.events = Some(events.clone()),
        }
        match description {
            Change::Keep => {}
            Change::Clear => endpoint.description = None,
            Change::Set(text) => endpoint.description = Some(text.clone()),
        }
        match enabled {
            Some(false) if endpoint.disabled.is_none() => endpoint.disabled = Some(DisabledBecause::Request),
            Some(true) if endpoint.disabled.is_some() => {
                endpoint.disabled = None;
                endpoint.enabled_at = work.now;
            }
            _ => {}
        }
        if endpoint == before {
            return Ok(endpoint);
        }
        endpoint.updated_at = work.now;
        let comes_back = before.disabled.is_some() && endpoint.disabled.is_none();
        if comes_back || endpoint.url != before.url {
            // What failed before says nothing about what is there now.
            endpoint.health = Health::default();
            if endpoint.disabled.is_none()
                && store::webhook::queue::is_waiting(&mut work.tx, endpoint.id).await?
            {
                wake(work, &mut endpoint).await?;
            }
        }
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        audit(work, "webhook.update", endpoint.id).await?;
        Ok(endpoint)
    }
}

/// Deletes an endpoint with all that it was told.
#[derive(Debug, Clone, Copy)]
pub struct DeleteEndpoint(pub EndpointId);

impl UseCase for DeleteEndpoint {
    type Output = Endpoint;

    async fn run(&self, work: &mut Work<'_>) -> Result<Endpoint, Error> {
        let endpoint = locked(work, self.0).await?;
        store::webhook::endpoint::delete(&mut work.tx, endpoint.id, work.now).await?;
        // Its deliveries may be many: its timer removes them.
        store::timer::put(&mut work.tx, &[timer(endpoint.id, work.now)]).await?;
        audit(work, "webhook.delete", endpoint.id).await?;
        Ok(endpoint)
    }
}

/// Gives an endpoint a second live secret.
#[derive(Debug, Clone, Copy)]
pub struct RotateSecret(pub EndpointId);

impl UseCase for RotateSecret {
    type Output = Endpoint;

    async fn run(&self, work: &mut Work<'_>) -> Result<Endpoint, Error> {
        let mut endpoint = locked(work, self.0).await?;
        let secret = signature::secret(&Clock::random_bytes());
        let until = work.now.checked_add(work.desk.means().webhooks.overlap).unwrap_or(Timestamp::MAX);
        let replaced = std::mem::replace(&mut endpoint.secret, secret);
        endpoint.previous = Some((replaced, until));
        endpoint.updated_at = work.now;
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        audit(work, "webhook.rotate", endpoint.id).await?;
        Ok(endpoint)
    }
}

impl Desk {
    /// Endpoints of a tenant after `after`, oldest first, `limit` at most.
    pub async fn webhooks(
        &self,
        tenant: TenantId,
        after: Option<EndpointId>,
        limit: i64,
    ) -> Result<Vec<Endpoint>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let endpoints = store::webhook::endpoint::list(&mut read, after, limit).await?;
        read.finish().await?;
        Ok(endpoints)
    }

    /// One endpoint.
    pub async fn webhook(&self, tenant: TenantId, endpoint: EndpointId) -> Result<Endpoint, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::webhook::endpoint::lookup(&mut read, endpoint).await?;
        read.finish().await?;
        found.ok_or(Error::NotFound("webhook"))
    }

    /// Whether deliveries flow to an endpoint.
    #[must_use]
    pub fn breaker(&self, endpoint: &Endpoint) -> BreakerState {
        endpoint.health.breaker(self.means().webhooks.patience.breaker_failures)
    }
}
