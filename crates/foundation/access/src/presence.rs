//! The evidence that a card was read for one of its person's further numbers (来院の証).
//!
//! The card chooses a secret, seals its commitment to the eligibility service and the secret itself to the relay. The
//! service signs the commitment and keeps nothing of it; the relay opens it and keeps nothing of it either. So the relay
//! knows that a card which runs was read there on that day, and no table or ledger of one leads to the other's.

use calendar::Date;
use codes::{Custody, CustodyError, KeyName, OrgId};
use data_encoding::BASE64URL_NOPAD;
use ring::digest::{Context, SHA256};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::VerifyingKey;

/// The eligibility service's word that a running card was read at an institution on a day, tied to a commitment that only
/// the card and the relay can open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The day of the read. No instant: it would lead back to the check.
    pub day: Date,
    /// Ed25519 signature of the eligibility service's ledger key, base64url, 86 characters.
    pub signature: String,
}

impl Presence {
    /// What a card commits to: SHA-256 over institution and secret.
    pub fn commitment(institution: &OrgId, secret: &[u8; 32]) -> [u8; 32] {
        let mut digest = Context::new(&SHA256);
        digest.update(format!("musubi.presence-commitment.v1\n{institution}\n").as_bytes());
        digest.update(secret);
        let mut out = [0; 32];
        out.copy_from_slice(digest.finish().as_ref());
        out
    }

    /// Signs that the card of `commitment` was read at `institution` on `day`.
    ///
    /// # Errors
    /// When the signing key is not held.
    pub fn sign(
        custody: &dyn Custody,
        institution: &OrgId,
        day: Date,
        commitment: &[u8; 32],
    ) -> Result<Self, CustodyError> {
        let signature = custody.sign(&KeyName::LEDGER_SIGN, &message(institution, day, commitment))?;
        Ok(Self { day, signature: BASE64URL_NOPAD.encode(&signature) })
    }

    /// Whether the holder of `key` signed it for the card that holds `secret`, at `institution`.
    pub fn holds(&self, key: &VerifyingKey, institution: &OrgId, secret: &[u8; 32]) -> bool {
        let Ok(signature) = BASE64URL_NOPAD.decode(self.signature.as_bytes()) else { return false };
        let message = message(institution, self.day, &Self::commitment(institution, secret));
        UnparsedPublicKey::new(&ED25519, key.to_bytes()).verify(&message, &signature).is_ok()
    }
}

/// What is signed. A checkpoint begins with its log's origin and can never read like this.
fn message(institution: &OrgId, day: Date, commitment: &[u8; 32]) -> Vec<u8> {
    let mut message = format!("musubi.presence.v1\n{institution}\n{day}\n").into_bytes();
    message.extend_from_slice(commitment);
    message
}

#[cfg(test)]
mod tests {
    use codes::FileCustody;

    use super::*;

    #[test]
    fn it_holds_for_its_card_institution_day_and_signer_alone() {
        let custody = FileCustody::ephemeral(&[KeyName::LEDGER_SIGN]).unwrap();
        let key = VerifyingKey::from_bytes(custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap());
        let (here, there): (OrgId, OrgId) =
            ("institution/1310000018".parse().unwrap(), "institution/1310000026".parse().unwrap());
        let day = Date::new(2026, 11, 22).unwrap();
        let commitment = Presence::commitment(&here, &[7; 32]);
        let presence = Presence::sign(&custody, &here, day, &commitment).unwrap();
        assert!(presence.holds(&key, &here, &[7; 32]));
        assert!(!presence.holds(&key, &there, &[7; 32]));
        assert!(!presence.holds(&key, &here, &[8; 32]));
        assert!(!presence.holds(&VerifyingKey::from_bytes([9; 32]), &here, &[7; 32]));
        let later = Presence { day: day.add_days(1), ..presence.clone() };
        assert!(!later.holds(&key, &here, &[7; 32]));
        assert!(!Presence { signature: "no".into(), ..presence }.holds(&key, &here, &[7; 32]));
    }
}
