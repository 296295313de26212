//! Witness cosignatures (c2sp.org/tlog-cosignature, Ed25519): "at this time the largest consistent head that I
//! have seen of this log is this one".

use codes::{Custody, KeyName};

use crate::{
    LedgerError,
    note::{Algorithm, NoteError, NoteKey, NoteSignature},
};

/// Makes the cosignature of the witness `name` over a checkpoint's `text` at `time` (seconds since 1970).
/// Whoever calls it has verified that the checkpoint extends the one cosigned before.
///
/// # Errors
/// Custody's refusal, or a name that a note cannot carry.
pub fn cosign(
    custody: &dyn Custody,
    key: &KeyName,
    name: &str,
    text: &str,
    time: u64,
) -> Result<NoteSignature, LedgerError> {
    let public = custody.verifying_key(key)?;
    let witness = NoteKey::new(name, Algorithm::CosignatureV1, public)
        .map_err(|error| LedgerError::Note { place: name.to_owned(), error })?;
    let signature = custody.sign(key, &message(text, time))?;
    let bytes = [&time.to_be_bytes()[..], &signature].concat();
    Ok(NoteSignature { name: name.to_owned(), key_id: witness.id(), bytes })
}

/// Verifies one cosignature line over `text` and answers its time, seconds since 1970.
pub(crate) fn check(witness: &NoteKey, text: &str, signature: &NoteSignature) -> Result<u64, NoteError> {
    let bad = || NoteError::BadSignature(witness.name().to_owned());
    let (time, bytes) = signature.bytes.split_first_chunk().ok_or_else(bad)?;
    let time = u64::from_be_bytes(*time);
    if i64::try_from(time).is_err() {
        return Err(bad());
    }
    witness.check(&message(text, time), bytes)?;
    Ok(time)
}

fn message(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}
