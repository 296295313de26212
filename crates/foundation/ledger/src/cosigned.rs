//! Keeping what witnesses say about the log.

use std::{path::Path, sync::PoisonError, time::Duration};

use crate::{
    Ledger, LedgerError,
    checkpoint::Checkpoint,
    cosignature, disk,
    keeper::CHECKPOINT,
    note::{NoteError, NoteKey, SignedNote},
    tree,
    witness::AddCheckpoint,
};

impl Ledger {
    /// Accepts the cosignature of `witness` (a key of [`crate::Algorithm::CosignatureV1`]) in `note`: a checkpoint of this
    /// log, signed by it, with the witness's line. Keeps the note if it is newer than the one kept, or adds the
    /// witness to it if it is the same. Answers the time the witness states, seconds since 1970.
    ///
    /// # Errors
    /// [`LedgerError::Note`] when it cannot be read or a signature does not fit, [`LedgerError::Origin`] for another
    /// log, [`LedgerError::Rollback`] or [`LedgerError::Fork`] when the witness saw what is not here,
    /// [`LedgerError::StaleCosignature`] when a larger tree was cosigned already.
    pub fn accept_cosignature(&self, witness: &NoteKey, note: &str) -> Result<u64, LedgerError> {
        let shared = self.shared();
        let refused = |error| LedgerError::Note { place: witness.name().to_owned(), error };
        let offered: SignedNote = note.parse().map_err(refused)?;
        let head: Checkpoint = offered.text.parse().map_err(refused)?;
        if head.origin != shared.origin {
            return Err(LedgerError::Origin { expected: shared.origin.clone(), found: head.origin });
        }
        offered.verify(&shared.key).map_err(refused)?;
        let line = offered.signatures.iter().find(|signature| witness.claims(signature));
        let line = line.ok_or_else(|| refused(NoteError::NotSigned(witness.name().to_owned())))?;
        let time = cosignature::check(witness, &offered.text, line).map_err(refused)?;
        self.same_log(&head)?;

        let _one_at_a_time = shared.cosigning.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = SignedNote { text: offered.text.clone(), signatures: Vec::new() };
        kept.signatures
            .extend(offered.signatures.iter().filter(|line| shared.key.claims(line)).take(1).cloned());
        if let Some(before) = read(&shared.directory)? {
            let size = head_of(&before, &shared.directory)?.size;
            if size > head.size {
                return Err(LedgerError::StaleCosignature { kept: size, found: head.size });
            }
            if before.text == kept.text {
                kept = before;
            }
        }
        kept.signatures.retain(|line| !witness.claims(line));
        kept.signatures.push(line.clone());
        remember_witness(&shared.directory, witness)?;
        disk::replace(&shared.directory.join(COSIGNED), kept.to_string().as_bytes())?;
        shared.cosigned.send_modify(|cosigned| cosigned.size = head.size);
        Ok(time)
    }

    /// The newest checkpoint that a witness cosigned, with all its cosignatures.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::Corrupt`].
    pub fn cosigned(&self) -> Result<Option<String>, LedgerError> {
        Ok(read(&self.shared().directory)?.map(|note| note.to_string()))
    }

    /// The request by which the newest signed head is submitted to a witness whose last cosigned head had `old` entries.
    ///
    /// # Errors
    /// [`LedgerError::Rollback`] when the witness saw more than was ever signed here.
    pub fn add_checkpoint(&self, old: u64) -> Result<AddCheckpoint, LedgerError> {
        let published = self.shared().published.borrow().clone();
        let head = published.checkpoint;
        if old > head.size {
            return Err(LedgerError::Rollback { signed: old, found: head.size });
        }
        let proof =
            if old == 0 { Vec::new() } else { tree::consistency(&self.shared().state, old, head.size)? };
        let place = || self.shared().directory.join(CHECKPOINT);
        let note = published.note.parse().map_err(|error| LedgerError::note(&place(), error))?;
        Ok(AddCheckpoint { old, proof, note, head })
    }

