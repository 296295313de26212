//! Documents that are made to hurt, or were hurt: a precise error, no panic, bounded work.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use musubi_checkup::{
    Charset, Code, Document, Generation, Identifier, Observation, Rule, Section, Severity, Value, check_file,
    oid,
    xml::{Limits, Problem},
};
use proptest::prelude::*;

fn refused(bytes: &[u8]) -> Problem {
    let error = check_file(bytes, &Limits::default()).unwrap_err();
    assert!(error.place.line >= 1 && !error.to_string().is_empty() && !error.ja().is_empty());
    error.problem
}

#[test]
fn attacks_on_readers_of_xml() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;\">]><ClinicalDocument>&c;</ClinicalDocument>";
    assert_eq!(refused(bomb.as_bytes()), Problem::Doctype);
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><index>&x;</index>";
    assert_eq!(refused(outside.as_bytes()), Problem::Doctype);
    assert_eq!(refused(b"<index>&x;</index>"), Problem::Entity("x".to_owned()));
    assert_eq!(refused(b"<index a='&x;'/>"), Problem::Entity("x".to_owned()));
    assert_eq!(refused(b"<index>&#0;</index>"), Problem::Character(0));
    assert_eq!(refused(b"<index>\x01</index>"), Problem::Character(1));
    let deep = "<index>".repeat(100);
    assert!(matches!(refused(deep.as_bytes()), Problem::TooDeep { .. }));
    let wide = format!("<index>{}</index>", "<a/>".repeat(300_000));
    assert!(matches!(refused(wide.as_bytes()), Problem::TooMany { .. }));
    let endless = vec![b' '; (8 << 20) + 1];
    assert!(matches!(refused(&endless), Problem::TooLarge { .. }));
    let references = format!("<index a=\"{}\"/>", "&amp;".repeat(400_000));
    assert!(check_file(references.as_bytes(), &Limits::default()).is_ok(), "a long value is read in one go");
    assert_eq!(refused(b"<p:index/>"), Problem::Prefix("p".to_owned()));
    for bad in [
        "<index a='1' a='2'/>",
        "<index a=1/>",
        "<index a/>",
        "<index a='<'/>",
        "<index/><index/>",
        "<index/>x",
        "<1/>",
    ] {
        assert!(matches!(refused(bad.as_bytes()), Problem::Syntax(_)), "{bad}");
    }
    assert!(matches!(refused(b"<html/>"), Problem::Root { .. }));
}

