#![no_main]
//! The resident register's file: every row is a resident, or the file is refused with line and column and without a My
//! Number or resident code in the words.

use issuer::file::{RegisterError, Rows};
use libfuzzer_sys::fuzz_target;

const HEADER: &[u8] = b"resident_code,my_number,name,kana,birth,sex,postal_code,address,removed_on\n";

fuzz_target!(|data: &[u8]| {
    read(data);
    // Behind a right first line, so that the fields are reached.
    read(&[HEADER, data].concat());
});

fn read(data: &[u8]) {
    let mut rows = match Rows::new(data) {
        Ok(rows) => rows,
        Err(error) => return assert!(!error.ja().is_empty() && !error.to_string().is_empty()),
    };
    loop {
        match rows.next_row() {
            Ok(None) => return,
            Ok(Some(resident)) => {
                let code = resident.resident.to_string();
                assert_eq!(code.parse::<codes::ResidentCode>().expect("it reads again"), resident.resident);
            }
            Err(error) => {
                assert!(!error.ja().is_empty());
                if let RegisterError::Field { line, column, what } = error {
                    assert!(line >= 2);
                    assert!(column != "my_number" || codes::find_my_number(&what).is_none());
                }
                return;
            }
        }
    }
}
