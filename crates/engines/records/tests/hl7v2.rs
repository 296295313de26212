//! HL7 v2.5 messages: marks, escapes, characters, line ends, and refusals with their place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::Timestamp;
use musubi_records::hl7v2::{Charset, Field, Header, Limits, Message, Writer};
use proptest::prelude::*;

fn parse(text: &str) -> Message {
    Message::parse(text.as_bytes()).unwrap()
}

#[test]
fn fields_are_counted_as_hl7_counts_them() {
    let message = parse("MSH|^~\\&|APP|FAC|||||ACK^A01^X\rPID|1||7^^^H&1.2&ISO^PI~8|\"\"\r");
    let header = message.segments().next().unwrap();
    assert_eq!(header.field(1).raw(), "|");
    assert_eq!(header.field(2).text(), "^~\\&");
    assert_eq!(header.field(3).raw(), "APP");
    assert_eq!(message.message_type(), ("ACK", "A01"));
    let pid = message.first("PID").unwrap();
    assert_eq!((pid.number(), pid.name()), (2, "PID"));
    assert_eq!(pid.field(3).component(1).raw(), "7");
    assert_eq!(pid.field(3).component(4).subcomponent(2).raw(), "1.2");
    assert_eq!(
        pid.field(3).repetitions().map(|one| one.component(1).text().into_owned()).collect::<Vec<_>>(),
        ["7", "8"]
    );
    assert!(pid.field(4).is_empty() && pid.field(4).text().is_empty(), "the explicit null");
    assert!(pid.field(99).is_empty() && pid.field(0).is_empty() && pid.field(3).component(0).is_empty());
}

#[test]
fn other_marks_and_line_ends_are_read() {
    for text in [
        "MSH!:*%+!A\rPID!1!!x:y*z%F%",
        "\u{b}MSH!:*%+!A\n\nPID!1!!x:y*z%F%\n\u{1c}\r",
        "\u{feff}MSH!:*%+!A\r\nPID!1!!x:y*z%F%\r\n",
    ] {
        let message = parse(text);
        let field = message.first("PID").unwrap().field(3);
        assert_eq!(field.component(2).raw(), "y");
        assert_eq!(field.repetitions().nth(1).unwrap().text(), "z!", "{text:?}");
    }
}

#[test]
fn escapes_are_resolved_and_what_is_none_stays() {
    for (raw, text) in [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\H\\bold\\N\\", "bold"),
        ("\\X41420D\\", "AB\r"),
        ("\\X00\\", "\\X00\\"),
        ("\\X4\\", "\\X4\\"),
        ("\\Zlocal\\", "\\Zlocal\\"),
        ("open\\", "open\\"),
        ("C:\\dir\\F\\", "C:\\dir|"),
        ("\\", "\\"),
    ] {
        let message = parse(&format!("MSH|^~\\&|A\rNTE|1||{raw}\r"));
        assert_eq!(message.first("NTE").unwrap().field(3).text(), text, "{raw}");
    }
}

#[test]
fn the_sets_of_iso_2022_are_read() {
    let read = |bytes: &[u8]| {
        let mut message = b"MSH|^~\\&|A|||||||||||||||~ISO IR87\rNTE|1||".to_vec();
        message.extend_from_slice(bytes);
        Message::parse(&message)
            .map(|m| m.first("NTE").unwrap().field(3).text().into_owned())
            .map_err(|e| e.to_string())
    };
    assert_eq!(read(b"\x1B$B45<T\x1B(B^").as_deref(), Ok("患者^"));
    assert_eq!(
        read(b"\x1B$@45\x1B(J~").as_deref(),
        Ok("患~"),
        "the set of 1978, and the Roman of JIS X 0201"
    );
    assert_eq!(read(b"\x1B(I6]\x1B(B").as_deref(), Ok("ｶﾝ"));
    assert_eq!(read(b"\x1B$(D0!\x1B(B").as_deref(), Ok("丂"), "JIS X 0212");
    assert_eq!(read(b"\x1B$B!C\x1B(B|x").as_deref(), Ok("｜"), "a mark inside a kanji is none");
    assert_eq!(read(b"\x1B$B45<T").as_deref(), Ok("患者"), "the return to ASCII may be missing at the end");
    assert_eq!(read(b"\x1B$B45<T\rZZZ|x").as_deref(), Ok("患者"), "and at a line's end");
    assert!(read(b"\x1B$B4").unwrap_err().starts_with("segment 2, NTE-3: byte 0x34"));
    assert!(read(b"\x1B$B\x7E\x7E\x1B(B").unwrap_err().starts_with("segment 2, NTE-3: byte"));
    assert!(read(b"\x0E6]\x0F").unwrap_err().starts_with("segment 2, NTE-3: byte 0x0E"));
    assert!(
        read(&[0x8A, 0xB3]).unwrap_err().starts_with("segment 2, NTE-3: byte 0x8A is not ISO-2022-JP"),
        "Shift_JIS"
    );
    assert!(
        read("患者".as_bytes()).unwrap_err().contains("byte 0xE6 is not ISO-2022-JP"),
        "UTF-8 that does not say so"
    );
}

