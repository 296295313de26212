//! Illnesses, drugs, tests and allergens, from the lists in `data/clinical/` (written for this crate from general knowledge).

use std::sync::LazyLock;

/// A disease as it is coded.
#[derive(Debug)]
pub struct Disease {
    /// Short name within the lists.
    pub key: &'static str,
    /// 病名管理番号, invented: the real master is licensed.
    pub medis: &'static str,
    /// ICD-10 (2013), without a dot.
    pub icd10: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// 診療科コード of who treats it.
    pub department: &'static str,
    /// Sensitivity label of HL7 ActCode; empty when none.
    pub sensitivity: &'static str,
}

/// A drug as it is prescribed.
#[derive(Debug)]
pub struct Drug {
    /// Short name within the lists.
    pub key: &'static str,
    /// `G` 一般処方名マスター, `Y` YJ code.
    pub system: &'static str,
    /// Code in it.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// Unit of a dose.
    pub unit: &'static str,
    /// Code of the unit (MERIT-9).
    pub unit_code: &'static str,
    /// Units a time.
    pub dose: u16,
    /// Times a day.
    pub times: u16,
    /// When: `m`, `e`, `d`, `t`, `n`, or `x` as the text says.
    pub usage: &'static str,
    /// 用法 in words, where no code says it.
    pub text: &'static str,
}

/// A laboratory test.
#[derive(Debug)]
pub struct Test {
    /// Short name within the lists.
    pub key: &'static str,
    /// `core`, `infection`, `general` or `local`: which list of JP-CLINS names it.
    pub kind: &'static str,
    /// Display that the profile fixes for it.
    pub display: &'static str,
    /// JLAC10, 17 characters.
    pub jlac10: &'static str,
    /// Name.
    pub name: &'static str,
    /// Unit as printed.
    pub unit: &'static str,
    /// Unit in UCUM; empty for a qualitative test.
    pub ucum: &'static str,
    /// Reference range of men and of women, in the unit.
    pub range: [[f64; 2]; 2],
    /// Decimal places reported.
    pub decimals: u8,
    /// Specimen.
    pub specimen: &'static str,
}

impl Test {
    /// Low and high of someone's reference range (`sex` 1 male, 2 female).
    pub fn range_of(&self, sex: u8) -> [f64; 2] {
        let [men, women] = self.range;
        if sex == 2 { women } else { men }
    }

    /// True when the answer is a word and not a number.
    pub fn is_qualitative(&self) -> bool {
        self.ucum.is_empty()
    }
}

/// What someone does not tolerate.
#[derive(Debug)]
pub struct Allergen {
    /// Short name within the lists.
    pub key: &'static str,
    /// FHIR category: food, medication, environment.
    pub category: &'static str,
    /// `F` food, `M` medication, `N` other; `C` a drug forbidden for another reason (薬剤禁忌).
    pub list: &'static str,
    /// Code (J-FAGY).
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// What happens, or why it is forbidden.
    pub reaction: &'static str,
    /// Key of the drug that must not be given; empty when none is prescribed here.
    pub forbids: &'static str,
}

/// How a value moves while an illness lasts: from `first` towards `settled` within about a year, then by `slope` a year.
#[derive(Clone, Copy, Debug)]
pub struct Trend {
    /// At the beginning.
    pub first: f64,
    /// Once treated.
    pub settled: f64,
    /// Change a year after that.
    pub slope: f64,
    /// Spread between visits and persons.
    pub spread: f64,
}

/// A lasting illness: who gets it, where it is treated, with what.
#[derive(Debug)]
pub struct Illness {
    /// Short name.
    pub key: &'static str,
    /// What it is.
    pub disease: &'static Disease,
    /// 0 both sexes, 1 men, 2 women.
    pub sex: u8,
    /// Of a thousand people, how many have had it by age 0, 10, …, 90.
    pub by_age: [f64; 10],
    /// Mean length in years; 0 for life.
    pub years: f64,
    /// Days between visits.
    pub interval: i32,
    /// Who treats it: `clinic`, `hospital`, `specialist`, `psychiatric`, `infection`, `children`.
    pub place: &'static str,
    /// Drugs, each from some years after the beginning.
    pub drugs: Vec<(&'static Drug, i32)>,
    /// Tests at every second visit; without a trend the value is the person's own.
    pub tests: Vec<(&'static Test, Option<Trend>)>,
}

impl Illness {
    /// Of a thousand people, how many have had it by that age.
    pub fn by(&self, age: f64) -> f64 {
        let place = (age / 10.0).clamp(0.0, 9.0);
        let low = place.floor() as usize;
        let at = |i: usize| self.by_age.get(i.min(9)).copied().unwrap_or_default();
        at(low) + (at(low + 1) - at(low)) * (place - low as f64)
    }
}

/// The diseases.
pub static DISEASES: LazyLock<Vec<Disease>> =
    LazyLock::new(|| lines(include_str!("../../data/clinical/diseases.tsv")).filter_map(disease).collect());
/// The drugs.
pub static DRUGS: LazyLock<Vec<Drug>> =
    LazyLock::new(|| lines(include_str!("../../data/clinical/drugs.tsv")).filter_map(drug).collect());
/// The tests.
pub static TESTS: LazyLock<Vec<Test>> =
    LazyLock::new(|| lines(include_str!("../../data/clinical/tests.tsv")).filter_map(test).collect());
/// The allergens.
pub static ALLERGENS: LazyLock<Vec<Allergen>> =
    LazyLock::new(|| lines(include_str!("../../data/clinical/allergens.tsv")).filter_map(allergen).collect());
/// The lasting illnesses.
pub static ILLNESSES: LazyLock<Vec<Illness>> =
    LazyLock::new(|| lines(include_str!("../../data/clinical/illnesses.tsv")).filter_map(illness).collect());

/// The disease with that key.
pub fn find_disease(key: &str) -> Option<&'static Disease> {
    DISEASES.iter().find(|d| d.key == key)
}

/// The drug with that key.
pub fn find_drug(key: &str) -> Option<&'static Drug> {
    DRUGS.iter().find(|d| d.key == key)
}

