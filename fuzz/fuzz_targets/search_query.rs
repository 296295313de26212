#![no_main]
//! Search queries: read or refused with the parameter, and answered without harm.

use libfuzzer_sys::fuzz_target;
use records::{
    Node,
    search::{Corpus, Query, index},
};

const RESOURCE: &str = r#"{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"},"status":"final",
    "code":{"coding":[{"system":"s","code":"c"}],"text":"t"},"effectiveDateTime":"2026-05-01","valueQuantity":{"value":3.9}}"#;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let observation: Node = RESOURCE.parse().expect("a sound resource");
    for kind in ["Observation", "Patient", "DocumentReference"] {
        match Query::parse(kind, &text) {
            Ok(query) => {
                let corpus = Corpus::new([&observation]);
                assert!(corpus.search(&query).len() <= 1 && corpus.included(&query).is_empty());
            }
            Err(error) => assert!(!error.to_string().is_empty() && !error.ja().is_empty()),
        }
    }
    // Whatever is a tree can be indexed.
    if let Ok(node) = text.parse::<Node>() {
        assert!(index(&node).len() <= bytes.len() * 4);
    }
});
