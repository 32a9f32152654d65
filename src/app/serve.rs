//! `support-engineer serve`: from the configuration to the end of the process.

use super::bootstrap;
use super::database::{Place, Sharing};
use super::failure::Failure;
use super::means::means;
use super::print;
use super::rulebook;
use super::service::{Doors, Service};
use super::upkeep::Upkeep;
use crate::config::Config;
use crate::shutdown::{Ending, Shutdown};
use crate::store::{Settings, Store};
use crate::telemetry::{self, Measures};

/// Serves until `shutdown` begins or a signal comes. The embedded database is
/// stopped last, whatever happened before.
pub(super) async fn serve(config: &Config, shutdown: &Shutdown) -> Result<(), Failure> {
    telemetry::start(&config.logging).map_err(|error| Failure::usage(error.to_string()))?;
    let measures = Measures::install().map_err(|error| Failure::failed(error.to_string()))?;
    shutdown
        .watch_signals()
        .map_err(|error| Failure::failed(format!("signals can't be watched: {error}")))?;
    let loaded = rulebook::load(&config.rules)?;
    let doors = Doors::open(config).await?;
    let place = tokio::select! {
        place = Place::find(&config.database, Sharing::Alone) => place?,
        () = shutdown.draining() => return Ok(()),
    };
    let served = serve_at(&place, config, loaded, doors, measures, shutdown).await;
    let left = place.leave().await;
    served.and(left)
}

async fn serve_at(
    place: &Place,
    config: &Config,
    loaded: rulebook::Loaded,
    doors: Doors,
    measures: Measures,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    let service = tokio::select! {
        service = start(place, config, loaded, doors, measures, shutdown) => service?,
        // Nothing was promised to anybody yet.
        () = shutdown.draining() => return Ok(()),
    };
    tracing::info!(http = %service.address(), metrics = %service.metrics_address(), "listening");
    print::out(&format!("listening on http://{}", service.address()))?;
    match service.finish().await {
        Ending::Drained => tracing::info!("stopped; every request was answered"),
        Ending::Aborted { tasks, stuck } => {
            tracing::warn!(tasks, stuck, "stopped; tasks that did not end in time were cut off");
        }
    }
    Ok(())
}

async fn start(
    place: &Place,
    config: &Config,
    loaded: rulebook::Loaded,
    doors: Doors,
    measures: Measures,
    shutdown: &Shutdown,
) -> Result<Service, Failure> {
    let mut owner = place.prepare(&config.database).await?;
    let settings = place.settings(&config.database);
    let desk = bootstrap::open(&settings, &loaded, means(config)?, &mut owner, config.test.clock).await?;
    if let Some(key) = bootstrap::found(&desk, &mut owner, &config.bootstrap).await? {
        print::out(&format!("admin key: {key}"))?;
    }
    // Requests can't take its connections, nor it theirs.
    let own = Store::new(&Settings { max_connections: 2, ..settings.clone() })?;
    let upkeep = Upkeep::begin(desk.over(own), &mut owner, place.owner_url(), config.kpi.upkeep).await?;
    owner.close().await?;
    shutdown.spawn(upkeep.run(shutdown.clone()));
    Service::start(desk, &settings, place.owner_url(), doors, config, measures, shutdown)
}
