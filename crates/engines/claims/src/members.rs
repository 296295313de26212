//! A list of memberships as a CSV file, the simplest [`Eligibility`].

use std::collections::HashMap;
use std::io::Read;

use calendar::Date;
use codes::{CheckPolicy, InsurerNumber};
use serde::Deserialize;

use crate::eligibility::{Claimed, Eligibility, FoundBy, Membership, Who, fold, padded};

/// Memberships in memory, found by number and by name (layout: `docs/formats/claims-members.md`).
#[derive(Default)]
pub struct MemberList {
    /// By person, the memberships and who it is.
    persons: Vec<Person>,
    by_number: HashMap<(String, String, String), Vec<usize>>,
    by_name: HashMap<(String, Date), Vec<usize>>,
}

struct Person {
    memberships: Vec<Membership>,
    birth: Date,
    sex: u8,
    kana: String,
}

/// A row of the file.
#[derive(Deserialize)]
struct Row {
    person: String,
    insurer_number: String,
    #[serde(default)]
    symbol: String,
    number: String,
    #[serde(default)]
    branch: String,
    #[serde(default)]
    relation: Option<u8>,
    #[serde(default)]
    kana: String,
    birth: Date,
    sex: u8,
    acquired_on: Date,
    lost_on: Option<Date>,
    acquisition_known_on: Option<Date>,
    loss_known_on: Option<Date>,
}

/// A list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct MemberListError {
    /// The line in the file, from 1, the header; 0 when it is not known.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

impl MemberListError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        format!("{}行目を資格の一覧として読めません（{}）", self.line, self.problem)
    }
}

impl MemberList {
    /// Reads a list: UTF-8 CSV with a header, columns in any order, columns that are not known passed over.
    ///
    /// # Errors
    /// When a column is missing or a value is not of its form; says in which line.
    pub fn read(source: impl Read) -> Result<Self, MemberListError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let wrong = |error: csv::Error| MemberListError {
            line: error.position().map_or(0, csv::Position::line),
            problem: error.to_string(),
        };
        let headers = reader.headers().map_err(wrong)?.clone();
        let mut list = Self::default();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(wrong)? {
            let line = record.position().map_or(0, csv::Position::line);
            let row: Row = record.deserialize(Some(&headers)).map_err(wrong)?;
            list.add(row, &mut known).map_err(|problem| MemberListError { line, problem })?;
        }
        Ok(list)
    }

    /// How many persons and memberships there are.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.persons.len(), self.persons.iter().map(|person| person.memberships.len()).sum())
    }

    fn add(&mut self, row: Row, known: &mut HashMap<String, usize>) -> Result<(), String> {
        let (insurer, _) = InsurerNumber::parse_lenient_with(&row.insurer_number, CheckPolicy::Ignore)
            .map_err(|error| error.to_string())?;
        let at = *known.entry(row.person).or_insert(self.persons.len());
        if at == self.persons.len() {
            let kana = fold_kana(&row.kana);
            self.by_name.entry((kana.clone(), row.birth)).or_default().push(at);
            self.persons.push(Person { memberships: Vec::new(), birth: row.birth, sex: row.sex, kana });
        }
        let key = (insurer.padded8(), fold(&row.symbol), fold(&row.number));
        let holders = self.by_number.entry(key).or_default();
        if !holders.contains(&at) {
            holders.push(at);
        }
        if let Some(person) = self.persons.get_mut(at) {
            person.memberships.push(Membership {
                insurer,
                symbol: row.symbol,
                number: row.number,
                branch: row.branch,
                dependant: row.relation == Some(2),
                from: row.acquired_on,
                until: row.lost_on,
                from_known: row.acquisition_known_on.unwrap_or(row.acquired_on),
                until_known: row.loss_known_on.or(row.lost_on),
            });
        }
        Ok(())
    }

    /// The only one of these who fits.
    fn only(&self, candidates: &[usize], fits: impl Fn(&Person) -> bool) -> Option<usize> {
        let mut all = candidates.iter().copied().filter(|at| self.persons.get(*at).is_some_and(&fits));
        all.next().filter(|_| all.next().is_none())
    }

    /// The one of these who fits the claim best: by birthday, then branch, then name, then sex.
    fn one_of(&self, candidates: &[usize], claimed: &Claimed) -> Result<Option<usize>, Several> {
        let person = |at: &usize| self.persons.get(*at);
        let mut left: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|at| person(at).is_some_and(|p| claimed.birth.is_none_or(|birth| birth == p.birth)))
            .collect();
        let kana = fold_kana(&claimed.kana);
        let narrower: [&dyn Fn(&Person) -> bool; 3] = [
            &|p| !kana.is_empty() && p.kana == kana,
            &|p| {
                claimed
                    .branch
                    .as_ref()
                    .is_some_and(|branch| p.memberships.iter().any(|m| m.branch == *branch))
            },
            &|p| claimed.sex == Some(p.sex),
        ];
        for fits in narrower {
            if left.len() > 1 {
                let kept: Vec<usize> =
                    left.iter().copied().filter(|at| person(at).is_some_and(fits)).collect();
                if !kept.is_empty() {
                    left = kept;
                }
            }
        }
        match left.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(Several),
        }
    }
}

struct Several;

/// Whether one birthday may be a slip of the other: at most two of eight digits differ.
fn is_similar(one: Date, other: Date) -> bool {
    let (one, other) = (one.to_compact(), other.to_compact());
    one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count() <= 2
}

impl Eligibility for MemberList {
    fn find(&self, claimed: &Claimed) -> Who<'_> {
        let key = (padded(&claimed.insurer), fold(&claimed.symbol), fold(&claimed.number));
        let holders = self.by_number.get(&key).map(Vec::as_slice).unwrap_or_default();
        let named = || {
            let birth = claimed.birth?;
            let kana = fold_kana(&claimed.kana);
            (!kana.is_empty()).then(|| self.by_name.get(&(kana, birth)).map(Vec::as_slice))?
        };
        let kana = fold_kana(&claimed.kana);
        let namesake = |person: &Person| !kana.is_empty() && person.kana == kana;
        let likely = |person: &Person| {
            let branch = |m: &Membership| claimed.branch.as_ref() == Some(&m.branch);
            let similar = claimed.birth.is_some_and(|birth| is_similar(birth, person.birth));
            similar && claimed.sex == Some(person.sex) && person.memberships.iter().any(branch)
        };
        let (by, found) = match (self.one_of(holders, claimed), self.only(holders, namesake)) {
            (Ok(None), Some(one)) => (FoundBy::NumberAndName, Ok(Some(one))),
            (Ok(None), None) => match self.one_of(named().unwrap_or_default(), claimed) {
                Ok(None) => (FoundBy::NumberAndName, Ok(self.only(holders, likely))),
                other => (FoundBy::NameAndBirth, other),
            },
            (other, _) => (FoundBy::Number, other),
        };
        match found {
            Err(Several) => Who::Several,
            Ok(at) => at
                .and_then(|at| self.persons.get(at))
                .map_or(Who::Nobody, |person| Who::One { by, memberships: &person.memberships }),
        }
    }
}

/// A reading as it is compared.
fn fold_kana(kana: &str) -> String {
    kotoba::fold_kana(kana)
}
