//! What has happened, put into the queues of the endpoints that want to know.

use super::wake;
use crate::domain::id::{AgentId, DeliveryId, TicketId};
use crate::domain::mail::{Recipient, Target, may_hear, of_team};
use crate::domain::ticket::Event;
use crate::domain::webhook::{Endpoint, announcement};
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::flow::fan_out::Batch;
use crate::store;
use crate::store::webhook::queue::NewDelivery;

/// The endpoints that are switched on, locked until the transaction ends.
pub(in crate::flow) async fn listening(work: &mut Work<'_>) -> Result<Vec<Endpoint>, Error> {
    Ok(store::webhook::endpoint::lock_listening(&mut work.tx).await?)
}

/// Makes the deliveries of a batch of facts: for each endpoint what it chose,
/// and what a team is told that it stands for, also in the place of a person whom
/// mail does not reach. Of confidential tickets only teams hear that may.
pub(in crate::flow) async fn enqueue(
    work: &mut Work<'_>,
    batch: &Batch,
    endpoints: Vec<Endpoint>,
) -> Result<(), Error> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let tenant = work.tx.tenant();
    let of_teams = store::team::webhooks(work.tx.read()).await?;
    let reached = if of_teams.is_empty() { Vec::new() } else { by_mail(work, batch).await? };
    let mut deliveries = Vec::new();
    for (ticket, event) in &batch.events {
        let Some(record) = batch.records.get(ticket) else { continue };
        let said = announcement::of_fact(tenant, record, event);
        let teams = of_team(record, event).filter(|(_, wanted)| !reached.contains(&wanted.target));
        let told = |team: &String| of_teams.get(team).filter(|_| may_hear(team, record));
        let for_team = teams.and_then(|(teams, _)| teams.iter().find_map(told));
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

/// The people of a batch whom mail reaches: no team hears in their place.
async fn by_mail(work: &mut Work<'_>, batch: &Batch) -> Result<Vec<Target>, Error> {
    if work.desk.means().post.is_none() {
        return Ok(Vec::new());
    }
    let of_event =
        |(ticket, event): &(TicketId, Event)| batch.records.get(ticket).and_then(|r| of_team(r, event));
    let people = batch.events.iter().filter_map(of_event).filter_map(|(_, wanted)| match wanted.target {
        Target::Agent(agent) => Some(agent),
        Target::Requester | Target::Team(_) => None,
    });
    let people: Vec<AgentId> = people.collect();
    let directory = store::mail::directory(work.tx.read(), &[], &people).await?;
    let has_address = |agent: &AgentId| directory.lookup(&Recipient::Agent(*agent)).is_some();
    Ok(people.into_iter().filter(has_address).map(Target::Agent).collect())
}
