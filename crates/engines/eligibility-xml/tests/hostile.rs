//! Bad input: each a clear error with its place, nothing half-read, no panic; unknown things kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use musubi_eligibility_xml::{
    Charset, Limits, Message, Problem, ReadError, Request, Response, convert, inspect,
};

fn answer(head: &str, person: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XmlMsg>\n<MessageHeader>{head}</MessageHeader>\n<MessageBody>\
         <ResultList><ResultOfQualificationConfirmation>{person}</ResultOfQualificationConfirmation></ResultList>\
         </MessageBody>\n</XmlMsg>"
    )
}

fn refused(bytes: &[u8]) -> ReadError {
    let error = Response::read(bytes).expect_err("bad input was read");
    assert!(!error.to_string().is_empty() && !error.ja().is_empty());
    error
}

#[test]
fn a_patient_field_that_stands_twice_is_refused() {
    let error =
        refused(answer("", "<Birthdate>20010327</Birthdate>\n<Birthdate>20010328</Birthdate>").as_bytes());
    assert!(matches!(error.problem(), Problem::Duplicate { first } if first.line == 4));
    assert_eq!(error.place().line, 5);
    assert_eq!(error.path(), "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[1]/Birthdate");
    let empty_first = answer("", "<Name/><Name>診療　太郎</Name>");
    assert!(matches!(refused(empty_first.as_bytes()).problem(), Problem::Duplicate { .. }));
    let two_headers = "<XmlMsg><MessageHeader/><MessageHeader/><MessageBody/></XmlMsg>";
    assert!(matches!(refused(two_headers.as_bytes()).problem(), Problem::Duplicate { .. }));
}

#[test]
fn an_impossible_date_is_refused_with_its_place() {
    let file = answer("", "<Name>診療</Name><Birthdate>20010231</Birthdate>");
    let error = refused(file.as_bytes());
    assert!(matches!(error.problem(), Problem::Date(_)));
    assert_eq!(error.place().offset, file.find("<Birthdate>").unwrap());
    assert_eq!(
        error.to_string(),
        format!(
            "line 4, column {} (byte {}), \
             XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[1]/Birthdate: \
             “20010231” is not a date: 2001-02 has no day 31, expected 1 to 28",
            error.place().column,
            error.place().offset
        )
    );
    assert!(
        error.ja().ends_with("「20010231」は日付として読めません：2001年2月に31日はありません（1〜28日）")
    );
}

#[test]
fn a_place_in_a_shift_jis_file_counts_its_own_bytes() {
    let file = answer("", "<Name>診療ﾀﾛｳ</Name><Birthdate>x</Birthdate>").replace("UTF-8", "Shift_JIS");
    let bytes = kotoba::cp932_encode(&file).bytes;
    let at = bytes.windows(11).position(|window| window == b"<Birthdate>").unwrap();
    assert_eq!(refused(&bytes).place().offset, at);
}

#[test]
fn bombs_and_entities_are_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><XmlMsg>&b;</XmlMsg>";
    assert_eq!(refused(bomb.as_bytes()).problem(), &Problem::Doctype);
    let file = answer("", "<Name>&xxe;</Name>");
    assert_eq!(refused(file.as_bytes()).problem(), &Problem::Entity("xxe".to_owned()));
    for text in ["&#0;", "&#xD800;", "&#x110000;", "&#99999999999;", "&#;", "&#x;", "&#+65;", "& ", "&;"] {
        refused(answer("", &format!("<Name>{text}</Name>")).as_bytes());
        refused(answer("", &format!("<Name a=\"{text}\"/>")).as_bytes());
    }
}

#[test]
fn sizes_are_bounded() {
    let limits = Limits::default();
    let big = answer("", &format!("<Address>{}</Address>", "あ".repeat(limits.bytes / 3)));
    assert!(matches!(refused(big.as_bytes()).problem(), Problem::TooLarge { .. }));
    let deep = answer("", &format!("{}{}", "<x>".repeat(40), "</x>".repeat(40)));
    assert_eq!(refused(deep.as_bytes()).problem(), &Problem::TooDeep { limit: 32 });
    let open = format!("<XmlMsg>{}", "<x>".repeat(200_000));
    assert_eq!(refused(open.as_bytes()).problem(), &Problem::TooDeep { limit: 32 });
    let many = answer("", &"<x/>".repeat(60_000));
    assert_eq!(refused(many.as_bytes()).problem(), &Problem::TooMany { limit: 50_000 });
    let small = Limits { bytes: 100, ..limits };
    assert!(inspect(answer("", "").as_bytes(), &small).is_err());
}

