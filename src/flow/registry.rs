//! Requests of one name that are running in this process: repeats of one
//! idempotency key, reports of one sender. They wait here, without a
//! connection, instead of in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

type Name = (Uuid, String);
type Turns = Arc<Mutex<HashMap<Name, Arc<tokio::sync::Mutex<()>>>>>;

/// The running requests by owner and name.
#[derive(Debug, Clone, Default)]
pub(super) struct Registry {
    turns: Turns,
}

/// The right to run a request; it passes on when this is dropped.
pub(super) struct Turn {
    guard: Option<OwnedMutexGuard<()>>,
    turns: Turns,
    name: Name,
}

impl Registry {
    /// Waits for the turn of what `owner` calls so, with this patience. `None`:
    /// the other request still runs.
    pub(super) async fn turn(&self, owner: Uuid, name: &str, patience: Duration) -> Option<Turn> {
        let name = (owner, name.to_owned());
        let lock = Arc::clone(locked(&self.turns).entry(name.clone()).or_default());
        let guard = tokio::time::timeout(patience, lock.lock_owned()).await.ok()?;
        Some(Turn { guard: Some(guard), turns: Arc::clone(&self.turns), name })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = locked(&self.turns);
        drop(self.guard.take());
        // Whoever waits holds a clone beside the one in the map.
        if turns.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            turns.remove(&self.name);
        }
    }
}

/// The map is whole after every statement, so a panic elsewhere spoils nothing.
fn locked(turns: &Turns) -> MutexGuard<'_, HashMap<Name, Arc<tokio::sync::Mutex<()>>>> {
    turns.lock().unwrap_or_else(PoisonError::into_inner)
}
