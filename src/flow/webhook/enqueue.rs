//! What has happened, put into the queues of the endpoints that want to know.

use super::wake;
use crate::domain::id::{AgentId, DeliveryId, EndpointId, EventId, TicketId};
use crate::domain::mail::{Recipient, Target, may_hear, of_team};
use crate::domain::ticket::Event;
use crate::domain::webhook::Endpoint;
use crate::domain::webhook::announcement::{self, Announcement};
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::flow::fan_out::Batch;
use crate::store;
use crate::store::webhook::queue::NewDelivery;

/// Makes the deliveries of a batch of facts: for each endpoint what it chose,
/// and what a team is told that it stands for, also in the place of a person whom
/// mail does not reach. Of confidential tickets only teams hear that may. Nothing
/// is delivered to the endpoints until the transaction ends.
pub(in crate::flow) async fn enqueue(work: &mut Work<'_>, batch: &Batch) -> Result<(), Error> {
    let tellings = tellings(work, batch).await?;
    let endpoints = store::webhook::endpoint::lock_listening(&mut work.tx).await?;
    let mut deliveries = Vec::new();
    for telling in &tellings {
        for endpoint in endpoints.iter().filter(|endpoint| telling.concerns(endpoint)) {
            deliveries.push(NewDelivery {
                id: DeliveryId::new(work.desk.clock().new_id()),
                endpoint: endpoint.id,
                event_type: telling.said.event_type,
                ticket: Some(telling.ticket),
                event: Some(telling.event),
                envelope: telling.said.envelope.clone(),
                is_notice: !telling.is_chosen_by(endpoint),
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

/// A fact as endpoints hear of it.
struct Telling {
    ticket: TicketId,
    event: EventId,
    said: Announcement,
    /// The endpoint of the team that it is told to, whatever that chose.
    for_team: Option<EndpointId>,
    /// Nobody hears of the ticket who is not needed for it.
    is_confidential: bool,
}

impl Telling {
    fn is_chosen_by(&self, endpoint: &Endpoint) -> bool {
        !self.is_confidential && endpoint.wants(self.said.event_type)
    }

    fn concerns(&self, endpoint: &Endpoint) -> bool {
        self.is_chosen_by(endpoint) || self.for_team == Some(endpoint.id)
    }
}

/// What there is to say of a batch of facts.
async fn tellings(work: &mut Work<'_>, batch: &Batch) -> Result<Vec<Telling>, Error> {
    let tenant = work.tx.tenant();
    let of_teams = store::team::webhooks(work.tx.read()).await?;
    let reached = if of_teams.is_empty() { Vec::new() } else { by_mail(work, batch).await? };
    let telling = |(ticket, event): &(TicketId, Event)| {
        let record = batch.records.get(ticket)?;
        let teams = of_team(record, event).filter(|(_, wanted)| !reached.contains(&wanted.target));
        let told = |team: &String| of_teams.get(team).filter(|_| may_hear(team, record));
        Some(Telling {
            ticket: *ticket,
            event: event.id,
            said: announcement::of_fact(tenant, record, event),
            for_team: teams.and_then(|(teams, _)| teams.iter().find_map(told)).copied(),
            is_confidential: record.state.restricted,
        })
    };
    Ok(batch.events.iter().filter_map(telling).collect())
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
