//! How well the desk does.

pub mod drill;
pub(super) mod fold;
pub(super) mod keep;
pub(super) mod making;
pub mod rebuild;
pub mod scores;
pub(super) mod state;
mod sums;
pub mod version;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::state::{Parts, State};

use self::state::state;
use self::sums::Sums;
use super::desk::Desk;
use super::error::Error;
use super::uptime::{Stretch, Uptime as Known, uptime};
use crate::domain::id::TenantId;
use crate::domain::kpi::{
    Answer, Attainment, Board, Cube, Filter, Name, Part, Question, Range, Source, Targets, Uptime, Waiting,
    Window, decided,
};
use crate::domain::sla::Metric;
use crate::domain::uptime::Span;
use crate::store;
use crate::store::TenantRead;

/// Answers, and how far they reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpis {
    /// One for each number that was asked for, in that order.
    pub answers: Vec<Answer>,
    /// The same for each group that holds anything, in order.
    pub groups: Vec<(Part, Vec<Answer>)>,
    /// The same for each part of the window, in order, but for what waits, which
    /// is of now.
    pub series: Vec<Answer>,
    /// How far they reach.
    pub state: State,
}

/// Answers over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// One for each number and part of the window, part by part.
    pub answers: Vec<Answer>,
    /// The same for each group that holds anything, in order.
    pub groups: Vec<(Part, Vec<Answer>)>,
    /// How far they reach.
    pub state: State,
}

