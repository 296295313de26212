//! Key schedules derived for a context, kept ready: read without a lock, bounded, emptied whole when full.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use aes::Aes256;
use arc_swap::ArcSwap;

/// Places of a table. A schedule takes about 1 KiB, so a full table about 24 MiB.
const PLACES: usize = 1 << 15;

/// How many places are filled before the table is emptied: enough for every institution that is active in the
/// same minutes, few enough that a search meets a free place soon.
const FULL: usize = PLACES / 4 * 3;

/// A bounded cache of AES-256 key schedules by derivation context.
///
/// A filled place never changes, so a reader needs no lock and no reference count; when the table is full a fresh
/// one takes its place and the old one is erased as its last reader leaves. Filling anew costs a key derivation
/// (about a microsecond) a context.
pub(super) struct ScheduleCache {
    table: ArcSwap<Table>,
    seed: u64,
}

struct Table {
    places: Box<[OnceLock<Box<Entry>>]>,
    filled: AtomicUsize,
}

struct Entry {
    context: Context,
    schedule: Aes256,
}

/// Longest context that is kept, in bytes; a longer one is derived each time. Inline, because what is read with
/// the schedule should lie beside it.
const CONTEXT_LIMIT: usize = 48;

#[derive(Clone, PartialEq)]
struct Context {
    length: usize,
    bytes: [u8; CONTEXT_LIMIT],
}

impl Context {
    fn new(bytes: &[u8]) -> Option<Self> {
        let mut context = Self { length: bytes.len(), bytes: [0; CONTEXT_LIMIT] };
        context.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(context)
    }
}

impl ScheduleCache {
    pub(super) fn new() -> Self {
        Self { table: ArcSwap::from_pointee(Table::new()), seed: rand::random() }
    }

    /// Uses the schedule of `context`, made by `derive` where it is not at hand.
    pub(super) fn with<T>(
        &self,
        context: &[u8],
        derive: impl Fn() -> Aes256,
        then: impl FnOnce(&Aes256) -> T,
    ) -> T {
        let hash = hash(self.seed, context);
        let Some(context) = Context::new(context) else { return then(&derive()) };
        let table = self.table.load();
        if let Some(schedule) = table.find_or_fill(hash, &context, &derive) {
            return then(schedule);
        }
        let fresh = Arc::new(Table::new());
        self.table.compare_and_swap(&table, Arc::clone(&fresh));
        match fresh.find_or_fill(hash, &context, &derive) {
            Some(schedule) => then(schedule),
            None => then(&derive()),
        }
    }
}

impl Table {
    fn new() -> Self {
        Self { places: (0..PLACES).map(|_| OnceLock::new()).collect(), filled: AtomicUsize::new(0) }
    }

    /// The schedule of `context`, from its place or into a free one; `None` where the table is full.
    fn find_or_fill(&self, hash: u64, context: &Context, derive: impl Fn() -> Aes256) -> Option<&Aes256> {
        let start = usize::try_from(hash >> 32).unwrap_or_default() % PLACES;
        let (before, after) = self.places.split_at_checked(start)?;
        for place in after.iter().chain(before) {
            if place.get().is_none() {
                if self.filled.load(Ordering::Relaxed) >= FULL {
                    return None;
                }
                let entry = Entry { context: context.clone(), schedule: derive() };
                if place.set(Box::new(entry)).is_ok() {
                    self.filled.fetch_add(1, Ordering::Relaxed);
                }
            }
            // Filled by us, or by another thread meanwhile: perhaps with another context.
            if let Some(entry) = place.get().filter(|entry| entry.context == *context) {
                return Some(&entry.schedule);
            }
        }
        None
    }
}

/// A fast hash with a secret seed. Colliding contexts, even chosen ones, only cost time: a place is known by its
/// whole context.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = bytes.as_chunks::<8>();
    let last = rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(ODD);
        u64::try_from((product >> 64) ^ (product & u128::from(u64::MAX))).unwrap_or_default()
    };
    let hash = words.iter().fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(mix(hash, last), seed)
}
