//! The numbers that follow from entries summed up.

use std::collections::BTreeMap;

use super::answer::{Answer, Automation, Detail, Responses, Satisfaction, Uptime, Value};
use super::attainment::{Attainment, Decided};
use super::backlog::{Backlog, Waiting};
use super::cube::{Cell, CellKey, Cube};
use super::definition::{Exclusion, Measure, Name};
use super::entry::{EntryKind, Marks};
use super::sketch::Sketch;
use super::statistics::{real, share};
use super::target::Targets;

/// What numbers are made from: one group of tickets in one window.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The entries of the window.
    pub cube: &'s Cube,
    /// What waits now.
    pub waiting: &'s [Waiting],
    /// How long services were there; none: that is not asked.
    pub uptime: Option<&'s Uptime>,
    /// Which durations are compared and summarised.
    pub measure: Measure,
    /// Whether tickets of the window may still come back.
    pub provisional: bool,
    /// What they are compared with.
    pub targets: &'s Targets,
}

impl Source<'_> {
    /// One number.
    #[must_use]
    pub fn answer(&self, name: Name) -> Answer {
        Answer { goal: self.targets.goal(name), ..self.number(name) }
    }

    fn number(&self, name: Name) -> Answer {
        match name {
            Name::FirstResponseTime => self.first_response_time(),
            Name::FirstLevelResolutionRate => {
                let n = self.count(EntryKind::Resolved, |_| true);
                let good = n - self.count(EntryKind::Resolved, |marks| marks.has_any(Marks::NOT_FIRST_LEVEL));
                let answer = self.rate(name, good, n, EntryKind::Resolved);
                Answer { provisional: Some(self.provisional), ..answer }
            }
            Name::ResolutionRate => {
                let n = self.count(EntryKind::Created, |_| true);
                let good = self.count(EntryKind::Created, |marks| marks.has(Marks::RESOLVED_NOW));
                self.rate(name, good, n, EntryKind::Created)
            }
            Name::TimeToResolution => self.time_to_resolution(),
            Name::Satisfaction => self.satisfaction(),
            Name::SlaAttainment => self.attainment(),
            Name::Backlog => {
                let (n, backlog) = Backlog::of(self.waiting.iter());
                let answer = Answer::new(name, (n > 0).then_some(Value::Count(n)), n, &BTreeMap::new());
                Answer { detail: Detail::Backlog(backlog), ..answer }
            }
            Name::ReopenRate => self.share_of_resolved(name, Marks::REOPENED),
            Name::EscalationRate => self.share_of_resolved(name, Marks::ESCALATED),
            Name::Automation => self.automation(),
            Name::Uptime => self.times(),
        }
    }

    fn cells(&self, kind: EntryKind) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.cube.cells().filter(move |(key, _)| key.kind == kind)
    }

    fn counted(&self, kind: EntryKind) -> impl Iterator<Item = (&CellKey, &Cell)> {
        self.cells(kind).filter(|(key, _)| key.excluded.is_none())
    }

    fn count(&self, kind: EntryKind, which: impl Fn(Marks) -> bool) -> u64 {
        self.counted(kind).filter(|(key, _)| which(key.marks)).map(|(_, cell)| number(cell.n)).sum()
    }

    fn excluded(&self, kind: EntryKind) -> BTreeMap<Exclusion, u64> {
        let mut excluded = BTreeMap::new();
        for (key, cell) in self.cells(kind) {
            if let Some(reason) = key.excluded {
                *excluded.entry(reason).or_default() += number(cell.n);
            }
        }
        excluded
    }

    fn durations(&self, kind: EntryKind) -> Sketch {
        let mut all = Sketch::default();
        for (_, cell) in self.counted(kind) {
            all.merge(match self.measure {
                Measure::Business => &cell.business,
                Measure::Elapsed => &cell.elapsed,
            });
        }
        all
    }

    fn rate(&self, name: Name, good: u64, n: u64, kind: EntryKind) -> Answer {
        Answer::new(name, share(good, n).map(Value::Fraction), n, &self.excluded(kind))
    }

    fn first_response_time(&self) -> Answer {
        let (in_time, overdue) = match self.measure {
            Measure::Business => (Marks::IN_TIME_BUSINESS, EntryKind::OverdueBusiness),
            Measure::Elapsed => (Marks::IN_TIME_ELAPSED, EntryKind::OverdueElapsed),
        };
        let n = self.count(EntryKind::Answered, |_| true);
        let in_time = self.count(EntryKind::Answered, |marks| marks.has(in_time));
        let open_overdue = self.count(overdue, |_| true);
        let statistics = self.durations(EntryKind::Answered).statistics();
        let mut excluded = self.excluded(EntryKind::Answered);
        for (reason, n) in self.excluded(EntryKind::Unanswered) {
            *excluded.entry(reason).or_default() += n;
        }
        let statistic = self.targets.first_response_statistic;
        let value = statistics.get(statistic).map(Value::Seconds);
        let within_target = share(in_time, n + open_overdue);
        Answer {
            statistics: Some(statistics),
            detail: Detail::Responses(Responses { within_target, in_time, open_overdue, statistic }),
            ..Answer::new(Name::FirstResponseTime, value, n, &excluded)
        }
    }

    fn time_to_resolution(&self) -> Answer {
        let first = self.durations(EntryKind::FirstResolution);
        let last = self.durations(EntryKind::LastResolution).statistics();
        let mut excluded = self.excluded(EntryKind::FirstResolution);
        let resolved = self.count(EntryKind::FirstResolution, |_| true);
        *excluded.entry(Exclusion::WithoutPromise).or_default() += resolved.saturating_sub(first.n());
        let statistics = first.statistics();
        let value = statistics.p50.map(Value::Seconds);
        Answer {
            statistics: Some(statistics),
            detail: Detail::LastResolution(last),
            ..Answer::new(Name::TimeToResolution, value, first.n(), &excluded)
        }
    }

    /// Whatever the reason for which other numbers leave tickets out, all that
    /// were resolved count but merged ones and spam.
    fn share_of_resolved(&self, name: Name, mark: Marks) -> Answer {
        let out = name.exclusions();
        let counts = |key: &CellKey| key.excluded.is_none_or(|reason| !out.contains(&reason));
        let all = || self.cells(EntryKind::Resolved).filter(|(key, _)| counts(key));
        let n = all().map(|(_, cell)| number(cell.n)).sum();
        let marked = all().filter(|(key, _)| key.marks.has(mark)).map(|(_, cell)| number(cell.n)).sum();
        self.rate(name, marked, n, EntryKind::Resolved)
    }

    fn satisfaction(&self) -> Answer {
        let mut distribution = [0_u64; 5];
        for (place, count) in (1_i16..).zip(&mut distribution) {
            *count = self.count(EntryKind::Rated, |marks| marks.0 == place);
        }
        let n: u64 = distribution.iter().sum();
        let total: u64 = (1_u64..).zip(distribution).map(|(score, count)| score * count).sum();
        let squares: u64 = (1_u64..).zip(distribution).map(|(score, count)| score * score * count).sum();
        let mean = share(total, n);
        let sent = self.count(EntryKind::Surveyed, |_| true);
        let answered = self.count(EntryKind::Surveyed, |marks| marks.has(Marks::RATED));
        let detail = Satisfaction {
            distribution,
            positive: share(distribution[3] + distribution[4], n),
            sent,
            response_rate: share(answered, sent),
            interval: mean.filter(|_| n > 1).map(|mean| interval(mean, squares, n)),
        };
        let excluded = self.excluded(EntryKind::Rated);
        Answer {
            detail: Detail::Satisfaction(detail),
            ..Answer::new(Name::Satisfaction, mean.map(Value::Score), n, &excluded)
        }
    }

    fn attainment(&self) -> Answer {
        let attainment = Attainment::of(&decided(self.cube));
        let overall = attainment.overall;
        let left_out = [
            (Exclusion::Merged, overall.merged),
            (Exclusion::Spam, overall.spam),
            (Exclusion::Cancelled, overall.cancelled),
        ];
        let value = overall.value().map(Value::Fraction);
        Answer {
            detail: Detail::Attainment(attainment),
            ..Answer::new(Name::SlaAttainment, value, overall.n(), &left_out.into_iter().collect())
        }
    }

    fn times(&self) -> Answer {
        let none = Answer::new(Name::Uptime, None, 0, &BTreeMap::new());
        let Some(uptime) = self.uptime else { return none };
        let value = uptime.overall.value().map(Value::Fraction);
        Answer { value, n: uptime.overall.services, detail: Detail::Uptime(uptime.clone()), ..none }
    }

    fn automation(&self) -> Answer {
        let n = self.count(EntryKind::Created, |_| true);
        let marked = |mark: Marks| self.count(EntryKind::Created, |marks| marks.has(mark));
        let steps = Marks::STEPS.map(marked);
        let touches: i64 = self.counted(EntryKind::Created).map(|(_, cell)| cell.business.sum()).sum();
        let by_hand = f64::from(self.targets.manual_touches) * real(i128::from(n));
        let detail = Automation {
            triaged: share(steps[0], n),
            routed: share(steps[1], n),
            answered: share(steps[2], n),
            resolved: share(steps[3], n),
            corrected: share(marked(Marks::CORRECTED), n),
            touches: share(number(touches), n),
            capacity: (touches > 0).then(|| by_hand / real(i128::from(touches))),
        };
        let value = share(steps.iter().sum(), n * 4).map(Value::Fraction);
        let excluded = self.excluded(EntryKind::Created);
        Answer { detail: Detail::Automation(detail), ..Answer::new(Name::Automation, value, n, &excluded) }
    }
}

/// The decisions about promises among entries.
#[must_use]
pub fn decided(cube: &Cube) -> Vec<Decided> {
    let decided = cube.cells().filter(|(key, _)| key.kind == EntryKind::Decided);
    decided
        .filter_map(|(key, cell)| {
            let (metric, priority, outcome) = key.marks.decision()?;
            Some(Decided { metric, priority, outcome, n: number(cell.n) })
        })
        .collect()
}

/// What is counted is never less than nothing.
fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// In which the mean of all scores lies with a confidence of 95 %, by the normal
/// distribution, within what scores can be.
fn interval(mean: f64, squares: u64, n: u64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let n = real(i128::from(n));
    let variance = ((real(i128::from(squares)) - n * mean * mean) / (n - 1.0)).max(0.0);
    let half = Z * (variance / n).sqrt();
    ((mean - half).max(1.0), (mean + half).min(5.0))
}
