//! Key schedules derived for a context, kept ready: read without a lock, bounded, replaced slot by slot.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use aes::Aes256;
use arc_swap::ArcSwapOption;

/// Slots of a cache. A schedule takes about 1 KiB: at most 16 MiB, and each busy organisation has its own.
const SLOTS: usize = 1 << 14;

/// How many neighbouring slots a context may take, so that two busy ones do not evict each other.
const WAYS: usize = 4;

/// A bounded cache of AES-256 key schedules by derivation context.
pub(super) struct ScheduleCache {
    slots: Box<[ArcSwapOption<Entry>]>,
    hasher: RandomState,
}

struct Entry {
    context: Box<[u8]>,
    schedule: Aes256,
}

impl ScheduleCache {
    pub(super) fn new() -> Self {
        let slots = (0..SLOTS).map(|_| ArcSwapOption::empty()).collect();
        Self { slots, hasher: RandomState::new() }
    }

    /// Uses the schedule of `context`, made by `derive` where it is not at hand.
    pub(super) fn with<T>(
        &self,
        context: &[u8],
        derive: impl FnOnce() -> Aes256,
        then: impl FnOnce(&Aes256) -> T,
    ) -> T {
        let hash = self.hasher.hash_one(context);
        let ways = self.ways(hash);
        for slot in ways {
            if let Some(entry) = slot.load().as_ref().filter(|entry| *entry.context == *context) {
                return then(&entry.schedule);
            }
        }
        let entry = Arc::new(Entry { context: context.into(), schedule: derive() });
        let empty = ways.iter().find(|slot| slot.load().is_none());
        let chosen = usize::try_from(hash >> 60).unwrap_or_default() % WAYS;
        if let Some(slot) = empty.or_else(|| ways.get(chosen)) {
            slot.store(Some(Arc::clone(&entry)));
        }
        then(&entry.schedule)
    }

    fn ways(&self, hash: u64) -> &[ArcSwapOption<Entry>] {
        let sets = SLOTS / WAYS;
        let set = usize::try_from(hash & 0xFFFF_FFFF).unwrap_or_default() % sets;
        self.slots.get(set * WAYS..(set + 1) * WAYS).unwrap_or_default()
    }
}
