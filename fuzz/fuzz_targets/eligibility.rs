#![no_main]
//! What a desk and an insurer send to the eligibility service: a check in JSON is refused with a place or reads and writes
//! the same; a report file never panics, and every row of it is a report or names its column.

use libfuzzer_sys::fuzz_target;
use protocol::eligibility::CheckRequest;
use protocol_admin::report_file::Reader;

fuzz_target!(|bytes: &[u8]| {
    match wire::decode::<CheckRequest>(bytes) {
        Ok(request) => {
            let again = serde_json::to_vec(&request).expect("a request can be written");
            assert_eq!(wire::decode::<CheckRequest>(&again).expect("and read"), request);
        }
        Err(problem) => assert!(problem.parts().place.is_some()),
    }
    let mut reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.ja().is_empty());
            return;
        }
    };
    let mut rows = 0_u64;
    while let Ok(Some(row)) = reader.next_row() {
        rows += 1;
        assert!(row.line > 2);
        if let Err(error) = row.report {
            assert!(!error.column.is_empty() && !error.ja.is_empty() && !error.en.is_empty());
        }
    }
    assert!(rows <= bytes.len() as u64);
});
