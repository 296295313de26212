//! Hashes of the Merkle tree, RFC 6962 section 2.1 over SHA-256.

use std::fmt;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// A SHA-256 hash of a leaf or of a subtree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of the tree without leaves: the hash of nothing.
    pub fn empty_root() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf: SHA-256 over 0x00 and its bytes.
    pub fn leaf(bytes: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(bytes).finalize().into())
    }

    /// The hash of an inner node: SHA-256 over 0x01 and its children.
    pub fn node(left: &Self, right: &Self) -> Self {
        let mut input = [0; 65];
        let (prefix, children) = input.split_at_mut(1);
        let (first, second) = children.split_at_mut(32);
        prefix.copy_from_slice(&[1]);
        first.copy_from_slice(&left.0);
        second.copy_from_slice(&right.0);
        Self(Sha256::digest(input).into())
    }

    /// The root of a complete subtree whose nodes of one level are `hashes`; their count is a power of two.
    pub(crate) fn of_complete(hashes: &[Self]) -> Self {
        let mut level = hashes.to_vec();
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => Self::node(left, right),
                    odd => odd.first().copied().unwrap_or_else(Self::empty_root),
                })
                .collect();
        }
        level.first().copied().unwrap_or_else(Self::empty_root)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_hashes() {
        // RFC 6962 implementations agree on these: the empty tree and the leaf without bytes.
        assert_eq!(Hash::empty_root().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(Hash::leaf(b"").to_string(), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
    }

    #[test]
    fn a_complete_subtree_folds_in_pairs() {
        let leaves: Vec<Hash> = (0..4_u8).map(|byte| Hash::leaf(&[byte])).collect();
        let left = Hash::node(&leaves[0], &leaves[1]);
        let right = Hash::node(&leaves[2], &leaves[3]);
        assert_eq!(Hash::of_complete(&leaves), Hash::node(&left, &right));
        assert_eq!(Hash::of_complete(&leaves[..1]), leaves[0]);
    }
}
