use hpke::aead::{AesGcm128, AesGcm256};
use proptest::prelude::*;

use super::*;
use crate::custody::{Custody, CustodyError, FileCustody, KeyName};
use crate::organisation::OrgKind;
use crate::vectors;

fn context() -> EnvelopeContext {
    EnvelopeContext {
        recipient: OrgId::new(OrgKind::Institution, "1310000001").unwrap(),
        purpose: "treatment-reception".into(),
        expires_at: 1_800_000_000,
        exchange: ExchangeId::from_bytes([3; 16]),
        consent: None,
        binding: vec![1, 2, 3],
    }
}

fn custody() -> FileCustody {
    FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap()
}

#[test]
fn only_the_recipient_opens() {
    let (a, b) = (custody(), custody());
    let envelope = seal(&a.envelope_public_key().unwrap(), &context(), b"secret").unwrap();
    assert_eq!(a.open_envelope(&envelope, &context()).unwrap().as_slice(), b"secret");
    let refused = b.open_envelope(&envelope, &context()).unwrap_err();
    assert!(matches!(refused, CustodyError::Envelope(EnvelopeError::Refused)));
}

#[test]
fn every_part_of_the_context_binds() {
    let custody = custody();
    let envelope = seal(&custody.envelope_public_key().unwrap(), &context(), b"secret").unwrap();
    let changes: [fn(&mut EnvelopeContext); 7] = [
        |c| c.recipient = OrgId::new(OrgKind::Institution, "1310000002").unwrap(),
        |c| c.purpose.push('x'),
        |c| c.expires_at += 1,
        |c| c.exchange = ExchangeId::from_bytes([4; 16]),
        |c| c.consent = Some(String::new()),
        |c| c.consent = Some("c1".into()),
        |c| c.binding.push(0),
    ];
    for change in changes {
        let mut other = context();
        change(&mut other);
        assert!(custody.open_envelope(&envelope, &other).is_err(), "{other:?}");
    }
}

#[test]
fn contexts_do_not_run_into_each_other() {
    let moved = |purpose: &str, consent: &str| {
        EnvelopeContext { purpose: purpose.into(), consent: Some(consent.into()), ..context() }.encode()
    };
    assert_ne!(moved("ab", "c"), moved("a", "bc"));
}

#[test]
fn expiry_is_exclusive() {
    let context = context();
    assert!(context.check_fresh(1_799_999_999).is_ok());
    assert_eq!(context.check_fresh(1_800_000_000), Err(EnvelopeError::Expired { at: 1_800_000_000 }));
}

#[test]
fn malformed_and_oversized_are_refused() {
    for text in ["", "env_", "env_AA", "env_!!", "xenv_AAAA"] {
        assert!(matches!(text.parse::<Envelope>(), Err(EnvelopeError::Malformed { .. })), "{text}");
    }
    let key = custody().envelope_public_key().unwrap();
    let long = vec![0; PLAINTEXT_LIMIT + 1];
    assert_eq!(seal(&key, &context(), &long), Err(EnvelopeError::TooLong { length: PLAINTEXT_LIMIT + 1 }));
    // The point of order one: every shared secret would be zero.
    assert_eq!(seal(&EnvelopeKey::from_bytes([0; 32]), &context(), b""), Err(EnvelopeError::KeyText));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn round_trips_and_notices_any_change(plain in prop::collection::vec(any::<u8>(), 0..200), at: prop::sample::Index, bit in 0u8..8) {
        let custody = custody();
        let envelope = seal(&custody.envelope_public_key().unwrap(), &context(), &plain).unwrap();
        let again: Envelope = envelope.to_string().parse().unwrap();
        prop_assert_eq!(&again, &envelope);
        prop_assert_eq!(custody.open_envelope(&again, &context()).unwrap().to_vec(), plain);
        let mut bytes = envelope.to_bytes();
        let index = at.index(bytes.len());
        bytes[index] ^= 1 << bit;
        // The top bit of an X25519 key is ignored by its definition (RFC 7748).
        let ignored = index == ENC && bit == 7;
        if let Ok(changed) = Envelope::from_bytes(&bytes) {
            prop_assert!(ignored || custody.open_envelope(&changed, &context()).is_err());
        }
    }

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..120), text in ".{0,60}") {
        let _ = Envelope::from_bytes(&bytes);
        let _ = text.parse::<Envelope>();
        let _ = text.parse::<EnvelopeKey>();
    }
}

