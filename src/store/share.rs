//! Who gets a connection next. A tenant that floods the service waits behind
//! itself: a place that becomes free goes to the tenant that holds fewest, and
//! none holds all of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::error::Error;
use crate::domain::id::TenantId;

/// Requests of one tenant that may wait, for each place; more are turned away.
const WAITING: usize = 32;

/// As many places as there are connections. A clone is another handle on the
/// same ones.
#[derive(Debug, Clone)]
pub(super) struct Places(Arc<Mutex<Sharing>>);

#[derive(Debug)]
struct Sharing {
    all: usize,
    /// What one tenant may hold.
    most: usize,
    free: usize,
    tenants: HashMap<TenantId, Share>,
    /// Counts those who came.
    came: u64,
}

#[derive(Debug, Default)]
struct Share {
    held: usize,
    /// Each with when it came.
    waiting: VecDeque<(u64, oneshot::Sender<Place>)>,
}

/// The right to one connection for a tenant; it passes on when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// None: it was never taken up.
    holder: Option<(Places, TenantId)>,
}

impl Places {
    pub(super) fn new(connections: u32) -> Self {
        let all = usize::try_from(connections).unwrap_or(usize::MAX).max(1);
        // Fewer than four are too few to keep one for others.
        let (most, free) = (all - all / 4, all);
        Self(Arc::new(Mutex::new(Sharing { all, most, free, tenants: HashMap::new(), came: 0 })))
    }

    /// A place for a tenant.
    ///
    /// # Errors
    /// [`Error::Crowded`] at once where too many of the tenant wait.
    pub(super) async fn take(&self, tenant: TenantId) -> Result<Place, Error> {
        self.queue(tenant)?.await.map_err(|_| Error::Crowded)
    }

    fn queue(&self, tenant: TenantId) -> Result<oneshot::Receiver<Place>, Error> {
        let mut sharing = self.locked();
        let most = sharing.all * WAITING;
        sharing.came += 1;
        let came = sharing.came;
        let share = sharing.tenants.entry(tenant).or_default();
        if share.waiting.len() >= most {
            share.waiting.retain(|(_, waiting)| !waiting.is_closed());
            if share.waiting.len() >= most {
                return Err(Error::Crowded);
            }
        }
        let (sender, place) = oneshot::channel();
        share.waiting.push_back((came, sender));
        self.give(&mut sharing);
        Ok(place)
    }

    /// Gives away what is free.
    fn give(&self, sharing: &mut Sharing) {
        while sharing.free > 0 {
            let Some(tenant) = sharing.next() else { return };
            let Some(share) = sharing.tenants.get_mut(&tenant) else { return };
            let Some((_, waiting)) = share.waiting.pop_front() else { return };
            let place = Place { holder: Some((self.clone(), tenant)) };
            match waiting.send(place) {
                Ok(()) => {
                    share.held += 1;
                    sharing.free -= 1;
                }
                // Whoever waited is gone.
                Err(mut place) => {
                    place.holder = None;
                    sharing.forget_if_done(tenant);
                }
            }
        }
    }

    fn give_back(&self, tenant: TenantId) {
        let mut sharing = self.locked();
        sharing.free += 1;
        if let Some(share) = sharing.tenants.get_mut(&tenant) {
            share.held -= 1;
        }
        sharing.forget_if_done(tenant);
        self.give(&mut sharing);
    }

    /// The counts are whole after every statement that may panic.
    fn locked(&self) -> MutexGuard<'_, Sharing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sharing {
    /// The tenant whose turn it is: of those that wait and hold fewest, the one
    /// whose first has waited longest.
    fn next(&self) -> Option<TenantId> {
        let below = self.tenants.iter().filter(|(_, share)| share.held < self.most);
        let first = below.filter_map(|(tenant, share)| Some((share.held, share.waiting.front()?.0, *tenant)));
        first.min_by_key(|(held, came, _)| (*held, *came)).map(|(.., tenant)| tenant)
    }

    fn forget_if_done(&mut self, tenant: TenantId) {
        let done = |share: &Share| share.held == 0 && share.waiting.is_empty();
        if self.tenants.get(&tenant).is_some_and(done) {
            self.tenants.remove(&tenant);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((places, tenant)) = self.holder.take() {
            places.give_back(tenant);
        }
    }
}
