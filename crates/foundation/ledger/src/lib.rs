//! Tamper-evident log (改ざん検知台帳): tiles, checkpoints, proofs, witness cosignature.
//!
//! Every exchange leaves an entry before anything is disclosed. Entries are leaves of a Merkle tree (RFC 6962) laid out as
//! C2SP tlog-tiles; its head is a signed checkpoint that witnesses cosign. A leaf holds no personal content in clear: a
//! keyed digest of the person, the exchange, and a sealed body.
//!
//! - An [`Entry`] is durable when [`Ledger::append`] answers; a kill -9 at any instant loses nothing acknowledged.
//! - A checkpoint never goes back. A ledger whose files hold less than was signed does not open.
//! - After a failed write nothing more is accepted until the ledger is opened again.
//! - [`verify()`] re-hashes everything and names the first problem.
//!
//! On disk: `checkpoint`, `cosigned`, `witnesses`, `tile/<level>/<n>`, `tile/entries/<n>` (partial ones `.p/<w>`),
//! `wal/<sequence>` (where entries become durable before their tiles are), `lock`.

mod append;
mod checkpoint;
mod cosignature;
mod cosigned;
mod disk;
mod error;
mod hash;
mod keeper;
mod leaf;
mod ledger;
mod note;
mod open;
mod proof;
mod shared;
mod state;
mod tail;
mod tile;
mod tree;
mod verify;
mod wal;
mod witness;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use cosignature::cosign;
pub use error::LedgerError;
pub use hash::Hash;
pub use leaf::{Entry, Leaf, LeafError, MAX_BODY, OpenedEntry, PersonDigest};
pub use ledger::{Ledger, Receipt};
pub use note::{Algorithm, MAX_NOTE, MAX_SIGNATURES, NoteError, NoteKey, NoteSignature, SignedNote};
pub use proof::{verify_consistency, verify_inclusion};
pub use tail::Tail;
pub use tile::{Tile, TileKind};
pub use verify::{Problem, VerifyReport, verify};
pub use witness::{AddCheckpoint, MAX_PROOF, WitnessRefusal, WitnessedHead, cosigned_at};
