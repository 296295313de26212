//! The receipt computer's folders: files in, files out, killed at any instant.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eligibility_xml::{Charset, QualificationValidity, Request, Response, SegmentOfResult};
use musubi_institution::{Door, FolderWatch, Standing};
use protocol::eligibility::Validity;

use crate::reception::{receive, settle};
use crate::town::answers::PATIENTS;
use crate::town::{Options, Town};

const NAME: &str = "OQSsiquc01req_202611220001.xml";
const RESULT: &str = "OQSsiquc01res_202611220001.xml";

async fn town() -> Town {
    Town::with(Options { oqs: true, ..Options::default() }).await
}

fn path(town: &Town, folder: &str, name: &str) -> PathBuf {
    town.dir.path().join("OQS").join(folder).join(name)
}

fn names(town: &Town, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(town.dir.path().join("OQS").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn request(number: &str, birthdate: &str, charset: Charset) -> Vec<u8> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><XmlMsg><MessageHeader>\
         <QualificationConfirmationDate>20261122</QualificationConfirmationDate>\
         <MedicalInstitutionCode>1310000003</MedicalInstitutionCode>\
         <ArbitraryFileIdentifier>窓口A</ArbitraryFileIdentifier>\
         <CharacterCodeIdentifier>0</CharacterCodeIdentifier></MessageHeader><MessageBody>\
         <QualificationConfirmSearchInfo><InsurerNumber>06130017</InsurerNumber>\
         <InsuredCardSymbol>１２－３４</InsuredCardSymbol>\
         <InsuredIdentificationNumber>{number}</InsuredIdentificationNumber>\
         <InsuredBranchNumber>01</InsuredBranchNumber><Birthdate>{birthdate}</Birthdate>\
         <ArbitraryIdentifier>chart 5</ArbitraryIdentifier></QualificationConfirmSearchInfo></MessageBody></XmlMsg>"
    );
    Request::read(text.as_bytes()).unwrap().write(charset).bytes
}

async fn serve(town: &Town) {
    let mut watch = FolderWatch::default();
    for _ in 0..2 {
        town.role.service().serve_folder(&mut watch).await.unwrap();
    }
}

