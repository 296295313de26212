//! Several numbers of one person: sealed, reopened, added, changed, retired; what others hear, what the card gets.

use codes::{Custody, EnvelopeKey, FileCustody, KeyName, LinkCode, Medical, RootCode};
use protocol::{
    card::CardNumbers,
    relay::{PersonState, PersonStateUpdate},
    sealed::purpose,
};
use protocol_admin::issuer::{
    MedicalIdAct, MedicalIdAnswer, MedicalIdRequest, MedicalIdViewRequest, NumberState,
};
use std::sync::Arc;
use wire::Problem;

use super::{House, house, number, org, register};

impl House {
    async fn with(&self, act: MedicalIdAct, which: u16, label: &str) -> Result<MedicalIdAnswer, Problem> {
        let request = MedicalIdRequest { number: which, label: label.into(), ..self.request(0, act) };
        self.clock.advance(1_000);
        self.issuer.medical_id(&org(codes::OrgKind::Municipality), request).await
    }

    fn roots(&self, numbers: &CardNumbers) -> Vec<RootCode<Medical>> {
        let codes = codes::DomainCodes::new(self.relay.clone() as Arc<dyn Custody>);
        let root = |held: &protocol::card::CardNumber| {
            assert_eq!(held.link.context.purpose, purpose::MEDICAL_LINK);
            let bytes = held.link.open(&*self.relay).unwrap();
            codes.root_one(&LinkCode::from_bytes(bytes.as_slice().try_into().unwrap())).unwrap()
        };
        numbers.numbers.iter().map(root).collect()
    }
}

fn applet() -> (FileCustody, EnvelopeKey) {
    let custody = FileCustody::ephemeral(&[KeyName::ENVELOPE]).unwrap();
    let key = custody.envelope_public_key().unwrap();
    (custody, key)
}

fn opened(answer: &MedicalIdAnswer, card: &FileCustody) -> CardNumbers {
    assert_eq!(answer.cards.len(), 1);
    assert_eq!(answer.cards[0].context.purpose, purpose::CARD_NUMBERS);
    serde_json::from_slice(&answer.cards[0].open(card).unwrap()).unwrap()
}

#[tokio::test]
async fn sealed_and_reopened_is_the_same_number() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    for act in [MedicalIdAct::OptIn, MedicalIdAct::Seal, MedicalIdAct::Reopen] {
        house.with(act, 0, "").await.unwrap();
    }
    let states = house.heard.states.lock().await.clone();
    let told: Vec<PersonState> = states.iter().map(|s| s.state).collect();
    assert_eq!(told, [PersonState::Active, PersonState::Sealed, PersonState::Active]);
    let codes: Vec<_> = states.iter().map(|s| house.medical(s)).collect();
    assert!(codes[0] == codes[1] && codes[1] == codes[2]);
    assert!(states.windows(2).all(|pair| pair[0].at < pair[1].at), "the relay can tell their order");
    let links = house.heard.links.lock().await;
    assert_eq!(links.iter().map(|l| l.link.is_some()).collect::<Vec<_>>(), [true, false, true]);
}

#[tokio::test]
async fn nothing_that_the_others_hear_ties_two_numbers_of_a_person() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    house.with(MedicalIdAct::OptIn, 0, "").await.unwrap();
    let links = house.heard.links.lock().await.len();
    house.with(MedicalIdAct::AddFacet, 0, "こころの通院").await.unwrap();
    house.with(MedicalIdAct::Change, 1, "").await.unwrap();
    assert_eq!(
        house.heard.links.lock().await.len(),
        links,
        "the eligibility service hears of the ordinary one alone"
    );
    let states = house.heard.states.lock().await.clone();
    let told: Vec<PersonState> = states.iter().map(|s| s.state).collect();
    use PersonState::{Active, Revoked};
    assert_eq!(told, [Active, Active, Revoked, Active]);
    let codes: Vec<_> = states.iter().map(|s| house.medical(s)).collect();
    assert!(codes[0] != codes[1] && codes[1] == codes[2] && codes[2] != codes[3]);
    let day = house.clock_day();
    for state in &states {
        let PersonStateUpdate { exchange, at, link, .. } = state;
        assert!(at.as_millis() - day < 10, "the day and an order");
        assert_eq!(exchange.at_ms(), day, "the day alone");
        assert_eq!(link.context.exchange, *exchange);
    }
    let exchanges: std::collections::HashSet<_> = states.iter().map(|s| *s.exchange.as_bytes()).collect();
    assert_eq!(exchanges.len(), 4);
}

