//! Who stands at the counter: from the card's read until the person leaves, or ten minutes without a word.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use calendar::Timestamp;
use data_encoding::HEXLOWER;
use my_number::SealedMyNumber;
use ring::rand::{SecureRandom, SystemRandom};

/// How long a visit lasts without anything being done, in milliseconds.
const IDLE_MILLIS: i64 = 10 * 60_000;

/// The visits of one counter, in memory only: a restart sends everybody back to the reader.
#[derive(Clone, Default)]
pub(super) struct Visits(Arc<Mutex<HashMap<String, Visit>>>);

/// A person at the counter.
#[derive(Clone)]
pub(super) struct Visit {
    /// Who.
    pub person: SealedMyNumber,
    /// The card on the reader.
    pub card: String,
    until: Timestamp,
}

impl Visits {
    /// Begins a visit; `None` when the system gives no random numbers.
    pub(super) fn begin(&self, person: SealedMyNumber, card: String, now: Timestamp) -> Option<String> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let key = HEXLOWER.encode(&bytes);
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visits.retain(|_, visit| visit.until > now);
        visits.insert(key.clone(), Visit { person, card, until: now.add_millis(IDLE_MILLIS) });
        Some(key)
    }

    /// The visit of a key, which goes on.
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<Visit> {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let visit = visits.get_mut(key).filter(|visit| visit.until > now)?;
        visit.until = now.add_millis(IDLE_MILLIS);
        Some(visit.clone())
    }

    /// Ends a visit.
    pub(super) fn end(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_by_itself_or_when_the_person_leaves() {
        let visits = Visits::default();
        let at = Timestamp::from_millis;
        let key = visits.begin(SealedMyNumber::from_bytes([1; 16]), "p1".into(), at(0)).unwrap();
        assert!(visits.get(&key, at(IDLE_MILLIS - 1)).is_some(), "looking keeps it going");
        assert!(visits.get(&key, at(2 * IDLE_MILLIS - 2)).is_some());
        assert!(visits.get(&key, at(4 * IDLE_MILLIS)).is_none());
        let key = visits.begin(SealedMyNumber::from_bytes([1; 16]), "p1".into(), at(0)).unwrap();
        visits.end(&key);
        assert!(visits.get(&key, at(1)).is_none() && visits.get("", at(1)).is_none());
    }
}
