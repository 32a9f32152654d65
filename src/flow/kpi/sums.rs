//! Entries of windows, summed up. Whole months, weeks, days and hours come from cubes,
//! with what the cubes have not taken in yet, and so does what has happened in
//! the hour that lasts; what windows cut off, and what time alone has brought in
//! that hour, come from the entries themselves. So an answer is exact as of the
//! last commit, and costs little more for a hundred times the tickets.

use crate::domain::kpi::{Age, Board, Dimension, EntryKind, Filter, Grain, Range, Span, Waiting, without};
use crate::flow::error::Error;
use crate::store::kpi::delta::Delta;
use crate::store::{self, TenantRead};
use jiff::{SignedDuration, Timestamp};

/// Deltas that are read at most; far more than are ever left to wait.
const MOST_DELTAS: i64 = 10_000_000;

/// Between the instant that counts as now and the state of the database that is
/// read, at most; what happened meanwhile is not counted.
const READING: SignedDuration = SignedDuration::from_mins(1);

/// What sums are made of at an instant: nothing that lies ahead is counted.
pub(in crate::flow) struct Sums {
    now: Timestamp,
    /// What the cubes have not taken in.
    deltas: Vec<Delta>,
}

impl Sums {
    /// As of the beginning of a reading.
    pub(in crate::flow) async fn begin(read: &mut TenantRead, now: Timestamp) -> Result<Self, Error> {
        Ok(Self { now, deltas: store::kpi::delta::list(read, MOST_DELTAS).await? })
    }

    /// The tickets that wait.
    pub(in crate::flow) async fn waiting(
        &self,
        read: &mut TenantRead,
        filter: &Filter,
        by: &[Dimension],
    ) -> Result<Vec<Waiting>, Error> {
        let (ages, windows): (Vec<Age>, Vec<Range>) = Age::windows(self.now).into_iter().unzip();
        let boards = self.boards(read, &windows, &Board::of_waiting(filter, by)).await?;
        Ok(Waiting::of(ages.into_iter().zip(boards).collect()))
    }

    /// What is known of several windows, which follow on each other, on boards
    /// such as `empty`.
    pub(in crate::flow) async fn boards<'q>(
        &self,
        read: &mut TenantRead,
        windows: &[Range],
        empty: &Board<'q>,
    ) -> Result<Vec<Board<'q>>, Error> {
        let Self { now, deltas } = self;
        let (grain, now) = (empty.grain(), *now);
        let mut boards: Vec<Board<'q>> = windows.iter().map(|_| empty.clone()).collect();
        let end = now.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        let cuts: Vec<Cut> =
            windows.iter().map(|window| Cut::of(*window, end, Span::Hour.start(now))).collect();
        for (start, cube) in cubes(read, &cuts, grain).await? {
            if let Some(place) = holding(windows, start) {
                let cube = if cuts[place].lasts_from(start) { cube.happened() } else { cube };
                boards[place].take(&cube);
            }
        }
        for delta in deltas {
            let Some(place) = holding(windows, delta.starts_at) else { continue };
            if cuts[place].sums(delta.starts_at) {
                boards[place].take_whole(&delta.cube);
            } else if cuts[place].lasts_from(delta.starts_at) {
                boards[place].take_whole(&delta.cube.happened());
            }
        }
        take_entries(read, &cuts, &mut boards).await?;
        Ok(boards)
    }
}

