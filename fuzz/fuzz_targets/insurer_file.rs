#![no_main]
//! An insurer's file of members or events: every row is a report that belongs to this insurer, or the file is refused with
//! a place and without a My Number in the words.

use codes::InsurerNumber;
use insurer::file::{FileError, Rows};
use libfuzzer_sys::fuzz_target;
use protocol_admin::report::ReportAct;

const HEADER: &[u8] = b"insurer_number,symbol,number,branch,my_number,name,kana,birth,sex,relation,postal_code,address,acquired_on,lost_on,loss_reason,ratio,preschool,elderly_from,elderly_until,elderly_ratio,limit_class,limit_flag,limit_from,limit_until,acquisition_reported_on,reported_on";

fuzz_target!(|data: &[u8]| {
    let number: InsurerNumber = "06139810".parse().expect("an insurer number");
    read(data, number);
    // Behind a right first line, so that the fields are reached, as first load and as events.
    read(&[HEADER, b"\n", data].concat(), number);
    read(&[b"event,happened_on,", HEADER, b"\n", data].concat(), number);
});

fn read(data: &[u8], number: InsurerNumber) {
    let mut rows = match Rows::new(data, number) {
        Ok(rows) => rows,
        Err(error) => return assert!(!error.ja().is_empty() && !error.to_string().is_empty()),
    };
    let mut begun = None;
    loop {
        match rows.next_row() {
            Ok(None) => return,
            Ok(Some(row)) => {
                assert_eq!(row.record.insured.insurer, number);
                assert!(row.line >= 2);
                if begun == Some(row.line) {
                    assert_eq!(row.act, ReportAct::Loss, "only an end follows a beginning in one row");
                }
                begun = Some(row.line);
            }
            Err(error) => {
                assert!(!error.ja().is_empty());
                if let FileError::Field { line, column, ja, en } = error {
                    assert!(line >= 2);
                    let told = codes::find_my_number(&ja).or(codes::find_my_number(&en));
                    assert!(column != "my_number" || told.is_none());
                }
                return;
            }
        }
    }
}
