//! What a report holds beyond the groups that are taken each on its own: one
//! member of the storm that stands for all of them.

use std::collections::BTreeMap;

use super::report::{Alert, MOST_GROUPS, MOST_KEY, Recorded, Report};
use super::{AlertState, scalar};

/// The key under which a source's rest is kept; no sender's key looks like it.
pub const REST: &str = "\u{1}beyond the groups that are taken one by one";

/// How many groups of a report are taken each on its own, if so many of them
/// are known already.
#[must_use]
pub const fn room(known: usize) -> usize {
    MOST_GROUPS.saturating_sub(known)
}

/// Whether a report of so many groups has a rest at all.
#[must_use]
pub const fn overflows(groups: usize) -> bool {
    groups > MOST_GROUPS
}

/// One group of the rest, under the name that tells it apart.
#[derive(Debug, Clone)]
pub struct Further {
    /// The hash of its key.
    pub name: String,
    /// What is said of it.
    pub report: Report,
}

/// These groups as alerts of one; none: there are none.
#[must_use]
pub fn gathered(further: Vec<Further>) -> Option<Report> {
    let mut alerts: BTreeMap<String, Alert> = BTreeMap::new();
    let mut severities = Vec::new();
    for Further { name, report } in further {
        if report.state == AlertState::Firing {
            severities.extend(report.severities);
        }
        let (said_at, starts_at, ends_at) =
            report.alerts.last().map(|last| (last.said_at, last.starts_at, last.ends_at)).unwrap_or_default();
        let mut labels = report.labels;
        labels.insert("group_key".to_owned(), scalar::cut(&report.key, MOST_KEY));
        let alert = Alert {
            fingerprint: name.clone(),
            state: report.state,
            starts_at,
            ends_at,
            said_at,
            labels,
            annotations: BTreeMap::from([("summary".to_owned(), report.title)]),
            values: BTreeMap::new(),
            url: report.url,
        };
        // Of one group the last word counts, unless it says that it is older.
        let older =
            |known: &Alert| known.as_of().zip(alert.as_of()).is_some_and(|(known, said)| said < known);
        if !alerts.get(&name).is_some_and(older) {
            alerts.insert(name, alert);
        }
    }
    severities.sort();
    severities.dedup();
    let alerts: Vec<Alert> = alerts.into_values().collect();
    let fires = alerts.iter().any(|alert| alert.state == AlertState::Firing);
    (!alerts.is_empty()).then(|| Report {
        key: REST.to_owned(),
        state: if fires { AlertState::Firing } else { AlertState::Resolved },
        title: format!("{} further groups of alerts in one report", alerts.len()),
        text: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        severities,
        service: None,
        url: None,
        alerts,
        truncated: 0,
        complete: false,
        is_rest: true,
    })
}

/// So many things of a report that are no alerts, counted; none: there are none.
#[must_use]
pub fn counted(further: usize) -> Option<Recorded> {
    (further > 0).then(|| Recorded {
        key: REST.to_owned(),
        title: format!("{further} further events that are no alerts"),
        reason: format!("Of one report {MOST_GROUPS} are kept; so many more were counted only: {further}."),
        content: serde_json::json!({ "events": further }),
    })
}
