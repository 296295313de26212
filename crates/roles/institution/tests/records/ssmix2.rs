//! Files of an SS-MIX2 storage at the door: taken, taken again, replaced, and refused.

use std::path::Path;

use calendar::{Date, Timestamp};
use records::ssmix2::{
    Coded, DataKind, FileName, Flag, Insurance, Name, Person, Problem, Problems, Sex, Visit, write,
};

use crate::http::House;
use crate::town::{Options, Town};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/packages");

fn file(kind: DataKind, second: u8) -> FileName {
    FileName {
        patient_id: "00001234".to_owned(),
        date: None,
        kind,
        order: "999999999999999".to_owned(),
        occurred: Timestamp::from_jst_compact(&format!("202611201015{second:02}")).unwrap(),
        department: Some("01".to_owned()),
        flag: Flag::Valid,
    }
}

fn person(insured: bool) -> Person {
    let name = |family: &str, given: &str| Name { family: family.to_owned(), given: given.to_owned() };
    let insurance = Insurance {
        plan: Coded::new("06", "組合管掌健康保険", "JHSD0001"),
        insurer: "06050116".to_owned(),
        symbol: "１２".to_owned(),
        number: "３４５".to_owned(),
        branch: "01".to_owned(),
        from: None,
    };
    Person {
        patient_id: "00001234".to_owned(),
        name: name("患者", "太郎"),
        kana: name("カンジャ", "タロウ"),
        birth: Some(Date::new(1948, 4, 5).unwrap()),
        sex: Sex::Male,
        postal_code: "422-8033".to_owned(),
        address: "静岡県静岡市駿河区登呂３−１−１".to_owned(),
        phone: "054-000-0000".to_owned(),
        insurances: insured.then_some(insurance).into_iter().collect(),
        allergies: Vec::new(),
    }
}

fn problems(diseases: &[(&str, &str)]) -> Problems {
    let problem = |(instance, (name, icd10)): (usize, &(&str, &str))| Problem {
        disease: Coded::new("20054174", name, "MDCDX2"),
        instance: instance.to_string(),
        exchange: None,
        icd10: Some(Coded::new(icd10, "", "I10")),
        text: (*name).to_owned(),
        modifiers: Vec::new(),
        onset: Some(Date::new(2026, 8, 31).unwrap()),
        diagnosed: Some(Date::new(2026, 9, 15).unwrap()),
        resolved: None,
        outcome: None,
        suspected: false,
        ranking: None,
        confidentiality: None,
        visit: Visit::default(),
    };
    Problems {
        patient_id: "00001234".to_owned(),
        entries: diseases.iter().enumerate().map(problem).collect(),
    }
}

async fn send(house: &House, name: &FileName, bytes: Vec<u8>) -> serde_json::Value {
    // ISO-2022-JP has seven bits.
    let text = String::from_utf8(bytes).unwrap();
    house
        .at("PUT", &format!("/ssmix2/{name}"), &[("Content-Type", "application/octet-stream")], Some(text))
        .await
        .is(200)
        .json()
}

fn counts(report: &serde_json::Value) -> [u64; 5] {
    ["created", "updated", "unchanged", "deleted", "refused"].map(|key| report[key].as_u64().unwrap())
}

#[tokio::test]
async fn files_of_a_storage_are_taken_once_and_replaced() {
    let packages =
        ["jp-core.r4-1.1.2-clins.tgz", "jp-clins.r4-1.5.2.tgz"].map(|name| Path::new(DATA).join(name));
    let packages = if packages.iter().all(|package| package.exists()) {
        vec![packages.to_vec()]
    } else {
        println!("skipped: the packages of JP-CLINS are not here; profiles are not looked at");
        Vec::new()
    };
    let house = House::of(Town::with(Options { packages, ..Options::default() }).await).await;
    let (who, what) = (file(DataKind::Adt00, 1), file(DataKind::Ppr01, 1));
    let report = send(&house, &who, person(false).write(&who, "登呂病院")).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 0], "{report}");
    let patients = house.get("/Patient").await.is(200).json();
    let profile = patients["entry"][0]["resource"]["meta"]["profile"][0].as_str().unwrap().to_owned();
    assert!(profile.ends_with("/core/StructureDefinition/JP_Patient"), "no insurance, no eCS: {profile}");
    let report = send(&house, &who, person(true).write(&who, "登呂病院")).await;
    assert_eq!(counts(&report), [0, 1, 0, 0, 0], "{report}");
    let patients = house.get("/Patient?identifier=00001234").await.is(200).json();
    assert!(
        patients["entry"][0]["resource"]["meta"]["profile"][0].as_str().unwrap().ends_with("JP_Patient_eCS")
    );

    let two = problems(&[("胃炎", "K297"), ("ヒト免疫不全ウイルス感染症", "B24")]);
    let report = send(&house, &what, two.write(&what, "登呂病院")).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 0], "{report}");
    let again = send(&house, &what, two.write(&what, "登呂病院")).await;
    assert_eq!(counts(&again), [0, 0, 2, 0, 0], "{again}");
    let later = file(DataKind::Ppr01, 30);
    let one = problems(&[("胃炎", "K297")]);
    let report = send(&house, &later, one.write(&later, "登呂病院")).await;
    assert_eq!(counts(&report)[3..], [1, 0], "what the storage does not say any more is gone: {report}");
    assert_eq!(house.get("/Condition").await.is(200).matches().len(), 1);

    let report = send(&house, &what, b"MSH|^~\\&|half".to_vec()).await;
    assert_eq!(counts(&report), [0, 0, 0, 0, 1]);
    let refused = &report["refusals"][0];
    assert!(
        !refused["ja"].as_str().unwrap().is_empty() && !refused["place"].as_str().unwrap().is_empty(),
        "{report}"
    );
    assert_eq!(house.get("/Condition").await.is(200).matches().len(), 1, "half a file leaves nothing behind");
}

#[tokio::test]
async fn a_storage_on_this_machine_is_taken_whole() {
    let house = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    let (who, what) = (file(DataKind::Adt00, 1), file(DataKind::Ppr01, 1));
    write(dir.path(), &who, &person(true).write(&who, "登呂病院")).unwrap();
    write(dir.path(), &what, &problems(&[("胃炎", "K297")]).write(&what, "登呂病院")).unwrap();
    let service = house.town.role.service();
    let first = service.import_ssmix2(&Default::default(), dir.path()).await.unwrap();
    assert_eq!((first.lines, first.created, first.refused), (2, 2, 0), "{first:?}");
    let again = service.import_ssmix2(&Default::default(), dir.path()).await.unwrap();
    assert_eq!((again.lines, again.created, again.unchanged), (2, 0, 2), "{again:?}");
}
