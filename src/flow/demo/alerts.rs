//! The groups of alerts that the made-up tickets of machines were opened for.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::alert::{self, AlertSource, AlertState, Group, Incoming, Report, Settings};
use crate::domain::demo::Told;
use crate::domain::id::AlertId;
use crate::domain::ticket::record::Record;
use crate::domain::vocabulary::Channel;
use crate::flow::alert::hash;
use crate::flow::error::Error;
use crate::flow::execution::Work;
use crate::store;
use crate::store::alert::fingerprint;

/// Who reported them.
const SOURCE: AlertSource = AlertSource::Alertmanager;

/// Keeps what reports that opened these tickets, and reports that it was over,
/// would have left. Each is of a machine of its own, since what fires again while
/// it is open would have counted on the same ticket.
pub(super) async fn keep(work: &mut Work<'_>, told: &[Told]) -> Result<(), Error> {
    for one in told.iter().filter(|one| one.record.state.channel == Channel::Alert) {
        let record = &one.record;
        let began = record.state.created_at;
        let mut last = report(record, None)?;
        let mut group = Group::new(AlertId::new(record.id.uuid()), SOURCE, &last, began);
        (group.ticket, group.number, group.opened_at) = (Some(record.id), Some(record.number), Some(began));
        if let Some(over) = record.state.resolved_at {
            last = report(record, Some(over))?;
            group.take(&last, AlertState::Resolved, over);
        }
        store::alert::insert(&mut work.tx, &group, &hash(&last.key)).await?;
        fingerprint::put(&mut work.tx, group.id, &last.alerts, None, group.last_at).await?;
    }
    Ok(())
}

/// What was reported: that it fires, or that it was over at an instant.
fn report(record: &Record, over: Option<Timestamp>) -> Result<Report, Error> {
    let status = if over.is_some() { AlertState::Resolved } else { AlertState::Firing };
    let service = record.service.as_deref().unwrap_or_default();
    let instance = format!("{service}-{}", record.number);
    let labels = json!({ "alertname": record.subject, "service": service, "instance": instance });
    let annotations = json!({ "summary": record.subject });
    let body = json!({
        "version": "4", "groupKey": format!("{{}}:{{instance=\"{instance}\"}}"), "status": status,
        "truncatedAlerts": 0,
        "groupLabels": { "instance": instance }, "commonLabels": labels, "commonAnnotations": annotations,
        "alerts": [{ "status": status, "labels": labels, "annotations": annotations,
            "startsAt": record.state.created_at, "endsAt": over }],
    });
    let read = alert::read(SOURCE, body, &Settings::default()).map_err(Error::Invalid)?;
    match read.into_iter().next() {
        Some(Incoming::Report(report)) => Ok(*report),
        _ => Err(Error::Defect("a made-up alert is none".to_owned())),
    }
}
