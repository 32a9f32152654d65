//! How long an answer stays as it is.

use jiff::{SignedDuration, Timestamp};

use super::version::{Version, services_until, version};
use crate::domain::kpi::{Name, Question, Range, STEPS};
use crate::domain::ticket::life::REOPEN_WINDOW;
use crate::domain::uptime::{Every, boundary};
use crate::flow::error::Error;
use crate::flow::uptime::Uptime;
use crate::store::{self, TenantRead};

/// An answer that hangs on the present instant is looked at again after so long
/// at the latest.
const LASTS: SignedDuration = SignedDuration::from_hours(24);
/// The database keeps microseconds.
const GRAIN: SignedDuration = SignedDuration::from_micros(1);

/// Which facts an answer rests on, and how long nothing but new ones can
/// change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Names those facts.
    pub version: Version,
    /// From this instant on time alone may have changed it.
    pub until: Timestamp,
}

/// A window in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// How long they are.
    pub every: Every,
    /// They follow on each other.
    pub ranges: Vec<Range>,
}

fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The state that a question is answered from, in parts if there are any, and
/// until when only facts can change the answer: entries that lie ahead come
/// into the window, or leave one whose beginning moves along; tickets can't
/// come back any more; services are there for longer; a part begins or ends;
/// what waits grows older.
pub(super) async fn state(
    read: &mut TenantRead,
    question: &Question,
    parts: Option<&Parts>,
    known: Option<&Uptime>,
) -> Result<State, Error> {
    let version = version(read, services_until(question)).await?;
    let (now, window) = (question.now, &question.window);
    let mut until = if question.open { after(now, LASTS) } else { Timestamp::MAX };
    let ahead = after(now, GRAIN);
    let last = if question.open { until } else { window.to };
    if ahead < last {
        let next = store::kpi::entry::first(read, (ahead, last)).await?;
        until = until.min(next.unwrap_or(until));
    }
    if question.slides {
        let reach = after(window.from, until.duration_since(now));
        if let Some(leaves) = store::kpi::entry::first(read, (window.from, reach)).await? {
            until = until.min(after(now, leaves.duration_since(window.from) + GRAIN));
        }
    }
    let known = known.and_then(|known| moves(known, question, parts.is_some()));
    let changes = [known, settles(question, parts), parts.and_then(|parts| cuts(question, parts.every))];
    until = changes.into_iter().flatten().fold(until, Timestamp::min);
    if question.names.contains(&Name::Backlog) {
        until = until.min(ages(read, now, until).await?);
    }
    Ok(State { version, until })
}

/// The same of an answer about services alone, which nothing about tickets
/// changes.
pub(in crate::flow) async fn of_services(
    read: &mut TenantRead,
    question: &Question,
    parts: Option<&Parts>,
    known: &Uptime,
) -> Result<State, Error> {
    let version = version(read, services_until(question)).await?.without_tickets();
    let until = if question.open { after(question.now, LASTS) } else { Timestamp::MAX };
    let moves = moves(known, question, parts.is_some());
    let changes = [moves, parts.and_then(|parts| cuts(question, parts.every))];
    Ok(State { version, until: changes.into_iter().flatten().fold(until, Timestamp::min) })
}

/// When the answer becomes final, or a part of it does.
fn settles(question: &Question, parts: Option<&Parts>) -> Option<Timestamp> {
    if !question.names.contains(&Name::FirstLevelResolutionRate) {
        return None;
    }
    let whole = (!question.open).then_some(question.window.to);
    let ends = parts.into_iter().flat_map(|parts| parts.ranges.iter().map(|(_, to)| *to));
    let settled = whole.into_iter().chain(ends).map(|end| after(end, REOPEN_WINDOW));
    settled.filter(|settled| *settled > question.now).min()
}

/// When uptime changes while nothing is learnt. A window that grows is observed
/// to a smaller share; one that moves along loses what was known of its
/// beginning; an outage that somebody reported goes on.
fn moves(known: &Uptime, question: &Question, in_parts: bool) -> Option<Timestamp> {
    let (now, window) = (question.now, &question.window);
    if known.whole.services.is_empty() || !question.open && window.to <= now {
        return None;
    }
    let next = after(now, GRAIN);
    if !question.slides || in_parts || known.goes_on {
        return Some(next);
    }
    known.begins_at.map(|begins| after(now, begins.duration_since(window.from)).max(next))
}

/// When a window that is open is cut into other parts.
fn cuts(question: &Question, every: Every) -> Option<Timestamp> {
    let (now, window) = (question.now, &question.window);
    let zone = window.zone.name();
    let comes = question.open.then(|| boundary(now, zone, every)).flatten();
    let first = question.slides.then(|| boundary(window.from, zone, every)).flatten();
    let goes = first.map(|first| after(now, first.duration_since(window.from)));
    comes.into_iter().chain(goes).min()
}

/// When something that waits is old enough to count as older; `until` if that
/// comes later.
async fn ages(read: &mut TenantRead, now: Timestamp, mut until: Timestamp) -> Result<Timestamp, Error> {
    for step in STEPS {
        let age = SignedDuration::from_hours(step);
        let from = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let reach = until.checked_sub(age).unwrap_or(Timestamp::MIN);
        if let Some(older) = store::kpi::entry::first(read, (from, reach)).await? {
            until = until.min(after(older.max(after(from, GRAIN)), age));
        }
    }
    Ok(until)
}
