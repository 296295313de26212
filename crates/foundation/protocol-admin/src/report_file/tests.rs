use std::io::Read as _;

use calendar::Timestamp;
use codes::{InsuredPersonId, InsurerNumber};
use proptest::prelude::*;
use protocol::eligibility::{Person, Relation, Sex, SpecificDiseaseCertificate, Terms};

use super::*;
use crate::report::{MembershipReport, ReportAct};

fn header() -> FileHeader {
    FileHeader {
        insurer: "06130012".parse().or_else(|_| InsurerNumber::from_body("0613001")).unwrap(),
        file_id: "f-1".into(),
        written_at: Timestamp::from_millis(1_790_000_000_000),
    }
}

fn sample(report_id: &str) -> MembershipReport {
    MembershipReport {
        report_id: report_id.into(),
        act: ReportAct::Acquisition,
        my_number: "123456789018".parse().unwrap(),
        insured: InsuredPersonId {
            insurer: header().insurer,
            symbol: "１２－３４".parse().unwrap(),
            number: "5678".parse().unwrap(),
            branch: Some("01".parse().unwrap()),
        },
        qualified_on: "2026-04-01".parse().unwrap(),
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: "𠮷田　\"花\",子".into(),
            kana: "ヨシダ　ハナコ".into(),
            sex: Sex::Female,
            birthdate: "1990-02-28".parse().unwrap(),
            postal_code: "100-0001".into(),
            address: "東京都　千代田区\n1-1".into(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: "2026-04-10".parse().unwrap(),
    }
}

fn written(reports: &[MembershipReport]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &header()).unwrap();
    reports.iter().for_each(|report| writer.write(report).unwrap());
    writer.finish().unwrap()
}

fn read_all(bytes: &[u8]) -> Result<Vec<Row>, FileError> {
    let mut reader = Reader::new(bytes)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        name in "\\PC{1,30}",
        address in "[\\PC\n\"]{0,60}",
        percent in proptest::option::of(0u8..=100),
        yen in any::<u32>(),
        n in 0usize..20,
    ) {
        let report = |i: usize| MembershipReport {
            person: Person { name: name.clone(), address: address.clone(), ..sample("x").person },
            terms: Terms {
                copayment_percent: percent,
                specific_diseases: vec![SpecificDiseaseCertificate {
                    category: 1,
                    from: "2026-04-01".parse().unwrap(),
                    to: "2027-03-31".parse().unwrap(),
                    ceiling_yen: yen,
                }; i % 3],
                ..sample("x").terms
            },
            ..sample(&format!("r-{i}"))
        };
        let reports: Vec<_> = (0..n).map(report).collect();
        let rows = read_all(&written(&reports)).unwrap();
        let read: Vec<_> = rows.into_iter().map(|row| row.report.unwrap()).collect();
        prop_assert_eq!(read, reports);
    }

    #[test]
    fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_all(&bytes);
    }
}

#[test]
fn a_file_cut_anywhere_is_known_as_cut() {
    let whole = written(&[sample("r-1"), sample("r-2")]);
    for end in 0..whole.len() - 1 {
        let cut = read_all(&whole[..end]);
        assert!(cut.is_err(), "cut after {end} of {} bytes", whole.len());
    }
}

#[test]
fn a_wrong_field_spoils_its_row_alone_and_is_named() {
    let text = String::from_utf8(written(&[sample("r-1"), sample("r-2")])).unwrap();
    let spoiled = text.replacen("1990-02-28", "1990-02-30", 1);
    let rows = read_all(spoiled.as_bytes()).unwrap();
    let error = rows[0].report.as_ref().unwrap_err();
    assert_eq!((rows[0].line, error.column), (3, "birthdate"));
    assert!(rows[1].report.is_ok());
}

#[test]
fn a_wrong_my_number_is_never_repeated() {
    let text = String::from_utf8(written(&[sample("r-1")])).unwrap();
    let rows = read_all(text.replace("123456789018", "123456789012").as_bytes()).unwrap();
    let error = rows[0].report.as_ref().unwrap_err();
    assert_eq!(error.column, "my_number");
    assert!(!format!("{error} {}", error.ja).contains("123456789012"));
}

#[test]
fn a_wrong_count_and_a_wrong_header_refuse_the_file() {
    let text = String::from_utf8(written(&[sample("r-1")])).unwrap();
    assert!(matches!(read_all(text.replace("end,1", "end,2").as_bytes()), Err(FileError::Count { .. })));
    assert!(matches!(read_all(b"hello\n"), Err(FileError::Header { .. })));
    let columns = text.replace("kana", "yomi");
    assert!(matches!(read_all(columns.as_bytes()), Err(FileError::Columns { column: 12, .. })));
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let endless = std::io::repeat(b'a').take(1 << 30);
    assert!(matches!(Reader::new(endless), Err(FileError::Long { .. })));
}
