use std::sync::Arc;

use access::{Directory, Organisation, Policy, Purpose};
use calendar::{Clock, Date, FixedClock, Timestamp};
use codes::{
    Custody, EnvelopeContext, ExchangeId, FileCustody, IssuerCodes, KeyName, KeyVersion, Medical, OrgCode,
    OrgId, OrgKind, ResidentCode, RootBlockInput,
};
use consent::InstitutionKind;
use ledger::Receipt;
use protocol::{
    Sealed,
    eligibility::TicketContents,
    relay::{PersonState, PersonStateUpdate, RegisterRequest, TranslateRequest},
    sealed::{STANDING, purpose},
};

use crate::{Config, KEYS, Service, open};

mod card_tickets;
mod exchange;
mod fhir;
mod networks;
mod pages;
mod person_notices;
mod proxies;

/// A relay with an issuer, an eligibility service and two hospitals around it.
struct House {
    relay: Service,
    relay_id: OrgId,
    issuer: OrgId,
    hospital: (OrgId, Arc<FileCustody>),
    clinic: (OrgId, Arc<FileCustody>),
    eligibility: FileCustody,
    codes: IssuerCodes<Medical>,
    clock: Arc<FixedClock>,
    _dir: tempfile::TempDir,
}

fn org(kind: OrgKind, number: &str) -> OrgId {
    OrgId::new(kind, number).unwrap()
}

fn member(id: OrgId, custody: Option<&FileCustody>) -> Organisation {
    let mut found = Organisation::new(id, id.to_string(), id.to_string(), Date::new(2026, 1, 1).unwrap());
    found.envelope_key = custody.map(|c| c.envelope_public_key().unwrap());
    found.institution = (id.kind() == OrgKind::Institution).then_some(InstitutionKind::Hospital);
    found
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let keys = |names: &[KeyName]| Arc::new(FileCustody::ephemeral(names).unwrap());
    let relay_keys = keys(KEYS);
    let (hospital, clinic) = (keys(&[KeyName::ENVELOPE]), keys(&[KeyName::ENVELOPE]));
    let (relay_id, issuer) = (org(OrgKind::Relay, "1"), org(OrgKind::Issuer, "1"));
    let (hospital_id, clinic_id) =
        (org(OrgKind::Institution, "1310000018"), org(OrgKind::Institution, "1310000026"));
    let eligibility = FileCustody::ephemeral(&[KeyName::LEDGER_SIGN]).unwrap();
    let mut service = member(org(OrgKind::Eligibility, "1"), None);
    let key = eligibility.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
    service.ledger_key = Some(access::VerifyingKey::from_bytes(key));
    let directory = Directory::of([
        service,
        member(relay_id, Some(&relay_keys)),
        member(issuer, None),
        member(hospital_id, Some(&hospital)),
        member(clinic_id, Some(&clinic)),
    ])
    .unwrap();
    let clock = Arc::new(FixedClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let relay = open(Config {
        org: relay_id,
        store: "sqlite::memory:".into(),
        ledger: dir.path().join("ledger"),
        custody: relay_keys,
        policy: Policy::builtin(directory).unwrap(),
        client: wire::Client::plain(),
        clock: clock.clone(),
    })
    .unwrap();
    House {
        relay,
        relay_id,
        issuer,
        hospital: (hospital_id, hospital),
        clinic: (clinic_id, clinic),
        eligibility,
        codes: IssuerCodes::new(keys(&[KeyName::MEDICAL_K1]), KeyVersion::FIRST),
        clock,
        _dir: dir,
    }
}

impl House {
    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.clock.now().as_millis())
    }

    fn seal(&self, purpose: &str, exchange: ExchangeId, expires_at: i64, payload: &[u8]) -> Sealed {
        let key = self.relay.custody.envelope_public_key().unwrap();
        let context = EnvelopeContext {
            recipient: self.relay_id,
            purpose: purpose.into(),
            expires_at,
            exchange,
            consent: None,
            binding: Vec::new(),
        };
        Sealed::new(&key, context, payload).unwrap()
    }

    fn link(&self, person: u64) -> Sealed {
        let resident = ResidentCode::from_body(person).unwrap();
        let links = self.codes.link(&[RootBlockInput::first(resident)]).unwrap();
        self.seal(purpose::MEDICAL_LINK, self.exchange(), STANDING, links[0].as_bytes())
    }

    async fn set(&self, person: u64, state: PersonState) {
        let at = self.clock.now();
        let update = PersonStateUpdate { exchange: self.exchange(), link: self.link(person), state, at };
        self.relay.set_person_state(&self.issuer, update).await.unwrap();
        self.clock.advance(1);
    }

    /// The receipt of a check that happens now.
    fn check(&self) -> Receipt {
        let at = self.clock.now().as_millis();
        Receipt { origin: "musubi.test/eligibility/1".into(), index: u64::try_from(at).unwrap(), at }
    }

    fn request(&self, institution: OrgId, person: u64) -> RegisterRequest {
        let exchange = self.exchange();
        let receipt = self.check();
        let contents = TicketContents { institution, receipt, link: self.link(person) };
        let expires = self.clock.now().as_seconds() + 300;
        let ticket =
            self.seal(purpose::MEDICAL_TICKET, exchange, expires, &serde_json::to_vec(&contents).unwrap());
        RegisterRequest { exchange, institution, ticket, presence: None }
    }

    async fn register(&self, who: &(OrgId, Arc<FileCustody>), person: u64) -> OrgCode<Medical> {
        let answer = self.relay.register(&who.0, self.request(who.0, person)).await.unwrap();
        opened(&answer.code, &who.1)
    }

    async fn translate(&self, code: OrgCode<Medical>) -> Result<Sealed, wire::Problem> {
        let request = TranslateRequest {
            exchange: self.exchange(),
            institution: self.hospital.0,
            code,
            to: self.clinic.0,
            purpose: Purpose::TreatmentExchange,
        };
        self.relay.translate(&self.hospital.0, request).await.map(|answer| answer.code)
    }
}

