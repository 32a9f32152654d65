//! The `kpi` commands.

use super::bootstrap;
use super::command::KpiCommand;
use super::database::{Place, Sharing};
use super::failure::Failure;
use super::means::means;
use super::{print, rulebook};
use crate::config::Config;

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
        owner.close().await?;
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
            let tickets = desk.rebuild_kpis(id).await?;
            print::out(&format!("{slug}: {tickets} tickets"))?;
        }
        Ok(())
    };
    let done = done.await;
    let left = place.leave().await;
    done.and(left)
}
