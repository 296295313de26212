//! 階層化 and メタボ判定 at every threshold, from both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{answer, quantity};
use musubi_checkup::{Document, Observation, Outcome, Section};

/// A man of 52 with nothing wrong, and what is changed about him.
fn man(changes: &[Observation]) -> Document {
    let base = [
        quantity("9N001000000000001", "170", "cm"),
        quantity("9N011000000000001", "22.0", "kg/m2"),
        quantity("9N016160100000001", "80", "cm"),
        quantity("9A755000000000001", "120", "mm[Hg]"),
        quantity("9A765000000000001", "70", "mm[Hg]"),
        quantity("3F015000002327101", "100", "mg/dL"),
        quantity("3F070000002327101", "60", "mg/dL"),
        quantity("3D010000001926101", "90", "mg/dL"),
        answer("9N701000000000011", "2", "2003"),
        answer("9N706000000000011", "2", "2003"),
        answer("9N711000000000011", "2", "2003"),
        answer("9N736000000000011", "3", "24060"),
    ];
    let kept = base.into_iter().filter(|one| changes.iter().all(|change| change.code.code != one.code.code));
    let observations = kept.chain(changes.iter().filter(|one| one.value.is_some()).cloned()).collect();
    Document { sections: vec![Section { observations, ..Section::default() }], ..common::whole() }
}

fn without(code: &str) -> Observation {
    Observation { value: None, ..quantity(code, "", "") }
}

fn level(changes: &[Observation]) -> Outcome {
    man(changes).judge().level
}

fn waist(value: &str) -> Observation {
    quantity("9N016160100000001", value, "cm")
}

#[test]
fn each_threshold_from_both_sides() {
    // With the waist over its threshold one risk makes motivational support.
    let cases = [
        ("9A755000000000001", "129", "130", true),
        ("9A765000000000001", "84", "85", true),
        ("3F015000002327101", "149", "150", true),
        ("3F070000002327101", "39", "40", false),
        ("3D010000001926101", "99", "100", true),
    ];
    for (code, below, at, up) in cases {
        let outcome = |value| level(&[waist("85"), quantity(code, value, "")]);
        let (no, yes) = if up { (below, at) } else { (at, below) };
        assert_eq!(outcome(no), Outcome::Information, "{code} {no}");
        assert_eq!(outcome(yes), Outcome::Motivational, "{code} {yes}");
    }
    println!("{} thresholds, both sides", cases.len());
}

#[test]
fn casual_samples_and_hba1c() {
    let fasting = [without("3F015000002327101"), without("3D010000001926101")];
    let with = |more: &[Observation]| level(&[&[waist("85")], &fasting[..], more].concat());
    let casual = |tg: &str, sugar: &str| {
        with(&[quantity("3F015129902327101", tg, ""), quantity("3D010129901926101", sugar, "")])
    };
    assert_eq!(casual("174", "99"), Outcome::Information);
    assert_eq!(casual("175", "99"), Outcome::Motivational);
    assert_eq!(casual("174", "100"), Outcome::Motivational);
    let hba1c = |value: &str| {
        with(&[quantity("3F015000002327101", "100", ""), quantity("3D046000001906202", value, "%")])
    };
    assert_eq!(hba1c("5.5"), Outcome::Information);
    assert_eq!(hba1c("5.6"), Outcome::Motivational);
    // Fasting glucose comes before HbA1c.
    assert_eq!(level(&[waist("85"), quantity("3D046000001906202", "5.6", "%")]), Outcome::Information);
    // Less than 3.5 hours after the meal casual samples do not count.
    let soon = answer("9N141000000000011", "4", "2202");
    let samples = [quantity("3F015129902327101", "170", ""), quantity("3D010129901926101", "90", ""), soon];
    assert_eq!(with(&samples), Outcome::Undecidable);
}

