//! Taking reports of monitoring systems in: each group gets, counts on, brings
//! back or resolves its ticket.

mod read;
mod rest;
pub mod settings;
mod storm;
mod working;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::desk::Desk;
use super::error::Error;
use super::execution::{Outcome as Answered, Retry, UseCase, Work};
use crate::domain::alert::{
    self, Action, Alert, AlertSource, AlertState, Drafted, Group, Incoming, Outcome, Recorded, Report,
    Standing, decide,
};
use crate::domain::id::{AlertId, TicketId};
use crate::domain::reply::Reply;
use crate::store;
use crate::store::alert::fingerprint;
use working::Worked;

/// How long a report waits for others of its source, in this process.
const PATIENCE: Duration = Duration::from_secs(10);
/// Alerts of a group that are attached to its ticket, about.
const ATTACHED: i64 = 500;

/// What a monitoring system posted.
#[derive(Debug, Clone)]
pub struct ReportAlerts {
    /// Which kind of system it is.
    pub source: AlertSource,
    /// The body.
    pub body: Value,
}

/// What became of a group.
#[derive(Debug, Clone)]
pub struct Told {
    /// In a word.
    pub outcome: Outcome,
    /// How many groups of the report it stands for.
    pub groups: usize,
    /// A ticket was made for it: its own, or that of a storm.
    pub created: bool,
    /// Why the report changed nothing, if that has to be said.
    pub ignored: Option<&'static str>,
    /// The group after it.
    pub group: Group,
}

impl Told {
    const fn new(outcome: Outcome, group: Group) -> Self {
        Self { outcome, groups: 1, created: matches!(outcome, Outcome::Created), ignored: None, group }
    }
}

impl Desk {
    /// Takes a report in and answers by `render`. Reports of one source come one
    /// after the other; they wait without a connection.
    pub async fn report_alerts(
        &self,
        caller: &Caller,
        retry: Option<&Retry>,
        report: &ReportAlerts,
        render: impl Fn(&Vec<Told>) -> Result<Reply, Error> + Send + Sync,
    ) -> Result<Answered, Error> {
        let name = format!("alerts {}", report.source);
        let turn = self.registry().turn(caller.tenant.uuid(), &name, PATIENCE).await;
        let _turn = turn.ok_or(Error::Busy("too many alerts are being taken in"))?;
        self.execute(caller, retry, report, render).await
    }
}

impl UseCase for ReportAlerts {
    type Output = Vec<Told>;

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<Told>, Error> {
        let (_, settings) = store::alert::settings::lookup(work.tx.read()).await?;
        let incoming = alert::read(self.source, self.body.clone(), &settings).map_err(Error::Invalid)?;
        store::alert::hold(&mut work.tx, self.source).await?;
        let incoming = rest::split(work, self.source, incoming).await?;
        let mut told = Vec::with_capacity(incoming.len());
        for one in &incoming {
            told.push(match one {
                Incoming::Report(report) => {
                    let drafted = Drafted { source: self.source, report, settings: &settings };
                    let groups = if report.is_rest { report.alerts.len() } else { 1 };
                    Told { groups, ..take(work, drafted).await? }
                }
                Incoming::Record(recorded) => record(work, self.source, recorded).await?,
            });
            // Others get their turn between the groups of a large report.
            tokio::task::yield_now().await;
        }
        rest::leave(work, self.source, &incoming, settings.flap_window_seconds).await?;
        let mut brought: BTreeMap<TicketId, i64> = BTreeMap::new();
        for told in told.iter().filter(|told| told.outcome == Outcome::JoinedStorm) {
            if let Some(ticket) = told.group.ticket {
                *brought.entry(ticket).or_default() += told.group.groups_held;
            }
        }
        storm::tell(work, self.source, &brought).await?;
        Ok(told)
    }
}

/// Takes the word of one of the desk's own monitors in, as part of what it has
/// seen.
pub(super) async fn tell(work: &mut Work<'_>, report: &Report) -> Result<(), Error> {
    let source = AlertSource::Monitor;
    let (_, settings) = store::alert::settings::lookup(work.tx.read()).await?;
    store::alert::hold(&mut work.tx, source).await?;
    let told = take(work, Drafted { source, report, settings: &settings }).await?;
    let ticket = told.group.ticket.filter(|_| told.outcome == Outcome::JoinedStorm);
    let brought = ticket.map(|ticket| (ticket, told.group.groups_held)).into_iter().collect();
    storm::tell(work, source, &brought).await
}

/// By what a group's key is found.
pub(super) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn record_hash(recorded: &Recorded) -> [u8; 32] {
    hash(&format!("recorded {}", recorded.key))
}

/// Keeps what is no alert, once.
async fn record(work: &mut Work<'_>, source: AlertSource, recorded: &Recorded) -> Result<Told, Error> {
    let hash = record_hash(recorded);
    let known = store::alert::lookup_latest(&mut work.tx, source, &hash).await?;
    let group = if let Some(mut group) = known {
        group.last_at = group.last_at.max(work.now);
        group.title.clone_from(&recorded.title);
        group.reason = Some(recorded.reason.clone());
        store::alert::update(&mut work.tx, &group).await?;
        group
    } else {
        let group = Group::record(AlertId::new(work.desk.clock().new_id()), source, recorded, work.now);
        store::alert::insert(&mut work.tx, &group, &hash).await?;
        group
    };
    Ok(Told::new(Outcome::Recorded, group))
}

