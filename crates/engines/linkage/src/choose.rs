//! Blocking rules chosen from the data: what each would cost is counted on a sample, what it would find is reckoned from how
//! often fields of each kind agree among records of one person.

#![expect(
    clippy::indexing_slicing,
    reason = "candidates and imagined pairs are indexed by the loops that made them"
)]

use crate::{
    blocking::Rule,
    config::{Config, Kind},
    dict::hash_ids,
    field::View,
    sample::Sample,
    table::{Source, Table},
};

/// Chooses rules: greedily the one that finds the most imagined true pairs for its price, until the allowance of pairs is
/// used up or nothing is left to find.
pub fn choose(config: &Config, table: &Table) -> Vec<Rule> {
    let size = table.len() as f64;
    let allowance =
        config.pairs_per_record.map_or_else(|| 4.0 * size + (100.0 * size).min(2.5e6), |p| p * size);
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&c| is_keyed(table, c)).collect();
    let imagined = imagine(table, &columns);
    let mut candidates: Vec<(Rule, Pairs)> = candidates(table, &columns, allowance)
        .into_iter()
        .map(|rule| (Pairs::that(&imagined, |pair| pair & rule.mask == rule.mask), rule))
        .map(|(found, rule)| (rule, found))
        .collect();
    let mut open = Pairs::that(&imagined, |_| true);
    let (mut rules, mut spent): (Vec<Rule>, f64) = (Vec::new(), 0.0);
    let (most, one_in) = if size <= SMALL_FILE { SMALL } else { LARGE };
    while rules.len() < most {
        let worth = |(rule, found): &(Rule, Pairs)| {
            let found = found.in_both(&open);
            // A rule costs its pairs and a sorting of the records.
            (found, found as f64 / (rule.predicted / size + 1.0))
        };
        let best = candidates
            .iter()
            .enumerate()
            .filter(|(_, (rule, _))| spent + rule.predicted <= allowance || rules.is_empty())
            .map(|(at, candidate)| (at, worth(candidate)))
            .max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b));
        let Some((at, (found, _))) = best else { break };
        if found as usize * one_in < imagined.len() {
            break;
        }
        let (rule, found) = candidates.swap_remove(at);
        spent += rule.predicted;
        open.without(&found);
        rules.push(rule);
    }
    // The rule that makes the most pairs last: its pairs need the most comparing with earlier rules anyway.
    rules.sort_by(|a, b| a.predicted.total_cmp(&b.predicted));
    rules
}

/// The most rules, and how many of the imagined pairs stand for one that a rule must find: of a small file and of a large one,
/// where each rule costs more.
const SMALL: (usize, usize) = (14, 8_000);
const LARGE: (usize, usize) = (10, 3_000);
/// Records of a small file at most.
const SMALL_FILE: f64 = 50_000.0;

/// Some of the imagined pairs, a bit for each.
struct Pairs(Vec<u64>);

impl Pairs {
    fn that(imagined: &[u32], fits: impl Fn(u32) -> bool) -> Self {
        let word = |masks: &[u32]| {
            masks.iter().enumerate().fold(0, |word, (at, mask)| word | u64::from(fits(*mask)) << at)
        };
        Self(imagined.chunks(64).map(word).collect())
    }

    fn in_both(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a & b).count_ones()).sum()
    }

    fn without(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, gone)| *word &= !gone);
    }
}

/// Rules of one to three columns of different fields that the allowance pays.
fn candidates(table: &Table, columns: &[usize], allowance: f64) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut sample = Sample::new(table);
    let mut growing: Vec<Vec<usize>> = columns.iter().map(|&c| vec![c]).collect();
    for _ in 0..3 {
        let mut larger: Vec<(f64, Vec<usize>)> = Vec::new();
        for group in growing {
            let mut rule = Rule::of(group.clone(), table);
            rule.predicted = sample.pairs(&rule.columns);
            let predicted = rule.predicted;
            if predicted <= allowance {
                rules.push(rule);
                continue;
            }
            let last = group.last().copied().unwrap_or_default();
            for &next in columns.iter().filter(|&&c| c > last) {
                if group.iter().all(|&c| fields_of(table, c) & fields_of(table, next) == 0) {
                    larger.push((predicted, [&group[..], &[next]].concat()));
                }
            }
        }
        // Those nearest to what the allowance pays first.
        larger.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        growing = larger.into_iter().map(|(_, group)| group).take(MAX_CANDIDATES).collect();
    }
    rules
}