impl Desk {
    /// What numbers are compared with.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.means().targets
    }

    /// Answers a question, for parts of its window too, from one state of the
    /// database.
    pub async fn kpis(
        &self,
        tenant: TenantId,
        question: &Question,
        parts: Option<&Parts>,
    ) -> Result<Kpis, Error> {
        self.expect_answer(tenant, question)?;
        let mut read = self.store().begin_read(tenant).await?;
        let known = known(&mut read, question, parts).await?;
        let state = state(&mut read, question, parts, known.as_ref()).await?;
        let (answers, groups) = self.answered(&mut read, question, known.as_ref()).await?;
        let series = match parts {
            Some(parts) => self.moving(&mut read, question, parts, known.as_ref()).await?,
            None => Vec::new(),
        };
        read.finish().await?;
        Ok(Kpis { answers, groups, series, state })
    }

    /// Answers a question without parts within a reading that goes on.
    pub(super) async fn kpis_of(&self, read: &mut TenantRead, question: &Question) -> Result<Kpis, Error> {
        let known = known(read, question, None).await?;
        let state = state(read, question, None, known.as_ref()).await?;
        let (answers, groups) = self.answered(read, question, known.as_ref()).await?;
        Ok(Kpis { answers, groups, series: Vec::new(), state })
    }

    async fn answered(
        &self,
        read: &mut TenantRead,
        question: &Question,
        known: Option<&Known>,
    ) -> Result<(Vec<Answer>, Vec<(Part, Vec<Answer>)>), Error> {
        let window = (question.window.from, question.window.to);
        let empty = Board::new(&question.filter, &question.group_by);
        let (board, waiting) = if question.is_of_tickets() {
            let sums = Sums::begin(read, question.now).await?;
            let board = sums.boards(read, &[window], &empty).await?.into_iter().next();
            let board = board.ok_or_else(|| Error::Defect("a window was not summed up".to_owned()))?;
            let waiting = if question.names.contains(&Name::Backlog) {
                sums.waiting(read, &question.filter, &question.group_by).await?
            } else {
                Vec::new()
            };
            (board, waiting)
        } else {
            (empty, Vec::new())
        };
        let uptime = known.map(|known| times(&known.whole));
        let answers = self.answers(question, window, &board.total(), &waiting, uptime.as_ref());
        let mut groups = Vec::new();
        if !question.group_by.is_empty() {
            let mut parts: BTreeMap<Part, Cube> = board.groups().into_iter().collect();
            for one in &waiting {
                parts.entry(one.part.clone()).or_default();
            }
            let question = &of_tickets(question);
            groups.extend(parts.into_iter().map(|(part, cube)| {
                let of_part = |one: &&Waiting| one.part == part;
                let waiting: Vec<Waiting> = waiting.iter().filter(of_part).cloned().collect();
                let answers = self.answers(question, window, &cube, &waiting, None);
                (part, answers)
            }));
        }
        Ok((answers, groups))
    }

    /// Answers a question for each of the parts of its window.
    pub async fn kpi_series(
        &self,
        tenant: TenantId,
        question: &Question,
        parts: &Parts,
    ) -> Result<Series, Error> {
        self.expect_answer(tenant, question)?;
        let mut read = self.store().begin_read(tenant).await?;
        let known = known(&mut read, question, Some(parts)).await?;
        let state = state(&mut read, question, Some(parts), known.as_ref()).await?;
        let (answers, groups) = self.over_time(&mut read, question, parts, known.as_ref()).await?;
        read.finish().await?;
        Ok(Series { answers, groups, state })
    }

    /// The same without groups within a reading that goes on.
    pub(super) async fn kpi_series_of(
        &self,
        read: &mut TenantRead,
        question: &Question,
        parts: &Parts,
    ) -> Result<Vec<Answer>, Error> {
        let known = known(read, question, Some(parts)).await?;
        self.moving(read, question, parts, known.as_ref()).await
    }

    /// What of a question can be answered for parts of its window, for all
    /// tickets together.
    async fn moving(
        &self,
        read: &mut TenantRead,
        question: &Question,
        parts: &Parts,
        known: Option<&Known>,
    ) -> Result<Vec<Answer>, Error> {
        let names = question.names.iter().copied().filter(|name| *name != Name::Backlog).collect();
        let question = Question { names, group_by: Vec::new(), ..question.clone() };
        Ok(self.over_time(read, &question, parts, known).await?.0)
    }

    async fn over_time(
        &self,
        read: &mut TenantRead,
        question: &Question,
        parts: &Parts,
        known: Option<&Known>,
    ) -> Result<(Vec<Answer>, Vec<(Part, Vec<Answer>)>), Error> {
        let empty = Board::new(&question.filter, &question.group_by);
        let boards = if question.is_of_tickets() {
            Sums::begin(read, question.now).await?.boards(read, &parts.ranges, &empty).await?
        } else {
            vec![empty; parts.ranges.len()]
        };
        let mut answers = Vec::new();
        let mut cubes: BTreeMap<Part, BTreeMap<usize, Cube>> = BTreeMap::new();
        let grouped = !question.group_by.is_empty() && question.is_of_tickets();
        for (place, (board, range)) in boards.into_iter().zip(&parts.ranges).enumerate() {
            let uptime = known.and_then(|known| known.parts.get(place)).map(times);
            answers.extend(self.answers(question, *range, &board.total(), &[], uptime.as_ref()));
            if grouped {
                for (part, cube) in board.groups() {
                    cubes.entry(part).or_default().insert(place, cube);
                }
            }
        }
        let (question, nothing) = (&of_tickets(question), Cube::default());
        let of_group = |(part, cubes): (Part, BTreeMap<usize, Cube>)| {
            let of_range = |(place, range): (usize, &Range)| {
                self.answers(question, *range, cubes.get(&place).unwrap_or(&nothing), &[], None)
            };
            let answers = parts.ranges.iter().enumerate().flat_map(of_range).collect();
            (part, answers)
        };
        Ok((answers, cubes.into_iter().map(of_group).collect()))
    }

    fn answers(
        &self,
        question: &Question,
        (from, to): Range,
        cube: &Cube,
        waiting: &[Waiting],
        uptime: Option<&Uptime>,
    ) -> Vec<Answer> {
        let window = Window { from, to, zone: question.window.zone.clone() };
        let source = Source {
            cube,
            waiting,
            uptime,
            measure: question.measure,
            provisional: window.is_provisional(question.now),
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
        self.expect_kpis(tenant)?;
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

/// What can be answered for a group of tickets.
fn of_tickets(question: &Question) -> Question {
    let names = question.names.iter().copied().filter(|name| name.is_of_tickets()).collect();
    Question { names, ..question.clone() }
}

/// How long services were there in a window and in its parts; nothing where
/// that is not asked.
async fn known(
    read: &mut TenantRead,
    question: &Question,
    parts: Option<&Parts>,
) -> Result<Option<Known>, Error> {
    if !question.names.contains(&Name::Uptime) {
        return Ok(None);
    }
    let ranges = parts.map(|parts| &parts.ranges[..]).unwrap_or_default();
    let parts: Vec<Span> = ranges.iter().map(|(from, to)| Span::new(*from, *to)).collect();
    let window = Span::new(question.window.from, question.window.to);
    Ok(Some(uptime(read, window, &parts, None, question.now).await?))
}

fn times(stretch: &Stretch) -> Uptime {
    Uptime { overall: stretch.overall, services: stretch.services.clone() }
}
