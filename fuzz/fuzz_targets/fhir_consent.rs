#![no_main]
//! FHIR Consent: what is read is written and read again equal, with no vocabulary of anyone's where it named none; what is
//! refused names a place inside the resource.

use consent::fhir::{Vocabulary, read, write};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let vocabulary = Vocabulary::default();
    match read(&value, &vocabulary) {
        Ok(document) => {
            // A rule of which both base and exception name data in different ways cannot be written as one.
            if let Ok(written) = write(&document) {
                assert_eq!(read(&written, &vocabulary), Ok(document));
            }
        }
        Err(refusal) => {
            assert!(refusal.path.starts_with("Consent"));
            assert!(!refusal.ja.is_empty() && !refusal.en.is_empty());
        }
    }
});
