//! What the issuer asks: the insurance code for a card, and that a card stops.

use codes::{Custody, EnvelopeKey, FileCustody, KeyName};
use protocol::card::{CardId, CardStop, CardStopReason};
use protocol::eligibility::{PersonaliseRequest, Validity};
use protocol::sealed::purpose;

use crate::check::refused;
use crate::person::*;
use crate::world::{World, hospital, org};

fn applet() -> FileCustody {
    FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap()
}

fn stop(world: &World, who: u64, cards: Vec<EnvelopeKey>, reason: CardStopReason) -> CardStop {
    let person = world.sealed_link(&my_number(who));
    CardStop { exchange: exchange(world), person, cards, reason, at: world.now() }
}

#[tokio::test]
async fn a_card_gets_its_insurance_code_sealed_and_only_through_the_issuer() {
    let world = World::new().await;
    let card = applet();
    let question = PersonaliseRequest {
        exchange: exchange(&world),
        person: world.sealed_link(&my_number(1)),
        card_key: card.envelope_public_key().unwrap(),
    };
    let contents = world.card_with(&card, &my_number(1)).await;
    assert_eq!(contents.code, world.code(&my_number(1)));
    assert_eq!(world.card_with(&card, &my_number(1)).await, contents, "the same card gets the same again");
    let other = world.card(&my_number(1)).await;
    assert_eq!(other.code, contents.code);
    assert_ne!(other.card, contents.card, "another card of the same person");
    assert_eq!(refused(world.desk(hospital()).personalise(&question).await), "not-for-this-kind");
    let mut wrong = question.clone();
    wrong.person.context.purpose = purpose::CARD_READ.into();
    assert_eq!(refused(world.desk(org("issuer/1")).personalise(&wrong).await), "envelope-not-openable");
}

#[tokio::test]
async fn a_stopped_card_is_answered_no_more_and_the_next_one_is() {
    let world = World::new().await;
    world.insurer(1).report(&acquisition(1, 1, "2020-04-01")).await.unwrap();
    let (lost, issuer, desk) = (applet(), world.desk(org("issuer/1")), world.desk(hospital()));
    let card = world.card_with(&lost, &my_number(1)).await;
    let ask = |card| request(&world, hospital(), sealed(&world, hospital(), card));
    let before = ask(&card);
    let answer = desk.check(&before).await.unwrap();
    assert_eq!(answer.validity, Validity::Valid);

    let loss = stop(&world, 1, vec![lost.envelope_public_key().unwrap()], CardStopReason::Lost);
    let size = world.role.service().ledger().size();
    let told = issuer.stop_cards(&loss).await.unwrap();
    assert_eq!(told.receipt.index, size, "in the ledger, where the receipt says");
    world.clock.advance(1_000);
    assert_eq!(issuer.stop_cards(&loss).await.unwrap(), told, "told again, it changes nothing");
    assert_eq!(world.role.service().ledger().size(), size + 1);

    let refusal = desk.check(&ask(&card)).await.unwrap_err();
    let parts = refusal.problem().unwrap().parts().clone();
    assert_eq!((parts.code.as_str(), parts.place.as_deref()), ("card-stopped", Some("presented.code")));
    assert!(!parts.detail_ja.is_empty() && !parts.detail_en.is_empty());
    assert_eq!(world.role.service().ledger().size(), size + 1, "a refused question discloses nothing");
    assert_eq!(desk.check(&before).await.unwrap(), answer, "what was answered before is answered alike");
    let question = PersonaliseRequest {
        exchange: exchange(&world),
        person: world.sealed_link(&my_number(1)),
        card_key: lost.envelope_public_key().unwrap(),
    };
    assert_eq!(refused(issuer.personalise(&question).await), "card-stopped");

    let next = applet();
    let new = world.card_with(&next, &my_number(1)).await;
    assert_eq!(desk.check(&ask(&new)).await.unwrap().validity, Validity::Valid);
    let replaced = stop(&world, 1, vec![next.envelope_public_key().unwrap()], CardStopReason::Replaced);
    issuer.stop_cards(&replaced).await.unwrap();
    let world = world.restart().await;
    let ask = |card| request(&world, hospital(), sealed(&world, hospital(), card));
    assert_eq!(refused(world.desk(hospital()).check(&ask(&new)).await), "card-replaced");
    assert_eq!(refused(world.desk(hospital()).check(&ask(&card)).await), "card-stopped");
}

#[tokio::test]
async fn only_the_issuer_stops_cards_and_only_those_of_their_person() {
    let world = World::new().await;
    let (first, issuer) = (applet(), world.desk(org("issuer/1")));
    let card = world.card_with(&first, &my_number(1)).await;
    let key = first.envelope_public_key().unwrap();
    let ask = |card| request(&world, hospital(), sealed(&world, hospital(), card));
    let wrong = [
        stop(&world, 2, vec![key], CardStopReason::Lost),
        stop(&world, 1, vec![key, applet().envelope_public_key().unwrap()], CardStopReason::Lost),
        stop(&world, 1, Vec::new(), CardStopReason::Lost),
    ];
    for request in wrong {
        assert_eq!(refused(issuer.stop_cards(&request).await), "no-such-card");
    }
    let own = stop(&world, 1, vec![key], CardStopReason::Lost);
    assert_eq!(refused(world.desk(hospital()).stop_cards(&own).await), "not-for-this-kind");
    world.desk(hospital()).check(&ask(&card)).await.unwrap();
    let mut never_made = card;
    never_made.card = CardId::from_bytes([9; 16]);
    assert_eq!(refused(world.desk(hospital()).check(&ask(&never_made)).await), "card-unknown");
}
