#![no_main]
//! Every number of the field, and the search for a My Number: what parses prints and parses again; what is found
//! is one.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use codes::{
    Branch, CheckedNumber, CorporateNumber, InstitutionCode, InstitutionNumber7, InsuredPersonId, InsurerNumber,
    MunicipalityCode, OrgId, PrefectureCode, PublicPayerNumber, PublicRecipientNumber, ResidentCode,
    find_my_number,
};
use libfuzzer_sys::fuzz_target;
use my_number::MyNumber;

fuzz_target!(|text: &str| {
    round_trips::<ResidentCode>(text);
    round_trips::<MyNumber>(text);
    round_trips::<InsurerNumber>(text);
    round_trips::<PublicPayerNumber>(text);
    round_trips::<PublicRecipientNumber>(text);
    round_trips::<InstitutionCode>(text);
    round_trips::<InstitutionNumber7>(text);
    round_trips::<CorporateNumber>(text);
    round_trips::<MunicipalityCode>(text);
    round_trips::<PrefectureCode>(text);
    round_trips::<Branch>(text);
    round_trips::<InsuredPersonId>(text);
    round_trips::<OrgId>(text);
    let _ = <InstitutionCode as CheckedNumber>::parse_warn(text);
    if let Ok((id, _)) = InsuredPersonId::parse_warn(text) {
        assert_eq!(id.normalized().as_str().split(':').count(), 4);
    }
    if let Ok(number) = InsurerNumber::parse_lenient(text) {
        assert_eq!(number.padded8().parse(), Ok(number));
    }
    if let Some(range) = find_my_number(text) {
        let digits: String = text[range].chars().filter_map(ascii_digit).collect();
        assert!(digits.parse::<MyNumber>().is_ok());
    }
});

fn round_trips<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(value.to_string().parse::<T>().is_ok_and(|again| again == value));
    }
}

fn ascii_digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '０'..='９' => char::from_u32(u32::from(character) - 0xFF10 + 0x30),
        _ => None,
    }
}
