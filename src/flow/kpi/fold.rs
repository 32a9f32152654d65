//! Bringing cubes up to date with the entries that came and went.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::id::TenantId;
use crate::domain::kpi::{Cube, EntryKind, Grain, Range, Span};
use crate::flow::caller::Caller;
use crate::flow::desk::Desk;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store::{self, TenantTx};

/// Fewer are left to wait: reading them costs less than summing them up.
const WORTH_IT: i64 = 100;
/// Taken in by one transaction.
const PART: i64 = 1_000;
/// Longer stretches that are summed up by one transaction.
const SUMS: i64 = 40;
/// A longer stretch is summed up when it has been over for so long: what comes
/// late still comes mostly by then.
const SLACK: SignedDuration = SignedDuration::from_hours(1);
/// How far back stretches are looked for that nobody has summed up.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 70);

/// Whether so much waits that taking it in is worth it.
pub(in crate::flow) async fn worth_it(work: &mut Work<'_>) -> Result<bool, Error> {
    Ok(store::kpi::delta::count(work.tx.read(), WORTH_IT).await? >= WORTH_IT)
}

impl Desk {
    /// Brings the cubes of a tenant up to date. Somebody else may be doing that.
    pub async fn fold(&self, tenant: TenantId) -> Result<(), Error> {
        while self.in_transaction(&Caller::automation(tenant), &Fold).await? {}
        Ok(())
    }
}

/// One part; answers whether there is more.
struct Fold;

impl UseCase for Fold {
    type Output = bool;

    async fn run(&self, work: &mut Work<'_>) -> Result<bool, Error> {
        if !store::kpi::delta::turn(&mut work.tx).await? {
            return Ok(false);
        }
        let deltas = store::kpi::delta::list(work.tx.read(), PART).await?;
        let mut hours: BTreeMap<Timestamp, Cube> = BTreeMap::new();
        for delta in &deltas {
            hours.entry(delta.starts_at).or_default().merge(&delta.cube);
        }
        take_in(work, Span::Hour, &hours, true).await?;
        for span in [Span::Day, Span::Week, Span::Month] {
            take_in(work, span, &gathered(&hours, span), false).await?;
        }
        let ids: Vec<i64> = deltas.iter().map(|delta| delta.id).collect();
        store::kpi::delta::fold(&mut work.tx, &ids).await?;
        let from = hours.keys().next().copied();
        let more = sum_up(work, from).await?;
        let taken = i64::try_from(deltas.len()).unwrap_or(i64::MAX);
        tracing::debug!(taken, hours = hours.len(), "flow.kpi.folded");
        Ok(taken == PART || more)
    }
}

/// What changed in hours, by longer stretches.
fn gathered(hours: &BTreeMap<Timestamp, Cube>, span: Span) -> BTreeMap<Timestamp, Cube> {
    let mut longer: BTreeMap<Timestamp, Cube> = BTreeMap::new();
    for (hour, cube) in hours {
        longer.entry(span.start(*hour)).or_default().merge(cube);
    }
    longer
}

/// Adds changes to cubes; where there is none, it is made if `makes`.
async fn take_in(
    work: &mut Work<'_>,
    span: Span,
    changes: &BTreeMap<Timestamp, Cube>,
    makes: bool,
) -> Result<(), Error> {
    let ranges: Vec<Range> = changes.keys().map(|start| (*start, span.next(*start))).collect();
    let known = store::kpi::cube::within(work.tx.read(), span, &ranges, Grain::Full).await?;
    let mut known: BTreeMap<Timestamp, Cube> = known.into_iter().collect();
    let mut sums = Vec::new();
    for (start, change) in changes {
        let cube = if makes { Some(known.remove(start).unwrap_or_default()) } else { known.remove(start) };
        if let Some(mut cube) = cube {
            cube.merge(change);
            sums.push((*start, cube));
        }
    }
    Ok(store::kpi::cube::put(&mut work.tx, span, &sums).await?)
}

