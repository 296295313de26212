//! The plain tables that the registry's figures are computed from: CSV with headings, in any order, other columns ignored.

use calendar::Date;

use crate::icdo::{Behaviour, Histology, Morphology, Sex, Topography};
use crate::indicators::{Case, FirstKnown};
use crate::primaries::{Diagnosed, Tumour};
use crate::rates::{ByAge, group};
use crate::survival::{LifeTable, LifeTableError, LifeTableRow, Mortality, Patient};

/// A table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no CSV in UTF-8.
    #[error("the table is no CSV in UTF-8: {0}")]
    Csv(#[from] csv::Error),
    /// A column is not there.
    #[error("the table has no column {0}")]
    Column(&'static str),
    /// A value is not what its column holds.
    #[error("line {line}, column {column}: {found:?} is not {expected}")]
    Value {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The rows are no life table.
    #[error(transparent)]
    LifeTable(#[from] LifeTableError),
}

impl TableError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Csv(_) => "表がUTF-8のCSVとして読めません。".to_owned(),
            Self::Column(column) => format!("表に「{column}」の列がありません。"),
            Self::Value { line, column, found, .. } => {
                format!("{line}行目の「{column}」の値「{found}」が読めません。")
            }
            Self::LifeTable(error) => error.ja(),
        }
    }
}

/// A tumour of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TumourRow {
    /// The line of the file.
    pub line: u64,
    /// Whose.
    pub person: String,
    /// The tumour.
    pub tumour: Tumour,
}

/// Reads tumours: `person`; `sequence` (else the order of the rows); `diagnosed` as yyyymmdd, yyyymm, yyyy or with hyphens, or `year`,
/// `month`, `day`; `topography`; `morphology`, or `histology` and `behaviour`.
///
/// # Errors
/// [`TableError`].
pub fn tumours(bytes: &[u8]) -> Result<Vec<TumourRow>, TableError> {
    let mut table = Table::new(bytes)?;
    let person = table.column(&["person", "patient", "patient_id", "id"])?;
    let topography = table.column(&["topography", "site", "primary_site", "topo"])?;
    let morphology = table.optional(&["morphology"]);
    let histology = table.optional(&["histology", "hist", "histologic_type_icd_o3"]);
    let behaviour = table.optional(&["behaviour", "behavior", "behaviour_code", "beh"]);
    let sequence = table.optional(&["sequence", "sequence_number", "seq"]);
    let whole = table.optional(&["diagnosed", "date", "date_of_diagnosis", "diagnosis_date"]);
    let parts = ["year", "month", "day"].map(|part| table.optional(&[part]));
    if morphology.is_none() && (histology.is_none() || behaviour.is_none()) {
        return Err(TableError::Column("morphology"));
    }
    let mut place = 0;
    table.rows(|row| {
        place += 1;
        let (histology, behaviour) = match morphology {
            Some(column) if !row.text(Some(column)).is_empty() => {
                let code: Morphology = row.parse(column, "histology and behaviour, such as 8140/3")?;
                (code.histology, code.behaviour)
            }
            _ => {
                let column = histology.ok_or(TableError::Column("histology"))?;
                let code: Histology = row.parse(column, "a histology, 8000 to 9993")?;
                let column = behaviour.ok_or(TableError::Column("behaviour"))?;
                let behaviour: Behaviour = row.parse(column, "a behaviour, one of 0 1 2 3 6 9")?;
                (code, behaviour)
            }
        };
        let topography: Topography = row.parse(topography, "a site, C00.0 to C80.9")?;
        let diagnosed = match whole {
            Some(column) => partial(row.text(Some(column))),
            None => {
                let [year, month, day] = parts.map(|part| row.text(part).parse::<u16>().ok());
                let small = |part: Option<u16>, most| {
                    part.filter(|part| (1..=most).contains(part)).map(|part| part as u8)
                };
                Diagnosed {
                    year: year.filter(|year| *year < 9999),
                    month: small(month, 12),
                    day: small(day, 31),
                }
            }
        };
        let sequence = row.text(sequence).parse().unwrap_or(place);
        let tumour = Tumour { diagnosed, sequence, topography, histology, behaviour };
        Ok(TumourRow { line: row.line(), person: row.text(Some(person)).to_owned(), tumour })
    })
}

