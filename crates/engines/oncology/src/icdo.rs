//! Sites and kinds of tumours: ICD-O-3 (国際疾病分類腫瘍学).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Sex (性別), as reports and life tables know it: 1 male, 2 female.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// From `1`, `2`, `M`, `F`, `male`, `female`, 男, 女.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "m" | "male" | "男" => Some(Self::Male),
            "2" | "f" | "female" | "女" => Some(Self::Female),
            _ => None,
        }
    }
}

/// A text is no code of ICD-O.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {expected}")]
pub struct CodeError {
    /// What stands there.
    pub found: String,
    /// What was expected.
    pub expected: &'static str,
}

/// Where a tumour arose (局在): `C00.0` to `C80.9`, kept as three digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topography(u16);

impl Topography {
    /// The first and the last code, as numbers: C00.0 and C80.9.
    const RANGE: std::ops::RangeInclusive<u16> = 0..=809;

    /// The category: 34 of C34.1.
    pub fn category(self) -> u16 {
        self.0 / 10
    }

    /// The code as a number: 341 of C34.1.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl FromStr for Topography {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let wrong = || CodeError { found: text.to_owned(), expected: "a site of ICD-O, C00.0 to C80.9" };
        let digits: String = text.trim().trim_start_matches(['C', 'c']).replace('.', "");
        // A category alone means its unspecified part.
        let digits = if digits.len() == 2 { digits + "9" } else { digits };
        let number =
            Some(digits).filter(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()));
        let number: u16 = number.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
        Self::RANGE.contains(&number).then_some(Self(number)).ok_or_else(wrong)
    }
}

impl fmt::Display for Topography {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:02}.{}", self.0 / 10, self.0 % 10)
    }
}

impl fmt::Debug for Topography {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a tumour looks like (組織形態): 8000 to 9993.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Histology(u16);

impl Histology {
    /// The code as a number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl FromStr for Histology {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let wrong = || CodeError { found: text.to_owned(), expected: "a histology of ICD-O, 8000 to 9993" };
        let number =
            Some(text.trim()).filter(|text| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()));
        let number: u16 = number.and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
        (8000..=9993).contains(&number).then_some(Self(number)).ok_or_else(wrong)
    }
}

impl fmt::Display for Histology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for Histology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a tumour behaves (性状): the fifth digit of a morphology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// 0, 良性.
    Benign,
    /// 1, 良性又は悪性の別不詳.
    Uncertain,
    /// 2, 上皮内.
    InSitu,
    /// 3, 悪性・原発部位.
    Malignant,
    /// 6, 悪性・転移部位.
    Metastatic,
    /// 9, 悪性・原発か転移か不詳.
    MalignantUncertain,
}

impl Behaviour {
    const DIGITS: [(char, Self); 6] = [
        ('0', Self::Benign),
        ('1', Self::Uncertain),
        ('2', Self::InSitu),
        ('3', Self::Malignant),
        ('6', Self::Metastatic),
        ('9', Self::MalignantUncertain),
    ];

    /// Its digit.
    pub fn digit(self) -> char {
        Self::DIGITS.iter().find(|(_, known)| *known == self).map_or('9', |(digit, _)| *digit)
    }
}

impl FromStr for Behaviour {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let known = Self::DIGITS.iter().find(|(digit, _)| text.trim().chars().eq([*digit]));
        known
            .map(|(_, behaviour)| *behaviour)
            .ok_or_else(|| CodeError { found: text.to_owned(), expected: "a behaviour, one of 0 1 2 3 6 9" })
    }
}

/// Histology, behaviour and grade together (形態・性状・分化度): `8140/33`, `814033`, `M8140/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Morphology {
    /// The histology.
    pub histology: Histology,
    /// The behaviour.
    pub behaviour: Behaviour,
    /// Grade or cell lineage (異型度・分化度), 1 to 8; 9 when it is not known.
    pub grade: u8,
}

impl FromStr for Morphology {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let wrong = || CodeError {
            found: text.to_owned(),
            expected: "histology, behaviour and grade, such as 8140/33",
        };
        let digits: String = text.trim().trim_start_matches(['M', 'm', '-']).replace('/', "");
        let (histology, rest) = digits.split_at_checked(4).ok_or_else(wrong)?;
        let mut rest = rest.chars();
        let behaviour = rest.next().ok_or_else(wrong)?;
        let grade = match rest.next() {
            None => 9,
            Some(grade) => grade.to_digit(10).filter(|grade| *grade > 0).ok_or_else(wrong)?,
        };
        if rest.next().is_some() {
            return Err(wrong());
        }
        Ok(Self {
            histology: histology.parse().map_err(|_| wrong())?,
            behaviour: behaviour.to_string().parse().map_err(|_| wrong())?,
            grade: u8::try_from(grade).map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for Morphology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.histology, self.behaviour.digit(), self.grade)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_as_registries_write_them() {
        for text in ["C34.1", "C341", "c341", "341"] {
            assert_eq!(text.parse::<Topography>().unwrap().to_string(), "C34.1");
        }
        assert_eq!("C34".parse::<Topography>().unwrap().to_string(), "C34.9");
        for text in ["8140/33", "814033", "M8140/33", "M-8140/33"] {
            assert_eq!(text.parse::<Morphology>().unwrap().to_string(), "8140/33");
        }
        assert_eq!("8140/3".parse::<Morphology>().unwrap().grade, 9);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["C81.0", "C3", "", "C34.12", "Cxx", "ーー"] {
            assert!(text.parse::<Topography>().is_err(), "{text}");
        }
        for text in ["8140", "8140/4", "7999/3", "8140/339", "8140/30", "ー", "814０/3"] {
            assert!(text.parse::<Morphology>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_code_or_an_error(text in "\\PC{0,8}") {
            let _ = text.parse::<Topography>();
            let _ = text.parse::<Morphology>();
        }

        #[test]
        fn codes_come_back(site in 0u16..=809, histology in 8000u16..=9993) {
            let site = Topography(site);
            prop_assert_eq!(site.to_string().parse::<Topography>().unwrap(), site);
            let histology = Histology(histology);
            prop_assert_eq!(histology.to_string().parse::<Histology>().unwrap(), histology);
        }
    }
}
