//! How frequent (罹患率・死亡率): crude and age-standardised rates, for 100,000 persons a year.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Groups of five years: 0 to 4, …, 90 to 94, 95 and older.
pub const GROUPS: usize = 20;

/// The group of an age.
pub fn group(age: u16) -> usize {
    usize::from(age / 5).min(GROUPS - 1)
}

/// Cases (or deaths) and persons by age.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByAge {
    /// Cases of each group.
    pub cases: [f64; GROUPS],
    /// Persons (person-years) of each group.
    pub persons: [f64; GROUPS],
}

/// A rate for 100,000 a year.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// The rate.
    pub rate: f64,
    /// Its standard error, for cases that come by Poisson's law.
    pub standard_error: f64,
}

/// A standard population (基準人口).
#[derive(Clone, Debug, Deserialize)]
pub struct Standard {
    /// Its name in programs.
    pub key: String,
    /// Its name.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// Where it was read.
    pub source: String,
    /// Whether it was read there.
    pub verified: bool,
    /// The sum of the weights.
    pub total: f64,
    /// Its persons in groups of five years, the last one open.
    pub weights: Vec<f64>,
}

/// Japan 1985, Japan 2015 and the world, see `data/standards.toml`.
pub fn standards() -> &'static [Standard] {
    &STANDARDS.standards
}

#[derive(Deserialize)]
struct Standards {
    standards: Vec<Standard>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program and read by every test")]
static STANDARDS: LazyLock<Standards> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/standards.toml")).expect("the standard populations")
});

const PER: f64 = 100_000.0;

impl ByAge {
    /// Cases for 100,000 persons of whatever age; none where there are no persons.
    pub fn crude(&self) -> Option<Rate> {
        let (cases, persons): (f64, f64) = (self.cases.iter().sum(), self.persons.iter().sum());
        let rate = || Rate { rate: PER * cases / persons, standard_error: PER * cases.sqrt() / persons };
        (persons > 0.0).then(rate)
    }

    /// What the crude rate would be if the population had the ages of the standard; none where a group of the standard has no persons.
    pub fn standardised(&self, standard: &Standard) -> Option<Rate> {
        let last = standard.weights.len().checked_sub(1)?;
        let (mut rate, mut variance) = (0.0, 0.0);
        for (place, weight) in standard.weights.iter().enumerate() {
            let groups = if place == last { place..GROUPS } else { place..place + 1 };
            let sum = |of: &[f64; GROUPS]| of.get(groups.clone()).map(|groups| groups.iter().sum::<f64>());
            let (cases, persons) = (sum(&self.cases)?, sum(&self.persons)?);
            if persons <= 0.0 {
                return None;
            }
            let weight = weight / standard.total;
            rate += weight * cases / persons;
            variance += weight * weight * cases / (persons * persons);
        }
        Some(Rate { rate: PER * rate, standard_error: PER * variance.sqrt() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standards_are_whole() {
        for standard in standards() {
            assert_eq!(standard.weights.iter().sum::<f64>(), standard.total, "{}", standard.key);
        }
        assert_eq!(standards().len(), 3);
    }

    #[test]
    fn one_rate_at_every_age_is_the_standardised_rate() {
        let even = ByAge { cases: [2.0; GROUPS], persons: [1000.0; GROUPS] };
        for standard in standards() {
            let rate = even.standardised(standard).unwrap();
            assert!((rate.rate - 200.0).abs() < 1e-9, "{}", standard.key);
        }
        assert!((even.crude().unwrap().rate - 200.0).abs() < 1e-9);
    }

    #[test]
    fn the_open_group_takes_in_all_who_are_older() {
        let mut old = ByAge { cases: [0.0; GROUPS], persons: [1000.0; GROUPS] };
        old.cases[19] = 30.0;
        let world = standards().iter().find(|standard| standard.key == "world").unwrap();
        // 85 and older: 30 of 3,000; 500 of 100,000 in the standard.
        assert!((old.standardised(world).unwrap().rate - 100_000.0 * 0.005 * 0.01).abs() < 1e-9);
        assert_eq!(group(99), 19);
        assert_eq!(group(4), 0);
    }

    #[test]
    fn nobody_has_no_rate() {
        assert_eq!(ByAge::default().crude(), None);
        assert_eq!(ByAge::default().standardised(&standards()[0]), None);
    }
}
