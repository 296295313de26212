//! Comparisons: which level two records reach in each.

#![expect(
    clippy::indexing_slicing,
    reason = "columns and levels are resolved against the table when the comparison is made"
)]

use crate::{
    config::Config,
    error::LinkError,
    expr::{self, Term},
    mark::Mark,
    measure::Test,
    table::{Probe, Source, Table, UNKNOWN, is_joint},
    text::Scratch,
};

/// The most comparisons that a model has.
pub const MAX_COMPARISONS: usize = 12;
/// The most levels of a comparison, "missing" and "else" not counted.
pub const MAX_LEVELS: usize = 14;

/// The levels that two records reach: for each comparison 0 when it says nothing (missing), 1 for the first level, and so on;
/// the last is "else".
pub type Pattern = [u8; MAX_COMPARISONS];

/// Comparisons resolved against a table.
#[derive(Clone, Debug)]
pub struct Comparisons {
    /// One after the other.
    pub list: Vec<Comparison>,
    /// For each dictionary whose texts are measured, their marks by id. Texts that came later have theirs made each time.
    marks: Vec<Vec<Mark>>,
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Its name.
    pub name: String,
    /// Its levels.
    pub levels: Vec<Level>,
    /// The columns of which one at least must be there on both sides.
    pub present: u32,
    /// The bound of "else" among records of one person.
    pub else_at_most: Option<f64>,
    /// Where it says nothing.
    unless: Vec<Clause>,
}

/// One level.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its condition as it was written.
    pub when: String,
    /// The column whose frequencies adjust the weight.
    pub tf: Option<usize>,
    /// Agreement that can be counted: what chance makes of it is not sampled then. Of several the most frequent counts, for
    /// they come together; none where the level asks for something else.
    pub exact: Vec<Exact>,
    clauses: Vec<Clause>,
}

/// What a level asks where that can be counted from frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exact {
    /// Agreement on one column.
    On(usize),
    /// Two columns in each other's place.
    Swap(usize, usize),
}

#[derive(Clone, Debug)]
struct Clause {
    same: u32,
    differ: u32,
    tests: Vec<Check>,
}

/// A test, and under what its outcome is remembered.
#[derive(Clone, Debug)]
struct Check {
    test: Test,
    kind: u64,
    /// The dictionary of the texts that it measures.
    domain: usize,
}

/// Every column that a configuration's comparisons, conflicts and rules look at, joint ones last.
///
/// # Errors
/// When an expression cannot be read.
pub fn columns_of(config: &Config) -> Result<Vec<String>, LinkError> {
    let mut names: Vec<String> = Vec::new();
    let mut joint: Vec<String> = Vec::new();
    let add = |list: &mut Vec<String>, name: &str| {
        if !list.iter().any(|known| known == name) {
            list.push(name.to_owned());
        }
    };
    for comparison in &config.comparison {
        if let Some(unless) = &comparison.unless {
            let terms = expr::condition(&comparison.name, unless)?;
            terms.iter().flatten().flat_map(Term::views).for_each(|view| add(&mut names, view));
        }
        for level in &comparison.level {
            for term in expr::condition(&comparison.name, &level.when)?.iter().flatten() {
                term.views().into_iter().for_each(|view| add(&mut names, view));
            }
            level.tf.iter().for_each(|view| add(&mut names, view));
            if level.tf.len() > 1 {
                add(&mut joint, &level.tf.join("+"));
            }
        }
    }
    for conflict in &config.conflict {
        for term in expr::condition("conflict", conflict)?.iter().flatten() {
            term.views().into_iter().for_each(|view| add(&mut names, view));
        }
    }
    for view in config.block.iter().flat_map(|rule| expr::rule(rule)) {
        view.split('~').for_each(|part| add(&mut names, part));
        if is_joint(&view) {
            add(&mut joint, &view);
        }
    }
    names.extend(joint);
    Ok(names)
}

