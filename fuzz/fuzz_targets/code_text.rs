#![no_main]
//! Text forms of codes: what parses is of one kind only and prints to the same symbols.

use codes::{ExchangeId, Insurance, InsuranceCode, LinkCode, Medical, MedicalId, OrgCode, base32};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let printed = [
        text.parse::<LinkCode<Medical>>().map(|code| code.to_string()),
        text.parse::<LinkCode<Insurance>>().map(|code| code.to_string()),
        text.parse::<MedicalId>().map(|code| code.to_string()),
        text.parse::<InsuranceCode>().map(|code| code.to_string()),
        text.parse::<OrgCode<Medical>>().map(|code| code.to_string()),
        text.parse::<OrgCode<Insurance>>().map(|code| code.to_string()),
    ];
    assert!(printed.iter().filter(|printed| printed.is_ok()).count() <= 1);
    for printed in printed.into_iter().flatten() {
        assert!(printed[..3].eq_ignore_ascii_case(&text[..3]));
        assert!(printed[3..].chars().map(base32::value).eq(text[3..].chars().map(base32::value)));
    }
    if let Ok(exchange) = text.parse::<ExchangeId>() {
        assert_eq!(exchange.to_string().parse(), Ok(exchange));
    }
});
