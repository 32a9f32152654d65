//! Hang-ups, time-outs, panics, identity: what happens around a handler.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use support_engineer::http::layers::bounds::Bounds;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::desk::{BOUNDS, Desk, foundation};
use super::wire::{ask, get, post, within};

#[tokio::test]
async fn a_handler_whose_client_hangs_up_goes_on_to_its_end() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let desk = Desk::start().await;
    let mut client = TcpStream::connect(desk.address).await.expect("the server listens");
    client.write_all(b"POST /gate HTTP/1.1\r\nhost: desk\r\n\r\n").await.expect("the server reads");
    within("the handler's start", desk.gate.started.notified()).await;
    drop(client);
    while !handle.render().contains("status=\"gone\"") {
        tokio::task::yield_now().await;
    }
    desk.gate.release.add_permits(1);
    within("the handler's end", desk.gate.finished.notified()).await;
    desk.foundation.tasks.close();
    within("the end of all tasks", desk.foundation.tasks.wait()).await;
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_for_and_goes_on() {
    let desk = Desk::on(foundation(Bounds { deadline: Duration::from_millis(30), ..BOUNDS })).await;
    let answer = ask(desk.address, "POST /gate", &[], b"").await;
    assert_eq!(answer.problem(504, "timeout")["retryable"], true);
    desk.gate.release.add_permits(1);
    within("the handler's end", desk.gate.finished.notified()).await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_answered_at_the_deadline() {
    let desk = Desk::on(foundation(Bounds { deadline: Duration::from_millis(30), ..BOUNDS })).await;
    let head = ["content-type: application/json", "content-length: 10"];
    ask(desk.address, "POST /things", &head, b"").await.problem(504, "timeout");
    desk.foundation.tasks.close();
    within("the end of all tasks", desk.foundation.tasks.wait()).await;
}

#[tokio::test]
async fn a_handler_that_nobody_waits_for_is_stopped_in_the_end() {
    let short = Duration::from_millis(30);
    let desk = Desk::on(foundation(Bounds { deadline: short, detached: short * 2, ..BOUNDS })).await;
    ask(desk.address, "POST /gate", &[], b"").await.problem(504, "timeout");
    desk.foundation.tasks.close();
    within("the end of all tasks", desk.foundation.tasks.wait()).await;
    assert_eq!(desk.gate.release.available_permits(), 0);
}

/// Where the log of one test goes.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no writer panics")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Write::write(&mut *self.0.lock().expect("no writer panics"), bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_is_logged_once_and_not_sent() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // While there is only one subscriber, a call site that is first reached on a thread without it
    // is switched off for every thread; a second one makes tracing ask both.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let desk = Desk::start().await;
    let answer = ask(desk.address, "GET /fall", &["x-request-id: panic-1"], b"").await;
    assert_eq!(answer.problem(500, "internal")["instance"], "panic-1");
    assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
    let text = log.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("hunter2")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("request_id=\"panic-1\"") && lines[0].contains("/fall"), "{text}");
    assert_eq!(get(desk.address, "/healthz").await.status, 200, "the service lives on");
}

#[tokio::test]
async fn requests_are_measured_by_route() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let desk = Desk::start().await;
    get(desk.address, "/bare/409").await.problem(409, "conflict");
    get(desk.address, "/nothing").await.problem(404, "not_found");
    ask(desk.address, "BREW /things", &[], b"").await.problem(405, "method_not_allowed");
    let text = handle.render();
    for (method, route, status) in
        [("GET", "/bare/{status}", "409"), ("GET", "unmatched", "404"), ("other", "/things", "405")]
    {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        let line = format!("http_request_duration_seconds_count{{{labels}}} 1");
        assert!(text.contains(&line), "{line} is not in {text}");
    }
}

#[tokio::test]
async fn request_ids_are_taken_if_usable_and_made_otherwise() {
    let desk = Desk::start().await;
    let longest = "i".repeat(128);
    for id in ["abc-1", longest.as_str()] {
        let answer = ask(desk.address, "GET /healthz", &[&format!("x-request-id: {id}")], b"").await;
        assert_eq!(answer.header("x-request-id"), Some(id));
    }
    let long = "i".repeat(129);
    for id in ["", "two words", "\u{fc}", long.as_str()] {
        let answer = ask(desk.address, "GET /healthz", &[&format!("x-request-id: {id}")], b"").await;
        assert_eq!(answer.header("x-request-id"), Some("01900000-0000-7000-8000-000000000001"), "{id}");
    }
}

#[tokio::test]
async fn traces_are_carried_on() {
    let desk = Desk::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let given = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01");
    let answer = ask(desk.address, "GET /trace", &[&given], b"").await.json();
    assert_eq!((&answer["trace_id"], &answer["parent_id"]), (&trace.into(), &"00f067aa0ba902b7".into()));
    let out = answer["out"].as_str().expect("a text");
    assert!(out.starts_with(&format!("00-{trace}-")) && out.ends_with("-01"), "{out}");
    for bad in [
        format!("00-{trace}-00f067aa0ba902b7"),
        format!("ff-{trace}-00f067aa0ba902b7-01"),
        format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
        format!("00-{trace}-0000000000000000-01"),
        format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
        format!("00-{trace}-00f067aa0ba902b7-01-more"),
    ] {
        let answer = ask(desk.address, "GET /trace", &[&format!("traceparent: {bad}")], b"").await.json();
        assert_eq!(answer["trace_id"], "01900000000070008000000000000001", "{bad}");
        assert!(answer["parent_id"].is_null(), "{bad}");
    }
}

#[tokio::test]
async fn answers_are_not_kept_guessed_or_framed_and_are_compressed_on_request() {
    let desk = Desk::start().await;
    let answer = post(desk.address, "/things", r#"{"name": "a"}"#).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let docs = get(desk.address, "/docs/").await;
    assert!(
        docs.header("content-security-policy").is_some_and(|policy| policy.contains("script-src 'self'"))
    );
    for coding in ["gzip", "br", "zstd"] {
        let head = format!("accept-encoding: {coding}");
        let answer = ask(desk.address, "GET /api.yml", &[&head], b"").await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        let refusal = ask(desk.address, "GET /nothing", &[&head], b"").await;
        assert_eq!(refusal.header("content-type"), Some("application/problem+json"));
    }
}
