//! Our own profile of Consent (`docs/fhir`): its definitions are sound, its examples keep it, and what breaks it is found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use musubi_records::{
    definitions::Definitions,
    tree,
    validate::{Severity, Validator},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/fhir");
const PROFILE: &str = "https://musubi.example/fhir/StructureDefinition/jp-consent";

#[test]
fn our_profile_of_consent_is_kept_by_its_examples() {
    let definitions = Arc::new(Definitions::load(&[Path::new(FOLDER)]).unwrap());
    for name in [
        "jp-consent",
        "consent-recipient-also",
        "consent-keep-until",
        "consent-withdrawn",
        "consent-presence-receipt",
        "consent-received-by",
    ] {
        let url = format!("https://musubi.example/fhir/StructureDefinition/{name}");
        assert_eq!(definitions.check(&url), Ok(Vec::new()), "{name}");
    }
    let validator = Validator::new(definitions);
    let errors = |text: &str| -> Vec<String> {
        let resource = tree::parse(text.as_bytes()).unwrap();
        let issues = validator.validate(&resource, &[PROFILE]);
        let wrong = issues.into_iter().filter(|issue| issue.severity != Severity::Information);
        wrong.map(|issue| format!("{issue:?}")).filter(|issue| !issue.contains("dom-6")).collect()
    };
    let examples = ["hospital", "withdrawn-directive"]
        .map(|name| fs::read_to_string(format!("{FOLDER}/Consent-example-{name}.json")).unwrap());
    for example in &examples {
        assert_eq!(errors(example), Vec::<String>::new());
    }
    let broken = [
        (0, "\"TREAT\"", "\"HLEGAL\""),
        (0, "\"PSY\"", "\"FOO\""),
        (0, "\"IRCP\"", "\"AUT\""),
        (0, "StructureDefinition/consent-keep-until", "StructureDefinition/consent-keep-long"),
        (0, "\"status\": \"active\"", "\"status\": \"inactive\""),
        (1, "\"status\": \"inactive\"", "\"status\": \"active\""),
        (1, "\"care-plan\"", "\"care-plans\""),
        (1, "\"patient-privacy\"", "\"treatment\""),
        (1, "\"type\": \"permit\",", ""),
        (1, "\"class\":", "\"action\":"),
    ];
    for (number, from, to) in broken {
        assert!(examples[number].contains(from), "{from}");
        assert!(!errors(&examples[number].replacen(from, to, 1)).is_empty(), "{from} to {to}");
    }
    println!("{} examples of our Consent, {} ways to break them", examples.len(), broken.len());
}
