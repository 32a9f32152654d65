//! Monitors as people settle them, and the heartbeats that services send.

use super::learn::learn;
use super::{audit, locked, timer};
use crate::domain::id::MonitorId;
use crate::domain::monitor::{Definition, Health, Monitor, MonitorPatch, MonitorState, NewMonitor};
use crate::domain::timer::TimerKind;
use crate::flow::error::Error;
use crate::flow::execution::{UseCase, Work};
use crate::store;

/// Monitors that a tenant may have.
const MOST: i64 = 500;

/// Makes a monitor.
#[derive(Debug, Clone)]
pub struct CreateMonitor(pub NewMonitor);

impl UseCase for CreateMonitor {
    type Output = Monitor;

    async fn run(&self, work: &mut Work<'_>) -> Result<Monitor, Error> {
        let Self(new) = self;
        check_url(work, &new.definition)?;
        if store::monitor::count(work.tx.read()).await? >= MOST {
            return Err(Error::Conflict(format!("a tenant has {MOST} monitors at most")));
        }
        let mut monitor = Monitor {
            id: MonitorId::new(work.desk.clock().new_id()),
            name: new.name.clone(),
            service: new.service.clone(),
            severity: new.severity,
            definition: new.definition.clone(),
            enabled: new.enabled,
            watched_since: work.now,
            health: Health::default(),
            outage: None,
            alarmed: false,
            due_at: None,
            created_at: work.now,
            updated_at: work.now,
            deleted: false,
        };
        monitor.due_at = new.enabled.then(|| monitor.first_look(work.now));
        store::monitor::insert(&mut work.tx, &monitor).await?;
        store::uptime::change(&mut work.tx, work.now).await?;
        set_timer(work, &monitor).await?;
        audit(work, "monitor.create", monitor.id).await?;
        Ok(monitor)
    }
}

fn check_url(work: &Work<'_>, definition: &Definition) -> Result<(), Error> {
    let Definition::Http(check) = definition else { return Ok(()) };
    let client = &work.desk.means().monitors.client;
    client.check(&check.url).map_err(|refused| Error::invalid("/url", "not_allowed", refused.to_string()))
}

async fn set_timer(work: &mut Work<'_>, monitor: &Monitor) -> Result<(), Error> {
    match monitor.due_at {
        Some(due_at) => store::timer::put(&mut work.tx, &[timer(monitor.id, due_at)]).await?,
        None => store::timer::clear(&mut work.tx, TimerKind::Monitor, &[monitor.id.uuid()]).await?,
    }
    Ok(())
}

/// Changes a monitor.
#[derive(Debug, Clone)]
pub struct EditMonitor {
    /// Which one.
    pub monitor: MonitorId,
    /// What is to change.
    pub patch: MonitorPatch,
}

impl UseCase for EditMonitor {
    type Output = Monitor;

    async fn run(&self, work: &mut Work<'_>) -> Result<Monitor, Error> {
        let mut monitor = locked(work, self.monitor).await?;
        let before = monitor.clone();
        self.patch.apply(&mut monitor).map_err(Error::Invalid)?;
        monitor.enabled = self.patch.enabled.unwrap_or(monitor.enabled);
        check_url(work, &monitor.definition)?;
        if monitor == before {
            return Ok(monitor);
        }
        monitor.updated_at = work.now;
        if before.enabled && !monitor.enabled {
            look_away(work, &mut monitor).await?;
        }
        let begins = monitor.enabled && !before.enabled;
        if begins || monitor.definition != before.definition {
            monitor.watched_since = work.now;
            monitor.due_at = monitor.enabled.then(|| monitor.first_look(work.now));
            set_timer(work, &monitor).await?;
        }
        store::monitor::update(&mut work.tx, &monitor, None).await?;
        audit(work, "monitor.update", monitor.id).await?;
        Ok(monitor)
    }
}

/// Nobody looks any more: nothing is known from now on, and an outage lasted
/// until the last look, as far as anybody knows.
async fn look_away(work: &mut Work<'_>, monitor: &mut Monitor) -> Result<(), Error> {
    if let Some(open) = monitor.outage.take()
        && let Some(mut outage) = store::outage::lock(&mut work.tx, open).await?
    {
        outage.to = Some(monitor.health.checked_at.unwrap_or(outage.from).max(outage.from));
        outage.updated_at = work.now;
        store::outage::update(&mut work.tx, &outage).await?;
    }
    let beat_at = monitor.health.beat_at;
    monitor.health = Health { state: MonitorState::Unknown, beat_at, ..Health::default() };
    monitor.due_at = None;
    set_timer(work, monitor).await?;
    // How far it has looked is forgotten, so that tells no state from the next any more.
    Ok(store::uptime::change(&mut work.tx, work.now).await?)
}

/// Deletes a monitor; what it observed stays.
#[derive(Debug, Clone, Copy)]
pub struct DeleteMonitor(pub MonitorId);

impl UseCase for DeleteMonitor {
    type Output = Monitor;

    async fn run(&self, work: &mut Work<'_>) -> Result<Monitor, Error> {
        let monitor = locked(work, self.0).await?;
        let mut gone = monitor.clone();
        look_away(work, &mut gone).await?;
        store::monitor::update(&mut work.tx, &gone, Some(work.now)).await?;
        audit(work, "monitor.delete", monitor.id).await?;
        Ok(monitor)
    }
}

/// Takes a heartbeat.
#[derive(Debug, Clone, Copy)]
pub struct Beat(pub MonitorId);

impl UseCase for Beat {
    type Output = Monitor;

    async fn run(&self, work: &mut Work<'_>) -> Result<Monitor, Error> {
        let mut monitor = locked(work, self.0).await?;
        let Definition::Heartbeat(beat) = &monitor.definition else {
            return Err(Error::Conflict("the monitor asks by itself and takes no heartbeats".to_owned()));
        };
        if !monitor.enabled {
            return Err(Error::Conflict("the monitor is disabled".to_owned()));
        }
        let gap = monitor.definition.longest_gap();
        let open = monitor.outage.is_some();
        let step = monitor.health.beaten(beat, gap, monitor.watched_since, open, work.now);
        monitor.due_at = Some(beat.deadline(work.now));
        learn(work, &mut monitor, step).await?;
        set_timer(work, &monitor).await?;
        Ok(monitor)
    }
}
