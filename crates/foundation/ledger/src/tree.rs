//! The Merkle tree over tiles: roots and proofs (RFC 6962 section 2.1).

use std::ops::Range;

use crate::{LedgerError, hash::Hash};

/// Where the nodes of tiles come from: memory, disk or both.
pub(crate) trait Tiles {
    /// The node over the hashes `range` of tile `index` on `level`; their count is a power of two.
    fn node(&self, level: u8, index: u64, range: Range<usize>) -> Result<Hash, LedgerError>;
}

/// The nodes of a full tile, from its hashes up to the two below its root.
pub(crate) struct Nodes(Vec<Vec<Hash>>);

impl Nodes {
    /// Computes the inner nodes over the hashes of a full tile.
    pub(crate) fn new(hashes: Vec<Hash>) -> Self {
        let mut rows = vec![hashes];
        while let Some(row) = rows.last().filter(|row| row.len() > 2) {
            let (pairs, _) = row.as_chunks::<2>();
            let above = pairs.iter().map(|[left, right]| Hash::node(left, right)).collect();
            rows.push(above);
        }
        Self(rows)
    }

    /// The node over the hashes `range`.
    pub(crate) fn over(&self, range: &Range<usize>) -> Option<Hash> {
        let height = range.len().trailing_zeros();
        self.0.get(height as usize)?.get(range.start >> height).copied()
    }
}

/// Root of the first `size` leaves.
pub(crate) fn root(tiles: &dyn Tiles, size: u64) -> Result<Hash, LedgerError> {
    if size == 0 { Ok(Hash::empty_root()) } else { range(tiles, 0, size) }
}

/// Proof that leaf `index` is in the tree of `size` leaves; `index < size`.
pub(crate) fn inclusion(tiles: &dyn Tiles, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(tiles, middle, end)?);
            end = middle;
        } else {
            path.push(range(tiles, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proof that the tree of `old` leaves is the beginning of the tree of `new` leaves; `old <= new`.
pub(crate) fn consistency(tiles: &dyn Tiles, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range(tiles, middle, end)?);
            end = middle;
        } else {
            path.push(range(tiles, start, middle)?);
            start = middle;
        }
    }
    // The old root is known to the verifier when the old tree is this very subtree from the first leaf on.
    if start != 0 {
        path.push(range(tiles, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Root over the leaves `start..end`, as the recursion of the RFC cuts them.
fn range(tiles: &dyn Tiles, start: u64, end: u64) -> Result<Hash, LedgerError> {
    let length = end - start;
    if length.is_power_of_two() {
        return complete(tiles, start, length);
    }
    let middle = start + split(length);
    Ok(Hash::node(&complete(tiles, start, middle - start)?, &range(tiles, middle, end)?))
}

/// Root of a complete subtree: the node over some consecutive hashes of one tile.
fn complete(tiles: &dyn Tiles, start: u64, length: u64) -> Result<Hash, LedgerError> {
    let height = length.trailing_zeros();
    let level = height / 8;
    let first = start >> (8 * level);
    let offset = (first % 256) as usize;
    // A level goes up to 63 / 8.
    tiles.node(level as u8, first / 256, offset..offset + (1 << (height % 8)))
}

/// The largest power of two smaller than `length`, which is at least 2.
fn split(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}
