//! Tiles and bundles and their places (c2sp.org/tlog-tiles).

use std::{fmt, str::FromStr};

use crate::hash::Hash;

/// A file of the log: 256 hashes of one level or 256 entries, or the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Position among its kind, from 0.
    pub index: u64,
    /// How many: 256 for a full one, 1 to 255 for a partial one.
    pub width: u16,
}

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Entries, each preceded by its length in 16 bits, big endian.
    Entries,
    /// Hashes of this level, 0 to 63; one of level 1 is the root of a full tile of level 0, and so on.
    Hashes(u8),
}

impl Tile {
    /// A full tile.
    pub fn full(kind: TileKind, index: u64) -> Self {
        Self { kind, index, width: FULL }
    }
}

/// The path under the log's directory or URL, with slashes.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (position, group) in groups.iter().enumerate().rev() {
            match position {
                0 => write!(f, "{group:03}")?,
                _ => write!(f, "x{group:03}/")?,
            }
        }
        if self.width < FULL { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Reads a path; `Err` is the path that is not one. Only the canonical form is accepted, so that a path from
/// outside never leaves the directory.
impl FromStr for Tile {
    type Err = String;

    fn from_str(path: &str) -> Result<Self, String> {
        let refuse = || path.to_owned();
        let rest = path.strip_prefix("tile/").ok_or_else(refuse)?;
        let (kind, rest) = rest.split_once('/').ok_or_else(refuse)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(level.parse().ok().filter(|level| *level < 64).ok_or_else(refuse)?),
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => {
                (groups, width.parse().ok().filter(|w| (1..FULL).contains(w)).ok_or_else(refuse)?)
            }
            None => (rest, FULL),
        };
        let mut index = 0_u64;
        for group in groups.split('/') {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().map_err(|_| refuse())?;
            index = index.checked_mul(1000).and_then(|index| index.checked_add(digits)).ok_or_else(refuse)?;
        }
        let tile = Self { kind, index, width };
        if tile.to_string() == path { Ok(tile) } else { Err(refuse()) }
    }
}

/// Hashes or entries in a full tile.
pub(crate) const FULL: u16 = 256;

/// The bytes of a tile of hashes.
pub(crate) fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes in the bytes of a tile; `None` if they are not a multiple of 32 bytes.
pub(crate) fn decode_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, []) = bytes.as_chunks::<32>() else { return None };
    Some(hashes.iter().copied().map(Hash).collect())
}

/// Appends an entry to a bundle; its length must fit 16 bits.
pub(crate) fn push_entry(bundle: &mut Vec<u8>, length: u16, parts: [&[u8]; 2]) {
    bundle.extend_from_slice(&length.to_be_bytes());
    parts.iter().for_each(|part| bundle.extend_from_slice(part));
}

/// The entries of a bundle one after the other; a last `None` where the bytes do not add up.
pub(crate) fn entries(bundle: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = bundle;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = split_entry(rest);
        rest = entry.map_or(&[], |(_, tail)| tail);
        Some(entry.map(|(entry, _)| entry))
    })
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |kind, index, width| Tile { kind, index, width }.to_string();
        assert_eq!(path(TileKind::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(TileKind::Hashes(1), 0, 17), "tile/1/000.p/17");
        assert_eq!(path(TileKind::Entries, 273, 112), "tile/entries/273.p/112");
        for bad in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/64/000",
            "tile/00/000",
            "tile/0/0000",
            "tile/0/00",
            "tile/0/+01",
            "tile/0/x000/001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/../0/000",
            "tile/0/../000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(bad.parse::<Tile>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn paths_read_back(level in 0_u8..64, entries: bool, index: u64, width in 1_u16..=256) {
            let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
            let tile = Tile { kind, index, width };
            prop_assert_eq!(tile.to_string().parse::<Tile>(), Ok(tile));
        }

        #[test]
        fn any_bundle_reads_without_harm(bytes: Vec<u8>) {
            let total: usize = entries(&bytes).flatten().map(|entry| entry.len() + 2).sum();
            prop_assert_eq!(total == bytes.len(), entries(&bytes).all(|entry| entry.is_some()));
        }
    }
}
