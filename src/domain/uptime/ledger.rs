//! What is known of services over time, and the figures that follow from it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::figures::Figures;
use super::spans::{Span, Spans};

/// What is known of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Whether a monitor watches it, or did in the window that is asked about.
    pub monitored: bool,
    /// When its monitors looked.
    pub watched: Spans,
    /// Outages that its monitors found. Those may go on while nobody looks;
    /// only the part that was watched counts.
    pub detected: Spans,
    /// Outages that somebody reported, who observed the service by that.
    pub reported: Spans,
    /// Maintenance that had been announced when it began.
    pub maintenance: Spans,
}

impl Record {
    /// The figures of a stretch of time.
    #[must_use]
    pub fn figures(&self, window: Span) -> Figures {
        let observed = self.watched.union(&self.reported).within(window);
        let maintenance = self.maintenance.intersection(&observed);
        // Whole, so that one that nobody watched for a while stays one.
        let outages = self.detected.union(&self.reported).within(window);
        let downtime = outages.intersection(&observed).minus(&maintenance);
        let counted = outages.iter().filter(|outage| !downtime.within(*outage).is_empty()).count();
        Figures {
            window: window.microseconds(),
            observed: observed.microseconds(),
            beside: 0,
            maintenance: maintenance.microseconds(),
            downtime: downtime.microseconds(),
            outages: u64::try_from(counted).unwrap_or(u64::MAX),
            services: u64::from(!observed.is_empty()),
        }
    }
}

/// What is known of every service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// By service.
    pub services: BTreeMap<String, Record>,
}

impl Ledger {
    /// The figures of each service in a stretch of time, as far as it has
    /// passed at `now`.
    #[must_use]
    pub fn figures(&self, window: Span, now: Timestamp) -> BTreeMap<String, Figures> {
        let passed = Span::new(window.from, window.to.min(now));
        self.services.iter().map(|(name, record)| (name.clone(), record.figures(passed))).collect()
    }

    /// All services together, each for as long as it was observed. Where monitors
    /// watch some of them, no more is asked of the others than what is known.
    #[must_use]
    pub fn overall(&self, figures: &BTreeMap<String, Figures>) -> Figures {
        let is_monitored = |name: &String| self.services.get(name).is_some_and(|record| record.monitored);
        let any = figures.keys().any(is_monitored);
        let asked = |(name, figures): (&String, &Figures)| {
            if any && !is_monitored(name) { figures.put_beside() } else { *figures }
        };
        figures.iter().map(asked).fold(Figures::default(), Figures::plus)
    }
}
