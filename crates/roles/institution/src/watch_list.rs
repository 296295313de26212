//! The list by which an institution marks look-ups for the overseer (照会の見守り名簿): its own staff and where they live, and
//! patients in the public eye. It stays here; the overseer learns a word, never a name.
//!
//! A CSV file `watch-list.csv` beside the ledger, columns `kind,staff_id,patient_number,postal_code`:
//! `staff` rows say of a member of staff which patient they are (may be empty) and their postcode (may be empty);
//! `famous` rows name a patient. It is read again at every question of the overseer.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use protocol::exchange::Practitioner;
use protocol::oversight::Flag;

/// The list, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WatchList {
    /// Patients who are members of staff, with their staff ids.
    colleagues: HashMap<String, String>,
    /// Postcodes of members of staff.
    homes: HashMap<String, String>,
    /// Patients in the public eye.
    famous: HashSet<String>,
}

/// What the list is asked about: the patient of a look-up.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The institution's own number.
    pub number: String,
    /// Name as the institution wrote it.
    pub name: String,
    /// Postcode of the home, if the record has one.
    pub postal_code: Option<String>,
}

/// A list with a line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "watch-list.csv line {line}: expected kind,staff_id,patient_number,postal_code with the kind staff or famous"
)]
pub struct WatchListError {
    /// Line of the file, from 1.
    pub line: usize,
}

impl WatchList {
    /// Reads the file; an empty list when there is none.
    ///
    /// # Errors
    /// [`WatchListError`] with its line, line 0 for a file that is no text.
    pub fn read(path: &Path) -> Result<Self, WatchListError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&String::from_utf8(bytes).map_err(|_| WatchListError { line: 0 })?),
            Err(_) => Ok(Self::default()),
        }
    }

    /// Reads the text of a list.
    ///
    /// # Errors
    /// [`WatchListError`].
    pub fn parse(text: &str) -> Result<Self, WatchListError> {
        let mut list = Self::default();
        let text = text.trim_start_matches('\u{feff}');
        for (place, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            let fields: Vec<&str> = line.split(',').map(|field| field.trim().trim_matches('"')).collect();
            let [kind, staff, patient, postal] = fields[..] else {
                return Err(WatchListError { line: place + 1 });
            };
            match kind {
                "staff" if !staff.is_empty() => {
                    if !patient.is_empty() {
                        list.colleagues.insert(patient.to_owned(), staff.to_owned());
                    }
                    if !postal.is_empty() {
                        list.homes.insert(staff.to_owned(), digits(postal));
                    }
                }
                "famous" if !patient.is_empty() => drop(list.famous.insert(patient.to_owned())),
                _ => return Err(WatchListError { line: place + 1 }),
            }
        }
        Ok(list)
    }

    /// What is remarkable about this member of staff looking at this patient.
    pub fn flags(&self, staff: &Practitioner, patient: &Looked) -> Vec<Flag> {
        let id = staff.id.as_str();
        let colleague = self.colleagues.get(&patient.number).is_some_and(|of| of != id);
        let home = patient.postal_code.as_deref().map(digits);
        let neighbour = home.is_some_and(|home| !home.is_empty() && self.homes.get(id) == Some(&home));
        let family = |name: &str| {
            let family = name.split([' ', '\u{3000}']).next().unwrap_or_default().to_owned();
            // A name without a space is not taken apart by guessing.
            (family.len() < name.trim().len()).then(|| kotoba::fold_name(&family))
        };
        let same_name = family(&staff.name).is_some_and(|name| family(&patient.name) == Some(name));
        let found = [
            (colleague, Flag::Colleague),
            (same_name, Flag::SameFamilyName),
            (neighbour, Flag::Neighbour),
            (self.famous.contains(&patient.number), Flag::Famous),
        ];
        found.into_iter().filter_map(|(holds, flag)| holds.then_some(flag)).collect()
    }
}

/// A postcode without its hyphen, in ASCII digits.
fn digits(text: &str) -> String {
    text.chars()
        .filter_map(|c| {
            c.to_digit(10).or_else(|| "０１２３４５６７８９".chars().position(|d| d == c)?.try_into().ok())
        })
        .filter_map(|d| char::from_digit(d, 10))
        .collect()
}

#[cfg(test)]
mod tests {
    use consent::{Profession, StaffId};

    use super::*;

    fn staff(id: &str, name: &str) -> Practitioner {
        let profession = Profession::from_code("physician").unwrap_or(Profession::ALL[0]);
        Practitioner { id: StaffId::new(id).unwrap(), profession, name: name.to_owned() }
    }

    fn looked(number: &str, name: &str, postal: &str) -> Looked {
        Looked { number: number.into(), name: name.into(), postal_code: Some(postal.into()) }
    }

    #[test]
    fn relations_are_words_without_names() {
        let list = WatchList::parse(
            "kind,staff_id,patient_number,postal_code\nstaff,D1,,380-0001\nstaff,N7,P7,\nfamous,,P9,\n",
        )
        .unwrap();
        let doctor = staff("D1", "髙橋 一郎");
        assert_eq!(list.flags(&doctor, &looked("P7", "鈴木 花子", "3800002")), [Flag::Colleague]);
        assert_eq!(
            list.flags(&doctor, &looked("P9", "高橋　次郎", "３８０－０００１")),
            [Flag::SameFamilyName, Flag::Neighbour, Flag::Famous]
        );
        assert_eq!(
            list.flags(&staff("N7", "鈴木 花子"), &looked("P7", "佐藤 花子", "")),
            [],
            "one's own record"
        );
        assert_eq!(
            list.flags(&staff("D2", "高橋"), &looked("P1", "高橋", "")),
            [],
            "no name is guessed apart"
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let error = WatchList::parse("kind,staff_id,patient_number,postal_code\nfriend,,P1,\n").unwrap_err();
        assert_eq!(error, WatchListError { line: 2 });
        assert_eq!(
            WatchList::parse("kind,staff_id,patient_number,postal_code\nstaff,,\n").unwrap_err().line,
            2
        );
    }
}