/// The test with that key.
pub fn find_test(key: &str) -> Option<&'static Test> {
    TESTS.iter().find(|t| t.key == key)
}

/// The allergen with that key.
pub fn find_allergen(key: &str) -> Option<&'static Allergen> {
    ALLERGENS.iter().find(|a| a.key == key)
}

/// The cells of the lines of a list; lines that begin with `#` are comments.
pub fn lines(list: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    list.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(|l| l.split('\t').collect())
}

fn disease(cells: Vec<&'static str>) -> Option<Disease> {
    let [key, medis, icd10, name, name_en, department, sensitivity] = cells.try_into().ok()?;
    Some(Disease { key, medis, icd10, name, name_en, department, sensitivity })
}

fn drug(cells: Vec<&'static str>) -> Option<Drug> {
    let [key, system, code, name, unit, unit_code, dose, times, usage, text] = cells.try_into().ok()?;
    let (dose, times) = (dose.parse().ok()?, times.parse().ok()?);
    Some(Drug { key, system, code, name, unit, unit_code, dose, times, usage, text })
}

fn test(cells: Vec<&'static str>) -> Option<Test> {
    let [key, kind, display, jlac10, name, unit, ucum, a, b, c, d, decimals, specimen] =
        cells.try_into().ok()?;
    let number = |text: &str| text.parse::<f64>().ok();
    let range = [[number(a)?, number(b)?], [number(c)?, number(d)?]];
    let decimals = decimals.parse().ok()?;
    Some(Test { key, kind, display, jlac10, name, unit, ucum, range, decimals, specimen })
}

fn allergen(cells: Vec<&'static str>) -> Option<Allergen> {
    let [key, category, list, code, name, reaction, forbids] = cells.try_into().ok()?;
    Some(Allergen { key, category, list, code, name, reaction, forbids })
}

fn illness(cells: Vec<&'static str>) -> Option<Illness> {
    let (head, rest) = cells.split_at_checked(3)?;
    let (ages, tail) = rest.split_at_checked(10)?;
    let ([key, disease, sex], [years, interval, place, drugs, tests]) = (head, tail) else { return None };
    let ages: Vec<f64> = ages.iter().map(|a| a.parse().ok()).collect::<Option<_>>()?;
    Some(Illness {
        key,
        disease: find_disease(disease)?,
        sex: sex.parse().ok()?,
        by_age: ages.try_into().ok()?,
        years: years.parse().ok()?,
        interval: interval.parse().ok()?,
        place,
        drugs: parts(drugs, ',').map(staged_drug).collect::<Option<_>>()?,
        tests: parts(tests, ';').map(moving_test).collect::<Option<_>>()?,
    })
}

fn staged_drug(text: &'static str) -> Option<(&'static Drug, i32)> {
    let (key, years) = text.split_once('@')?;
    Some((find_drug(key)?, years.parse().ok()?))
}

fn moving_test(text: &'static str) -> Option<(&'static Test, Option<Trend>)> {
    let (key, trend) = text.split_once('=')?;
    let test = find_test(key)?;
    if trend.is_empty() {
        return Some((test, None));
    }
    let numbers: Vec<f64> = trend.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let [first, settled, slope, spread] = numbers.try_into().ok()?;
    Some((test, Some(Trend { first, settled, slope, spread })))
}

/// The parts of a cell; none of an empty one.
pub fn parts(cell: &'static str, by: char) -> impl Iterator<Item = &'static str> {
    cell.split(by).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        let count = |list: &'static str| lines(list).count();
        assert_eq!(DISEASES.len(), count(include_str!("../../data/clinical/diseases.tsv")));
        assert_eq!(DRUGS.len(), count(include_str!("../../data/clinical/drugs.tsv")));
        assert_eq!(TESTS.len(), count(include_str!("../../data/clinical/tests.tsv")));
        assert_eq!(ALLERGENS.len(), count(include_str!("../../data/clinical/allergens.tsv")));
        assert_eq!(ILLNESSES.len(), count(include_str!("../../data/clinical/illnesses.tsv")));
        assert!(ALLERGENS.iter().all(|a| a.forbids.is_empty() || find_drug(a.forbids).is_some()));
        assert!(TESTS.iter().all(|t| t.jlac10.len() == 17));
    }

    #[test]
    fn prevalence_is_read_between_the_ages() {
        let diabetes = ILLNESSES.iter().find(|i| i.key == "diabetes").unwrap();
        assert!((diabetes.by(50.0) - 55.0).abs() < 1e-9);
        assert!((diabetes.by(55.0) - 82.5).abs() < 1e-9);
        assert!((diabetes.by(120.0) - 160.0).abs() < 1e-9);
    }
}
