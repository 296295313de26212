//! Names and places of the storage's files (構築ガイドライン §3).

use std::{fmt, str::FromStr};

use calendar::{Date, Timestamp};

/// Kind of data (データ種別).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// `ADT-00`: the patient (患者基本情報).
    Adt00,
    /// `ADT-61`: allergies (アレルギー情報).
    Adt61,
    /// `PPR-01`: the problem list (病名（歴）情報).
    Ppr01,
    /// `OMP-01`: a prescription (処方オーダ).
    Omp01,
    /// `OML-11`: laboratory results (検体検査結果通知).
    Oml11,
    /// Any other: known to the storage, not read here.
    Other(String),
}

impl DataKind {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Adt00 => "ADT-00",
            Self::Adt61 => "ADT-61",
            Self::Ppr01 => "PPR-01",
            Self::Omp01 => "OMP-01",
            Self::Oml11 => "OML-11",
            Self::Other(other) => other,
        }
    }

    /// Whether it is read into FHIR here.
    pub fn is_read(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    fn new(text: &str) -> Self {
        match text {
            "ADT-00" => Self::Adt00,
            "ADT-61" => Self::Adt61,
            "PPR-01" => Self::Ppr01,
            "OMP-01" => Self::Omp01,
            "OML-11" => Self::Oml11,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Whether a file counts (コンディションフラグ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// `0`: the order was deleted.
    Deleted,
    /// `1`: in force.
    Valid,
    /// `2`: replaced by a later file.
    Replaced,
}

/// A file's name: `患者ID_診療日_データ種別_オーダNo_発生日時_診療科コード_コンディションフラグ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// The institution's own number of the patient, 1 to 15 characters.
    pub patient_id: String,
    /// The day of care; none for what belongs to no day (`-`).
    pub date: Option<Date>,
    /// The kind.
    pub kind: DataKind,
    /// The order's number, up to 22 characters; `999999999999999` where there is no order.
    pub order: String,
    /// When it was sent, `yyyyMMddHHmmssSSS` in Japan.
    pub occurred: Timestamp,
    /// The department's code; none as `-`.
    pub department: Option<String>,
    /// Whether it counts.
    pub flag: Flag,
}

/// Why a name is none of the storage's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("file name {name:?}: expected {expected} as part {part}")]
pub struct NameError {
    /// The name, cut to 120 characters.
    pub name: String,
    /// Which part, from 1.
    pub part: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl NameError {
    /// The message in Japanese.
    pub fn ja(&self) -> String {
        format!("ファイル名「{}」の{}番目には {} が必要です", self.name, self.part, self.expected)
    }
}

impl FileName {
    /// The order's number where there is no order.
    pub const NO_ORDER: &'static str = "999999999999999";

    /// The folder below the root: the patient's first three characters, the next three, the whole, the day, the kind.
    pub fn folder(&self) -> String {
        let part = |from: usize| -> String { self.patient_id.chars().skip(from).take(3).collect() };
        // A number of six characters or less has its missing folder named "-", as the day has.
        let named = |part: String| if part.is_empty() { "-".to_owned() } else { part };
        format!(
            "{}/{}/{}/{}/{}",
            named(part(0)),
            named(part(3)),
            self.patient_id,
            self.day(),
            self.kind.as_str()
        )
    }

    /// What the file is a state of: the files of one patient, day, kind and order replace each other.
    pub fn scope(&self) -> (&str, Option<Date>, &str, &str) {
        (&self.patient_id, self.date, self.kind.as_str(), &self.order)
    }

    fn day(&self) -> String {
        self.date.map_or_else(|| "-".to_owned(), Date::to_compact)
    }
}

impl FromStr for FileName {
    type Err = NameError;

    /// Reads a name; an ending such as `.hl7` or `.txt`, which some exports add, is passed over.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('_').collect();
        let wrong = |part, expected| NameError { name: text.chars().take(120).collect(), part, expected };
        let [patient, date, kind, order, occurred, department, flag] = parts.as_slice() else {
            return Err(wrong(parts.len(), "seven parts between underscores"));
        };
        let word = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count())
                && !text.contains(['/', '\\', '\0'])
                && text != ".."
                && text != "."
        };
        if !word(patient, 15) {
            return Err(wrong(1, "a patient's number of 1 to 15 characters"));
        }
        let date = match *date {
            "-" => None,
            date => Some(Date::from_compact(date).map_err(|_| wrong(2, "a day as yyyyMMdd or -"))?),
        };
        if !word(kind, 180) {
            return Err(wrong(3, "a kind of data such as OMP-01"));
        }
        if !word(order, 22) {
            return Err(wrong(4, "an order's number of 1 to 22 characters"));
        }
        let occurred = instant(occurred).ok_or_else(|| wrong(5, "a time as yyyyMMddHHmmssSSS"))?;
        if !word(department, 10) {
            return Err(wrong(6, "a department's code or -"));
        }
        let flag = match flag.split('.').next() {
            Some("0") => Flag::Deleted,
            Some("1") => Flag::Valid,
            Some("2") => Flag::Replaced,
            _ => return Err(wrong(7, "a condition flag 0, 1 or 2")),
        };
        Ok(Self {
            patient_id: (*patient).to_owned(),
            date,
            kind: DataKind::new(kind),
            order: (*order).to_owned(),
            occurred,
            department: Some((*department).to_owned()).filter(|department| department != "-"),
            flag,
        })
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, _, _, milli) = self.occurred.time();
        write!(
            f,
            "{}_{}_{}_{}_{}{milli:03}_{}_{}",
            self.patient_id,
            self.day(),
            self.kind.as_str(),
            self.order,
            self.occurred.to_jst_compact(),
            self.department.as_deref().unwrap_or("-"),
            match self.flag {
                Flag::Deleted => 0,
                Flag::Valid => 1,
                Flag::Replaced => 2,
            },
        )
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let (seconds, milli) = text.split_at_checked(14)?;
    let milli = (milli.len() == 3 && milli.bytes().all(|b| b.is_ascii_digit()))
        .then(|| milli.parse().ok())
        .flatten()?;
    Some(Timestamp::from_jst_compact(seconds).ok()?.add_millis(milli))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guideline_s_names_are_read_and_written_the_same() {
        for text in [
            "9999013_-_ADT-00_999999999999999_20111220224447339_-_1",
            "9999013_20110701_OMP-01_000000011000185_20110701224603984_01_1",
            "0000001_20000401_OMP-11_123456789012346_20110701113813226_01_0",
            "9999013_-_PPR-01_999999999999999_20111209163030000_01_2",
        ] {
            assert_eq!(text.parse::<FileName>().unwrap().to_string(), text);
        }
        let name: FileName = "9999013_20110701_OMP-01_1_20110701224603984_01_1.hl7".parse().unwrap();
        assert_eq!(name.folder(), "999/901/9999013/20110701/OMP-01");
        assert_eq!(name.flag, Flag::Valid);
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (text, part) in [
            ("a_b", 2),
            ("_-_ADT-00_1_20111220224447339_-_1", 1),
            (".._-_ADT-00_1_20111220224447339_-_1", 1),
            ("9_20111301_ADT-00_1_20111220224447339_-_1", 2),
            ("9_-__1_20111220224447339_-_1", 3),
            ("9_-_ADT-00__20111220224447339_-_1", 4),
            ("9_-_ADT-00_1_20111220224447_-_1", 5),
            ("9_-_ADT-00_1_20111220224447339__1", 6),
            ("9_-_ADT-00_1_20111220224447339_-_3", 7),
        ] {
            assert_eq!(text.parse::<FileName>().unwrap_err().part, part, "{text}");
        }
    }
}
