//! The running service: both listeners over one desk.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::failure::Failure;
use super::listener::Listener;
use super::{scraping, working};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::flow::Desk;
use crate::http::layers::bounds::Bounds;
use crate::http::limiter::{Limiter, Rate, Rates};
use crate::http::operations::{Check, Readiness};
use crate::http::test_clock::Mover;
use crate::http::{self, Foundation, Sources};
use crate::shutdown::{Ending, Shutdown};
use crate::store::{Settings, Store};
use crate::telemetry::Measures;

/// Bytes of path and query together. A cursor of four-byte characters, each
/// written with percent signs, takes 12 KiB; that is to be judged as a cursor.
const TARGET_BYTES: usize = 32 * 1024;
/// Keys and tenants whose rates are remembered.
const REMEMBERED: usize = 100_000;
/// How long the readiness check waits for the database.
const PING: Duration = Duration::from_secs(2);
/// How long connections that are still in use are waited for at the end.
const CLOSE: Duration = Duration::from_secs(2);
/// Connections that the metrics listener serves at once.
const SCRAPERS: usize = 50;

/// Ids of requests follow the real time, also where the desk's clock is moved
/// by hand.
static REQUEST_IDS: LazyLock<Clock> = LazyLock::new(Clock::system);

/// A service that accepts requests.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    metrics_address: SocketAddr,
    store: Store,
    shutdown: Shutdown,
}

impl Service {
    /// Serves the desk on both listeners until `shutdown` begins. `owner_url` is a role's
    /// that owns the schema.
    ///
    /// # Errors
    /// The interface can't be described, which is a defect.
    pub fn start(
        desk: Desk,
        settings: &Settings,
        owner_url: &str,
        doors: Doors,
        config: &Config,
        measures: Measures,
        shutdown: &Shutdown,
    ) -> Result<Self, Failure> {
        let Doors { listener, scraped } = doors;
        let service = Self {
            address: listener.address(),
            metrics_address: scraped.address(),
            store: desk.store().clone(),
            shutdown: shutdown.clone(),
        };
        let foundation = foundation(config, desk.store().clone());
        let worker = working::worker(&desk, settings, config)?;
        let mut resources = if config.worker.part.answers() { http::resources() } else { http::nothing() };
        if desk.clock().is_manual() {
            let worker = worker.clone();
            let mover = Mover::new(move |to| {
                let worker = worker.clone();
                Box::pin(async move { worker.move_clock(to).await })
            });
            resources = resources.merge(http::test_clock::router(mover));
        }
        let board = scraping::board(&desk, settings, owner_url, config, foundation.tasks.clone())?;
        working::begin(&desk, worker, settings, config, shutdown);
        let router = http::serve(resources, desk, &foundation)
            .map_err(|error| Failure::failed(format!("the interface can't be described: {error}")))?;
        let rendered = measures.clone();
        listen_on(scraped, http::metrics::serve(move || rendered.render(), board), shutdown);
        listen_on(listener, router, shutdown);
        shutdown.spawn(measures.maintain(shutdown.clone()));
        shutdown.spawn(outlive(foundation.tasks, shutdown.clone()));
        Ok(service)
    }

    /// Where the interface is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is.
    #[must_use]
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics_address
    }

    /// Waits for the shutdown to begin and to end, then closes the pools.
    pub async fn finish(self) -> Ending {
        let ending = self.shutdown.finish().await;
        self.store.close(CLOSE).await;
        ending
    }
}

/// The description of the interface, as YAML.
///
/// # Errors
/// It can't be written, which is a defect.
pub fn description() -> Result<String, Failure> {
    http::describe(http::resources())
        .to_yaml()
        .map_err(|error| Failure::failed(format!("the interface can't be described: {error}")))
}

/// The addresses of the service, taken before anything else is done: an address
/// that somebody else has is no reason to have made a database.
pub struct Doors {
    listener: Listener,
    scraped: Listener,
}

impl Doors {
    /// Takes the addresses.
    ///
    /// # Errors
    /// One of them can't be had.
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let config::Http { listen, header_timeout, max_connections, .. } = config.http;
        let listener = bind(listen, header_timeout, max_connections, "http.listen").await?;
        let scraped = bind(config.metrics.listen, header_timeout, SCRAPERS, "metrics.listen").await?;
        Ok(Self { listener, scraped })
    }
}

async fn bind(
    address: SocketAddr,
    header_timeout: Duration,
    connections: usize,
    key: &str,
) -> Result<Listener, Failure> {
    Listener::bind(address, header_timeout, connections)
        .await
        .map_err(|error| Failure::failed(format!("can't listen on {address} ({key}): {error}")))
}

fn listen_on(listener: Listener, router: Router, shutdown: &Shutdown) {
    let handle = shutdown.clone();
    shutdown.spawn(async move { listener.serve(router, &handle).await });
}

/// Keeps stage one of the shutdown waiting for handlers whose clients have
/// gone: what they write is to be finished too.
async fn outlive(handlers: TaskTracker, shutdown: Shutdown) {
    shutdown.draining().await;
    handlers.close();
    handlers.wait().await;
}

fn foundation(config: &Config, store: Store) -> Foundation {
    let limits = &config.limits;
    let rates = Rates { key: rate(limits.per_key), tenant: rate(limits.per_tenant), remembered: REMEMBERED };
    Foundation {
        bounds: Bounds {
            deadline: config.http.request_timeout,
            detached: config.http.request_timeout * 2,
            body_bytes: config.http.body_limit_bytes,
            batch_bytes: config.http.batch_limit_bytes,
            target_bytes: TARGET_BYTES,
        },
        limiter: limits.enabled.then(|| Arc::new(Limiter::new(rates))),
        tasks: TaskTracker::new(),
        readiness: Readiness::new(move || look(store.clone())),
        sources: Sources { new_id: request_id, instant: Clock::monotonic },
    }
}

fn request_id() -> Uuid {
    REQUEST_IDS.new_id()
}

async fn look(store: Store) -> Vec<Check> {
    let fault = match tokio::time::timeout(PING, store.ping()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database fails the readiness check");
            Some("does not answer".to_owned())
        }
        Err(_) => Some(format!("does not answer within {} s", PING.as_secs())),
    };
    vec![Check { name: "database", fault }]
}

/// A bucket of `burst` that fills at `per_second`, as a quota in a window of
/// whole seconds.
fn rate(rate: config::Rate) -> Rate {
    let quota = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    let seconds = rate.burst.div_ceil(rate.per_second.max(1)).max(1);
    Rate { quota, window: Duration::from_secs(seconds.into()) }
}
