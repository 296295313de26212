//! Survival (生存率): Kaplan–Meier, Ederer II, and net survival by Pohar Perme, on a grid of days.
//!
//! Net survival is what there would be if the cancer were the only cause of death (Pohar Perme, Stare, Estève: On estimation
//! in relative survival, Biometrics 2012). Deaths and exits are at the end of a day; through a day a person has the hazard of
//! the life table's cell in which it begins; between two days on which somebody leaves, the population's hazard is integrated by
//! the mean of both ends of each day. Those are the conventions of the reference implementation (R package relsurv,
//! precision of one day), so that figures can be held against it digit by digit.

mod estimate;
mod life_table;
mod walk;

pub use estimate::{Curve, Estimator, Point, estimate};
pub use life_table::{DAYS_OF_YEAR, LifeTable, LifeTableError, LifeTableRow, Mortality};

use crate::icdo::Sex;

/// A patient as survival needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patient {
    /// The sex.
    pub sex: Sex,
    /// Age on the day of diagnosis, in days.
    pub age_in_days: u32,
    /// The day of diagnosis, as days since 1970.
    pub diagnosed: i32,
    /// Days from diagnosis to death or to the last that was heard; who died on the day of diagnosis lived one day.
    pub days: u32,
    /// Whether the patient died then.
    pub died: bool,
}

impl Patient {
    /// Days under observation, at least one.
    fn observed(&self) -> u32 {
        self.days.max(1)
    }
}
