//! Reports to the cancer registry (届出): read from CSV, each value looked at alone.

use calendar::Date;
use serde::Serialize;

use crate::icdo::{Morphology, Sex, Topography};
use crate::layout::{Item, Kind, Layout};

/// A report: the values of the layout's items, trimmed; what was not given is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// Whose it is: what a column `person` says, such as the entity that linkage found; empty without one.
    pub person: String,
    values: Vec<String>,
}

impl Report {
    /// The value of an item.
    pub fn value(&self, place: usize) -> &str {
        self.values.get(place).map_or("", String::as_str)
    }

    /// The value of the item with a key.
    pub fn get(&self, layout: &Layout, key: &str) -> &str {
        layout.place(key).map_or("", |place| self.value(place))
    }

    /// A day.
    pub fn date(&self, layout: &Layout, key: &str) -> Option<Date> {
        Date::from_compact(self.get(layout, key)).ok()
    }

    /// 局在.
    pub fn topography(&self, layout: &Layout) -> Option<Topography> {
        self.get(layout, "topography").parse().ok()
    }

    /// 形態・性状・分化度.
    pub fn morphology(&self, layout: &Layout) -> Option<Morphology> {
        self.get(layout, "morphology").parse().ok()
    }

    /// 性別.
    pub fn sex(&self, layout: &Layout) -> Option<Sex> {
        Sex::parse(self.get(layout, "sex"))
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Unlikely: to be looked at.
    Warning,
    /// Cannot be: to be mended.
    Error,
}

/// Something that is wrong, or unlikely, in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line of the file.
    pub line: u64,
    /// The rule.
    pub rule: String,
    /// How grave.
    pub severity: Severity,
    /// The items, by their Japanese names, with what stands there.
    pub values: Vec<(String, String)>,
    /// What is wrong and what was expected.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is neither UTF-8 nor Shift_JIS.
    #[error("the file is neither UTF-8 nor Shift_JIS: {0}")]
    Charset(String),
    /// It is no CSV.
    #[error("line {line}: {problem}")]
    Csv {
        /// Where.
        line: u64,
        /// What is wrong.
        problem: String,
    },
}

impl ReportError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Charset(_) => "ファイルの文字コードがUTF-8でもShift_JISでもありません。".to_owned(),
            Self::Csv { line, .. } => format!("{line}行目がCSVとして読めません。"),
        }
    }
}

/// Reads a file of reports: with headings (keys, Japanese names or item numbers, in any order) or without, in the layout's order.
///
/// # Errors
/// [`ReportError`]: when nothing can be read. What is wrong in a report is for [`check_values`].
pub fn read(bytes: &[u8], layout: &Layout) -> Result<Vec<Report>, ReportError> {
    let text = text(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut reports, mut columns) = (Vec::new(), None);
    for record in reader.records() {
        let record = record.map_err(|error| ReportError::Csv {
            line: error.position().map_or(0, csv::Position::line),
            problem: error.to_string(),
        })?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(known) = &columns else {
            let (found, headed) = Columns::of(&record, layout);
            if !headed {
                reports.push(found.report(&record, layout));
            }
            columns = Some(found);
            continue;
        };
        reports.push(known.report(&record, layout));
    }
    Ok(reports)
}

/// Which column holds what.
struct Columns {
    items: Vec<Option<usize>>,
    person: Option<usize>,
}

impl Columns {
    /// From the first line; whether that is a line of headings.
    fn of(record: &csv::StringRecord, layout: &Layout) -> (Self, bool) {
        let items: Vec<Option<usize>> = record.iter().map(|heading| layout.named(heading)).collect();
        let person = record.iter().position(|heading| heading == "person");
        let named = items.iter().flatten().count() + usize::from(person.is_some());
        if named * 2 > record.len() {
            (Self { items, person }, true)
        } else {
            (Self { items: (0..layout.items.len()).map(Some).collect(), person: None }, false)
        }
    }

    fn report(&self, record: &csv::StringRecord, layout: &Layout) -> Report {
        let mut values = vec![String::new(); layout.items.len()];
        for (value, place) in record.iter().zip(&self.items) {
            if let Some(slot) = place.and_then(|place| values.get_mut(place)) {
                value.clone_into(slot);
            }
        }
        let person = self.person.and_then(|column| record.get(column)).unwrap_or_default().to_owned();
        Report { line: record.position().map_or(0, csv::Position::line), person, values }
    }
}

fn text(bytes: &[u8]) -> Result<String, ReportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => kotoba::cp932_decode(bytes).map_err(|error| ReportError::Charset(error.to_string())),
    }
}

/// Looks at each value alone: there when it must be, no longer than it may be, of its kind.
pub fn check_values(report: &Report, layout: &Layout) -> Vec<Finding> {
    let look = |(place, item): (usize, &Item)| {
        let value = report.value(place);
        let (rule, severity, ja, en) = fault(item, value)?;
        Some(Finding {
            line: report.line,
            rule: rule.to_owned(),
            severity,
            values: vec![(item.ja.clone(), value.to_owned())],
            ja: format!("{}: {ja}", item.ja),
            en: format!("{}: {en}", item.en),
        })
    };
    layout.items.iter().enumerate().filter_map(look).collect()
}

