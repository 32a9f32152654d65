//! How well the desk does.

pub mod drill;
pub(super) mod fold;
pub(super) mod keep;
pub mod rebuild;
pub mod scores;
mod sums;
pub(super) mod version;

use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::error::Error;
use super::uptime::uptime;
use crate::domain::id::TenantId;
use crate::domain::kpi::{
    Answer, Attainment, Board, Cube, Filter, Name, Part, Question, Range, STEPS, Source, Targets, Uptime,
    Waiting, decided,
};
use crate::domain::sla::Metric;
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::uptime::Span;
use crate::store;
use crate::store::TenantRead;
use sums::Sums;

/// An answer that hangs on the present instant is looked at again after so long
/// at the latest.
const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Answers, and how far they reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpis {
    /// One for each number that was asked for, in that order.
    pub answers: Vec<Answer>,
    /// The same for each group that holds anything, in order.
    pub groups: Vec<(Part, Vec<Answer>)>,
    /// How far they reach.
    pub state: State,
}

/// Which facts an answer rests on, and how long nothing but new ones can
/// change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Names the state of the tenant's numbers.
    pub version: i64,
    /// The instant of the tenant's last event.
    pub as_of: Option<Timestamp>,
    /// From this instant on time alone may have changed it.
    pub until: Timestamp,
}

impl Desk {
    /// What numbers are compared with.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.means().targets
    }

    /// Answers a question from one state of the database.
    pub async fn kpis(&self, tenant: TenantId, question: &Question) -> Result<Kpis, Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let kpis = self.kpis_of(&mut read, question).await?;
        read.finish().await?;
        Ok(kpis)
    }

    /// The same within a reading that goes on.
    pub(super) async fn kpis_of(&self, read: &mut TenantRead, question: &Question) -> Result<Kpis, Error> {
        let state = state(read, question).await?;
        let (answers, groups) = self.answered(read, question).await?;
        Ok(Kpis { answers, groups, state })
    }

    async fn answered(
        &self,
        read: &mut TenantRead,
        question: &Question,
    ) -> Result<(Vec<Answer>, Vec<(Part, Vec<Answer>)>), Error> {
        let window = (question.window.from, question.window.to);
        let sums = Sums::begin(read, question.now).await?;
        let empty = Board::new(&question.filter, &question.group_by);
        let board = sums.boards(read, &[window], &empty).await?.into_iter().next();
        let board = board.ok_or_else(|| Error::Defect("a window was not summed up".to_owned()))?;
        let waiting = if question.names.contains(&Name::Backlog) {
            sums.waiting(read, &question.filter, &question.group_by).await?
        } else {
            Vec::new()
        };
        let uptime = times(read, &[window], question).await?;
        let answers = self.answers(question, &board.total(), &waiting, uptime.first());
        let mut groups = Vec::new();
        if !question.group_by.is_empty() {
            let mut parts: std::collections::BTreeMap<Part, Cube> = board.groups().into_iter().collect();
            for one in &waiting {
                parts.entry(one.part.clone()).or_default();
            }
            let names = question.names.iter().copied().filter(|name| name.is_of_tickets()).collect();
            let question = &Question { names, ..question.clone() };
            groups.extend(parts.into_iter().map(|(part, cube)| {
                let of_part = |one: &&Waiting| one.part == part;
                let waiting: Vec<Waiting> = waiting.iter().filter(of_part).cloned().collect();
                let answers = self.answers(question, &cube, &waiting, None);
                (part, answers)
            }));
        }
        Ok((answers, groups))
    }

    /// Answers a question about one number for each of several windows, which
    /// follow on each other.
    pub async fn kpi_series(
        &self,
        tenant: TenantId,
        question: &Question,
        windows: &[Range],
    ) -> Result<(Vec<Answer>, State), Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let state = state(&mut read, question).await?;
        let answers = self.kpi_series_of(&mut read, question, windows).await?;
        read.finish().await?;
        Ok((answers, state))
    }

    /// The same within a reading that goes on.
    pub(super) async fn kpi_series_of(
        &self,
        read: &mut TenantRead,
        question: &Question,
        windows: &[Range],
    ) -> Result<Vec<Answer>, Error> {
        let empty = Board::new(&question.filter, &question.group_by);
        let boards = Sums::begin(read, question.now).await?.boards(read, windows, &empty).await?;
        let uptime = times(read, windows, question).await?;
        let mut answers = Vec::new();
        for (place, board) in boards.iter().enumerate() {
            answers.extend(self.answers(question, &board.total(), &[], uptime.get(place)));
        }
        Ok(answers)
    }

    fn answers(
        &self,
        question: &Question,
        cube: &Cube,
        waiting: &[Waiting],
        uptime: Option<&Uptime>,
    ) -> Vec<Answer> {
        let source = Source {
            cube,
            waiting,
            uptime,
            measure: question.measure,
            provisional: question.window.is_provisional(question.now),
            targets: self.targets(),
        };
        question.names.iter().map(|name| source.answer(*name)).collect()
    }

    /// How many promises were kept in a window, and the instant of the tenant's
    /// last event.
    pub async fn attainment(
        &self,
        tenant: TenantId,
        window: Range,
        metric: &[Metric],
        filter: &Filter,
        now: Timestamp,
    ) -> Result<(Attainment, Option<Timestamp>), Error> {
        let mut read = self.store().begin_read(tenant).await?;
        let (_, as_of) = store::kpi::delta::version(&mut read).await?;
        let sums = Sums::begin(&mut read, now).await?;
        let boards = sums.boards(&mut read, &[window], &Board::new(filter, &[])).await?;
        read.finish().await?;
        let total = boards.first().map(Board::total).unwrap_or_default();
        let mut decided = decided(&total);
        decided.retain(|one| metric.is_empty() || metric.contains(&one.metric));
        Ok((Attainment::of(&decided), as_of))
    }
}

