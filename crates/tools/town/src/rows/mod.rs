//! From a household to the rows of the files.

mod insurer;
mod others;

pub use insurer::{first_load, learned, reports};
pub use others::{
    card_row, patient_row, resident_events, resident_row, story_row, truth_errors, truth_membership,
    truth_person,
};
