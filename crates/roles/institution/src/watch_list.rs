//! The list by which an institution marks look-ups for the overseer (照会の見守り名簿): its own staff and where they live, and
//! patients in the public eye. It stays here; the overseer learns a word, never a name.
//!
//! A CSV file `watch-list.csv` beside the ledger, columns `kind,staff_id,patient_number,postal_code`:
//! `staff` rows say of a member of staff which patient they are (may be empty) and their postcode (may be empty);
//! `famous` rows name a patient. The records office replaces it as a whole ([`replace`]); it is read again at every question of the
//! overseer.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;

use consent::StaffId;
use protocol::exchange::Practitioner;
use protocol::oversight::Flag;

use crate::model::LocalNumber;
use crate::refuse::{self, Field, MyNumberFound};

/// Its columns, in their order.
pub const COLUMNS: [&str; 4] = ["kind", "staff_id", "patient_number", "postal_code"];

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

/// How many a list names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WatchCounts {
    /// Members of staff who are patients here.
    pub colleagues: usize,
    /// Members of staff whose postcode is known.
    pub homes: usize,
    /// Patients in the public eye.
    pub famous: usize,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WatchListError {
    /// A line that does not say what it must.
    #[error("watch-list.csv line {line}: {en}")]
    Line {
        /// Line of the file, from 1.
        line: u64,
        /// What was expected, in Japanese.
        ja: &'static str,
        /// The same in English.
        en: &'static str,
    },
    /// A field with a My Number.
    #[error(transparent)]
    MyNumber(#[from] MyNumberFound),
    /// The file is there and cannot be read, or cannot be written.
    #[error("watch-list.csv: {0}")]
    File(#[from] io::Error),
}

impl WatchList {
    /// Reads the file; an empty list when there is none.
    ///
    /// # Errors
    /// [`WatchListError`].
    pub fn read(path: &Path, local_number: Field) -> Result<Self, WatchListError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&bytes, local_number),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a list in UTF-8, with or without a byte order mark; `local_number` is how patient numbers are taken.
    ///
    /// # Errors
    /// [`WatchListError`] with the line of the first fault.
    pub fn parse(bytes: &[u8], local_number: Field) -> Result<Self, WatchListError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|error| unreadable(&error))?;
        if header.iter().ne(COLUMNS) {
            return Err(wrong(1, HEADER));
        }
        let mut list = Self::default();
        for record in reader.records() {
            let record = record.map_err(|error| unreadable(&error))?;
            let line = record.position().map_or(0, csv::Position::line);
            for (name, value) in COLUMNS.into_iter().zip(&record) {
                let field = if name == "patient_number" { local_number } else { Field::Text };
                refuse::scan(field, value, || format!("line {line}, {name}"))?;
            }
            let fields: Vec<&str> = record.iter().collect();
            let [kind, staff, patient, postal] = fields[..] else { return Err(wrong(line, HEADER)) };
            list.add(kind, staff, patient, postal).map_err(|expected| wrong(line, expected))?;
        }
        Ok(list)
    }

    fn add(&mut self, kind: &str, staff: &str, patient: &str, postal: &str) -> Result<(), Expected> {
        if !patient.is_empty() && patient.parse::<LocalNumber>().is_err() {
            return Err(("患者番号が正しくありません", "this is no patient number"));
        }
        let postal = digits(postal);
        if !postal.is_empty() && postal.len() != 7 {
            return Err(("郵便番号は7桁です", "a postcode has seven digits"));
        }
        match kind {
            "staff" if StaffId::new(staff).is_ok() => {
                if !patient.is_empty() {
                    self.colleagues.insert(patient.to_owned(), staff.to_owned());
                }
                if !postal.is_empty() {
                    self.homes.insert(staff.to_owned(), postal);
                }
                Ok(())
            }
            "staff" => Err(("staff の行には職員番号が必要です", "a staff row needs a staff id")),
            "famous" if !patient.is_empty() => {
                self.famous.insert(patient.to_owned());
                Ok(())
            }
            "famous" => Err(("famous の行には患者番号が必要です", "a famous row needs a patient number")),
            _ => Err(("kind は staff か famous です", "the kind is staff or famous")),
        }
    }

    /// How many it names.
    pub fn counts(&self) -> WatchCounts {
        WatchCounts { colleagues: self.colleagues.len(), homes: self.homes.len(), famous: self.famous.len() }
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

/// Puts a list in the place of the present one: whole, or the present one stays.
///
/// # Errors
/// The disk's.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("csv.new");
    let mut file = std::fs::File::create(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&half, path)?;
    // The name is durable when its directory is.
    path.parent().map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all())
}

/// What was expected, Japanese and English.
type Expected = (&'static str, &'static str);

const HEADER: Expected = (
    "kind,staff_id,patient_number,postal_code の4列の CSV（UTF-8）が必要です",
    "a CSV in UTF-8 with the columns kind,staff_id,patient_number,postal_code is expected",
);

fn wrong(line: u64, (ja, en): Expected) -> WatchListError {
    WatchListError::Line { line, ja, en }
}

fn unreadable(error: &csv::Error) -> WatchListError {
    wrong(error.position().map_or(1, csv::Position::line), HEADER)
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
        let text =
            "kind,staff_id,patient_number,postal_code\nstaff,D1,,380-0001\nstaff,N7,P7,\nfamous,,P9,\n";
        let list = WatchList::parse(text.as_bytes(), Field::Text).unwrap();
        assert_eq!(list.counts(), WatchCounts { colleagues: 1, homes: 1, famous: 1 });
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
        let header = "kind,staff_id,patient_number,postal_code\n";
        for (line, rows) in [
            (1, "kind,staff,patient,postcode\n".to_owned()),
            (2, format!("{header}friend,,P1,\n")),
            (2, format!("{header}staff,,\n")),
            (3, format!("{header}staff,D1,P1,\nstaff,,P2,\n")),
            (2, format!("{header}famous,,,\n")),
            (2, format!("{header}staff,D1,P1,38\n")),
            (1, String::new()),
        ] {
            match WatchList::parse(rows.as_bytes(), Field::Text) {
                Err(WatchListError::Line { line: found, .. }) => assert_eq!(found, line, "{rows}"),
                other => panic!("{rows}: {other:?}"),
            }
        }
        let hidden = format!("{header}famous,,123456789018,\n");
        let refused = WatchList::parse(hidden.as_bytes(), Field::Text);
        assert!(matches!(refused, Err(WatchListError::MyNumber(_))));
        let marked = format!("\u{feff}{header}famous,,123456789018,\n");
        let taken = WatchList::parse(marked.as_bytes(), Field::LocalNumber).unwrap();
        assert_eq!(taken.counts().famous, 1, "where numbers of twelve digits are the institution's own");
    }

    #[test]
    fn a_list_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("watch-list.csv");
        assert_eq!(WatchList::read(&path, Field::Text).unwrap(), WatchList::default());
        for famous in ["P1", "P2"] {
            let text = format!("kind,staff_id,patient_number,postal_code\nfamous,,{famous},\n");
            replace(&path, text.as_bytes()).unwrap();
            assert!(WatchList::read(&path, Field::Text).unwrap().famous.contains(famous));
        }
        assert_eq!(WatchList::read(&path, Field::Text).unwrap().counts().famous, 1);
    }
}
