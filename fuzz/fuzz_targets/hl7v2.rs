#![no_main]
//! HL7 v2.5 messages and SS-MIX2 files: what is read converts or names a place, and converts the same again.

use libfuzzer_sys::fuzz_target;
use records::{
    hl7v2::Message,
    ssmix2::{FileName, Source, convert},
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::parse(bytes) {
        for segment in message.segments() {
            for field in 0..40 {
                for repetition in segment.field(field).repetitions() {
                    let _ = (repetition.component(2).subcomponent(1).text(), repetition.text());
                }
            }
        }
    }
    let source = Source { institution: "9918000010".to_owned() };
    for kind in ["ADT-00", "ADT-61", "PPR-01", "OMP-01", "OML-11"] {
        let name = format!("1_20261120_{kind}_1_20261120101530123_01_1");
        let name: FileName = name.parse().expect("a sound name");
        match convert(&name, bytes, &source) {
            Ok(converted) => assert_eq!(converted, convert(&name, bytes, &source).expect("it was read before")),
            Err(error) => assert!(!error.to_string().is_empty() && !error.ja().is_empty()),
        }
    }
    if let Ok(name) = String::from_utf8_lossy(bytes).parse::<FileName>() {
        assert!(name.to_string().parse::<FileName>().is_ok_and(|again| again == name));
        assert!(!name.folder().contains(".."));
    }
});
