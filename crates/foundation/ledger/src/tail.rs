//! Following the log: what indexers, mirrors and the oversight do.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    LedgerError, OpenedEntry,
    leaf::Leaf,
    ledger::{BUNDLE, open_leaf},
    shared::Shared,
    tile,
};

/// A position in the log that moves forward. It does not keep the ledger open.
pub struct Tail {
    shared: Arc<Shared>,
    sizes: watch::Receiver<u64>,
    next: u64,
    bundle: Option<(u64, Vec<Vec<u8>>)>,
}

impl Tail {
    pub(crate) fn new(shared: Arc<Shared>, next: u64) -> Self {
        Self { sizes: shared.sizes.subscribe(), shared, next, bundle: None }
    }

    /// Index of the entry that comes next.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The next entry, waiting for it if need be; safe to cancel. [`LedgerError::Closed`] when the ledger was closed
    /// and there is none.
    ///
    /// # Errors
    /// See [`crate::Ledger::read_entry`]. The position stays.
    pub async fn next(&mut self) -> Result<OpenedEntry, LedgerError> {
        let (next, shared) = (self.next, Arc::clone(&self.shared));
        self.sizes.wait_for(|size| *size > next || shared.closed()).await.map_err(|_| LedgerError::Closed)?;
        self.try_next()?.ok_or(LedgerError::Closed)
    }

    /// The next entry if it is there already.
    ///
    /// # Errors
    /// See [`Tail::next`].
    pub fn try_next(&mut self) -> Result<Option<OpenedEntry>, LedgerError> {
        let (index, custody) = (self.next, Arc::clone(&self.shared.custody));
        self.advance(|leaf| open_leaf(&*custody, index, leaf))
    }

    /// Index of the next entry and what `read` makes of its leaf, whose body stays sealed; if it is there already.
    ///
    /// # Errors
    /// See [`Tail::next`].
    pub fn try_next_leaf<T>(
        &mut self,
        read: impl FnOnce(&Leaf<'_>) -> T,
    ) -> Result<Option<(u64, T)>, LedgerError> {
        let index = self.next;
        self.advance(|leaf| Ok((index, read(&Leaf::decode(leaf)?))))
    }

    fn advance<T>(
        &mut self,
        read: impl FnOnce(&[u8]) -> Result<T, LedgerError>,
    ) -> Result<Option<T>, LedgerError> {
        if self.next >= self.shared.state.size() {
            return Ok(None);
        }
        let found = read(&self.leaf()?)?;
        self.next += 1;
        Ok(Some(found))
    }

    /// The leaf at the position; a bundle is read once for all its entries.
    fn leaf(&mut self) -> Result<Vec<u8>, LedgerError> {
        let (number, position) = (self.next / BUNDLE, (self.next % BUNDLE) as usize);
        if let Some((held, leaves)) = &self.bundle
            && *held == number
            && let Some(leaf) = leaves.get(position)
        {
            return Ok(leaf.clone());
        }
        let bundle = self.shared.state.bundle(self.next)?;
        self.bundle = Some((number, tile::entries(&bundle).flatten().map(<[u8]>::to_vec).collect()));
        self.shared.state.leaf(self.next)
    }
}
