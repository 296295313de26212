//! What SS-MIX2 becomes holds against the profiles of JP-CLINS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{path::Path, sync::Arc};

use calendar::{Date, Timestamp};
use musubi_records::{
    Resource,
    clins::check,
    definitions::Definitions,
    ssmix2::{
        Allergy, Amount, Coded, DataKind, Doctor, FileName, Flag, Insurance, LabItem, LabValue, Laboratory,
        Modifier, Name, Person, Prescription, PrescriptionItem, Problem, Problems, Sex, Source, Visit,
        convert,
    },
    tree::Number,
    validate::{Severity, Validator},
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/packages");

fn file(kind: DataKind, day: Option<Date>) -> FileName {
    FileName {
        patient_id: "00001234".to_owned(),
        date: day,
        kind,
        order: "000000011000185".to_owned(),
        occurred: Timestamp::from_jst_compact("20261120101530").unwrap(),
        department: Some("01".to_owned()),
        flag: Flag::Valid,
    }
}

fn name(family: &str, given: &str) -> Name {
    Name { family: family.to_owned(), given: given.to_owned() }
}

fn visit() -> Visit {
    let doctor = Some(Doctor { id: "D001".to_owned(), name: name("医師", "春子") });
    Visit { inpatient: false, department: Some(Coded::new("01", "内科", "HL70069")), doctor }
}

fn amount(value: &str) -> Option<Amount> {
    Some(Amount { value: Number::new(value).unwrap(), unit: Some(Coded::new("TAB", "錠", "MR9P")) })
}

fn converted(insured: bool) -> Vec<Resource> {
    let today = Date::new(2026, 11, 20).unwrap();
    let at = Timestamp::from_jst_compact("20261120090000").unwrap();
    let patient_id = "00001234".to_owned();
    let person = Person {
        patient_id: patient_id.clone(),
        name: name("患者", "太郎"),
        kana: name("カンジャ", "タロウ"),
        birth: Some(Date::new(1948, 4, 5).unwrap()),
        sex: Sex::Male,
        postal_code: "422-8033".to_owned(),
        address: "静岡県静岡市駿河区登呂３−１−１".to_owned(),
        phone: "054-000-0000".to_owned(),
        insurances: [Insurance {
            plan: Coded::new("06", "組合管掌健康保険", "JHSD0001"),
            insurer: "06050116".to_owned(),
            symbol: "１２".to_owned(),
            number: "３４５".to_owned(),
            branch: "01".to_owned(),
            from: None,
        }]
        .into_iter()
        .filter(|_| insured)
        .collect(),
        allergies: vec![Allergy {
            kind: Coded::new("DA", "薬剤アレルギー", "HL70127"),
            allergen: Coded::new("6131002F1", "アモキシシリン", "99XYZ"),
            severity: Some(Coded::new("SV", "重度", "HL70128")),
            reaction: "発疹".to_owned(),
            identified: Some(today),
        }],
    };
    let item = |usage: Option<Coded>, days: Option<u32>, times: Option<u32>| PrescriptionItem {
        group: 1,
        drug: Coded::new("103835401", "カルボシステイン錠２５０ｍｇ", "HOT9"),
        yj: days.map(|_| Coded::new("2233002F1280", "カルボシステイン錠２５０ｍｇ", "YJ")),
        dose: amount("1"),
        daily: amount("3"),
        quantity: amount("42"),
        usage,
        days,
        times,
        start: None,
        route: Some(Coded::new("PO", "口", "HL70162")),
        categories: vec![Coded::new("OHP", "外来処方", "MR9P"), Coded::new("OHI", "院内処方", "MR9P")],
    };
    let jami = Coded::new("1013044400000000", "内服・経口・１日３回朝昼夕食後", "JAMISDP01");
    let prescription = Prescription {
        patient_id: patient_id.clone(),
        order: "000000011000185".to_owned(),
        ordered: at,
        visit: visit(),
        items: vec![item(Some(jami), Some(14), None), item(None, None, Some(5))],
    };
    let result = |test: Coded, value, unit: Option<Coded>, specimen| LabItem {
        test,
        sub_id: String::new(),
        value,
        unit,
        range: "3.7-5.5".to_owned(),
        flags: vec!["H".to_owned()],
        status: "F".to_owned(),
        observed: at,
        specimen,
    };
    let albumin = Coded::new("3A015000002327101", "アルブミン", "JC10");
    let serum = Some(Coded::new("023", "血清", "JC10"));
    let gram = Some(Coded::new("g/dL", "g/dL", "ISO+"));
    let number = |text| Number::new(text).unwrap();
    let laboratory = Laboratory {
        patient_id: patient_id.clone(),
        order: "000000011000185".to_owned(),
        reported: at,
        visit: visit(),
        items: vec![
            result(albumin.clone(), LabValue::Number(None, number("4.9")), gram.clone(), serum.clone()),
            result(albumin, LabValue::Number(Some("<"), number("0.1")), gram, None),
            result(
                Coded::new("X1", "尿蛋白", "99LAB"),
                LabValue::Text("(-)".to_owned()),
                None,
                serum.clone(),
            ),
            result(
                Coded::new("X2", "血液型", "99LAB"),
                LabValue::Coded(Coded::new("A", "A型", "99Y")),
                None,
                serum,
            ),
            result(Coded::new("X3", "検体不良", "99LAB"), LabValue::Absent, None, None),
        ],
    };
    let problem = |instance: &str, resolved, suspected| Problem {
        disease: Coded::new("20054174", "胃炎", "MDCDX2"),
        instance: instance.to_owned(),
        exchange: Some(Coded::new("TSQF", "胃炎", "MDCDX2")),
        icd10: Some(Coded::new("K297", "", "I10")),
        text: "慢性胃炎の疑い".to_owned(),
        modifiers: vec![Modifier { before: true, coded: Coded::new("27000358", "左", "MDCDX2") }],
        onset: Some(Date::new(2026, 8, 31).unwrap()),
        diagnosed: Some(Date::new(2026, 9, 15).unwrap()),
        resolved,
        outcome: None,
        suspected,
        ranking: Some(Coded::new("1", "主診断", "JHSD0007")),
        confidentiality: Some(Coded::new("V", "非常に限定", "HL70177")),
        visit: visit(),
    };
    let problems =
        Problems { patient_id, entries: vec![problem("1", None, true), problem("2", Some(today), false)] };
    let source = Source { institution: "1311234567".to_owned() };
    let files = [
        (file(DataKind::Adt00, None), DataKind::Adt00),
        (file(DataKind::Omp01, Some(today)), DataKind::Omp01),
        (file(DataKind::Oml11, Some(today)), DataKind::Oml11),
        (file(DataKind::Ppr01, None), DataKind::Ppr01),
    ];
    files
        .iter()
        .flat_map(|(name, kind)| {
            let bytes = match kind {
                DataKind::Adt00 => person.write(name, "登呂病院"),
                DataKind::Omp01 => prescription.write(name, "登呂病院"),
                DataKind::Oml11 => laboratory.write(name, "登呂病院"),
                _ => problems.write(name, "登呂病院"),
            };
            convert(name, &bytes, &source).unwrap().resources
        })
        .collect()
}

#[test]
fn every_resource_holds_against_its_profile() {
    let packages =
        ["jp-core.r4-1.1.2-clins.tgz", "jp-clins.r4-1.5.2.tgz"].map(|name| Path::new(DATA).join(name));
    if packages.iter().any(|package| !package.exists()) {
        println!("skipped: the packages of JP-CLINS are not here");
        return;
    }
    let validator = Validator::new(Arc::new(Definitions::load(&packages).unwrap()));
    let resources: Vec<Resource> = [true, false].into_iter().flat_map(converted).collect();
    let mut problems = Vec::new();
    for resource in &resources {
        assert!(resource.profiles().next().is_some());
        let broken: Vec<_> =
            check(resource.node()).into_iter().filter(|i| i.severity == Severity::Error).collect();
        assert_eq!(broken, [], "a rule that no profile says");
        for issue in validator.validate(resource.node(), &[]) {
            // Best practice and no rule: a narrative. A hospital's storage has none to give.
            let is_narrative = issue.rule.as_deref() == Some("dom-6");
            if issue.severity >= Severity::Warning && !is_narrative {
                problems.push(format!(
                    "{:?} {} [{}] {}",
                    issue.severity,
                    issue.path,
                    issue.rule.as_deref().unwrap_or(issue.code),
                    issue.en
                ));
            }
        }
    }
    assert_eq!(problems, Vec::<String>::new());
    let of_jp_core =
        |r: &&Resource| r.profiles().any(|url| url.ends_with("/core/StructureDefinition/JP_Patient"));
    assert_eq!(
        resources.iter().filter(of_jp_core).count(),
        1,
        "who has no insurance is no patient of JP-CLINS"
    );
    println!("{} resources from SS-MIX2 without errors or warnings", resources.len());
}