#[test]
fn body_and_count() {
    let woman = |value: &str, more: &[Observation]| {
        let mut document = man(&[&[waist(value)], more].concat());
        document.person.sex.code = "2".to_owned();
        document.judge().level
    };
    let pressure = quantity("9A755000000000001", "130", "");
    let lipid = quantity("3F070000002327101", "39", "");
    let glucose = quantity("3D010000001926101", "100", "");
    let smoking = answer("9N736000000000011", "1", "24060");
    let bmi = |value: &str| quantity("9N011000000000001", value, "kg/m2");
    assert_eq!(level(&[waist("84.9"), pressure.clone()]), Outcome::Information);
    assert_eq!(level(&[waist("85.0"), pressure.clone()]), Outcome::Motivational);
    assert_eq!(woman("89.9", std::slice::from_ref(&pressure)), Outcome::Information);
    assert_eq!(woman("90.0", std::slice::from_ref(&pressure)), Outcome::Motivational);
    assert_eq!(level(&[waist("85"), pressure.clone(), lipid.clone()]), Outcome::Active);
    assert_eq!(level(&[waist("85"), pressure.clone(), smoking.clone()]), Outcome::Active);
    // Smoking alone counts nothing.
    assert_eq!(level(&[waist("85"), smoking.clone()]), Outcome::Information);
    let bmi_at = [bmi("25.0"), pressure.clone()];
    assert_eq!(level(&[bmi("24.9"), pressure.clone()]), Outcome::Information);
    assert_eq!(level(&bmi_at), Outcome::Motivational);
    assert_eq!(level(&[&bmi_at[..], std::slice::from_ref(&lipid)].concat()), Outcome::Motivational);
    assert_eq!(level(&[&bmi_at[..], &[lipid.clone(), smoking]].concat()), Outcome::Active);
    assert_eq!(level(&[&bmi_at[..], &[lipid, glucose]].concat()), Outcome::Active);
    // The visceral fat area takes the place of the waist.
    let fat = |value: &str| [quantity("9N021000000000001", value, "cm2"), pressure.clone()];
    assert_eq!(level(&fat("99.9")), Outcome::Information);
    assert_eq!(level(&fat("100")), Outcome::Motivational);
    // Two readings are averaged.
    let readings = |a: &str, b: &str| {
        let first = quantity("9A751000000000001", a, "");
        level(&[waist("85"), without("9A755000000000001"), first, quantity("9A752000000000001", b, "")])
    };
    assert_eq!(readings("131", "128"), Outcome::Information);
    assert_eq!(readings("131", "129"), Outcome::Motivational);
}

#[test]
fn age_drugs_and_what_is_missing() {
    let active =
        [waist("85"), quantity("9A755000000000001", "130", ""), quantity("3F070000002327101", "39", "")];
    let born = |birth: &str| {
        let mut document = man(&active);
        document.person.birth = birth.to_owned();
        document.judge().level
    };
    // The check is on 2026-11-01; the fiscal year ends 2027-03-31.
    assert_eq!(born("19870401"), Outcome::Information, "39 at the end of the year");
    assert_eq!(born("19870331"), Outcome::Active, "40 on its last day");
    assert_eq!(born("19620401"), Outcome::Active, "64");
    assert_eq!(born("19620331"), Outcome::Motivational, "65 on the last day");
    assert_eq!(born("19511102"), Outcome::Motivational, "74 on the day of the check");
    assert_eq!(born("19511101"), Outcome::Information, "75 on the day of the check");
    for code in ["9N701000000000011", "9N706000000000011", "9N711000000000011"] {
        let drugs = answer(code, "1", "2003");
        assert_eq!(level(&[&active[..], &[drugs]].concat()), Outcome::Information, "{code}");
    }
    assert_eq!(level(&[&active[..], &[without("9N736000000000011")]].concat()), Outcome::Active);
    let one_risk = [waist("85"), quantity("9A755000000000001", "130", ""), without("9N736000000000011")];
    assert_eq!(level(&one_risk), Outcome::Undecidable, "smoking would decide");
    assert_eq!(level(&[waist("80"), without("9N736000000000011")]), Outcome::Information);
    assert_eq!(
        level(&[without("9N016160100000001"), quantity("9A755000000000001", "130", "")]),
        Outcome::Undecidable
    );
    assert_eq!(level(&[&active[..], &[without("9N701000000000011")]].concat()), Outcome::Undecidable);
}

#[test]
fn metabolic_syndrome() {
    let judged = |changes: &[Observation]| man(changes).judge().metabolic;
    let glucose = |value: &str| quantity("3D010000001926101", value, "mg/dL");
    let pressure = quantity("9A765000000000001", "85", "");
    assert_eq!(judged(&[waist("85")]), Outcome::NotMet);
    assert_eq!(judged(&[waist("85"), glucose("109")]), Outcome::NotMet);
    assert_eq!(judged(&[waist("85"), glucose("110")]), Outcome::Borderline);
    assert_eq!(judged(&[waist("85"), glucose("110"), pressure.clone()]), Outcome::Met);
    assert_eq!(judged(&[waist("84.9"), glucose("110"), pressure.clone()]), Outcome::NotMet);
    let drugs = answer("9N701000000000011", "1", "2003");
    assert_eq!(judged(&[waist("85"), drugs.clone()]), Outcome::Borderline);
    assert_eq!(judged(&[waist("85"), drugs, glucose("110")]), Outcome::Met);
    let hba1c =
        |value: &str| [waist("85"), without("3D010000001926101"), quantity("3D046000001906202", value, "%")];
    assert_eq!(judged(&hba1c("5.9")), Outcome::NotMet);
    assert_eq!(judged(&hba1c("6.0")), Outcome::Borderline);
    assert_eq!(judged(&[without("9N016160100000001"), glucose("110")]), Outcome::Undecidable);
}

#[test]
fn every_judgement_says_why_in_both_languages() {
    let judged = common::whole().judge();
    for reason in &judged.reasons {
        println!("{:9} {:8} {:?} {} / {}", reason.judgement, reason.factor, reason.met, reason.en, reason.ja);
        assert!(!reason.en.is_empty() && !reason.ja.is_empty());
    }
    assert_eq!((judged.level, judged.metabolic), (Outcome::Active, Outcome::Met));
    assert!(judged.reasons.len() > 10);
}
