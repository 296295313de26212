//! Grants: what the relay signs so that a holder may answer an asker (DESIGN §5).
//!
//! On the wire a grant is a compact JWS (RFC 7515) with `alg` EdDSA (RFC 8037), so that any holder's system can verify it.

use calendar::{Interval, Timestamp};
use codes::{Custody, CustodyError, Envelope, EnvelopeContext, EnvelopeKey, ExchangeId, KeyName, OrgId};
use consent::{ActReason, Asker, Categories, Restriction};
use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::VerifyingKey;

/// How long a grant lives, in milliseconds.
pub const GRANT_LIFE_MILLIS: i64 = 300_000;

/// Most characters of a signed grant: a person's rules, and room to spare.
pub const GRANT_LIMIT: usize = 256 * 1024;

/// The JWS header of every grant: its key is the relay's, which the directory names.
const HEADER: &str = r#"{"alg":"EdDSA","typ":"musubi-grant+jwt"}"#;

/// Purpose of the envelope that holds the holder's code of the person.
const PERSON: &str = "grant.person";

/// Purpose of the sealed stream in which the records travel.
const RECORDS: &str = "exchange.records";

/// The permission to ask one holder once about one person (照会許可証).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Names this grant; a holder accepts it once.
    pub id: ExchangeId,
    /// The exchange that it belongs to: the same in the ledgers of relay, asker and holder.
    pub exchange: ExchangeId,
    /// The relay that signed.
    pub relay: OrgId,
    /// The only organisation that may answer it.
    pub holder: OrgId,
    /// The one who may ask, as the relay verified them.
    pub asker: Asker,
    /// The name of the member of staff who asks, as the asker's organisation gave it: for the person to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_name: Option<String>,
    /// The holder's own code of the person, which the holder alone opens.
    pub person: Envelope,
    /// What it is for.
    pub reason: ActReason,
    /// Rule of the purposes table that permits the asking.
    pub rule: String,
    /// The kinds of information that are looked for; none means every kind.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub looking_for: Categories,
    /// The days of care that are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care: Option<Interval>,
    /// What remains of the person's will for the holder to apply.
    pub restriction: Restriction,
    /// To seal the records to the asker.
    pub asker_key: EnvelopeKey,
    /// When the relay signed.
    pub issued_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// A grant with its signature, as it travels (署名済み照会許可証).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedGrant(String);

/// Why a grant is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// No compact JWS of the expected header and form.
    #[error("not a signed grant; expected a compact JWS with header {HEADER}")]
    Malformed,
    /// It names a relay that is none.
    #[error("{0} is no relay that signs grants")]
    Relay(OrgId),
    /// Signed by another, or altered.
    #[error("the signature of the grant is not the relay's")]
    Signature,
    /// It is for another holder.
    #[error("the grant is for {0}")]
    Holder(OrgId),
    /// It was shown by another asker.
    #[error("the grant is for {0} to show")]
    Asker(OrgId),
    /// It is past its time, or not yet begun.
    #[error("the grant was good from {from} until {until}")]
    Time {
        /// Since when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
}

impl Grant {
    /// Signs the grant with [`KeyName::GRANT_SIGN`].
    ///
    /// # Errors
    /// When the key is not held.
    pub fn sign(&self, custody: &dyn Custody) -> Result<SignedGrant, CustodyError> {
        // Serialising these types to memory cannot fail: no map with other keys than text, no failing writer.
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let mut text = BASE64URL_NOPAD.encode(HEADER.as_bytes());
        text.push('.');
        BASE64URL_NOPAD.encode_append(&payload, &mut text);
        let signature = custody.sign(&KeyName::GRANT_SIGN, text.as_bytes())?;
        text.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut text);
        Ok(SignedGrant(text))
    }

    /// The context under which [`Self::person`] is sealed.
    pub fn person_context(&self) -> EnvelopeContext {
        Self::sealing(self.holder, self.expires_at, self.exchange, self.id)
    }

    /// The context under which the relay seals the holder's code of the person, before there is a grant.
    pub fn sealing(
        holder: OrgId,
        expires_at: Timestamp,
        exchange: ExchangeId,
        id: ExchangeId,
    ) -> EnvelopeContext {
        EnvelopeContext {
            recipient: holder,
            purpose: PERSON.to_owned(),
            expires_at: expires_at.as_seconds(),
            exchange,
            consent: None,
            binding: id.as_bytes().to_vec(),
        }
    }

    /// The context under which the holder seals the records to the asker.
    pub fn records_context(&self) -> EnvelopeContext {
        EnvelopeContext {
            recipient: self.asker.organisation,
            purpose: RECORDS.to_owned(),
            expires_at: self.expires_at.as_seconds(),
            exchange: self.exchange,
            consent: None,
            binding: [self.id.as_bytes().as_slice(), self.holder.to_string().as_bytes()].concat(),
        }
    }
}

