//! What holds for every number with a check digit.

use std::fmt::Display;
use std::str::FromStr;

use proptest::prelude::*;

use super::*;

/// Completes random digits to a valid number, then checks: it parses, prints, travels as text; any other check
/// digit is refused with the right one named, or only warned of where the field says so.
fn holds<T>(text: &str, check_at: usize, strict: bool)
where
    T: CheckedNumber + FromStr<Err = NumberError> + Display + PartialEq + std::fmt::Debug,
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let (_, expected) = T::parse_unchecked(text).unwrap().check_digits().unwrap();
    for digit in 0..10 {
        let mut bytes = text.as_bytes().to_vec();
        bytes[check_at] = b'0' + digit;
        let spelled = String::from_utf8(bytes).unwrap();
        let (number, warning) = T::parse_warn(&spelled).unwrap();
        assert_eq!(T::parse_with(&spelled, CheckPolicy::Ignore).unwrap().1, None);
        assert_eq!(
            warning.and_then(|w| w.expected_digit()),
            (digit != expected).then_some(expected),
            "{spelled}"
        );
        match spelled.parse::<T>() {
            Ok(parsed) => {
                assert!(digit == expected || !strict, "{spelled}");
                assert_eq!(parsed, number);
                assert_eq!(parsed.to_string(), spelled);
                let json = serde_json::to_string(&parsed).unwrap();
                assert_eq!(serde_json::from_str::<T>(&json).unwrap(), parsed);
            }
            Err(error) => {
                assert!(strict && digit != expected, "{spelled}");
                assert!(error.to_string().contains(&format!("expected {expected}")));
                assert!(error.ja().contains(&format!("正しくは{expected}です")));
            }
        }
    }
}

proptest! {
    #[test]
    fn check_digits_are_verified(
        insurer in "[0-9]{2}[1-9][0-9]{4}0", payer in "[0-9]{8}", recipient in "[0-9]{7}", institution in "[0-9]{10}",
        corporate in "[0-9]{13}", municipality in "[0-9]{6}", resident in "[0-9]{11}",
    ) {
        if !insurer.starts_with("00") {
            holds::<InsurerNumber>(&insurer, 7, true);
        }
        holds::<InsurerNumber>(&insurer[2..], 5, true);
        holds::<PublicPayerNumber>(&payer, 7, true);
        holds::<PublicRecipientNumber>(&recipient, 6, false);
        holds::<InstitutionCode>(&institution, 9, true);
        holds::<CorporateNumber>(&corporate, 0, true);
        holds::<MunicipalityCode>(&municipality, 5, true);
        holds::<ResidentCode>(&resident, 10, false);
    }

    #[test]
    fn reading_never_panics(text in ".{0,16}", digits in "[0-9]{0,14}", wide in "[０-９ ]{0,10}") {
        for text in [text, digits, wide] {
            let _ = InsurerNumber::parse_lenient(&text);
            let _ = (PublicPayerNumber::parse_warn(&text), PublicRecipientNumber::parse_warn(&text));
            let _ = (InstitutionCode::parse_warn(&text), text.parse::<InstitutionNumber7>());
            let _ = (CorporateNumber::parse_warn(&text), MunicipalityCode::parse_warn(&text));
            let _ = (text.parse::<ResidentCode>(), text.parse::<PrefectureCode>(), text.parse::<Branch>());
            let _ = (InsuredPersonId::parse_warn(&text), text.parse::<InsuredPersonId>());
        }
    }

    #[test]
    fn insured_person_round_trips(
        insurer in "[1-9][0-9]{6}",
        symbol in "[0-9A-Za-zあ-んア-ヴ０-９－ー-]{0,12}",
        number in "[0-9０-９－-]{1,12}",
        branch in prop::option::of(0u8..100),
    ) {
        let id = InsuredPersonId {
            insurer: InsurerNumber::from_body(&insurer).unwrap(),
            symbol: symbol.parse().unwrap(),
            number: number.parse().unwrap(),
            branch: branch.and_then(Branch::new),
        };
        prop_assert_eq!(&id.to_string().parse::<InsuredPersonId>().unwrap(), &id);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&serde_json::from_str::<InsuredPersonId>(&json).unwrap(), &id);
        let key = id.normalized();
        prop_assert_eq!(key.as_str().parse::<InsuredPersonId>().unwrap().normalized(), key);
    }
}

#[test]
fn errors_say_where() {
    assert_eq!(
        "13x0000001".parse::<InstitutionCode>().unwrap_err().to_string(),
        "institution code \"13x0000001\": character 3 ('x') is no digit"
    );
    assert_eq!(
        "131000000".parse::<InstitutionCode>().unwrap_err().ja(),
        "医療機関コード「131000000」: 9桁あります（10桁であるべきです）"
    );
}

/// Someone types a My Number into the wrong field: the error must not carry it on.
#[test]
fn a_my_number_is_not_echoed() {
    let error = "123456789018".parse::<InstitutionCode>().unwrap_err();
    for text in [error.to_string(), error.ja(), format!("{error:?}")] {
        assert!(!text.contains("123456789018"), "{text}");
    }
    let resident = "1234567890".parse::<ResidentCode>().unwrap_err();
    assert!(!resident.to_string().contains("1234567890"));
}