/// Takes what no sums tell of: what windows cut off, and what time alone has
/// brought in the hour that lasts.
async fn take_entries(read: &mut TenantRead, cuts: &[Cut], boards: &mut [Board<'_>]) -> Result<(), Error> {
    let Some(grain) = boards.first().map(Board::grain) else { return Ok(()) };
    let mut places = Vec::new();
    let mut pieces: Vec<Range> = Vec::new();
    for (place, cut) in cuts.iter().enumerate() {
        places.extend(cut.rests.iter().map(|_| (place, 1)));
        pieces.extend(&cut.rests);
        if let Some((from, end)) = cut.lasting {
            // The sum of the hour has what came after the window and, meanwhile,
            // after the present, too.
            let later = cut.present.checked_add(READING).unwrap_or(Timestamp::MAX).min(Span::Hour.next(from));
            places.push((place, -1));
            pieces.push((end, later));
        }
    }
    for (piece, entry, n) in store::kpi::entry::alike(read, &pieces, &kinds(grain, |_| true)).await? {
        match places.get(piece) {
            Some((_, -1)) if entry.kind.lies_ahead() => {}
            Some((place, sign)) => boards[*place].add(&entry, sign * n),
            None => {}
        }
    }
    let ahead = kinds(grain, EntryKind::lies_ahead);
    for (cut, board) in cuts.iter().zip(boards) {
        let lasting: Vec<Range> = cut.lasting.into_iter().collect();
        for (_, entry, n) in store::kpi::entry::alike(read, &lasting, &ahead).await? {
            board.add(&entry, n);
        }
    }
    Ok(())
}

/// The kinds that such cubes tell of, those that are `wanted`.
fn kinds(grain: Grain, wanted: impl Fn(EntryKind) -> bool) -> Vec<EntryKind> {
    let told: &[EntryKind] = if grain == Grain::Waiting { &[EntryKind::Created] } else { EntryKind::ALL };
    told.iter().copied().filter(|kind| wanted(*kind)).collect()
}

/// Which of the windows, which are in order, an instant lies in.
fn holding(windows: &[Range], at: Timestamp) -> Option<usize> {
    let place = windows.partition_point(|(_, to)| *to <= at);
    windows.get(place).filter(|(from, _)| *from <= at).map(|_| place)
}

/// How a window is read.
struct Cut {
    /// Whole hours that are over.
    summed: Option<Range>,
    /// The hour that lasts, as far as the window has it, where that is more of what
    /// it has come to than it lacks.
    lasting: Option<Range>,
    /// The end of what has happened.
    present: Timestamp,
    /// What is left of it.
    rests: Vec<Range>,
}

impl Cut {
    /// Whether the sums of the hour that begins at `hour` count.
    fn sums(&self, hour: Timestamp) -> bool {
        self.summed.is_some_and(|(from, to)| from <= hour && hour < to)
    }

    /// Whether what has happened in the hour that begins at `hour` counts.
    fn lasts_from(&self, hour: Timestamp) -> bool {
        self.lasting.is_some_and(|(from, _)| from == hour)
    }

    /// `end`: nothing from then on counts. `hour`: the one that lasts.
    fn of((from, to): Range, end: Timestamp, hour: Timestamp) -> Self {
        let to = to.min(end).max(from);
        let summed = Span::Hour.whole((from, to.min(hour).max(from)));
        let has_most = to.duration_since(hour) > end.duration_since(to);
        let lasting = (from <= hour && has_most).then_some((hour, to));
        let taken: Vec<Range> = summed.into_iter().chain(lasting).collect();
        Self { summed, lasting, present: end, rests: without((from, to), &taken) }
    }
}

/// The cubes that together make up the whole hours of all cuts, each with its
/// beginning: of the longest stretches that there are. With that of the hour that
/// lasts.
async fn cubes(
    read: &mut TenantRead,
    cuts: &[Cut],
    grain: Grain,
) -> Result<Vec<(Timestamp, crate::domain::kpi::Cube)>, Error> {
    let mut open: Vec<Range> = cuts.iter().filter_map(|cut| cut.summed).collect();
    let mut found = Vec::new();
    for span in [Span::Month, Span::Week, Span::Day, Span::Hour] {
        let mut whole: Vec<Range> = open.iter().filter_map(|range| span.whole(*range)).collect();
        if span == Span::Hour {
            let lasting = cuts.iter().filter_map(|cut| cut.lasting);
            whole.extend(lasting.map(|(from, _)| (from, Span::Hour.next(from))));
        }
        let cubes = store::kpi::cube::within(read, span, &whole, grain).await?;
        let taken: Vec<Range> = cubes.iter().map(|(start, _)| (*start, span.next(*start))).collect();
        open = open.into_iter().flat_map(|range| rest(range, &taken)).collect();
        found.extend(cubes);
    }
    Ok(found)
}

/// What is left of a range without those of `taken` that lie in it.
fn rest(range: Range, taken: &[Range]) -> Vec<Range> {
    let first = taken.partition_point(|(_, to)| *to <= range.0);
    let last = taken.partition_point(|(from, _)| *from < range.1);
    without(range, taken.get(first..last.max(first)).unwrap_or_default())
}
