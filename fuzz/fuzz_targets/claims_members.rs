#![no_main]
//! Lists of memberships: read, or refused with the line.

use claims::MemberList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match MemberList::read(bytes) {
        Ok(list) => assert!(list.size().0 <= list.size().1),
        Err(error) => assert!(!error.to_string().is_empty() && !error.ja().is_empty()),
    }
});