/// Sequence 0 of a published base-mode vector with DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256.
struct Published {
    ikm_r: &'static str,
    pk_r: &'static str,
    enc: &'static str,
    ct: &'static str,
}

/// RFC 9180 A.1.1: AES-128-GCM.
const AES_128: Published = Published {
    ikm_r: "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
    pk_r: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    enc: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    ct: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
};

/// The same from the RFC's machine-readable vectors: AES-256-GCM, the suite of our envelopes.
const AES_256: Published = Published {
    ikm_r: "dac33b0e9db1b59dbbea58d59a14e7b5896e9bdf98fad6891e99d1686492b9ee",
    pk_r: "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
    enc: "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
    ct: "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
};

#[test]
fn rfc_9180_base_mode() {
    opens::<AesGcm128>(&AES_128);
    opens::<AesGcm256>(&AES_256);
    println!("RFC 9180 base mode: 2 published ciphertexts opened");
}

fn opens<A: hpke::aead::Aead>(vector: &Published) {
    let secret = EnvelopeSecret::derive(&vectors::hex(vector.ikm_r).try_into().unwrap());
    assert_eq!(secret.public.as_bytes().as_slice(), vectors::hex(vector.pk_r));
    let enc = vectors::hex(vector.enc).try_into().unwrap();
    let opened =
        open_with::<A>(&secret.key, &enc, b"Ode on a Grecian Urn", b"Count-0", &vectors::hex(vector.ct));
    assert_eq!(opened.unwrap(), b"Beauty is truth, truth beauty");
}

/// Every message of the RFC's own suite of our kind, where the file is at hand (`MUSUBI_NIST_VECTORS`).
#[test]
fn rfc_9180_suite() {
    let Some(path) = vectors::find(|path| path.ends_with("HPKE/test-vectors.json")).pop() else {
        println!("skipped: RFC 9180 test-vectors.json not found under MUSUBI_NIST_VECTORS");
        return;
    };
    let suites: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let is = |suite: &serde_json::Value, aead: u64| {
        ["mode", "kem_id", "kdf_id", "aead_id"].map(|name| suite[name].as_u64()) == [0, 32, 1, aead].map(Some)
    };
    let mut count = 0;
    for suite in &suites {
        if is(suite, 1) {
            count += run_suite::<AesGcm128>(suite);
        } else if is(suite, 2) {
            count += run_suite::<AesGcm256>(suite);
        }
    }
    assert!(count > 500, "only {count} vectors");
    println!("RFC 9180 base mode: {count} published ciphertexts opened");
}

fn run_suite<A: hpke::aead::Aead>(suite: &serde_json::Value) -> usize {
    let field = |value: &serde_json::Value, name: &str| vectors::hex(value[name].as_str().unwrap());
    let key = KeptPair::from_bytes(&field(suite, "skRm")).unwrap();
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&field(suite, "enc")).unwrap();
    let mut receiver =
        hpke::setup_receiver::<A, Kdf, ReceivingKem>(&OpModeR::Base, &key, &enc, &field(suite, "info"))
            .unwrap();
    let messages = suite["encryptions"].as_array().unwrap();
    for message in messages {
        let opened = receiver.open(&field(message, "ct"), &field(message, "aad")).unwrap();
        assert_eq!(opened, field(message, "pt"));
    }
    messages.len()
}
