//! A type per kind of code and per domain: none can be taken for another.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use subtle::ConstantTimeEq;

use crate::custody::KeyName;

mod sealed {
    pub trait Sealed {}
}

/// A code domain: its own keys, its own prefixes; codes of two domains never meet.
pub trait Domain: sealed::Sealed + Copy + Send + Sync + 'static {
    /// Name of the domain: `medical` or `insurance`.
    const NAME: &'static str;
    /// The issuer's key.
    const K1: KeyName;
    /// The second custodian's key.
    const K2: KeyName;
    /// The second custodian's key from which those of the organisations are derived.
    const ORG: KeyName;
    /// First letter of the text prefix.
    const LETTER: char;
}

/// 医療等分野: opt-in; the relay is the second custodian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medical {}

/// 保険資格: everyone insured; the eligibility service is the second custodian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insurance {}

impl sealed::Sealed for Medical {}
impl sealed::Sealed for Insurance {}

impl Domain for Medical {
    const NAME: &'static str = "medical";
    const K1: KeyName = KeyName::MEDICAL_K1;
    const K2: KeyName = KeyName::MEDICAL_K2;
    const ORG: KeyName = KeyName::MEDICAL_ORG;
    const LETTER: char = 'm';
}

impl Domain for Insurance {
    const NAME: &'static str = "insurance";
    const K1: KeyName = KeyName::INSURANCE_K1;
    const K2: KeyName = KeyName::INSURANCE_K2;
    const ORG: KeyName = KeyName::INSURANCE_ORG;
    const LETTER: char = 'i';
}

/// 連携用符号: what the issuer hands to the second custodian; names nobody outside those two.
/// Text: `ml_…` or `il_…`.
pub struct LinkCode<D>([u8; 16], PhantomData<fn() -> D>);

/// The code at the root of a person's organisation codes in one domain; only the second custodian holds it (and,
/// in the insurance domain, the card's chip). Text: `mi_…` or `ic_…`.
pub struct RootCode<D>([u8; 16], PhantomData<fn() -> D>);

/// 医療等ID（仮称）: the opt-in code of a person for medicine and care.
pub type MedicalId = RootCode<Medical>;

/// 保険資格符号（仮称）: one per insured person, unchanged when the insurer changes.
pub type InsuranceCode = RootCode<Insurance>;

/// 機関別符号: the code by which one organisation knows a person; one byte of epoch and 16 of code.
/// Text: `mo_…` or `io_…`.
pub struct OrgCode<D>([u8; 17], PhantomData<fn() -> D>);

/// What the three kinds share: bytes in and out, constant-time equality, order, hash, silent `Debug`.
macro_rules! code_bytes {
    ($name:ident, $size:literal) => {
        impl<D> $name<D> {
            /// The code with these bytes. Nothing is verified: opening tells.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $size]) -> Self {
                Self(bytes, PhantomData)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// Its bytes by value.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; $size] {
                self.0
            }
        }

        impl<D> Clone for $name<D> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<D> Copy for $name<D> {}

        /// Constant time: how far two codes agree does not show.
        impl<D> PartialEq for $name<D> {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl<D> Eq for $name<D> {}

        impl<D> PartialOrd for $name<D> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl<D> Ord for $name<D> {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.cmp(&other.0)
            }
        }

        impl<D> Hash for $name<D> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl<D: Domain> fmt::Debug for $name<D> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "<{}>(…)"), D::NAME)
            }
        }
    };
}

code_bytes!(LinkCode, 16);
code_bytes!(RootCode, 16);
code_bytes!(OrgCode, 17);

impl<D> OrgCode<D> {
    /// The code of this epoch with this block.
    #[must_use]
    pub const fn new(epoch: u8, block: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = block;
        Self::from_bytes([epoch, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// Which of the organisation's keys it was made with.
    #[must_use]
    pub const fn epoch(&self) -> u8 {
        let [epoch, ..] = self.0;
        epoch
    }

    /// The code without its epoch.
    #[must_use]
    pub const fn block(&self) -> [u8; 16] {
        let [_, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = self.0;
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}
