//! X25519 (RFC 7748) with a key that is used again and again: the dearest step of opening an envelope.
//!
//! On x86-64 machines with ADX (2015 and later) the verified assembly of s2n-bignum does it, by crate `graviola`, in
//! less than half the time; elsewhere `x25519-dalek`. Decision 0014 has the figures.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// A private key, ready for either implementation.
pub(super) struct Secret {
    portable: StaticSecret,
    #[cfg(target_arch = "x86_64")]
    fast: Option<graviola::key_agreement::x25519::StaticPrivateKey>,
}

impl Secret {
    /// The key with these bytes.
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self {
            portable: StaticSecret::from(*bytes),
            #[cfg(target_arch = "x86_64")]
            fast: is_fast().then(|| graviola::key_agreement::x25519::StaticPrivateKey::from_array(bytes)),
        }
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        self.portable.as_bytes()
    }

    /// Its public half.
    pub(super) fn public(&self) -> [u8; 32] {
        #[cfg(target_arch = "x86_64")]
        if let Some(fast) = &self.fast {
            return fast.public_key().as_bytes();
        }
        self.public_portably()
    }

    fn public_portably(&self) -> [u8; 32] {
        PublicKey::from(&self.portable).to_bytes()
    }

    /// The secret shared with the holder of `public`; `None` when a useless public key would make it zero.
    pub(super) fn agree(&self, public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        #[cfg(target_arch = "x86_64")]
        if let Some(fast) = &self.fast {
            let public = graviola::key_agreement::x25519::PublicKey::from_array(public);
            return fast.diffie_hellman(&public).ok().map(|shared| Zeroizing::new(shared.0));
        }
        self.agree_portably(public)
    }

    fn agree_portably(&self, public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let shared = self.portable.diffie_hellman(&PublicKey::from(*public));
        shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::new(self.as_bytes())
    }
}

/// Whether the machine has what `graviola` would otherwise panic for.
#[cfg(target_arch = "x86_64")]
fn is_fast() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("adx")
        && has!("aes")
        && has!("avx")
        && has!("avx2")
        && has!("bmi1")
        && has!("bmi2")
        && has!("pclmulqdq")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_implementations_agree(secret: [u8; 32], public: [u8; 32]) {
            let secret = Secret::new(&secret);
            prop_assert_eq!(secret.agree(&public), secret.agree_portably(&public));
            prop_assert!(secret.agree(&public).is_some());
            prop_assert_eq!(secret.public(), secret.public_portably());
        }
    }

    #[test]
    fn useless_public_keys_are_refused() {
        let secret = Secret::new(&[7; 32]);
        let mut one = [0; 32];
        one[0] = 1;
        for useless in [[0; 32], one] {
            assert_eq!(secret.agree(&useless), None);
            assert_eq!(secret.agree_portably(&useless), None);
        }
    }
}
