//! How often somebody may try something. Kept in memory: a restart forgives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// In which time tries are counted, in milliseconds.
const WINDOW_MILLIS: i64 = 3_600_000;

/// Most names that are counted at once; beyond it the oldest tries are forgotten.
const NAMES_MAX: usize = 100_000;

/// Tries of the last hour, by whatever names who tries.
#[derive(Clone, Default)]
pub struct Limits(Arc<Mutex<HashMap<[u8; 32], Vec<i64>>>>);

impl Limits {
    /// Counts a try at `now` (Unix milliseconds); false when there were `most` in the last hour already.
    pub fn allows(&self, name: &[u8; 32], most: usize, now: i64) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= NAMES_MAX {
            tries.retain(|_, times| times.last().is_some_and(|last| *last > now - WINDOW_MILLIS));
        }
        if tries.len() >= NAMES_MAX && !tries.contains_key(name) {
            return false;
        }
        let times = tries.entry(*name).or_default();
        times.retain(|time| *time > now - WINDOW_MILLIS);
        if times.len() >= most {
            return false;
        }
        times.push(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_for_an_hour_and_each_for_themself() {
        let limits = Limits::default();
        for now in 0..5 {
            assert!(limits.allows(&[1; 32], 5, now));
        }
        assert!(!limits.allows(&[1; 32], 5, 5));
        assert!(limits.allows(&[2; 32], 5, 5));
        assert!(limits.allows(&[1; 32], 5, WINDOW_MILLIS), "the first is an hour old");
        assert!(!limits.allows(&[1; 32], 5, WINDOW_MILLIS));
    }
}
