//! The official CDSi test cases, and workbooks and supporting data that are not what they should be.
#![cfg(feature = "workbook")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fmt::Write as _, fs, io::Write as _, path::PathBuf};

use musubi_immunization::{LoadError, Workspace, cdsi, conformance};

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/cdsi"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no official data at {}", folder.display());
    None
}

#[test]
fn every_official_case_is_answered_as_expected() {
    let Some(folder) = folder() else { return };
    let knowledge = cdsi::load_folder(&folder.join("supporting-data"), "4.64").unwrap();
    let bytes = fs::read(folder.join("cdsi-healthy-childhood-and-adult-test-cases-v4.45.xlsx")).unwrap();
    let cases = conformance::read("v4.45", &bytes).unwrap();
    assert_eq!(cases.unread, []);
    let report = conformance::run(&knowledge, &cases.cases);
    println!("{} of {} official cases", report.cases.passed, report.cases.of);
    assert!(report.failed.is_empty(), "{:#?}", report.failed);
    // The same answer in a workspace that was used before, and with every decision written down.
    let mut traced = Workspace::new().with_trace();
    let mut plain = Workspace::new();
    for case in cases.cases.iter().step_by(29) {
        traced.assess(&knowledge, &case.person, case.assessment);
        plain.assess(&knowledge, &case.person, case.assessment);
        assert_eq!(traced.report(&knowledge, &case.person), plain.report(&knowledge, &case.person));
        assert!(!traced.steps().is_empty());
    }
}

/// A workbook as the one of underlying conditions is: its own sheet name, observations in columns, dates as text or
/// as numbers, blank rows inside the used range.
#[test]
fn the_workbook_of_underlying_conditions_is_read() {
    let header = [
        "CDC_Test_ID",
        "Test_Case_Name",
        "DOB",
        "Gender",
        "Observation_Code_1",
        "Observation_Text_1",
        "Observation_Date_1",
        "Observation_Code_2",
        "Observation_Text_2",
        "Observation_Date_2",
        "Series_Status",
        "Date_Administered_1",
        "Vaccine_Name_1",
        "CVX_1",
        "MVX_1",
        "Evaluation_Status_1",
        "Evaluation_Reason_1",
        "Series_Type_1",
        "Forecast_#",
        "Earliest_Date",
        "Recommended_Date",
        "Past_Due_Date",
        "Administrative_Guidance",
        "Vaccine_Group",
        "Assessment_Date",
    ];
    let pregnant = [
        "2016-UC-0130",
        "Pregnant",
        "1988-06-23",
        "F",
        "7",
        "Pregnant",
        "",
        "170",
        "Onset of pregnancy",
        "42604",
        "Not Complete",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "1",
        "02/27/2017",
        "42793",
        "2017-04-30",
        "",
        "DTaP ",
        "42604",
    ];
    let worker = [
        "2016-UC-0032",
        "Health care worker",
        "20313",
        "F",
        "055",
        "Health care personnel",
        "",
        "",
        "",
        "",
        "Not Complete",
        "42124",
        "MMR",
        "03",
        "MSD",
        "Valid",
        "",
        "standard",
        "2",
        "42152",
        "42152",
        "",
        "",
        "MMR",
        "42124",
    ];
    let blank = [""; 25];
    let unknown = {
        let mut row = worker;
        (row[0], row[7], row[9]) = ("2016-UC-8888", "999", "2015-01-01");
        row
    };
    let broken = {
        let mut row = worker;
        row[0] = "2016-UC-9999";
        row[2] = "31/31/1999";
        row
    };
    let bytes = workbook(
        "Underlying Condition Test Cases",
        &[&header, &pregnant, &blank, &worker, &blank, &broken, &unknown],
    );
    let cases = conformance::read("conditions", &bytes).unwrap();
    assert_eq!((cases.cases.len(), cases.blank), (3, 2));
    assert_eq!(cases.unread.len(), 1);
    assert_eq!((cases.unread[0].row, cases.unread[0].id.as_str()), (6, "2016-UC-9999"));
    let case = &cases.cases[0];
    assert_eq!(case.person.observations[0].code, "7");
    assert_eq!(case.person.observations[1].date, Some("2016-08-22".parse().unwrap()));
    assert_eq!(case.earliest, Some("2017-02-27".parse().unwrap()));
    let Some(folder) = folder() else { return };
    let knowledge = cdsi::load_folder(&folder.join("supporting-data"), "4.64").unwrap();
    let report = conformance::run(&knowledge, &cases.cases);
    println!(
        "{} of {} rows in the conditions' form: {:#?}",
        report.cases.passed, report.cases.of, report.failed
    );
    // A code that the supporting data does not have is named, and the other one of the case still holds.
    assert_eq!(report.unknown.len(), 1, "{:?}", report.unknown);
    let (id, finding) = &report.unknown[0];
    assert_eq!(id, "2016-UC-8888");
    assert!(finding.en().contains("999") && finding.ja().contains("999"), "{finding:?}");
    assert_eq!(cases.cases[2].person.observations.len(), 2);
    let pregnancy = report.kinds["DTaP"]["earliest"];
    assert_eq!(pregnancy.passed, 1, "27 weeks after the onset: {:#?}", report.failed);
}