#[tokio::test]
async fn the_card_gets_what_works_and_nothing_of_what_it_is_for() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    let (card, key) = applet();
    house.with(MedicalIdAct::OptIn, 0, "").await.unwrap();
    let contents = house.card(0, "one", key).await.unwrap();
    assert!(contents.numbers.is_none(), "nothing to write");
    let first = opened(&house.with(MedicalIdAct::AddFacet, 0, "こころ").await.unwrap(), &card);
    let second = opened(&house.with(MedicalIdAct::AddFacet, 0, "学生のころ").await.unwrap(), &card);
    assert_eq!(second.numbers.iter().map(|n| n.number).collect::<Vec<_>>(), [1, 2]);
    assert!(first.writer == second.writer && first.written_at < second.written_at);
    let before = house.roots(&second);
    let changed = opened(&house.with(MedicalIdAct::Change, 1, "").await.unwrap(), &card);
    let after = house.roots(&changed);
    assert!(before[0] != after[0] && before[1] == after[1]);
    let sealed = opened(&house.with(MedicalIdAct::Seal, 1, "").await.unwrap(), &card);
    assert_eq!(
        sealed.numbers.iter().map(|n| n.number).collect::<Vec<_>>(),
        [2],
        "what is sealed is not shown"
    );
    let (other, key) = applet();
    let contents = house.card(0, "two", key).await.unwrap();
    let numbers = contents.numbers.unwrap();
    assert!(numbers.open(&card).is_err());
    let numbers: CardNumbers = serde_json::from_slice(&numbers.open(&other).unwrap()).unwrap();
    assert!(numbers.writer != second.writer && numbers.numbers.len() == 1, "a new card gets them at once");
}

#[tokio::test]
async fn the_person_reads_what_was_done_and_refuses_only_when_apart_are_gone() {
    let house = house(true).await;
    house.load(register(1)).await.unwrap();
    house.with(MedicalIdAct::OptIn, 0, "").await.unwrap();
    house.with(MedicalIdAct::AddFacet, 0, "こころ").await.unwrap();
    assert_eq!(house.with(MedicalIdAct::Refuse, 0, "").await.unwrap_err().code(), "act-not-possible");
    house.with(MedicalIdAct::RetireFacet, 1, "").await.unwrap();
    house.with(MedicalIdAct::Refuse, 0, "").await.unwrap();
    let long = "長".repeat(41);
    assert_eq!(house.with(MedicalIdAct::AddFacet, 0, &long).await.unwrap_err().code(), "label-too-long");
    let question = MedicalIdViewRequest { exchange: house.exchange(), my_number: number(0) };
    let institution = house.issuer.medical_id_view(&org(codes::OrgKind::Institution), question.clone()).await;
    assert_eq!(institution.unwrap_err().code(), "not-for-this-kind");
    let view = house.issuer.medical_id_view(&org(codes::OrgKind::Municipality), question).await.unwrap();
    let states: Vec<_> = view.numbers.iter().map(|n| (n.number, n.state, n.label.as_str())).collect();
    assert_eq!(states, [(0, NumberState::Refused, ""), (1, NumberState::Revoked, "こころ")]);
    let acts: Vec<_> = view.history.iter().map(|act| (act.act, act.number)).collect();
    use MedicalIdAct as A;
    assert_eq!(acts, [(A::OptIn, 0), (A::AddFacet, 1), (A::RetireFacet, 1), (A::Refuse, 0)]);
    assert!(view.history.windows(2).all(|pair| pair[0].entry < pair[1].entry));
}
