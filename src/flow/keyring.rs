//! The keys of callers, remembered for a moment: most requests come with a key
//! that has just been looked up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::key::FoundKey;

/// How long a key is remembered. A key that was revoked is forgotten at once,
/// in other processes as soon as they hear of it; this is for those that don't.
const AGE: Duration = Duration::from_secs(5);
/// As many as are remembered.
const MOST: usize = 10_000;

/// A clone is another handle on the same keyring.
#[derive(Debug, Clone, Default)]
pub(super) struct Keyring(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<[u8; 32], (FoundKey, Instant)>,
    /// Grows whenever keys are forgotten.
    epoch: u64,
}

impl Keyring {
    /// The key with this hash, if it is remembered. Whether it is live must be
    /// seen to.
    pub(super) fn lookup(&self, hash: &[u8; 32]) -> Option<FoundKey> {
        let known = self.known();
        let (key, at) = known.keys.get(hash)?;
        (at.elapsed() < AGE).then(|| key.clone())
    }

    /// Names what has been forgotten so far; to be asked for before a key is
    /// looked up.
    pub(super) fn epoch(&self) -> u64 {
        self.known().epoch
    }

    /// Remembers a key that was looked up, unless keys were forgotten meanwhile.
    pub(super) fn remember(&self, hash: [u8; 32], key: &FoundKey, epoch: u64) {
        let mut known = self.known();
        if known.epoch != epoch {
            return;
        }
        if known.keys.len() >= MOST {
            known.keys.clear();
        }
        known.keys.insert(hash, (key.clone(), Clock::monotonic()));
    }

    /// Forgets all keys.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        known.keys.clear();
        known.epoch += 1;
    }

    /// The map is whole after every statement, so a panic elsewhere spoils
    /// nothing.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
