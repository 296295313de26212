//! Who insured the person, and the claims that go to another insurer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::Date;
use musubi_claims::{
    Binder, CannotRewrite, Checker, Claim, Corrected, GroupKind, MemberList, Reader, correct, judge,
};

const HEAD: &str = "IR,1,13,1,0000000,,結び医院,202111,00,\r\n";

/// A claim of 太郎 at insurer 01130012 with a visit on 4 and 11 October, a medicine for seven days on the 4th.
fn claim(insurer: &str) -> String {
    let pad = ",".repeat(30);
    let days = |day: usize, times: &str| format!("{}{times}{}", ",".repeat(day - 1), ",".repeat(31 - day));
    [
        format!("RE,1,1112,202110,結　太郎,1,19900401{pad}ムスビタロウ,"),
        format!("HO,{insurer},１２,３４５,2,508,,,,,,,,,"),
        "SN,1,01,,,,01,,".to_owned(),
        format!(
            "JD,1,{}",
            (1..=31).map(|d| if d == 4 || d == 11 { "1" } else { "" }).collect::<Vec<_>>().join(",")
        ),
        "SY,8840401,20211004,1,,,01,".to_owned(),
        "SY,8833421,20211011,1,,,,".to_owned(),
        format!("SI,11,1,111000110,,288,1,,,,,,,{}", days(4, "1")),
        format!("SI,12,1,112007410,,73,1,,,,,,,{}", days(11, "1")),
        "CO,21,1,810000001,朝食後".to_owned(),
        format!("IY,,1,620000001,2,,7,,,,,,,{}", days(4, "7")),
        format!("IY,,1,620000002,1,21,7,,,,,,,{}", days(4, "7")),
        "CO,99,1,810000001,経過良好".to_owned(),
    ]
    .map(|line| line + "\r\n")
    .concat()
}

const MEMBERS: &str = "\
person,insurer_number,symbol,number,branch,relation,kana,birth,sex,acquired_on,lost_on,acquisition_known_on,loss_known_on
";

fn members(rows: &[&str]) -> MemberList {
    MemberList::read(format!("{MEMBERS}{}", rows.join("\n")).as_bytes()).unwrap()
}

/// The outcome of the claim, what it rests on, and the files it goes into by agency.
fn judged(claim: &str, rows: &[&str]) -> (String, Vec<(u8, String)>) {
    let file = format!("{HEAD}{claim}");
    let bytes = kotoba::cp932_encode(&file).bytes;
    let mut reader = Reader::new(&bytes[..]);
    let members = members(rows);
    let mut binders = [1u8, 2].map(|agency| Binder::new(Vec::new(), Some(agency)));
    let mut outcome = String::new();
    while let Some(group) = reader.next_group().unwrap() {
        if group.kind() == GroupKind::Head {
            binders.iter_mut().for_each(|binder| binder.institution(&group).unwrap());
        }
        let Some(claim) = Claim::of(group) else { continue };
        let judged = judge(&claim, &members, Date::new(2021, 12, 1).unwrap());
        outcome = format!("{:?}", judged.verdict.outcome);
        match correct(&claim, &judged) {
            Corrected::Stays => {}
            Corrected::Cannot(why) => outcome = format!("{outcome} {why:?}"),
            Corrected::Goes(parts) => {
                for (agency, part) in parts {
                    binders[usize::from(agency) - 1].claim(part).unwrap();
                }
            }
        }
    }
    let files = binders.map(|binder| kotoba::cp932_decode(&binder.finish().unwrap().0).unwrap());
    let files = files.into_iter().enumerate().map(|(i, file)| (i as u8 + 1, file));
    (outcome, files.filter(|(_, file)| !file.is_empty()).collect())
}

/// What is written is right by our own checks.
fn must_be_right(file: &str) {
    let (mut checker, mut found) = (Checker::new(), Vec::new());
    let mut reader = Reader::new(file.as_bytes());
    while let Some(group) = reader.next_group().unwrap() {
        checker.group(&group, &mut |finding| found.push(finding.to_string()));
    }
    checker.finish(&mut |finding| found.push(finding.to_string()));
    assert!(found.is_empty(), "{found:#?}\n{file}");
}

const OLD: &str = "p1,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,,,";

