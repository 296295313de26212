//! Figures for everybody, counted from the sides' records: without persons, and without cells so small that they could point
//! at one.

use std::collections::{BTreeMap, BTreeSet};

use access::Purpose;
use calendar::{Date, Timestamp};
use protocol::oversight::{ObjectionState, Side};
use wire::Problem;

use super::Service;
use crate::model::Act;
use crate::store::{findings, objections, sides};

/// The smallest count that is published; smaller ones than this, but none, are hidden.
pub const SMALLEST_CELL: u64 = 10;

/// Most records that a month's figures look at.
const RECORDS_MAX: i64 = 1_000_000;

/// A published count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// As counted.
    Count(u64),
    /// Between 1 and [`SMALLEST_CELL`], or hidden so that such a one cannot be computed.
    Hidden,
}

/// One month's look-ups by purpose and kind of asker.
#[derive(Clone, Debug)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// The kinds of asker, in order: the columns.
    pub kinds: Vec<String>,
    /// By purpose: a cell a kind, and the sum.
    pub rows: Vec<(Purpose, Vec<Cell>, Cell)>,
}

/// What is published.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Look-ups of the month.
    pub month: Month,
    /// Objections by how far they are.
    pub objections: Vec<(ObjectionState, Cell)>,
    /// Orders of the month by act: about organisations, hence not hidden.
    pub orders: Vec<(Act, u64)>,
    /// Findings of the month by rule.
    pub findings: Vec<(String, Cell)>,
    /// Alarms of the month.
    pub alarms: u64,
    /// Exchanges of the month whose sides do not agree.
    pub unmatched: Cell,
}

impl Service {
    /// The figures of the month that has `day`.
    ///
    /// # Errors
    /// The store's.
    pub async fn statistics(&self, day: Date) -> Result<Statistics, Problem> {
        let first = day.first_of_month();
        let next = first.add_months(1);
        let (from, until) = (Timestamp::start_of(first).as_millis(), Timestamp::start_of(next).as_millis());
        let in_month = move |at: Timestamp| (from..until).contains(&at.as_millis());
        let records = self.read(move |c| sides::between(c, from, until, RECORDS_MAX)).await?;
        let mut counts: BTreeMap<Purpose, BTreeMap<String, u64>> = BTreeMap::new();
        for kept in records.iter().filter(|kept| matches!(kept.record.side, Side::Decided | Side::Checked)) {
            let Some(purpose) = kept.record.purpose else { continue };
            let kind = self.kind_of(&kept.record.asker);
            *counts.entry(purpose).or_default().entry(kind).or_default() += 1;
        }
        let lines = self.read(|c| objections::list(c, None, RECORDS_MAX)).await?;
        let state = |state| {
            let number = lines.iter().filter(|row| row.state == state && in_month(row.at)).count();
            (state, cell(number as u64))
        };
        let found = self.read(|c| findings::list(c, RECORDS_MAX)).await?;
        let rule = |rule: &crate::rules::Rule| {
            let number = found.iter().filter(|f| f.rule == rule.id && (first..next).contains(&f.day)).count();
            (rule.id.clone(), cell(number as u64))
        };
        let orders = self.orders().await?;
        let act =
            |act| (act, orders.iter().filter(|order| order.act == act && in_month(order.at)).count() as u64);
        let unmatched = self.unmatched().await?.iter().filter(|found| in_month(found.at)).count();
        Ok(Statistics {
            month: month(first, counts),
            objections: ObjectionState::ALL.into_iter().map(state).collect(),
            orders: Act::ALL.into_iter().map(act).collect(),
            findings: self.rules.rule.iter().map(rule).collect(),
            alarms: self.alarms().await?.iter().filter(|alarm| in_month(alarm.at)).count() as u64,
            unmatched: cell(unmatched as u64),
        })
    }

    /// What kind of institution, or of organisation, asked.
    fn kind_of(&self, org: &codes::OrgId) -> String {
        let known = self.policy.directory().get(org).and_then(|known| known.institution);
        known.map_or_else(|| org.kind().to_string(), |kind| kind.code().to_owned())
    }
}

fn month(first: Date, counts: BTreeMap<Purpose, BTreeMap<String, u64>>) -> Month {
    let kinds: BTreeSet<String> = counts.values().flat_map(BTreeMap::keys).cloned().collect();
    let kinds: Vec<String> = kinds.into_iter().collect();
    let row = |(purpose, of): (Purpose, BTreeMap<String, u64>)| {
        let counts: Vec<u64> = kinds.iter().map(|kind| of.get(kind).copied().unwrap_or(0)).collect();
        let (cells, sum) = hide(&counts);
        (purpose, cells, sum)
    };
    Month { first, rows: counts.into_iter().map(row).collect(), kinds }
}

/// Hides small counts of a row. A single hidden one could be computed from the sum: then the next smallest is hidden with it,
/// or the sum where there is no other. (Sums of columns are not published.)
fn hide(counts: &[u64]) -> (Vec<Cell>, Cell) {
    let mut cells: Vec<Cell> = counts.iter().map(|count| cell(*count)).collect();
    let sum: u64 = counts.iter().sum();
    let hidden = cells.iter().filter(|cell| **cell == Cell::Hidden).count();
    let small: u64 = counts.iter().filter(|count| **count < SMALLEST_CELL).sum();
    // Two hidden ones that add up to less than the limit still say that each is tiny.
    if hidden == 0 || hidden > 1 && small >= SMALLEST_CELL {
        return (cells, cell(sum));
    }
    let shown = counts.iter().enumerate().filter(|(_, count)| **count >= SMALLEST_CELL);
    match shown.min_by_key(|(_, count)| **count).map(|(place, _)| place) {
        Some(place) => {
            if let Some(cell) = cells.get_mut(place) {
                *cell = Cell::Hidden;
            }
            (cells, Cell::Count(sum))
        }
        None => (cells, Cell::Hidden),
    }
}

fn cell(count: u64) -> Cell {
    if (1..SMALLEST_CELL).contains(&count) { Cell::Hidden } else { Cell::Count(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: Cell = Cell::Hidden;

    fn c(count: u64) -> Cell {
        Cell::Count(count)
    }

    #[test]
    fn a_small_cell_is_hidden_and_cannot_be_computed() {
        assert_eq!(hide(&[100, 0, 25]), (vec![c(100), c(0), c(25)], c(125)));
        assert_eq!(hide(&[100, 3, 25]), (vec![c(100), H, H], c(128)), "the next smallest hides it");
        assert_eq!(hide(&[100, 3, 4]), (vec![H, H, H], c(107)), "two tiny ones are hidden by a third");
        assert_eq!(hide(&[100, 6, 4]), (vec![c(100), H, H], c(110)));
        assert_eq!(hide(&[3]), (vec![H], H), "alone it takes the sum with it");
        assert_eq!(hide(&[]), (vec![], c(0)));
    }
}
