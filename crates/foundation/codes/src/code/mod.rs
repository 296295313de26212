//! The invisible codes (見えない番号・電磁的な符号): computed, never stored, never read by people.
//!
//! `block → (K1, issuer) → link → (K2, relay or eligibility) → root → (key of the organisation) → organisation
//! code`. Every arrow is AES-256 as a permutation of 128-bit blocks: packing is injective and a permutation is a
//! bijection, so two persons never share a code and no table is needed to know it.

mod block;
mod services;
mod text;
mod types;

pub use block::{CodeError, Facet, Generation, KeyVersion, RootBlock, RootBlockInput};
pub use services::{DomainCodes, EpochWindow, IssuerCodes};
pub use text::CodeTextError;
pub use types::{Domain, Insurance, InsuranceCode, LinkCode, Medical, MedicalId, OrgCode, RootCode};

#[cfg(test)]
mod tests;
