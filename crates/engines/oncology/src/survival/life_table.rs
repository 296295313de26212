//! Life tables (生命表): what the general population dies of, by age, year and sex.

use calendar::Date;

use super::Patient;
use crate::icdo::Sex;

/// Days of a year, as the reference implementation of net survival has it.
pub const DAYS_OF_YEAR: f64 = 365.241;

/// Daily hazards of the general population. An age or a year outside of the table takes the table's nearest.
#[derive(Clone, Debug)]
pub struct LifeTable {
    /// First completed year of life of each row, ascending.
    ages: Vec<u16>,
    /// First day of each column, as days since 1970, ascending.
    years: Vec<i32>,
    /// Hazard a day: sex, then year, then age.
    hazards: Vec<f64>,
}

/// Why rows are no life table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeTableError {
    /// A cell is not there, or twice.
    #[error(
        "the life table needs exactly one row for each age, year and sex: {found} for age {age}, year {year}, sex {sex:?}"
    )]
    Cells {
        /// Age in completed years.
        age: u16,
        /// The calendar year.
        year: i16,
        /// The sex.
        sex: Sex,
        /// How many rows there are.
        found: usize,
    },
    /// A hazard is not a number of at least nothing, or a probability is not between 0 and 1.
    #[error("age {age}, year {year}: {found} is no rate")]
    Rate {
        /// Age in completed years.
        age: u16,
        /// The calendar year.
        year: i16,
        /// What stands there.
        found: String,
    },
    /// There is no row at all, or a year that is none.
    #[error("the life table has no rows, or a year outside of the calendar")]
    Empty,
}

impl LifeTableError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Cells { age, year, found, .. } => {
                format!(
                    "生命表には年齢・暦年・性別の組ごとに1行が必要です（{age}歳・{year}年の行が{found}行あります）。"
                )
            }
            Self::Rate { age, year, found } => {
                format!("生命表の{age}歳・{year}年の値「{found}」は死亡率として読めません。")
            }
            Self::Empty => "生命表に行がないか、暦の範囲外の年があります。".to_owned(),
        }
    }
}

/// One row of a life table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifeTableRow {
    /// Age in completed years.
    pub age: u16,
    /// The calendar year from which it holds.
    pub year: i16,
    /// The sex.
    pub sex: Sex,
    /// What is said of dying.
    pub rate: Mortality,
}

/// How a life table says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mortality {
    /// Hazard a day.
    HazardADay(f64),
    /// Probability of dying within the year of age (死亡率 qx), 0 to 1.
    Probability(f64),
}

impl Mortality {
    fn hazard(self) -> Option<f64> {
        let hazard = match self {
            Self::HazardADay(hazard) => hazard,
            Self::Probability(probability) => -(1.0 - probability).ln() / DAYS_OF_YEAR,
        };
        (hazard.is_finite() && hazard >= 0.0).then_some(hazard)
    }

    fn figure(self) -> f64 {
        match self {
            Self::HazardADay(figure) | Self::Probability(figure) => figure,
        }
    }
}

impl LifeTable {
    /// A table from its rows, in any order.
    ///
    /// # Errors
    /// [`LifeTableError`].
    pub fn new(rows: &[LifeTableRow]) -> Result<Self, LifeTableError> {
        let mut ages: Vec<u16> = rows.iter().map(|row| row.age).collect();
        ages.sort_unstable();
        ages.dedup();
        let mut calendar_years: Vec<i16> = rows.iter().map(|row| row.year).collect();
        calendar_years.sort_unstable();
        calendar_years.dedup();
        let first_day = |year: &i16| Date::new(*year, 1, 1).map(Date::to_days);
        let years: Result<Vec<i32>, _> = calendar_years.iter().map(first_day).collect();
        let years = years.ok().filter(|years| !years.is_empty()).ok_or(LifeTableError::Empty)?;
        let mut table = Self { hazards: vec![f64::NAN; ages.len() * years.len() * 2], ages, years };
        let mut seen = vec![0_usize; table.hazards.len()];
        for row in rows {
            let hazard = row.rate.hazard().ok_or_else(|| LifeTableError::Rate {
                age: row.age,
                year: row.year,
                found: row.rate.figure().to_string(),
            })?;
            let age = table.ages.partition_point(|age| *age < row.age);
            let year = calendar_years.partition_point(|year| *year < row.year);
            let place = table.place(row.sex, year, age);
            if let (Some(cell), Some(count)) = (table.hazards.get_mut(place), seen.get_mut(place)) {
                *cell = hazard;
                *count += 1;
            }
        }
        table.complete(&calendar_years, &seen).map(|()| table)
    }

