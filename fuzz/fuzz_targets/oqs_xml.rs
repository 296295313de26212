#![no_main]
//! Messages of the eligibility interface: what is read is written and read again the same, in UTF-8 always and in
//! Shift_JIS where no character is lost; what is refused names a place inside the file.

use eligibility_xml::{Charset, FileName, Limits, Message, convert, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(name) = String::from_utf8_lossy(bytes).parse::<FileName>() {
        assert!(name.to_string().parse::<FileName>().is_ok_and(|again| again == name));
    }
    let limits = Limits { bytes: 1 << 16, depth: 16, parts: 2_000 };
    let message = match Message::read_within(bytes, &limits) {
        Ok(message) => message,
        Err(error) => {
            assert!(error.place().offset <= bytes.len() && error.place().line >= 1);
            assert!(!error.to_string().is_empty() && !error.ja().is_empty());
            assert!(inspect(bytes, &limits).is_err());
            return;
        }
    };
    let report = inspect(bytes, &limits).expect("what was read can be shown");
    assert!(report.lines.len() <= report.elements);

    let wide = Limits { bytes: usize::MAX, ..limits };
    let utf8 = message.write(Charset::Utf8);
    assert!(utf8.losses.is_empty());
    let again = Message::read_within(&utf8.bytes, &wide).expect("what was written can be read");
    let settled = again.write(Charset::Utf8);
    assert_eq!(settled.bytes, utf8.bytes);
    if message.header().character_code_identifier == again.header().character_code_identifier {
        assert_eq!(again, message);
    }

    let shift_jis = message.write(Charset::ShiftJis);
    // Bytes that are UTF-8 too are refused as mislabelled, by design.
    if shift_jis.losses.is_empty()
        && (shift_jis.bytes.is_ascii() || std::str::from_utf8(&shift_jis.bytes).is_err())
    {
        let back = convert(&shift_jis.bytes, Charset::Utf8, &wide).expect("what was written can be read");
        assert_eq!(back.bytes, utf8.bytes);
    }
});
