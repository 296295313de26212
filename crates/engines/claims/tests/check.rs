//! What is right is not touched, what is wrong is found with its place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod sample;

use musubi_claims::{Binder, Checker, Claim, Draft, Finding, GroupKind, Info, ReadError, Reader, Severity};

fn check(bytes: &[u8]) -> Vec<Finding> {
    let (mut checker, mut all) = (Checker::new(), Vec::new());
    let mut reader = Reader::new(bytes);
    loop {
        match reader.next_group() {
            Ok(Some(group)) => checker.group(&group, &mut |finding| all.push(finding)),
            Ok(None) => break,
            Err(ReadError::Io(error)) => panic!("{error}"),
            Err(error) => checker.unread(&error, &mut |finding| all.push(finding)),
        }
    }
    checker.finish(&mut |finding| all.push(finding));
    all
}

fn errors(bytes: &[u8]) -> Vec<String> {
    let errors = check(bytes).into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.to_string()).collect()
}

#[test]
fn the_sample_is_right_and_sums_up() {
    let Some(bytes) = sample::bytes() else { return };
    let findings = check(&bytes);
    for finding in &findings {
        println!("{:?} {finding}", finding.severity);
    }
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
    let mut info = Info::default();
    let mut reader = Reader::new(&bytes[..]);
    while let Some(group) = reader.next_group().unwrap() {
        info.group(&group);
    }
    assert_eq!((info.receipts, info.insurer_records, info.public_records), (75, 69, 71));
    assert_eq!((info.counted, info.points), (140, 86_392));
    assert_eq!((info.western_dates, info.era_dates, info.crlf, info.lf), (75, 0, 636, 0));
    println!("sample: {} receipts, {} points, {} warnings", info.receipts, info.points, findings.len());
}

/// A small right file; the tests spoil it.
const RIGHT: &str = "\
IR,1,13,1,0000000,,結び医院,202111,00,\r
RE,1,1112,202110,結　花子,2,19900401,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,ムスビハナコ,\r
HO,01130012,１２,３４５,2,508,,,,,,,,,\r
SN,1,01,,,,01,,\r
JD,1,,,,1,,,,,,,1,,,,,,,,,,,,,,,,,,,,,\r
SY,8840401,20211004,1,,,01,\r
SI,11,1,111000110,,288,1,,,,,,,,,,1,,,,,,,,,,,,,,,,,,,,,,,,,,,\r
SI,12,1,112007410,,73,1,,,,,,,,,,,,,,,,,1,,,,,,,,,,,,,,,,,,,,\r
IY,21,1,620000001,2,21,7,,,,,,,,,,7,,,,,,,,,,,,,,,,,,,,,,,,,,,\r
RE,2,1112,202110,結　太郎,1,19580101,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,ムスビタロウ,\r
HO,39131156,,12345678,1,288,,,,,,,,,\r
SI,11,1,111000110,,288,1,,,,,,,,,,1,,,,,,,,,,,,,,,,,,,,,,,,,,,\r
GO,2,796,99\r
\x1A";

