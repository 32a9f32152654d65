//! The KPIs that monitoring is shown.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::failure::Failure;
use crate::config::Config;
use crate::flow::Desk;
use crate::http::metrics::board::{self, Board};
use crate::store::{Owner, Settings, Store};

/// Connections that scrapes take: they compute one at a time.
const CONNECTIONS: u32 = 1;

/// A board over connections of its own, so that scrapes wait for no request and
/// no request for them; none where KPIs are switched off. Which tenants there
/// are is asked as the owner, whom row-level security shows all of them.
///
/// # Errors
/// A URL that is none.
pub(super) fn board(
    desk: &Desk,
    settings: &Settings,
    owner_url: &str,
    config: &Config,
    tasks: TaskTracker,
) -> Result<Option<Board>, Failure> {
    let Some(lasts) = config.metrics.kpi else { return Ok(None) };
    let store = Store::new(&Settings { max_connections: CONNECTIONS, ..settings.clone() })?;
    let owner_url: Arc<str> = owner_url.into();
    let roll = Arc::new(move || -> board::Roll {
        let owner_url = Arc::clone(&owner_url);
        Box::pin(async move {
            let mut owner = Owner::connect(&owner_url).await?;
            let tenants = owner.tenants().await?;
            owner.close().await?;
            Ok(tenants)
        })
    });
    let settings = board::Settings { lasts, most_tenants: config.metrics.kpi_tenants, roll, tasks };
    Ok(Some(Board::new(desk.over(store), settings)))
}
