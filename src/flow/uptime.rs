//! How much of the time services were there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::desk::Desk;
use super::error::Error;
use super::kpi::state::of_services;
use super::kpi::{Parts, State};
use crate::domain::id::TenantId;
use crate::domain::kpi::Question;
use crate::domain::maintenance::Maintenance;
use crate::domain::outage::Wanted;
use crate::domain::uptime::{Figures, Ledger, Record, Span};
use crate::store;
use crate::store::TenantRead;

/// What became of a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Which.
    pub span: Span,
    /// All services together.
    pub overall: Figures,
    /// Each that has a monitor, or of which something is known in the window.
    pub services: BTreeMap<String, Figures>,
}

/// An answer, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// The whole window.
    pub whole: Stretch,
    /// Its parts, in order.
    pub parts: Vec<Stretch>,
    /// The last instant at which something was seen, or said, about the
    /// window.
    pub as_of: Option<Timestamp>,
    /// Where the first stretch begins of what was seen or said to have been an
    /// outage; perhaps before the window.
    pub begins_at: Option<Timestamp>,
    /// An outage that somebody reported has not ended.
    pub goes_on: bool,
}

/// What is known of a window at `now`, of one service if it is named, with its
/// figures: of the whole and of these parts of it.
///
/// # Errors
/// The database's.
pub async fn uptime(
    read: &mut TenantRead,
    window: Span,
    parts: &[Span],
    service: Option<&str>,
    now: Timestamp,
) -> Result<Uptime, Error> {
    let Gathered { ledger, as_of, begins_at, goes_on } = gather(read, window, service, now).await?;
    let stretch = |span: Span| {
        let services = ledger.figures(span, now);
        Stretch { span, overall: ledger.overall(&services), services }
    };
    let parts = parts.iter().copied().map(stretch).collect();
    Ok(Uptime { whole: stretch(window), parts, as_of, begins_at, goes_on })
}

/// What is known of a window.
struct Gathered {
    ledger: Ledger,
    as_of: Option<Timestamp>,
    begins_at: Option<Timestamp>,
    goes_on: bool,
}

async fn gather(
    read: &mut TenantRead,
    window: Span,
    service: Option<&str>,
    now: Timestamp,
) -> Result<Gathered, Error> {
    let seen = store::monitor::observation::observed(read, window, service).await?;
    let wanted =
        Wanted { service: service.map(ToOwned::to_owned), from: Some(window.from), to: Some(window.to) };
    let outages = store::outage::list(read, &wanted, None, i64::MAX).await?;
    let windows = store::maintenance::during(read, window).await?;
    let heard = seen.iter().map(|(_, span)| span.to.min(window.to));
    let said = outages.iter().map(|outage| outage.updated_at);
    let announced = windows.iter().map(|window| window.cancelled_at.unwrap_or(window.created_at));
    let as_of = heard.chain(said).chain(announced).max();
    let begins = seen.iter().map(|(_, span)| span.from);
    let begins_at = begins.chain(outages.iter().map(|outage| outage.from)).min();
    let goes_on = outages.iter().any(|outage| outage.monitor.is_none() && outage.to.is_none());

    let mut spans: BTreeMap<String, [Vec<Span>; 3]> = BTreeMap::new();
    let mut monitored: BTreeSet<String> = seen.iter().map(|(name, _)| name.clone()).collect();
    monitored.extend(store::monitor::observation::watched(read, service).await?);
    for name in &monitored {
        spans.entry(name.clone()).or_default();
    }
    for (name, span) in seen {
        spans.entry(name).or_default()[0].push(span);
    }
    for outage in outages {
        let place = if outage.monitor.is_some() { 1 } else { 2 };
        let span = outage.span(now);
        spans.entry(outage.service).or_default()[place].push(span);
    }
    let record = |(name, [watched, detected, reported]): (String, [Vec<Span>; 3])| {
        let concerned = windows.iter().filter(|window| window.concerns(&name));
        let record = Record {
            monitored: monitored.contains(&name),
            watched: watched.into_iter().collect(),
            detected: detected.into_iter().collect(),
            reported: reported.into_iter().collect(),
            maintenance: concerned.map(Maintenance::counted).collect(),
        };
        (name, record)
    };
    let ledger = Ledger { services: spans.into_iter().map(record).collect() };
    Ok(Gathered { ledger, as_of, begins_at, goes_on })
}

impl Desk {
    /// The uptime of the window of a question, of one service if it is named,
    /// from one state of the database; with how long the answer stays as it is.
    pub async fn uptime(
        &self,
        tenant: TenantId,
        question: &Question,
        parts: Option<&Parts>,
        service: Option<&str>,
    ) -> Result<(Uptime, State), Error> {
        let window = Span::new(question.window.from, question.window.to);
        let ranges = parts.map(|parts| &parts.ranges[..]).unwrap_or_default();
        let spans: Vec<Span> = ranges.iter().map(|(from, to)| Span::new(*from, *to)).collect();
        let mut read = self.store().begin_read(tenant).await?;
        let answer = uptime(&mut read, window, &spans, service, question.now).await?;
        let state = of_services(&mut read, question, parts, &answer).await?;
        read.finish().await?;
        Ok((answer, state))
    }
}