    fn complete(&self, years: &[i16], seen: &[usize]) -> Result<(), LifeTableError> {
        let Some(place) = seen.iter().position(|count| *count != 1) else { return Ok(()) };
        let (block, age) = (place / self.ages.len(), place % self.ages.len());
        Err(LifeTableError::Cells {
            age: self.ages.get(age).copied().unwrap_or_default(),
            year: years.get(block % self.years.len()).copied().unwrap_or_default(),
            sex: if block < self.years.len() { Sex::Male } else { Sex::Female },
            found: seen.get(place).copied().unwrap_or_default(),
        })
    }

    fn place(&self, sex: Sex, year: usize, age: usize) -> usize {
        let sex = usize::from(sex == Sex::Female);
        (sex * self.years.len() + year) * self.ages.len() + age
    }

    /// The hazards a day, cell by cell.
    pub(super) fn hazards(&self) -> &[f64] {
        &self.hazards
    }

    /// The cell of somebody diagnosed at an age on a day.
    pub(super) fn cell(&self, sex: Sex, age_in_days: u32, diagnosed: i32) -> Cell {
        let age = self.ages.partition_point(|age| cut(*age) <= f64::from(age_in_days)).saturating_sub(1);
        let year = self.years.partition_point(|first| *first <= diagnosed).saturating_sub(1);
        self.cell_at(sex, age, year, age_in_days, diagnosed)
    }

    /// The cell after `cell`, which ends today.
    pub(super) fn following(&self, cell: Cell, patient: &Patient, today: u32) -> Cell {
        let (mut age, mut year) = (usize::from(cell.age), usize::from(cell.year));
        let (age_in_days, diagnosed) = (patient.age_in_days, patient.diagnosed);
        while self
            .ages
            .get(age + 1)
            .is_some_and(|next| cut(*next) <= f64::from(age_in_days) + f64::from(today))
        {
            age += 1;
        }
        while self
            .years
            .get(year + 1)
            .is_some_and(|next| i64::from(*next) <= i64::from(diagnosed) + i64::from(today))
        {
            year += 1;
        }
        self.cell_at(patient.sex, age, year, age_in_days, diagnosed)
    }

    fn cell_at(&self, sex: Sex, age: usize, year: usize, age_in_days: u32, diagnosed: i32) -> Cell {
        let birthday = self.ages.get(age + 1).map(|next| (cut(*next) - f64::from(age_in_days)).ceil());
        let new_year = self.years.get(year + 1).map(|next| f64::from(*next) - f64::from(diagnosed));
        let until = birthday.unwrap_or(f64::INFINITY).min(new_year.unwrap_or(f64::INFINITY));
        Cell {
            place: self.place(sex, year, age) as u32,
            until: if until < f64::from(u32::MAX) { until as u32 } else { u32::MAX },
            age: age as u16,
            year: year as u16,
        }
    }
}

/// Where somebody is in a life table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The place among the hazards.
    pub(super) place: u32,
    /// The first day after diagnosis that is in another cell.
    pub(super) until: u32,
    age: u16,
    year: u16,
}

/// The first day of a year of life, in days.
fn cut(age: u16) -> f64 {
    f64::from(age) * DAYS_OF_YEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(age: u16, year: i16, sex: Sex) -> LifeTableRow {
        LifeTableRow { age, year, sex, rate: Mortality::HazardADay(f64::from(age) + f64::from(year)) }
    }

    fn rows() -> Vec<LifeTableRow> {
        let years = [2000, 2001];
        let cells = [0, 1].into_iter().flat_map(|age| years.map(|year| (age, year)));
        cells.flat_map(|(age, year)| [row(age, year, Sex::Male), row(age, year, Sex::Female)]).collect()
    }

    #[test]
    fn cells_change_on_birthdays_and_new_years() {
        let table = LifeTable::new(&rows()).unwrap();
        let hazard = |cell: Cell| table.hazards()[cell.place as usize];
        let diagnosed = Date::new(2000, 12, 31).unwrap().to_days();
        let patient = Patient { sex: Sex::Female, age_in_days: 360, diagnosed, days: 900, died: false };
        let first = table.cell(patient.sex, patient.age_in_days, diagnosed);
        assert_eq!((hazard(first), first.until), (2000.0, 1));
        let second = table.following(first, &patient, 1);
        assert_eq!((hazard(second), second.until), (2001.0, 6));
        let third = table.following(second, &patient, 6);
        assert_eq!((hazard(third), third.until), (2002.0, u32::MAX));
        assert_eq!(hazard(table.cell(Sex::Male, 0, -1_000_000)), 2000.0);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut short = rows();
        let gone = short.pop().unwrap();
        assert_eq!(
            LifeTable::new(&short).unwrap_err(),
            LifeTableError::Cells { age: gone.age, year: gone.year, sex: gone.sex, found: 0 }
        );
        assert_eq!(LifeTable::new(&[]).unwrap_err(), LifeTableError::Empty);
        let certain = LifeTableRow { rate: Mortality::Probability(1.5), ..row(0, 2000, Sex::Male) };
        assert!(matches!(LifeTable::new(&[certain]).unwrap_err(), LifeTableError::Rate { .. }));
    }
}