/// What is wrong with a value: rule, severity, in Japanese, in English.
fn fault(item: &Item, value: &str) -> Option<(&'static str, Severity, String, String)> {
    if value.is_empty() {
        let said = || ("必ず記入します。".to_owned(), "must be filled in".to_owned());
        return item.required.then(said).map(|(ja, en)| ("missing", Severity::Error, ja, en));
    }
    let length = value.chars().count();
    if length > item.length {
        let ja = format!("{}文字までです（{length}文字あります）。", item.length);
        return Some((
            "length",
            Severity::Error,
            ja,
            format!("at most {} characters, found {length}", item.length),
        ));
    }
    let wrong = |ja: &str, en: &str| {
        Some(("value", Severity::Error, ja.to_owned(), format!("{en}, found {value:?}")))
    };
    match item.kind {
        Kind::Text => None,
        Kind::Date => match Date::from_compact(value) {
            Ok(_) => None,
            Err(error) => Some(("value", Severity::Error, error.ja(), error.to_string())),
        },
        Kind::Prefecture => {
            let known =
                value.len() == 2 && value.parse().is_ok_and(|code: u8| matches!(code, 1..=47 | 88 | 99));
            if known {
                None
            } else {
                wrong("01〜47、88（外国）、99（不詳）のどれかです。", "one of 01 to 47, 88, 99")
            }
        }
        Kind::Topography => match value.parse::<Topography>() {
            Ok(_) => None,
            Err(error) => wrong("ICD-O-3の局在コード（C00.0〜C80.9）です。", error.expected),
        },
        Kind::Morphology => match value.parse::<Morphology>() {
            Ok(_) => None,
            Err(error) => wrong("ICD-O-3の形態・性状・分化度（例 8140/33）です。", error.expected),
        },
        Kind::Code if item.codes.iter().any(|code| code.code == value) => None,
        Kind::Code => {
            let codes: Vec<&str> = item.codes.iter().map(|code| code.code.as_str()).collect();
            let codes = codes.join(" ");
            wrong(&format!("{codes} のどれかです。"), &format!("one of {codes}"))
        }
        Kind::Wide if value.chars().any(is_half_width) => Some((
            "half-width",
            Severity::Warning,
            "全角で記入します。".into(),
            "full width is expected".into(),
        )),
        Kind::Wide => None,
        Kind::Name | Kind::KanaName => name_fault(item.kind, value),
    }
}

fn name_fault(kind: Kind, value: &str) -> Option<(&'static str, Severity, String, String)> {
    let said = |rule, severity, ja: &str, en: &str| Some((rule, severity, ja.to_owned(), en.to_owned()));
    if value.chars().any(|c| is_half_width(c) && c != ' ') {
        return said("half-width", Severity::Error, "氏名は全角で記入します。", "names are in full width");
    }
    if value.split(['\u{3000}', ' ']).filter(|part| !part.is_empty()).count() < 2 {
        return said(
            "name-space",
            Severity::Warning,
            "氏と名の間に空白を1つ入れます。",
            "a space stands between surname and given name",
        );
    }
    let kana = |c: char| matches!(c, '\u{30a0}'..='\u{30ff}' | '\u{3000}' | ' ');
    if kind == Kind::KanaName && !value.chars().all(kana) {
        return said(
            "kana",
            Severity::Error,
            "全角カタカナで記入します。",
            "katakana in full width is expected",
        );
    }
    None
}

fn is_half_width(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{ff61}'..='\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "北病院,12345,ヤマダ　タロウ,山田　太郎,1,19500101,13,千代田区丸の内１－１,7,C16.2,8140/32,1,2,1,20200401,1,410,410,1,2,2,1,2,2,2,2,";

    fn faults(text: &str) -> Vec<String> {
        let layout = Layout::national();
        let reports = read(text.as_bytes(), layout).unwrap();
        reports.iter().flat_map(|report| check_values(report, layout)).map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_right_report_has_no_finding_with_or_without_headings() {
        assert_eq!(faults(ROW), Vec::<String>::new());
        let headings: Vec<&str> = Layout::national().items.iter().map(|item| item.ja.as_str()).collect();
        let text = format!("{}\n{ROW}\n", headings.join(","));
        assert_eq!(faults(&text), Vec::<String>::new());
        let report = &read(text.as_bytes(), Layout::national()).unwrap()[0];
        assert_eq!((report.line, report.get(Layout::national(), "topography")), (2, "C16.2"));
    }

    #[test]
    fn shift_jis_is_read() {
        let encoded = kotoba::cp932_encode(ROW);
        let reports = read(&encoded.bytes, Layout::national()).unwrap();
        assert_eq!(reports[0].get(Layout::national(), "name"), "山田　太郎");
        assert!(matches!(read(b"\x81", Layout::national()), Err(ReportError::Charset(_))));
    }

    #[test]
    fn each_kind_of_fault_is_named() {
        for (from, to, rule) in [
            ("12345", "", "missing"),
            ("12345", "12345678901234567", "length"),
            ("19500101", "19500230", "value"),
            (",13,", ",48,", "value"),
            ("C16.2", "C81.0", "value"),
            ("8140/32", "8140", "value"),
            ("ヤマダ　タロウ", "ﾔﾏﾀﾞ　ﾀﾛｳ", "half-width"),
            ("ヤマダ　タロウ", "やまだ　たろう", "kana"),
            ("山田　太郎", "山田太郎", "name-space"),
            ("丸の内１－１", "丸の内1-1", "half-width"),
        ] {
            assert_eq!(faults(&ROW.replacen(from, to, 1)), [rule], "{to}");
        }
    }
}
