//! The text format of Prometheus, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a metric is to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    /// Quantiles of a window that moves along, without a sum.
    Summary,
}

/// A metric: its name, and what it is, with its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

impl Metric {
    pub(super) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help }
    }

    pub(super) const fn summary(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Summary, help }
    }
}

/// Samples by metric. What was not measured has none.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    samples: BTreeMap<&'static str, String>,
}

impl Sheet {
    /// Notes a number; none: there is nothing to note.
    pub(super) fn put(&mut self, metric: &Metric, labels: &[(&str, &str)], number: impl Into<Option<f64>>) {
        let Some(number) = number.into() else { return };
        let lines = self.samples.entry(metric.name).or_default();
        lines.push_str(metric.name);
        for (place, (label, value)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let _infallible = write!(lines, "{before}{label}=\"{}\"", escaped(value));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _infallible = writeln!(lines, "{end} {number}");
    }

    /// The text of these metrics, in this order; those without samples are named
    /// all the same.
    pub(super) fn text(&self, metrics: &[&Metric]) -> String {
        let mut text = String::new();
        for Metric { name, kind, help } in metrics {
            let kind = match kind {
                Kind::Gauge => "gauge",
                Kind::Summary => "summary",
            };
            let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            text.push_str(self.samples.get(name).map(String::as_str).unwrap_or_default());
        }
        text
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}
