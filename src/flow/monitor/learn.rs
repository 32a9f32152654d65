//! What a look has brought: the time it observed, the outage it began or
//! ended, and the alert that this is.

use crate::domain::alert::AlertState;
use crate::domain::id::OutageId;
use crate::domain::monitor::{Monitor, MonitorState, Step, Turn, report};
use crate::domain::outage::Outage;
use crate::domain::uptime::Span;
use crate::flow::alert::tell;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;

/// Writes down what a look has brought, and the monitor with it.
pub(super) async fn learn(work: &mut Work<'_>, monitor: &mut Monitor, step: Step) -> Result<(), Error> {
    for sight in &step.sights {
        store::monitor::observation::add(&mut work.tx, monitor.id, *sight).await?;
    }
    let reason = step.health.reason.clone().or_else(|| monitor.health.reason.clone());
    for turn in &step.turns {
        match turn {
            Turn::Opens(from) => {
                let outage = Outage {
                    id: OutageId::new(work.desk.clock().new_id()),
                    service: monitor.service.clone(),
                    monitor: Some(monitor.id),
                    from: *from,
                    to: None,
                    reason: reason.clone().unwrap_or_else(|| "no heartbeat came in time".to_owned()),
                    created_at: work.now,
                    updated_at: work.now,
                };
                store::outage::insert(&mut work.tx, &outage).await?;
                monitor.outage = Some(outage.id);
            }
            Turn::Ends(at) => {
                let Some(open) = monitor.outage.take() else { continue };
                let unknown = || Error::Defect(format!("a monitor has no outage {open}"));
                let mut outage = store::outage::lock(&mut work.tx, open).await?.ok_or_else(unknown)?;
                outage.to = Some((*at).max(outage.from));
                outage.updated_at = work.now;
                store::outage::update(&mut work.tx, &outage).await?;
            }
        }
    }
    monitor.health = step.health;
    alarm(work, monitor).await?;
    if !step.turns.is_empty() {
        store::uptime::change(&mut work.tx, work.now).await?;
    }
    Ok(store::monitor::update(&mut work.tx, monitor, None).await?)
}

/// An outage is an alert that fires, unless everybody was told beforehand that
/// the service would be away; its end resolves it.
async fn alarm(work: &mut Work<'_>, monitor: &mut Monitor) -> Result<(), Error> {
    let (state, at) = match monitor.outage {
        Some(outage) if !monitor.alarmed => {
            if is_expected(work, &monitor.service).await? {
                return Ok(());
            }
            let outage = store::outage::lookup(work.tx.read(), outage).await?;
            (AlertState::Firing, outage.map_or(work.now, |outage| outage.from))
        }
        None if monitor.alarmed && monitor.health.state == MonitorState::Up => {
            (AlertState::Resolved, monitor.health.checked_at.unwrap_or(work.now))
        }
        _ => return Ok(()),
    };
    monitor.alarmed = state == AlertState::Firing;
    Box::pin(tell(work, &report(monitor, state, at))).await
}

/// Whether a service is in maintenance now.
async fn is_expected(work: &mut Work<'_>, service: &str) -> Result<bool, Error> {
    let Ok(next) = work.now.checked_add(jiff::SignedDuration::from_micros(1)) else { return Ok(false) };
    let instant = Span::new(work.now, next);
    let windows = store::maintenance::during(work.tx.read(), instant).await?;
    Ok(windows.iter().any(|window| window.concerns(service) && !window.counted().within(instant).is_empty()))
}