/// Takes a group's report.
async fn take(work: &mut Work<'_>, drafted: Drafted<'_>) -> Result<Told, Error> {
    let hash = hash(&drafted.report.key);
    match store::alert::lookup_latest(&mut work.tx, drafted.source, &hash).await? {
        Some(group) => again(work, drafted, group, &hash).await,
        None => first(work, drafted, &hash).await,
    }
}

/// The first report of a group, or the first of a new round.
async fn first(work: &mut Work<'_>, drafted: Drafted<'_>, hash: &[u8]) -> Result<Told, Error> {
    let Drafted { source, report, .. } = drafted;
    let mut group = Group::new(AlertId::new(work.desk.clock().new_id()), source, report, work.now);
    let (outcome, created) = match group.state {
        AlertState::Firing => storm::place(work, drafted, &mut group).await?,
        AlertState::Resolved | AlertState::Recorded => {
            group.reason = Some("It was resolved when it was first heard of.".to_owned());
            (Outcome::Noted, false)
        }
    };
    if report.is_rest {
        group.groups_held = i64::try_from(report.alerts.len()).unwrap_or(i64::MAX);
    }
    store::alert::insert(&mut work.tx, &group, hash).await?;
    fingerprint::put(&mut work.tx, group.id, &report.alerts, None, work.now).await?;
    Ok(Told { created, ..Told::new(outcome, group) })
}

/// A further report of a group.
async fn again(
    work: &mut Work<'_>,
    drafted: Drafted<'_>,
    mut group: Group,
    hash: &[u8],
) -> Result<Told, Error> {
    let Drafted { report: whole, settings, .. } = drafted;
    let words = fingerprint::words(&mut work.tx, group.id, &whole.alerts).await?;
    let now = work.now;
    let is_late = |alert: &Alert| words.get(&alert.fingerprint).is_some_and(|word| word.outdates(alert, now));
    let Some(report) = &whole.without_late(is_late) else { return pass_over(work, group).await };
    let drafted = Drafted { report, ..drafted };
    let quiet_since = group.resolved_at;
    let listed = whole.complete.then_some(whole.alerts.as_slice());
    let change = fingerprint::put(&mut work.tx, group.id, &report.alerts, listed, work.now).await?;
    // A sender may say that a group fires and list no alert of it that does.
    let fires = change.fires || (report.state == AlertState::Firing && report.firing() == 0);
    let state = if fires { AlertState::Firing } else { AlertState::Resolved };
    group.take(report, state, work.now);
    if report.is_rest {
        group.groups_held = change.known;
    }
    let worked = match group.ticket {
        Some(ticket) => Some(Worked::find(work, ticket).await?),
        None => None,
    };
    let standing =
        worked.as_ref().map_or(Standing::Without, |worked| Standing::of(&worked.record.state, work.now));
    if let Some(worked) = &worked {
        (group.ticket, group.number) = (Some(worked.record.id), Some(worked.record.number));
    }
    let partly_over = report.state == AlertState::Resolved && state == AlertState::Firing;
    let action = decide(state, standing, quiet_since, settings.flap_window_seconds, work.now);
    let mut created = false;
    let outcome = match (action, worked) {
        _ if partly_over => Outcome::Noted,
        (Action::Repeat, Some(worked)) if !group.in_storm => {
            let severity = settings.severity(&report.severities);
            worked.repeat(work, &joined(report, &change), severity).await?;
            Outcome::Repeated
        }
        (Action::Repeat, Some(_)) => Outcome::Repeated,
        (Action::Reopen, Some(worked)) if worked.reopen(work).await? => Outcome::Reopened,
        (Action::Open | Action::Reopen, Some(_)) => return anew(work, drafted, &group, hash).await,
        (Action::Open, None) => {
            let outcome;
            (outcome, created) = storm::place(work, drafted, &mut group).await?;
            outcome
        }
        (Action::Resolve, Some(worked)) => {
            // The others are asked about what is written.
            store::alert::update(&mut work.tx, &group).await?;
            if worked.resolve(work, &group).await? { Outcome::Resolved } else { Outcome::Noted }
        }
        (Action::Note | Action::Resolve | Action::Repeat | Action::Reopen, _) => Outcome::Noted,
    };
    store::alert::update(&mut work.tx, &group).await?;
    Ok(Told { created, ..Told::new(outcome, group) })
}

/// All that was said is older than what is known.
async fn pass_over(work: &mut Work<'_>, mut group: Group) -> Result<Told, Error> {
    group.last_at = group.last_at.max(work.now);
    store::alert::update(&mut work.tx, &group).await?;
    let ignored = Some("It is older than the last word on the alert, and changed nothing.");
    Ok(Told { ignored, ..Told::new(Outcome::Noted, group) })
}

/// The group fires with another ticket: what it was is over.
async fn anew(
    work: &mut Work<'_>,
    drafted: Drafted<'_>,
    earlier: &Group,
    hash: &[u8],
) -> Result<Told, Error> {
    fingerprint::put(&mut work.tx, earlier.id, &[], Some(&[]), work.now).await?;
    first(work, drafted, hash).await
}

/// The alerts that are new to their group, while not too many are attached.
fn joined<'r>(report: &'r Report, change: &fingerprint::Change) -> Vec<&'r Alert> {
    if change.known > ATTACHED {
        return Vec::new();
    }
    report.alerts.iter().filter(|alert| change.joined.contains(&alert.fingerprint)).collect()
}
