//! Records between institutions (DESIGN §5): [`ask`] is the asker's side, [`give`] the holder's, [`stream`] the sealed form in
//! which records travel between them.

mod ask;
mod emergency;
mod give;
mod problems;
mod stream;

use std::collections::HashMap;
use std::sync::Mutex;

use calendar::Timestamp;
use codes::ExchangeId;

pub use ask::{Gathered, Order, Received, Source, Unreached, Why};
pub use emergency::Declaration;
pub use give::Giving;

/// Grants that the person ended: what is under way stops at its next chunk. Held in memory beside the table, because a
/// transfer asks at every chunk.
#[derive(Debug, Default)]
pub struct Ended(Mutex<HashMap<ExchangeId, Timestamp>>);

impl Ended {
    fn put(&self, grants: &[ExchangeId], until: Timestamp, now: Timestamp) {
        let mut ended = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ended.retain(|_, until| *until > now);
        ended.extend(grants.iter().map(|grant| (*grant, until)));
    }

    fn has(&self, grant: &ExchangeId) -> bool {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains_key(grant)
    }
}

/// Most resources that one exchange brings from one holder.
pub const RESOURCES_MAX: usize = 20_000;
