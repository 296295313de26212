//! The definitions under `docs/fhir` say what the crate says, and the examples there are read and written back alike.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;

use musubi_consent::fhir::{self, Vocabulary};
use musubi_consent::{ActReason, Category, InstitutionKind, Label, Profession};
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/fhir");

type Word = (&'static str, &'static str, &'static str);

#[test]
fn code_systems_are_the_words_of_the_crate() {
    let category = Category::ALL.iter().map(|word| (word.code(), word.ja(), word.en())).collect();
    let profession = Profession::ALL.iter().map(|word| (word.code(), word.ja(), word.en())).collect();
    let kind = InstitutionKind::ALL.iter().map(|word| (word.code(), word.ja(), word.en())).collect();
    let systems: [(&str, &str, Vec<Word>); 3] = [
        ("CodeSystem-consent-category.json", Category::SYSTEM, category),
        ("CodeSystem-profession.json", Profession::SYSTEM, profession),
        ("CodeSystem-institution-kind.json", InstitutionKind::SYSTEM, kind),
    ];
    for (file, system, words) in systems {
        let written = definition(file);
        assert_eq!(written["url"], system);
        assert_eq!(written["count"], words.len());
        let concepts = written["concept"].as_array().unwrap();
        let found: Vec<_> = concepts
            .iter()
            .map(|one| (text(&one["code"]), text(&one["display"]), text(&one["designation"][0]["value"])))
            .collect();
        assert_eq!(found, words, "{file}");
    }
}

#[test]
fn value_sets_are_the_words_of_the_crate() {
    let codes = |file: &str| -> BTreeSet<(String, String)> {
        let written = definition(file);
        let includes = written["compose"]["include"].as_array().unwrap().clone();
        let of = |include: &Value| -> Vec<(String, String)> {
            let system = text(&include["system"]).to_string();
            let concepts = include["concept"].as_array().unwrap();
            concepts.iter().map(|one| (system.clone(), text(&one["code"]).to_string())).collect()
        };
        includes.iter().flat_map(of).collect()
    };
    let purposes =
        ActReason::ALL.iter().map(|word| (ActReason::SYSTEM.to_string(), word.to_string())).collect();
    assert_eq!(codes("ValueSet-consent-purpose.json"), purposes);
    let labels = Label::ALL.iter().map(|label| (label.system().to_string(), label.to_string())).collect();
    assert_eq!(codes("ValueSet-consent-label.json"), labels);
}

#[test]
fn examples_are_read_and_written_back_alike() {
    assert_eq!(definition("StructureDefinition-jp-consent.json")["url"], fhir::PROFILE);
    let examples = ["Consent-example-hospital.json", "Consent-example-withdrawn-directive.json"];
    for file in examples {
        let example = definition(file);
        let document =
            fhir::read(&example, &Vocabulary::default()).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(fhir::write(&document).unwrap(), example, "{file}");
    }
    println!("{} examples of our profile", examples.len());
}

fn definition(file: &str) -> Value {
    serde_json::from_slice(&fs::read(format!("{FOLDER}/{file}")).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