fn opened(code: &Sealed, custody: &FileCustody) -> OrgCode<Medical> {
    let bytes = code.open(custody).unwrap();
    OrgCode::from_bytes(bytes.as_slice().try_into().unwrap())
}

#[tokio::test]
async fn a_person_is_known_by_unrelated_codes_that_translate_under_seal() {
    let house = house();
    house.set(7, PersonState::Active).await;
    let at_hospital = house.register(&house.hospital, 7).await;
    let at_clinic = house.register(&house.clinic, 7).await;
    assert!(at_hospital != at_clinic);
    assert!(house.translate(at_hospital).await.is_err(), "the person permitted nothing yet");
    exchange::permit(&house, &house.hospital, at_hospital).await;
    let translated = house.translate(at_hospital).await.unwrap();
    assert!(translated.open(&*house.hospital.1).is_err(), "the asker cannot read the other's code");
    assert!(opened(&translated, &house.clinic.1) == at_clinic);
    assert!(house.register(&house.hospital, 7).await == at_hospital, "again is the same");
}

#[tokio::test]
async fn not_issued_revoked_and_not_registered_answer_alike() {
    let house = house();
    let never =
        house.relay.register(&house.hospital.0, house.request(house.hospital.0, 1)).await.unwrap_err();
    house.set(2, PersonState::Active).await;
    let code = house.register(&house.hospital, 2).await;
    let unknown_there = house.translate(code).await.unwrap_err();
    house.register(&house.clinic, 2).await;
    house.set(2, PersonState::Revoked).await;
    let revoked =
        house.relay.register(&house.hospital.0, house.request(house.hospital.0, 2)).await.unwrap_err();
    let dead_code = house.translate(code).await.unwrap_err();
    for problem in [&unknown_there, &revoked, &dead_code] {
        assert_eq!(problem.to_string(), never.to_string());
    }
}

#[tokio::test]
async fn an_older_decision_never_overwrites_a_newer_one() {
    let house = house();
    let (at, link) = (house.clock.now(), house.link(3));
    house.clock.advance(10);
    house.set(3, PersonState::Revoked).await;
    let late = PersonStateUpdate { exchange: house.exchange(), link, state: PersonState::Active, at };
    house.relay.set_person_state(&house.issuer, late).await.unwrap();
    assert!(house.relay.register(&house.hospital.0, house.request(house.hospital.0, 3)).await.is_err());
}

#[tokio::test]
async fn a_ticket_serves_its_institution_once_and_for_five_minutes() {
    let house = house();
    house.set(4, PersonState::Active).await;
    let request = house.request(house.hospital.0, 4);
    house.relay.register(&house.hospital.0, request.clone()).await.unwrap();
    house.relay.register(&house.hospital.0, request.clone()).await.expect("a retry is answered again");
    let stolen = RegisterRequest { institution: house.clinic.0, ..request.clone() };
    assert_eq!(house.relay.register(&house.clinic.0, stolen).await.unwrap_err().code(), "ticket-not-valid");
    let mut other = house.request(house.hospital.0, 4);
    other.ticket = house.seal(purpose::MEDICAL_LINK, other.exchange, STANDING, b"{}");
    assert_eq!(house.relay.register(&house.hospital.0, other).await.unwrap_err().code(), "ticket-not-valid");
    house.clock.advance(301_000);
    assert_eq!(
        house.relay.register(&house.hospital.0, request).await.unwrap_err().code(),
        "ticket-not-valid"
    );
}

#[tokio::test]
async fn nobody_asks_in_anothers_name_or_without_a_rule() {
    let house = house();
    house.set(5, PersonState::Active).await;
    let request = house.request(house.hospital.0, 5);
    let denied = house.relay.register(&house.clinic.0, request).await.unwrap_err();
    assert_eq!(denied.code(), "another-name");
    let update = PersonStateUpdate {
        exchange: house.exchange(),
        link: house.link(5),
        state: PersonState::Revoked,
        at: house.clock.now(),
    };
    let denied = house.relay.set_person_state(&house.hospital.0, update).await.unwrap_err();
    assert_eq!(denied.code(), "not-for-this-kind");
    let logged = house.relay.ledger.size();
    let _ = house.relay.register(&house.clinic.0, house.request(house.hospital.0, 5)).await;
    assert_eq!(house.relay.ledger.size(), logged, "nothing was disclosed, nothing is logged");
}
