#![no_main]
//! Envelopes: any bytes read or are refused; what reads prints and reads again; nothing made up opens.

use std::sync::LazyLock;

use codes::{Custody, Envelope, EnvelopeContext, EnvelopeKey, ExchangeId, FileCustody, KeyName, OrgId, OrgKind};
use libfuzzer_sys::fuzz_target;

static CUSTODY: LazyLock<FileCustody> = LazyLock::new(|| FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap());

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_bytes(), bytes);
        assert_eq!(envelope.to_string().parse::<Envelope>().as_ref(), Ok(&envelope));
        assert!(CUSTODY.open_envelope(&envelope, &context()).is_err());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = text.parse::<Envelope>();
        if let Ok(key) = text.parse::<EnvelopeKey>() {
            let _ = codes::seal(&key, &context(), b"");
        }
    }
});

fn context() -> EnvelopeContext {
    EnvelopeContext {
        recipient: OrgId::new(OrgKind::Relay, "1").unwrap(),
        purpose: String::new(),
        expires_at: 0,
        exchange: ExchangeId::from_bytes([0; 16]),
        consent: None,
        binding: Vec::new(),
    }
}
