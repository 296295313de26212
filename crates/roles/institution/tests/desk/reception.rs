//! Receiving people, with and without the others there.

use std::sync::atomic::Ordering;

use codes::ExchangeId;
use musubi_institution::{
    CardOrder, DeskError, Door, MedicalState, NumberEntry, Outcome, Standing, StatementError, Visit,
};
use protocol::eligibility::Validity;
use protocol::reader::{ReaderError, ReaderMode, Road};

use crate::town::{Options, Town};

pub fn card(id: &str) -> CardOrder {
    CardOrder { card: id.into(), mode: ReaderMode::Face, road: Road::InsuranceCode, pin: None }
}

pub fn number() -> NumberEntry {
    NumberEntry {
        insurer_number: "06130017".into(),
        symbol: "12-34".into(),
        number: "101".into(),
        branch: "01".into(),
        birthdate: "昭和55年2月29日".into(),
        on: String::new(),
    }
}

pub async fn receive(town: &Town, id: &str) -> Visit {
    let service = town.role.service();
    let visit = service.receive_card(Door::Desk, card(id)).await.unwrap();
    service.visit(visit).await.unwrap()
}

/// Lets the runtime drop what was cancelled, so that its files can be opened again.
pub async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn standing(visit: &Visit) -> Standing {
    visit.question.outcome.standing()
}

#[tokio::test]
async fn a_card_is_read_signed_asked_and_kept() {
    let town = Town::new().await;
    let visit = receive(&town, "valid").await;
    assert_eq!(standing(&visit), Standing::Answered(Validity::Valid));
    assert_eq!(visit.face_name.as_deref(), Some("髙橋　花子"));
    let statement = visit.statement.as_ref().unwrap();
    assert_eq!(statement.facts.mode, ReaderMode::Face);
    assert_eq!(statement.facts.terminal, "受付1");
    let answer = visit.question.outcome.answer().unwrap();
    assert!(answer.medical_ticket.is_none(), "the ticket is not kept with the answer");
    let entry = town.role.service().ledger().read_entry(visit.question.entry.index).unwrap();
    assert_eq!((entry.kind.as_str(), entry.exchange), ("institution.check", visit.id));
    assert!(String::from_utf8(entry.body).unwrap().contains("treatment-reception"));
}

#[tokio::test]
async fn both_roads_and_every_mode_lead_to_an_answer() {
    let town = Town::new().await;
    for (mode, pin) in [(ReaderMode::Face, None), (ReaderMode::Visual, None), (ReaderMode::Pin, Some("1234"))]
    {
        for road in [Road::InsuranceCode, Road::Certificate] {
            let order = CardOrder { card: "limit".into(), mode, road, pin: pin.map(str::to_owned) };
            let visit = town.role.service().receive_card(Door::Desk, order).await.unwrap();
            let visit = town.role.service().visit(visit).await.unwrap();
            assert_eq!(standing(&visit), Standing::Answered(Validity::Valid), "{mode:?} {road:?}");
            assert_eq!(visit.shown.mode(), Some(mode));
        }
    }
}

#[tokio::test]
async fn a_failed_read_leaves_nothing() {
    let town = Town::new().await;
    let service = town.role.service();
    let wrong = CardOrder { mode: ReaderMode::Pin, pin: Some("9999".into()), ..card("valid") };
    let error = service.receive_card(Door::Desk, wrong).await.unwrap_err();
    assert!(matches!(error, DeskError::Reader(ReaderError::WrongPin { tries_left: 2 })));
    assert!(matches!(
        service.receive_card(Door::Desk, card("nobody")).await.unwrap_err(),
        DeskError::Reader(ReaderError::NoCard)
    ));
    town.reader.lies.store(true, Ordering::SeqCst);
    let error = service.receive_card(Door::Desk, card("valid")).await.unwrap_err();
    assert!(matches!(error, DeskError::Statement(StatementError::OtherDesk)), "{error}");
    assert!(service.day(service.today(), None, 10).await.unwrap().is_empty());
    assert_eq!(town.service.asked.load(Ordering::SeqCst), 0);
    assert_eq!(service.ledger().size(), 0);
}

#[tokio::test]
async fn while_the_service_is_away_the_visit_waits_and_is_asked_again() {
    let town = Town::new().await;
    town.service.down.store(true, Ordering::SeqCst);
    let visit = receive(&town, "valid").await;
    let service = town.role.service();
    assert_eq!(standing(&visit), Standing::Unconfirmed);
    assert_eq!(visit.question.outcome.trouble().unwrap().code, "unreachable");
    assert_eq!(service.run_due().await.unwrap(), 0, "not before its time");
    town.clock.advance(10_000);
    assert_eq!(service.run_due().await.unwrap(), 1);
    let Outcome::Unconfirmed { retry_at, .. } = service.visit(visit.id).await.unwrap().question.outcome
    else {
        panic!("still away");
    };
    assert!(retry_at > calendar::Clock::now(&*town.clock), "the pause grows");
    town.service.down.store(false, Ordering::SeqCst);
    town.clock.advance(10_000);
    service.run_due().await.unwrap();
    let visit = service.visit(visit.id).await.unwrap();
    assert_eq!(standing(&visit), Standing::Answered(Validity::Valid));
    assert_eq!(visit.question.attempts, 3);
    assert_eq!(visit.question.exchange, visit.id, "the same exchange all along");
}

