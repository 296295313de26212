//! A closure without its types, and the slot that its answer waits in.
//!
//! Roles hand in hundreds of closures. What is generic over them is compiled for each of them, so it is only what is
//! here and in [`Db`](crate::Db)'s four doors; the stores behind see one kind of read and one kind of write.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Reader, StoreError, Tx};

/// A read on its way to the store; it is run at most once.
pub(crate) type ReadWork = dyn FnMut(&mut Reader<'_>) + Send;
/// A write on its way to the store: whether its own answer is `Ok`.
pub(crate) type WriteWork = dyn FnMut(&mut Tx<'_>) -> bool + Send;
/// What a store says of a closure: `Ok` when the closure's own answer counts, otherwise what is said instead.
pub(crate) type Outcome = Result<(), StoreError>;

/// Erases the types of a read.
pub(crate) fn read_work<T, E>(
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
) -> (Box<ReadWork>, Slot<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let slot = Slot(Arc::default());
    let (answer, mut read) = (Arc::clone(&slot.0), Some(read));
    let work = move |reader: &mut Reader<'_>| {
        if let Some(read) = read.take() {
            put(&answer, read(reader));
        }
    };
    (Box::new(work), slot)
}

/// Erases the types of a write.
pub(crate) fn write_work<T, E>(
    mut write: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> (Box<WriteWork>, Slot<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let slot = Slot(Arc::default());
    let answer = Arc::clone(&slot.0);
    (Box::new(move |tx: &mut Tx<'_>| put(&answer, write(tx))), slot)
}

/// Where a closure leaves its answer for the caller.
pub(crate) struct Slot<T, E>(Answer<T, E>);

type Answer<T, E> = Arc<Mutex<Option<Result<T, E>>>>;

impl<T, E: From<StoreError>> Slot<T, E> {
    /// The answer, unless the store says another one.
    pub(crate) fn take(self, outcome: Outcome) -> Result<T, E> {
        outcome?;
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| Err(StoreError::Closed.into()))
    }
}

/// Leaves an answer, in place of that of an earlier attempt; whether it is `Ok`.
fn put<T, E>(slot: &Answer<T, E>, answer: Result<T, E>) -> bool {
    let kept = answer.is_ok();
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    kept
}
