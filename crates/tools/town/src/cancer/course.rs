//! A life in the ten years of the registry.

use super::sites::{SITES, Site};
use crate::{day::Day, dice::Dice};

/// The first of the ten years.
pub(super) const FIRST_YEAR: i32 = 2016;

/// How many.
pub(super) const YEARS: usize = 10;

/// The last day that the registry knows of.
pub(super) const LAST_DAY: Day = Day(20_453);

/// A person of the population.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) man: bool,
    pub(super) born: Day,
    /// Day of death within the ten years.
    pub(super) died: Option<Day>,
    /// The cancer that was the cause.
    pub(super) killed_by: Option<Cancer>,
    /// Cancers diagnosed within the ten years, in order.
    pub(super) cancers: Vec<Cancer>,
}

/// A cancer as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cancer {
    pub(super) site: &'static Site,
    pub(super) part: u16,
    pub(super) histology: u16,
    /// 2 in situ, 3 malignant.
    pub(super) behaviour: u8,
    pub(super) grade: u8,
    /// 400 in situ to 440 distant; 777 where extent does not apply.
    pub(super) extent: u16,
    pub(super) diagnosed: Day,
    pub(super) side: u8,
}

impl Course {
    pub(super) fn throw(dice: &mut Dice) -> Self {
        let man = dice.chance(0.488);
        let begin = Day::new(FIRST_YEAR, 1, 1);
        let born = begin.plus(-((dice.weighted(&PYRAMID) as f64 * 10.0 + dice.unit() * 10.0) * DAYS) as i32);
        let age = f64::from(born.age_on(begin));
        let last = begin.plus((gompertz(dice, base(man), SLOPE, age) * DAYS) as i32);
        let mut course = Self {
            man,
            born,
            died: (last <= LAST_DAY).then_some(last),
            killed_by: None,
            cancers: Vec::new(),
        };
        let mut from = age;
        while course.cancers.len() < MOST {
            from += gompertz(dice, INCIDENCE, INCIDENCE_SLOPE, from);
            let diagnosed = begin.plus(((from - age) * DAYS) as i32);
            if diagnosed > course.died.unwrap_or(LAST_DAY) {
                break;
            }
            let cancer = Cancer::throw(dice, man, from, diagnosed);
            course.cancers.push(cancer);
            course.suffer(dice, cancer);
        }
        course
    }

    /// The excess of a cancer may come before the death that would have come anyway.
    fn suffer(&mut self, dice: &mut Dice, cancer: Cancer) {
        let rate = cancer.excess();
        if rate <= 0.0 {
            return;
        }
        let years = -(1.0 - dice.unit()).ln() / rate;
        let end = cancer.diagnosed.plus((years * DAYS).min(100_000.0) as i32 + 1);
        if end <= self.died.unwrap_or(LAST_DAY) {
            (self.died, self.killed_by) = (Some(end), Some(cancer));
        }
    }

    pub(super) fn sex_code(&self) -> u8 {
        if self.man { 1 } else { 2 }
    }
}

impl Cancer {
    fn throw(dice: &mut Dice, man: bool, age: f64, diagnosed: Day) -> Self {
        let frequent = |site: &Site| {
            let weight = if man { site.weights[0] } else { site.weights[1] };
            if age < 40.0 && !site.young { 0 } else { weight }
        };
        let weights: Vec<u32> = SITES.iter().map(frequent).collect();
        let site = SITES.get(dice.weighted(&weights)).unwrap_or(&SITES[0]);
        let part = dice.pick(site.parts).copied().unwrap_or(9);
        let (histology, grade) = dice.pick(site.histologies).copied().unwrap_or((8000, 9));
        let in_situ = dice.below(1000) < u64::from(site.in_situ);
        let grade = if grade == 0 { 1 + dice.weighted(&[30, 40, 25, 2]) as u8 } else { grade };
        let extent = match (site.systemic, in_situ) {
            (true, _) => 777,
            (_, true) => 400,
            _ => [410, 420, 430, 440].get(dice.weighted(&[55, 18, 12, 15])).copied().unwrap_or(410),
        };
        Self {
            site,
            part,
            histology: if in_situ { site.in_situ_histology } else { histology },
            behaviour: if in_situ { 2 } else { 3 },
            grade: if in_situ { 9 } else { grade },
            extent,
            diagnosed,
            side: if site.paired { 1 + dice.below(2) as u8 } else { 7 },
        }
    }

    /// The hazard a year that it adds.
    fn excess(&self) -> f64 {
        let times = match self.extent {
            400 => 0.0,
            420 => 3.0,
            430 => 5.0,
            440 => 15.0,
            _ => 1.0,
        };
        self.site.excess * times
    }

    pub(super) fn topography(&self) -> String {
        format!("C{:02}{}", self.site.category, self.part)
    }

    pub(super) fn morphology(&self) -> String {
        format!("{}/{}{}", self.histology, self.behaviour, self.grade)
    }

    /// The cause of death that a certificate names.
    pub(super) fn icd10(&self) -> String {
        match self.site.name {
            "leukaemia" => "C950".to_owned(),
            "lymphoma" => "C859".to_owned(),
            _ => self.topography(),
        }
    }
}

/// The general hazard of dying, a day, in a year of age.
pub(super) fn hazard_in_year(man: bool, age: f64) -> f64 {
    // The mean over the year of age, so that a table by years says what was thrown.
    base(man) * ((SLOPE * (age + 1.0)).exp() - (SLOPE * age).exp()) / SLOPE / DAYS
}

/// Years until something whose hazard at an age is `base * exp(slope * age)`, by inversion.
fn gompertz(dice: &mut Dice, base: f64, slope: f64, age: f64) -> f64 {
    let wait = -(1.0 - dice.unit()).ln();
    ((slope * wait / (base * (slope * age).exp())).ln_1p() / slope).min(200.0)
}

fn base(man: bool) -> f64 {
    if man { 3.2e-5 } else { 1.5e-5 }
}

/// How fast dying becomes likelier with age.
const SLOPE: f64 = 0.096;

/// Cancers a year at birth, and how fast they become likelier.
const INCIDENCE: f64 = 6.0e-5;
const INCIDENCE_SLOPE: f64 = 0.075;

/// Cancers of one person that are followed.
const MOST: usize = 4;

/// People by tens of years of age.
const PYRAMID: [u32; 10] = [78, 88, 98, 112, 146, 130, 124, 128, 72, 24];

/// Days of a year, as life tables count.
const DAYS: f64 = 365.241;