#[test]
fn a_wrong_charset_is_named() {
    let utf8 = answer("", "<Name>診療　太郎</Name>");
    let labelled = utf8.replace("UTF-8", "Shift_JIS");
    let shift_jis = kotoba::cp932_encode(&labelled).bytes;
    let looks = |error: ReadError| match error.problem() {
        Problem::WrongCharset { declared, looks_like } => (*declared, *looks_like),
        other => panic!("{other}"),
    };
    assert_eq!(looks(refused(labelled.as_bytes())), (Charset::ShiftJis, Some(Charset::Utf8)));
    let mislabelled = kotoba::cp932_encode(&utf8).bytes;
    assert_eq!(looks(refused(&mislabelled)), (Charset::Utf8, Some(Charset::ShiftJis)));
    let mut broken = shift_jis.clone();
    let at = broken.windows(6).position(|window| window == b"<Name>").unwrap() + 6;
    broken[at] = 0xFF;
    let error = refused(&broken);
    assert_eq!(error.place().offset, at);
    assert_eq!(looks(error), (Charset::ShiftJis, None));
    assert!(Response::read(&shift_jis).is_ok());
    let euc = utf8.replace("UTF-8", "EUC-JP");
    assert!(matches!(refused(euc.as_bytes()).problem(), Problem::UnknownCharset { .. }));
    let utf16: Vec<u8> = utf8.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(refused(&utf16).problem(), Problem::UnknownCharset { .. }));
}

#[test]
fn the_identifier_may_not_contradict_the_encoding() {
    let lies = "<CharacterCodeIdentifier>1</CharacterCodeIdentifier>";
    let error = refused(answer(lies, "<Name>診療</Name>").as_bytes());
    assert!(matches!(error.problem(), Problem::CharsetContradiction { written: Charset::Utf8, .. }));
    assert_eq!(error.path(), "XmlMsg/MessageHeader/CharacterCodeIdentifier");
    assert!(Response::read(answer(lies, "<Name>ASCII</Name>").as_bytes()).is_ok(), "harmless in ASCII");
    let undeclared = answer(lies, "<Name>診療</Name>").replace(" encoding=\"UTF-8\"", "");
    assert!(
        Response::read(&kotoba::cp932_encode(&undeclared).bytes).is_ok(),
        "the identifier says Shift_JIS"
    );
    let with_mark = [b"\xEF\xBB\xBF".as_slice(), answer("", "").as_bytes()].concat();
    assert!(Response::read(&with_mark).is_ok());
}

#[test]
fn what_is_not_xml_is_refused() {
    for bad in [
        "",
        " ",
        "<",
        "<XmlMsg",
        "hello",
        "<Xml/>",
        "<XmlMsg/>",
        "<XmlMsg></Xml>",
        "<XmlMsg/><XmlMsg/>",
        "<XmlMsg><MessageHeader/></XmlMsg>",
        "<XmlMsg><MessageHeader/><MessageBody/></XmlMsg>x",
        "x<XmlMsg><MessageHeader/><MessageBody/></XmlMsg>",
        "<XmlMsg><MessageHeader/>text<MessageBody/></XmlMsg>",
        "<XmlMsg><MessageHeader a='1' a='2'/><MessageBody/></XmlMsg>",
        "<XmlMsg><MessageHeader a=1/><MessageBody/></XmlMsg>",
        "<XmlMsg><MessageHeader/><MessageBody><氏名/></MessageBody></XmlMsg>",
        "<XmlMsg><MessageHeader/><MessageBody><?xml version='1.0'?></MessageBody></XmlMsg>",
        "<XmlMsg><MessageHeader/><MessageBody><!-- -- --></MessageBody></XmlMsg>",
        "<XmlMsg><MessageHeader/><MessageBody><![CDATA[x</MessageBody></XmlMsg>",
    ] {
        refused(bad.as_bytes());
    }
    assert_eq!(refused(answer("", "<Name>\u{1}</Name>").as_bytes()).problem(), &Problem::Character(1));
    assert_eq!(
        refused(answer("", "<Name>\u{FFFF}</Name>").as_bytes()).problem(),
        &Problem::Character(0xFFFF)
    );
    for person in [
        "<Name>診療<b/>太郎</Name>",
        "<Name>診療<!-- -->太郎</Name>",
        "text",
        "<InsuredPartialContributionRatio>30%</InsuredPartialContributionRatio>",
        "<NumberOfMedicalTickets>-1</NumberOfMedicalTickets>",
        "<LimitApplicationCertificateRelatedConsTime>20230230000000</LimitApplicationCertificateRelatedConsTime>",
    ] {
        refused(answer("", person).as_bytes());
    }
}

