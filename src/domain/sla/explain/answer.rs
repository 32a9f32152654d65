//! What the replay of a made-up case shows.

use jiff::Timestamp;
use serde::Serialize;

use super::case::Case;
use crate::domain::sla::clock::{Clock, Clocks, Segment, SegmentKind};
use crate::domain::sla::history::Happening;
use crate::domain::sla::replay::Replay;
use crate::domain::sla::rules::Metric;

const MOST_SEGMENTS: usize = 20_000;

/// The clocks of a made-up case. Minutes are business minutes, rounded to four
/// decimals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The instant it is told for.
    pub evaluated_at: Timestamp,
    /// The deadlines after the creation and after each event, in time order.
    pub after: Vec<Step>,
    /// When a person first answered.
    pub first_response_at: Option<Timestamp>,
    /// How long that took.
    pub first_response_business_minutes: Option<f64>,
    /// How long it has been taking; null once answered.
    pub first_response_elapsed_minutes: Option<f64>,
    /// Null without a target.
    pub first_response_breached: Option<bool>,
    /// How long each later message waited that has been answered.
    pub next_response_minutes: Vec<f64>,
    /// When it was solved, unless reopened since; null without a target.
    pub solved_at: Option<Timestamp>,
    /// Used by the newest resolution clock; null without a target.
    pub resolution_elapsed_minutes: Option<f64>,
    /// Whether any resolution clock was late; null without a target.
    pub resolution_breached: Option<bool>,
    /// What each clock did when; at most 20,000 segments.
    pub segments: Vec<ToldSegment>,
    /// Whether there would have been more segments.
    pub segments_truncated: bool,
}

/// The deadlines after one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// 0 is the creation.
    pub event: usize,
    /// When it happened.
    pub at: Timestamp,
    /// The state from then on, in the words of the question.
    pub status: String,
    /// Null: answered, stopped, paused (unless already past), or no target.
    pub first_response_due_at: Option<Timestamp>,
    /// The same.
    pub next_response_due_at: Option<Timestamp>,
    /// The same.
    pub resolution_due_at: Option<Timestamp>,
}

/// A segment of one of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ToldSegment {
    /// Whose.
    pub metric: Metric,
    /// Which of its cycles.
    pub cycle: u32,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, not included.
    pub to: Timestamp,
    /// What the clock did.
    pub kind: SegmentKind,
    /// Business seconds it added.
    pub business_seconds: i64,
}

pub(super) fn tell(case: &Case) -> Answer {
    let mut replay = Replay::new(&case.policy, &case.opening);
    let mut status = case.status.as_str();
    let mut rank = case.opening.priority;
    let mut after = vec![step(&replay, 0, case.opening.at, status)];
    for (index, event) in case.happened.iter().enumerate() {
        if let Some(what) = event.what {
            replay.apply(event.at, what);
        }
        if let Some(Happening::Priority(to)) = event.what {
            rank = to;
        }
        status = event.status.as_deref().unwrap_or(status);
        after.push(step(&replay, index + 1, event.at, status));
    }
    let clocks = replay.clocks(case.evaluated_at);
    let promised = case.policy.target(Metric::FirstResponse, rank).is_some();
    answer(case.evaluated_at, after, &clocks, promised)
}

fn step(replay: &Replay<'_>, event: usize, at: Timestamp, status: &str) -> Step {
    Step {
        event,
        at,
        status: status.to_owned(),
        first_response_due_at: replay.deadline(Metric::FirstResponse, at),
        next_response_due_at: replay.deadline(Metric::NextResponse, at),
        resolution_due_at: replay.deadline(Metric::Resolution, at),
    }
}

fn answer(evaluated_at: Timestamp, after: Vec<Step>, clocks: &Clocks, promised: bool) -> Answer {
    let first = clocks.first_response.as_ref();
    let answered = first.filter(|clock| clock.stopped_at.is_some());
    let next = clocks.next_response.iter().filter(|clock| clock.stopped_at.is_some());
    let mut segments: Vec<_> = clocks.iter().flat_map(told).take(MOST_SEGMENTS + 1).collect();
    let segments_truncated = segments.len() > MOST_SEGMENTS;
    segments.truncate(MOST_SEGMENTS);
    let resolution = clocks.resolution.last().filter(|clock| clock.target_seconds.is_some());
    Answer {
        evaluated_at,
        after,
        first_response_at: answered.and_then(|clock| clock.stopped_at),
        first_response_business_minutes: answered.map(minutes),
        first_response_elapsed_minutes: match answered {
            Some(_) => None,
            None => Some(first.map_or(0.0, minutes)),
        },
        first_response_breached: match first {
            Some(clock) => breached(std::slice::from_ref(clock)),
            None => promised.then_some(false),
        },
        next_response_minutes: next.map(minutes).collect(),
        solved_at: resolution.and_then(|clock| clock.stopped_at),
        resolution_elapsed_minutes: resolution.map(minutes),
        resolution_breached: breached(&clocks.resolution),
        segments,
        segments_truncated,
    }
}

/// A recorded breach stays, even where there is no target any more.
fn breached(cycles: &[Clock]) -> Option<bool> {
    let late = cycles.iter().any(|clock| clock.breached_at.is_some());
    let promised = cycles.last().is_some_and(|clock| clock.target_seconds.is_some());
    (late || promised).then_some(late)
}

fn minutes(clock: &Clock) -> f64 {
    (clock.business.as_secs_f64() / 60.0 * 10_000.0).round() / 10_000.0
}

fn told(clock: &Clock) -> impl Iterator<Item = ToldSegment> {
    let (metric, cycle) = (clock.metric, clock.cycle);
    clock.segments().into_iter().map(move |Segment { from, to, kind, business_seconds }| ToldSegment {
        metric,
        cycle,
        from,
        to,
        kind,
        business_seconds,
    })
}
