//! The watch lists of the hospitals (照会の見守り名簿): which of their patients work there, where those live, and who is in the public eye.

use crate::day::Day;
use crate::formats::WatchRow;
use crate::model::{Family, Patient};
use crate::organisations::INSTITUTIONS;
use crate::stories;

/// Of so many households one works at the hospital where it is a patient, and one of more is in the public eye.
const STAFF_OF: u64 = 20;
const FAMOUS_OF: u64 = 60;

/// Indices into [`INSTITUTIONS`] of those that keep a list.
pub fn keepers() -> impl Iterator<Item = usize> {
    (0..).zip(&INSTITUTIONS).filter(|(_, institution)| institution.kind == "hospital").map(|(index, _)| index)
}

/// A household's rows, each with the institution's index. The people of the stories are on no list: what happens to them there is
/// told by their stories alone.
pub fn rows(family: &Family, today: Day) -> Vec<(usize, WatchRow)> {
    if family.index < stories::HOUSEHOLDS {
        return Vec::new();
    }
    let head = |patient: &&Patient| patient.slot == 0 && patient.facet == 0;
    let known = |index: usize| family.patients.iter().filter(head).find(|p| p.institution == index);
    let here = keepers().filter_map(|index| Some((index, known(index)?)));
    let row = |(index, patient): (usize, &Patient)| {
        let number = patient.local_number.clone();
        let home = family.person(patient.slot).and_then(|person| family.home_of(person, today));
        if family.index % STAFF_OF == 7 {
            let postal_code = home.map(|home| home.postal_code.clone()).unwrap_or_default();
            let staff_id = format!("D{:05}", family.index);
            let kind = "staff".to_owned();
            return Some((index, WatchRow { kind, staff_id, patient_number: number, postal_code }));
        }
        (family.index % FAMOUS_OF == 31).then(|| {
            let kind = "famous".to_owned();
            let (staff_id, postal_code) = (String::new(), String::new());
            (index, WatchRow { kind, staff_id, patient_number: number, postal_code })
        })
    };
    here.filter_map(row).collect()
}
