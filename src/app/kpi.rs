//! The `kpi` commands.

use std::time::Duration;

use super::bootstrap;
use super::command::KpiCommand;
use super::database::{Place, Sharing};
use super::failure::Failure;
use super::means::means;
use super::{print, rulebook};
use crate::config::Config;
use crate::domain::id::TenantId;
use crate::flow::Desk;
use crate::flow::kpi::rebuild::Rebuild;

/// How long is waited after each failure before the command goes on; after one
/// more it fails.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(16)];

/// Carries out one of the `kpi` commands.
pub(super) async fn carry_out(config: &Config, command: KpiCommand) -> Result<(), Failure> {
    let KpiCommand::Rebuild { tenant, sums } = command;
    let loaded = rulebook::load(&config.rules)?;
    let place = Place::find(&config.database, Sharing::Beside).await?;
    let done = async {
        let mut owner = place.prepare(&config.database).await?;
        let settings = place.settings(&config.database);
        let desk = bootstrap::open(&settings, &loaded, means(config)?, &mut owner, config.test.clock).await?;
        let mut tenants = owner.tenants().await?;
        if let Some(wanted) = &tenant {
            tenants.retain(|(_, slug)| slug == wanted);
            if tenants.is_empty() {
                return Err(Failure::failed(format!("there is no tenant {wanted:?}")));
            }
        }
        for (id, slug) in tenants {
            if sums {
                desk.sum_up_kpis(id).await?;
                print::out(&format!("{slug}: sums"))?;
                continue;
            }
            if !owner.lock_kpis(id).await? {
                return Err(Failure::failed(format!(
                    "{slug}: another process is making them anew; try again"
                )));
            }
            let tickets = rebuilt(&desk, id).await?;
            print::out(&format!("{slug}: {tickets} tickets"))?;
        }
        Ok(owner.close().await?)
    };
    let done = done.await;
    let left = place.leave().await;
    done.and(left)
}

/// Makes all of a tenant anew, and answers how many tickets there were. What
/// fails is tried again a few times, from where it stands.
async fn rebuilt(desk: &Desk, tenant: TenantId) -> Result<u64, Failure> {
    let mut rebuild = Rebuild::default();
    for wait in WAITS {
        let Err(error) = desk.go_on_rebuilding(tenant, &mut rebuild).await else {
            return Ok(rebuild.tickets());
        };
        print::note(&format!("{error}; it goes on in {} s", wait.as_secs()));
        tokio::time::sleep(wait).await;
    }
    desk.go_on_rebuilding(tenant, &mut rebuild).await?;
    Ok(rebuild.tickets())
}
