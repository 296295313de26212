//! A person of the tests: number, card, certificate.

use calendar::{Date, Timestamp};
use codes::{EnvelopeContext, ExchangeId, InsurerNumber, OrgId};
use data_encoding::{BASE64, HEXLOWER};
use my_number::MyNumber;
use protocol::Sealed;
use protocol::card::AppletContents;
use protocol::eligibility::{CheckRequest, LossReason, Person, Presented, ReadProof, Relation, Sex, Terms};
use protocol::reader::ReaderMode;
use protocol::sealed::purpose;
use protocol_admin::report::{MembershipReport, ReportAct};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

use crate::world::World;

pub const CERTIFICATE: &[u8] = include_bytes!("../data/authentication.der");
pub const EXPIRED: &[u8] = include_bytes!("../data/expired.der");
pub const SIGNING: &[u8] = include_bytes!("../data/signing.der");
const CARD_KEY: &[u8] = include_bytes!("../data/card-key.pk8");

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn insurer(which: u8) -> InsurerNumber {
    InsurerNumber::from_body(&format!("06130{which:02}")).unwrap()
}

pub fn my_number(which: u64) -> MyNumber {
    MyNumber::from_body(10_000_000_000 + which).unwrap()
}

/// The number of the same person after theirs was changed (番号法第7条第2項).
pub fn later_number(which: u64) -> MyNumber {
    MyNumber::from_body(80_000_000_000 + which).unwrap()
}

pub fn acquisition(who: u64, which: u8, from: &str) -> MembershipReport {
    MembershipReport {
        report_id: format!("a-{who}-{which}-{from}"),
        act: ReportAct::Acquisition,
        my_number: my_number(who),
        insured: format!("{}:１２－３４:{who}:01", insurer(which).padded8()).parse().unwrap(),
        qualified_on: day(from),
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: format!("髙﨑　花子{who}"),
            kana: "タカサキ　ハナコ".into(),
            sex: Sex::Female,
            birthdate: day("1980-05-06"),
            postal_code: "123-4567".into(),
            address: "東京都千代田区千代田１".into(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: day(from).add_days(3),
    }
}

pub fn loss(who: u64, which: u8, from: &str, end: &str, reason: LossReason) -> MembershipReport {
    MembershipReport {
        report_id: format!("l-{who}-{which}-{from}-{end}"),
        act: ReportAct::Loss,
        disqualified_on: Some(day(end)),
        loss_reason: Some(reason),
        notified_on: day(end).add_days(1),
        ..acquisition(who, which, from)
    }
}

pub fn exchange(world: &World) -> ExchangeId {
    ExchangeId::new(world.now().as_millis())
}

/// A nonce that no other read has.
fn nonce() -> String {
    HEXLOWER.encode(ExchangeId::new(0).as_bytes())
}

pub fn proof(at: Timestamp, mode: ReaderMode) -> ReadProof {
    ReadProof { mode, at, nonce: nonce(), statement: "ab".repeat(32) }
}

pub fn request(world: &World, institution: OrgId, presented: Presented) -> CheckRequest {
    CheckRequest {
        exchange: exchange(world),
        institution,
        terminal: "desk-1".into(),
        on: day("2026-11-22"),
        known_at: None,
        presented,
    }
}

/// What the applet of `card` gives at `institution`.
pub fn sealed(world: &World, institution: OrgId, card: &AppletContents) -> Presented {
    sealed_at(world, institution, card, world.now())
}

pub fn sealed_at(world: &World, institution: OrgId, card: &AppletContents, at: Timestamp) -> Presented {
    let proof = proof(at, ReaderMode::Face);
    let context = EnvelopeContext {
        recipient: world.eligibility,
        purpose: purpose::CARD_READ.into(),
        expires_at: at.as_seconds() + 60,
        exchange: exchange(world),
        consent: None,
        binding: ReadProof::binding(&institution, at, &proof.nonce),
    };
    let code = Sealed::new(&world.envelope_key(), context, &card.to_bytes()[..]).unwrap();
    Presented::InsuranceCode { code, proof }
}

pub fn certificate(world: &World, institution: OrgId, der: &[u8], mode: ReaderMode) -> Presented {
    let proof = proof(world.now(), mode);
    let binding = ReadProof::binding(&institution, proof.at, &proof.nonce);
    let signature = (mode == ReaderMode::Pin).then(|| sign(&binding));
    Presented::Certificate { certificate: BASE64.encode(der), signature, proof }
}

pub fn sign(message: &[u8]) -> String {
    let key = RsaKeyPair::from_pkcs8(CARD_KEY).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
    BASE64.encode(&signature)
}
