//! Taking reports in, many at a time.
//!
//! A report's own row is appended at once. The two tables whose keys are scattered codes are written a million rows at a time,
//! in the order of the key: twenty thousand scattered rows touch nearly every page of a large table, and each page would be
//! written again for every batch (decision 0245).

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use calendar::Timestamp;
use codes::{ExchangeId, InsurerNumber};
use sha2::{Digest, Sha256};
use store::{StoreError, Tx, Value, params};

use super::{changes, count, damaged, history, work};
use crate::model::admit::{Admission, Refusal, admit};
use crate::model::{Report, Version, change, codec, fold};

/// A report ready to be judged: its person resolved, its bytes encoded.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Line of the file, 0 for a single report.
    pub line: u64,
    /// Sealed My Number.
    pub sealed: [u8; 16],
    /// Insurance code of the person.
    pub person: [u8; 16],
    /// Whether the number had a row when it was resolved.
    pub known: bool,
    /// Whether the person may have reports from before, under another number perhaps (a My Number can be changed).
    pub reported: bool,
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
    Refused(Box<Refused>),
}

/// A report that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Line of the file, 0 for a single report.
    pub line: u64,
    /// The insurer's name for it.
    pub report_id: String,
    /// Why.
    pub refusal: Refusal,
}

/// How reports are taken.
#[derive(Clone, Copy, Debug)]
pub struct Taking {
    /// When they arrived.
    pub at: Timestamp,
    /// True in the hand-over of the insurers' registers: what was long so is no news for anybody.
    pub handover: bool,
    /// True for a file, whose persons are resolved while its transaction runs: who was not reported then has no reports
    /// but the file's own.
    pub file: bool,
}

