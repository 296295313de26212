#![no_main]
//! OCSP requests: any bytes are refused, or read and answered.

use std::sync::LazyLock;

use jpki::ca::Authority;
use jpki::ca::ocsp::{self, Standing};
use libfuzzer_sys::fuzz_target;
use protocol::jpki::CertificateKind;

static AUTHORITY: LazyLock<Authority> =
    LazyLock::new(|| Authority::open(&Authority::create(CertificateKind::Authentication, 0).unwrap()).unwrap());

fuzz_target!(|bytes: &[u8]| {
    let Ok(question) = ocsp::read(bytes) else { return };
    let serials = question.serials();
    assert!((1..=32).contains(&serials.len()));
    assert!(serials.iter().all(|serial| serial.len() <= 42));
    let answer = AUTHORITY.answer_status(&question, &vec![Standing::Good; serials.len()], 0, 1).unwrap();
    assert_eq!(answer.first(), Some(&0x30));
});
