//! Taking records in: texts to ids, a batch of records at a time.

#![expect(
    clippy::indexing_slicing,
    reason = "fields, columns, dictionaries and rows are numbered by the table, ids by the dictionaries"
)]

use std::{hint::black_box, io::Read};

use kotoba::AddressReader;

use crate::{
    config::{Config, Kind},
    dict::{Dict, JointDict},
    error::LinkError,
    field::{self, View},
    rows::Rows,
    table::{Column, Source, Table, joint_ids, set_presence},
};

/// What only taking records in needs.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// For each field.
    pub(crate) memos: Vec<Memo>,
    addresses: AddressReader,
    waiting: Waiting,
    /// Bytes of the files that will be read; 0 where that is not known.
    expected: u64,
}

/// Values of a field that were seen: raw text to the ids of its views.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    raw: Dict,
    /// For each raw id one of each place.
    ids: Vec<u32>,
    /// Where its views go.
    pub(crate) places: Vec<Place>,
    /// Values that were looked up.
    asked: usize,
    /// Whether it has been given up.
    useless: bool,
}

/// Where a view of a field goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) column: usize,
    pub(crate) view: View,
    /// Index into the dictionaries.
    pub(crate) domain: usize,
}

/// Values after which a memo must have been of use.
const TRIAL: usize = 32_768;
/// Records whose texts are looked up together.
const BATCH: u64 = 64;

/// Texts that wait for their ids, one behind the other.
#[derive(Debug, Default)]
struct Waiting {
    texts: String,
    asked: Vec<Asked>,
    /// Where the first row begins that is not finished.
    from: usize,
}

#[derive(Debug)]
struct Asked {
    domain: usize,
    /// Where the id goes: in the rows, or in the truth.
    place: usize,
    /// Where the text ends.
    end: usize,
    hash: u64,
    /// The id that it seems to have; 0 when it seems to be new.
    guess: u32,
}

/// Instead of a dictionary: that of the truth.
const TRUTH: usize = usize::MAX;
/// Instead of a dictionary: the same id once more.
const AGAIN: usize = usize::MAX - 1;

impl Intake {
    pub(crate) fn new(fields: usize) -> Self {
        Self { memos: vec![Memo::default(); fields], ..Self::default() }
    }

    /// Forgets what makes it faster.
    pub(crate) fn forget(&mut self) {
        for memo in &mut self.memos {
            (memo.raw, memo.ids) = (Dict::default(), Vec::new());
        }
        self.addresses = AddressReader::default();
        self.waiting = Waiting::default();
    }
}

impl Waiting {
    fn ask(&mut self, domain: usize, place: usize, text: &str, hash: u64) {
        if domain != AGAIN {
            self.texts.push_str(text);
        }
        self.asked.push(Asked { domain, place, end: self.texts.len(), hash, guess: 0 });
    }

    fn clear(&mut self, from: usize) {
        self.texts.clear();
        self.asked.clear();
        self.from = from;
    }
}

impl Table {
    /// Says how many bytes the files have that will be read, so that room for their records is made once.
    pub fn expect(&mut self, bytes: u64) {
        self.intake.expected = bytes;
    }

    /// Makes room for the records that are expected, each of so many bytes.
    fn make_room(&mut self, bytes: u64) {
        let records = (self.intake.expected / bytes.max(1)) as usize;
        let more = (records + records / 50).saturating_sub(self.len());
        self.rows.reserve_exact(more * self.stride);
        self.names.ends.reserve_exact(more);
        self.truth.reserve_exact(more);
    }

    /// Reads the records of a CSV file and adds them. `progress` is told the number of records now and then.
    ///
    /// # Errors
    /// When a column is missing or a line cannot be read; nothing of the file is kept then.
    pub fn read(
        &mut self,
        file: &str,
        config: &Config,
        input: impl Read,
        progress: &dyn Fn(u64),
    ) -> Result<(), LinkError> {
        let first = self.len() as u32;
        let outcome = Rows::new(file, config, input).and_then(|rows| self.read_rows(rows, progress));
        if outcome.is_err() {
            self.intake.waiting = Waiting::default();
            self.rows.truncate(first as usize * self.stride);
            self.names.ends.truncate(first as usize);
            self.names.bytes.truncate(self.names.ends.last().copied().unwrap_or_default() as usize);
            self.truth.truncate(first as usize);
        } else {
            self.starts.push(first);
        }
        outcome
    }

    fn read_rows(&mut self, mut rows: Rows<impl Read>, progress: &dyn Fn(u64)) -> Result<(), LinkError> {
        self.intake.waiting.from = self.rows.len();
        while rows.advance()? {
            if rows.number() == TRIAL as u64 {
                self.make_room(rows.bytes() / rows.number());
            }
            if self.len() as u32 >= u32::MAX - 1 {
                return Err(rows.at_line("more records than 2³²"));
            }
            let start = self.rows.len();
            self.rows.resize(start + self.stride, 0);
            for at in 0..self.fields.len() {
                if !self.intake.memos[at].places.is_empty() {
                    self.fill(start, at, &rows.value(at)?);
                }
            }
            match rows.id()? {
                Some(id) => self.names.bytes.push_str(&id),
                None => self.names.bytes.push_str(&rows.number().to_string()),
            }
            self.names.ends.push(self.names.bytes.len() as u64);
            self.truth.push(0);
            if let Some(truth) = rows.truth()? {
                self.wait(TRUTH, self.truth.len() - 1, &truth);
            }
            if rows.number().is_multiple_of(BATCH) {
                self.take_in();
            }
            if rows.number().is_multiple_of(16_384) {
                progress(rows.number());
            }
        }
        self.take_in();
        progress(rows.number());
        Ok(())
    }

