//! What has happened, put into the queues of the endpoints that want to know.

use super::wake;
use crate::domain::id::DeliveryId;
use crate::domain::mail::{may_hear, of_team};
use crate::domain::webhook::{Endpoint, announcement};
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::flow::fan_out::Batch;
use crate::store;
use crate::store::webhook::queue::NewDelivery;

/// Makes the deliveries of a batch of facts: for each endpoint what it chose,
/// and what a team is told that it stands for. Of confidential tickets nobody is
/// told.
pub(in crate::flow) async fn enqueue(work: &mut Work<'_>, batch: &Batch) -> Result<(), Error> {
    let endpoints = store::webhook::endpoint::lock_listening(&mut work.tx).await?;
    if endpoints.is_empty() {
        return Ok(());
    }
    let tenant = work.tx.tenant();
    let of_teams = store::team::webhooks(work.tx.read()).await?;
    let mut deliveries = Vec::new();
    for (ticket, event) in &batch.events {
        let Some(record) = batch.records.get(ticket) else { continue };
        let said = announcement::of_fact(tenant, record, event);
        let team = of_team(record, event).map(|(team, _)| team);
        let for_team = team.filter(|team| may_hear(team, record)).and_then(|team| of_teams.get(&team));
        // Of a confidential ticket nobody hears who is not needed for it.
        let listens = |endpoint: &Endpoint| !record.state.restricted && endpoint.wants(said.event_type);
        let concerned = |endpoint: &&Endpoint| {
            listens(endpoint) || for_team.is_some_and(|webhook| *webhook == endpoint.id)
        };
        for endpoint in endpoints.iter().filter(concerned) {
            deliveries.push(NewDelivery {
                id: DeliveryId::new(work.desk.clock().new_id()),
                endpoint: endpoint.id,
                event_type: said.event_type,
                ticket: Some(*ticket),
                event: Some(event.id),
                envelope: said.envelope.clone(),
                is_notice: !listens(endpoint),
            });
        }
    }
    if deliveries.is_empty() {
        return Ok(());
    }
    store::webhook::queue::push(&mut work.tx, &deliveries, work.now).await?;
    for mut endpoint in endpoints {
        // One that waits for its next attempt is left to wait: news does not
        // make a receiver recover.
        let is_told = deliveries.iter().any(|delivery| delivery.endpoint == endpoint.id);
        if is_told && endpoint.due_at.is_none() {
            wake(work, &mut endpoint).await?;
            store::webhook::endpoint::update(&mut work.tx, &endpoint).await?;
        }
    }
    Ok(())
}
