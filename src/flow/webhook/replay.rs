//! Deliveries: looked at, made again, and made for a test.

use super::{audit, locked, wake};
use crate::domain::id::{DeliveryId, EndpointId, TenantId};
use crate::domain::webhook::announcement;
use crate::domain::webhook::reading::Replay;
use crate::domain::webhook::{Attempt, Delivery, DeliveryState, Endpoint};
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store;
use crate::store::webhook::delivery::Again;
use crate::store::webhook::queue::NewDelivery;

/// Attempts that are shown of one delivery.
const MOST_ATTEMPTS: i64 = 500;

/// Sends an endpoint a test.
#[derive(Debug, Clone, Copy)]
pub struct TestEndpoint(pub EndpointId);

impl UseCase for TestEndpoint {
    type Output = Delivery;

    async fn run(&self, work: &mut Work<'_>) -> Result<Delivery, Error> {
        let mut endpoint = enabled(work, self.0).await?;
        let id = DeliveryId::new(work.desk.clock().new_id());
        let said = announcement::of_test(work.tx.tenant(), endpoint.id, id, work.now);
        let delivery = NewDelivery {
            id,
            endpoint: endpoint.id,
            event_type: said.event_type,
            ticket: None,
            event: None,
            envelope: said.envelope,
            is_notice: false,
        };
        store::webhook::queue::push(&mut work.tx, &[delivery], work.now).await?;
        wake(work, &mut endpoint).await?;
        store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        lookup(work, endpoint.id, id).await
    }
}

/// Delivers once more what was delivered, or given up.
#[derive(Debug, Clone, Copy)]
pub struct ReplayDelivery {
    /// To whom.
    pub endpoint: EndpointId,
    /// What.
    pub delivery: DeliveryId,
}

impl UseCase for ReplayDelivery {
    type Output = Delivery;

    async fn run(&self, work: &mut Work<'_>) -> Result<Delivery, Error> {
        let mut endpoint = enabled(work, self.endpoint).await?;
        if lookup(work, endpoint.id, self.delivery).await?.state == DeliveryState::Moot {
            return Err(Error::Conflict(
                "the delivery was withdrawn: nobody there need or may know of it".to_owned(),
            ));
        }
        again(work, &mut endpoint, Again::One(self.delivery)).await?;
        lookup(work, endpoint.id, self.delivery).await
    }
}

/// Delivers many once more.
#[derive(Debug, Clone, Copy)]
pub struct ReplayDeliveries {
    /// To whom.
    pub endpoint: EndpointId,
    /// What.
    pub which: Replay,
}

impl UseCase for ReplayDeliveries {
    /// How many there are.
    type Output = u64;

    async fn run(&self, work: &mut Work<'_>) -> Result<u64, Error> {
        let mut endpoint = enabled(work, self.endpoint).await?;
        let which = match self.which {
            Replay::Since(since) => Again::Since(since),
            Replay::Dead => Again::Dead,
        };
        again(work, &mut endpoint, which).await
    }
}

async fn enabled(work: &mut Work<'_>, endpoint: EndpointId) -> Result<Endpoint, Error> {
    let endpoint = locked(work, endpoint).await?;
    if endpoint.disabled.is_some() {
        return Err(Error::Conflict("the webhook is disabled; enable it first".to_owned()));
    }
    Ok(endpoint)
}

async fn again(work: &mut Work<'_>, endpoint: &mut Endpoint, which: Again) -> Result<u64, Error> {
    let replayed = store::webhook::delivery::replay(&mut work.tx, endpoint.id, which, work.now).await?;
    if replayed > 0 {
        wake(work, endpoint).await?;
        store::webhook::endpoint::update(&mut work.tx, endpoint).await?;
        audit(work, "webhook.replay", endpoint.id).await?;
    }
    Ok(replayed)
}

async fn lookup(work: &mut Work<'_>, endpoint: EndpointId, delivery: DeliveryId) -> Result<Delivery, Error> {
    let found = store::webhook::delivery::lookup(work.tx.read(), endpoint, delivery).await?;
    found.ok_or(Error::NotFound("delivery"))
}

impl Desk {
    /// Deliveries of an endpoint before a position, newest first, `limit` at most.
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        state: Option<DeliveryState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Delivery>, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let found = store::webhook::endpoint::lookup(&mut read, endpoint).await?;
        let deliveries = store::webhook::delivery::list(&mut read, endpoint, state, before, limit).await?;
        read.finish().await?;
        if found.is_some() { Ok(deliveries) } else { Err(Error::NotFound("webhook")) }
    }

    /// One delivery with its last attempts, oldest first.
    pub async fn delivery(
        &self,
        tenant: TenantId,
        endpoint: EndpointId,
        delivery: DeliveryId,
    ) -> Result<(Delivery, Vec<Attempt>), Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let owner = store::webhook::endpoint::lookup(&mut read, endpoint).await?;
        let found = store::webhook::delivery::lookup(&mut read, endpoint, delivery).await?;
        let attempts = store::webhook::attempt::list(&mut read, delivery, MOST_ATTEMPTS).await?;
        read.finish().await?;
        match (owner, found) {
            (Some(_), Some(found)) => Ok((found, attempts)),
            _ => Err(Error::NotFound("delivery")),
        }
    }
}
