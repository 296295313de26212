//! A reader whose tray holds one card a situation. The card's name is sealed where the insurance code would be.

use std::sync::atomic::{AtomicBool, Ordering};

use codes::{EnvelopeContext, ExchangeId};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use protocol::Sealed;
use protocol::eligibility::{Presented, ReadProof};
use protocol::reader::{
    CardRead, ReadOrder, ReaderError, ReaderFacts, ReaderMode, ReaderPort, ReaderStatement, Road, TrayCard,
};
use protocol::sealed::purpose;
use sha2::{Digest as _, Sha256};

use super::answers::PEOPLE;

pub struct FakeReader {
    device: SigningKey,
    /// Signs facts that are not those ordered.
    pub lies: AtomicBool,
}

impl FakeReader {
    pub fn new() -> Self {
        Self { device: SigningKey::from_bytes(&[3; 32]), lies: AtomicBool::new(false) }
    }
}

impl ReaderPort for FakeReader {
    fn tray(&self) -> Vec<TrayCard> {
        PEOPLE
            .iter()
            .map(|person| TrayCard {
                id: person.id.into(),
                name: person.name.into(),
                birthdate: person.birthdate.into(),
                note_ja: person.note_ja.into(),
                note_en: person.note_en.into(),
            })
            .collect()
    }

    fn read(&self, card: &str, order: &ReadOrder) -> Result<CardRead, ReaderError> {
        let person = PEOPLE.iter().find(|person| person.id == card).ok_or(ReaderError::NoCard)?;
        if order.mode == ReaderMode::Pin && order.pin.as_deref() != Some("1234") {
            return Err(match order.pin.as_deref() {
                None | Some("") => ReaderError::PinNeeded,
                Some(_) => ReaderError::WrongPin { tries_left: 2 },
            });
        }
        let nonce = HEXLOWER.encode(&order.nonce);
        let context = EnvelopeContext {
            recipient: order.eligibility_id,
            purpose: purpose::CARD_READ.into(),
            expires_at: order.at.as_seconds() + 60,
            exchange: ExchangeId::new(order.at.as_millis()),
            consent: None,
            binding: ReadProof::binding(&order.institution, order.at, &nonce),
        };
        let code = Sealed::new(&order.eligibility, context, card.as_bytes()).unwrap();
        let certificate = BASE64.encode(card.as_bytes());
        let material = match order.road {
            Road::InsuranceCode => Sha256::digest(code.envelope.to_bytes()),
            Road::Certificate => Sha256::digest(card.as_bytes()),
        };
        let terminal = if self.lies.load(Ordering::SeqCst) { "elsewhere" } else { &order.terminal };
        let facts = ReaderFacts {
            institution: order.institution,
            terminal: terminal.to_owned(),
            mode: order.mode,
            at: order.at,
            nonce: nonce.clone(),
            material: HEXLOWER.encode(&material),
        };
        let statement = ReaderStatement {
            reader: self.device_keys().remove(0),
            signature: HEXLOWER.encode(&self.device.sign(&facts.canonical_bytes()).to_bytes()),
            facts,
        };
        let proof = ReadProof { mode: order.mode, at: order.at, nonce, statement: statement.digest() };
        let presented = match order.road {
            Road::InsuranceCode => Presented::InsuranceCode { code, proof },
            Road::Certificate => Presented::Certificate { certificate, signature: None, proof },
        };
        Ok(CardRead { presented, statement, face_name: person.name.into() })
    }

    fn device_keys(&self) -> Vec<String> {
        vec![HEXLOWER.encode(self.device.verifying_key().as_bytes())]
    }
}
