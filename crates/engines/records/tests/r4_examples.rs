//! All resources of npm `hl7.fhir.r4.examples` 4.0.1: they come back byte for byte, and those that do not validate are
//! those that are wrong. Needs the unpacked package: `MUSUBI_FHIR_R4=…/package cargo test --release -p musubi-records`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use musubi_records::{
    definitions::Definitions,
    tree,
    validate::{Validator, has_errors},
};

/// Examples with errors, each with what is wrong in it.
const WRONG: &[(&str, &str)] = &[
    ("ActivityDefinition-blood-tubes-supply", "txt-1"), // an empty narrative
    ("ActivityDefinition-heart-valve-replacement", "txt-1"),
    ("Basic-referral", "extension"),  // modifier extensions that nobody defines
    ("Bundle-dataelements", "bdl-7"), // the same fullUrl three times
    ("Bundle-v2-valuesets", "value"), // codes that end with a space
    ("Bundle-valueset-expansions", "value"), // a version after an OID
    ("CodeSystem-v2-0550", "value"),
    ("DeviceMetric-example", "structure"), // a reference to a type that is not allowed
    ("DeviceUseStatement-example", "structure"),
    ("EventDefinition-example", "txt-1"),
    ("ImplementationGuide-fhir", "required"), // no name, no status
    ("ig-r4", "required"),
    ("Library-zika-virus-intervention-logic", "value"), // urn:oid:X.Y.Z
    ("MedicationRequest-medrx0301", "structure"),
    ("Observation-clinical-gender", "structure"),
    ("OrganizationAffiliation-orgrole1", "structure"),
    ("Questionnaire-qs1", "required"), // items without linkId
    ("Questionnaire-zika-virus-exposure-assessment", "txt-1"),
    ("SearchParameter-codesystem-extensions-CodeSystem-author", "required"), // no base
    ("SearchParameter-codesystem-extensions-CodeSystem-effective", "required"),
    ("SearchParameter-codesystem-extensions-CodeSystem-end", "required"),
    ("SearchParameter-codesystem-extensions-CodeSystem-keyword", "required"),
    ("SearchParameter-codesystem-extensions-CodeSystem-workflow", "required"),
    ("SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject", "value"), // an id of 71 characters
    ("SearchParameter-valueset-extensions-ValueSet-author", "required"),
    ("SearchParameter-valueset-extensions-ValueSet-effective", "required"),
    ("SearchParameter-valueset-extensions-ValueSet-end", "required"),
    ("SearchParameter-valueset-extensions-ValueSet-keyword", "required"),
    ("SearchParameter-valueset-extensions-ValueSet-workflow", "required"),
    ("StructureDefinition-Definition", "sdf-4"), // neither abstract nor based on anything
    ("StructureDefinition-Event", "sdf-4"),
    ("StructureDefinition-FiveWs", "sdf-4"),
    ("StructureDefinition-Request", "sdf-4"),
];

#[test]
fn every_example_comes_back_byte_for_byte() {
    let Some(files) = examples() else { return };
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let node = tree::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let (before, after) = (canonical(&bytes), canonical(&node.to_vec()));
        assert!(before == after, "{}: differs", file.display());
        assert_eq!(tree::parse(&node.canonical()).unwrap().canonical(), node.canonical());
    }
    println!("{} documents came back byte for byte", files.len());
}

#[test]
fn the_examples_with_errors_are_the_wrong_ones() {
    let Some(files) = examples() else { return };
    let validator = Validator::new(Arc::new(Definitions::r4().unwrap()));
    let (mut checked, mut wrong, mut undecided) = (0, BTreeSet::new(), 0);
    for file in &files {
        let node = tree::parse(&std::fs::read(file).unwrap()).unwrap();
        if node.get("resourceType").is_none() {
            continue;
        }
        checked += 1;
        let issues = validator.validate(&node, &[]);
        undecided += issues.iter().filter(|i| i.code == "not-supported" && i.rule.is_some()).count();
        if has_errors(&issues) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let known = WRONG.iter().find(|(wrong, _)| *wrong == name);
            let (_, why) = known.unwrap_or_else(|| panic!("{name}: {:#?}", issues));
            assert!(
                issues.iter().any(|i| i.code == *why || i.rule.as_deref() == Some(why)),
                "{name}: {issues:#?}"
            );
            wrong.insert(name);
        }
    }
    println!("{checked} resources, {} with errors, {undecided} invariants not decided", wrong.len());
    assert_eq!(wrong.len(), WRONG.len());
    assert_eq!(undecided, 0);
}

fn examples() -> Option<Vec<PathBuf>> {
    let Some(directory) = std::env::var_os("MUSUBI_FHIR_R4").map(PathBuf::from).filter(|d| d.is_dir()) else {
        println!("skipped: MUSUBI_FHIR_R4 does not name the unpacked package hl7.fhir.r4.examples");
        return None;
    };
    let inner = directory.join("package");
    let entries = std::fs::read_dir(if inner.is_dir() { inner } else { directory }).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|f| {
        f.extension().is_some_and(|e| e == "json")
            && !f.file_name().unwrap().to_string_lossy().starts_with('.')
    });
    files.sort();
    assert!(files.len() > 5300, "{} files", files.len());
    Some(files)
}

/// The bytes without white space between tokens, strings in one notation: made without the reader that is under test.
fn canonical(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'"' {
            if !first.is_ascii_whitespace() {
                out.push(*first);
            }
            rest = after;
            continue;
        }
        let mut end = 1;
        while rest[end] != b'"' {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let (string, after) = rest.split_at(end + 1);
        out.extend(serde_json::to_vec(&serde_json::from_slice::<String>(string).unwrap()).unwrap());
        rest = after;
    }
    out
}