#[test]
fn outcomes() {
    let lost =
        |day: &str| format!("p1,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,{day},,2021-11-20");
    let other = |day: &str| format!("p1,138107,記５,9876,01,1,ムスビタロウ,1990-04-01,1,{day},,2021-11-20,");
    let first_of_october = [&lost("2021-10-01")[..], &other("2021-10-01")];
    let twin = "p2,01130012,12,345,02,2,ムスビジロウ,1990-04-01,1,2019-04-01,,,";
    let cases: &[(&str, &[&str], &str)] = &[
        ("01130012", &[OLD], "Right"),
        ("01130012", &[OLD, twin], "Right"),
        ("01130012", &["p1,01130012,12,999,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,,,"], "ChangedData"),
        ("01130012", &first_of_october, "OtherInsurer { since: 2021-10-01 }"),
        ("01130012", &[&lost("2021-10-11"), &other("2021-10-11")], "Split { at: 2021-10-11 }"),
        ("01130012", &[&lost("2021-10-05"), &other("2021-10-08")], "Split { at: 2021-10-08 }"),
        ("01130012", &[&lost("2021-10-20"), &other("2021-10-20")], "Right"),
        ("01130012", &[&lost("2021-10-01")], "NotInsured"),
        ("01130012", &[&lost("2021-10-08")], "Undecidable { why: PartlyInsured }"),
        ("01130012", &[OLD, &other("2021-10-01")], "Undecidable { why: SeveralInsurers }"),
        (
            "01130012",
            &["p9,01130012,99,1,01,1,ホカノヒト,1991-04-01,1,2019-04-01,,,"],
            "Undecidable { why: UnknownPerson }",
        ),
        (
            "01130012",
            &[OLD, "p2,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,,,"],
            "Undecidable { why: SeveralPersons }",
        ),
        // A wrong birthday on one side.
        ("01130012", &["p1,01130012,12,345,01,1,ムスビタロウ,1990-04-02,1,2019-04-01,,,"], "ChangedData"),
        // A wrong digit of the insurer's number: the name tells who it is.
        ("01130022", &[OLD], "OtherInsurer { since: 2019-04-01 }"),
    ];
    for (insurer, rows, expected) in cases {
        assert_eq!(judged(&claim(insurer), rows).0, *expected, "{rows:?}");
    }
    println!("eligibility: {} cases", cases.len());
}

#[test]
fn a_readdressed_claim_is_a_right_file() {
    let rows = ["p1,138107,記５,9876,03,2,ムスビタロウ,1990-04-01,1,2021-09-01,,,"];
    let (outcome, files) = judged(&claim("01130012"), &rows);
    assert_eq!(outcome, "OtherInsurer { since: 2021-09-01 }");
    let [(2, file)] = files.as_slice() else { panic!("{files:?}") };
    must_be_right(file);
    assert!(file.starts_with("IR,2,13,1,"), "{file}");
    assert!(
        file.contains("RE,1,1116,202110,") && file.contains("HO,  138107,記５,９８７６,2,508,"),
        "{file}"
    );
    assert!(file.contains("SN,1,01,,,,03,,") && file.ends_with("GO,1,508,99\r\n"), "{file}");
}

#[test]
fn a_split_claim_is_two_right_files() {
    let rows = [
        "p1,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,2021-10-11,,2021-11-20",
        "p1,138107,記５,9876,01,1,ムスビタロウ,1990-04-01,1,2021-10-11,,2021-11-20,",
    ];
    let (_, files) = judged(&claim("01130012"), &rows);
    let [(1, before), (2, after)] = files.as_slice() else { panic!("{files:?}") };
    must_be_right(before);
    must_be_right(after);
    assert!(
        before.contains("HO,01130012,１２,３４５,1,435,") && before.ends_with("GO,1,435,99\r\n"),
        "{before}"
    );
    assert!(
        after.contains("HO,  138107,記５,９８７６,1,73,") && after.ends_with("GO,1,73,99\r\n"),
        "{after}"
    );
    assert!(!before.contains("112007410") && !after.contains("620000001"));
    assert!(!before.contains("8833421") && after.contains("8833421") && after.contains("8840401"));
    assert!(!after.contains("朝食後") && before.contains("経過良好") && after.contains("経過良好"));
}

#[test]
fn what_a_program_cannot_divide() {
    let rows = [
        "p1,01130012,12,345,01,1,ムスビタロウ,1990-04-01,1,2019-04-01,2021-10-11,,",
        "p1,138107,記５,9876,01,1,ムスビタロウ,1990-04-01,1,2021-10-11,,,",
    ];
    let right = claim("01130012");
    for (from, to, why) in [
        ("2,508,,,", "2,508,,3,1920", CannotRewrite::Meals),
        ("2,508,,,,,,,,", "2,508,,,,,,5000,,", CannotRewrite::InsurersAmount),
        ("2,508", "2,509", CannotRewrite::Sums),
        ("112007410,,73,1", "112007410,,73,2", CannotRewrite::Days),
        (
            "SN,1,01,,,,01,,",
            "KO,83120063,0000000,,2,0,600,,,,,\r\nSN,1,01,,,,01,,",
            CannotRewrite::PublicAmount,
        ),
    ] {
        assert!(right.contains(from), "{from}");
        let (outcome, files) = judged(&right.replacen(from, to, 1), &rows);
        assert!(outcome.ends_with(&format!("{why:?}")) && files.is_empty(), "{to}: {outcome}");
    }
}

#[test]
fn a_list_that_cannot_be_read_says_where() {
    let error = |text: &str| MemberList::read(text.as_bytes()).err().unwrap().to_string();
    let bad_day = format!("{MEMBERS}{OLD}\np2,01130012,12,345,01,1,x,1990-13-01,1,2019-04-01,,,\n");
    assert!(error(&bad_day).starts_with("line 3: "), "{}", error(&bad_day));
    assert!(error(&bad_day).contains("1990-13-01"), "{}", error(&bad_day));
    let bad_insurer = format!(
        "{MEMBERS}p2,0113,12,345,01,1,x,1990-01-01,1,2019-04-01,,,\np2,x,12,345,01,1,x,1990-01-01,1,2019-04-01,,,\n"
    );
    assert_eq!(error(&bad_insurer), "line 3: insurer number \"x\": 1 digits, expected 8, 6 or 4");
    assert!(error("person,number\np,1\n").contains("insurer_number"), "{}", error("person,number\np,1\n"));
}
