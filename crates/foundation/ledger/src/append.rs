//! The appending thread: many entries, one fdatasync.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use crate::{LedgerError, hash::Hash, shared::Shared, tile, wal::Wal};

/// Sealed leaves on their way into the log.
pub(crate) struct Job {
    /// The leaves as in a bundle.
    pub(crate) entries: Vec<u8>,
    /// Their hashes.
    pub(crate) hashes: Vec<Hash>,
    /// Told the index of the first once all are durable.
    pub(crate) reply: oneshot::Sender<Result<u64, LedgerError>>,
}

/// Serves the queue until its last sender is gone.
pub(crate) fn serve(shared: &Arc<Shared>, mut wal: Wal, mut queue: mpsc::Receiver<Job>, frame: usize) {
    // When the last write began and how many shared it, if they were many.
    let mut crowded = None;
    while let Some(first) = queue.blocking_recv() {
        if let Some((last, many)) = crowded {
            // Others are on their way: on a fast disk one sync for all of them costs less than one for each few. When as many
            // are back as shared the last write, nobody is waited for.
            while queue.len() + 1 < many && Instant::elapsed(&last) < GATHER {
                thread::sleep(LOOK);
            }
        }
        let begun = Instant::now();
        let mut length = first.entries.len();
        let mut batch = vec![first];
        while length < frame
            && let Ok(job) = queue.try_recv()
        {
            length += job.entries.len();
            batch.push(job);
        }
        let outcome = write(shared, &mut wal, &batch);
        crowded = (batch.len() >= CROWD).then_some((begun, batch.len()));
        if let Err(error) = &outcome {
            shared.fail(error);
        }
        answer(shared, batch, outcome);
    }
}

/// Makes the batch durable and then visible; answers the index of its first entry.
fn write(shared: &Shared, wal: &mut Wal, batch: &[Job]) -> Result<u64, LedgerError> {
    shared.healthy()?;
    let first = shared.state.size();
    let entries: Vec<&[u8]> = batch.iter().map(|job| &job.entries[..]).collect();
    let hashes: Vec<Hash> = batch.iter().flat_map(|job| job.hashes.iter().copied()).collect();
    wal.append(first, &entries, &hashes)?;
    let all = batch.iter().flat_map(|job| encoded(&job.entries).zip(&job.hashes));
    shared.state.change(|edge| all.for_each(|(entry, hash)| edge.push(entry, *hash)));
    Ok(first)
}

/// The entries of a bundle with their length prefixes.
pub(crate) fn encoded(bundle: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bundle;
    tile::entries(bundle).map_while(move |entry| {
        let (head, tail) = rest.split_at_checked(entry?.len() + 2)?;
        rest = tail;
        Some(head)
    })
}

fn answer(shared: &Shared, batch: Vec<Job>, outcome: Result<u64, LedgerError>) {
    let written = outcome.clone().ok();
    let mut next = outcome;
    for job in batch {
        let count = job.hashes.len() as u64;
        // A caller that went away does not want the answer; the entry stands.
        let _ = job.reply.send(next.clone());
        next = next.map(|index| index + count);
    }
    if let Some(before) = written {
        shared.appended(before);
    }
}

/// Jobs in a batch that make the next one wait for company.
const CROWD: usize = 4;
/// The longest that the next write waits for the crowd, from the beginning of the last.
const GATHER: Duration = Duration::from_micros(1600);
/// How often it is looked whether all are back.
const LOOK: Duration = Duration::from_micros(150);
