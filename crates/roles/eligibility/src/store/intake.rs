//! Taking reports in, many at a time.
//!
//! Each table is written once a batch, in the order of its key, so that neighbours share pages.

use std::collections::HashMap;

use calendar::Timestamp;
use codes::{ExchangeId, InsurerNumber};
use sha2::{Digest, Sha256};
use store::{StoreError, Tx, Value};

use super::{changes, count, history, work};
use crate::model::admit::{Admission, Refusal, admit};
use crate::model::{Report, Version, change, fold};

/// A report ready to be judged: its person resolved, its bytes encoded.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Line of the file, 0 for a single report.
    pub line: u64,
    /// Sealed My Number.
    pub sealed: [u8; 16],
    /// Insurance code of the person.
    pub person: [u8; 16],
    /// Whether the person had a row when it was resolved.
    pub known: bool,
    /// Since when it is known.
    pub known_from: Timestamp,
    /// The report.
    pub report: Report,
    /// Its stored form.
    pub body: Vec<u8>,
    /// Normalised number without branch.
    pub number: String,
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// In the history.
    Accepted,
    /// Said before.
    Repeated,
    /// Not taken.
    Refused(Refusal),
}

/// How a batch is taken.
#[derive(Clone, Copy, Debug)]
pub struct Taking {
    /// When it arrived.
    pub at: Timestamp,
    /// True in the hand-over of the insurers' registers: what was long so is no news for anybody.
    pub handover: bool,
}

/// Judges and takes a batch, in order; one fate a report. Who is with another insurer from now on is put down to be told.
///
/// # Errors
/// The store's; then nothing of the transaction stands.
pub fn take(tx: &mut Tx<'_>, batch: &[Incoming], taking: Taking) -> Result<Vec<Fate>, StoreError> {
    let all_new = enter_persons(tx, batch)?;
    let mut histories: HashMap<[u8; 16], History> = HashMap::with_capacity(batch.len());
    let mut accepted: Vec<&Incoming> = Vec::with_capacity(batch.len());
    let mut fates = Vec::with_capacity(batch.len());
    for incoming in batch {
        let known = match histories.entry(incoming.person) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let fresh = all_new && !incoming.known;
                let known = if fresh { Vec::new() } else { history::history(tx, &incoming.person)? };
                place.insert(History { before: known.len(), known })
            }
        };
        fates.push(match admit(&known.known, &incoming.report) {
            Admission::Fresh => {
                known.add(incoming);
                work::settle_lateness(tx, &incoming.person, &incoming.report, taking.at)?;
                accepted.push(incoming);
                Fate::Accepted
            }
            Admission::Repeated => Fate::Repeated,
            Admission::Refused(refusal) => Fate::Refused(refusal),
        });
    }
    settle(tx, &histories, taking)?;
    write(tx, &accepted)?;
    Ok(fates)
}

/// A person's reports while a batch is taken.
struct History {
    /// How many there were before the batch.
    before: usize,
    known: Vec<Version>,
}

impl History {
    fn add(&mut self, incoming: &Incoming) {
        let report = incoming.report.clone();
        self.known.push(Version { id: i64::MAX, known_from: incoming.known_from, report });
    }
}

/// Settles what the batch as a whole changed between insurers: a beginning and its end that arrive together overlap
/// nothing that the end takes away again.
fn settle(tx: &mut Tx<'_>, histories: &HashMap<[u8; 16], History>, taking: Taking) -> Result<(), StoreError> {
    let changed = |history: &History| history.known.len() > history.before.max(1);
    let mut persons: Vec<_> = histories.iter().filter(|(_, history)| changed(history)).collect();
    persons.sort_unstable_by_key(|(person, _)| **person);
    for (person, History { before, known }) in persons {
        let earlier = fold::memberships(known.iter().take(*before));
        let now = fold::memberships(known.iter());
        work::settle_overlaps(tx, person, &earlier, &now, taking.at)?;
        for joined in change::joined(&earlier, &now, taking.at.date()).filter(|_| !taking.handover) {
            let said = (joined.insurer(), joined.qualified_on());
            changes::put(
                tx,
                person,
                &change_key(&joined.first_report().report_id, joined.insurer()),
                said,
                taking.at,
            )?;
        }
    }
    Ok(())
}

/// Key of the notice of a change: the report that tells of it, once.
fn change_key(report: &str, insurer: InsurerNumber) -> ExchangeId {
    let digest = Sha256::digest(format!("insurer change {insurer} {report}"));
    ExchangeId::from_bytes(digest.first_chunk().copied().unwrap_or_default())
}

/// Gives every unknown person a row; true when every one of them was new.
fn enter_persons(tx: &mut Tx<'_>, batch: &[Incoming]) -> Result<bool, StoreError> {
    const SQL: &str =
        "INSERT INTO person (my_number, code) VALUES ($1, $2) ON CONFLICT (my_number) DO NOTHING";
    let mut unknown: Vec<_> = batch.iter().filter(|i| !i.known).map(|i| (&i.sealed, &i.person)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    let rows = unknown.iter().map(|(sealed, code)| [Value::from(*sealed), Value::from(*code)]);
    let entered = tx.execute_many(SQL, rows)?;
    if entered > 0 {
        count(tx, "persons", i64::try_from(entered).unwrap_or(i64::MAX))?;
    }
    Ok(entered == unknown.len() as u64)
}

fn write(tx: &mut Tx<'_>, accepted: &[&Incoming]) -> Result<(), StoreError> {
    const REPORT: &str = "INSERT INTO report (id, body) VALUES ($1, $2)";
    const HISTORY: &str = "INSERT INTO history (person, report) VALUES ($1, $2)";
    const INSURED: &str =
        "INSERT INTO insured (number, person) VALUES ($1, $2) ON CONFLICT (number, person) DO NOTHING";
    if accepted.is_empty() {
        return Ok(());
    }
    let many = i64::try_from(accepted.len()).unwrap_or(i64::MAX);
    let first = count(tx, "report", many)? - many + 1;
    let numbered: Vec<(i64, &Incoming)> = (first..).zip(accepted.iter().copied()).collect();
    tx.execute_many(REPORT, numbered.iter().map(|(id, i)| [Value::from(*id), Value::from(&i.body)]))?;
    let mut by_person: Vec<_> = numbered.iter().map(|(id, i)| (&i.person, *id)).collect();
    by_person.sort_unstable();
    tx.execute_many(HISTORY, by_person.iter().map(|(person, id)| [Value::from(*person), Value::from(*id)]))?;
    let mut by_number: Vec<_> = accepted.iter().map(|i| (i.number.as_str(), &i.person)).collect();
    by_number.sort_unstable();
    by_number.dedup();
    tx.execute_many(INSURED, by_number.iter().map(|(number, p)| [Value::from(*number), Value::from(*p)]))?;
    Ok(())
}
