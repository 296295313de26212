//! The local patient list as a file: `docs/formats/institution-patients.md`.

use calendar::Date;
use codes::{InsuredPersonId, InsurerNumber};
use kotoba::{cp932_decode, hira_to_kata, to_full_kana};
use protocol::eligibility::Sex;

use crate::error::{DeskError, LineError};
use crate::model::Patient;
use crate::refuse::{self, Field};

/// A patient list that was read whole without an error.
#[derive(Clone, Debug)]
pub struct PatientList {
    /// The patients, in the order of the file.
    pub patients: Vec<Patient>,
    /// Lines whose symbol and number could not be read; the patient is taken over without them.
    pub without_number: u64,
}

/// Reads a list: CSV with a header, UTF-8 or CP932. Columns are found by name; those we do not know are passed
/// over, but looked at for My Numbers like all others.
///
/// # Errors
/// [`DeskError::MyNumber`], or [`DeskError::PatientList`] with the first [`REPORTED`] lines that do not fit.
pub fn read(bytes: &[u8], local_number: Field) -> Result<PatientList, DeskError> {
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| one(csv_error(&error)))?.clone();
    let columns = Columns::find(&header)?;
    let mut list = PatientList { patients: Vec::new(), without_number: 0 };
    let mut errors = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                errors.push(csv_error(&error));
                break;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        refuse_my_numbers(&header, &record, line, local_number)?;
        match columns.patient(&record, line) {
            Ok((patient, readable)) => {
                list.patients.push(patient);
                list.without_number += u64::from(!readable);
            }
            Err(error) => errors.push(error),
        }
        if errors.len() >= REPORTED {
            break;
        }
    }
    if errors.is_empty() { Ok(list) } else { Err(DeskError::PatientList(errors)) }
}

/// How many wrong lines a refusal names.
pub const REPORTED: usize = 20;

fn decode(bytes: &[u8]) -> Result<String, DeskError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    cp932_decode(bytes).map_err(|error| {
        one(LineError {
            line: 0,
            column: "*".into(),
            ja: format!("UTF-8 でも Shift_JIS（CP932）でも読めません（{}）。", error.ja()),
            en: format!("neither UTF-8 nor CP932: {error}"),
        })
    })
}

fn refuse_my_numbers(
    header: &csv::StringRecord,
    record: &csv::StringRecord,
    line: u64,
    local_number: Field,
) -> Result<(), DeskError> {
    for (index, value) in record.iter().enumerate() {
        let column = header.get(index).unwrap_or_default();
        let declared = if column == LOCAL_NUMBER { local_number } else { Field::Text };
        refuse::scan(declared, value, || format!("line {line}, {column}"))?;
    }
    Ok(())
}

/// Where each column stands.
struct Columns {
    local_number: usize,
    name: usize,
    kana: usize,
    birth: usize,
    sex: usize,
    insured: Option<[usize; 4]>,
    last_visit_on: Option<usize>,
}

const LOCAL_NUMBER: &str = "local_number";

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Self, DeskError> {
        for name in header {
            refuse::scan(Field::Text, name, || "header".to_owned())?;
        }
        let place = |name: &str| header.iter().position(|column| column.trim() == name);
        let needed = |name: &str| {
            place(name).ok_or_else(|| {
                one(LineError {
                    line: 1,
                    column: name.to_owned(),
                    ja: format!("見出しに列「{name}」がありません。"),
                    en: format!("the header has no column {name:?}"),
                })
            })
        };
        let insured = ["insurer_number", "symbol", "number", "branch"].map(place);
        let insured = match insured {
            [Some(insurer), Some(symbol), Some(number), Some(branch)] => {
                Some([insurer, symbol, number, branch])
            }
            _ => None,
        };
        Ok(Self {
            local_number: needed(LOCAL_NUMBER)?,
            name: needed("name")?,
            kana: needed("kana")?,
            birth: needed("birth")?,
            sex: needed("sex")?,
            insured,
            last_visit_on: place("last_visit_on"),
        })
    }

    /// The patient of a record, and whether symbol and number were readable or absent.
    fn patient(&self, record: &csv::StringRecord, line: u64) -> Result<(Patient, bool), LineError> {
        let cell = |index: usize| record.get(index).unwrap_or_default().trim();
        let wrong = |column: &str, ja: String, en: String| LineError { line, column: column.into(), ja, en };
        let local_number = cell(self.local_number);
        let local_number = local_number
            .parse()
            .map_err(|e: crate::model::LocalNumberError| wrong(LOCAL_NUMBER, e.ja(), e.to_string()))?;
        if cell(self.name).is_empty() {
            return Err(wrong("name", "氏名がありません。".into(), "the name is missing".into()));
        }
        let birth = cell(self.birth);
        let birthdate = Date::parse(birth).map_err(|error| wrong("birth", error.ja(), error.to_string()))?;
        let sex = match cell(self.sex) {
            "1" => Sex::Male,
            "2" => Sex::Female,
            "" | "3" => Sex::Unset,
            _ => {
                let (ja, en) =
                    ("性別は 1（男）・2（女）・3（未設定）です。", "sex is 1 male, 2 female or 3 unset");
                return Err(wrong("sex", ja.into(), en.into()));
            }
        };
        let last_visit_on = match self.last_visit_on.map(cell).filter(|text| !text.is_empty()) {
            Some(text) => Some(
                Date::parse(text).map_err(|error| wrong("last_visit_on", error.ja(), error.to_string()))?,
            ),
            None => None,
        };
        let (insured, readable) = self.insured(&cell);
        let kana = hira_to_kata(&to_full_kana(cell(self.kana)));
        let name = cell(self.name).to_owned();
        Ok((Patient { local_number, name, kana, birthdate, sex, insured, last_visit_on }, readable))
    }

    fn insured<'r>(&self, cell: &impl Fn(usize) -> &'r str) -> (Option<InsuredPersonId>, bool) {
        let Some([insurer, symbol, number, branch]) = self.insured.map(|places| places.map(cell)) else {
            return (None, true);
        };
        if insurer.is_empty() && number.is_empty() {
            return (None, true);
        }
        let read = || {
            Some(InsuredPersonId {
                insurer: InsurerNumber::parse_lenient(insurer).ok()?,
                symbol: symbol.parse().ok()?,
                number: number.parse().ok()?,
                branch: if branch.is_empty() { None } else { Some(branch.parse().ok()?) },
            })
        };
        let insured = read();
        let readable = insured.is_some();
        (insured, readable)
    }
}

