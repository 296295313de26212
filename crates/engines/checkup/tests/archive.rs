//! Archives: written and read again, their files against each other, and what hostile ones do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::{
    io::{Cursor, Write},
    process::Command,
};

use musubi_checkup::{
    Amounts, Archive, ArchiveError, ArchiveLimits, ArchiveWriter, Claim, CsvReader, CsvWriter, Document,
    Generation, Identifier, Index, Insured, Rule, Sending, Severity, Summary, check_file, oid, read_archive,
    xml::Limits,
};
use zip::{ZipWriter, write::SimpleFileOptions};

fn sending(generation: Generation) -> Sending {
    Sending {
        interaction: "6".to_owned(),
        sender: Identifier::new(oid::INSTITUTION, "1311234569"),
        receiver: Identifier::new(oid::INSURER, "01130012"),
        date: "20261120".to_owned(),
        sequence: 0,
        generation,
    }
}

fn read(bytes: &[u8], name: Option<&str>) -> (Archive, Vec<Document>) {
    let mut documents = Vec::new();
    let each = |member: musubi_checkup::Member| documents.extend(member.checked.document);
    let archive = read_archive(Cursor::new(bytes), name, &ArchiveLimits::default(), each).unwrap();
    (archive, documents)
}

#[test]
fn what_was_written_is_read() {
    for generation in [Generation::First, Generation::Current] {
        let schemas = [("hc08_V08.xsd".to_owned(), b"<schema/>".to_vec())];
        let documents = vec![common::whole(), common::whole()];
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), sending(generation));
        documents.iter().for_each(|document| drop(writer.add(document).unwrap()));
        let (records, out) = writer.finish(&schemas).unwrap();
        let (archive, back) = read(out.get_ref(), Some("1311234569_01130012_202611200_1.zip"));
        assert_eq!((records, archive.documents), (2, 2));
        assert_eq!(archive.findings, []);
        assert_eq!(archive.generation, Some(generation));
        assert_eq!(back, documents);
    }
}

#[test]
fn the_files_around_the_documents_are_accepted_by_xmllint() {
    let Some(schemas) = common::shared("checkup/XSD") else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        return println!("skipped: xmllint is not installed (Debian: libxml2-utils)");
    }
    let folder = tempfile::tempdir().unwrap();
    let index = Index {
        interaction: "6".to_owned(),
        created: "20261120".to_owned(),
        sender: Identifier::new(oid::INSTITUTION, "1311234569"),
        receiver: Some(Identifier::new(oid::INSURER, "01130012")),
        service: "1".to_owned(),
        records: 2,
    };
    let amounts = Amounts { cost: 20_000, payment: 2_000, by_other_program: 500, claim: 17_500 };
    let summary = Summary { service: "1".to_owned(), subjects: 2, amounts };
    for (schema, text) in [
        ("ix08_V08.xsd", index.to_xml(Generation::First)),
        ("su08_V08.xsd", summary.to_xml(Generation::First)),
        ("cc08_V08.xsd", claim().to_xml(Generation::First)),
    ] {
        let file = folder.path().join("file.xml");
        std::fs::write(&file, &text).unwrap();
        let output = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(schemas.join(schema).canonicalize().unwrap())
            .arg(&file)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let checked = check_file(text.as_bytes(), &Limits::default()).unwrap();
        assert!(checked.is_accepted());
        assert!(
            checked.index.is_none_or(|read| read == index)
                && checked.summary.is_none_or(|read| read == summary)
                && checked.claim.is_none_or(|read| read == claim())
        );
    }
    println!("ix08, su08 and cc08 validate");
}

/// The claim of `data/cc08.xml`.
fn claim() -> Claim {
    let checked = check_file(include_bytes!("data/cc08.xml"), &Limits::default()).unwrap();
    assert!(checked.unplaced.is_empty(), "{:?}", checked.unplaced);
    checked.claim.unwrap()
}

#[test]
fn claims_are_written_with_their_records() {
    let claim = claim();
    assert_eq!((claim.prices.len(), claim.payments.len(), claim.ticket.shares.len()), (3, 1, 2));
    let mut record = common::whole();
    record.person.ids = [(oid::INSURER, "01130012"), (oid::SYMBOL, "123"), (oid::NUMBER, "456")]
        .map(|(r, e)| Identifier::new(r, e))
        .into();
    record.person.birth = claim.birth.clone();
    record.person.sex.code = claim.sex.clone();
    for generation in [Generation::First, Generation::Current] {
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), sending(generation));
        for number in 0..3 {
            let name = writer.add(&record).unwrap();
            if number < 2 {
                writer.add_claim(&name, &claim).unwrap();
            }
        }
        let (_, out) = writer.finish(&[("cc08_V08.xsd".to_owned(), Vec::new())]).unwrap();
        let mut claims = Vec::new();
        let each = |member: musubi_checkup::Member| claims.extend(member.checked.claim);
        let archive =
            read_archive(Cursor::new(out.get_ref()), None, &ArchiveLimits::default(), each).unwrap();
        assert_eq!(archive.findings, []);
        assert_eq!(claims, [claim.clone(), claim.clone()]);
        let summary = archive.summary.unwrap();
        assert_eq!((summary.subjects, summary.amounts.claim), (2, 19_000));
    }
}