const MAX_CANDIDATES: usize = 240;

/// The fields that a column holds, as a mask.
fn fields_of(table: &Table, column: usize) -> u64 {
    match &table.columns[column].source {
        Source::Field { field, .. } => 1_u64.checked_shl(*field as u32).unwrap_or_default(),
        Source::Joint { parts, .. } => parts.iter().fold(0, |mask, &part| mask | fields_of(table, part)),
    }
}

/// Whether a column can be part of a rule.
fn is_keyed(table: &Table, column: usize) -> bool {
    match &table.columns[column].source {
        Source::Field { field, .. } => !SELDOM.contains(&table.fields[*field].name.as_str()),
        Source::Joint { parts, either_order, .. } => {
            *either_order && parts.iter().all(|&part| is_keyed(table, part))
        }
    }
}

/// Fields that are there too seldom, or change with every report, and so find nobody.
pub(crate) const SELDOM: [&str; 5] = ["former", "hospital", "chart", "site", "death"];

/// Pairs of records of one person as they might be: which columns agree, as masks.
fn imagine(table: &Table, columns: &[usize]) -> Vec<u32> {
    (0..8_192_u32)
        .map(|pair| {
            let throw = |stream: u32| hash_ids([pair, stream].into_iter(), 7) as f64 / u64::MAX as f64;
            let moved = throw(1) < 0.35;
            // Surname and given name in each other's place: no view of either agrees.
            let swapped = throw(2) < 0.04;
            // Mistakes come together: who writes one field down carelessly does so with the others.
            let care = if throw(3) < 0.1 { 0.6 } else { 1.0 };
            let agrees = |column: usize| {
                let Source::Field { field, view, .. } = table.columns[column].source else { return false };
                let (kind, field) = (table.fields[field].kind, field as u32 * 16 + 16);
                let exact = throw(field) / care;
                let coarse = throw(field + 1 + view as u32) / care;
                match (kind, view) {
                    (Kind::Date, View::Year) => exact < 0.85 || coarse < 0.6,
                    (Kind::Date, View::MonthDay) => exact < 0.85 || coarse < 0.4,
                    (Kind::Date, _) => exact < 0.85,
                    (Kind::Sex, _) => exact < 0.98,
                    (Kind::AddressJa, View::City) => !moved || coarse < 0.5,
                    (Kind::AddressJa, View::Town) => !moved && exact < 0.95,
                    (Kind::AddressJa, _) => !moved && exact < 0.7,
                    (Kind::Code, _) => exact < 0.9,
                    (Kind::Text | Kind::Number | Kind::Postcode, View::Value) => !moved && exact < 0.8,
                    (Kind::Text | Kind::Number | Kind::Postcode, _) => {
                        !moved && (exact < 0.8 || coarse < 0.6)
                    }
                    (_, View::Value) => exact < 0.78,
                    (_, _) => exact < 0.78 || coarse < 0.6,
                }
            };
            columns.iter().fold(0, |mask, &column| {
                let agrees = match &table.columns[column].source {
                    Source::Joint { parts, .. } => parts.iter().all(|&part| agrees(part)),
                    Source::Field { field, .. } => {
                        let name =
                            matches!(table.fields[*field].kind, Kind::Name | Kind::NameJa | Kind::Kana);
                        !(name && swapped) && agrees(column)
                    }
                };
                mask | u32::from(agrees) << column
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{suggest, table_for};

    #[test]
    fn names_in_each_others_place_have_a_rule() {
        let header = ["id", "given_name", "surname", "dob", "postcode"].map(str::to_owned).to_vec();
        let config = suggest(&[header], None, None).config;
        let mut table = table_for(&config).unwrap();
        let letters = |n: u32| (n * 7_919 % 10_007).to_string().bytes().map(|b| char::from(b + 49)).collect();
        let csv = (0..2_000).fold("id,given_name,surname,dob,postcode\n".to_owned(), |csv, n| {
            let (given, surname): (String, String) = (letters(n % 90), letters(n / 3 + 100));
            let (year, month, day) = (n % 90 + 10, n % 12 + 1, n % 28 + 1);
            csv + &format!("r{n},{given},{surname},19{year}-{month:02}-{day:02},{}\n", 1_000 + n % 900)
        });
        table.read("a", &config, csv.as_bytes(), &|_| {}).unwrap();
        let rules = super::choose(&config, &table);
        assert!(rules.iter().any(|rule| rule.text.contains("given~surname")), "{rules:?}");
    }
}
