//! Making what KPIs rest on anew from histories, while the desk works, and
//! checking it against them.

use super::{fold, keep};
use crate::domain::id::{TenantId, TicketId};
use crate::domain::kpi::{self, Cube, Entry, Range};
use crate::domain::ticket::{Ticket, promise};
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store::{self, TenantRead};

/// Tickets of one transaction.
const PART: i64 = 200;
/// The turn at the sums is waited for so often.
const ATTEMPTS: usize = 20;
/// Differences that are told.
const MOST_TOLD: usize = 100;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// Tickets whose histories were read.
    pub tickets: u64,
    /// Entries that follow from them.
    pub entries: u64,
    /// Where what is kept differs, in words; the first ones.
    pub differences: Vec<String>,
}

/// How far making the entries and the sums of a tenant anew has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuild {
    after: Option<TicketId>,
    through: bool,
    tickets: u64,
}

impl Rebuild {
    /// Tickets whose entries have been made anew.
    #[must_use]
    pub const fn tickets(&self) -> u64 {
        self.tickets
    }
}

/// What is to be done about the entries of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Some are to be mended by [`Desk::mend_kpis`].
    Mending,
    /// All are to be made anew, unless somebody is at it.
    Making,
}

impl Desk {
    /// Makes the entries of a tenant's tickets and the sums of them anew.
    /// Answers how many tickets there were.
    pub async fn rebuild_kpis(&self, tenant: TenantId) -> Result<u64, Error> {
        let mut rebuild = Rebuild::default();
        self.go_on_rebuilding(tenant, &mut rebuild).await?;
        Ok(rebuild.tickets)
    }

    /// The same from where `rebuild` stands, which keeps what was done before a
    /// failure.
    pub async fn go_on_rebuilding(&self, tenant: TenantId, rebuild: &mut Rebuild) -> Result<(), Error> {
        // Whoever finds this later knows that it was cut off.
        self.note_target(tenant, 0).await?;
        while !rebuild.through {
            let part = Entries { after: rebuild.after };
            let part = self.in_transaction(&Caller::automation(tenant), &part).await?;
            rebuild.tickets += part.len() as u64;
            rebuild.through = part.len() < usize::try_from(PART).unwrap_or(usize::MAX);
            rebuild.after = part.last().copied().or(rebuild.after);
        }
        self.sum_up_kpis(tenant).await?;
        self.fold(tenant).await?;
        self.note_target(tenant, self.targets().first_response_seconds).await
    }

    /// Makes entries anew that a process with another target of first responses
    /// has written since, or that do not say by which they were judged: while a
    /// setting changes from process to process, the last one that made all of them
    /// anew has the say. Answers how many tickets they were of.
    pub async fn mend_kpis(&self, tenant: TenantId) -> Result<u64, Error> {
        let mut tx = self.store().begin(tenant).await?;
        store::kpi::target::adopt(&mut tx, self.targets().first_response_seconds).await?;
        tx.commit().await?;
        let (caller, mut done) = (Caller::automation(tenant), 0);
        loop {
            let Mended { tickets, changes } = self.in_transaction(&caller, &Strangers).await?;
            // Entries whose ticket has no row stay what they are.
            if changes == 0 {
                return Ok(done);
            }
            done += tickets as u64;
        }
    }