impl Comparisons {
    /// Resolves the comparisons of a configuration.
    ///
    /// # Errors
    /// When one names a view that is not there, or there are too many.
    pub fn new(config: &Config, table: &Table) -> Result<Self, LinkError> {
        if config.comparison.is_empty() || config.comparison.len() > MAX_COMPARISONS {
            let found = config.comparison.len();
            return Err(LinkError::Limit {
                problem: format!("{found} comparisons: expected 1 to {MAX_COMPARISONS}"),
                ja: format!("比較が{found}個あります。1から{MAX_COMPARISONS}個にしてください"),
            });
        }
        if let Some(many) = config.comparison.iter().find(|c| c.level.len() > MAX_LEVELS) {
            let (name, found) = (&many.name, many.level.len());
            return Err(LinkError::Limit {
                problem: format!("comparison {name}: {found} levels, at most {MAX_LEVELS} can be"),
                ja: format!("比較「{name}」の段階が{found}あります。{MAX_LEVELS}までにしてください"),
            });
        }
        let list = config.comparison.iter().map(|comparison| {
            let mut levels = Vec::new();
            let mut present = 0;
            for level in &comparison.level {
                let clauses = clauses(&comparison.name, &level.when, table)?;
                for clause in &clauses {
                    present |= clause.same | clause.differ;
                    present |= clause.tests.iter().fold(0, |mask, check| mask | check.test.columns());
                }
                let tf = match &level.tf[..] {
                    [] => None,
                    views => Some(table.column(&views.join("+"))?),
                };
                levels.push(Level { when: level.when.clone(), tf, exact: exact(&clauses, tf), clauses });
            }
            Ok(Comparison {
                name: comparison.name.clone(),
                levels,
                present,
                else_at_most: comparison.else_at_most,
                unless: match &comparison.unless {
                    Some(unless) => clauses(&comparison.name, unless, table)?,
                    None => Vec::new(),
                },
            })
        });
        let list: Vec<Comparison> = list.collect::<Result<_, LinkError>>()?;
        let mut marks = vec![Vec::new(); table.domains.len()];
        let checks = list.iter().flat_map(|c| &c.levels).flat_map(|l| &l.clauses).flat_map(|c| &c.tests);
        for domain in checks.filter(|check| check.test.measured().is_some()).map(|check| check.domain) {
            let dict = &table.domains[domain];
            if marks[domain].is_empty() {
                marks[domain] = (0..dict.len() as u32).map(|id| Mark::of(dict.text(id))).collect();
            }
        }
        Ok(Self { list, marks })
    }

    /// The number of patterns that are possible.
    pub fn cells(&self) -> u64 {
        self.list.iter().map(|c| c.levels.len() as u64 + 2).product()
    }

    /// The number of a pattern.
    pub fn cell(&self, pattern: &Pattern) -> u64 {
        self.list
            .iter()
            .zip(pattern)
            .fold(0, |cell, (c, &level)| cell * (c.levels.len() as u64 + 2) + u64::from(level))
    }

    /// The pattern of a number.
    pub fn pattern_of(&self, mut cell: u64) -> Pattern {
        let mut pattern = [0; MAX_COMPARISONS];
        for (at, c) in self.list.iter().enumerate().rev() {
            let size = c.levels.len() as u64 + 2;
            pattern[at] = (cell % size) as u8;
            cell /= size;
        }
        pattern
    }

    /// The comparisons that a column takes part in, as a mask.
    pub fn touched_by(&self, columns: u32) -> u32 {
        self.list
            .iter()
            .enumerate()
            .fold(0, |mask, (at, c)| mask | (u32::from(c.present & columns != 0) << at))
    }
}

/// One thread's means of comparing: buffers and what it remembers of texts it has compared.
#[derive(Debug)]
pub struct Comparer<'a> {
    table: &'a Table,
    comparisons: &'a Comparisons,
    scratch: Scratch,
    /// Similarities by pair of ids: direct-mapped, the key beside the value.
    memo: Vec<(u64, f32)>,
}

impl<'a> Comparer<'a> {
    /// A comparer of this table's records.
    pub fn new(table: &'a Table, comparisons: &'a Comparisons) -> Self {
        Self { table, comparisons, scratch: Scratch::default(), memo: vec![(u64::MAX, 0.0); 1 << MEMO_BITS] }
    }

    /// The levels that two records reach.
    pub fn pattern(&mut self, a: u32, b: u32) -> Pattern {
        let table = self.table;
        self.pattern_of_rows(table.row(a), table.row(b), None)
    }

    /// The levels that a probe and a record reach.
    pub fn pattern_of_probe(&mut self, probe: &Probe, record: u32) -> Pattern {
        let table = self.table;
        self.pattern_of_rows(&probe.row, table.row(record), Some(probe))
    }

    fn pattern_of_rows(&mut self, a: &[u32], b: &[u32], probe: Option<&Probe>) -> Pattern {
        let agree = agreement(a, b);
        let present = presence(a, b);
        let mut pattern = [0; MAX_COMPARISONS];
        let comparisons = self.comparisons;
        for (at, comparison) in comparisons.list.iter().enumerate() {
            let said = |clause| self.fits(clause, a, b, agree, present, probe);
            if comparison.present & present == 0 || comparison.unless.iter().any(said) {
                continue;
            }
            let mut level = comparison.levels.len() + 1;
            for (place, candidate) in comparison.levels.iter().enumerate() {
                if candidate.clauses.iter().any(|clause| self.fits(clause, a, b, agree, present, probe)) {
                    level = place + 1;
                    break;
                }
            }
            pattern[at] = level as u8;
        }
        pattern
    }

