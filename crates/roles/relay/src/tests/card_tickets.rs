//! A ticket that the card itself made: what it needs beside it, and what it is worth.

use access::Presence;
use codes::FileCustody;
use data_encoding::HEXLOWER;
use protocol::{card::CardTicket, eligibility::presence_receipt, exchange::Evidence};

use super::*;

impl House {
    /// A read of the card of `person` for a further number, now, with what the eligibility service answered.
    fn card_request(
        &self,
        institution: OrgId,
        person: u64,
        signer: &FileCustody,
        day: Date,
    ) -> RegisterRequest {
        let secret = [person as u8; 32];
        let commitment = Presence::commitment(&institution, &secret);
        let presence = Presence::sign(signer, &institution, day, &commitment).unwrap();
        let contents = CardTicket { institution, secret: HEXLOWER.encode(&secret), link: self.link(person) };
        let (exchange, expires) = (self.exchange(), self.clock.now().as_seconds() + 300);
        let contents = serde_json::to_vec(&contents).unwrap();
        let ticket = self.seal(purpose::CARD_TICKET, exchange, expires, &contents);
        RegisterRequest { exchange, institution, ticket, presence: Some(presence) }
    }

    async fn refused(&self, request: RegisterRequest) -> String {
        let refused = self.relay.register(&self.hospital.0, request).await;
        refused.map(|_| ()).unwrap_err().code().to_owned()
    }
}

#[tokio::test]
async fn it_registers_with_the_services_word_and_is_evidence_afterwards() {
    let house = house();
    let today = house.clock.now().date();
    house.set(7, PersonState::Active).await;
    let request = house.card_request(house.hospital.0, 7, &house.eligibility, today);
    let answer = house.relay.register(&house.hospital.0, request.clone()).await.unwrap();
    let code = opened(&answer.code, &house.hospital.1);
    assert!(
        code == house.register(&house.hospital, 7).await,
        "the number is the number, whoever made the ticket"
    );
    let again = house.relay.register(&house.hospital.0, request.clone()).await.unwrap();
    assert!(opened(&again.code, &house.hospital.1) == code, "a retry is answered alike");
    let receipt = presence_receipt(&request.presence.unwrap());
    let ask = |receipt| {
        super::exchange::ask(
            &house,
            &house.hospital,
            code,
            Evidence::Presence { receipt },
            consent::ActReason::Treat,
        )
    };
    assert!(ask(receipt.clone()).await.is_ok());
    let invented = Receipt { origin: "presence/invented".into(), ..receipt };
    assert_eq!(ask(invented).await.unwrap_err().code(), "no-presence");
}

#[tokio::test]
async fn without_it_or_with_anothers_it_is_worth_nothing() {
    let house = house();
    let today = house.clock.now().date();
    house.set(7, PersonState::Active).await;
    let good = || house.card_request(house.hospital.0, 7, &house.eligibility, today);
    assert_eq!(house.refused(RegisterRequest { presence: None, ..good() }).await, "ticket-not-valid");
    let stranger = FileCustody::ephemeral(&[KeyName::LEDGER_SIGN]).unwrap();
    let forged = house.card_request(house.hospital.0, 7, &stranger, today);
    assert_eq!(house.refused(forged).await, "ticket-not-valid");
    let old = house.card_request(house.hospital.0, 7, &house.eligibility, today.add_days(-2));
    assert_eq!(house.refused(old).await, "ticket-not-valid");
    let elsewhere = house.card_request(house.clinic.0, 7, &house.eligibility, today);
    let stolen = RegisterRequest { institution: house.hospital.0, ..elsewhere };
    assert_eq!(house.refused(stolen).await, "ticket-not-valid");
    let other = house.card_request(house.hospital.0, 8, &house.eligibility, today);
    let swapped = RegisterRequest { presence: other.presence, ..good() };
    assert_eq!(house.refused(swapped).await, "ticket-not-valid", "another card's read");
    let late = good();
    house.clock.advance(301_000);
    assert_eq!(house.refused(late).await, "ticket-not-valid");
    // As a sealed, a stopped and an unknown number are one answer for the other tickets, so they are here.
    for state in [PersonState::Sealed, PersonState::Revoked] {
        house.set(7, state).await;
        assert_eq!(house.refused(good()).await, "no-such-person");
    }
    let nobody = house.card_request(house.hospital.0, 99, &house.eligibility, today);
    assert_eq!(house.refused(nobody).await, "no-such-person");
}

#[tokio::test]
async fn what_was_decided_outlives_the_seal() {
    let house = house();
    house.set(7, PersonState::Active).await;
    house.register(&house.clinic, 7).await;
    house.clock.advance(1);
    let (code, evidence) = super::exchange::arrive(&house, &house.hospital, 7).await;
    super::exchange::permit(&house, &house.hospital, code).await;
    let grants = async || {
        let evidence = evidence.clone();
        let answer =
            super::exchange::ask(&house, &house.hospital, code, evidence, consent::ActReason::Treat).await;
        answer.unwrap().grants.len()
    };
    assert_eq!(grants().await, 1);
    house.set(7, PersonState::Sealed).await;
    assert_eq!(grants().await, 0, "at once");
    house.set(7, PersonState::Active).await;
    assert_eq!(grants().await, 1, "as it was decided before");
}
