//! The desk on a prepared database, and what an empty database gets.

use std::sync::Arc;

use jiff::Timestamp;

use super::failure::Failure;
use super::rulebook::Loaded;
use crate::clock::Clock;
use crate::config::{Bootstrap, Secret};
use crate::flow::tenant::{Founding, NewTenant};
use crate::flow::{Desk, Means};
use crate::store::{Owner, Settings, Store};

/// Where a clock that is moved by hand stands on an empty database:
/// 2000-01-01T00:00:00Z.
const FIRST_TEST_SECOND: i64 = 946_684_800;

/// A desk on the database, with the text of its promises kept there, and the
/// next report of each tenant planned.
///
/// # Errors
/// The database's.
pub async fn open(
    settings: &Settings,
    loaded: &Loaded,
    means: Means,
    owner: &mut Owner,
    by_hand: bool,
) -> Result<Desk, Failure> {
    let store = Store::new(settings)?;
    let clock = if by_hand { test_clock(owner, &store).await? } else { Clock::system() };
    store.keep_ladder_text(&loaded.rulebook.ladders_version, &loaded.ladders_text, clock.now()).await?;
    store.keep_sla_version(&loaded.rulebook.sla_version, &loaded.sla_text, clock.now()).await?;
    let desk = Desk::new(store, clock, Arc::clone(&loaded.rulebook), Arc::new(means));
    let now = desk.now().await?;
    if let Some(due) = desk.next_report(now) {
        owner.plan_reports(due, now).await?;
    }
    Ok(desk)
}

/// A clock that stands where the database has got to, in the database too.
async fn test_clock(owner: &mut Owner, store: &Store) -> Result<Clock, Failure> {
    let first = Timestamp::from_second(FIRST_TEST_SECOND).unwrap_or(Timestamp::MIN);
    let latest = owner.latest_instant().await?;
    let start = latest.map_or(first, |latest| latest.max(first));
    store.move_test_clock(start).await?;
    Ok(Clock::manual(start))
}

/// Makes the first tenant and its admin key if there is no tenant, and answers
/// the key if it is a random one, which nobody knows yet. The caller holds
/// [`Owner::lock`], so that two processes that start at once make one tenant.
///
/// # Errors
/// The database's.
pub async fn found(desk: &Desk, owner: &mut Owner, bootstrap: &Bootstrap) -> Result<Option<String>, Failure> {
    if owner.has_tenants().await? {
        return Ok(None);
    }
    let admin_secret = bootstrap.admin_key.as_ref().map(|key| Secret::expose(key).to_owned());
    let is_random = admin_secret.is_none();
    let slug = bootstrap.tenant.clone();
    let founding = Founding { operator: None, admin_secret, creates_tenants: true };
    let made = desk.create_tenant(&NewTenant { name: slug.clone(), slug }, &founding).await?;
    tracing::info!(tenant = %made.tenant.id, slug = made.tenant.slug, "the first tenant has been made");
    Ok(is_random.then_some(made.admin.secret))
}
