//! The worker of a process, the hints that it gives and hears, and the news that
//! its streams are told.

use std::time::Duration;

use super::failure::Failure;
use crate::config::{self, Config};
use crate::flow::Desk;
use crate::shutdown::Shutdown;
use crate::store::{Hint, Hints, Settings, Store};
use crate::worker::{self, Worker};

/// Hints are given no more often.
const HINT_REST: Duration = Duration::from_millis(20);
/// Streams are looked after no more often.
const NEWS_REST: Duration = Duration::from_millis(20);
/// How long a listener that was lost is waited for before it is made anew.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Connections of the worker beside one for each timer of a kind in hand: those
/// that wait for servers elsewhere need none meanwhile.
const SPARE: u32 = 4;

/// A worker over connections of its own: requests cannot take them, nor it
/// those of requests.
///
/// # Errors
/// A URL that is none.
pub(super) fn worker(desk: &Desk, settings: &Settings, config: &Config) -> Result<Worker, Failure> {
    let config::Worker { concurrency, poll, lease, .. } = config.worker;
    let hands = u32::try_from(concurrency).unwrap_or(u32::MAX);
    let max_connections = hands.saturating_add(SPARE).min(settings.max_connections.max(2));
    let store = Store::new(&Settings { max_connections, ..settings.clone() })?;
    Ok(Worker::new(desk.over(store), worker::Settings { concurrency, poll, lease }))
}

/// Begins what `service.role` asks of this process: the worker, and the hints.
pub(super) fn begin(desk: &Desk, worker: Worker, settings: &Settings, config: &Config, shutdown: &Shutdown) {
    if config.worker.part.works() {
        shutdown.spawn(worker.run(shutdown.clone()));
    }
    if config.worker.part.answers() {
        shutdown.spawn(report(desk.clone(), config.worker.poll, shutdown.clone()));
    }
    shutdown.spawn(hear(desk.clone(), settings.clone(), shutdown.clone()));
    shutdown.spawn(hint(desk.clone(), shutdown.clone()));
}

/// Passes on to other processes that there is something to do.
async fn hint(desk: Desk, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.draining() => return,
            () = desk.bell().heard_for_others() => {}
        }
        if let Err(error) = desk.store().hint().await {
            tracing::debug!(%error, "store.hint.lost");
        }
        tokio::select! {
            () = shutdown.draining() => return,
            () = tokio::time::sleep(HINT_REST) => {}
        }
    }
}

/// Wakes streams whose tenants have moved on, and ends all of them when the
/// service stops.
async fn report(desk: Desk, poll: Duration, shutdown: Shutdown) {
    while !shutdown.is_draining() {
        desk.report_news().await;
        tokio::select! {
            () = shutdown.draining() => break,
            () = tokio::time::sleep(NEWS_REST) => {}
        }
        tokio::select! {
            () = shutdown.draining() => break,
            () = desk.bell().heard_by_reporter() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
    desk.audience().dismiss();
}

/// Wakes the worker and the streams, and forgets keys, when another process gives
/// a hint.
async fn hear(desk: Desk, settings: Settings, shutdown: Shutdown) {
    loop {
        let listening = async {
            let mut hints = Hints::listen(&settings).await?;
            // Whatever was said before is not heard any more.
            desk.forget_keys();
            loop {
                let hint = hints.heard().await?;
                if matches!(hint, Hint::Keys | Hint::Any) {
                    desk.forget_keys();
                }
                if matches!(hint, Hint::Timers | Hint::Any) {
                    desk.bell().relay();
                }
            }
        };
        let ended: Result<(), crate::store::Error> = tokio::select! {
            () = shutdown.draining() => return,
            ended = listening => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "store.hints.lost");
        }
        tokio::select! {
            () = shutdown.draining() => return,
            () = tokio::time::sleep(LISTEN_AGAIN) => {}
        }
    }
}