#[test]
fn a_right_file_has_no_finding() {
    let bytes = kotoba::cp932_encode(RIGHT).bytes;
    let all: Vec<_> = check(&bytes).iter().map(ToString::to_string).collect();
    assert!(all.is_empty(), "{all:#?}");
    assert!(check(RIGHT.as_bytes()).is_empty(), "the same in UTF-8");
    assert!(check(RIGHT.replace("\r\n", "\n").as_bytes()).is_empty(), "and with LF");
    let by_cr: Vec<_> = check(RIGHT.replace("\r\n", "\r").as_bytes()).iter().map(Finding::ja).collect();
    assert_eq!(by_cr, ["1行目: 「CR」 行末はCR+LFであるべきです（このまま読み取りました）"]);
    let eras =
        RIGHT.replace(",202110,", ",50310,").replace(",202111,", ",50311,").replace("20211004", "5031004");
    let eras = eras.replace("19900401", "4020401").replace("19580101", "3330101");
    let all: Vec<_> = check(eras.as_bytes()).iter().map(ToString::to_string).collect();
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn what_is_wrong_is_found_where_it_is() {
    let cases = [
        (
            "HO,01130012,１２,３４５,2,508",
            "HO,01130012,１２,３４５,2,509",
            "line 3, claim 1, HO field 5 (合計点数): found \"509\", expected 508, what its lines come to",
        ),
        (
            "GO,2,796",
            "GO,3,796",
            "line 13, GO field 1 (総件数): found \"3\", expected 2, what the claims come to",
        ),
        (
            "GO,2,796",
            "GO,2,797",
            "line 13, GO field 2 (総合計点数): found \"797\", expected 796, what the claims come to",
        ),
        ("GO,2,796,99\r\n", "", "line 12: found \"\", expected GO after the last claim"),
        (
            "112007410,,73,1",
            "112007410,,73,2",
            "line 8, claim 1, SI field 6 (回数): found \"2\", expected 1, the sum of the days",
        ),
        ("RE,2,1112", "RE,1,1112", "line 10, claim 1, RE field 1 (レセプト番号): found \"1\", expected 2"),
        (
            "1112,202110,結　太郎",
            "1112,202112,結　太郎",
            "line 10, claim 2, RE field 3 (診療年月): found \"202112\", expected before the claim's month 2021-11",
        ),
        (
            "19580101",
            "19581301",
            "line 10, claim 2, RE field 6 (生年月日): found \"19581301\", expected a day, YYYYMMDD or GYYMMDD",
        ),
        (
            "19580101",
            "20211101",
            "line 10, claim 2, RE field 6 (生年月日): found \"20211101\", expected not after 2021-10-31",
        ),
        (
            "SY,8840401,20211004",
            "SY,8840401,",
            "line 6, claim 1, SY field 2 (診療開始日): found \"\", expected a value",
        ),
        (
            "SI,12,1,",
            "SI,12,2,",
            "line 8, claim 1, SI field 2 (負担区分): found \"2\", expected payers that the claim has",
        ),
        (
            "HO,39131156,,12345678,1,288,,,,,,,,,\r\n",
            "",
            "line 10, claim 2, RE: found \"\", expected HO or KO",
        ),
        (
            "IY,21,1,620000001",
            "IY,21,1,62000001",
            "line 9, claim 1, IY field 3 (医薬品コード): found \"62000001\", expected 9 digits",
        ),
        (
            "GO,2,796,99",
            "ほげ\r\nGO,2,796,99",
            "line 13, claim 2: found \"ほげ\", expected a record that begins with two capital letters",
        ),
        (
            "SY,8840401",
            "HO,01130012,１２,３４５,2,508\r\nSY,8840401",
            "line 6, claim 1, HO: found \"HO\", expected the order RE, HO, KO, SN, JD, MF, then diseases and services",
        ),
    ];
    let count = cases.len();
    for (right, wrong, expected) in cases {
        assert!(RIGHT.contains(right), "{right}");
        let found: Vec<_> =
            check(RIGHT.replacen(right, wrong, 1).as_bytes()).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|found| found == expected), "{wrong:?}: {found:#?}\nexpected {expected}");
    }
    println!("errors found at their place: {count} cases");
}

#[test]
fn warnings_do_not_refuse() {
    let cases = [
        ("HO,01130012", "HO,01130013", "check digit 2"),
        ("IR,1,13,1,0000000", "IR,1,13,1,1234568", "check digit"),
        ("結　花子,2", "結　花子,3", "1 male or 2 female"),
        ("SN,1,01", "ZZ,1,01", "a known kind of record; it was kept"),
        ("SN,1,01,,,,01,,", "SN,1,01,,,,01,,,,x", "9 fields"),
        ("RE,2,1112", "RE,5,1112", "2"),
        ("JD,1,,,,1", "JD,1,,,1,1", "3, the days of JD"),
        ("ムスビハナコ", "ﾑｽﾋﾞ", "full-width characters"),
    ];
    for (right, wrong, expected) in cases {
        assert!(RIGHT.contains(right), "{right}");
        let found = check(RIGHT.replacen(right, wrong, 1).as_bytes());
        assert!(found.iter().all(|finding| finding.severity == Severity::Warning), "{wrong}: {found:#?}");
        assert!(found.iter().any(|finding| finding.expected.starts_with(expected)), "{wrong}: {found:#?}");
    }
}

#[test]
fn the_same_claim_twice() {
    let lines: Vec<&str> = RIGHT.split_inclusive('\n').collect();
    let second = lines[9..12].concat();
    let twice = format!("{}{second}{}", lines[..12].concat(), "GO,3,1084,99\r\n")
        .replacen("RE,2", "RE,3", 2)
        .replacen("RE,3", "RE,2", 1);
    let found = errors(twice.as_bytes());
    assert_eq!(found, ["line 13, claim 3, RE: found \"結　太郎\", expected every claim once"]);
    // The same institution and month again.
    let again = format!("{}{}", lines[..13].concat(), lines[..13].concat());
    let found = check(again.as_bytes());
    assert!(
        found.iter().any(|finding| finding.expected.starts_with("an institution, month and volume once"))
    );
}

#[test]
fn volumes_are_billed_together() {
    let lines: Vec<&str> = RIGHT.split_inclusive('\n').collect();
    let second_head = lines[0].replace(",00,", ",01,");
    let all = format!("{}GO,,,01\r\n{second_head}{}", lines[..9].concat(), lines[9..].concat());
    assert!(check(all.as_bytes()).is_empty(), "{:#?}", check(all.as_bytes()));
    // The second volume in a file of its own cannot be compared.
    let second = format!("{second_head}{}", lines[9..].concat()).replace("RE,2", "RE,1");
    assert!(check(second.as_bytes()).is_empty(), "{:#?}", check(second.as_bytes()));
}