/// A date of which the end may be missing or unknown (99).
fn partial(text: &str) -> Diagnosed {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, until: usize| digits.get(from..until).and_then(|part| part.parse::<u16>().ok());
    let small =
        |part: Option<u16>, most: u16| part.filter(|part| (1..=most).contains(part)).map(|part| part as u8);
    let month = small(part(4, 6), 12);
    Diagnosed {
        year: part(0, 4).filter(|year| (1800..9999).contains(year)),
        month,
        day: month.and_then(|_| small(part(6, 8), 31)),
    }
}

/// Reads patients for survival: `sex`; `diagnosed`; `birth`, or `age_days`, or `age` in years; `days`, or `last_seen`; `died` (1 or 0).
/// With `by`, the column whose values make groups; the groups come in the order in which they are first met.
///
/// # Errors
/// [`TableError`].
pub fn patients(bytes: &[u8], by: Option<&str>) -> Result<Vec<(String, Vec<Patient>)>, TableError> {
    let mut table = Table::new(bytes)?;
    let sex = table.column(&["sex"])?;
    let diagnosed = table.column(&["diagnosed", "diag", "diagnosis_date"])?;
    let [birth, age_days, age] = [&["birth"][..], &["age_days"], &["age"]].map(|names| table.optional(names));
    let [days, last_seen] = [&["days", "time"][..], &["last_seen"]].map(|names| table.optional(names));
    let died = table.column(&["died", "stat", "status"])?;
    let by = by.map(|name| table.named(name).ok_or(TableError::Column("--by"))).transpose()?;
    if birth.is_none() && age_days.is_none() && age.is_none() {
        return Err(TableError::Column("birth"));
    }
    let mut groups: Vec<(String, Vec<Patient>)> = Vec::new();
    table.each(|row| {
        let day = row.date(diagnosed)?;
        let age_in_days = match (birth, age_days, age) {
            (Some(column), ..) => {
                let lived = row.date(column)?.days_until(day);
                u32::try_from(lived).map_err(|_| row.wrong(column, "a day before the diagnosis"))?
            }
            (_, Some(column), _) => row.parse(column, "an age in days")?,
            (_, _, Some(column)) => {
                let years: f64 = row.parse(column, "an age in years")?;
                (years * crate::survival::DAYS_OF_YEAR) as u32
            }
            _ => 0,
        };
        let observed = match (days, last_seen) {
            (Some(column), _) => row.parse(column, "a number of days")?,
            (None, Some(column)) => {
                let seen = day.days_until(row.date(column)?);
                u32::try_from(seen).map_err(|_| row.wrong(column, "a day after the diagnosis"))?
            }
            (None, None) => return Err(TableError::Column("days")),
        };
        let died = match row.text(Some(died)) {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => return Err(row.wrong(died, "1 or 0")),
        };
        let sex = Sex::parse(row.text(Some(sex))).ok_or_else(|| row.wrong(sex, "1 or 2"))?;
        let patient = Patient { sex, age_in_days, diagnosed: day.to_days(), days: observed, died };
        let group = by.map_or("", |column| row.text(Some(column)));
        match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, members)) => members.push(patient),
            None => groups.push((group.to_owned(), vec![patient])),
        }
        Ok(())
    })?;
    Ok(groups)
}

/// Reads a life table: `age`, `year`, `sex`, and `hazard` a day or `probability` (qx) of dying within the year of age.
///
/// # Errors
/// [`TableError`].
pub fn life_table(bytes: &[u8]) -> Result<LifeTable, TableError> {
    let mut table = Table::new(bytes)?;
    let [age, year, sex] =
        [&["age", "_age"][..], &["year", "_year"], &["sex"]].map(|names| table.optional(names));
    let age = age.ok_or(TableError::Column("age"))?;
    let year = year.ok_or(TableError::Column("year"))?;
    let sex = sex.ok_or(TableError::Column("sex"))?;
    let hazard = table.optional(&["hazard", "hazard_day"]);
    let probability = table.optional(&["probability", "prob", "qx"]);
    let rows = table.rows(|row| {
        let rate = match (hazard, probability) {
            (Some(column), _) => Mortality::HazardADay(row.parse(column, "a hazard a day")?),
            (None, Some(column)) => Mortality::Probability(row.parse(column, "a probability")?),
            (None, None) => return Err(TableError::Column("hazard")),
        };
        Ok(LifeTableRow {
            age: row.parse(age, "an age in years")?,
            year: row.parse(year, "a year")?,
            sex: Sex::parse(row.text(Some(sex))).ok_or_else(|| row.wrong(sex, "1 or 2"))?,
            rate,
        })
    })?;
    Ok(LifeTable::new(&rows)?)
}

