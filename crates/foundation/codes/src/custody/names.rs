//! The keys of the house by name.

use std::fmt;

use crate::code::KeyVersion;

/// The name of a key, with its version. A name says what may be done with the key ([`KeyUse`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    slot: u8,
    version: KeyVersion,
}

/// What a key may be used for; every other use is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// AES-256 permutation of blocks.
    Permute,
    /// Deriving keys for the permutation of blocks.
    Derive,
    /// HMAC-SHA256.
    Mac,
    /// Ed25519.
    Sign,
    /// X25519, HPKE.
    Open,
    /// AES-256-GCM.
    Seal,
}

/// Slot, label in files and errors, use. A label is for ever: files carry it.
const TABLE: [(&str, KeyUse); 14] = [
    ("medical-k1", KeyUse::Permute),
    ("insurance-k1", KeyUse::Permute),
    ("medical-k2", KeyUse::Permute),
    ("medical-org", KeyUse::Derive),
    ("insurance-k2", KeyUse::Permute),
    ("insurance-org", KeyUse::Derive),
    ("my-number", KeyUse::Permute),
    ("ledger-sign", KeyUse::Sign),
    ("ledger-seal", KeyUse::Seal),
    ("ledger-digest", KeyUse::Mac),
    ("envelope", KeyUse::Open),
    ("row-seal", KeyUse::Seal),
    ("grant-sign", KeyUse::Sign),
    ("witness-sign", KeyUse::Sign),
];

impl KeyName {
    /// The issuer's key of the medical domain.
    pub const MEDICAL_K1: Self = Self::first(0);
    /// The issuer's key of the insurance domain.
    pub const INSURANCE_K1: Self = Self::first(1);
    /// The relay's key of the medical domain.
    pub const MEDICAL_K2: Self = Self::first(2);
    /// The relay's key from which those of the organisations are derived.
    pub const MEDICAL_ORG: Self = Self::first(3);
    /// The eligibility service's key of the insurance domain.
    pub const INSURANCE_K2: Self = Self::first(4);
    /// The eligibility service's key from which those of the organisations are derived.
    pub const INSURANCE_ORG: Self = Self::first(5);
    /// Permutes My Numbers at rest.
    pub const MY_NUMBER: Self = Self::first(6);
    /// Signs ledger checkpoints.
    pub const LEDGER_SIGN: Self = Self::first(7);
    /// Seals ledger entries.
    pub const LEDGER_SEAL: Self = Self::first(8);
    /// Digests persons in ledger leaves.
    pub const LEDGER_DIGEST: Self = Self::first(9);
    /// Opens envelopes.
    pub const ENVELOPE: Self = Self::first(10);
    /// Seals rows at rest.
    pub const ROW_SEAL: Self = Self::first(11);
    /// Signs grants.
    pub const GRANT_SIGN: Self = Self::first(12);
    /// Cosigns the heads of others' ledgers, and signs what the overseer orders.
    pub const WITNESS_SIGN: Self = Self::first(13);

    const fn first(slot: u8) -> Self {
        Self { slot, version: KeyVersion::FIRST }
    }

    /// The same key in another version.
    #[must_use]
    pub const fn version(self, version: KeyVersion) -> Self {
        Self { slot: self.slot, version }
    }

    /// One more than the highest [`Self::index`].
    pub(super) const INDEXES: usize = TABLE.len() * 16;

    /// A small number of its own, for a table of keys in memory.
    pub(super) const fn index(&self) -> usize {
        // `as` cannot lose anything here, and `From` is not const.
        self.slot as usize * 16 + self.version.number() as usize
    }

    /// Its label, without version.
    #[must_use]
    pub fn label(&self) -> &'static str {
        TABLE.get(usize::from(self.slot)).map_or("", |(label, _)| label)
    }

    /// What it may be used for.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        TABLE.get(usize::from(self.slot)).map_or(KeyUse::Mac, |(_, key_use)| *key_use)
    }

    /// The key with this label and version, as files carry them.
    pub(super) fn find(label: &str, version: u8) -> Option<Self> {
        let slot = TABLE.iter().position(|(known, _)| *known == label)?;
        Some(Self { slot: u8::try_from(slot).ok()?, version: KeyVersion::new(version)? })
    }

    /// Its version.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.version
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.label(), self.version.number())
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unique_and_found() {
        for (slot, (label, key_use)) in TABLE.iter().enumerate() {
            let name = KeyName::find(label, 1).unwrap();
            assert_eq!((usize::from(name.slot), name.key_use()), (slot, *key_use));
        }
        assert_eq!(KeyName::find("grant-sign", 1), Some(KeyName::GRANT_SIGN));
        assert_eq!(KeyName::MEDICAL_K1.version(KeyVersion::new(2).unwrap()).to_string(), "medical-k1/2");
        assert!(KeyName::find("medical-k1", 0).is_none() && KeyName::find("k9", 1).is_none());
    }
}