#[test]
fn a_request_is_not_an_answer() {
    let request =
        "<XmlMsg><MessageHeader/><MessageBody><QualificationConfirmSearchInfo/></MessageBody></XmlMsg>";
    assert!(matches!(Message::read(request.as_bytes()), Ok(Message::Request(_))));
    assert!(matches!(refused(request.as_bytes()).problem(), Problem::Kind { .. }));
    assert!(Request::read(answer("", "").as_bytes()).is_err());
}

#[test]
fn unknown_things_stay_where_they_were() {
    let file = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>
<XmlMsg version=\"9\">
    <MessageHeader/>
    <MessageBody>
        <NewInThisRelease a=\"1&quot;2&lt;\" b=\"あ\">
            <Inner>  padded  </Inner>
            <Inner/>
        </NewInThisRelease>
        <QualificationValidity mark=\"x\">7</QualificationValidity>
        <!-- kept -->
        <ProcessingResultStatus>1</ProcessingResultStatus>
        <Mixed>one<b>two</b>three &amp; four</Mixed>
        <NewInThisRelease/>
        <ResultList>
            <ResultOfQualificationConfirmation>
                <Birthdate/>
                <Name>山田</Name>
                <Birthplace>東京</Birthplace>
            </ResultOfQualificationConfirmation>
            <Between/>
            <ResultOfQualificationConfirmation/>
        </ResultList>
    </MessageBody>
</XmlMsg>";
    let read = Response::read(file.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(read.write(Charset::Utf8).bytes).unwrap(), file);
    assert_eq!(read.results().len(), 2);
    assert_eq!(read.body.qualification_validity.as_ref().unwrap().code(), "7");
    let unknown: Vec<_> = read.body.layout.unknown().map(|element| element.name.as_str()).collect();
    assert_eq!(unknown, ["NewInThisRelease", "Mixed", "NewInThisRelease"]);
    let changed = Response { header: Default::default(), ..read.clone() };
    assert_eq!(changed, read);
    let mut corrected = read.clone();
    corrected.body.result_list.as_mut().unwrap().results[0].birthdate = Some("2001-03-27".parse().unwrap());
    let text = String::from_utf8(corrected.write(Charset::Utf8).bytes).unwrap();
    assert!(
        text.contains("<Birthdate>20010327</Birthdate>\n                <Name>"),
        "the empty field is filled in place"
    );
    assert_eq!(inspect(file.as_bytes(), &Limits::default()).unwrap().unknown, 8);
}

#[test]
fn characters_that_shift_jis_lacks_are_reported() {
    let file =
        answer("<CharacterCodeIdentifier>0</CharacterCodeIdentifier>", "<Name>𠮷野　葛\u{E0100}〜①髙</Name>");
    let written = convert(file.as_bytes(), Charset::ShiftJis, &Limits::default()).unwrap();
    let lost: Vec<_> = written.losses.iter().map(|loss| (loss.original, loss.written)).collect();
    assert_eq!(lost, [('𠮷', Some('〓')), ('\u{E0100}', None), ('〜', Some('～'))]);
    assert_eq!(
        written.losses[0].path,
        "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation/Name"
    );
    let read = Response::read(&written.bytes).unwrap();
    assert_eq!(read.results()[0].name.as_deref(), Some("〓野　葛～①髙"));
    assert_eq!(read.header.character_code_identifier.unwrap().ja(), "Shift_JIS");
}