    /// Waits until a head of more than `size` entries is signed, and answers its size.
    ///
    /// # Errors
    /// [`LedgerError::Closed`], [`LedgerError::Failed`].
    pub async fn signed_beyond(&self, size: u64) -> Result<u64, LedgerError> {
        let shared = self.shared();
        let mut published = shared.published.subscribe();
        let found = published
            .wait_for(|published| published.checkpoint.size > size || shared.healthy().is_err())
            .await
            .map_err(|_| LedgerError::Closed)?
            .checkpoint
            .size;
        if found > size { Ok(found) } else { shared.healthy().and(Err(LedgerError::Closed)) }
    }

    /// Whoever submits heads to the witness says whether it answered: only then is a cosignature waited for.
    pub fn set_attended(&self, attended: bool) {
        self.shared().cosigned.send_modify(|cosigned| cosigned.attended = attended);
    }

    /// A head of at least `size` entries, with its cosignatures if a witness gives them within `patience`; otherwise as
    /// signed by this log alone. Nothing is waited for while no witness answers.
    ///
    /// # Errors
    /// See [`Ledger::checkpoint_covering`].
    pub async fn head_covering(&self, size: u64, patience: Duration) -> Result<String, LedgerError> {
        let mut cosigned = self.shared().cosigned.subscribe();
        let signed =
            if cosigned.borrow().size >= size { None } else { Some(self.checkpoint_covering(size).await?) };
        let covered = cosigned.wait_for(|cosigned| cosigned.size >= size || !cosigned.attended);
        let covered = tokio::time::timeout(patience, covered).await;
        if covered.is_ok_and(|found| found.is_ok_and(|cosigned| cosigned.size >= size))
            && let Some(note) = self.cosigned()?
        {
            return Ok(note);
        }
        match signed {
            Some(note) => Ok(note),
            None => self.checkpoint_covering(size).await,
        }
    }

    /// Whether `head`, seen by somebody earlier, is a beginning of this log: what detects a restored older copy of the
    /// whole directory, which nothing inside it can show.
    ///
    /// # Errors
    /// [`LedgerError::Rollback`], [`LedgerError::Fork`].
    pub fn same_log(&self, head: &Checkpoint) -> Result<(), LedgerError> {
        if head.size > self.size() {
            return Err(LedgerError::Rollback { signed: head.size, found: self.size() });
        }
        let found = self.root(head.size)?;
        if found == head.root {
            Ok(())
        } else {
            Err(LedgerError::Fork { size: head.size, signed: head.root, found })
        }
    }
}

/// The cosigned checkpoint kept in `directory`.
pub(crate) fn read(directory: &Path) -> Result<Option<SignedNote>, LedgerError> {
    let path = directory.join(COSIGNED);
    let Some(text) = read_text(&path)? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| LedgerError::note(&path, error))
}

/// The checkpoint in a cosigned note.
pub(crate) fn head_of(note: &SignedNote, directory: &Path) -> Result<Checkpoint, LedgerError> {
    note.text.parse().map_err(|error| LedgerError::note(&directory.join(COSIGNED), error))
}

/// The keys of the witnesses whose cosignatures were accepted.
pub(crate) fn witnesses(directory: &Path) -> Result<Vec<NoteKey>, LedgerError> {
    let path = directory.join(WITNESSES);
    let text = read_text(&path)?.unwrap_or_default();
    text.lines().map(|line| line.parse().map_err(|error| LedgerError::note(&path, error))).collect()
}

/// Writes the key of a witness beside the cosignatures, so that they can be verified with nothing but the directory.
fn remember_witness(directory: &Path, witness: &NoteKey) -> Result<(), LedgerError> {
    let mut known = witnesses(directory)?;
    if known.contains(witness) {
        return Ok(());
    }
    known.push(witness.clone());
    let text: String = known.iter().map(|key| format!("{key}\n")).collect();
    disk::replace(&directory.join(WITNESSES), text.as_bytes())
}

fn read_text(path: &Path) -> Result<Option<String>, LedgerError> {
    let Some(bytes) = disk::read(path)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|_| LedgerError::corrupt(path, "not UTF-8"))
}

/// Name of the file of the newest cosigned checkpoint.
pub(crate) const COSIGNED: &str = "cosigned";
/// Name of the file of the witnesses' keys.
pub(crate) const WITNESSES: &str = "witnesses";
