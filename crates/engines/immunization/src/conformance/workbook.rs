//! The workbooks of test cases, by the names of their columns: the healthy ones and those with conditions alike.

use std::{collections::HashMap, io::Cursor};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use calendar::Date;

use super::{Cases, TestCase, Unread};
use crate::{Dose, Gender, LoadError, Observation, Person, cdsi::read_day, period};

/// The rows in which the names of the columns are looked for.
const HEADER_ROWS: usize = 20;
/// More doses or observations than any case has.
const MOST_COLUMNS: usize = 50;
/// Excel's number of 1970-01-01.
const EPOCH: f64 = 25_569.0;

/// Reads the test cases of a workbook: the first sheet whose columns name an identifier, a birth, an assessment and
/// a vaccine group.
///
/// # Errors
/// When it is not a workbook, or none of its sheets has these columns. Rows that cannot be read are listed in the
/// answer instead.
pub fn read(file: &str, bytes: &[u8]) -> Result<Cases, LoadError> {
    let fail = |problem: String| LoadError::Workbook { file: file.to_owned(), problem };
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error: calamine::XlsxError| fail(error.to_string()))?;
    for sheet in workbook.sheet_names() {
        let range =
            workbook.worksheet_range(&sheet).map_err(|error| fail(format!("sheet {sheet:?}: {error}")))?;
        let rows: Vec<&[Data]> = range.rows().collect();
        let first_row = range.start().map_or(0, |(row, _)| row as usize);
        let header = rows.iter().take(HEADER_ROWS).position(|row| Columns::read(row).is_test_cases());
        let Some(at) = header else { continue };
        let columns = Columns::read(rows.get(at).copied().unwrap_or_default());
        let mut found = Cases { sheet, ..Cases::default() };
        for (offset, row) in rows.iter().enumerate().skip(at + 1) {
            let row = Row { columns: &columns, cells: row };
            if row.cells.iter().all(|cell| text(cell).is_empty()) {
                found.blank += 1;
                continue;
            }
            match row.case() {
                Ok(case) => found.cases.push(case),
                Err(problem) => {
                    found.unread.push(Unread {
                        row: first_row + offset + 1,
                        id: row.text("cdctestid"),
                        problem,
                    });
                }
            }
        }
        return Ok(found);
    }
    Err(fail("no sheet has the columns CDC_Test_ID, DOB, Assessment_Date and Vaccine_Group".to_owned()))
}

/// Where each column is, by its name in lower case without punctuation.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn read(row: &[Data]) -> Self {
        let mut columns = HashMap::new();
        for (position, cell) in row.iter().enumerate() {
            let name = folded(&text(cell));
            if !name.is_empty() {
                columns.entry(name).or_insert(position);
            }
        }
        Self(columns)
    }

    fn is_test_cases(&self) -> bool {
        ["cdctestid", "dob", "assessmentdate", "vaccinegroup"].iter().all(|name| self.0.contains_key(*name))
    }
}

struct Row<'a> {
    columns: &'a Columns,
    cells: &'a [Data],
}

impl Row<'_> {
    fn case(&self) -> Result<TestCase, String> {
        let birth = self.required("dob")?;
        let assessment = self.required("assessmentdate")?;
        let mut doses = Vec::new();
        let mut evaluations = Vec::new();
        for number in 1..=MOST_COLUMNS {
            let column = |name: &str| format!("{name}{number}");
            if !self.columns.0.contains_key(&column("dateadministered")) {
                break;
            }
            let Some(date) = self.date(&column("dateadministered"))? else { continue };
            let cvx = self.text(&column("cvx"));
            if cvx.is_empty() {
                return Err(format!("CVX_{number} is empty, a CVX code is expected"));
            }
            let manufacturer = Some(self.text(&column("mvx"))).filter(|mvx| !mvx.is_empty());
            doses.push(Dose { manufacturer, ..Dose::new(date, &cvx) });
            evaluations
                .push((self.text(&column("evaluationstatus")), self.text(&column("evaluationreason"))));
        }
        let person = Person {
            name: self.text("cdctestid"),
            birth,
            gender: match folded(&self.text("gender")).as_str() {
                "f" | "female" => Gender::Female,
                "m" | "male" => Gender::Male,
                _ => Gender::Unknown,
            },
            country: None,
            doses,
            observations: self.observations()?,
        };
        let number = self.text("forecast#");
        Ok(TestCase {
            id: self.text("cdctestid"),
            name: self.text("testcasename"),
            group: self.text("vaccinegroup"),
            person,
            evaluations,
            assessment,
            status: self.text("seriesstatus"),
            number: number.trim_end_matches(".0").parse().ok(),
            earliest: self.date("earliestdate")?,
            recommended: self.date("recommendeddate")?,
            past_due: self.date("pastduedate")?,
        })
    }

    /// `Observation_Code_n` with text and date (conditions), `Med_History_Code` (older healthy cases).
    fn observations(&self) -> Result<Vec<Observation>, String> {
        let mut observations = Vec::new();
        for number in 1..=MOST_COLUMNS {
            let code = self.text(&format!("observationcode{number}"));
            if !code.is_empty() {
                let date = self.date(&format!("observationdate{number}"))?;
                observations.push(Observation { code: whole(&code), date, until: None });
            }
        }
        for column in ["medhistorycode", "observationcode"] {
            let code = self.text(column);
            if !code.is_empty() {
                let date = self.date("observationdate")?;
                observations.push(Observation { code: whole(&code), date, until: None });
            }
        }
        Ok(observations)
    }

    fn cell(&self, name: &str) -> Option<&Data> {
        self.cells.get(*self.columns.0.get(name)?)
    }

    fn text(&self, name: &str) -> String {
        self.cell(name).map(text).unwrap_or_default()
    }

    fn required(&self, name: &str) -> Result<Date, String> {
        self.date(name)?.ok_or_else(|| format!("{name} is empty, a date is expected"))
    }

    fn date(&self, name: &str) -> Result<Option<Date>, String> {
        let Some(cell) = self.cell(name) else { return Ok(None) };
        let day = match cell {
            Data::Empty => return Ok(None),
            Data::DateTime(at) => serial(at.as_f64()),
            Data::Float(number) => serial(*number),
            Data::Int(number) => serial(*number as f64),
            other => {
                let text = text(other);
                if text.is_empty() || text == "-" || text.eq_ignore_ascii_case("n/a") {
                    return Ok(None);
                }
                let day = text.split_once([' ', 'T']).map_or(text.as_str(), |(day, _)| day);
                read_day(day).or_else(|| text.parse().ok().and_then(serial))
            }
        };
        day.map(|day| Some(period::date(day)))
            .ok_or_else(|| format!("{name} holds {:?}, a date is expected", text(cell)))
    }
}

/// A day from Excel's number of it, between 1900 and 2200.
fn serial(number: f64) -> Option<i32> {
    let day = number.floor() - EPOCH;
    (number.is_finite() && (-25_567.0..84_006.0).contains(&day)).then_some(day as i32)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}

fn whole(code: &str) -> String {
    code.trim_end_matches(".0").to_owned()
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_lowercase).collect()
}
