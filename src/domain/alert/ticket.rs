//! The ticket that a group of alerts gets, and what of it is evidence.

use std::fmt::Write;

use serde_json::json;

use super::report::{Alert, Report};
use super::settings::Settings;
use super::{AlertSource, AlertState, fingerprint, scalar};
use crate::domain::intake::{MAX_TEXT, NewEvidence, NewTicket};
use crate::domain::vocabulary::{Channel, EvidenceKind};

/// Alerts that the text of a ticket tells about.
const TOLD: usize = 10;
/// Alerts that one piece of evidence holds.
const HELD: usize = 100;
/// Longest description of one alert in the text of a ticket, in characters.
const MOST_SAID: usize = 4_000;

/// A group with whoever reports it, to be made a ticket of.
#[derive(Debug, Clone, Copy)]
pub struct Drafted<'r> {
    /// Which kind of sender.
    pub source: AlertSource,
    /// What it reported.
    pub report: &'r Report,
    /// What the tenant decided.
    pub settings: &'r Settings,
}

impl Drafted<'_> {
    /// The ticket, with the evidence that the alerts are.
    #[must_use]
    pub fn ticket(&self) -> NewTicket {
        let Self { source, report, settings } = self;
        let alerts: Vec<&Alert> = report.alerts.iter().collect();
        NewTicket {
            subject: report.title.clone(),
            body: self.body(),
            name: Some(source.title().to_owned()),
            channel: Some(Channel::Alert),
            service: report.service.clone().filter(|service| !service.is_empty()),
            severity: settings.severity(&report.severities),
            custom: json!({}),
            evidence: joined(&alerts),
            ..NewTicket::default()
        }
    }

    fn body(&self) -> String {
        let Report { alerts, truncated, text, url, .. } = self.report;
        let firing = self.report.firing();
        let noun = if firing == 1 { "alert" } else { "alerts" };
        let mut body = format!("{} reports {firing} {noun} firing", self.source.title());
        if alerts.len() > firing {
            let _ = write!(body, " and {} resolved", alerts.len() - firing);
        }
        if *truncated > 0 {
            let _ = write!(body, "; {truncated} more are not listed");
        }
        body.push_str(".\n");
        if let Some(text) = text {
            let _ = write!(body, "\n{}\n", scalar::cut(text, MOST_SAID));
        }
        for alert in alerts.iter().filter(|alert| alert.state == AlertState::Firing).take(TOLD) {
            tell(&mut body, alert);
        }
        if firing > TOLD {
            let _ = write!(body, "\n{} more are firing.\n", firing - TOLD);
        }
        if let Some(url) = url {
            let _ = write!(body, "\n{url}\n");
        }
        scalar::cut(&body, MAX_TEXT)
    }
}

fn tell(body: &mut String, alert: &Alert) {
    let _ = write!(body, "\n{}\n", scalar::cut(&alert.name(), MOST_SAID));
    if let Some(text) = alert.annotations.get("description") {
        let _ = writeln!(body, "{}", scalar::cut(text, MOST_SAID));
    }
    if !alert.labels.is_empty() {
        let _ = writeln!(body, "{}", scalar::cut(&fingerprint::written(&alert.labels), MOST_SAID));
    }
    if let Some(since) = alert.starts_at {
        let _ = writeln!(body, "since {since}");
    }
}

/// What alerts are evidence of: labels and what was measured are metrics, what
/// is said of it is a log.
#[must_use]
pub fn joined(alerts: &[&Alert]) -> Vec<NewEvidence> {
    let alerts = &alerts[..alerts.len().min(HELD)];
    let pieces =
        [(EvidenceKind::SystemMetrics, measured as fn(&Alert) -> String), (EvidenceKind::ErrorLog, said)];
    let pieces = pieces.into_iter().filter_map(|(kind, tell)| {
        let parts: Vec<String> =
            alerts.iter().map(|alert| tell(alert)).filter(|part| !part.is_empty()).collect();
        let text = scalar::cut(&parts.join("\n\n"), MAX_TEXT);
        (!text.is_empty()).then_some(NewEvidence { kind, text })
    });
    pieces.collect()
}

fn measured(alert: &Alert) -> String {
    if alert.labels.is_empty() && alert.values.is_empty() {
        return String::new();
    }
    let mut lines = Vec::new();
    if !alert.labels.is_empty() {
        lines.push(fingerprint::written(&alert.labels));
    }
    let since = alert.starts_at.map(|since| format!(" since {since}")).unwrap_or_default();
    lines.push(format!("{}{since}", alert.state));
    lines.extend(alert.values.iter().map(|(name, value)| format!("{name} = {value}")));
    lines.extend(alert.url.iter().cloned());
    lines.join("\n")
}

fn said(alert: &Alert) -> String {
    let lines: Vec<String> =
        alert.annotations.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    match (lines.is_empty(), alert.labels.get("alertname")) {
        (true, _) => String::new(),
        (false, Some(name)) => format!("{name}\n{}", lines.join("\n")),
        (false, None) => lines.join("\n"),
    }
}
