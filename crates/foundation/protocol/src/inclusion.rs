//! Proof that an entry stands in a log: made by the role that keeps the log, checked by whoever shows the entry.
//!
//! Two heads are given: the newest, which the log's own key signed, and the newest that a witness cosigned. A path leads to
//! the cosigned head where that holds the entry, else to the signed one.

use calendar::Timestamp;
use codes::OrgId;
use data_encoding::BASE64;
use ledger::{
    Algorithm, Checkpoint, Hash, Ledger, LedgerError, NoteKey, SignedNote, cosigned_at, verify_consistency,
    verify_inclusion,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ledger::origin;

/// The heads of a log as its keeper gives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heads {
    /// The newest checkpoint (C2SP signed note): every entry of the answer is under it.
    pub signed: String,
    /// The newest checkpoint that a witness cosigned, with its cosignature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosigned: Option<String>,
    /// RFC 6962 proof that the cosigned head is a beginning of the signed one, base64; empty without a cosigned one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<String>,
}

/// Where an entry stands, and the way from it to a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inclusion {
    /// Leaf number.
    pub index: u64,
    /// The leaf's hash, base64.
    pub hash: String,
    /// Size of the head that the path leads to: that of the signed or of the cosigned one.
    pub size: u64,
    /// RFC 6962 audit path, leaf to root, base64.
    pub path: Vec<String>,
}

/// Makes proofs for one answer.
pub struct Prover<'a> {
    ledger: &'a Ledger,
    signed: u64,
    cosigned: Option<u64>,
    heads: Heads,
}

/// The heads of [`Heads`] with every signature checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHeads {
    /// The newest.
    pub signed: Checkpoint,
    /// The newest that the witness cosigned, and when it did.
    pub cosigned: Option<(Checkpoint, Timestamp)>,
    /// The same head where the witness's key is not known, or did not sign: one of the log's own, no more.
    pub older: Option<Checkpoint>,
}

/// Why heads are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadProblem {
    /// A note that cannot be read, of another log, or that the log's key did not sign.
    #[error("the head is not signed by the log's key (台帳の署名が確かめられません)")]
    NotSigned,
    /// What the witness cosigned is no beginning of the log as it is now.
    #[error("the log is not the one that the witness saw (監督機関が見た台帳と合いません)")]
    Forked,
}

impl<'a> Prover<'a> {
    /// Proofs for entries below `size`.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn new(ledger: &'a Ledger, size: u64) -> Result<Self, LedgerError> {
        let signed = ledger.checkpoint_covering(size).await?;
        let signed_size = head(&signed).map_or(0, |head| head.size);
        let cosigned = ledger.cosigned()?;
        let cosigned_size = cosigned.as_deref().and_then(head).map(|head| head.size);
        // A cosigned head may be newer than the one signed a moment ago; a later reading shows it.
        let (cosigned, cosigned_size) = match cosigned_size {
            Some(size) if size <= signed_size => (cosigned, Some(size)),
            _ => (None, None),
        };
        let consistency = match cosigned_size {
            Some(old) => ledger.consistency_proof(old, signed_size)?,
            None => Vec::new(),
        };
        let heads = Heads { signed, cosigned, consistency: consistency.iter().map(text).collect() };
        Ok(Self { ledger, signed: signed_size, cosigned: cosigned_size, heads })
    }

    /// The proof of one entry.
    ///
    /// # Errors
    /// The ledger's.
    pub fn prove(&self, index: u64) -> Result<Inclusion, LedgerError> {
        let size = self.cosigned.filter(|size| index < *size).unwrap_or(self.signed);
        let path = self.ledger.inclusion_proof(index, size)?;
        let hash = Hash::leaf(&self.ledger.leaf_bytes(index)?);
        Ok(Inclusion { index, hash: text(&hash), size, path: path.iter().map(text).collect() })
    }

    /// The heads that the proofs lead to.
    pub fn into_heads(self) -> Heads {
        self.heads
    }
}

impl Heads {
    /// Checks every signature, and that the cosigned head is a beginning of the signed one. `key` is the key of the log of
    /// `log`; `witness` the witness's, without which nothing counts as cosigned.
    ///
    /// # Errors
    /// See [`HeadProblem`].
    pub fn open(
        &self,
        log: &OrgId,
        key: [u8; 32],
        witness: Option<&NoteKey>,
    ) -> Result<OpenHeads, HeadProblem> {
        let origin = origin(log);
        let key = NoteKey::new(&origin, Algorithm::Ed25519, key).map_err(|_| HeadProblem::NotSigned)?;
        let read = |note: &str| -> Option<Checkpoint> {
            let note: SignedNote = note.parse().ok()?;
            let head: Checkpoint = note.text.parse().ok()?;
            (head.origin == origin && note.verify(&key).is_ok()).then_some(head)
        };
        let signed = read(&self.signed).ok_or(HeadProblem::NotSigned)?;
        let Some(note) = &self.cosigned else {
            return Ok(OpenHeads { signed, cosigned: None, older: None });
        };
        let older = read(note).ok_or(HeadProblem::NotSigned)?;
        let path: Option<Vec<Hash>> = self.consistency.iter().map(|text| hash(text)).collect();
        let path = path.ok_or(HeadProblem::Forked)?;
        if !verify_consistency(older.size, &older.root, signed.size, &signed.root, &path) {
            return Err(HeadProblem::Forked);
        }
        let at = witness.and_then(|witness| cosigned_at(note, witness).ok().flatten());
        Ok(match at {
            None => OpenHeads { signed, cosigned: None, older: Some(older) },
            Some(at) => {
                let at = Timestamp::from_millis(i64::try_from(at).unwrap_or(0).saturating_mul(1_000));
                OpenHeads { signed, cosigned: Some((older, at)), older: None }
            }
        })
    }
}

impl OpenHeads {
    /// The head of this size, and whether a witness cosigned it.
    pub fn of(&self, size: u64) -> Option<(&Checkpoint, bool)> {
        match &self.cosigned {
            Some((head, _)) if head.size == size => Some((head, true)),
            _ => [Some(&self.signed), self.older.as_ref()]
                .into_iter()
                .flatten()
                .find(|head| head.size == size)
                .map(|head| (head, false)),
        }
    }

    /// Whether the proof leads to one of the heads.
    pub fn proves(&self, proof: &Inclusion) -> bool {
        let path: Option<Vec<Hash>> = proof.path.iter().map(|text| hash(text)).collect();
        match (self.of(proof.size), hash(&proof.hash), path) {
            (Some((head, _)), Some(leaf), Some(path)) => {
                verify_inclusion(&leaf, proof.index, head.size, &path, &head.root)
            }
            _ => false,
        }
    }
}

fn head(note: &str) -> Option<Checkpoint> {
    note.parse::<SignedNote>().ok()?.text.parse().ok()
}

fn text(hash: &Hash) -> String {
    BASE64.encode(&hash.0)
}

fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text.as_bytes()).ok()?.try_into().ok().map(Hash)
}
