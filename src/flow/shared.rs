//! Readings that are shared: whoever asks while one goes on gets the next one,
//! together with all others who asked meanwhile. Each sees what was committed
//! before it asked; alone nobody waits.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tracing::Instrument as _;

/// Who waits for the next reading of something; of what is not here nothing is
/// being read.
type UnderWay<K, V> = HashMap<K, Vec<oneshot::Sender<V>>>;

/// A clone is another handle on the same readings.
#[derive(Debug, Clone)]
pub(super) struct Shared<K, V>(Arc<Mutex<UnderWay<K, V>>>);

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Shared<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// What is read of `key` by a reading that begins from now on; `None` if it
    /// failed.
    pub(super) async fn read<F>(&self, key: K, reading: impl Fn() -> F + Send + 'static) -> Option<V>
    where
        F: Future<Output = Option<V>> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        if let Some(first) = self.join(&key, sender) {
            let shared = self.clone();
            // Whoever asked first may leave; the others are served all the same.
            let readings = async move {
                let mut waiting = vec![first];
                while !waiting.is_empty() {
                    // A task of its own: one that panics leaves nobody waiting for ever.
                    let read = tokio::spawn(reading().in_current_span()).await.ok().flatten();
                    if let Some(value) = read {
                        waiting.drain(..).for_each(|one| drop(one.send(value.clone())));
                    }
                    waiting = shared.next(&key);
                }
            };
            tokio::spawn(readings.in_current_span());
        }
        answer.await.ok()
    }

    /// Joins those who wait for the next reading; with none under way, the
    /// sender comes back, whose reading begins.
    fn join(&self, key: &K, sender: oneshot::Sender<V>) -> Option<oneshot::Sender<V>> {
        let mut under_way = self.locked();
        if let Some(waiting) = under_way.get_mut(key) {
            waiting.push(sender);
            return None;
        }
        under_way.insert(key.clone(), Vec::new());
        Some(sender)
    }

    /// Whom the next reading is for; nobody: there is none.
    fn next(&self, key: &K) -> Vec<oneshot::Sender<V>> {
        let mut under_way = self.locked();
        let waiting = under_way.get_mut(key).map(std::mem::take).unwrap_or_default();
        if waiting.is_empty() {
            under_way.remove(key);
        }
        waiting
    }

    /// The map is whole after every statement, so a panic elsewhere spoils
    /// nothing.
    fn locked(&self) -> MutexGuard<'_, UnderWay<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
