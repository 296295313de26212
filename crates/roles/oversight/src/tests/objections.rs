use codes::{EnvelopeContext, Medical, OrgCode};
use protocol::Sealed;
use protocol::oversight::{
    LooksRequest, Objection, ObjectionGround, ObjectionState, ObjectionWord, ObjectionsRequest, Speaker,
    WordKind,
};
use protocol::sealed::purpose;

use super::*;

const CODE: [u8; 17] = [7; 17];

impl House {
    fn sealed_code(&self, recipient: OrgId) -> Sealed {
        let context = EnvelopeContext {
            recipient,
            purpose: purpose::ORG_CODE.into(),
            expires_at: self.clock.now().as_seconds() + 300,
            exchange: self.exchange(),
            consent: None,
            binding: Vec::new(),
        };
        let code = OrgCode::<Medical>::from_bytes(CODE);
        Sealed::new(&self.keys.envelope_public_key().unwrap(), context, &code.to_bytes()).unwrap()
    }

    fn objection(&self) -> Objection {
        Objection {
            exchange: self.exchange(),
            portal: self.portal,
            concerns: self.hospital,
            person: Some(self.sealed_code(self.org)),
            about: None,
            ground: ObjectionGround::Unjustified,
            text: "この病院には行っていません".into(),
        }
    }

    fn word(&self, sender: OrgId, objection: ExchangeId, kind: WordKind, text: &str) -> ObjectionWord {
        ObjectionWord { exchange: self.exchange(), sender, objection, kind, text: text.into(), staff: None }
    }

    async fn state(&self, asker: OrgId, objection: ExchangeId) -> Option<ObjectionState> {
        let objections = vec![objection];
        let question = ObjectionsRequest { exchange: self.exchange(), asker, objections };
        let answer = self.overseer.objections(&asker, question).await.unwrap();
        answer.objections.first().map(|status| status.state)
    }
}

#[tokio::test]
async fn an_objection_is_followed_until_it_is_closed() {
    let house = house();
    let (portal, hospital) = (house.portal, house.hospital);
    let filed = house.objection();
    let key = filed.exchange;
    let first = house.overseer.object(&portal, filed.clone()).await.unwrap();
    // Sent again, sealed anew, it is the same; under its key another one is not.
    let again = Objection { person: Some(house.sealed_code(house.org)), ..filed.clone() };
    assert_eq!(house.overseer.object(&portal, again).await.unwrap().receipt, first.receipt);
    let other = Objection { text: "別の申立て".into(), ..filed };
    assert_eq!(house.overseer.object(&portal, other).await.unwrap_err().code(), "exchange-already-used");

    assert_eq!(house.state(portal, key).await, Some(ObjectionState::Received));
    house
        .overseer
        .officer_says(key, WordKind::Question, "監督 花子", "照会の理由を示してください")
        .await
        .unwrap();
    assert_eq!(house.state(hospital, key).await, Some(ObjectionState::Asked));
    let answer = house.word(hospital, key, WordKind::Answer, "紹介状による照会でした");
    let said = house.overseer.say(&hospital, answer.clone()).await.unwrap();
    assert_eq!(house.overseer.say(&hospital, answer).await.unwrap().receipt, said.receipt, "said once");
    assert_eq!(house.state(portal, key).await, Some(ObjectionState::Answered));
    let close = house.word(hospital, key, WordKind::Close, "終わりにします");
    assert_eq!(house.overseer.say(&hospital, close).await.unwrap_err().code(), "objection-state");
    let close = house.word(portal, key, WordKind::Close, "分かりました");
    house.overseer.say(&portal, close).await.unwrap();
    let late = house.word(hospital, key, WordKind::Answer, "追伸");
    assert_eq!(house.overseer.say(&hospital, late).await.unwrap_err().code(), "objection-state");

    let question = ObjectionsRequest { exchange: house.exchange(), asker: hospital, objections: Vec::new() };
    let answer = house.overseer.objections(&hospital, question).await.unwrap();
    let status = &answer.objections[0];
    let speakers: Vec<Speaker> = status.said.iter().map(|said| said.speaker).collect();
    assert_eq!(speakers, [Speaker::Overseer, Speaker::Organisation, Speaker::Person]);
    assert_eq!(status.text, "この病院には行っていません");
}

#[tokio::test]
async fn nobody_reads_or_answers_what_is_not_theirs() {
    let house = house();
    let filed = house.objection();
    let key = filed.exchange;
    house.overseer.object(&house.portal, filed.clone()).await.unwrap();
    assert_eq!(house.state(house.clinic, key).await, None);
    let word = house.word(house.clinic, key, WordKind::Answer, "?");
    assert_eq!(house.overseer.say(&house.clinic, word).await.unwrap_err().code(), "no-such-objection");
    let forged = Objection { portal: house.portal, exchange: house.exchange(), ..filed.clone() };
    assert_eq!(house.overseer.object(&house.hospital, forged).await.unwrap_err().code(), "another-name");
    let strange = Objection {
        person: Some(house.sealed_code(house.hospital)),
        exchange: house.exchange(),
        ..filed.clone()
    };
    assert_eq!(house.overseer.object(&house.portal, strange).await.unwrap_err().code(), "objection-person");
    let empty = Objection { text: " ".into(), exchange: house.exchange(), ..filed };
    assert_eq!(house.overseer.object(&house.portal, empty).await.unwrap_err().code(), "objection-text");
}

#[tokio::test]
async fn who_opens_a_case_is_written_down_and_told_to_the_person() {
    let house = house();
    let filed = house.objection();
    let key = filed.exchange;
    house.overseer.object(&house.portal, filed).await.unwrap();
    let refused = house.overseer.open_case(key, "", "理由").await.unwrap_err();
    assert_eq!(refused.code(), "officer-and-words");
    let case = house.overseer.open_case(key, "監督 花子", "申立ての審査").await.unwrap();
    assert_eq!(case.looks.len(), 1);
    let look = house.overseer.ledger.read_entry(house.overseer.ledger.size() - 1).unwrap();
    let person = house.overseer.ledger.person_digest(&CODE);
    assert_eq!((look.kind.as_str(), look.person, look.exchange), ("oversight.look", Some(person), key));
    let question = LooksRequest { exchange: house.exchange(), portal: house.portal, exchanges: vec![key] };
    let looks = house.overseer.looks(&house.portal, question).await.unwrap().looks;
    assert_eq!((looks[0].officer.as_str(), looks[0].receipt.index), ("監督 花子", look.index));
}