impl SignedGrant {
    /// The grant, when the relay it names signed it for `holder`, `asker` shows it, and `now` lies within its time.
    /// `key_of` knows the keys of relays.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn verify(
        &self,
        key_of: impl FnOnce(&OrgId) -> Option<VerifyingKey>,
        holder: &OrgId,
        asker: &OrgId,
        now: Timestamp,
    ) -> Result<Grant, GrantError> {
        let grant = self.read()?;
        let key = key_of(&grant.relay).ok_or(GrantError::Relay(grant.relay))?;
        let (signed, signature) = self.0.rsplit_once('.').ok_or(GrantError::Malformed)?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| GrantError::Malformed)?;
        UnparsedPublicKey::new(&ED25519, key.to_bytes())
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| GrantError::Signature)?;
        if grant.holder != *holder {
            return Err(GrantError::Holder(grant.holder));
        }
        if grant.asker.organisation != *asker {
            return Err(GrantError::Asker(grant.asker.organisation));
        }
        if now < grant.issued_at.add_millis(-CLOCK_SKEW_MILLIS) || now >= grant.expires_at {
            return Err(GrantError::Time { from: grant.issued_at, until: grant.expires_at });
        }
        Ok(grant)
    }

    /// What it says, unverified: for the asker, who shows it and does not rely on it.
    ///
    /// # Errors
    /// [`GrantError::Malformed`].
    pub fn read(&self) -> Result<Grant, GrantError> {
        let (signed, _) = self.0.rsplit_once('.').ok_or(GrantError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(GrantError::Malformed)?;
        if self.0.len() > GRANT_LIMIT || header != BASE64URL_NOPAD.encode(HEADER.as_bytes()) {
            return Err(GrantError::Malformed);
        }
        let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| GrantError::Malformed)?;
        serde_json::from_slice(&payload).map_err(|_| GrantError::Malformed)
    }

    /// The compact JWS.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SignedGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignedGrant({} characters)", self.0.len())
    }
}

/// How far the clocks of relay and holder may differ.
const CLOCK_SKEW_MILLIS: i64 = 30_000;

#[cfg(test)]
mod tests {
    use codes::{EnvelopeKey, FileCustody, OrgKind};
    use consent::{Consents, InstitutionKind};

    use super::*;

    fn org(number: &str) -> OrgId {
        OrgId::new(OrgKind::Institution, number).unwrap()
    }

    fn bench() -> (FileCustody, VerifyingKey, Grant) {
        let custody = FileCustody::ephemeral(&[KeyName::GRANT_SIGN, KeyName::ENVELOPE]).unwrap();
        let key = VerifyingKey::from_bytes(custody.verifying_key(&KeyName::GRANT_SIGN).unwrap());
        let now = Timestamp::from_millis(1_800_000_000_000);
        let (id, exchange) = (ExchangeId::from_bytes([1; 16]), ExchangeId::from_bytes([2; 16]));
        let asker = Asker::new(org("1319900088"), InstitutionKind::Hospital);
        let expires_at = now.add_millis(GRANT_LIFE_MILLIS);
        let context = Grant::sealing(org("2219900012"), expires_at, exchange, id);
        let person = codes::seal(&custody.envelope_public_key().unwrap(), &context, &[3; 17]).unwrap();
        let grant = Grant {
            id,
            exchange,
            relay: OrgId::new(OrgKind::Relay, "1").unwrap(),
            holder: org("2219900012"),
            staff_name: Some("北 一郎".to_owned()),
            person,
            reason: ActReason::Treat,
            rule: "exchange-for-treatment".to_owned(),
            looking_for: Categories::NONE,
            care: None,
            restriction: Consents::default().restriction(&asker, ActReason::Treat, now),
            asker,
            asker_key: EnvelopeKey::from_bytes([9; 32]),
            issued_at: now,
            expires_at,
        };
        (custody, key, grant)
    }

    #[test]
    fn the_holder_reads_what_the_relay_signed() {
        let (custody, key, grant) = bench();
        let signed = grant.sign(&custody).unwrap();
        let now = grant.issued_at.add_millis(10_000);
        let read = signed.verify(|_| Some(key), &grant.holder, &grant.asker.organisation, now).unwrap();
        assert_eq!(read, grant);
        let opened = custody.open_envelope(&read.person, &read.person_context()).unwrap();
        assert_eq!(opened.as_slice(), &[3; 17]);
    }

    #[test]
    fn whatever_is_wrong_is_refused() {
        let (custody, key, grant) = bench();
        let signed = grant.sign(&custody).unwrap();
        let (holder, asker, now) = (grant.holder, grant.asker.organisation, grant.issued_at);
        let refuse = |signed: &SignedGrant, holder: &OrgId, asker: &OrgId, at: Timestamp| {
            signed.verify(|_| Some(key), holder, asker, at).unwrap_err()
        };
        assert_eq!(refuse(&signed, &asker, &asker, now), GrantError::Holder(holder));
        assert_eq!(refuse(&signed, &holder, &holder, now), GrantError::Asker(asker));
        let late = now.add_millis(GRANT_LIFE_MILLIS);
        assert!(matches!(refuse(&signed, &holder, &asker, late), GrantError::Time { .. }));
        let early = now.add_millis(-31_000);
        assert!(matches!(refuse(&signed, &holder, &asker, early), GrantError::Time { .. }));
        let other = FileCustody::ephemeral(&[KeyName::GRANT_SIGN]).unwrap();
        assert_eq!(refuse(&grant.sign(&other).unwrap(), &holder, &asker, now), GrantError::Signature);
        let wider = Grant { restriction: Restriction::default(), reason: ActReason::BreakTheGlass, ..grant };
        let payload = BASE64URL_NOPAD.encode(&serde_json::to_vec(&wider).unwrap());
        let mut parts: Vec<&str> = signed.as_str().split('.').collect();
        parts[1] = &payload;
        assert_eq!(refuse(&SignedGrant(parts.join(".")), &holder, &asker, now), GrantError::Signature);
        for text in ["", "a.b", "a.b.c", "...."] {
            assert!(
                SignedGrant(text.to_owned()).verify(|_| Some(key), &holder, &asker, now).is_err(),
                "{text}"
            );
        }
    }
}
