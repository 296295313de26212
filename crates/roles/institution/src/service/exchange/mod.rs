//! Records between institutions (DESIGN §5): [`ask`] is the asker's side, [`give`] the holder's.

mod ask;
mod delay;
mod emergency;
mod give;
mod problems;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use calendar::Timestamp;
use codes::ExchangeId;

pub(super) use ask::ASKED;
pub use ask::{Gathered, Order, Received, Source, Why};
pub use emergency::Declaration;
pub(super) use give::GIVEN;
pub use give::{Giving, Over};
pub use protocol::record_stream::Unreached;

/// The grants of the last minutes: each is good once, and not after its person ended it. In memory, because a transfer asks at
/// every chunk; after a start it is filled again from the ledger (used ones) and the table (ended ones).
#[derive(Debug, Default)]
pub struct Grants(Mutex<HashMap<ExchangeId, Shown>>);

#[derive(Clone, Copy, Debug)]
struct Shown {
    until: Timestamp,
    ended: bool,
}

impl Grants {
    /// Takes a grant: true for one that was neither used nor ended.
    fn take(&self, grant: ExchangeId, until: Timestamp) -> bool {
        match self.lock().entry(grant) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(Shown { until, ended: false });
                true
            }
        }
    }

    /// Ends grants, and forgets those whose time is over.
    fn end(&self, grants: impl IntoIterator<Item = (ExchangeId, Timestamp)>, now: Timestamp) {
        let mut known = self.lock();
        known.retain(|_, shown| shown.until > now);
        known.extend(grants.into_iter().map(|(grant, until)| (grant, Shown { until, ended: true })));
    }

    fn has_ended(&self, grant: &ExchangeId) -> bool {
        self.lock().get(grant).is_some_and(|shown| shown.ended)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExchangeId, Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Most resources that one exchange brings from one holder.
pub const RESOURCES_MAX: usize = 20_000;
