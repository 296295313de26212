//! Who may ask: organisations, roles, purposes, legal bases; decisions are policy.
//!
//! A role asks [`Policy::decide`] before it does anything for another organisation. The answer names the rule of the
//! reviewed table (`purposes.toml`) and the law it rests on, or says in Japanese and English why not. There is no
//! third answer, and no `if` of a role may widen it.

mod decision;
mod directory;
mod grant;
mod policy;
mod presence;
mod table;
mod words;

pub use decision::{Decision, Denial, DenialRule, Permit, require_same};
pub use directory::{Directory, DirectoryError, Organisation, Status, VerifyingKey};
pub use grant::{GRANT_LIFE_MILLIS, GRANT_LIMIT, Grant, GrantError, SignedGrant};
pub use policy::{Asking, Policy};
pub use presence::Presence;
pub use table::{LegalBasis, PurposeText, Rule, Table, TableError};
pub use words::{Action, Purpose, UnknownWord};