/// Sums up days, weeks and months that are over. `from`: the first hour that has just
/// changed. Answers whether there are more.
pub(super) async fn sum_up(work: &mut Work<'_>, from: Option<Timestamp>) -> Result<bool, Error> {
    let over = work.now.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
    let back = work.now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    let month = Span::Month.start(from.map_or(back, |from| from.min(back)));
    // Every day of the first week and of the first month is looked at.
    let week = Span::Week.start(month);
    let mut more = false;
    let steps =
        [(Span::Hour, Span::Day, week), (Span::Day, Span::Week, week), (Span::Day, Span::Month, month)];
    for (of, into, from) in steps {
        let range = (from, into.start(over));
        let starts = store::kpi::cube::unsummed(work.tx.read(), (of, into), range, SUMS).await?;
        let mut sums = Vec::new();
        for start in &starts {
            let parts = [(*start, into.next(*start))];
            let parts = store::kpi::cube::within(work.tx.read(), of, &parts, Grain::Full).await?;
            let mut sum = Cube::default();
            for (_, cube) in &parts {
                sum.merge(cube);
            }
            sums.push((*start, sum));
        }
        store::kpi::cube::put(&mut work.tx, into, &sums).await?;
        more |= i64::try_from(starts.len()).unwrap_or(i64::MAX) == SUMS;
        if more {
            // Longer ones would be made of those of their days that are there.
            break;
        }
    }
    Ok(more)
}

/// Makes all cubes anew from the entries, month by month, in a transaction that
/// sees one moment.
pub(super) async fn anew(tx: &mut TenantTx, now: Timestamp) -> Result<(), Error> {
    store::kpi::cube::clear(tx).await?;
    let over = now.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
    let Some(first) = store::kpi::entry::earliest(tx.read()).await? else { return Ok(()) };
    let mut month = Span::Month.start(first);
    // They go on from one month into the next.
    let mut weeks: BTreeMap<Timestamp, Cube> = BTreeMap::new();
    loop {
        let next = Span::Month.next(month);
        let hours: Vec<Range> = hours(month, next);
        let mut cubes: BTreeMap<Timestamp, Cube> = BTreeMap::new();
        for (place, entry, n) in store::kpi::entry::alike(tx.read(), &hours, EntryKind::ALL).await? {
            if let Some((hour, _)) = hours.get(place) {
                cubes.entry(*hour).or_default().add(&entry, n);
            }
        }
        for span in [Span::Day, Span::Month] {
            put_ended(tx, span, gathered(&cubes, span), over).await?;
        }
        for (week, cube) in gathered(&cubes, Span::Week) {
            weeks.entry(week).or_default().merge(&cube);
        }
        let later = weeks.split_off(&Span::Week.start(next));
        put_ended(tx, Span::Week, std::mem::replace(&mut weeks, later), over).await?;
        store::kpi::cube::put(tx, Span::Hour, &cubes.into_iter().collect::<Vec<_>>()).await?;
        let later = store::kpi::entry::first(tx.read(), (next, Timestamp::MAX)).await?;
        let Some(later) = later else { break };
        month = Span::Month.start(later);
    }
    put_ended(tx, Span::Week, weeks, over).await
}

/// Writes those of stretches that are over.
async fn put_ended(
    tx: &mut TenantTx,
    span: Span,
    cubes: BTreeMap<Timestamp, Cube>,
    over: Timestamp,
) -> Result<(), Error> {
    let ended: Vec<_> = cubes.into_iter().filter(|(start, _)| span.next(*start) <= over).collect();
    Ok(store::kpi::cube::put(tx, span, &ended).await?)
}

fn hours(from: Timestamp, to: Timestamp) -> Vec<Range> {
    let mut hours = Vec::new();
    let mut hour = from;
    while hour < to {
        let next = Span::Hour.next(hour);
        hours.push((hour, next));
        hour = next;
    }
    hours
}
