//! Dividing a claim at a day on which the insurer changed.

use calendar::Date;

use crate::edit::{Draft, RecordDraft};
use crate::lines::{CostColumns, Days};
use crate::readdress::CannotRewrite;
use crate::{Claim, Payers, Record, Table};

/// The two claims into which a claim falls: the days before `at`, and those from it on.
///
/// Every line goes with its days: 回数 becomes the sum of the days that stay, a unit (点数・回数算定単位) without any is left
/// out. 合計点数 and 診療実日数 of every payer are counted again. Diseases that began on `at` or later are left out of the first
/// part; comments that stand by themselves, unknown records and everything else are in both. Fees that look at the whole
/// month are not judged again.
///
/// # Errors
/// When the claim has something that no line gives by day.
pub fn split(claim: &Claim<'_>, at: Date) -> Result<[Draft; 2], CannotRewrite> {
    if !matches!(claim.table(), Table::Medical | Table::Dental) {
        return Err(CannotRewrite::Table);
    }
    let items = items(claim)?;
    amounts(claim)?;
    let payers = payers(claim, &items)?;
    let first = u8::try_from(at.day()).unwrap_or(1);
    Ok([false, true].map(|later| {
        let side = Side { claim, payers: &payers, later, first, at };
        side.draft(&items)
    }))
}

/// What a claim is made of, as far as dividing it goes.
enum Item<'a> {
    /// In both parts, or changed by itself.
    Record(Record<'a>),
    /// Lines that were done together.
    Unit { lines: Vec<Record<'a>>, block: usize, class: &'a [u8], days: Days },
}

/// Puts lines together that share one price.
struct Gatherer<'a> {
    table: Table,
    items: Vec<Item<'a>>,
    open: Vec<Record<'a>>,
    block: usize,
    class: &'a [u8],
}

fn items<'a>(claim: &Claim<'a>) -> Result<Vec<Item<'a>>, CannotRewrite> {
    let mut gatherer =
        Gatherer { table: claim.table(), items: Vec::new(), open: Vec::new(), block: 0, class: b"" };
    for record in claim.records() {
        gatherer.record(record)?;
    }
    gatherer.close()?;
    Ok(gatherer.items)
}

impl<'a> Gatherer<'a> {
    fn record(&mut self, record: Record<'a>) -> Result<(), CannotRewrite> {
        let columns = CostColumns::of(self.table, record.code());
        let comment = record.is("CO");
        if columns.is_none() && !comment {
            self.close()?;
            self.items.push(Item::Record(record));
            return Ok(());
        }
        let class = record.field(1).trimmed();
        if !class.is_empty() {
            self.close()?;
            self.block += 1;
            self.class = class;
        }
        if comment && self.open.is_empty() && class.is_empty() {
            // A comment behind a unit belongs to it.
            match self.items.last_mut() {
                Some(Item::Unit { lines, .. }) => lines.push(record),
                _ => self.items.push(Item::Record(record)),
            }
            return Ok(());
        }
        self.open.push(record);
        if columns.is_some_and(|columns| !record.field(columns.points).is_empty()) {
            self.close()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), CannotRewrite> {
        let lines = std::mem::take(&mut self.open);
        let mut days = None;
        for record in &lines {
            let Some(columns) = CostColumns::of(self.table, record.code()) else { continue };
            let own: Days = (1..=31u8).filter(|day| times_on(record, columns, *day) > 0).collect();
            let sum: u64 = (1..=31).map(|day| times_on(record, columns, day)).sum();
            let even = days.is_none_or(|days| days == own);
            if sum == 0 || record.field(columns.times).number() != Some(sum) || !even {
                return Err(CannotRewrite::Days);
            }
            days = Some(own);
        }
        match days {
            Some(days) => self.items.push(Item::Unit { lines, block: self.block, class: self.class, days }),
            None => self.items.extend(lines.into_iter().map(Item::Record)),
        }
        Ok(())
    }
}

fn times_on(record: &Record<'_>, columns: CostColumns, day: u8) -> u64 {
    record.field(columns.days + usize::from(day) - 1).number().unwrap_or(0)
}

/// Amounts that cannot be divided must not be there.
fn amounts(claim: &Claim<'_>) -> Result<(), CannotRewrite> {
    let (meals, shares): (&[usize], &[usize]) = match claim.table() {
        Table::Dental => (&[6, 7], &[6, 7, 8, 9]),
        _ => (&[7, 8], &[6, 7, 8, 10, 11]),
    };
    let set = |record: &Record<'_>, at: &usize| record.field(*at).number().is_some_and(|amount| amount > 0);
    if claim.insurer().is_some_and(|insurer| meals.iter().any(|at| set(&insurer.0, at))) {
        return Err(CannotRewrite::Meals);
    }
    if claim.public_payers().any(|payer| shares.iter().any(|at| set(&payer.0, at))) {
        return Err(CannotRewrite::PublicAmount);
    }
    Ok(())
}

/// The days of each payer (0 the insurer), after the whole claim was seen to agree with its lines.
fn payers(claim: &Claim<'_>, items: &[Item<'_>]) -> Result<Vec<Days>, CannotRewrite> {
    let insurer = claim.insurer().map(|insurer| (0, insurer.0));
    let public = claim.public_payers().enumerate().map(|(index, payer)| (index + 1, payer.0));
    let mut all = vec![Days::default(); 1];
    for (index, record) in insurer.into_iter().chain(public) {
        let from_lines = days_of(items, index);
        let days = visits(claim, index).unwrap_or(from_lines);
        let every = if index == 0 { claim.days() } else { days };
        let said = record.field(4).number();
        let days = [days, every, claim.days()].into_iter().find(|days| said == Some(u64::from(days.count())));
        let sum = points(claim.table(), items, index, |_| true);
        if record.field(5).number() != Some(sum) {
            return Err(CannotRewrite::Sums);
        }
        all.resize(index + 1, Days::default());
        if let Some(own) = all.get_mut(index) {
            *own = days.ok_or(CannotRewrite::Sums)?;
        }
    }
    Ok(all)
}

