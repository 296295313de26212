//! A sealed stream: one HPKE context for a whole answer, a nonce counted up at each chunk.
//!
//! Known failure of a peer: one key and one nonce for every document of an answer, so that two ciphertexts XORed give two
//! plaintexts XORed. Here the sequence number of RFC 9180 section 5.2 makes each chunk's nonce, the two ends count for
//! themselves, and the last chunk says that it is the last: a stream cut short does not pass for a whole one.

use hpke::aead::{AeadCtxR, AeadCtxS};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};

use super::kept::{KeptPair, ReceivingKem};
use super::{Aead, ENC, EnvelopeContext, EnvelopeError, EnvelopeKey, Kdf, Kem, PLAINTEXT_LIMIT};

/// HPKE `info` in front of the stream's context: names this use of the suite.
const INFO: &[u8] = b"musubi stream 1";

/// Seals an answer chunk by chunk to one recipient.
pub struct StreamSealer {
    context: AeadCtxS<Aead, Kdf, ReceivingKem>,
    head: [u8; ENC],
    ended: bool,
}

/// Opens what a [`StreamSealer`] sealed, in the same order.
pub struct StreamOpener {
    context: AeadCtxR<Aead, Kdf, ReceivingKem>,
    ended: bool,
}

impl StreamSealer {
    /// A stream to the holder of `to`'s private key, under this context.
    ///
    /// # Errors
    /// A public key that is no point of use.
    pub fn new(to: &EnvelopeKey, context: &EnvelopeContext) -> Result<Self, EnvelopeError> {
        let key =
            <Kem as hpke::Kem>::PublicKey::from_bytes(to.as_bytes()).map_err(|_| EnvelopeError::KeyText)?;
        let (enc, context) = hpke::setup_sender_with_rng::<Aead, Kdf, ReceivingKem>(
            &OpModeS::Base,
            &key,
            &info(context),
            &mut rand::rng(),
        )
        .map_err(|_| EnvelopeError::KeyText)?;
        Ok(Self { context, head: enc.to_bytes().into(), ended: false })
    }

    /// The encapsulated key: what the recipient needs first.
    #[must_use]
    pub fn head(&self) -> [u8; ENC] {
        self.head
    }

    /// Seals the next chunk; after the last one there is no next.
    ///
    /// # Errors
    /// A chunk longer than [`PLAINTEXT_LIMIT`], or one after the last.
    pub fn seal(&mut self, chunk: &[u8], last: bool) -> Result<Vec<u8>, EnvelopeError> {
        if chunk.len() > PLAINTEXT_LIMIT {
            return Err(EnvelopeError::TooLong { length: chunk.len() });
        }
        if self.ended {
            return Err(EnvelopeError::Refused);
        }
        self.ended = last;
        self.context.seal(chunk, &[u8::from(last)]).map_err(|_| EnvelopeError::Refused)
    }
}

impl StreamOpener {
    pub(super) fn new(key: &KeptPair, head: &[u8; ENC], context: &EnvelopeContext) -> Option<Self> {
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(head).ok()?;
        let context =
            hpke::setup_receiver::<Aead, Kdf, ReceivingKem>(&OpModeR::Base, key, &enc, &info(context))
                .ok()?;
        Some(Self { context, ended: false })
    }

    /// Opens the next chunk, which came as `last` or not.
    ///
    /// # Errors
    /// [`EnvelopeError::Refused`] for a chunk that is altered, out of order, of another stream, or follows the last.
    pub fn open(&mut self, sealed: &[u8], last: bool) -> Result<Vec<u8>, EnvelopeError> {
        if self.ended {
            return Err(EnvelopeError::Refused);
        }
        let chunk = self.context.open(sealed, &[u8::from(last)]).map_err(|_| EnvelopeError::Refused)?;
        self.ended = last;
        Ok(chunk)
    }

    /// True when the last chunk was opened: nothing is missing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.ended
    }
}

fn info(context: &EnvelopeContext) -> Vec<u8> {
    [INFO, &context.encode()].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::custody::{Custody, FileCustody, KeyName};
    use crate::exchange::ExchangeId;

    fn bench() -> (Arc<FileCustody>, EnvelopeContext, StreamSealer, StreamOpener) {
        let custody = Arc::new(FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap());
        let context = EnvelopeContext {
            recipient: "institution/2219900012".parse().unwrap(),
            purpose: "exchange.records".to_owned(),
            expires_at: 1_800_000_000,
            exchange: ExchangeId::from_bytes([7; 16]),
            consent: None,
            binding: b"grant".to_vec(),
        };
        let sealer = StreamSealer::new(&custody.envelope_public_key().unwrap(), &context).unwrap();
        let opener = custody.open_stream(&sealer.head(), &context).unwrap();
        (custody, context, sealer, opener)
    }

    #[test]
    fn chunks_come_out_in_order_and_the_end_is_known() {
        let (_, _, mut sealer, mut opener) = bench();
        let sealed: Vec<_> = [&b"one"[..], b"two", b""]
            .iter()
            .enumerate()
            .map(|(i, chunk)| sealer.seal(chunk, i == 2).unwrap())
            .collect();
        assert_eq!(opener.open(&sealed[0], false).unwrap(), b"one");
        assert!(opener.open(&sealed[2], true).is_err(), "a chunk may not be left out");
        assert_eq!(opener.open(&sealed[1], false).unwrap(), b"two");
        assert!(!opener.is_whole(), "cut short");
        assert_eq!(opener.open(&sealed[2], true).unwrap(), b"");
        assert!(opener.is_whole());
        assert!(sealer.seal(b"more", false).is_err() && opener.open(&sealed[2], true).is_err());
    }

    /// The peer's fault: one key stream for two entries. Two equal chunks, and the XOR of two chunks, must show nothing.
    #[test]
    fn no_key_stream_is_used_twice() {
        let (_, _, mut sealer, _) = bench();
        let (a, b) = ([0x41_u8; 64], [0x42_u8; 64]);
        let first = sealer.seal(&a, false).unwrap();
        let second = sealer.seal(&b, false).unwrap();
        let third = sealer.seal(&a, false).unwrap();
        assert_ne!(first, third);
        let leaked = first.iter().zip(&second).take(64).filter(|(x, y)| *x ^ *y == 0x03).count();
        assert!(leaked < 16, "{leaked} of 64 bytes give away the plaintexts");
    }

    #[test]
    fn another_context_or_recipient_does_not_open() {
        let (custody, context, mut sealer, _) = bench();
        let chunk = sealer.seal(b"records", true).unwrap();
        let other = EnvelopeContext { binding: b"another grant".to_vec(), ..context.clone() };
        assert!(custody.open_stream(&sealer.head(), &other).unwrap().open(&chunk, true).is_err());
        let stranger = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
        assert!(stranger.open_stream(&sealer.head(), &context).unwrap().open(&chunk, true).is_err());
        assert!(custody.open_stream(&sealer.head(), &context).unwrap().open(&chunk, false).is_err());
        assert!(custody.open_stream(&sealer.head(), &context).unwrap().open(&chunk, true).is_ok());
    }
}
