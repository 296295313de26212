#![no_main]
//! FHIR documents and expressions: what is read is written and read again the same; anything can be validated; what is
//! refused names a place inside the document.

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use records::{definitions::Definitions, fhirpath::Expression, tree, validate::Validator};

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| Validator::new(Arc::new(Definitions::r4().expect("the core is part of the program"))))
}

fuzz_target!(|bytes: &[u8]| {
    let node = match tree::parse(bytes) {
        Ok(node) => node,
        Err(error) => {
            assert!(error.offset <= bytes.len() && error.line >= 1 && error.column >= 1);
            assert!(!error.to_string().is_empty() && !error.ja().is_empty());
            return;
        }
    };
    let again = tree::parse(&node.to_vec()).expect("what was written can be read");
    assert_eq!(again, node);
    assert_eq!(tree::parse(&node.canonical()).expect("canonical is JSON").canonical(), node.canonical());
    for issue in validator().validate(&node, &[]) {
        assert!(!issue.path.is_empty() && !issue.en.is_empty() && !issue.ja.is_empty());
    }
    if let Some(expression) = node.as_str().and_then(|text| Expression::parse(text).ok()) {
        let _ = expression.of(&node);
    }
});