#[test]
fn utf8_is_read_where_msh_18_says_so() {
    let message = |bytes: &[u8]| {
        let mut all = b"MSH|^~\\&|A|||||||||||||||UNICODE UTF-8\rNTE|1||".to_vec();
        all.extend_from_slice(bytes);
        Message::parse(&all).map_err(|e| e.to_string())
    };
    let read = message("𠮷野屋".as_bytes()).unwrap();
    assert_eq!((read.charset(), read.first("NTE").unwrap().field(3).raw()), (Charset::Utf8, "𠮷野屋"));
    assert!(message(&[0xE6, 0x82]).unwrap_err().starts_with("segment 2, NTE-3: byte 0xE6 is not UTF-8"));
    assert!(message("患\u{1}".as_bytes()).unwrap_err().contains("byte 0x01"));
}

#[test]
fn what_is_no_message_is_refused_with_its_place() {
    for (text, error) in [
        ("", "message: expected MSH"),
        ("PID|1", "message: expected MSH"),
        ("MSH", "segment 1, MSH-2: expected five different ASCII punctuation marks in MSH-1 and MSH-2"),
        (
            "MSH|^~\\^|",
            "segment 1, MSH-2: expected five different ASCII punctuation marks in MSH-1 and MSH-2",
        ),
        (
            "MSH|^~\\&#|",
            "segment 1, MSH-2: expected five different ASCII punctuation marks in MSH-1 and MSH-2",
        ),
        (
            "MSH|^~\\&|A\rpid|1",
            "segment 2 (): \"pid|1\" is not a segment's name, expected three capital letters or digits",
        ),
        (
            "MSH|^~\\&|A\rPIDX",
            "segment 2 (): \"PIDX\" is not a segment's name, expected three capital letters or digits",
        ),
        (
            "MSH|^~\\&|A|||||||||||||||8859/1",
            "segment 1, MSH-18: the character set \"8859/1\" is not read here",
        ),
    ] {
        let found = Message::parse(text.as_bytes()).unwrap_err();
        assert_eq!(found.to_string(), error);
        assert!(!found.ja().is_empty());
    }
    let limits = Limits { bytes: 20, segments: 2 };
    let long = Message::parse_within(&[b'M'; 21], &limits).unwrap_err();
    assert_eq!(long.to_string(), "message: longer than 20 bytes");
    let many = Message::parse_within(b"MSH|^~\\&|\rA11\rA12\r", &limits).unwrap_err();
    assert_eq!(many.to_string(), "message: more than 2 segments");
}

#[test]
fn kanji_are_written_as_the_storage_has_them_and_what_jis_lacks_as_utf8() {
    let written = |facility: &str| {
        let at = Timestamp::from_jst_compact("20261120101530").unwrap();
        let header = Header {
            sender: ("HIS", facility),
            at,
            message_type: ["ADT", "A08", "ADT_A01"],
            control_id: "1",
        };
        Writer::new(header).finish()
    };
    let plain = written("登呂病院");
    assert!(plain.is_ascii() && plain.windows(3).any(|w| w == b"\x1B$B"));
    assert!(String::from_utf8_lossy(&plain).contains("|~ISO IR87||ISO 2022-1994|"));
    for (facility, charset) in [
        ("登呂病院", Charset::Iso2022Jp),
        ("①㈱", Charset::Iso2022Jp),
        ("𠮷野屋", Charset::Utf8),
        ("ﾋﾞｮｳｲﾝ", Charset::Utf8),
    ] {
        let message = Message::parse(&written(facility)).unwrap();
        assert_eq!(message.charset(), charset, "{facility}");
        assert_eq!(
            message.segments().next().unwrap().field(4).text(),
            facility,
            "not a character is changed"
        );
    }
}

proptest! {
    #[test]
    fn a_text_that_is_written_is_read(text in "[\\PC\n\r\t]{0,40}") {
        let at = Timestamp::from_jst_compact("20261120101530").unwrap();
        let header = Header { sender: ("A", "B"), at, message_type: ["X", "Y", "Z"], control_id: "1" };
        let mut writer = Writer::new(header);
        writer.segment("NTE", [(1, Field::text("1")), (3, Field::components(["a", text.as_str(), "b"]))]);
        let message = Message::parse(&writer.finish()).unwrap();
        let field = message.first("NTE").unwrap().field(3);
        prop_assert_eq!(field.component(3).raw(), "b");
        let read = field.component(2).text().into_owned();
        // HL7's explicit null is nothing, and no control character has a place in a record.
        let expected: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
        prop_assert_eq!(read, if expected == "\"\"" { String::new() } else { expected });
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "MSH\\|\\^~\\\\&[|^~\\\\&A-Z0-9\r\n\u{1b}$(BDI@]{0,80}") {
        let _ = Message::parse(&bytes);
        if let Ok(message) = Message::parse(text.as_bytes()) {
            for segment in message.segments() {
                for field in 0..12 {
                    let _ = (segment.field(field).text(), segment.field(field).component(2).subcomponent(2).text());
                }
            }
        }
    }
}
