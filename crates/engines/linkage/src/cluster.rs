//! From scored pairs to entities.
//!
//! *Clusters*: links are taken from the heaviest to the lightest. Two groups are joined when no two of their records are in
//! conflict and the mean weight of all pairs between them, looked at or not by blocking, is above nothing known: prior and
//! weight together at least the threshold less [`SLACK`] bits. So a chain of lookalikes does not become one person.
//!
//! *One to one*: in every connected group of links the set of pairs with the largest sum of weights, no record twice (exact,
//! by shortest augmenting paths, for groups of up to [`EXACT_LIMIT`] records a side; from the heaviest on above that).

#![expect(
    clippy::indexing_slicing,
    reason = "records index the union-find, and rows and columns of a group its own matrix"
)]

use std::collections::HashMap;

use crate::{
    compare::{Comparer, Condition},
    link::Scored,
    model::{Bounded, Scorer},
    table::Table,
};

/// Bits that the mean weight between two groups may lie below the threshold of a link.
pub const SLACK: f32 = 6.0;
/// The most records a side for which an assignment is solved exactly.
pub const EXACT_LIMIT: usize = 300;
/// The most pairs between two groups that are looked at before joining them.
const CROSS_LIMIT: usize = 400;

/// The entity of each record: the number of its first record.
pub fn clusters(
    table: &Table,
    comparer: &mut Comparer<'_>,
    scorer: &Scorer,
    conflicts: &[Condition],
    links: &[Scored],
    threshold: f32,
) -> Vec<u32> {
    let mut order = links.to_vec();
    order.sort_unstable_by(|x, y| y.weight.total_cmp(&x.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    let mut groups = Groups::new(table.len());
    for link in order {
        let (x, y) = (groups.root(link.a), groups.root(link.b));
        if x == y {
            continue;
        }
        let alone = groups.alone(x) && groups.alone(y);
        let (mut sum, mut seen, mut apart) = (0.0, 0_usize, false);
        let mut differ = u32::MAX;
        for a in groups.members(x) {
            for b in groups.members(y) {
                apart |= conflicts.iter().any(|conflict| comparer.holds(conflict, a, b));
                // Of two records the link itself is the mean.
                if !alone && !apart && seen < CROSS_LIMIT {
                    let pattern = comparer.pattern(a.min(b), a.max(b));
                    sum += scorer.weight(&pattern, table.row(a.min(b)), table.row(a.max(b)), f32::MIN);
                    seen += 1;
                    differ &= scorer.differing(&pattern);
                }
            }
        }
        let enough = || {
            let groups = &groups;
            let members = [x, y].map(|group| move || groups.members(group));
            sum / seen as f32 >= threshold - SLACK
                && link.weight + repeated(table, scorer.bounded(), differ, members) >= threshold
        };
        if !apart && (alone || enough()) {
            groups.join(x, y);
        }
    }
    (0..table.len() as u32).map(|record| groups.root(record)).collect()
}

/// What it takes away from joining two groups that what hardly ever differs within one person always differs between them,
/// in the same way each time: one record may be wrong, but not several in the same way. Those are relatives who were taken
/// for each other. "Else" counts once more for each such record of the smaller group but the first.
fn repeated<I: Iterator<Item = u32>>(
    table: &Table,
    bounded: &[Bounded],
    apart: u32,
    members: [impl Fn() -> I; 2],
) -> f32 {
    let each = bounded.iter().filter(|b| apart >> b.comparison & 1 == 1).map(|bounded| {
        let value = |record: u32| table.row(record)[bounded.column];
        let times = |group: &dyn Fn() -> I| {
            let known = group().map(value).filter(|id| *id != 0);
            known.map(|id| group().filter(|&other| value(other) == id).count()).max().unwrap_or_default()
        };
        let smaller = times(&members[0]).min(times(&members[1]));
        bounded.weight.min(0.0) * smaller.saturating_sub(1) as f32
    });
    each.sum()
}

/// The pairs that are chosen when each record has at most one partner.
pub fn one_to_one(links: &[Scored], threshold: f32) -> Vec<Scored> {
    let mut local: HashMap<u32, u32> = HashMap::new();
    for link in links {
        for record in [link.a, link.b] {
            let next = local.len() as u32;
            local.entry(record).or_insert(next);
        }
    }
    let mut groups = Groups::new(local.len());
    for link in links {
        let (x, y) = (groups.root(local[&link.a]), groups.root(local[&link.b]));
        groups.join(x, y);
    }
    let mut by_group: HashMap<u32, Vec<Scored>> = HashMap::new();
    for link in links {
        by_group.entry(groups.root(local[&link.a])).or_default().push(*link);
    }
    let mut chosen: Vec<Scored> = by_group.into_values().flat_map(|group| assign(group, threshold)).collect();
    chosen.sort_unstable_by_key(|link| (link.a, link.b));
    chosen
}

fn assign(mut links: Vec<Scored>, threshold: f32) -> Vec<Scored> {
    if links.len() == 1 {
        return links;
    }
    links.sort_by(|x, y| y.weight.total_cmp(&x.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    let (mut rows, mut columns): (Vec<u32>, Vec<u32>) =
        (links.iter().map(|l| l.a).collect(), links.iter().map(|l| l.b).collect());
    for side in [&mut rows, &mut columns] {
        side.sort_unstable();
        side.dedup();
    }
    if rows.len().max(columns.len()) > EXACT_LIMIT {
        let (mut used, mut chosen) = (std::collections::HashSet::new(), Vec::new());
        for link in links {
            if !used.contains(&link.a) && !used.contains(&link.b) {
                used.extend([link.a, link.b]);
                chosen.push(link);
            }
        }
        return chosen;
    }
    let size = rows.len().max(columns.len());
    let mut gain = vec![vec![0.0_f64; size]; size];
    let mut weights: HashMap<(usize, usize), Scored> = HashMap::new();
    for link in links {
        let at = (rows.partition_point(|r| *r < link.a), columns.partition_point(|c| *c < link.b));
        gain[at.0][at.1] = f64::from(link.weight - threshold).max(0.0) + 1e-6;
        weights.insert(at, link);
    }
    let partners = heaviest(&gain);
    partners.iter().enumerate().filter_map(|(row, &column)| weights.remove(&(row, column))).collect()
}

/// For each row of a square matrix the column of the assignment with the largest sum (Kuhn–Munkres with potentials, O(n³)).
fn heaviest(gain: &[Vec<f64>]) -> Vec<usize> {
    let size = gain.len();
    let (mut row_price, mut column_price) = (vec![0.0; size + 1], vec![0.0; size + 1]);
    // The row that holds each column; place 0 is the row being placed, rows and columns count from 1.
    let mut holder = vec![0_usize; size + 1];
    for row in 1..=size {
        holder[0] = row;
        let (mut least, mut seen, mut came) =
            (vec![f64::MAX; size + 1], vec![false; size + 1], vec![0; size + 1]);
        let mut column = 0;
        while holder[column] != 0 {
            seen[column] = true;
            let at = holder[column];
            let (mut step, mut next) = (f64::MAX, 0);
            for other in 1..=size {
                if seen[other] {
                    continue;
                }
                let price = -gain[at - 1][other - 1] - row_price[at] - column_price[other];
                if price < least[other] {
                    (least[other], came[other]) = (price, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=size {
                if seen[other] {
                    row_price[holder[other]] += step;
                    column_price[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            let before = came[column];
            holder[column] = holder[before];
            column = before;
        }
    }
    let mut columns = vec![0; size];
    for (column, &row) in holder.iter().enumerate().skip(1) {
        if row > 0 {
            columns[row - 1] = column - 1;
        }
    }
    columns
}

/// Union by smallest number.
#[derive(Debug)]
pub struct Groups {
    parents: Vec<u32>,
    /// The next member of the same group, the last one's being the first.
    next: Vec<u32>,
}

impl Groups {
    /// Every record alone.
    pub fn new(size: usize) -> Self {
        Self { parents: (0..size as u32).collect(), next: (0..size as u32).collect() }
    }

    /// Whether a record is a group of its own.
    fn alone(&self, record: u32) -> bool {
        self.next[record as usize] == record
    }

    /// The members of a record's group, itself first.
    fn members(&self, record: u32) -> impl Iterator<Item = u32> {
        let follow = move |at: &u32| Some(self.next[*at as usize]).filter(|next| *next != record);
        std::iter::successors(Some(record), follow)
    }

    /// The group of a record: its smallest record.
    pub fn root(&mut self, record: u32) -> u32 {
        let mut at = record;
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    /// Joins two groups given by their roots.
    pub fn join(&mut self, x: u32, y: u32) {
        if x == y {
            return;
        }
        let (keep, gone) = (x.min(y), x.max(y));
        self.parents[gone as usize] = keep;
        self.next.swap(keep as usize, gone as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The best sum by trying every order.
    fn brute(gain: &[Vec<f64>], row: usize, used: u32) -> f64 {
        if row == gain.len() {
            return 0.0;
        }
        (0..gain.len())
            .filter(|c| used >> c & 1 == 0)
            .map(|c| gain[row][c] + brute(gain, row + 1, used | 1 << c))
            .fold(f64::MIN, f64::max)
    }

    proptest! {
        #[test]
        fn assignments_are_the_best(size in 1_usize..6, seed in any::<u64>()) {
            let cell = |at: u64| (crate::dict::hash_ids([at as u32].into_iter(), seed) % 20) as f64;
            let gain: Vec<Vec<f64>> =
                (0..size).map(|r| (0..size).map(|c| cell((r * size + c) as u64)).collect()).collect();
            let columns = heaviest(&gain);
            let sum: f64 = columns.iter().enumerate().map(|(r, &c)| gain[r][c]).sum();
            prop_assert!((sum - brute(&gain, 0, 0)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_better_sum_beats_the_heaviest_pair() {
        let link = |a, b, weight| Scored { a, b, weight };
        let links = [link(0, 10, 9.0), link(0, 11, 8.0), link(1, 10, 8.5)];
        let chosen = one_to_one(&links, 0.0);
        assert_eq!(chosen.iter().map(|l| (l.a, l.b)).collect::<Vec<_>>(), [(0, 11), (1, 10)]);
    }

    #[test]
    fn twins_who_are_reported_twice_are_two() {
        let mut csv = "id,given_name,surname,dob,street,postcode,truth\n".to_owned();
        let mut line = |given: &str, n: u32, truth: u32| {
            let surname: String =
                (n * 7_919 % 10_007).to_string().bytes().map(|b| char::from(b + 49)).collect();
            let (year, month, day) = (n * 13 % 90 + 10, n % 12 + 1, n * 17 % 28 + 1);
            csv += &format!(
                "{truth},{given},{surname},19{year:02}-{month:02}-{day:02},{surname} street,{},{truth}\n",
                1_000 + n
            );
        };
        for n in 0..400 {
            let given = ["anna", "bert", "carla", "dirk", "emil", "flora"][n as usize * 31 % 6];
            line(given, n, n);
            line(given, n, n);
            // One pair of twins in forty, and one wrong name in forty.
            if n % 40 == 7 {
                line("zoe", n, 1_000 + n);
                line("zoe", n, 1_000 + n);
            } else if n % 40 == 8 {
                line("quirin", n, n);
            }
        }
        let header =
            ["id", "given_name", "surname", "dob", "street", "postcode", "truth"].map(str::to_owned).to_vec();
        let config = crate::suggest(&[header], None, Some("truth")).config;
        let mut table = crate::table_for(&config).unwrap();
        table.read("a", &config, csv.as_bytes(), &|_| {}).unwrap();
        let linkage = crate::Linkage::run(config, table, None, &|_, _, _| {}).unwrap();
        let quality = crate::evaluate::of_entities(&linkage.table, &linkage.entities);
        assert_eq!((quality.wrong, quality.missed), (0, 0), "{quality:?}");
    }
}