#[test]
fn a_claim_that_does_not_add_up_or_is_for_somebody_else() {
    let mut claim = claim();
    assert!(claim.check().is_empty(), "{:?}", claim.check());
    claim.amounts.claim += 1;
    claim.birth = "19740231".to_owned();
    let found: Vec<_> = claim.check().into_iter().map(|finding| (finding.path, finding.severity)).collect();
    let expected = [("settlement/claimAmount", Severity::Warning), ("birthTime", Severity::Error)];
    assert_eq!(found, expected.map(|(path, severity)| (path.to_owned(), severity)));
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), sending(Generation::First));
    let name = writer.add(&common::whole()).unwrap();
    writer.add_claim(&name, &claim).unwrap();
    let (archive, _) = read(writer.finish(&[]).unwrap().1.get_ref(), None);
    assert!(
        archive.findings.iter().any(|finding| finding.path.starts_with("CLAIMS/c")),
        "{:?}",
        archive.findings
    );
}

/// An archive of the given files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn sums_and_counts_are_checked() {
    let index = include_bytes!("data/ix08.xml");
    let summary = include_bytes!("data/su08.xml");
    let claim = include_bytes!("data/cc08.xml");
    let record = common::whole().to_xml();
    let root = "1311234569_01130012_202611200_1";
    let (h, c) = ("DATA/h13112345692026112001000001.xml", "CLAIMS/c13112345692026112001000002.xml");
    let bytes = zip(&[
        (&format!("{root}/ix08_V08.xml"), index),
        (&format!("{root}/su08_V08.xml"), summary),
        (&format!("{root}/{h}"), record.as_bytes()),
        (&format!("{root}/{c}"), claim),
        (&format!("{root}/notes.txt"), b"hello"),
    ]);
    let (archive, _) = read(&bytes, None);
    let of = |part: &str| archive.findings.iter().filter(|finding| finding.path.contains(part)).count();
    // Two records announced and one there; one subject and other sums; a claim without record; a file too many.
    assert_eq!((of("totalRecordCount"), of("totalSubjectCount"), of("totalClaimAmount")), (1, 1, 1));
    assert_eq!((of("CLAIMS/c1"), of("notes.txt"), of("XSD")), (1, 1, 1));
    assert_eq!(archive.amounts, Amounts { cost: 10_500, payment: 1_000, by_other_program: 0, claim: 9_500 });
}

#[test]
fn hostile_archives() {
    let record = common::whole().to_xml();
    // Paths that lead out, by every road.
    for path in ["../evil.xml", "/etc/evil.xml", "DATA/../../evil.xml", "C:\\evil.xml", "DATA\\evil.xml"] {
        let (archive, documents) = read(&zip(&[(path, record.as_bytes())]), None);
        let found = archive.findings.iter().any(|f| f.rule == Rule::Archive && f.en.contains("leads out"));
        assert!(found && documents.is_empty(), "{path}: {:?}", archive.findings);
    }
    // A bomb: 64 MiB of one letter.
    let bomb = vec![b' '; 64 << 20];
    let (archive, documents) = read(&zip(&[("DATA/h.xml", &bomb), ("DATA/i.xml", record.as_bytes())]), None);
    assert!(archive.findings.iter().any(|f| f.path == "DATA/h.xml" && f.severity == Severity::Error));
    assert_eq!(documents.len(), 1, "what is sound beside it is read");
    // More in all than the limit.
    let limits = ArchiveLimits { bytes: record.len() as u64 + 10, ..ArchiveLimits::default() };
    let mut read_documents = 0;
    let two = zip(&[("DATA/a.xml", record.as_bytes()), ("DATA/b.xml", record.as_bytes())]);
    let archive = read_archive(Cursor::new(&two), None, &limits, |_| read_documents += 1).unwrap();
    assert!(read_documents == 1 && archive.findings.iter().any(|f| f.path == "DATA/b.xml"));
    let limits = ArchiveLimits { files: 1, ..ArchiveLimits::default() };
    assert!(matches!(
        read_archive(Cursor::new(&two), None, &limits, |_| {}),
        Err(ArchiveError::TooMany { .. })
    ));
    // Not a zip, cut off, a damaged record.
    for bytes in [&b"PK"[..], b"", b"<xml/>", &two[..two.len() / 2]] {
        let error = read_archive(Cursor::new(bytes), None, &ArchiveLimits::default(), |_| {}).unwrap_err();
        assert!(!error.to_string().is_empty() && !error.ja().is_empty());
    }
    let (archive, documents) = read(&zip(&[("DATA/h.xml", &record.as_bytes()[..1000])]), None);
    assert!(documents.is_empty() && archive.findings.iter().any(|f| f.rule == Rule::Xml));
}

