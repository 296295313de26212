#![no_main]
//! Dates in every spelling, CP932 and the comparison keys: what is read comes back, and a key of a key is itself.

use calendar::{Date, Timestamp};
use kotoba::{PostalCode, cp932_decode, cp932_encode, fold_address, fold_kana, fold_name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match cp932_decode(bytes) {
        Ok(text) => {
            let again = cp932_encode(&text);
            assert!(again.losses.is_empty());
            assert_eq!(cp932_decode(&again.bytes), Ok(text));
        }
        Err(bad) => assert_eq!(bytes.get(bad.at), Some(&bad.byte)),
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(date) = Date::parse(text) {
        assert_eq!(Date::parse(&date.to_wareki()), Ok(date));
        assert_eq!(Date::from_compact(&date.to_compact()), Ok(date));
        assert_eq!(date.to_string().parse(), Ok(date));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_rfc3339().parse(), Ok(at));
    }
    if let Ok(at) = Timestamp::from_jst_compact(text) {
        assert_eq!(at.to_jst_compact(), text);
    }
    if let Ok(code) = text.parse::<PostalCode>() {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
    for key in [fold_name, fold_kana, fold_address] {
        let once = key(text);
        assert_eq!(key(&once), once);
    }
});
