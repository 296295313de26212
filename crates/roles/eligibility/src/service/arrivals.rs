//! The order of arrival in time: a question about "what was known then" never changes its answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use calendar::Timestamp;

/// Gives arriving reports their time, later than every moment that was asked about.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The latest moment asked about or given.
    horizon: i64,
    /// Times given to reports that are not yet durable, with how many carry each.
    under_way: BTreeMap<i64, usize>,
}

/// A report or file on its way into the store.
pub struct Arrival {
    at: i64,
    arrivals: Arrivals,
}

impl Arrivals {
    /// Begins an arrival at `now`.
    pub fn begin(&self, now: Timestamp) -> Arrival {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = now.as_millis().max(state.horizon + 1);
        *state.under_way.entry(at).or_default() += 1;
        Arrival { at, arrivals: self.clone() }
    }

    /// True when everything known at `moment` is in the store, and nothing will be added to that moment.
    pub fn settle(&self, moment: Timestamp) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.horizon = state.horizon.max(moment.as_millis());
        state.under_way.first_key_value().is_none_or(|(earliest, _)| *earliest > moment.as_millis())
    }
}

impl Arrival {
    /// Its time.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut state = self.arrivals.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = state.under_way.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                state.under_way.remove(&self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_arrives_at_a_moment_that_was_asked_about() {
        let arrivals = Arrivals::default();
        let noon = Timestamp::from_millis(1_700_000_000_000);
        assert!(arrivals.settle(noon));
        let arrival = arrivals.begin(noon);
        assert!(arrival.at() > noon);
        assert!(arrivals.settle(noon));
        let later = noon.add_millis(5);
        assert!(!arrivals.settle(later), "a report of that moment is still under way");
        drop(arrival);
        assert!(arrivals.settle(later));
        assert!(arrivals.begin(noon).at() > later);
    }
}