/// A case with what it is counted by.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRow {
    /// The year of diagnosis.
    pub year: u16,
    /// The sex.
    pub sex: Sex,
    /// Age at diagnosis in completed years.
    pub age: u16,
    /// The case.
    pub case: Case,
}

/// Reads cases: `year`, `sex`, `age`, `topography`, `histology`, `basis`, `known_first` (`report` or `death`), `reports`, `follow_back`.
///
/// # Errors
/// [`TableError`].
pub fn cases(bytes: &[u8]) -> Result<Vec<CaseRow>, TableError> {
    let mut table = Table::new(bytes)?;
    let (year, sex, age) = (table.column(&["year"])?, table.column(&["sex"])?, table.column(&["age"])?);
    let topography = table.column(&["topography", "site"])?;
    let histology = table.optional(&["histology"]);
    let basis = table.column(&["basis"])?;
    let known_first = table.column(&["known_first"])?;
    let (reports, follow_back) = (table.column(&["reports"])?, table.column(&["follow_back"])?);
    table.rows(|row| {
        let known_first = match row.text(Some(known_first)) {
            "report" => FirstKnown::Report,
            "death" => FirstKnown::Death,
            _ => return Err(row.wrong(known_first, "report or death")),
        };
        Ok(CaseRow {
            year: row.parse(year, "a year")?,
            sex: Sex::parse(row.text(Some(sex))).ok_or_else(|| row.wrong(sex, "1 or 2"))?,
            age: row.parse(age, "an age in years")?,
            case: Case {
                known_first,
                reports: row.parse(reports, "a number of reports")?,
                follow_back: row.parse(follow_back, "a number of reports")?,
                basis: row.parse(basis, "a basis of diagnosis, 1 to 6 or 9")?,
                topography: row.text(Some(topography)).parse().ok(),
                histology: row.text(histology).parse().ok(),
            },
        })
    })
}

/// A count of persons, or of deaths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountRow {
    /// The year.
    pub year: u16,
    /// The sex.
    pub sex: Sex,
    /// Age in completed years, or the first of a group.
    pub age: u16,
    /// How many.
    pub count: f64,
}

/// Reads counts: `year`, `sex`, `age`, and `persons`, `population`, `deaths` or `count`.
///
/// # Errors
/// [`TableError`].
pub fn counts(bytes: &[u8]) -> Result<Vec<CountRow>, TableError> {
    let mut table = Table::new(bytes)?;
    let (year, sex, age) = (table.column(&["year"])?, table.column(&["sex"])?, table.column(&["age"])?);
    let count = table.column(&["count", "persons", "population", "deaths"])?;
    table.rows(|row| {
        Ok(CountRow {
            year: row.parse(year, "a year")?,
            sex: Sex::parse(row.text(Some(sex))).ok_or_else(|| row.wrong(sex, "1 or 2"))?,
            age: row.parse(age, "an age in years")?,
            count: row.parse(count, "a number")?,
        })
    })
}

/// Cases and persons by age, of those whom `wanted` takes.
pub fn by_age(cases: &[CaseRow], persons: &[CountRow], wanted: impl Fn(u16, Sex) -> bool) -> ByAge {
    let mut sum = ByAge::default();
    for case in cases.iter().filter(|case| wanted(case.year, case.sex)) {
        if let Some(slot) = sum.cases.get_mut(group(case.age)) {
            *slot += 1.0;
        }
    }
    for row in persons.iter().filter(|row| wanted(row.year, row.sex)) {
        if let Some(slot) = sum.persons.get_mut(group(row.age)) {
            *slot += row.count;
        }
    }
    sum
}

/// A table with headings.
struct Table<'a> {
    reader: csv::Reader<&'a [u8]>,
    headings: Vec<String>,
}

/// A column: its place and the name it goes by in messages.
#[derive(Clone, Copy)]
struct ColumnAt {
    place: usize,
    name: &'static str,
}

