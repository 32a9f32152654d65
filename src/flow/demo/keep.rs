//! Writing tickets of a made-up past as they have become.

use super::alerts;
use crate::domain::demo::Told;
use crate::domain::id::TicketId;
use crate::domain::kpi::{self, Targets};
use crate::domain::ticket::Event;
use crate::flow::agenda::timer;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store;
use crate::store::kpi::entry::Change;
use crate::store::opening::{New, Opening};

/// Tickets, written whole. Nobody is told of what happened to them, and the sums
/// of KPIs are made afterwards.
pub(super) struct Keep(pub(super) Vec<Told>);

impl UseCase for Keep {
    type Output = ();

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let told = &self.0;
        let opening = Opening { tickets: told.iter().map(new).collect(), ..Opening::default() };
        store::opening::insert(&mut work.tx, &opening).await?;
        self.keep_history(work).await?;
        let evidence: Vec<_> = told.iter().flat_map(|one| one.evidence.iter().cloned()).collect();
        store::evidence::insert(&mut work.tx, &evidence).await?;
        let escalations: Vec<_> = told.iter().flat_map(|one| &one.record.escalations).collect();
        store::escalation::insert(&mut work.tx, &escalations).await?;
        let ended = told.iter().flat_map(|one| {
            one.resolutions.iter().map(|(seq, resolution)| (one.record.id, *seq, resolution))
        });
        store::resolution::insert(&mut work.tx, &ended.collect::<Vec<_>>()).await?;
        let rated = told.iter().flat_map(|one| one.ratings.iter().map(|rated| (one.record.id, rated)));
        store::rating::insert(&mut work.tx, &rated.collect::<Vec<_>>()).await?;
        for merged in told.iter().filter(|one| one.record.state.merged_into.is_some()) {
            store::ticket::update(&mut work.tx, &merged.record).await?;
        }
        alerts::keep(work, told).await?;
        let timers: Vec<_> =
            told.iter().filter_map(|one| one.next.map(|at| timer(one.record.id, at))).collect();
        store::timer::put(&mut work.tx, &timers).await?;
        let entries = self.entries(work.desk.targets());
        store::kpi::entry::add_unsummed(&mut work.tx, &entries).await?;
        Ok(store::kpi::delta::pass(&mut work.tx, entries.len()).await?)
    }
}

impl Keep {
    /// The histories, and their places in the feed, by instant.
    async fn keep_history(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let mut events: Vec<(TicketId, &Event)> =
            self.0.iter().flat_map(|one| one.history.iter().map(|event| (one.record.id, event))).collect();
        events.sort_by_key(|(_, event)| event.at);
        store::history::append_silently(&mut work.tx, &events).await?;
        let placed: Vec<_> = events.iter().map(|(ticket, event)| (*ticket, event.seq)).collect();
        store::feed::append(&mut work.tx, &placed).await?;
        Ok(())
    }

    fn entries(&self, targets: &Targets) -> Vec<Change> {
        let of = |one: &Told| {
            let (ticket, comes) = (one.record.id, true);
            let entries = kpi::entries(&one.record.state, &one.history, &one.clocks, targets);
            entries.into_iter().map(move |entry| Change { ticket, comes, entry })
        };
        self.0.iter().flat_map(of).collect()
    }
}

fn new(Told { record, messages, .. }: &Told) -> New<'_> {
    New { record, messages: messages.iter().map(|(message, by)| (message, *by)).collect() }
}
