//! From names, once, to a code, for ever.

use musubi_institution::{DeskError, LocalNumber};

use crate::reception::receive;
use crate::town::Town;
use crate::town::answers::PATIENTS;

fn local(number: &str) -> LocalNumber {
    number.parse().unwrap()
}

async fn town() -> Town {
    let town = Town::new().await;
    let imported = town.role.service().import_patients(PATIENTS.into()).await.unwrap();
    assert_eq!((imported.patients, imported.total), (5, 5));
    town
}

#[tokio::test]
async fn likely_patients_are_offered_best_first_and_one_click_is_for_ever() {
    let town = town().await;
    let service = town.role.service();
    let visit = receive(&town, "valid").await;
    assert!(visit.patient.is_none());
    let candidates = service.candidates(&visit).await.unwrap();
    let best = &candidates[0];
    assert_eq!(best.patient.local_number, local("00000017"), "髙橋 is 高橋");
    assert!(best.agreement.is_complete() && !best.taken);
    assert!(!candidates[1].agreement.name && candidates[1].agreement.kana, "the namesake comes second");
    service.link(visit.id, Some(local("00000017")), false).await.unwrap();
    service.link(visit.id, Some(local("00000017")), false).await.unwrap();
    let again = receive(&town, "valid").await;
    assert_eq!(again.patient, Some(local("00000017")), "found without names");
    assert_eq!(service.link_history(&again).await.unwrap().len(), 1, "saying it again changed nothing");
    let (_, visits) = service.patient(local("00000017")).await.unwrap();
    assert_eq!(visits.len(), 2);
}

#[tokio::test]
async fn a_link_is_corrected_with_its_history() {
    let town = town().await;
    let service = town.role.service();
    let first = receive(&town, "valid").await;
    service.link(first.id, Some(local("00000018")), false).await.unwrap();
    town.clock.advance(1_000);
    service.link(first.id, Some(local("00000017")), false).await.unwrap();
    let other = receive(&town, "elderly").await;
    let taken = service.link(other.id, Some(local("00000017")), false).await.unwrap_err();
    assert!(matches!(taken, DeskError::LinkTaken));
    assert!(service.visit(other.id).await.unwrap().patient.is_none(), "nothing half-done");
    town.clock.advance(1_000);
    service.link(other.id, Some(local("00000017")), true).await.unwrap();
    let visit = service.visit(first.id).await.unwrap();
    assert!(visit.patient.is_none(), "taken over");
    let history = service.link_history(&visit).await.unwrap();
    let numbers: Vec<_> =
        history.iter().map(|link| (link.local_number.as_str(), link.ended_at.is_some())).collect();
    assert_eq!(numbers, [("00000017", true), ("00000018", true)]);
    service.link(other.id, None, false).await.unwrap();
    assert!(service.visit(other.id).await.unwrap().patient.is_none());
    assert!(matches!(
        service.link(other.id, Some(local("99")), false).await.unwrap_err(),
        DeskError::NoPatient
    ));
    let nobody = receive(&town, "none").await;
    assert!(matches!(
        service.link(nobody.id, Some(local("00000017")), false).await.unwrap_err(),
        DeskError::Nobody
    ));
}

#[tokio::test]
async fn a_new_patient_is_registered_from_the_insurers_record() {
    let town = town().await;
    let service = town.role.service();
    let visit = receive(&town, "child").await;
    service.link_new(visit.id, local("A-100")).await.unwrap();
    let (patient, visits) = service.patient(local("A-100")).await.unwrap();
    assert_eq!((patient.name.as_str(), visits.len()), ("小林　蓮", 1));
    assert!(matches!(service.link_new(visit.id, local("A-100")).await.unwrap_err(), DeskError::Fields(_)));
}

#[tokio::test]
async fn a_list_is_taken_over_whole_or_not_at_all_and_again() {
    let town = town().await;
    let service = town.role.service();
    let bad = format!("{PATIENTS}00000099,誰か,ﾀﾞﾚｶ,1980-99-01,1,,,,,,\n");
    assert!(matches!(service.import_patients(bad.into()).await.unwrap_err(), DeskError::PatientList(_)));
    assert!(service.patient(local("00000099")).await.is_err());
    let renamed = PATIENTS.replace("高橋 花子", "鈴木 花子");
    assert_eq!(service.import_patients(renamed.into()).await.unwrap().total, 5);
    assert_eq!(service.patient(local("00000017")).await.unwrap().0.name, "鈴木 花子");
}