#[test]
fn what_is_no_workbook_is_refused() {
    for bytes in [b"".as_slice(), b"PK\x03\x04", b"not a workbook", &workbook("Sheet1", &[&["a", "b"]])] {
        let error = conformance::read("x.xlsx", bytes).unwrap_err();
        assert!(matches!(error, LoadError::Workbook { .. }), "{error}");
        assert!(error.ja().contains("x.xlsx"));
    }
}

#[test]
fn supporting_data_that_is_broken_says_where() {
    let schedule = ("ScheduleSupportingData.xml".to_owned(), "<scheduleSupportingData/>".to_owned());
    let series = |inside: &str| {
        format!(
            "<antigenSupportingData>\n<series><seriesName>S</seriesName><targetDisease>X</targetDisease>\
             <vaccineGroup>X</vaccineGroup>{inside}</series></antigenSupportingData>"
        )
    };
    let load = |text: String| cdsi::load("test", &schedule, &[("X.xml".to_owned(), text)]).map(|_| ());
    assert_eq!(load(series("")), Ok(()));
    for (text, expected) in [
        ("<antigenSupportingData>\n<series>".to_owned(), "X.xml:2"),
        ("<antigenSupportingData/>".to_owned(), "targetDisease"),
        ("<!DOCTYPE a><a/>".to_owned(), "document type"),
        (series("<seriesDose><age><minAge>about a year</minAge></age></seriesDose>"), "about a year"),
        (series("<seriesDose><age><effectiveDate>20231399</effectiveDate></age></seriesDose>"), "20231399"),
        (series("<seriesType>Sometimes</seriesType>"), "Sometimes"),
        (
            series(
                "<seriesDose><conditionalSkip><context>Both</context><set><condition><conditionType>Moon</conditionType>\
                 </condition></set></conditionalSkip></seriesDose>",
            ),
            "Moon",
        ),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.ja().is_empty());
    }
    let nowhere = cdsi::load_folder(&PathBuf::from("/nowhere"), "0").unwrap_err();
    assert!(matches!(nowhere, LoadError::File { .. }));
}

/// A minimal workbook: numbers as numbers, the rest as inline strings.
fn workbook(sheet: &str, rows: &[&[&str]]) -> Vec<u8> {
    let mut data = String::new();
    for (number, row) in rows.iter().enumerate() {
        let _ = write!(data, "<row r=\"{}\">", number + 1);
        for (column, cell) in row.iter().enumerate() {
            let (high, low) = (column / 26, column % 26);
            let mut name = String::new();
            if high > 0 {
                name.push(char::from(b'A' + u8::try_from(high - 1).unwrap()));
            }
            name.push(char::from(b'A' + u8::try_from(low).unwrap()));
            let place = format!("{name}{}", number + 1);
            let is_serial = cell.len() == 5 && cell.parse::<u32>().is_ok();
            if is_serial {
                let _ = write!(data, "<c r=\"{place}\"><v>{cell}</v></c>");
            } else {
                let _ = write!(data, "<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>");
            }
        }
        data.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"{sheet}\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{data}</sheetData></worksheet>"),
        ),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
