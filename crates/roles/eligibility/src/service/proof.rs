//! Is this read of a card of this desk and this moment?

use calendar::Timestamp;
use codes::OrgId;
use data_encoding::HEXLOWER_PERMISSIVE;
use protocol::eligibility::{PROOF_LIFE_SECONDS, Presented, ReadProof};
use wire::Problem;

use super::recent::{CLOCK_SKEW_MS, Short, short};
use crate::problems;

/// The proof of a card road; none when a number was typed.
pub(super) fn of(presented: &Presented) -> Option<&ReadProof> {
    match presented {
        Presented::InsuranceCode { proof, .. } | Presented::Certificate { proof, .. } => Some(proof),
        Presented::InsuredPerson { .. } => None,
    }
}

/// Checks form and age of a proof.
///
/// # Errors
/// Malformed, older than its life, or ahead of our clock by more than the skew.
pub(super) fn check(proof: &ReadProof, now: Timestamp) -> Result<(), Problem> {
    hex(&proof.nonce, 16, "presented.proof.nonce")?;
    hex(&proof.statement, 32, "presented.proof.statement")?;
    let age = proof.at.millis_until(now);
    if age > PROOF_LIFE_SECONDS * 1_000 {
        return Err(problems::proof_expired(proof.at));
    }
    if age < -CLOCK_SKEW_MS {
        return Err(problems::proof_ahead(now));
    }
    Ok(())
}

/// What may be used once: the nonce at this institution, and the very material that the card gave.
pub(super) fn marks(asker: &OrgId, presented: &Presented) -> Vec<Short> {
    let Some(proof) = of(presented) else { return Vec::new() };
    let asker = asker.to_string();
    // The nonce's hexadecimal letters may be of either case; one nonce is one mark.
    let nonce = short(&[b"nonce", asker.as_bytes(), proof.nonce.to_ascii_lowercase().as_bytes()]);
    // Marks are the asker's own: nobody can use up another's read.
    let material = match presented {
        Presented::InsuranceCode { code, .. } => {
            Some(short(&[b"envelope", asker.as_bytes(), &code.envelope.to_bytes()]))
        }
        Presented::Certificate { signature: Some(signature), .. } => {
            Some(short(&[b"signature", asker.as_bytes(), signature.as_bytes()]))
        }
        Presented::Certificate { .. } | Presented::InsuredPerson { .. } => None,
    };
    std::iter::once(nonce).chain(material).collect()
}

fn hex(text: &str, bytes: usize, place: &str) -> Result<(), Problem> {
    let decoded = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().filter(|d| d.len() == bytes);
    decoded.map(|_| ()).ok_or_else(|| problems::bad_hex(place, bytes))
}