#[test]
fn a_table_and_back() {
    let mut first = common::whole();
    first.sections.truncate(1);
    let second = common::whole().handed_over(&Insured {
        insurer: "06130012".to_owned(),
        symbol: Some("９".to_owned()),
        number: "８".to_owned(),
        branch: Some("01".to_owned()),
    });
    let mut writer = CsvWriter::new(Vec::new()).unwrap();
    writer.write(&first).unwrap();
    writer.write(&second).unwrap();
    let bytes = writer.finish().unwrap();
    let mut reader = CsvReader::new(&bytes[..]).unwrap();
    for original in [first, second] {
        let mut back = reader.next_document().unwrap().unwrap();
        // What a table has no column for.
        let mut expected = original;
        expected.author.telecoms.clear();
        expected.author.address = None;
        expected.performer = expected.author.clone();
        expected.ticket.as_mut().unwrap().ids[0].root = oid::TICKET.to_owned();
        for document in [&mut back, &mut expected] {
            for one in document.sections.iter_mut().flat_map(|section| &mut section.observations) {
                for value in one.value.iter_mut() {
                    if let musubi_checkup::Value::Coded { code, .. } = value {
                        code.name = None;
                    }
                }
            }
        }
        assert_eq!(back, expected);
    }
    assert_eq!(reader.next_document().unwrap(), None);
    assert_eq!(reader.findings(), []);
}

#[test]
fn tables_that_cannot_be_read() {
    assert!(CsvReader::new(&b"a,b\n1,2\n"[..]).is_err());
    let head = "insurer,number,sex,birth,date,item,value,ours\n";
    let line = b"01130012,1,1,19740504,20261101,9N001000000000001,170\n";
    let mut reader =
        CsvReader::new(head.as_bytes().iter().chain(line).copied().collect::<Vec<_>>().leak() as &[u8])
            .unwrap();
    assert_eq!(reader.findings().len(), 1, "the unknown column");
    let document = reader.next_document().unwrap().unwrap();
    assert_eq!(document.sections[0].observations[0], common::quantity("9N001000000000001", "170", "cm"));
    // One line without an end stops early.
    let endless = std::io::Read::chain(head.as_bytes(), std::io::repeat(b'x'));
    let error = CsvReader::new(endless).unwrap().next_document().unwrap_err();
    assert!(error.en.contains("longer than"), "{}", error.en);
    // Shift_JIS is read, neither encoding is not.
    let bytes = [
        head.as_bytes(),
        b"01130012,1,1,19740504,20261101,9N511000000000049,\x88\xd9\x8f\xed\x82\xc8\x82\xb5\n",
    ]
    .concat();
    let document = CsvReader::new(&bytes[..]).unwrap().next_document().unwrap().unwrap();
    assert_eq!(document.sections[0].observations[0], common::words("9N511000000000049", "異常なし"));
    let bytes = [head.as_bytes(), b"01130012,1,1,19740504,20261101,9N511000000000049,\xff\xfe\n"].concat();
    assert!(CsvReader::new(&bytes[..]).unwrap().next_document().is_err());
}

#[test]
fn a_hand_over_keeps_the_old_numbers() {
    let to = Insured {
        insurer: "130012".to_owned(),
        symbol: None,
        number: "８".to_owned(),
        branch: Some("02".to_owned()),
    };
    let document = common::whole().handed_over(&to);
    let numbers = document.numbers();
    assert_eq!((numbers.old.insurer.as_str(), numbers.old.number.as_str()), ("01130012", "４５６"));
    assert_eq!(numbers.new.unwrap(), Insured { insurer: "00130012".to_owned(), ..to.clone() });
    let checked = check_file(document.to_xml().as_bytes(), &Limits::default()).unwrap();
    assert!(checked.is_accepted());
    assert_eq!(checked.document.unwrap(), document);
    // Handed on once more, the document has the last insurer's numbers.
    let again = document.handed_over(&Insured { number: "９".to_owned(), ..to });
    assert_eq!(again.person.ids.iter().filter(|id| id.root == oid::NEW_NUMBER).count(), 1);
}

#[test]
fn a_crowd_of_warnings_hides_no_error() {
    let names: Vec<String> = (0..500).map(|number| format!("r/{number}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let (archive, _) = read(&zip(&files), None);
    let errors = archive.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    assert_eq!((errors, archive.index), (1, None));
}