/// The days that a payer's own 受診日等 record gives.
fn visits(claim: &Claim<'_>, payer: usize) -> Option<Days> {
    let own = claim.records().find(|r| r.is("JD") && r.field(1).number() == Some(payer as u64 + 1))?;
    Some((1..=31u8).filter(|day| own.field(usize::from(*day) + 1).number() == Some(1)).collect())
}

fn days_of(items: &[Item<'_>], payer: usize) -> Days {
    let paid = items.iter().filter_map(|item| match item {
        Item::Unit { lines, days, .. } if pays(lines, payer) => Some(*days),
        _ => None,
    });
    paid.fold(Days::default(), Days::with)
}

fn pays(lines: &[Record<'_>], payer: usize) -> bool {
    lines
        .iter()
        .any(|line| !line.is("CO") && Payers::of(line.field(2).trimmed()).is_some_and(|all| all.has(payer)))
}

/// What a payer owes for the days that count.
fn points(table: Table, items: &[Item<'_>], payer: usize, counts: impl Fn(u8) -> bool) -> u64 {
    let mut class = 0;
    let mut sum = 0;
    for item in items {
        let Item::Unit { lines, class: own, .. } = item else { continue };
        class = crate::Value(own).number().unwrap_or(class);
        for line in lines.iter().filter(|line| class != MEALS && pays(std::slice::from_ref(line), payer)) {
            let Some(columns) = CostColumns::of(table, line.code()) else { continue };
            let times: u64 =
                (1..=31).filter(|day| counts(*day)).map(|day| times_on(line, columns, day)).sum();
            sum += line.field(columns.points).number().unwrap_or(0) * times;
        }
    }
    sum
}

/// One of the two parts.
struct Side<'a, 'c> {
    claim: &'a Claim<'c>,
    payers: &'a [Days],
    later: bool,
    /// First day of the month that belongs to the later part.
    first: u8,
    at: Date,
}

impl Side<'_, '_> {
    fn has(&self, day: u8) -> bool {
        (day >= self.first) == self.later
    }

    fn draft(&self, items: &[Item<'_>]) -> Draft {
        let mut draft = Draft { records: Vec::new(), ..Draft::of(self.claim) };
        let mut public = 0;
        let mut block = None;
        for item in items {
            match item {
                Item::Record(record) if record.is("HO") => draft.records.push(self.payer(record, items, 0)),
                Item::Record(record) if record.is("KO") => {
                    public += 1;
                    draft.records.push(self.payer(record, items, public));
                }
                Item::Record(record) => draft.records.extend(self.record(record)),
                Item::Unit { lines, block: own, class, days } if days.iter().any(|day| self.has(day)) => {
                    let leads = block != Some(*own);
                    block = Some(*own);
                    draft.records.extend(self.unit(lines, leads.then_some(*class)));
                }
                Item::Unit { .. } => {}
            }
        }
        draft
    }

    fn payer(&self, record: &Record<'_>, items: &[Item<'_>], payer: usize) -> RecordDraft {
        let days = self.payers.get(payer).map_or(0, |days| days.iter().filter(|day| self.has(*day)).count());
        let mut record = RecordDraft::of(record);
        record.set(4, days.to_string());
        record.set(5, points(self.claim.table(), items, payer, |day| self.has(day)).to_string());
        record
    }

    /// A record that stands by itself; `None` when it belongs to the other part alone.
    fn record(&self, record: &Record<'_>) -> Option<RecordDraft> {
        let since = match &record.code() {
            b"SY" => record.field(2).date(),
            b"HS" => record.field(1).date(),
            _ => None,
        };
        if !self.later && since.is_some_and(|since| since >= self.at) {
            return None;
        }
        let mut own = RecordDraft::of(record);
        if record.is("JD") {
            (1..=31u8).filter(|day| !self.has(*day)).for_each(|day| {
                if usize::from(day) + 1 < record.len() {
                    own.set(usize::from(day) + 1, "");
                }
            });
        }
        Some(own)
    }

    /// The lines of a unit with the days of this part; the first of a block has its 診療識別.
    fn unit(&self, lines: &[Record<'_>], class: Option<&[u8]>) -> Vec<RecordDraft> {
        let mut all: Vec<RecordDraft> = lines.iter().map(|line| self.line(line)).collect();
        if let (Some(first), Some(class)) = (all.first_mut(), class) {
            first.set(1, class);
        }
        all
    }

    fn line(&self, line: &Record<'_>) -> RecordDraft {
        let mut own = RecordDraft::of(line);
        let Some(columns) = CostColumns::of(self.claim.table(), line.code()) else { return own };
        let mut times = 0;
        for day in 1..=31u8 {
            let at = columns.days + usize::from(day) - 1;
            if self.has(day) {
                times += times_on(line, columns, day);
            } else if !line.field(at).is_empty() {
                own.set(at, "");
            }
        }
        own.set(columns.times, times.to_string());
        own
    }
}

/// 診療識別 of meals, whose 点数 are yen.
const MEALS: u64 = 97;
