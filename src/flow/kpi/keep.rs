//! Keeping the entries of tickets, in the transactions that change the tickets.

use crate::domain::id::TicketId;
use crate::domain::kpi::{self, Entry};
use crate::domain::opening::Opened;
use crate::domain::sla::Clocks;
use crate::domain::ticket::Event;
use crate::domain::ticket::record::Record;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;
use crate::store::kpi::entry::Change;

/// The entries of new tickets.
pub(in crate::flow) fn begun(work: &Work<'_>, opened: &[Opened]) -> Vec<Change> {
    let targets = work.desk.targets();
    let of = |one: &Opened| {
        let (ticket, comes) = (one.record.id, true);
        let entries = kpi::entries(&one.record.state, &one.history, &one.clocks, targets);
        entries.into_iter().map(move |entry| Change { ticket, comes, entry })
    };
    opened.iter().flat_map(of).collect()
}

/// Brings the entries of tickets up to what their histories now say. The
/// tickets are locked.
pub(in crate::flow) async fn follow(
    work: &mut Work<'_>,
    tickets: &[(&Record, &[Event], &Clocks)],
) -> Result<(), Error> {
    let targets = work.desk.targets();
    let now: Vec<(TicketId, Vec<Entry>)> = tickets
        .iter()
        .map(|(record, history, clocks)| (record.id, kpi::entries(&record.state, history, clocks, targets)))
        .collect();
    replace(work, now).await?;
    Ok(())
}

/// Puts entries in the place of those that tickets have, and answers how many
/// went and came. The tickets are locked.
pub(in crate::flow) async fn replace(
    work: &mut Work<'_>,
    now: Vec<(TicketId, Vec<Entry>)>,
) -> Result<usize, Error> {
    let tickets: Vec<TicketId> = now.iter().map(|(ticket, _)| *ticket).collect();
    let mut before = store::kpi::entry::of_tickets(work.tx.read(), &tickets).await?;
    let mut changes = Vec::new();
    for (ticket, after) in now {
        let before = before.remove(&ticket).unwrap_or_default();
        let gone = before.iter().filter(|entry| !after.contains(entry));
        changes.extend(gone.map(|entry| Change { ticket, comes: false, entry: entry.clone() }));
        let come = after.into_iter().filter(|entry| !before.contains(entry));
        changes.extend(come.map(|entry| Change { ticket, comes: true, entry }));
    }
    store::kpi::entry::apply(&mut work.tx, &changes).await?;
    Ok(changes.len())
}
