//! What is asked of the town, and what can go wrong in making it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// A town to make. Equal plans give byte-identical files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TownPlan {
    /// Which town of the many that could be: any number.
    pub seed: u64,
    /// People living in the town on [`today`](Self::today): 100 to [`MAX_PEOPLE`](Self::MAX_PEOPLE).
    /// Those who died or left during the ten years come on top.
    pub people: u64,
    /// The day on which the files are written: nothing reported later than this is in them.
    pub today: Day,
    /// The day of the insurers' first load: `members-*.csv` holds what was known on it, `events-*.csv` what was
    /// reported after it. Between [`history_start`](Self::history_start) and `today`; equal to `today`, every
    /// event file is empty.
    pub opening: Day,
    /// Of a thousand households, how many have clinical records in `clinical/`: 0 to 1000. The constructed households have
    /// them unless it is 0: then there are no clinical files. All of a million people would be some 120 GB.
    #[serde(default)]
    pub clinical: u16,
}

impl TownPlan {
    /// The largest town: what eight-digit patient and elderly numbers can tell apart.
    pub const MAX_PEOPLE: u64 = 12_000_000;
    /// The smallest town: the named scenario persons with their families.
    pub const MIN_PEOPLE: u64 = 100;
    /// How many people a town has when nobody says.
    pub const DEFAULT_PEOPLE: u64 = 10_000;

    /// A town of `people` on `today`, with ten years of events in the event files and no clinical records.
    pub fn new(seed: u64, people: u64, today: Day) -> Self {
        Self { seed, people, today, opening: today.plus_years(-10), clinical: 0 }
    }

    /// The same town with clinical records for `per_mille` of a thousand households.
    #[must_use]
    pub fn with_clinical(self, per_mille: u16) -> Self {
        Self { clinical: per_mille, ..self }
    }

    /// The first day of the simulated history, ten years before `today`.
    pub fn history_start(&self) -> Day {
        self.today.plus_years(-10)
    }

    /// Says what is wrong with the plan, if anything is.
    ///
    /// # Errors
    /// [`TownError::People`], [`TownError::Clinical`] or [`TownError::Opening`] when a figure is out of its range.
    pub fn check(&self) -> Result<(), TownError> {
        if !(Self::MIN_PEOPLE..=Self::MAX_PEOPLE).contains(&self.people) {
            return Err(TownError::People { found: self.people });
        }
        if self.clinical > 1000 {
            return Err(TownError::Clinical { found: self.clinical });
        }
        if self.opening < self.history_start() || self.opening > self.today {
            return Err(TownError::Opening {
                found: self.opening,
                from: self.history_start(),
                until: self.today,
            });
        }
        Ok(())
    }
}

/// Why no town was made.
#[derive(Debug, thiserror::Error)]
pub enum TownError {
    /// The number of people is out of range.
    #[error("people: found {found}, expected {} to {}", TownPlan::MIN_PEOPLE, TownPlan::MAX_PEOPLE)]
    People {
        /// What was asked for.
        found: u64,
    },
    /// The share of households with clinical records is out of range.
    #[error("clinical: found {found}, expected 0 to 1000 households of a thousand")]
    Clinical {
        /// What was asked for.
        found: u16,
    },
    /// The day of the first load is out of range.
    #[error("opening: found {found}, expected a day from {from} to {until}")]
    Opening {
        /// What was asked for.
        found: Day,
        /// The earliest that is possible.
        from: Day,
        /// The latest that is possible.
        until: Day,
    },
    /// A text is not a day.
    #[error("day: found \"{found}\", expected YYYY-MM-DD in the calendar")]
    Day {
        /// The beginning of what was found.
        found: String,
    },
    /// The directory is not empty and holds something other than a town of the same plan.
    #[error("{path}: holds files already; expected an empty or new directory")]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A row could not be written.
    #[error("{path}: {source}")]
    Row {
        /// The file.
        path: PathBuf,
        /// What the CSV writer said.
        source: csv::Error,
    },
}
