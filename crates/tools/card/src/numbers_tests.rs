//! The further numbers on a card: written by one writer, used for one institution and moment, told to nobody.

use calendar::Timestamp;
use codes::{Custody as _, EnvelopeContext, EnvelopeKey, ExchangeId, FileCustody, KeyName};
use protocol::Sealed;
use protocol::card::{AppletReading, CARD_NUMBERS_MAX, CardNumber, CardNumbers, CardTicket};
use protocol::eligibility::Presented;
use protocol::reader::{NumberChoice, ReadOrder, ReaderError, ReaderMode, ReaderPort as _, Road};
use protocol::sealed::{STANDING, purpose};

use crate::fixture::{self, CONTENTS, NOW};
use crate::{ReaderAgent, Tray};

struct Desk {
    eligibility: fixture::Eligibility,
    relay: FileCustody,
    card_key: EnvelopeKey,
    agent: ReaderAgent,
    _dir: tempfile::TempDir,
}

fn desk() -> Desk {
    let eligibility = fixture::eligibility();
    let dir = tempfile::tempdir().unwrap();
    let tray = std::sync::Arc::new(Tray::open(dir.path(), eligibility.custody.clone()).unwrap());
    let card = fixture::card(&eligibility);
    let card_key = card.memory.applet.public_key();
    tray.insert("p1", card).unwrap();
    let agent =
        ReaderAgent::open(tray, &dir.path().join("reader.key"), eligibility.custody.as_ref()).unwrap();
    let relay = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
    Desk { eligibility, relay, card_key, agent, _dir: dir }
}

impl Desk {
    fn context(&self, recipient: &str, purpose: &str) -> EnvelopeContext {
        EnvelopeContext {
            recipient: recipient.parse().unwrap(),
            purpose: purpose.into(),
            expires_at: STANDING,
            exchange: ExchangeId::new(0),
            consent: None,
            binding: Vec::new(),
        }
    }

    fn link(&self, number: u16) -> Sealed {
        let key = self.relay.envelope_public_key().unwrap();
        Sealed::new(&key, self.context("relay/1", purpose::MEDICAL_LINK), &[number as u8; 16]).unwrap()
    }

    fn numbers(&self, writer: &str, written_at: i64, numbers: &[u16]) -> Sealed {
        let numbers = CardNumbers {
            writer: writer.into(),
            written_at,
            relay: "relay/1".parse().unwrap(),
            relay_key: self.relay.envelope_public_key().unwrap(),
            numbers: numbers.iter().map(|n| CardNumber { number: *n, link: self.link(*n) }).collect(),
        };
        let bytes = serde_json::to_vec(&numbers).unwrap();
        Sealed::new(&self.card_key, self.context("issuer/1", purpose::CARD_NUMBERS), &bytes).unwrap()
    }

    fn order(&self) -> ReadOrder {
        ReadOrder {
            institution: "institution/1310000003".parse().unwrap(),
            terminal: "desk-1".into(),
            mode: ReaderMode::Face,
            pin: None,
            road: Road::Certificate,
            nonce: rand::random(),
            at: Timestamp::from_seconds(NOW),
            eligibility: self.eligibility.custody.envelope_public_key().unwrap(),
            eligibility_id: self.eligibility.id,
        }
    }

    /// What the eligibility service opens, and the ticket.
    fn read(&self, number: NumberChoice) -> (AppletReading, Option<Sealed>) {
        let (read, ticket) = self.agent.read_for("p1", &self.order(), number).unwrap();
        let Presented::InsuranceCode { code, .. } = read.presented else { panic!("not by the applet") };
        (AppletReading::from_bytes(&code.open(self.eligibility.custody.as_ref()).unwrap()).unwrap(), ticket)
    }
}

#[test]
fn the_card_makes_the_ticket_and_the_service_sees_a_commitment_alone() {
    let desk = desk();
    assert!(desk.agent.numbers("p1").is_empty());
    assert!(matches!(
        desk.agent.read_for("p1", &desk.order(), NumberChoice::Further(1)),
        Err(ReaderError::Missing(_))
    ));
    desk.agent.write_numbers("p1", &desk.numbers("issuer", 1, &[1, 2])).unwrap();
    assert_eq!(desk.agent.numbers("p1"), [1, 2]);
    let institution = desk.order().institution;
    let mut seen = std::collections::HashSet::new();
    for number in [1_u16, 2, 1] {
        let (reading, ticket) = desk.read(NumberChoice::Further(number));
        assert_eq!(reading.contents.to_bytes()[..], CONTENTS);
        let ticket = ticket.unwrap();
        let opened: CardTicket = serde_json::from_slice(&ticket.open(&desk.relay).unwrap()).unwrap();
        assert_eq!(opened.institution, institution);
        assert_eq!(opened.link.open(&desk.relay).unwrap()[..], [number as u8; 16]);
        let secret = data_encoding::HEXLOWER.decode(opened.secret.as_bytes()).unwrap().try_into().unwrap();
        let commitment = reading.commitment.unwrap();
        assert_eq!(commitment, access::Presence::commitment(&institution, &secret));
        assert!(seen.insert(commitment), "every read has its own");
        assert_eq!(ticket.context.purpose, purpose::CARD_TICKET);
        assert_eq!(ticket.context.expires_at, NOW + 300);
        let day = Timestamp::start_of(desk.order().at.date()).as_millis();
        assert_eq!(ticket.context.exchange.at_ms(), day, "the day alone");
    }
    let (reading, ticket) = desk.read(NumberChoice::Unused);
    assert!(reading.commitment.is_some() && ticket.is_none(), "no number looks like another number");
    let read = desk.agent.read("p1", &ReadOrder { road: Road::InsuranceCode, ..desk.order() }).unwrap();
    let Presented::InsuranceCode { code, .. } = read.presented else { panic!("not by the applet") };
    assert_eq!(code.open(desk.eligibility.custody.as_ref()).unwrap()[..], CONTENTS, "as ever");
}

#[test]
fn only_the_first_writer_writes_again_and_never_backwards() {
    let desk = desk();
    let write = |numbers| desk.agent.write_numbers("p1", &numbers);
    write(desk.numbers("issuer", 5, &[1])).unwrap();
    assert!(write(desk.numbers("stranger", 6, &[])).is_err());
    assert!(write(desk.numbers("issuer", 4, &[])).is_err());
    let other = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap().envelope_public_key().unwrap();
    let elsewhere = Sealed::new(&other, desk.context("issuer/1", purpose::CARD_NUMBERS), b"{}").unwrap();
    assert!(write(elsewhere).is_err(), "for another card");
    assert_eq!(desk.agent.numbers("p1"), [1]);
    let most: Vec<u16> = (1..=CARD_NUMBERS_MAX as u16).collect();
    write(desk.numbers("issuer", 5, &most)).unwrap();
    assert_eq!(desk.agent.numbers("p1"), most, "as many as a card takes");
    assert!(write(desk.numbers("issuer", 6, &[most, vec![9]].concat())).is_err());
    write(desk.numbers("issuer", 7, &[])).unwrap();
    assert!(desk.agent.numbers("p1").is_empty());
}
