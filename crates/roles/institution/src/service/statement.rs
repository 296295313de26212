//! Whether a reader's statement is to be believed, before anything is asked on its strength.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, VerifyingKey};
use protocol::{
    eligibility::{PROOF_LIFE_SECONDS, Presented, ReadProof},
    reader::{CardRead, ReadOrder, ReaderMode, ReaderStatement},
};
use sha2::{Digest, Sha256};

use crate::error::StatementError;

/// Verifies that an enrolled reader signed exactly what was ordered, and that what is presented is what it read.
///
/// # Errors
/// [`StatementError`], the first thing that does not fit.
pub fn verify(read: &CardRead, order: &ReadOrder, enrolled: &[String]) -> Result<(), StatementError> {
    let statement = &read.statement;
    verify_signature(statement, enrolled)?;
    let facts = &statement.facts;
    if facts.institution != order.institution || facts.terminal != order.terminal {
        return Err(StatementError::OtherDesk);
    }
    if facts.mode != order.mode {
        return Err(StatementError::OtherMode);
    }
    let age = order.at.millis_until(facts.at).abs();
    if facts.nonce != HEXLOWER_PERMISSIVE.encode(&order.nonce) || age > PROOF_LIFE_SECONDS * 1000 {
        return Err(StatementError::OtherRead);
    }
    let proof = proof_of(&read.presented).ok_or(StatementError::OtherMaterial)?;
    let same = proof.mode == facts.mode && proof.at == facts.at && proof.nonce == facts.nonce;
    let material = material(&read.presented, facts.mode);
    if !same || proof.statement != statement.digest() || material.is_some_and(|m| m != facts.material) {
        return Err(StatementError::OtherMaterial);
    }
    Ok(())
}

/// SHA-256 of what the card gave. With a PIN, the road of the insurance code presents no signature: what the
/// reader digested cannot be computed here, and the statement's own digest binds it.
fn material(presented: &Presented, mode: ReaderMode) -> Option<String> {
    let digest = match presented {
        Presented::InsuranceCode { code, .. } if mode != ReaderMode::Pin => {
            Sha256::digest(code.envelope.to_bytes())
        }
        Presented::Certificate { certificate, signature, .. } => {
            let part = |text: &str| BASE64.decode(text.as_bytes()).unwrap_or_default();
            let signature = signature.as_deref().map(part).unwrap_or_default();
            Sha256::new().chain_update(part(certificate)).chain_update(signature).finalize()
        }
        _ => return None,
    };
    Some(HEXLOWER_PERMISSIVE.encode(&digest))
}

fn verify_signature(statement: &ReaderStatement, enrolled: &[String]) -> Result<(), StatementError> {
    if !enrolled.contains(&statement.reader) {
        return Err(StatementError::UnknownReader);
    }
    let bytes = |hex: &str| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok();
    let key: Option<[u8; 32]> = bytes(&statement.reader).and_then(|key| key.try_into().ok());
    let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok()).ok_or(StatementError::Signature)?;
    let signature = bytes(&statement.signature).and_then(|s| Signature::from_slice(&s).ok());
    let signature = signature.ok_or(StatementError::Signature)?;
    key.verify_strict(&statement.facts.canonical_bytes(), &signature).map_err(|_| StatementError::Signature)
}

fn proof_of(presented: &Presented) -> Option<&ReadProof> {
    match presented {
        Presented::InsuranceCode { proof, .. } | Presented::Certificate { proof, .. } => Some(proof),
        Presented::InsuredPerson { .. } => None,
    }
}
