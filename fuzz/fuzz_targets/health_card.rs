#![no_main]
//! SMART Health Cards in every form, keys and revocation lists: nothing panics, nothing inflates without bound, and
//! nothing without a key is accepted as a card.

use health_card::{Form, KeySet, Revocations, Trust, chunks, join, svg, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let _ = KeySet::default().add("https://issuer.example", &text);
    let _ = Revocations::default().add(&text);
    let texts: Vec<String> = text.split('\n').take(8).map(str::to_owned).collect();
    let trust = Trust::default();
    for form in
        [Form::Bundle, Form::Payload, Form::Jws, Form::File, Form::Parameters, Form::Numeric, Form::of(&text)]
    {
        let judgement = verify(form, &texts, &trust, 1_795_305_600);
        if !judgement.cards.is_empty() && !matches!(form, Form::Payload) {
            assert!(!judgement.is_accepted(), "no key is known");
        }
    }
    if text.len() < 4_000 && !text.is_empty() && text.bytes().all(|b| (45..=122).contains(&b)) {
        let cut = chunks(&text);
        assert_eq!(join(&cut, &mut Vec::new()).as_deref(), Some(text.as_str()));
        assert!(cut.iter().all(|chunk| svg(chunk).is_some()));
    }
});