fn one(error: LineError) -> DeskError {
    DeskError::PatientList(vec![error])
}

fn csv_error(error: &csv::Error) -> LineError {
    let line = error.position().map_or(0, csv::Position::line);
    let (ja, en) = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => (
            format!("列の数が {len} です（見出しは {expected_len}）。"),
            format!("{len} columns where the header has {expected_len}"),
        ),
        _ => ("CSV として読めません。".to_owned(), "not readable as CSV".to_owned()),
    };
    LineError { line, column: "*".into(), ja, en }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "local_number,name,kana,birth,sex,phone,insurer_number,symbol,number,branch,last_visit_on\n";

    fn list(lines: &str) -> Result<PatientList, DeskError> {
        read(format!("{HEADER}{lines}").as_bytes(), Field::Text)
    }

    fn problem(lines: &str) -> LineError {
        match list(lines).unwrap_err() {
            DeskError::PatientList(lines) => lines.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_what_a_clerk_copied() {
        let read = list("00000017,髙橋　花子,ﾀｶﾊｼ ﾊﾅｺ,1980-02-29,2,,  138057,１２－３４,567,01,2025-04-01\n")
            .unwrap();
        let patient = read.patients.first().unwrap();
        assert_eq!(patient.kana, "タカハシ ハナコ");
        assert_eq!(patient.sex, Sex::Female);
        assert_eq!(patient.insured.as_ref().unwrap().insurer.to_string(), "138057");
        assert_eq!(read.without_number, 0);
    }

    #[test]
    fn a_wrong_insurer_number_costs_the_number_not_the_patient() {
        let read = list("1,山田,ﾔﾏﾀﾞ,1980-01-01,1,,138058,12,3,,\n").unwrap();
        assert!(read.patients.first().unwrap().insured.is_none());
        assert_eq!(read.without_number, 1);
    }

    #[test]
    fn errors_name_line_and_column() {
        let bad = problem("1,山田,ﾔﾏﾀﾞ,1980-13-01,1,,,,,,\n");
        assert_eq!((bad.line, bad.column.as_str()), (2, "birth"));
        assert_eq!(problem("1,,ﾔﾏﾀﾞ,1980-01-01,1,,,,,,\n").column, "name");
        assert_eq!(problem("1,山田,ﾔﾏﾀﾞ,1980-01-01,9,,,,,,\n").column, "sex");
        assert_eq!(problem("a b,山田,ﾔﾏﾀﾞ,1980-01-01,1,,,,,,\n").column, "local_number");
        assert_eq!(problem("1,山田\n").line, 2);
        assert!(matches!(read(b"name\nx\n", Field::Text), Err(DeskError::PatientList(_))));
    }

    #[test]
    fn a_my_number_in_any_column_refuses_the_list() {
        for line in [
            "1,山田,ﾔﾏﾀﾞ,1980-01-01,1,1234-5678-9018,,,,,\n",
            "123456789018,山田,ﾔﾏﾀﾞ,1980-01-01,1,,,,,,\n",
            "1,山田 １２３４５６７８９０１８,ﾔﾏﾀﾞ,1980-01-01,1,,,,,,\n",
        ] {
            let error = list(line).unwrap_err();
            assert!(
                matches!(&error, DeskError::MyNumber(found) if found.place.starts_with("line 2")),
                "{error}"
            );
            assert!(!error.to_string().contains("9018"));
        }
        let twelve = format!("{HEADER}123456789018,山田,ﾔﾏﾀﾞ,1980-01-01,1,,,,,,\n");
        assert!(read(twelve.as_bytes(), Field::LocalNumber).is_ok());
    }

    #[test]
    fn shift_jis_is_read_too() {
        let text = format!("{HEADER}1,山田,ﾔﾏﾀﾞ,昭和55年1月1日,1,,,,,,\n");
        let bytes = kotoba::cp932_encode(&text).bytes;
        assert_eq!(read(&bytes, Field::Text).unwrap().patients.first().unwrap().name, "山田");
    }
}
