//! How many resources a second one core converts from SS-MIX2, labels and indexes: `cargo run --release --example speed`.

use std::time::{Duration, Instant};

use calendar::{Date, Timestamp};
use musubi_records::{
    Resource,
    labels::{Facts, Lists},
    search::index,
    ssmix2::{
        Amount, Coded, DataKind, Doctor, FileName, Flag, LabItem, LabValue, Laboratory, Name, Prescription,
        PrescriptionItem, Source, Visit, convert,
    },
    tree::{Number, parse},
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let source = Source { institution: "9918000010".to_owned() };
    let files = [laboratory()?, prescription()?];
    let mut resources: Vec<Resource> = Vec::new();
    for (name, bytes) in &files {
        resources.extend(convert(name, bytes, &source)?.resources);
    }
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} resources from {} files of {bytes} bytes", resources.len(), files.len());

    report("SS-MIX2 to FHIR", resources.len(), || {
        files
            .iter()
            .map(|(name, bytes)| convert(name, bytes, &source).map_or(0, |done| done.resources.len()))
            .sum()
    });
    let lists = Lists::builtin(Date::new(2026, 11, 22)?)?;
    report("labels", resources.len(), || {
        resources.iter().filter(|resource| lists.labels(resource.node()).is_empty()).count()
    });
    report("facts", resources.len(), || {
        resources.iter().filter(|resource| Facts::of(resource.node()).date.is_some()).count()
    });
    report("index", resources.len(), || resources.iter().map(|resource| index(resource.node()).len()).sum());
    report("labels, facts and index", resources.len(), || {
        let one = |resource: &Resource| {
            let node = resource.node();
            usize::from(lists.labels(node).is_empty())
                + usize::from(Facts::of(node).date.is_some())
                + index(node).len()
        };
        resources.iter().map(one).sum()
    });
    let texts: Vec<Vec<u8>> = resources.iter().map(|resource| resource.node().to_vec()).collect();
    report("parse, labels, facts and index", resources.len(), || {
        let one = |text: &Vec<u8>| {
            parse(text).map_or(0, |node| {
                usize::from(lists.labels(&node).is_empty())
                    + usize::from(Facts::of(&node).date.is_some())
                    + index(&node).len()
            })
        };
        texts.iter().map(one).sum()
    });
    Ok(())
}

fn report(what: &str, resources: usize, mut work: impl FnMut() -> usize) {
    let start = Instant::now();
    let mut rounds = 0usize;
    let mut found = 0;
    while start.elapsed() < Duration::from_secs(1) {
        found = std::hint::black_box(work());
        rounds += 1;
    }
    let each = start.elapsed().as_secs_f64() / (rounds * resources) as f64;
    println!("{what}: {:.0} resources/s ({:.1} us each, {found} found)", 1.0 / each, each * 1e6);
}

fn name(kind: DataKind, order: &str) -> Result<FileName, Failure> {
    Ok(FileName {
        patient_id: "00001234".to_owned(),
        date: Some(Date::new(2026, 11, 20)?),
        kind,
        order: order.to_owned(),
        occurred: Timestamp::from_jst_compact("20261120101530")?,
        department: Some("01".to_owned()),
        flag: Flag::Valid,
    })
}

fn visit() -> Visit {
    let name = Name { family: "医師".to_owned(), given: "春子".to_owned() };
    let doctor = Some(Doctor { id: "D001".to_owned(), name });
    Visit { inpatient: false, department: Some(Coded::new("01", "内科", "HL70069")), doctor }
}

/// Twenty results of blood, as a visit has.
fn laboratory() -> Result<(FileName, Vec<u8>), Failure> {
    let at = Timestamp::from_jst_compact("20261120090000")?;
    let number = Number::new("3.90").ok_or("a number")?;
    let item = |n: usize| LabItem {
        test: Coded::new(&format!("3A01500000232{n:04}"), "アルブミン", "JC10"),
        sub_id: String::new(),
        value: LabValue::Number(None, number.clone()),
        unit: Some(Coded::new("g/dL", "g/dL", "ISO+")),
        range: "3.7-5.5".to_owned(),
        flags: vec!["N".to_owned()],
        status: "F".to_owned(),
        observed: at,
        specimen: Some(Coded::new("023", "血清", "JC10")),
    };
    let report = Laboratory {
        patient_id: "00001234".to_owned(),
        order: "000000011000354".to_owned(),
        reported: at,
        visit: visit(),
        items: (0..20).map(item).collect(),
    };
    let name = name(DataKind::Oml11, &report.order)?;
    let bytes = report.write(&name, "北病院");
    Ok((name, bytes))
}

/// Five drugs.
fn prescription() -> Result<(FileName, Vec<u8>), Failure> {
    let amount = |text: &str| {
        Number::new(text).map(|value| Amount { value, unit: Some(Coded::new("TAB", "錠", "MR9P")) })
    };
    let item = |n: u32| PrescriptionItem {
        group: n,
        drug: Coded::new(&format!("10383540{n}"), "カルボシステイン錠２５０ｍｇ", "HOT9"),
        yj: None,
        dose: amount("1"),
        daily: amount("3"),
        quantity: amount("42"),
        usage: Some(Coded::new("1013044400000000", "内服・経口・１日３回朝昼夕食後", "JAMISDP01")),
        days: Some(14),
        times: None,
        start: None,
        route: Some(Coded::new("PO", "口", "HL70162")),
        categories: vec![Coded::new("OHP", "外来処方", "MR9P")],
    };
    let prescription = Prescription {
        patient_id: "00001234".to_owned(),
        order: "000000011000185".to_owned(),
        ordered: Timestamp::from_jst_compact("20261120100000")?,
        visit: visit(),
        items: (1..=5).map(item).collect(),
    };
    let name = name(DataKind::Omp01, &prescription.order)?;
    let bytes = prescription.write(&name, "北病院");
    Ok((name, bytes))
}
