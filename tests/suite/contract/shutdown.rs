//! Two stages that end.

use std::future::pending;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use support_engineer::shutdown::{Ending, Shutdown};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::child;

/// Longer than any machine needs, so that a hang is a failure and not a wait for ever.
const BOUND: Duration = Duration::from_secs(30);
/// A drain time that no test outlives.
const LONG: Duration = Duration::from_hours(1);

async fn finish(shutdown: &Shutdown) -> Ending {
    timeout(BOUND, shutdown.finish()).await.expect("a shutdown ends")
}

#[tokio::test]
async fn tasks_that_finish_are_waited_for() {
    let shutdown = Shutdown::new(LONG);
    let (release, released) = oneshot::channel::<()>();
    let task = shutdown.spawn(async move { released.await.map(|()| 7) });
    let waiting = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { finish(&shutdown).await }
    });

    assert!(!shutdown.is_draining());
    shutdown.begin();
    shutdown.begin();
    timeout(BOUND, shutdown.draining()).await.expect("stage one has begun");
    assert!(shutdown.is_draining());
    assert!(!waiting.is_finished(), "a task is running");
    release.send(()).expect("the task waits");

    assert_eq!(waiting.await.expect("no panic"), Ending::Drained);
    assert_eq!(task.await.expect("no panic"), Some(Ok(7)));
}

#[tokio::test]
async fn a_loop_that_watches_the_drain_ends_with_it() {
    let shutdown = Shutdown::new(LONG);
    let watched = shutdown.clone();
    shutdown.spawn(async move { watched.draining().await });
    shutdown.begin();
    assert_eq!(finish(&shutdown).await, Ending::Drained);
}

#[tokio::test]
async fn tasks_that_outlive_the_drain_are_aborted() {
    let shutdown = Shutdown::new(Duration::from_millis(50));
    let task = shutdown.spawn(pending::<()>());
    shutdown.begin();
    assert_eq!(finish(&shutdown).await, Ending::Aborted { tasks: 1, stuck: 0 });
    assert_eq!(task.await.expect("no panic"), None);
    assert_eq!(
        shutdown.spawn(pending::<()>()).await.expect("no panic"),
        None,
        "what starts after the abort is aborted too"
    );
}

#[tokio::test]
async fn the_second_stage_needs_no_deadline() {
    let shutdown = Shutdown::new(LONG);
    shutdown.spawn(pending::<()>());
    shutdown.abort();
    timeout(BOUND, shutdown.aborting()).await.expect("stage two has begun");
    assert_eq!(finish(&shutdown).await, Ending::Aborted { tasks: 1, stuck: 0 });
}

#[tokio::test]
async fn a_task_that_panics_does_not_keep_the_shutdown_waiting() {
    let shutdown = Shutdown::new(LONG);
    let task = shutdown.spawn(async { panic!("on purpose") });
    shutdown.begin();
    assert_eq!(finish(&shutdown).await, Ending::Drained);
    assert!(task.await.expect_err("it panicked").is_panic());
}

#[test]
fn signals_begin_one_stage_each() {
    for (signal, test) in [
        ("SIGTERM", "contract::shutdown::two_terminate_signals"),
        ("SIGINT", "contract::shutdown::two_interrupt_signals"),
    ] {
        let output = child::run(test);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{signal}: {text}");
    }
}

#[tokio::test]
#[ignore = "signals its own process; signals_begin_one_stage_each runs it in a child"]
async fn two_terminate_signals() {
    two_signals(Signal::TERM).await;
}

#[tokio::test]
#[ignore = "signals its own process; signals_begin_one_stage_each runs it in a child"]
async fn two_interrupt_signals() {
    two_signals(Signal::INT).await;
}

async fn two_signals(signal: Signal) {
    let shutdown = Shutdown::new(LONG);
    shutdown.watch_signals().expect("signals can be watched");
    shutdown.spawn(pending::<()>());

    kill_process(getpid(), signal).expect("a process may signal itself");
    timeout(BOUND, shutdown.draining()).await.expect("the first signal begins stage one");
    assert!(timeout(Duration::ZERO, shutdown.aborting()).await.is_err(), "and not stage two");

    kill_process(getpid(), signal).expect("a process may signal itself");
    timeout(BOUND, shutdown.aborting()).await.expect("the second signal begins stage two");
    assert_eq!(finish(&shutdown).await, Ending::Aborted { tasks: 1, stuck: 0 });
}