/// How long services were there in each of several windows, which follow on
/// each other; nothing where that is not asked.
async fn times(read: &mut TenantRead, windows: &[Range], question: &Question) -> Result<Vec<Uptime>, Error> {
    let (Some((from, _)), Some((_, to))) = (windows.first(), windows.last()) else { return Ok(Vec::new()) };
    if !question.names.contains(&Name::Uptime) {
        return Ok(Vec::new());
    }
    let parts: Vec<Span> = windows.iter().map(|(from, to)| Span::new(*from, *to)).collect();
    let known = uptime(read, Span::new(*from, *to), &parts, None, question.now).await?;
    let parts = known.parts.into_iter();
    Ok(parts.map(|part| Uptime { overall: part.overall, services: part.services }).collect())
}

/// The state that a question is answered from, and until when only facts can
/// change the answer: entries that lie ahead come into the window, or leave one
/// whose beginning moves along; tickets can't come back any more; what waits
/// grows older.
async fn state(read: &mut TenantRead, question: &Question) -> Result<State, Error> {
    let (version, as_of) = store::kpi::delta::version(read).await?;
    let (now, window) = (question.now, &question.window);
    let ahead = now.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
    let mut until = now.checked_add(LASTS).unwrap_or(Timestamp::MAX);
    let last = if question.open { until } else { window.to };
    if ahead < last {
        let next = store::kpi::entry::first(read, (ahead, last)).await?;
        until = until.min(next.unwrap_or(until));
    }
    if question.slides {
        let gone_by = until.duration_since(now);
        let reach = window.from.checked_add(gone_by).unwrap_or(Timestamp::MAX);
        if let Some(leaves) = store::kpi::entry::first(read, (window.from, reach)).await? {
            let left = leaves.duration_since(window.from) + SignedDuration::from_micros(1);
            until = until.min(now.checked_add(left).unwrap_or(Timestamp::MAX));
        }
    } else if !question.open && window.is_provisional(now) {
        until = until.min(window.to.checked_add(REOPEN_WINDOW).unwrap_or(Timestamp::MAX));
    }
    if question.names.contains(&Name::Uptime) && store::kpi::delta::watched(read).await? {
        until = now;
    }
    if question.names.contains(&Name::Backlog) {
        for step in STEPS {
            let age = SignedDuration::from_hours(step);
            let from = now.checked_sub(age).unwrap_or(Timestamp::MIN);
            let reach = until.checked_sub(age).unwrap_or(Timestamp::MIN);
            if let Some(older) = store::kpi::entry::first(read, (from, reach)).await? {
                let at = older.max(from.checked_add(SignedDuration::from_micros(1)).unwrap_or(from));
                until = until.min(at.checked_add(age).unwrap_or(Timestamp::MAX));
            }
        }
    }
    Ok(State { version, as_of, until })
}
