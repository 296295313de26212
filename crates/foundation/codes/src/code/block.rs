//! The root block: what a code is the encipherment of.

use crate::custody::CustodyError;
use crate::numbers::ResidentCode;

/// 世代: how often a person's code was changed; 0 to 4095.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u16);

impl Generation {
    /// The highest generation.
    pub const LAST: Self = Self(4095);

    /// The generation with this number, below 4096.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number <= Self::LAST.0 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The next one, unless all 4,096 are used up.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }
}

/// 使い分け: a separate code for a part of one's history; 0 is the ordinary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facet(pub u16);

/// Under which version of the custodians' keys a block was enciphered; 1 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(u8);

impl KeyVersion {
    /// The first version.
    pub const FIRST: Self = Self(1);

    /// The version with this number, 1 to 15 (0 is left out so that an all-zero block is no code).
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 15 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The next version, unless this is the last.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    /// This version and the ones before it, newest first.
    pub fn and_before(self) -> impl Iterator<Item = Self> {
        (1..=self.0).rev().map(Self)
    }
}

/// What the issuer enciphers: `version(4) ‖ 0(59) ‖ resident(37) ‖ generation(12) ‖ facet(16)`, 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootBlock {
    /// Key version under which it is enciphered.
    pub version: KeyVersion,
    /// Whose code.
    pub resident: ResidentCode,
    /// Which change of it.
    pub generation: Generation,
    /// Which part of the person's history.
    pub facet: Facet,
}

/// A root block without its version, which the service adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootBlockInput {
    /// Whose code.
    pub resident: ResidentCode,
    /// Which change of it.
    pub generation: Generation,
    /// Which part of the person's history.
    pub facet: Facet,
}

impl RootBlockInput {
    /// The ordinary code of a person: first generation, facet 0.
    #[must_use]
    pub fn first(resident: ResidentCode) -> Self {
        Self { resident, generation: Generation::default(), facet: Facet::default() }
    }

    /// The block under a key version.
    #[must_use]
    pub fn under(self, version: KeyVersion) -> RootBlock {
        RootBlock { version, resident: self.resident, generation: self.generation, facet: self.facet }
    }
}

const VERSION_SHIFT: u32 = 124;
const RESIDENT_SHIFT: u32 = 28;
const GENERATION_SHIFT: u32 = 16;
const RESIDENT_BITS: u32 = 37;
/// Bits 65 to 123, between version and resident code: always zero.
const ZERO_BITS: u128 = ((1 << VERSION_SHIFT) - 1) & !((1 << (RESIDENT_SHIFT + RESIDENT_BITS)) - 1);

impl RootBlock {
    /// The block as 16 bytes.
    #[must_use]
    pub fn pack(&self) -> [u8; 16] {
        let packed = (u128::from(self.version.0) << VERSION_SHIFT)
            | (u128::from(self.resident.value()) << RESIDENT_SHIFT)
            | (u128::from(self.generation.0) << GENERATION_SHIFT)
            | u128::from(self.facet.0);
        packed.to_be_bytes()
    }

    /// Reads 16 deciphered bytes.
    ///
    /// # Errors
    /// [`CodeError::Forged`] where the 59 zero bits are not zero, the version is 0 or the resident code is no
    /// number of eleven digits: a made-up code passes with a chance below 2^-59.
    pub fn unpack(bytes: &[u8; 16]) -> Result<Self, CodeError> {
        let packed = u128::from_be_bytes(*bytes);
        let field = |shift: u32, bits: u32| u64::try_from((packed >> shift) & ((1 << bits) - 1)).ok();
        if packed & ZERO_BITS != 0 {
            return Err(CodeError::Forged);
        }
        let version = field(VERSION_SHIFT, 4).and_then(|v| KeyVersion::new(u8::try_from(v).ok()?));
        let resident = field(RESIDENT_SHIFT, RESIDENT_BITS).and_then(|v| ResidentCode::from_value(v).ok());
        let generation = field(GENERATION_SHIFT, 12).and_then(|v| Generation::new(u16::try_from(v).ok()?));
        let facet = field(0, 16).and_then(|v| u16::try_from(v).ok()).map(Facet);
        match (version, resident, generation, facet) {
            (Some(version), Some(resident), Some(generation), Some(facet)) => {
                Ok(Self { version, resident, generation, facet })
            }
            _ => Err(CodeError::Forged),
        }
    }
}

/// Why a code could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The bytes decipher to nothing we ever enciphered. Says no more, on purpose.
    #[error("the code is not one of ours")]
    Forged,
    /// The code's epoch is neither the current nor the previous one.
    #[error("the organisation code has epoch {found}; accepted: {accepted}")]
    Epoch {
        /// The epoch of the code.
        found: u8,
        /// The epochs accepted.
        accepted: EpochList,
    },
    /// The custodian could not use its key.
    #[error(transparent)]
    Custody(#[from] CustodyError),
}

/// The epochs that are accepted, for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochList {
    pub(crate) current: u8,
    pub(crate) previous: Option<u8>,
}

impl std::fmt::Display for EpochList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.current)?;
        self.previous.map_or(Ok(()), |previous| write!(f, " and {previous}"))
    }
}

impl CodeError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Forged => "この符号は発行されたものではありません".to_owned(),
            Self::Epoch { found, accepted } => {
                format!("機関別符号の世代（epoch）{found}は受け付けていません（有効: {accepted}）")
            }
            Self::Custody(error) => error.ja(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block() -> impl Strategy<Value = RootBlock> {
        (1u8..16, 0..ResidentCode::LIMIT, 0u16..4096, any::<u16>()).prop_map(|(v, r, g, f)| RootBlock {
            version: KeyVersion::new(v).unwrap(),
            resident: ResidentCode::from_value(r).unwrap(),
            generation: Generation::new(g).unwrap(),
            facet: Facet(f),
        })
    }

    #[test]
    fn zero_bits_are_fifty_nine() {
        assert_eq!(ZERO_BITS.count_ones(), 59);
    }

    #[test]
    fn layout_is_the_documented_one() {
        let block = RootBlock {
            version: KeyVersion::new(15).unwrap(),
            resident: ResidentCode::from_value(1).unwrap(),
            generation: Generation::LAST,
            facet: Facet(0xABCD),
        };
        assert_eq!(block.pack(), 0xF000_0000_0000_0000_0000_0000_1FFF_ABCDu128.to_be_bytes());
    }

    proptest! {
        #[test]
        fn packing_is_injective(a in block(), b in block()) {
            prop_assert_eq!(RootBlock::unpack(&a.pack()).unwrap(), a);
            prop_assert_eq!(a.pack() == b.pack(), a == b);
        }

        #[test]
        fn any_zero_bit_set_is_a_forgery(a in block(), bit in 65u32..124) {
            let forged = u128::from_be_bytes(a.pack()) | (1 << bit);
            prop_assert!(RootBlock::unpack(&forged.to_be_bytes()).is_err());
        }

        #[test]
        fn whatever_unpacks_packs_back(bytes: [u8; 16], mask in any::<bool>()) {
            let mut packed = u128::from_be_bytes(bytes);
            if mask { packed &= !ZERO_BITS; }
            if let Ok(block) = RootBlock::unpack(&packed.to_be_bytes()) {
                prop_assert_eq!(block.pack(), packed.to_be_bytes());
            }
        }
    }
}