    /// Whether a condition holds for two records.
    pub fn holds(&mut self, condition: &Condition, a: u32, b: u32) -> bool {
        let table = self.table;
        let (a, b) = (table.row(a), table.row(b));
        let (agree, present) = (agreement(a, b), presence(a, b));
        condition.clauses.iter().any(|clause| self.fits(clause, a, b, agree, present, None))
    }

    fn fits(
        &mut self,
        clause: &Clause,
        a: &[u32],
        b: &[u32],
        agree: u32,
        present: u32,
        probe: Option<&Probe>,
    ) -> bool {
        clause.same & !agree == 0
            && clause.differ & (agree | !present) == 0
            && clause.tests.iter().all(|check| self.passes(check, a, b, agree, present, probe))
    }

    fn passes(
        &mut self,
        check: &Check,
        a: &[u32],
        b: &[u32],
        agree: u32,
        present: u32,
        probe: Option<&Probe>,
    ) -> bool {
        let equal = |x: u32, y: u32| x != 0 && x == y;
        let (test, kind) = (&check.test, check.kind);
        let column = match *test {
            Test::Swapped(x, y) => return equal(a[x], b[y]) && equal(a[y], b[x]) && a[x] != a[y],
            Test::Crossed(x, y) => return equal(a[x], b[y]) || equal(a[y], b[x]),
            Test::Is(x, id) => return id == if a[x] == 0 { b[x] } else { a[x] },
            _ => test.measured().unwrap_or_default(),
        };
        if present >> column & 1 == 0 {
            return false;
        }
        if agree >> column & 1 == 1 {
            return !matches!(test, Test::Slip(..));
        }
        let mark = |id: u32| self.mark(probe, check.domain, id);
        let marks = (mark(a[column]), mark(b[column]));
        if let Some(told) = test.at_a_glance(marks.0, marks.1) {
            return told;
        }
        let ids = (a[column].min(b[column]), a[column].max(b[column]));
        let memory = probe.is_none();
        let key = (u64::from(ids.0) << 32 | u64::from(ids.1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ kind;
        let slot = (key >> (64 - MEMO_BITS)) as usize;
        if memory && self.memo[slot].0 == key {
            return test.reached(self.memo[slot].1);
        }
        let table = self.table;
        let left = text_of(table, probe, column, a[column]);
        let right = text_of(table, probe, column, b[column]);
        let value = test.measure(&mut self.scratch, left, right);
        if memory {
            self.memo[slot] = (key, value);
        }
        test.reached(value)
    }

    #[inline]
    fn mark(&self, probe: Option<&Probe>, domain: usize, id: u32) -> Mark {
        match self.comparisons.marks[domain].get(id as usize) {
            Some(mark) => *mark,
            None => self.late_mark(probe, domain, id),
        }
    }

    /// The mark of a text that is a probe's or came after the comparisons were made.
    #[cold]
    fn late_mark(&self, probe: Option<&Probe>, domain: usize, id: u32) -> Mark {
        let place = id.checked_sub(UNKNOWN);
        match probe.zip(place).and_then(|(probe, at)| probe.texts.get(at as usize)) {
            Some(text) => text.mark,
            None => Mark::of(self.table.domains[domain].text(id)),
        }
    }
}

/// The dictionary of a column; joint ones have none.
fn domain_of(table: &Table, column: usize) -> Option<usize> {
    match table.columns[column].source {
        Source::Field { domain, .. } => Some(domain),
        Source::Joint { .. } => None,
    }
}

const MEMO_BITS: u32 = 15;

/// A condition resolved against a table.
#[derive(Clone, Debug)]
pub struct Condition {
    clauses: Vec<Clause>,
}

impl Condition {
    /// Resolves a condition.
    ///
    /// # Errors
    /// When it cannot be read or names a view that is not there.
    pub fn new(place: &str, text: &str, table: &Table) -> Result<Self, LinkError> {
        Ok(Self { clauses: clauses(place, text, table)? })
    }
}

fn text_of<'a>(table: &'a Table, probe: Option<&'a Probe>, column: usize, id: u32) -> &'a str {
    match probe {
        Some(probe) if id >= UNKNOWN => {
            probe.texts.get((id - UNKNOWN) as usize).map_or("", |text| text.text.as_str())
        }
        _ => table.text_of(column, id),
    }
}

/// The columns in which two rows have one id, missing ones apart.
pub(crate) fn agreement(a: &[u32], b: &[u32]) -> u32 {
    let mut mask = 0;
    let (left, _) = a.as_chunks::<8>();
    let (right, _) = b.as_chunks::<8>();
    for (at, (x, y)) in left.iter().zip(right).enumerate() {
        let mut eight = 0;
        for lane in 0..8 {
            eight |= u32::from(x[lane] == y[lane]) << lane;
        }
        mask |= eight << (at * 8);
    }
    mask & presence(a, b)
}

fn presence(a: &[u32], b: &[u32]) -> u32 {
    a.last().copied().unwrap_or_default() & b.last().copied().unwrap_or_default()
}

fn clauses(place: &str, text: &str, table: &Table) -> Result<Vec<Clause>, LinkError> {
    let resolve = |terms: Vec<Term>| -> Result<Clause, LinkError> {
        let mut clause = Clause { same: 0, differ: 0, tests: Vec::new() };
        let mut tests = Vec::new();
        for term in terms {
            let first = term.views().first().map_or(Ok(0), |view| table.column(view))?;
            match term {
                Term::Same(_) => clause.same |= 1 << first,
                Term::Differ(_) => clause.differ |= 1 << first,
                Term::Swapped(_, other) => tests.push(Test::Swapped(first, table.column(&other)?)),
                Term::Crossed(_, other) => tests.push(Test::Crossed(first, table.column(&other)?)),
                Term::JaroWinkler(_, at) => tests.push(Test::JaroWinkler(first, at)),
                Term::Jaro(_, at) => tests.push(Test::Jaro(first, at)),
                Term::Edits(_, most) => tests.push(Test::Edits(first, most)),
                Term::Begins(_) => tests.push(Test::Begins(first)),
                Term::DateSlip(_, slip) => tests.push(Test::Slip(first, slip)),
                Term::Days(_, most) => tests.push(Test::Days(first, most)),
                Term::Years(_, most) => tests.push(Test::Years(first, most)),
                Term::Is(_, value) => tests.push(Test::Is(first, table.id_of(first, &value))),
            }
        }
        let check = |test: Test| {
            let domain = test.measured().and_then(|column| domain_of(table, column)).unwrap_or_default();
            Check { kind: test.memo_kind(domain), domain, test }
        };
        clause.tests = tests.into_iter().map(check).collect();
        Ok(clause)
    };
    expr::condition(place, text)?.into_iter().map(resolve).collect()
}

/// What can be counted of a level: agreement on its frequency column or on its only column, or names in each other's place.
fn exact(clauses: &[Clause], tf: Option<usize>) -> Vec<Exact> {
    if let [clause] = clauses
        && clause.tests.is_empty()
        && clause.differ == 0
    {
        let only = clause.same.is_power_of_two().then(|| clause.same.trailing_zeros() as usize);
        return tf.or(only).map(Exact::On).into_iter().collect();
    }
    let swap = |clause: &Clause| match (clause, &clause.tests[..]) {
        (Clause { same: 0, differ: 0, .. }, [Check { test: Test::Swapped(x, y), .. }]) => {
            Some(Exact::Swap(*x, *y))
        }
        _ => None,
    };
    clauses.iter().map(swap).collect::<Option<Vec<_>>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_once_is_not_said_again() {
        let header = ["id", "first_name", "surname", "sex", "dob"].map(str::to_owned).to_vec();
        let config = crate::suggest(&[header], None, None).config;
        let mut table = crate::table_for(&config).unwrap();
        let csv = "id,first_name,surname,sex,dob\n1,anna,miller,f,1980-03-12\n2,anna,berg,f,1980-03-12\n\
            3,ella,miller,f,1980-03-12\n4,emil,stone,m,1980-03-12\n5,emil,berg,m,1980-03-12\n";
        table.read("a", &config, csv.as_bytes(), &|_| {}).unwrap();
        let comparisons = Comparisons::new(&config, &table).unwrap();
        let mut comparer = Comparer::new(&table, &comparisons);
        let mut level = |name: &str, a: u32, b: u32| {
            let at = comparisons.list.iter().position(|c| c.name == name).unwrap();
            let level = usize::from(comparer.pattern(a, b)[at]);
            level
                .checked_sub(1)
                .map(|at| config.comparison.iter().find(|c| c.name == name).unwrap().level.get(at))
                .map(|level| level.map_or("else", |level| level.when.as_str()))
        };
        // Two of one given name are of one sex.
        assert_eq!((level("sex", 0, 1), level("sex", 0, 2)), (None, Some("same(sex)")));
        // A woman's other surname is not a man's.
        assert_eq!(level("surname", 0, 1), Some("differ(surname) & is(sex, f)"));
        assert_eq!(level("surname", 3, 4), Some("else"));
    }
}
