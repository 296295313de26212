//! The one public sample of the field, which no one of us wrote, read and written back.

use musubi_eligibility_xml::{
    Charset, ConsentFlag, ConsentKind, InsuredCardClassification, Limits, QualificationValidity, Response,
    Sex, convert, inspect,
};

const SAMPLE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/oqs/OQSsiquc01res_face_sample.xml");

fn sample() -> Option<Vec<u8>> {
    let bytes = std::fs::read(SAMPLE).ok();
    if bytes.is_none() {
        println!("skipped: {SAMPLE} is missing");
    }
    bytes
}

#[test]
fn the_sample_comes_out_byte_for_byte() {
    let Some(bytes) = sample() else { return };
    let answer = Response::read(&bytes).unwrap();
    let written = answer.write(Charset::Utf8);
    assert!(written.losses.is_empty());
    assert_eq!(
        String::from_utf8(written.bytes).unwrap().trim_end(),
        String::from_utf8(bytes.clone()).unwrap().trim_end()
    );
    let report = inspect(&bytes, &Limits::default()).unwrap();
    assert_eq!(report.unknown, 0, "every tag of the sample is known");
    println!("{} elements, {} values, none lost", report.elements, report.lines.len());
    assert_eq!((report.elements, report.lines.len()), (38, 33));
}

#[test]
fn the_sample_survives_shift_jis() {
    let Some(bytes) = sample() else { return };
    let there = convert(&bytes, Charset::ShiftJis, &Limits::default()).unwrap();
    assert!(there.losses.is_empty());
    let back = convert(&there.bytes, Charset::Utf8, &Limits::default()).unwrap();
    assert_eq!(Response::read(&back.bytes).unwrap(), Response::read(&bytes).unwrap());
}

#[test]
fn the_sample_means_what_it_says() {
    let Some(bytes) = sample() else { return };
    let answer = Response::read(&bytes).unwrap();
    assert_eq!(answer.body.qualification_validity, Some(QualificationValidity::Valid));
    let [person] = answer.results() else { panic!("one result") };
    assert_eq!(person.insurer_number.as_ref().unwrap().as_str(), "  123456");
    assert_eq!(person.insurer_number.as_ref().unwrap().to_string(), "123456");
    assert_eq!(person.insured_card_classification, Some(InsuredCardClassification::General));
    assert_eq!(person.sex1, Some(Sex::Male));
    assert_eq!(person.birthdate.unwrap().to_wareki(), "平成13年3月27日");
    assert_eq!(person.name.as_deref(), Some("診療　太郎"));
    let consent = person.consent(ConsentKind::Pharmacists).unwrap();
    assert_eq!(consent.flag, ConsentFlag::Yes);
    assert_eq!(consent.at.unwrap().millis_until(consent.available_until.unwrap()), 86_400_000);
    assert_eq!(person.consent(ConsentKind::Operation), None);
}

#[test]
fn every_truncation_is_an_error() {
    let Some(bytes) = sample() else { return };
    let shift_jis = convert(&bytes, Charset::ShiftJis, &Limits::default()).unwrap().bytes;
    for whole in [bytes.trim_ascii_end(), shift_jis.trim_ascii_end()] {
        for end in 0..whole.len() {
            let error = Response::read(&whole[..end]).expect_err("a truncated file was read");
            assert!(error.place().offset <= whole.len());
            assert!(!error.to_string().is_empty() && !error.ja().is_empty());
        }
        println!("{} truncations, each refused", whole.len());
    }
}
