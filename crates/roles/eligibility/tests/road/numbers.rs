//! A read that does not use the ordinary medical number: no ticket, a signed commitment, nothing kept of it.

use access::{Presence, VerifyingKey};
use codes::{Custody as _, EnvelopeContext, KeyName};
use protocol::Sealed;
use protocol::card::{AppletContents, AppletReading};
use protocol::eligibility::{Presented, Validity, presence_receipt};
use protocol::sealed::purpose;

use crate::person::*;
use crate::world::{World, hospital};

fn apart(world: &World, card: &AppletContents, commitment: [u8; 32]) -> Presented {
    let Presented::InsuranceCode { code, proof } = sealed(world, hospital(), card) else { panic!("a code") };
    let reading = AppletReading { contents: *card, commitment: Some(commitment) };
    let context = EnvelopeContext { purpose: purpose::CARD_READ.into(), ..code.context };
    let code = Sealed::new(&world.envelope_key(), context, &reading.to_bytes()).unwrap();
    Presented::InsuranceCode { code, proof }
}

#[tokio::test]
async fn who_does_not_use_the_ordinary_number_gets_no_ticket_but_the_services_word() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    world.opt_in(&my_number(1)).await;
    let card = world.card(&my_number(1)).await;
    let desk = world.desk(hospital());
    let usual = desk.check(&request(&world, hospital(), sealed(&world, hospital(), &card))).await.unwrap();
    assert!(usual.medical_ticket.is_some() && usual.presence.is_none());
    assert_eq!(usual.evidence(), usual.receipt);

    let secret = [5; 32];
    let commitment = Presence::commitment(&hospital(), &secret);
    let question = request(&world, hospital(), apart(&world, &card, commitment));
    let answer = desk.check(&question).await.unwrap();
    assert_eq!((answer.validity, answer.medical_ticket.is_none()), (Validity::Valid, true));
    assert_eq!(answer.person_code, usual.person_code, "the insurance is the same person's");
    let presence = answer.presence.clone().unwrap();
    let service = world.role.service();
    let key = world.custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
    assert!(presence.holds(&VerifyingKey::from_bytes(key), &hospital(), &secret));
    assert_eq!(answer.evidence(), presence_receipt(&presence));
    assert_eq!(desk.check(&question).await.unwrap(), answer, "a retry is answered alike");

    // Neither the commitment nor the signature is in what is kept, even to who opens the ledger.
    let mut tail = service.ledger().tail(0);
    let kept = [hex(&commitment), hex(&secret), presence.signature.clone()];
    while let Some(entry) = tail.try_next().unwrap() {
        let body = String::from_utf8(entry.body).unwrap();
        assert!(!kept.iter().any(|value| body.contains(value.as_str())), "{body}");
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