/// Takes reports in batches, inside the transaction `tx`.
///
/// # Errors
/// The store's or the body's; then nothing of the transaction stands.
pub fn take_in<T, E: From<StoreError>>(
    tx: &mut Tx<'_>,
    taking: Taking,
    body: impl FnOnce(&mut Intake<'_, '_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut intake = Intake::begin(tx, taking, HELD_MAX);
    let done = body(&mut intake)?;
    intake.write_held()?;
    Ok(done)
}

/// Rows held back at most: some sixty megabytes. Ten million members are ten rounds over their tables.
const HELD_MAX: usize = 1 << 20;

/// Reports on their way in. What it holds is written when [`take_in`] ends.
pub struct Intake<'t, 'c> {
    tx: &'t mut Tx<'c>,
    taking: Taking,
    /// Who had a report in this file; none for a single report.
    seen: Option<Seen>,
    held: Held,
    held_max: usize,
}

/// Rows to be written.
#[derive(Default)]
struct Held {
    /// Of `person`: sealed My Number, insurance code.
    persons: Vec<([u8; 16], [u8; 16])>,
    /// Of `history`: insurance code, report; one run a batch, in order.
    histories: Vec<Vec<([u8; 16], i64)>>,
    rows: usize,
}

impl<'t, 'c> Intake<'t, 'c> {
    fn begin(tx: &'t mut Tx<'c>, taking: Taking, held_max: usize) -> Self {
        Self { tx, taking, seen: taking.file.then(Seen::nobody), held: Held::default(), held_max }
    }

    /// Judges and takes a batch, in order; one fate a report. Who is with another insurer from now on is put down to be told.
    ///
    /// # Errors
    /// The store's; then nothing of the transaction stands.
    pub fn take(&mut self, batch: Vec<Incoming>) -> Result<Vec<Fate>, StoreError> {
        let mut histories: HashMap<[u8; 16], History> = HashMap::with_capacity(batch.len());
        let mut accepted = Vec::with_capacity(batch.len());
        let mut fates = Vec::with_capacity(batch.len());
        for incoming in batch {
            let Incoming { sealed, person, report, .. } = &incoming;
            if !incoming.known {
                self.held.persons.push((*sealed, *person));
                self.held.rows += 1;
            }
            let known = match histories.entry(*person) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let known = self.history(&incoming)?;
                    place.insert(History { before: known.len(), known })
                }
            };
            fates.push(match admit(&known.known, report) {
                Admission::Fresh => {
                    work::settle_lateness(self.tx, person, report, self.taking.at)?;
                    accepted.push(known.add(incoming));
                    Fate::Accepted
                }
                Admission::Repeated => Fate::Repeated,
                Admission::Refused(refusal) => Fate::Refused(Box::new(Refused {
                    line: incoming.line,
                    report_id: incoming.report.report_id,
                    refusal,
                })),
            });
        }
        settle(self.tx, &histories, self.taking)?;
        self.write(&accepted)?;
        if self.held.rows >= self.held_max {
            self.write_held()?;
        }
        Ok(fates)
    }

    /// The accepted reports of the person of a report, held ones among them.
    fn history(&mut self, incoming: &Incoming) -> Result<Vec<Version>, StoreError> {
        const SQL: &str = "SELECT id, body FROM report WHERE id = $1";
        let Incoming { person, reported, .. } = incoming;
        let seen = self.seen.as_mut().is_none_or(|seen| seen.add(person));
        if !reported && !seen {
            return Ok(Vec::new());
        }
        let mut history = history::history(self.tx, person)?;
        let held = self.held.histories.iter().filter(|_| seen).flat_map(|run| {
            let from = run.partition_point(|(other, _)| other < person);
            run.get(from..).unwrap_or_default().iter().take_while(|(other, _)| other == person)
        });
        for (_, report) in held {
            let version = self.tx.query_one(SQL, params![*report], |row| {
                codec::decode(row.int(0)?, row.bytes(1)?).map_err(damaged)
            })?;
            history.extend(version);
        }
        Ok(history)
    }

    fn write(&mut self, accepted: &[Accepted]) -> Result<(), StoreError> {
        const REPORT: &str = "INSERT INTO report (id, body) VALUES ($1, $2)";
        const INSURED: &str =
            "INSERT INTO insured (number, person) VALUES ($1, $2) ON CONFLICT (number, person) DO NOTHING";
        if accepted.is_empty() {
            return Ok(());
        }
        let many = i64::try_from(accepted.len()).unwrap_or(i64::MAX);
        let first = count(self.tx, "report", many)? - many + 1;
        let numbered = || (first..).zip(accepted);
        self.tx.execute_many(REPORT, numbered().map(|(id, a)| [Value::from(id), Value::from(&a.body)]))?;
        let mut run: Vec<_> = numbered().map(|(id, a)| (a.person, id)).collect();
        run.sort_unstable();
        self.held.rows += run.len();
        self.held.histories.push(run);
        let mut by_number: Vec<_> = accepted.iter().map(|a| (a.number.as_str(), &a.person)).collect();
        by_number.sort_unstable();
        by_number.dedup();
        let rows = by_number.iter().map(|(number, person)| [Value::from(*number), Value::from(*person)]);
        self.tx.execute_many(INSURED, rows)?;
        Ok(())
    }

    /// Writes what is held.
    fn write_held(&mut self) -> Result<(), StoreError> {
        const PERSON: &str =
            "INSERT INTO person (my_number, code) VALUES ($1, $2) ON CONFLICT (my_number) DO NOTHING";
        const HISTORY: &str = "INSERT INTO history (person, report) VALUES ($1, $2)";
        let Held { mut persons, histories, .. } = std::mem::take(&mut self.held);
        persons.sort_unstable();
        let rows = persons.iter().map(|(sealed, code)| [Value::from(sealed), Value::from(code)]);
        let entered = self.tx.execute_many(PERSON, rows)?;
        if entered > 0 {
            count(self.tx, "persons", i64::try_from(entered).unwrap_or(i64::MAX))?;
        }
        let mut histories = histories.concat();
        histories.sort_unstable();
        let rows = histories.iter().map(|(person, report)| [Value::from(person), Value::from(*report)]);
        self.tx.execute_many(HISTORY, rows)?;
        Ok(())
    }
}

/// Who was here: sure of a no, nearly sure of a yes (a Bloom filter whose codes are their own hashes, all bits of one in a
/// word). Among ten million, one of 750 who were not here is taken for one who was, and looked up in vain.
struct Seen(Vec<u64>);

impl Seen {
    /// 32 megabytes.
    const WORDS: usize = 1 << 22;

    fn nobody() -> Self {
        Self(vec![0; Self::WORDS])
    }

    /// Whether the code may have been here; it has now.
    fn add(&mut self, code: &[u8; 16]) -> bool {
        let bits = u128::from_le_bytes(*code);
        let mask = (0..4).fold(0, |mask, n| mask | 1u64 << ((bits >> (6 * n)) & 63));
        let place = (bits >> 64) as usize % Self::WORDS;
        self.0.get_mut(place).is_none_or(|word| {
            let before = *word & mask == mask;
            *word |= mask;
            before
        })
    }
}

/// A person's reports while a batch is taken.
struct History {
    /// How many there were before the batch.
    before: usize,
    known: Vec<Version>,
}

/// What is to be written of a report that its person's history took.
struct Accepted {
    person: [u8; 16],
    body: Vec<u8>,
    number: String,
}

impl History {
    fn add(&mut self, incoming: Incoming) -> Accepted {
        let Incoming { person, known_from, report, body, number, .. } = incoming;
        self.known.push(Version { id: i64::MAX, known_from, report });
        Accepted { person, body, number }
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
