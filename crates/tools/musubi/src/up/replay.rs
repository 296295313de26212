//! The town's clock: the time of day, but for the moments in which the town's past is played again.

use std::sync::atomic::{AtomicI64, Ordering};

use calendar::{Clock, Date, SystemClock, Timestamp};

/// Shows the time of day, or a moment of the past while one is set.
#[derive(Default)]
pub struct ReplayClock(AtomicI64);

impl ReplayClock {
    /// Shows `at` until [`Self::present`].
    pub fn show(&self, at: Timestamp) {
        self.0.store(at.as_millis(), Ordering::Release);
    }

    /// Shows the time of day again.
    pub fn present(&self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::Acquire) {
            0 => SystemClock.now(),
            past => Timestamp::from_millis(past),
        }
    }

    fn today(&self) -> Date {
        self.now().date()
    }
}
