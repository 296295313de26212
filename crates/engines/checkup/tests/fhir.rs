//! 健診結果報告書 both ways, judged by the validator with the profiles of eCheckup.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::{fs, sync::Arc};

use musubi_checkup::{check_file, fhir::from_bundle, xml::Limits};
use records::{
    Node,
    definitions::Definitions,
    tree,
    validate::{Severity, Validator},
};

fn validator() -> Option<Validator> {
    let core = common::shared("fhir/packages/jp-core.r4-1.1.2-clins.tgz")?;
    let checkup = common::shared("fhir/packages/jp-eChekupReport.r4.tgz")?;
    Some(Validator::new(Arc::new(Definitions::load(&[core, checkup]).unwrap())))
}

fn errors(validator: &Validator, bundle: &Node) -> Vec<String> {
    let issues = validator.validate(bundle, &[]);
    let errors = issues.into_iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| format!("{}: {}", issue.path, issue.en)).collect()
}

#[test]
fn what_we_write_follows_the_profiles() {
    let Some(validator) = validator() else { return };
    let mut bundles = vec![common::whole().to_bundle()];
    if let Some(example) = common::shared("fhir/eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json") {
        let example = tree::parse(&fs::read(example).unwrap()).unwrap();
        bundles.push(from_bundle(&example).unwrap().0.to_bundle());
    }
    for bundle in &bundles {
        assert_eq!(errors(&validator, bundle), Vec::<String>::new());
    }
    println!("{} bundles without errors", bundles.len());
}

#[test]
fn the_example_comes_back_the_same() {
    let Some(file) = common::shared("fhir/eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json") else {
        return;
    };
    let example = tree::parse(&fs::read(file).unwrap()).unwrap();
    let (document, notes) = from_bundle(&example).unwrap();
    for note in &notes {
        println!("{}: {}", note.path, note.en);
    }
    let again = document.to_bundle();
    assert_eq!(from_bundle(&again).unwrap().0, document, "document to bundle and back");
    // Each Observation of the example says the same in the bundle made anew.
    let mut compared = 0;
    for one in observations(&example) {
        let code = one.text_at("code.coding.code").unwrap();
        let other =
            observations(&again).into_iter().find(|o| o.text_at("code.coding.code") == Some(code)).unwrap();
        for path in [
            "valueQuantity.value",
            "valueQuantity.code",
            "valueCodeableConcept.coding.code",
            "valueString",
            "valueCodeableConcept.coding.system",
            "method.coding.code",
            "interpretation.coding.code",
            "referenceRange.low.value",
            "referenceRange.high.value",
            "effectiveDateTime",
            "category.coding.code",
            "component.code.coding.code",
            "component.valueString",
            "code.coding.display",
        ] {
            assert_eq!(one.at(path), other.at(path), "{code} {path}");
            compared += 1;
        }
    }
    for path in [
        "identifier.value",
        "identifier.system",
        "entry.resource.title",
        "entry.resource.event.code.coding.code",
    ] {
        assert_eq!(example.at(path), again.at(path), "{path}");
    }
    assert_eq!(observations(&example).len(), observations(&again).len());
    println!("{} observations, {compared} values the same", observations(&example).len());
}

fn observations(bundle: &Node) -> Vec<&Node> {
    let resources = bundle.all("entry.resource").into_iter();
    resources.filter(|one| one.text_at("resourceType") == Some("Observation")).collect()
}

#[test]
fn through_the_document_to_xml_and_back() {
    let Some(file) = common::shared("fhir/eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json") else {
        return;
    };
    let example = tree::parse(&fs::read(file).unwrap()).unwrap();
    let (mut document, _) = from_bundle(&example).unwrap();
    let checked = check_file(document.to_xml().as_bytes(), &Limits::default()).unwrap();
    for finding in &checked.findings {
        println!("{:?} {}: {}", finding.severity, finding.path, finding.en);
    }
    assert!(checked.well_shaped);
    // hc08 has no place for the name in kanji and for a number that is no OID's.
    document.person.written_name = None;
    document.person.relationship = None;
    document.id = None;
    assert_eq!(checked.document.unwrap(), document);
}

#[test]
fn what_is_no_report_is_refused() {
    for text in
        ["{}", "{\"resourceType\":\"Bundle\",\"type\":\"document\"}", "{\"resourceType\":\"Patient\"}"]
    {
        let error = from_bundle(&tree::parse(text.as_bytes()).unwrap()).unwrap_err();
        assert!(!error.en.is_empty() && !error.ja.is_empty());
    }
}