impl<'a> Table<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, TableError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let headings = reader.headers()?.iter().map(str::to_ascii_lowercase).collect();
        Ok(Self { reader, headings })
    }

    fn optional(&self, names: &[&'static str]) -> Option<ColumnAt> {
        let find = |name: &&'static str| {
            let place = self.headings.iter().position(|heading| heading == name)?;
            Some(ColumnAt { place, name })
        };
        names.iter().find_map(find)
    }

    fn column(&self, names: &[&'static str]) -> Result<ColumnAt, TableError> {
        let missing = TableError::Column(names.first().copied().unwrap_or_default());
        self.optional(names).ok_or(missing)
    }

    /// A column that the user named.
    fn named(&self, name: &str) -> Option<ColumnAt> {
        let place = self.headings.iter().position(|heading| heading.eq_ignore_ascii_case(name))?;
        Some(ColumnAt { place, name: "--by" })
    }

    fn each(&mut self, mut take: impl FnMut(&Row) -> Result<(), TableError>) -> Result<(), TableError> {
        let mut row = Row(csv::StringRecord::new());
        while self.reader.read_record(&mut row.0)? {
            take(&row)?;
        }
        Ok(())
    }

    fn rows<T>(&mut self, mut read: impl FnMut(&Row) -> Result<T, TableError>) -> Result<Vec<T>, TableError> {
        let mut rows = Vec::new();
        self.each(|row| read(row).map(|row| rows.push(row)))?;
        Ok(rows)
    }
}

struct Row(csv::StringRecord);

impl Row {
    fn line(&self) -> u64 {
        self.0.position().map_or(0, csv::Position::line)
    }

    fn text(&self, column: Option<ColumnAt>) -> &str {
        column.and_then(|column| self.0.get(column.place)).unwrap_or_default()
    }

    fn parse<T: std::str::FromStr>(&self, column: ColumnAt, expected: &'static str) -> Result<T, TableError> {
        self.text(Some(column)).parse().map_err(|_| self.wrong(column, expected))
    }

    fn date(&self, column: ColumnAt) -> Result<Date, TableError> {
        let text = self.text(Some(column));
        let date = Date::from_compact(text).or_else(|_| Date::parse(text));
        date.map_err(|_| self.wrong(column, "a day, yyyymmdd or yyyy-mm-dd"))
    }

    fn wrong(&self, column: ColumnAt, expected: &'static str) -> TableError {
        let found = self.text(Some(column)).to_owned();
        TableError::Value { line: self.line(), column: column.name, found, expected }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tumours_are_read_as_registries_name_their_columns() {
        let one = tumours(b"person,diagnosed,topography,morphology\n7,20010203,C34.1,8140/33\n").unwrap();
        let other =
            tumours(b"patient_id,site,hist,behavior,year,month,day,seq\n7,C341,8140,3,2001,2,3,1\n").unwrap();
        assert_eq!(one, other);
        let unknown =
            tumours(b"id,site,histology,behaviour,year,month,day\n7,C341,8140,3,2001,99,99\n").unwrap();
        assert_eq!(unknown[0].tumour.diagnosed, Diagnosed { year: Some(2001), month: None, day: None });
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let error = tumours(b"person,topography,morphology\n7,C99,8140/3\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2, column topography: \"C99\" is not a site, C00.0 to C80.9");
        assert_eq!(error.ja(), "2行目の「topography」の値「C99」が読めません。");
        assert!(matches!(tumours(b"person\n"), Err(TableError::Column("topography"))));
    }

    #[test]
    fn patients_are_read_from_days_or_from_dates() {
        let days =
            patients(b"sex,diagnosed,age_days,days,died,site\n1,2000-01-01,365,10,1,a\n", Some("site"))
                .unwrap();
        let dates = patients(
            b"sex,diagnosed,birth,last_seen,died,site\nM,20000101,19990101,20000111,1,a\n",
            Some("SITE"),
        );
        assert_eq!(days, dates.unwrap());
        let born_later = patients(b"sex,diagnosed,birth,days,died\n1,20000101,20010101,1,0\n", None);
        assert!(matches!(born_later, Err(TableError::Value { column: "birth", .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = tumours(&bytes);
            let _ = patients(&bytes, None);
            let _ = life_table(&bytes);
            let _ = cases(&bytes);
            let _ = counts(&bytes);
        }
    }
}
