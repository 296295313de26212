//! What an institution reads from outside: patient lists, and the search for My Numbers in anything.
#![no_main]

use institution::patient_list;
use institution::refuse::{self, Field};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(list) = patient_list::read(data, Field::Text) {
        for patient in &list.patients {
            assert!(codes::find_my_number(&patient.name).is_none());
            assert!(codes::find_my_number(patient.local_number.as_str()).is_none());
        }
    }
    let _ = refuse::scan_pairs(data, |_| Field::Text);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = refuse::scan(Field::FileIdentifier, text, String::new);
        let _ = refuse::scan_xml(text, |_| Field::Text);
        if let Ok(document) = serde_json::from_str(text) {
            let _ = refuse::scan_json(&document, |_| Field::Text);
        }
    }
});
