//! `support-engineer demo`: a made-up past, for demonstrations and measurements.

use super::bootstrap;
use super::command::NewDemo;
use super::database::{Place, Sharing};
use super::failure::Failure;
use super::means::means;
use super::{print, rulebook};
use crate::config::Config;
use crate::domain::id::TenantId;
use crate::flow::demo::Demo;
use crate::flow::tenant::{Founding, NewTenant};
use crate::flow::{Desk, Error};
use crate::store::Owner;

/// It is said how far it is after so many tickets.
const STEP: u64 = 50_000;

/// Makes up a past.
pub(super) async fn carry_out(config: &Config, wanted: NewDemo) -> Result<(), Failure> {
    let loaded = rulebook::load(&config.rules)?;
    let place = Place::find(&config.database, Sharing::Beside).await?;
    let done = async {
        let mut owner = place.prepare(&config.database).await?;
        let settings = place.settings(&config.database);
        let desk = bootstrap::open(&settings, &loaded, means(config)?, &mut owner, config.test.clock).await?;
        make_up(&desk, owner, &wanted).await
    };
    let done = done.await;
    let left = place.leave().await;
    done.and(left)
}

async fn make_up(desk: &Desk, mut owner: Owner, wanted: &NewDemo) -> Result<(), Failure> {
    let NewDemo { tickets, days, seed, until, .. } = *wanted;
    // Before anything is made.
    desk.expect_past(until).await.map_err(|error| match error {
        Error::Invalid(faults) => {
            let said: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
            Failure::usage(format!("--until: {}", said.join("; ")))
        }
        error => error.into(),
    })?;
    let tenant = tenant(desk, &mut owner, &wanted.tenant).await?;
    let mut next = STEP;
    let progress = |made: u64| {
        if made >= next && made < tickets {
            next = (made / STEP + 1) * STEP;
            print::note(&format!("{made} of {tickets} tickets"));
        }
    };
    let made = desk.make_up(tenant, &Demo { tickets, days, seed, until }, progress).await?;
    // Otherwise the first questions would be answered by plans for empty tables.
    owner.analyze().await?;
    desk.sum_up_kpis(tenant).await?;
    desk.note_own_target(tenant).await?;
    print::out(&format!("tickets: {made}"))
}

/// The tenant of this name, made if there is none.
async fn tenant(desk: &Desk, owner: &mut Owner, slug: &str) -> Result<TenantId, Failure> {
    if let Some(known) = owner.lookup_tenant(slug).await? {
        return Ok(known);
    }
    let new = NewTenant { slug: slug.to_owned(), name: slug.to_owned() };
    let made = desk.create_tenant(&new, &Founding::default()).await?;
    print::out(&format!("tenant: {}\nadmin key: {}", made.tenant.id, made.admin.secret))?;
    Ok(made.tenant.id)
}