    /// Notes that the entries of a tenant were made for this target, in seconds.
    async fn note_target(&self, tenant: TenantId, seconds: i64) -> Result<(), Error> {
        let mut tx = self.store().begin(tenant).await?;
        store::kpi::delta::measured_by(&mut tx, seconds).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that the entries of a tenant were made for the target of this process.
    pub async fn note_own_target(&self, tenant: TenantId) -> Result<(), Error> {
        self.note_target(tenant, self.targets().first_response_seconds).await
    }

    /// What is to be done about the entries of a tenant, whose numbers are read.
    pub async fn kpi_need(&self, tenant: TenantId) -> Result<Need, Error> {
        let target = self.targets().first_response_seconds;
        let mut read = self.store().begin_read(tenant).await?;
        let noted = store::kpi::target::noted(&mut read).await?;
        let strangers = store::kpi::target::strangers(&mut read, target, 1).await?;
        read.finish().await?;
        Ok(match noted {
            Some(0) => Need::Making,
            Some(_) if strangers.is_empty() => Need::Nothing,
            Some(_) | None => Need::Mending,
        })
    }

    /// Whether a tenant has tickets that nothing is kept of, or what is kept was
    /// made by another version or for another target.
    pub async fn lacks_kpis(&self, tenant: TenantId) -> Result<bool, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let lacks = store::kpi::target::lacks(&mut read, self.targets().first_response_seconds).await?;
        read.finish().await?;
        Ok(lacks)
    }

    /// Makes the cubes of a tenant anew from the entries as they are at one
    /// moment. What comes and goes meanwhile waits, and is taken in later.
    pub async fn sum_up_kpis(&self, tenant: TenantId) -> Result<(), Error> {
        let now = self.now().await?;
        for _ in 0..ATTEMPTS {
            let mut waits = self.store().begin(tenant).await?;
            store::kpi::delta::wait_for_turn(&mut waits).await?;
            waits.commit().await?;
            let mut tx = self.store().begin_steady(tenant).await?;
            if !store::kpi::delta::turn(&mut tx).await? {
                tx.roll_back().await?;
                continue;
            }
            match fold::anew(&mut tx, now).await {
                Ok(()) => return Ok(tx.commit().await?),
                Err(Error::Store(error)) if error.asks_for_rerun() => tx.roll_back().await?,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Conflict("the sums are being worked on; try again".to_owned()))
    }

    /// Recomputes the entries of a window from the histories of its tickets, and
    /// compares them with what is kept, one by one and in sum.
    pub async fn verify_kpis(&self, tenant: TenantId, window: Range) -> Result<Check, Error> {
        self.expect_kpis(tenant)?;
        let (now, target) = (self.now().await?, self.targets().first_response_seconds);
        let mut read = self.store().begin_read(tenant).await?;
        let (mut check, mut after) = (Check::default(), None);
        let mut exact = Cube::default();
        loop {
            let tickets = store::kpi::entry::tickets_within(&mut read, window, after, PART).await?;
            let mut kept = store::kpi::entry::of_tickets(&mut read, &tickets).await?;
            for Computed { ticket, entries, differing } in self.computed(&mut read, &tickets).await? {
                let kept = kept.remove(&ticket).unwrap_or_default();
                let kept: Vec<Entry> = kept.into_iter().map(|entry| entry.taken_for(target)).collect();
                check.compare(ticket, &kept, &entries, window);
                if !differing.is_empty() {
                    let fields = differing.join(", ");
                    check.tell(format!("ticket {ticket}: its row is not what its history says: {fields}"));
                }
                check.tickets += 1;
                let within = |entry: &&Entry| window.0 <= entry.at && entry.at < window.1 && entry.at <= now;
                for entry in entries.iter().filter(within) {
                    check.entries += 1;
                    exact.add(entry, 1);
                }
            }
            after = tickets.last().copied();
            if tickets.len() < usize::try_from(PART).unwrap_or(usize::MAX) {
                break;
            }
        }
        let filter = kpi::Filter::default();
        let by = kpi::Dimension::ALL;
        let sums = super::sums::Sums::begin(&mut read, now).await?;
        let (all, waiting) = (kpi::Board::new(&filter, by), kpi::Board::of_waiting(&filter, by));
        for (empty, exact) in [(all, &exact), (waiting, &exact.at(kpi::Grain::Waiting))] {
            let boards = sums.boards(&mut read, &[window], &empty).await?;
            let mut summed = Cube::default();
            for (part, cube) in boards.into_iter().flat_map(kpi::Board::groups) {
                for (key, cell) in cube.cells() {
                    summed.put(&kpi::CellKey { part: part.clone(), ..key.clone() }, cell);
                }
            }
            check.compare_sums(exact, &summed);
        }
        read.finish().await?;
        Ok(check)
    }

    /// What follows from the histories of tickets, and from nothing else.
    async fn computed(&self, read: &mut TenantRead, tickets: &[TicketId]) -> Result<Vec<Computed>, Error> {
        let records = store::record::lookup_all(read, tickets).await?;
        let mut histories = store::history::of_tickets(read, tickets).await?;
        let mut computed = Vec::with_capacity(records.len());
        for record in records {
            let ticket = record.id;
            let history = histories.remove(&ticket).unwrap_or_default();
            let policies = self.policies(read, &history).await?;
            let opening = || Error::Defect(format!("ticket {ticket} has no opening"));
            let state = Ticket::replay(&history).ok_or_else(opening)?;
            let clocks = promise::clocks(&policies, &history, state.updated_at).ok_or_else(opening)?;
            let entries = kpi::entries(&state, &history, &clocks, self.targets());
            computed.push(Computed { ticket, entries, differing: record.state.differing(&state) });
        }
        Ok(computed)
    }
}

/// What follows from the history of a ticket.
struct Computed {
    ticket: TicketId,
    entries: Vec<Entry>,
    /// What its row says otherwise.
    differing: Vec<&'static str>,
}

/// One part of a tenant's tickets, locked.
struct Entries {
    after: Option<TicketId>,
}

impl UseCase for Entries {
    type Output = Vec<TicketId>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<TicketId>, Error> {
        let tickets = store::kpi::entry::tickets(work.tx.read(), self.after, PART).await?;
        make(work, &tickets).await?;
        Ok(tickets)
    }
}

/// One part of the tickets with entries of another target.
struct Strangers;

/// What came of it.
struct Mended {
    tickets: usize,
    /// Entries that went and came.
    changes: usize,
}

impl UseCase for Strangers {
    type Output = Mended;

