//! A storm: more new groups of one source than anybody reads one by one.

use serde_json::{Value, json};

use super::report::Report;
use super::settings::Settings;
use super::{AlertSource, ticket};
use crate::domain::intake::NewTicket;
use crate::domain::vocabulary::{Channel, Severity};

/// How many groups the ticket of a storm names; the rest are counted, and
/// listed by `GET /v1/alerts`.
pub const NAMED: usize = 100;
/// From how many groups on the ticket is written anew only now and then.
const CALM: i64 = 200;
/// How often then.
const NOW_AND_THEN: i64 = 100;

/// What the ticket of a storm has gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathering {
    /// From which source.
    pub source: AlertSource,
    /// How many groups share the ticket.
    pub groups: i64,
    /// The titles of the first of them, [`NAMED`] at most.
    pub names: Vec<String>,
}

impl Gathering {
    /// Whether the ticket is written anew after a report that `brought` so many
    /// of its groups: a storm of any size costs a bounded history.
    #[must_use]
    pub const fn is_told(&self, brought: i64) -> bool {
        let before = self.groups - brought;
        self.groups <= CALM || self.groups / NOW_AND_THEN > before / NOW_AND_THEN
    }

    /// Whether these free fields are those of a storm's ticket.
    #[must_use]
    pub fn is_of(&self, custom: &Value) -> bool {
        custom.get("alert_storm").is_some_and(Value::is_object)
    }

    /// The one line of the ticket.
    #[must_use]
    pub fn subject(&self) -> String {
        let (groups, source) = (self.groups, self.source.title());
        let noun = if groups == 1 { "further group" } else { "further groups" };
        format!("Alert storm from {source}: {groups} {noun} of alerts")
    }

    /// The free fields of the ticket.
    #[must_use]
    pub fn custom(&self) -> Value {
        json!({ "alert_storm": { "source": self.source, "groups": self.groups, "names": self.names } })
    }

    /// The ticket of a storm that begins with this report.
    #[must_use]
    pub fn ticket(&self, first: &Report, settings: &Settings) -> NewTicket {
        let storm = settings.storm;
        let body = format!(
            "Monitoring raised an alert storm: {} sent more than {} new groups of alerts within {} seconds. \
             The groups beyond that share this ticket, which is resolved when all of them are. \
             The first of them is: {}. The ticket's custom field `alert_storm` counts them and names the first {NAMED}; \
             GET /v1/alerts?ticket=ID lists all of them.",
            self.source.title(),
            storm.tickets,
            storm.within_seconds,
            first.title,
        );
        NewTicket {
            subject: self.subject(),
            body,
            name: Some(self.source.title().to_owned()),
            channel: Some(Channel::Alert),
            severity: Some(
                settings.severity(&first.severities).unwrap_or(Severity::High).min(Severity::High),
            ),
            tags: vec!["alert_storm".to_owned()],
            custom: self.custom(),
            evidence: ticket::joined(&first.alerts.iter().collect::<Vec<_>>()),
            ..NewTicket::default()
        }
    }
}