#[tokio::test]
async fn a_visit_survives_the_end_of_the_process_while_it_was_being_asked() {
    let mut town = Town::new().await;
    town.service.silent.store(true, Ordering::SeqCst);
    let exchange = ExchangeId::new(1_795_000_000_000);
    let entry = number();
    let asking = town.role.service().receive_number(Door::Api, &entry, Some(exchange));
    let killed = tokio::time::timeout(std::time::Duration::from_millis(300), asking).await;
    assert!(killed.is_err());
    let dir = std::mem::replace(&mut town.dir, tempfile::tempdir().unwrap());
    let clock = std::sync::Arc::clone(&town.clock);
    drop(town);
    settle().await;
    clock.advance(60_000);
    let town = Town::at(dir, Options::default(), clock).await;
    let service = town.role.service();
    assert_eq!(standing(&service.visit(exchange).await.unwrap()), Standing::Asking);
    service.run_due().await.unwrap();
    assert_eq!(standing(&service.visit(exchange).await.unwrap()), Standing::Answered(Validity::Valid));
}

#[tokio::test]
async fn a_ticket_becomes_a_medical_code_at_once_or_later_or_not_at_all() {
    let town = Town::new().await;
    let service = town.role.service();
    let visit = receive(&town, "valid").await;
    assert_eq!(visit.medical, MedicalState::Registered);
    assert_eq!(service.medical_code(visit.id).await.unwrap().unwrap().as_bytes()[1], 0x2A);

    town.relay.down.store(true, Ordering::SeqCst);
    let later = receive(&town, "valid").await;
    assert_eq!(later.medical, MedicalState::Pending);
    town.relay.down.store(false, Ordering::SeqCst);
    town.clock.advance(20_000);
    service.run_due().await.unwrap();
    assert_eq!(service.visit(later.id).await.unwrap().medical, MedicalState::Registered);

    town.relay.down.store(true, Ordering::SeqCst);
    let never = receive(&town, "valid").await;
    town.clock.advance(301_000);
    service.run_due().await.unwrap();
    assert_eq!(service.visit(never.id).await.unwrap().medical, MedicalState::Expired);
    assert_eq!(receive(&town, "limit").await.medical, MedicalState::None);
}

#[tokio::test]
async fn a_repeated_exchange_is_the_same_visit_and_another_question_is_refused() {
    let town = Town::new().await;
    let service = town.role.service();
    let exchange = ExchangeId::new(1_795_000_000_000);
    for _ in 0..2 {
        assert_eq!(service.receive_number(Door::Api, &number(), Some(exchange)).await.unwrap(), exchange);
    }
    assert_eq!(town.service.asked.load(Ordering::SeqCst), 1);
    let other = NumberEntry { number: "102".into(), ..number() };
    let error = service.receive_number(Door::Api, &other, Some(exchange)).await.unwrap_err();
    assert!(matches!(error, DeskError::ExchangeTaken));
}

#[tokio::test]
async fn asking_again_keeps_what_was_known_then() {
    let town = Town::new().await;
    let service = town.role.service();
    let visit = receive(&town, "ended").await;
    town.clock.advance(86_400_000);
    service.ask_again(visit.id, None).await.unwrap();
    town.clock.advance(1_000);
    let then = visit.received_at;
    service.ask_again(visit.id, Some(then)).await.unwrap();
    let questions = service.questions(visit.id).await.unwrap();
    assert_eq!(questions.len(), 3);
    assert!(questions.iter().all(|q| q.request.on == visit.day && q.outcome.answer().is_some()));
    assert_eq!(questions[2].request.known_at, Some(then));
    assert_eq!(service.ledger().size(), 3, "each question has its own entry");
    let nobody = receive(&town, "none").await;
    assert!(matches!(service.ask_again(nobody.id, None).await.unwrap_err(), DeskError::Nobody));
}

#[tokio::test]
async fn days_counts_and_search() {
    let town = Town::new().await;
    let service = town.role.service();
    for id in ["valid", "ended", "several", "none"] {
        town.clock.advance(1_000);
        receive(&town, id).await;
    }
    town.service.down.store(true, Ordering::SeqCst);
    town.clock.advance(1_000);
    receive(&town, "child").await;
    let counts = service.day_counts(service.today()).await.unwrap();
    assert_eq!((counts.all, counts.valid, counts.attention, counts.open), (5, 1, 3, 1));
    let lines = service.day(service.today(), None, 3).await.unwrap();
    assert_eq!(lines[0].name, "小林　蓮", "newest first");
    let older = service.day(service.today(), Some(lines[2].id), 10).await.unwrap();
    assert_eq!(older.len(), 2);
    for wanted in ["高橋", "たかはし", "ﾊﾅｺ", "昭和55年2月29日", "1980-02-29"] {
        let found = service.search(wanted).await.unwrap();
        assert_eq!(found.visits.len(), 1, "{wanted}");
    }
    assert!(service.search("100%_").await.unwrap().visits.is_empty());
}