    /// Puts the ids of a field's views into the row that starts there, now or with the batch.
    fn fill(&mut self, start: usize, field: usize, raw: &str) {
        let kind = self.fields[field].kind;
        if raw.is_empty() || kind == Kind::AddressJa && field::says_nothing(raw.trim()) {
            return;
        }
        let memo = &mut self.intake.memos[field];
        if kind == Kind::AddressJa {
            self.fill_address(start, field, raw);
            return;
        }
        memo.asked += 1;
        if memo.asked > TRIAL && memo.raw.len() * 2 > memo.asked {
            // Nearly every value is another: remembering them costs more than it saves.
            (memo.raw, memo.ids) = (Dict::default(), Vec::new());
            memo.useless = true;
        }
        if memo.useless {
            let texts = field::views(kind, raw, memo.places.iter().map(|place| place.view));
            for (at, text) in texts.iter().enumerate() {
                let Place { column, domain, .. } = self.intake.memos[field].places[at];
                self.wait(domain, start + column, text);
            }
            return;
        }
        let known = memo.raw.len();
        let id = memo.raw.intern(raw) as usize;
        if id == 0 {
            return;
        }
        let width = memo.places.len();
        if memo.ids.is_empty() {
            memo.ids.resize(width, 0);
        }
        if memo.raw.len() > known {
            let texts = field::views(kind, raw, memo.places.iter().map(|place| place.view));
            for (text, place) in texts.iter().zip(&memo.places) {
                memo.ids.push(self.domains[place.domain].intern(text));
            }
        }
        for (place, id) in memo.places.iter().zip(&memo.ids[id * width..]) {
            self.rows[start + place.column] = *id;
        }
    }

    fn fill_address(&mut self, start: usize, field: usize, raw: &str) {
        let Intake { memos, addresses, waiting, .. } = &mut self.intake;
        let keys = addresses.keys(raw);
        let mut whole = false;
        for &Place { column, view, domain } in &memos[field].places {
            let text = match view {
                View::Lot => keys.lot(),
                View::Town => keys.town(),
                View::City => keys.city(),
                _ => keys.whole(),
            };
            // The lot comes right after the whole, and most addresses end with it.
            let domain = if view == View::Lot && whole && text == keys.whole() { AGAIN } else { domain };
            whole = view == View::Value && !text.is_empty();
            let hash = self.domains.get(domain).map_or(0, |dict| dict.hash(text));
            waiting.ask(domain, start + column, text, hash);
        }
    }

    /// Leaves a text to be looked up with its batch.
    fn wait(&mut self, domain: usize, place: usize, text: &str) {
        let dict = self.domains.get(domain).unwrap_or(&self.truths);
        self.intake.waiting.ask(domain, place, text, dict.hash(text));
    }

    /// Looks up what waits. The memory of many look-ups is asked for at once, so that they wait for it together.
    fn take_in(&mut self) {
        let mut waiting = std::mem::take(&mut self.intake.waiting);
        let dict = |domain: usize| self.domains.get(domain).unwrap_or(&self.truths);
        for asked in &mut waiting.asked {
            asked.guess = dict(asked.domain).guess(asked.hash);
        }
        let ends = waiting.asked.iter().fold(0, |sum, asked| sum ^ dict(asked.domain).end(asked.guess));
        black_box(ends);
        let bytes =
            waiting.asked.iter().fold(0, |sum, asked| sum ^ dict(asked.domain).last_byte(asked.guess));
        black_box(bytes);
        let (mut last, mut begin) = (0, 0);
        for asked in &waiting.asked {
            let text = waiting.texts.get(begin..asked.end).unwrap_or_default();
            begin = asked.end;
            last = match asked.domain {
                AGAIN => last,
                TRUTH => self.truths.intern_hashed(text, asked.hash),
                domain => self.domains[domain].intern_hashed(text, asked.hash),
            };
            let ids = if asked.domain == TRUTH { &mut self.truth } else { &mut self.rows };
            ids[asked.place] = last;
        }
        for row in self.rows[waiting.from..].chunks_exact_mut(self.stride) {
            finish_row(&self.columns, &mut self.joints, row);
        }
        waiting.clear(self.rows.len());
        self.intake.waiting = waiting;
    }

    /// Adds a record by the values of its fields; what [`Table::read`] does for a line.
    pub fn push(&mut self, name: &str, values: &[(&str, &str)]) -> u32 {
        let record = self.len() as u32;
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let start = self.rows.len();
        self.intake.waiting.from = start;
        self.rows.resize(start + self.stride, 0);
        for at in 0..self.fields.len() {
            if let Some((_, raw)) = values.iter().find(|(name, _)| *name == self.fields[at].name) {
                self.fill(start, at, raw);
            }
        }
        self.take_in();
        self.names.bytes.push_str(name);
        self.names.ends.push(self.names.bytes.len() as u64);
        self.truth.push(0);
        record
    }
}

fn finish_row(columns: &[Column], joints: &mut [JointDict], row: &mut [u32]) {
    for (at, column) in columns.iter().enumerate() {
        if let Source::Joint { parts, joint, either_order } = &column.source
            && let Some(id) = joint_ids(parts, *either_order, row).map(|ids| joints[*joint].intern(ids))
        {
            row[at] = id;
        }
    }
    set_presence(row, columns.len());
}