async fn ask(town: &Town, bytes: &[u8]) -> Response {
    fs::write(path(town, "req", NAME), bytes).unwrap();
    serve(town).await;
    Response::read(&fs::read(path(town, "res", RESULT)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_in_its_own_encoding_and_removed() {
    for charset in [Charset::ShiftJis, Charset::Utf8] {
        let town = town().await;
        let result = ask(&town, &request("101", "19800229", charset)).await;
        let bytes = fs::read(path(&town, "res", RESULT)).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).is_ok(), charset == Charset::Utf8);
        assert_eq!(result.body.qualification_validity, Some(QualificationValidity::Valid));
        assert_eq!(result.header.segment_of_result, Some(SegmentOfResult::Normal));
        assert_eq!(result.header.arbitrary_file_identifier.as_deref(), Some("窓口A"));
        let person = &result.results()[0];
        assert_eq!(person.arbitrary_identifier.as_deref(), Some("chart 5"));
        assert_eq!(person.name_kana.as_deref(), Some("ﾀｶﾊｼ ﾊﾅｺ"));
        assert_eq!(person.insurer_number.as_ref().unwrap().as_str(), "06130017");
        assert!(names(&town, "req").is_empty() && names(&town, "bad").is_empty());
        let service = town.role.service();
        let visits = service.day(service.today(), None, 10).await.unwrap();
        assert_eq!((visits.len(), visits[0].door), (1, Door::Folder));
        assert_eq!(visits[0].standing, Standing::Answered(Validity::Valid));
    }
}

#[tokio::test]
async fn a_file_that_still_grows_is_left_alone() {
    let town = town().await;
    let whole = request("101", "19800229", Charset::Utf8);
    let (head, tail) = whole.split_at(200);
    let file = path(&town, "req", NAME);
    let mut watch = FolderWatch::default();
    let service = town.role.service();
    fs::write(&file, head).unwrap();
    assert_eq!(service.serve_folder(&mut watch).await.unwrap(), 0);
    fs::write(&file, [head, tail].concat()).unwrap();
    assert_eq!(service.serve_folder(&mut watch).await.unwrap(), 0, "it changed since the last look");
    assert_eq!(service.serve_folder(&mut watch).await.unwrap(), 1);
    assert_eq!(names(&town, "res"), [RESULT]);
    for foreign in ["OQSmuquc01req_1.xml", "OQSsiquc01req_1.tmp", "notes.txt"] {
        fs::write(path(&town, "req", foreign), "x").unwrap();
    }
    serve(&town).await;
    assert_eq!(names(&town, "req").len(), 3, "other programs' files are left alone");
}

#[tokio::test]
async fn the_same_request_twice_gives_the_same_result_and_asks_once() {
    let town = town().await;
    let bytes = request("101", "19800229", Charset::ShiftJis);
    ask(&town, &bytes).await;
    let first = fs::read(path(&town, "res", RESULT)).unwrap();
    fs::remove_file(path(&town, "res", RESULT)).unwrap();
    town.clock.advance(60_000);
    ask(&town, &bytes).await;
    assert_eq!(fs::read(path(&town, "res", RESULT)).unwrap(), first);
    assert_eq!(town.service.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn killed_while_asking_it_goes_on_with_the_same_visit() {
    let mut town = town().await;
    town.service.silent.store(true, Ordering::SeqCst);
    fs::write(path(&town, "req", NAME), request("101", "19800229", Charset::ShiftJis)).unwrap();
    let killed = tokio::time::timeout(Duration::from_millis(300), serve(&town)).await;
    assert!(killed.is_err());
    assert_eq!(names(&town, "req"), [NAME], "the request waits");
    let dir = std::mem::replace(&mut town.dir, tempfile::tempdir().unwrap());
    let clock = std::sync::Arc::clone(&town.clock);
    drop(town);
    settle().await;
    let town = Town::at(dir, Options { oqs: true, ..Options::default() }, clock).await;
    serve(&town).await;
    assert_eq!((names(&town, "req").len(), names(&town, "res")), (0, vec![RESULT.to_owned()]));
    let service = town.role.service();
    assert_eq!(service.day(service.today(), None, 10).await.unwrap().len(), 1, "one visit, not two");
}

#[tokio::test]
async fn what_cannot_be_asked_is_answered_with_the_reason() {
    let town = town().await;
    let wrong_digit = String::from_utf8(request("101", "19800229", Charset::Utf8)).unwrap();
    let wrong_digit = wrong_digit.replace("06130017", "06130018");
    let result = ask(&town, wrong_digit.as_bytes()).await;
    assert_eq!(result.header.segment_of_result, Some(SegmentOfResult::Abnormal));
    assert_eq!(result.header.error_code.as_deref(), Some("MSB003"));
    let message = result.header.error_message.unwrap();
    assert!(message.contains("保険者番号") && message.contains('7'), "the expected digit is said: {message}");
    assert_eq!(names(&town, "bad"), [NAME]);

    let other = wrong_digit.replace("06130018", "06130017").replace("1310000003", "1310000011");
    assert_eq!(ask(&town, other.as_bytes()).await.header.error_code.as_deref(), Some("MSB003"));
    for broken in
        [&b"<XmlMsg><MessageBody>"[..], b"", b"<!DOCTYPE x [<!ENTITY a 'b'>]><XmlMsg/>", &[0xFF; 40]]
    {
        let result = ask(&town, broken).await;
        assert_eq!(result.header.error_code.as_deref(), Some("MSB001"), "{broken:?}");
        assert!(!result.header.error_message.unwrap().is_empty());
    }
    assert!(names(&town, "req").is_empty());
    assert_eq!(town.service.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_my_number_is_refused_and_destroyed_wherever_it_stands() {
    let good = String::from_utf8(request("101", "19800229", Charset::Utf8)).unwrap();
    for bad in [
        good.replace(">101<", ">123456789018<"),
        good.replace("窓口A", "1234-5678-9018"),
        good.replace("</MessageHeader>", "<Unknown>１２３４５６７８９０１８</Unknown></MessageHeader>"),
        good.replace(">101<", ">&#49;23456789018<"),
        good.replace("</XmlMsg>", "<!-- 123456789018 -->"),
    ] {
        let town = town().await;
        let result = ask(&town, bad.as_bytes()).await;
        assert_eq!(result.header.error_code.as_deref(), Some("MSB002"), "{bad}");
        assert!(names(&town, "req").is_empty() && names(&town, "bad").is_empty());
        for digits in ["123456789018", "1234-5678-9018", "１２３４５６７８９０１８", "23456789018"]
        {
            town.holds_nowhere(digits);
        }
    }
    let town = town().await;
    fs::write(path(&town, "req", "OQSsiquc01req_123456789018.xml"), &good).unwrap();
    serve(&town).await;
    town.holds_nowhere("123456789018");
    assert!(names(&town, "res").is_empty());
}

#[tokio::test]
async fn while_the_service_is_away_the_result_says_so_and_is_written_again() {
    let town = town().await;
    town.service.down.store(true, Ordering::SeqCst);
    let result = ask(&town, &request("101", "19800229", Charset::ShiftJis)).await;
    assert_eq!(result.header.error_code.as_deref(), Some("MSB004"));
    assert!(names(&town, "req").is_empty(), "nothing is lost: the visit waits");
    town.service.down.store(false, Ordering::SeqCst);
    town.clock.advance(60_000);
    let service = town.role.service();
    service.run_due().await.unwrap();
    service.deliver_results().await.unwrap();
    let result = Response::read(&fs::read(path(&town, "res", RESULT)).unwrap()).unwrap();
    assert_eq!(result.body.qualification_validity, Some(QualificationValidity::Valid));
    assert_eq!(result.header.arbitrary_file_identifier.as_deref(), Some("窓口A"));
}

#[tokio::test]
async fn a_card_read_at_the_desk_gives_the_receipt_computer_its_own_number() {
    let town = town().await;
    let service = town.role.service();
    service.import_patients(PATIENTS.into()).await.unwrap();
    let visit = receive(&town, "valid").await;
    service.deliver_results().await.unwrap();
    service.link(visit.id, Some("00000017".parse().unwrap()), false).await.unwrap();
    town.clock.advance(1_000);
    receive(&town, "valid").await;
    service.deliver_results().await.unwrap();
    let faces = names(&town, "face");
    assert_eq!(faces.len(), 2);
    assert!(
        faces.iter().all(|name| name.starts_with("OQSsiquc01res_face_") && name.contains("_20261122094"))
    );
    let numbers: Vec<_> = faces
        .iter()
        .map(|name| Response::read(&fs::read(path(&town, "face", name)).unwrap()).unwrap())
        .map(|response| response.results()[0].reference_number.clone())
        .collect();
    assert_eq!(numbers, [None, Some("00000017".to_owned())]);

    let all = ["limit", "elderly", "child", "newer", "ended", "none", "several"];
    for id in all {
        receive(&town, id).await;
    }
    service.deliver_results().await.unwrap();
    assert_eq!(names(&town, "face").len(), 2 + all.len());
    for name in names(&town, "face") {
        let response = Response::read(&fs::read(path(&town, "face", &name)).unwrap()).unwrap();
        let valid = response.body.qualification_validity == Some(QualificationValidity::Valid);
        assert_eq!(valid, response.body.processing_result_message.is_none(), "a negative answer says why");
    }
}

#[tokio::test]
async fn in_the_background_a_request_is_served_and_the_work_ends_with_the_shutdown() {
    let town = Town::with(Options { oqs: true, background: true, ..Options::default() }).await;
    fs::write(path(&town, "req", NAME), request("101", "19800229", Charset::ShiftJis)).unwrap();
    let served = async {
        while names(&town, "res").is_empty() || !names(&town, "req").is_empty() {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), served).await.unwrap();
}