#[test]
fn encodings() {
    let text = common::whole().to_xml();
    let mut utf8 = text.clone().into_bytes();
    let at = text.find("病").unwrap() + 1;
    utf8.truncate(at);
    assert!(matches!(refused(&utf8), Problem::WrongCharset { declared: "UTF-8", sound } if sound == at - 1));
    let sjis = text.replace("UTF-8", "Shift_JIS");
    let sjis = kotoba::cp932_encode(&sjis).bytes;
    let checked = check_file(&sjis, &Limits::default()).unwrap();
    assert_eq!(checked.charset, Charset::ShiftJis);
    assert_eq!(checked.document.unwrap(), common::whole());
    // Shift_JIS bytes under a declaration of UTF-8, and other encodings.
    let lying = String::from_utf8_lossy(&sjis[..50]).replace("Shift_JIS", "UTF-8").into_bytes();
    let lying = [&lying[..], &sjis[50..]].concat();
    assert!(matches!(refused(&lying), Problem::WrongCharset { .. }));
    let wide = text.replace("UTF-8", "UTF-16");
    for mark in ["", "\u{FEFF}"] {
        let units: Vec<u16> = mark.encode_utf16().chain(wide.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [&little, &big] {
            let checked = check_file(bytes, &Limits::default()).unwrap();
            assert_eq!((checked.charset, checked.is_accepted()), (Charset::Utf16, true));
            assert_eq!(checked.document.unwrap(), common::whole());
        }
        // Half a character at the end, and half a pair in the middle.
        let cut = &little[..little.len() - 1];
        assert!(matches!(refused(cut), Problem::WrongCharset { sound, .. } if sound == cut.len() - 1));
        let mut alone = little.clone();
        alone[100..102].copy_from_slice(&[0x00, 0xD8]);
        assert!(matches!(refused(&alone), Problem::WrongCharset { declared: "UTF-16", sound: 100 }));
    }
    assert!(matches!(
        refused(b"<?xml version='1.0' encoding='EUC-JP'?><index/>"),
        Problem::UnknownCharset { .. }
    ));
    // A byte order mark and a prefix for everything are fine.
    let bom = [&[0xEF, 0xBB, 0xBF][..], text.as_bytes()].concat();
    assert!(check_file(&bom, &Limits::default()).unwrap().is_accepted());
}

#[test]
fn cut_off_at_every_byte() {
    let text = common::whole().to_xml();
    let end = text.trim_end().len();
    for at in (0..end).step_by(23) {
        assert!(check_file(&text.as_bytes()[..at], &Limits::default()).is_err(), "{at}");
    }
}

#[test]
fn other_ways_of_writing_the_same() {
    let text = common::whole().to_xml();
    let prefixed = text
        .replace("xmlns=", "xmlns:cda=")
        .replace("</", "</cda:")
        .replace("<", "<cda:")
        .replace("<cda:/cda:", "</cda:")
        .replace("<cda:?", "<?")
        .replace("xsi:type=\"", "xsi:type=\"cda:");
    let checked = check_file(prefixed.as_bytes(), &Limits::default()).unwrap();
    assert!(checked.well_shaped, "{:?}", checked.findings);
    assert_eq!(checked.document.unwrap(), common::whole());
    // Character data, references, comments and instructions: XML, if not as anybody writes it.
    let odd = text
        .replace("北病院", "<![CDATA[北]]>&#x75C5;<!-- 院 -->&#38498;")
        .replace("ケンシン", "<?a b?>&#12465;ンシン")
        .replace("\n", "\r\n")
        .replace("code=\"010\"", "code\n = '&#48;10'");
    assert_ne!(odd.len(), text.len());
    let checked = check_file(odd.as_bytes(), &Limits::default()).unwrap();
    assert!(checked.well_shaped, "{:?}", checked.findings);
    assert_eq!(checked.document.unwrap(), common::whole());
    // The header in another order is of today's generation.
    let author = &text[text.find("  <author>").unwrap()..text.find("  <custodian>").unwrap()];
    let moved =
        text.replacen(author, "", 1).replacen("  <recordTarget>", &format!("{author}  <recordTarget>"), 1);
    let checked = check_file(moved.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(
        (checked.generation, checked.well_shaped),
        (Generation::Current, true),
        "{:?}",
        checked.findings
    );
    assert_eq!(checked.document.unwrap(), common::whole());
}

#[test]
fn what_a_check_says_wrong() {
    let check = |change: &dyn Fn(&mut Document)| {
        let mut document = common::whole();
        change(&mut document);
        document.check()
    };
    fn first<'d>(document: &'d mut Document, code: &str) -> &'d mut Observation {
        let all = &mut document.sections[0].observations;
        all.iter_mut().find(|one| one.code.code == code).unwrap()
    }
    assert_eq!(check(&|_| {}), []);
    let has = |findings: &[musubi_checkup::Finding], rule, severity| {
        findings.iter().any(|finding| finding.rule == rule && finding.severity == severity)
    };
    let unit = |unit: &str| {
        let unit = unit.to_owned();
        check(&move |d| {
            first(d, "9N001000000000001").value =
                Some(Value::Quantity { value: "170".into(), unit: unit.clone() })
        })
    };
    assert!(has(&unit("mm"), Rule::Unit, Severity::Error));
    assert!(!has(&unit("ＣＭ"), Rule::Unit, Severity::Error), "width and case aside");
    let tall =
        check(&|d| *first(d, "9N001000000000001") = common::quantity("9N001000000000001", "1700", "cm"));
    assert!(has(&tall, Rule::Range, Severity::Warning));
    let words =
        check(&|d| *first(d, "9N001000000000001") = common::quantity("9N001000000000001", "tall", "cm"));
    assert!(has(&words, Rule::Type, Severity::Error));
    let answer =
        check(&|d| *first(d, "9N736000000000011") = common::answer("9N736000000000011", "7", "24060"));
    assert!(has(&answer, Rule::Code, Severity::Error));
    let third_phase =
        check(&|d| *first(d, "9N736000000000011") = common::answer("9N736000000000011", "2", "2003"));
    assert!(
        has(&third_phase, Rule::Code, Severity::Warning) && !has(&third_phase, Rule::Code, Severity::Error)
    );
    let gone = check(&|d| d.sections[0].observations.retain(|one| one.code.code != "3F070000002327101"));
    assert!(has(&gone, Rule::Required, Severity::Error));
    let judged =
        check(&|d| *first(d, "9N506000000000011") = common::answer("9N506000000000011", "3", "3001"));
    assert!(has(&judged, Rule::Consistency, Severity::Warning));
    let date = check(&|d| d.date = "20261301".to_owned());
    assert!(has(&date, Rule::Header, Severity::Error));
    let insurer = check(&|d| d.person.ids[0].extension = "01130013".to_owned());
    assert!(has(&insurer, Rule::CheckDigit, Severity::Warning));
}

