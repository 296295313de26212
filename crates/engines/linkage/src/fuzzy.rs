//! Search with what little is known: part of a reading, an age, an area (災害時の安否・身元の照会).

#![expect(
    clippy::indexing_slicing,
    reason = "areas and readings are numbered by the table's own dictionaries"
)]

use crate::{
    error::LinkError,
    table::{Source, Table},
    text,
};

/// Records by area and year of birth.
#[derive(Debug)]
pub struct FuzzyIndex {
    readings: Vec<usize>,
    area: usize,
    /// For each area the start of its people.
    starts: Vec<u32>,
    /// People by area and year of birth.
    people: Vec<Person>,
    /// The same people by year of birth alone.
    by_year: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Person {
    year: u16,
    record: u32,
    readings: [u32; 2],
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// Part of the reading of the surname or the given name, in any kana.
    pub part: &'a str,
    /// Years of birth, both included.
    pub years: (u16, u16),
    /// The area as the table's area column has it; everywhere when absent.
    pub area: Option<&'a str>,
    /// The most records that are told.
    pub most: usize,
}

impl FuzzyIndex {
    /// An index of a table by the columns of readings (one or two), of years (`birth.year`) and of areas (`address.city`).
    ///
    /// # Errors
    /// When a column is not there.
    pub fn new(table: &Table, readings: &[&str], year: &str, area: &str) -> Result<Self, LinkError> {
        let readings: Vec<usize> =
            readings.iter().take(2).map(|name| table.column(name)).collect::<Result<_, _>>()?;
        let (year, area) = (table.column(year)?, table.column(area)?);
        let mut people: Vec<(u32, Person)> = (0..table.len() as u32)
            .map(|record| {
                let row = table.row(record);
                let born = text::number(table.text(record, year).as_bytes()).unwrap_or_default();
                let reading = |at: usize| readings.get(at).map_or(0, |&column| row[column]);
                (row[area], Person { year: born as u16, record, readings: [reading(0), reading(1)] })
            })
            .collect();
        people.sort_unstable_by_key(|(area, person)| (*area, person.year, person.record));
        let areas = people.last().map_or(0, |(area, _)| *area) as usize;
        let mut starts = vec![0_u32; areas + 2];
        for (area, _) in &people {
            starts[*area as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let people: Vec<Person> = people.into_iter().map(|(_, person)| person).collect();
        let mut by_year: Vec<u32> = (0..people.len() as u32).collect();
        by_year.sort_unstable_by_key(|&at| (people[at as usize].year, at));
        Ok(Self { readings, area, starts, people, by_year })
    }

    /// The records that fit, by their number in the table.
    pub fn find(&self, table: &Table, question: &Question<'_>) -> Vec<u32> {
        let part = kotoba::fold_kana(question.part);
        if part.is_empty() {
            return Vec::new();
        }
        let fitting = self.fitting(table, &part);
        let fits = |person: &Person| {
            (0..2).any(|at| {
                fitting[at]
                    .get(person.readings[at] as usize / 64)
                    .is_some_and(|word| word >> (person.readings[at] % 64) & 1 == 1)
            })
        };
        let (from, until) = question.years;
        match question.area {
            Some(name) => {
                let Some(id) = self.area_id(table, name) else { return Vec::new() };
                let Some([start, end]) = self.starts.get(id..id + 2) else { return Vec::new() };
                let people = &self.people[*start as usize..*end as usize];
                let first = people.partition_point(|person| person.year < from);
                let of_age = people[first..].iter().take_while(|person| person.year <= until);
                of_age.filter(|person| fits(person)).take(question.most).map(|person| person.record).collect()
            }
            None => {
                let first = self.by_year.partition_point(|&at| self.people[at as usize].year < from);
                let of_age = self.by_year[first..].iter().map(|&at| &self.people[at as usize]);
                let of_age = of_age.take_while(|person| person.year <= until);
                of_age.filter(|person| fits(person)).take(question.most).map(|person| person.record).collect()
            }
        }
    }

    /// The readings that hold the part, as sets of bits, one for each column.
    fn fitting(&self, table: &Table, part: &str) -> [Vec<u64>; 2] {
        let mut sets = [Vec::new(), Vec::new()];
        for (at, &column) in self.readings.iter().enumerate() {
            let Source::Field { domain, .. } = table.columns[column].source else { continue };
            if at == 1 && self.same_dictionary(table) {
                sets[1] = sets[0].clone();
                continue;
            }
            let dict = &table.domains[domain];
            let mut set = vec![0_u64; dict.len() / 64 + 1];
            for id in dict.holding(part) {
                set[id as usize / 64] |= 1 << (id % 64);
            }
            sets[at] = set;
        }
        sets
    }

    fn same_dictionary(&self, table: &Table) -> bool {
        let domain = |at: usize| match self.readings.get(at).map(|&column| &table.columns[column].source) {
            Some(Source::Field { domain, .. }) => Some(*domain),
            _ => None,
        };
        domain(0) == domain(1)
    }

    fn area_id(&self, table: &Table, name: &str) -> Option<usize> {
        let Source::Field { domain, .. } = table.columns[self.area].source else { return None };
        table.domains[domain].find(name).map(|id| id as usize).filter(|id| *id != 0)
    }
}
