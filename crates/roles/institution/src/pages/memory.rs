//! What the pages remember of a desk session: in memory only, for a working day.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use calendar::Timestamp;

/// Values by key, each forgotten after [`LIFE`] (画面の記憶). A restart forgets all: people are then asked again.
#[derive(Clone, Debug)]
pub struct Memory<K, V>(Arc<Mutex<HashMap<K, (Timestamp, V)>>>);

/// As long as a desk session, in milliseconds.
const LIFE: i64 = 12 * 3_600_000;
/// More than any desk needs; a flood forgets the oldest.
const MOST: usize = 10_000;

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Memory<K, V> {
    /// Remembers.
    pub fn put(&self, key: K, value: V, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| at.millis_until(now) < LIFE);
        if kept.len() >= MOST {
            let oldest = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
            oldest.map(|key| kept.remove(&key));
        }
        kept.insert(key, (now, value));
    }

    /// What is remembered.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| at.millis_until(now) < LIFE).map(|(_, value)| value.clone())
    }

    /// Forgets.
    pub fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_no_longer_and_no_more_than_can_be_kept() {
        let memory = Memory::default();
        let now = Timestamp::from_seconds(1_800_000_000);
        memory.put(0, "a", now);
        assert_eq!(memory.get(&0, now.add_millis(LIFE - 1)), Some("a"));
        assert_eq!(memory.get(&0, now.add_millis(LIFE)), None);
        for key in 1..=MOST {
            memory.put(key, "b", now.add_millis(1));
        }
        assert_eq!(memory.get(&0, now), None, "the oldest went");
        assert_eq!(memory.get(&MOST, now), Some("b"));
        memory.forget(&MOST);
        assert_eq!(memory.get(&MOST, now), None);
    }
}