#[test]
fn a_character_cut_in_two() {
    let mut bytes = kotoba::cp932_encode(RIGHT).bytes;
    let kana = kotoba::cp932_encode("ムスビハナコ").bytes;
    let at = bytes.windows(kana.len()).position(|part| part == kana).unwrap() + kana.len() - 1;
    bytes.remove(at);
    let found = check(&bytes);
    assert!(found.iter().any(|finding| finding.to_string().contains("RE field 36") && finding.severity == Severity::Error), "{found:#?}");
}

/// Lines of other programs are called by what is odd about them, in the file's own characters.
#[test]
fn what_is_no_claim_file_is_said_in_words() {
    let all = |text: &str| -> Vec<String> {
        check(&kotoba::cp932_encode(text).bytes).iter().map(Finding::ja).collect()
    };
    let line = "IR,1,13,1,0000000,,結び医院,202111,00,\r\n";
    let quoted = format!("\"{}\"\r\n", line.trim_end().replace(',', "\",\""));
    assert!(all(&quoted)[0].contains("結び医院"));
    assert!(all(&quoted)[0].ends_with("項目を引用符で囲まない形であるべきです"));
    assert!(all(&line.replace(',', "\t"))[0].ends_with("項目はタブではなくカンマで区切るべきです"));
    let text = "未知のレコードがここにありますので四十文字を超えても読めるように示します";
    let unknown = RIGHT.replace("SY,8840401", &format!("ZZ,{text},1\r\nSY,8840401"));
    assert!(all(&unknown)[0].contains("「ZZ,未知のレコードがここにあります"), "{:?}", all(&unknown));
}

/// 総括: the summed-up claim and its parts have one number; the bill counts the sum alone, or all of them.
#[test]
fn a_summed_up_claim_of_a_dpc_hospital() {
    let claim = |summary: u8, points: u32, records: &str| {
        let (before, behind) = (",".repeat(10), ",".repeat(11));
        format!(
            "RE,1,1111,202110,結　花子,2,19900401,,20211004{before}{summary}{behind}\r\nHO,01130012,１２,３４５,10,{points}\r\n{records}"
        )
    };
    let group = "BU,040080x099x0xx,20211004,20211010,1,\r\nGT,202110,0,0,1,300,300,,300,93,,\r\n";
    let parts = [claim(1, 700, ""), claim(2, 300, group), claim(3, 400, "GR,03,\r\n")].concat();
    let file = format!("IR,1,13,1,0000000,,結び医院,202111,00,\r\n{parts}GO,1,700,99\r\n");
    let found: Vec<_> = check(file.as_bytes()).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:#?}");
    let (mut info, mut binder) = (Info::default(), Binder::new(Vec::new(), None));
    let mut reader = Reader::new(file.as_bytes());
    while let Some(group) = reader.next_group().unwrap() {
        info.group(&group);
        if let Some(claim) = Claim::of(group) {
            binder.claim(Draft::of(&claim)).unwrap();
        } else if group.kind() == GroupKind::Head {
            binder.institution(&group).unwrap();
        }
    }
    assert_eq!((info.receipts, info.counted, info.points), (3, 1, 700));
    assert!(String::from_utf8(binder.finish().unwrap().0).unwrap().ends_with("GO,1,700,99\r\n"));
}

/// An insurer's file, claims of two institutions: bound anew, each institution's begin with its record and end with its
/// bill.
#[test]
fn claims_that_bring_their_institution_along() {
    let line = |text: &str| text.lines().map(|line| format!("1,1,0,{line}\r\n")).collect::<String>();
    let claims: Vec<&str> = RIGHT.split("RE,").collect();
    let (head, first) = (claims[0], format!("RE,{}", claims[1]));
    let second = format!("RE,{}", claims[2].split("GO,").next().unwrap());
    let other = head.replace("結び医院", "別の医院").replace(",13,1,", ",14,1,");
    let file =
        ["2,1,0,MN,9\r\n", &line(head), &line(&first), "2,1,0,MN,10\r\n", &line(&other), &line(&second)]
            .concat();
    let mut binder = Binder::new(Vec::new(), None);
    let mut reader = Reader::new(file.as_bytes());
    while let Some(group) = reader.next_group().unwrap() {
        binder.claim(Draft::of(&Claim::of(group).unwrap())).unwrap();
    }
    let (bound, count) = binder.finish().unwrap();
    assert_eq!(count, 2);
    let found: Vec<_> = check(&bound).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:#?}\n{}", String::from_utf8_lossy(&bound));
    assert_eq!(String::from_utf8(bound).unwrap().matches("\r\nGO,").count(), 2);
}
