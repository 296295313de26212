//! An envelope together with the context that its recipient needs to open it.

use codes::{Custody, CustodyError, Envelope, EnvelopeContext, EnvelopeError, EnvelopeKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sealed payload and the authenticated context it was sealed under.
///
/// The context (recipient, purpose, expiry, exchange) travels in the clear beside the ciphertext; altering it
/// makes the envelope unopenable. Whoever carries it learns no code (DESIGN law 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sealed {
    /// HPKE ciphertext (DHKEM X25519, HKDF-SHA256, AES-256-GCM), text form `env_…`.
    #[schema(value_type = String)]
    pub envelope: Envelope,
    /// What the ciphertext is bound to.
    #[schema(value_type = Object)]
    pub context: EnvelopeContext,
}

impl Sealed {
    /// Seals `payload` to the holder of `to` under `context`.
    ///
    /// # Errors
    /// When the recipient's public key is not a valid X25519 point.
    pub fn new(to: &EnvelopeKey, context: EnvelopeContext, payload: &[u8]) -> Result<Self, EnvelopeError> {
        Ok(Self { envelope: codes::seal(to, &context, payload)?, context })
    }

    /// Opens the envelope with the recipient's custody. Expiry and purpose are the caller's to check: see
    /// [`Self::is_current`].
    ///
    /// # Errors
    /// When it was sealed to somebody else, under another context, or altered on the way.
    pub fn open(&self, custody: &dyn Custody) -> Result<zeroize::Zeroizing<Vec<u8>>, CustodyError> {
        custody.open_envelope(&self.envelope, &self.context)
    }

    /// True while the envelope may be used at `now` (Unix seconds) for `purpose`.
    pub fn is_current(&self, purpose: &str, now: i64) -> bool {
        self.context.purpose == purpose && now <= self.context.expires_at
    }
}

/// Expiry of an envelope that stands until its sender replaces it (Unix seconds, year 9999).
pub const STANDING: i64 = 253_402_300_799;

/// The purposes that envelopes are sealed for: an envelope for one is refused for another.
pub mod purpose {
    /// Insurance code and card id, sealed by the card's applet to the eligibility service at each read.
    pub const CARD_READ: &str = "card.read";
    /// Insurance code and card id, sealed by the eligibility service to the card's applet at personalisation.
    pub const CARD_PERSONALISE: &str = "card.personalise";
    /// A person's further numbers, sealed by the issuer to the card's applet at the counter.
    pub const CARD_NUMBERS: &str = "card.numbers";
    /// A ticket that the card itself made for one of them, sealed to the relay.
    pub const CARD_TICKET: &str = "card.ticket";
    /// Link code of the insurance domain, sealed by the issuer to the eligibility service.
    pub const INSURANCE_LINK: &str = "insurance.link";
    /// Link code of the medical domain, sealed by the issuer to the relay.
    pub const MEDICAL_LINK: &str = "medical.link";
    /// A ticket that lets one institution register one person at the relay.
    pub const MEDICAL_TICKET: &str = "medical.ticket";
    /// A ticket that lets one organisation tell one person something, sealed to the relay.
    pub const NOTICE_TICKET: &str = "notice.ticket";
    /// The portal's code of the person whom a notice is for.
    pub const NOTICE: &str = "notice";
    /// An organisation code on its way to its owner.
    pub const ORG_CODE: &str = "org.code";
}