    async fn run(&self, work: &mut Work<'_>) -> Result<Mended, Error> {
        let target = work.desk.targets().first_response_seconds;
        let tickets = store::kpi::target::strangers(work.tx.read(), target, PART).await?;
        let changes = if tickets.is_empty() { 0 } else { make(work, &tickets).await? };
        Ok(Mended { tickets: tickets.len(), changes })
    }
}

/// Makes the entries of tickets anew, which are locked for it. Answers how many
/// went and came.
async fn make(work: &mut Work<'_>, tickets: &[TicketId]) -> Result<usize, Error> {
    store::sla_move::lock(&mut work.tx, tickets).await?;
    let computed = work.desk.computed(work.tx.read(), tickets).await?;
    keep::replace(work, computed.into_iter().map(|one| (one.ticket, one.entries)).collect()).await
}

impl Check {
    fn tell(&mut self, difference: String) {
        if self.differences.len() < MOST_TOLD {
            self.differences.push(difference);
        }
    }

    fn compare(&mut self, ticket: TicketId, kept: &[Entry], computed: &[Entry], (from, to): Range) {
        let within = |entry: &&Entry| from <= entry.at && entry.at < to;
        for entry in computed.iter().filter(within).filter(|entry| !kept.contains(entry)) {
            self.tell(format!("ticket {ticket}: {} at {} is missing or differs", entry.kind, entry.at));
        }
        for entry in kept.iter().filter(within).filter(|entry| !computed.contains(entry)) {
            self.tell(format!("ticket {ticket}: {} at {} is kept and does not follow", entry.kind, entry.at));
        }
    }

    fn compare_sums(&mut self, exact: &Cube, summed: &Cube) {
        let mut rest = summed.clone();
        for (key, cell) in exact.cells() {
            rest.put(key, &cell.negated());
        }
        for (key, cell) in rest.cells() {
            let (kind, part) = (key.kind, &key.part);
            self.tell(format!("sum of {kind} ({part:?}): {:+} entries against their histories", cell.n));
        }
    }
}
