//! Logs and metrics as operators' programs read them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support_engineer::config::{LogFormat, Logging};
use support_engineer::telemetry::{self, Measures, subscriber};
use tracing_subscriber::fmt::MakeWriter;

use super::child;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("logs are UTF-8")
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn logging(format: LogFormat, filter: &str) -> Logging {
    Logging { format, filter: filter.to_owned() }
}

fn logged(logging: &Logging, event: impl FnOnce()) -> String {
    let kept = Kept::default();
    let subscriber = subscriber(logging, kept.clone(), false).expect("a readable filter");
    tracing::subscriber::with_default(subscriber, event);
    kept.text()
}

#[test]
fn a_json_line_holds_the_event_and_its_span() {
    let text = logged(&logging(LogFormat::Json, "info"), || {
        let span = tracing::info_span!("ticket.open", request_id = "r-1");
        span.in_scope(|| tracing::warn!(ticket = 7, "late\nanswer"));
        tracing::debug!("too quiet for the filter");
    });
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["level"], "WARN");
    assert_eq!(lines[0]["message"], "late\nanswer");
    assert_eq!(lines[0]["ticket"], 7);
    assert_eq!(lines[0]["span"]["name"], "ticket.open");
    assert_eq!(lines[0]["span"]["request_id"], "r-1");
    assert!(lines[0]["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{text}");
}

#[test]
fn a_pretty_line_reads_alone() {
    let text = logged(&logging(LogFormat::Pretty, "info"), || tracing::info!(ticket = 7, "opened"));
    assert!(text.contains("INFO") && text.contains("opened ticket=7"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours unless asked for: {text:?}");
}

#[test]
fn metrics_are_rendered_with_buckets_for_durations() {
    let measures = Measures::install().expect("nothing else collects");
    metrics::histogram!("contract_test_seconds", "route" => "/v1/x").record(0.02);
    metrics::counter!("contract_test_total").increment(3);
    let text = Measures::install().expect("a second call gives the same").render();
    assert!(text.contains("contract_test_total 3"), "{text}");
    assert!(text.contains(r#"contract_test_seconds_bucket{route="/v1/x",le="0.01"} 0"#), "{text}");
    assert!(text.contains(r#"contract_test_seconds_bucket{route="/v1/x",le="0.025"} 1"#), "{text}");
    let build = format!("build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(measures.render().contains(&build), "{text}");
}

#[test]
fn a_panic_is_one_event_in_the_log() {
    let output = child::run("contract::telemetry::panics_in_a_thread");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let lines: Vec<_> = text.lines().filter(|line| line.contains("on purpose")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    let event: Value = serde_json::from_str(lines[0]).expect("a JSON line");
    assert_eq!(event["message"], "panicked");
    assert_eq!(event["level"], "ERROR");
    assert_eq!(event["panic"], "on purpose");
    assert_eq!(event["thread"], "worker-7");
    assert!(event["place"].as_str().is_some_and(|place| place.contains("telemetry.rs:")), "{text}");
}

#[test]
#[ignore = "takes over the log of its process; a_panic_is_one_event_in_the_log runs it in a child"]
fn panics_in_a_thread() {
    telemetry::start(&logging(LogFormat::Json, "info")).expect("the log is free");
    let thread = std::thread::Builder::new()
        .name("worker-7".to_owned())
        .spawn(|| panic!("on purpose"))
        .expect("a thread starts");
    assert!(thread.join().is_err());
    assert!(telemetry::start(&logging(LogFormat::Json, "info")).is_err(), "the log is taken");
}
