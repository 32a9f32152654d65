//! Metrics in the form that Prometheus reads.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::shutdown::Shutdown;

/// How often collected samples are folded into their buckets, so that a service that nobody
/// scrapes does not grow.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds, in seconds, of the buckets of every histogram named `…_seconds`; dense where a
/// request should be answered.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The same of how late timers are: what was due while nobody worked is late by hours.
const LAG: &str = "worker_timer_lag_seconds";
const LATE: [f64; 15] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 1_800.0, 14_400.0, 86_400.0];

/// The same of how many submissions share a transaction.
const TOGETHER: &str = "intake_together";
const RIDERS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// What each metric is. Those that alarm somebody are there from the start: an increase from
/// nothing would not be seen.
fn describe() {
    metrics::describe_histogram!(
        LAG,
        "Seconds from the instant at which a timer was due to the one at which its work was done, by kind."
    );
    metrics::describe_histogram!(
        "worker_timer_duration_seconds",
        "Seconds that the work of a timer took, by kind."
    );
    metrics::describe_counter!("worker_timers_total", "Timers that were worked on, by kind and outcome.");
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        "Seconds that requests took, by method, route and status."
    );
    metrics::describe_histogram!(TOGETHER, "Submissions that shared one transaction.");
    metrics::describe_counter!("http_panics_total", "Requests whose handler panicked.");
    metrics::describe_counter!("webhook_deliveries_total", "Deliveries that ended, by state.");
    metrics::describe_counter!("webhook_attempts_total", "Attempts to deliver, by outcome.");
    metrics::describe_histogram!(
        "webhook_attempt_duration_seconds",
        "Seconds that attempts took, by outcome."
    );
    metrics::describe_counter!("mails_total", "Mails that were sent or given up, by state.");
    metrics::describe_counter!("monitor_checks_total", "Checks of HTTP monitors, by outcome.");
    metrics::counter!("http_panics_total").increment(0);
    metrics::counter!("webhook_attempts_total", "outcome" => "delivered").increment(0);
    for state in ["delivered", "dead"] {
        metrics::counter!("webhook_deliveries_total", "state" => state).increment(0);
    }
    for state in ["sent", "dead"] {
        metrics::counter!("mails_total", "state" => state).increment(0);
    }
}

/// Why metrics can't be collected.
#[derive(Debug, thiserror::Error)]
#[error("metrics can't be collected: {0}")]
pub struct MeasuresError(#[from] BuildError);

/// What the macros of the crate `metrics` have recorded in this process.
#[derive(Clone)]
pub struct Measures(PrometheusHandle);

/// The process has one recorder, however many services run in it.
static INSTALLED: Mutex<Option<Measures>> = Mutex::new(None);

impl Measures {
    /// Collects from now on what the process records, histograms named `…_seconds` in buckets.
    /// A second call gives the same collection.
    ///
    /// Errors: if something else collects already.
    pub fn install() -> Result<Self, MeasuresError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(measures) = &*installed {
            return Ok(measures.clone());
        }
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Full(LAG.to_owned()), &LATE)?
            .set_buckets_for_metric(Matcher::Full(TOGETHER.to_owned()), &RIDERS)?
            .install_recorder()?;
        describe();
        metrics::describe_gauge!("build_info", "Always 1; the labels say which build runs.");
        metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(installed.insert(Self(handle)).clone())
    }

    /// The body of `/metrics`, Prometheus text format 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the collection small until the shutdown begins; to be spawned once.
    pub async fn maintain(self, shutdown: Shutdown) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            tokio::select! {
                () = shutdown.draining() => return,
                _ = ticks.tick() => self.0.run_upkeep(),
            }
        }
    }
}
