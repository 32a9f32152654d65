//! What was reported already is counted on its ticket: any number of reports
//! in a few statements.

use std::collections::HashMap;

use super::error::Error;
use super::execution::Work;
use crate::domain::id::{EventId, TicketId};
use crate::domain::ticket::record::Record;
use crate::domain::ticket::{Actor, Event, Fact, promise};
use crate::store;

/// A ticket while its repeats are counted.
struct Counted {
    record: Record,
    history: Vec<Event>,
    /// How many of `history` are in the database.
    written: usize,
}

/// Counts a repeat for each of `reports`, in order, and gives the ticket as it
/// was right after it. The tickets must be locked by the transaction.
pub(super) async fn count(work: &mut Work<'_>, reports: &[TicketId]) -> Result<Vec<Record>, Error> {
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let mut counted = load(work, reports).await?;
    let actor = work.caller.agent.map_or(Actor::Automation, Actor::Agent);
    let mut shown = Vec::with_capacity(reports.len());
    for ticket in reports {
        let case = counted.get_mut(ticket).ok_or(Error::NotFound("ticket"))?;
        // A ticket never goes back in time, whatever a clock does.
        let at = work.now.max(case.record.state.updated_at);
        let (seq, id) = (case.record.state.version + 1, EventId::new(work.desk.clock().new_id()));
        let event = Event { seq, id, at, actor, fact: Fact::Repeated { times: 1 }, reason: None };
        case.record.state.apply(&event);
        case.history.push(event);
        shown.push(case.record.clone());
    }
    let clocks = save(work, counted).await?;
    // All repeats are of one instant and move no clock, so all show the same.
    for record in &mut shown {
        record.clocks.clone_from(&clocks[&record.id].clocks);
    }
    Ok(shown)
}

async fn load(work: &mut Work<'_>, reports: &[TicketId]) -> Result<HashMap<TicketId, Counted>, Error> {
    let mut tickets = reports.to_vec();
    tickets.sort_unstable();
    tickets.dedup();
    let records = store::record::lookup_all(work.tx.read(), &tickets).await?;
    let mut histories = store::history::of_tickets(work.tx.read(), &tickets).await?;
    let counted = records.into_iter().map(|record| {
        let history = histories.remove(&record.id).unwrap_or_default();
        (record.id, Counted { record, written: history.len(), history })
    });
    Ok(counted.collect())
}

/// Writes histories, clocks and rows, and gives the tickets as they then are.
async fn save(
    work: &mut Work<'_>,
    counted: HashMap<TicketId, Counted>,
) -> Result<HashMap<TicketId, Record>, Error> {
    let (mut records, mut histories) = (Vec::new(), Vec::new());
    for (ticket, Counted { mut record, history, written }) in counted {
        let policies = work.desk.policies(work.tx.read(), &history).await?;
        let clocks = promise::clocks(&policies, &history, record.state.updated_at)
            .ok_or_else(|| Error::Defect(format!("ticket {ticket} has no opening")))?;
        record.clocks = promise::stored(&clocks);
        histories.push((ticket, history, written));
        records.push(record);
    }
    let events: Vec<(TicketId, &Event)> = histories
        .iter()
        .flat_map(|(ticket, history, written)| {
            history.iter().skip(*written).map(move |event| (*ticket, event))
        })
        .collect();
    store::history::append(&mut work.tx, &events).await?;
    let clocks: Vec<_> = records.iter().map(|record| (record.id, record.clocks.as_slice())).collect();
    store::clock::put(&mut work.tx, &clocks).await?;
    store::ticket::count_repeats(&mut work.tx, &records).await?;
    Ok(records.into_iter().map(|record| (record.id, record)).collect())
}
