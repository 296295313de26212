//! What the issuer asks: the insurance code for a card.

use codes::{Custody, FileCustody, KeyName};
use protocol::eligibility::PersonaliseRequest;
use protocol::sealed::purpose;

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital, org};

#[tokio::test]
async fn a_card_gets_its_insurance_code_sealed_and_only_through_the_issuer() {
    let world = World::new().await;
    let card = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
    let question = PersonaliseRequest {
        exchange: exchange(&world),
        person: world.sealed_link(&my_number(1)),
        card_key: card.envelope_public_key().unwrap(),
    };
    let answer = world.desk(org("issuer/1")).personalise(&question).await.unwrap();
    assert!(answer.code.is_current(purpose::CARD_PERSONALISE, world.now().as_seconds()));
    let code = answer.code.open(&card).unwrap();
    assert_eq!(code.as_slice(), world.code(&my_number(1)).as_bytes());
    assert_eq!(refused(world.desk(hospital()).personalise(&question).await), "not-for-this-kind");
    let mut wrong = question.clone();
    wrong.person.context.purpose = purpose::CARD_READ.into();
    assert_eq!(refused(world.desk(org("issuer/1")).personalise(&wrong).await), "envelope-not-openable");
}