fn text() -> impl Strategy<Value = String> {
    "[ -~ぁ-んァ-ン一-龠０-９<>&\"']{1,12}"
        .prop_filter("not blank", |text| text.trim() == text && !text.is_empty())
}

fn observation() -> impl Strategy<Value = Observation> {
    let value = prop_oneof![
        ("-?[0-9]{1,4}(\\.[0-9]{1,2})?", "[a-z/0-9%]{1,5}")
            .prop_map(|(value, unit)| Value::Quantity { value, unit }),
        ("[0-9]{1,2}", any::<bool>())
            .prop_map(|(code, ordinal)| Value::Coded { code: Code::new(code, "1.2.3"), ordinal }),
        text().prop_map(|text| Value::Text { text }),
    ];
    ("[0-9A-Z]{17}", proptest::option::of(value), any::<bool>(), proptest::option::of(text())).prop_map(
        |(code, value, not_done, author)| Observation {
            code: Code::new(code, oid::ITEM),
            value,
            not_done,
            author,
            ..Observation::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(name in text(), number in text(), observations in proptest::collection::vec(observation(), 0..6)) {
        let mut document = common::whole();
        document.person.name = Some(name);
        document.person.ids.push(Identifier::new("1.2.3", number));
        document.sections = vec![Section { code: Code::new("01990", oid::SECTION), observations, ..Section::default() }];
        let checked = check_file(document.to_xml().as_bytes(), &Limits::default()).unwrap();
        prop_assert!(checked.well_shaped, "{:?}", checked.findings);
        prop_assert_eq!(checked.document.unwrap(), document);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = check_file(&bytes, &Limits::default());
    }
}

#[test]
fn crowds_in_one_tag_take_no_time() {
    let limits = Limits::default();
    let crowd = |each: &dyn Fn(usize) -> String, count: usize| {
        let inner: String = (0..count).map(each).collect();
        format!("<ClinicalDocument xmlns=\"urn:hl7-org:v3\" {inner}/>")
    };
    // Each attribute against each other would be twenty thousand million comparisons.
    let attributes = crowd(&|n| format!("a{n}=\"\" "), 150_000);
    assert!(!check_file(attributes.as_bytes(), &limits).unwrap().findings.is_empty());
    let twice = crowd(&|n| format!("a{}=\"\" ", n % 90), 91);
    assert!(check_file(twice.as_bytes(), &limits).unwrap_err().to_string().contains("a0 stands twice"));
    let spaces = crowd(&|n| format!("xmlns:n{n}=\"u{n}\" "), 100_000);
    assert!(check_file(spaces.as_bytes(), &limits).unwrap_err().to_string().contains("namespaces"));
}

#[test]
fn what_a_document_has_no_place_for_is_named_comments_too() {
    let text =
        common::whole().to_xml().replace("<recordTarget>", "<recordTarget><!-- a remark --><?paper a4?>");
    let checked = check_file(text.as_bytes(), &Limits::default()).unwrap();
    let within = "ClinicalDocument/recordTarget";
    assert_eq!(
        checked.unplaced,
        [format!("{within}/comment()"), format!("{within}/processing-instruction()")]
    );
    assert!(checked.is_accepted(), "{:?}", checked.findings);
}
