//! Records as rows of ids: every view of every field is a dictionary-encoded column.

#![expect(
    clippy::indexing_slicing,
    reason = "views, domains and records are numbered here; every index is below the length it was made from"
)]

use std::{collections::HashMap, io::Read};

use crate::{
    config::{Config, FieldConfig, Kind},
    dict::{Dict, JointDict},
    error::LinkError,
    field::{self, View},
    mark::Mark,
    rows::Rows,
};

/// The most views that a table can hold: agreement of two records is one 32-bit mask, its last bit unused.
pub const MAX_VIEWS: usize = 31;

/// A column of ids.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in expressions: `dob`, `dob.year`, `street+postcode`.
    pub name: String,
    /// Where its ids come from.
    pub source: Source,
}

/// What the ids of a column stand for.
#[derive(Clone, Debug)]
pub enum Source {
    /// A view of a field; its texts are in the dictionary of that number.
    Field {
        /// Index into the fields.
        field: usize,
        /// The view.
        view: View,
        /// Index into the dictionaries.
        domain: usize,
    },
    /// Several columns together.
    Joint {
        /// Their indices; smaller than its own.
        parts: Vec<usize>,
        /// Index into the joint dictionaries.
        joint: usize,
    },
}

/// Records of one or more files.
#[derive(Debug)]
pub struct Table {
    /// The fields.
    pub fields: Vec<FieldConfig>,
    /// The columns.
    pub columns: Vec<Column>,
    pub(crate) domains: Vec<Dict>,
    pub(crate) joints: Vec<JointDict>,
    pub(crate) rows: Vec<u32>,
    pub(crate) stride: usize,
    names: Names,
    /// The file of each record is the number of starts at or below it, less one.
    starts: Vec<u32>,
    truth: Vec<u32>,
    truths: Dict,
    memo: Vec<Memo>,
}

/// Values that were seen: raw text to the ids of its views.
#[derive(Clone, Debug, Default)]
struct Memo {
    raw: Dict,
    /// For each raw id, `width` ids.
    ids: Vec<u32>,
    /// Columns that its views fill.
    columns: Vec<usize>,
    /// Values that were looked up.
    asked: usize,
    /// Whether it has been given up.
    useless: bool,
}

/// Values after which a memo must have been of use.
const TRIAL: usize = 32_768;

/// Identifiers of the records, one behind the other.
#[derive(Debug, Default)]
struct Names {
    bytes: String,
    ends: Vec<u64>,
}

impl Table {
    /// An empty table with the fields of a configuration and the columns named.
    ///
    /// # Errors
    /// When a column names no view of a field, or there are more than [`MAX_VIEWS`].
    pub fn new(config: &Config, columns: &[String]) -> Result<Self, LinkError> {
        let mut table = Self {
            fields: config.field.clone(),
            columns: Vec::new(),
            domains: Vec::new(),
            joints: Vec::new(),
            rows: Vec::new(),
            stride: 0,
            names: Names::default(),
            starts: Vec::new(),
            truth: Vec::new(),
            truths: Dict::default(),
            memo: vec![Memo::default(); config.field.len()],
        };
        let mut domains: HashMap<(Kind, View), usize> = HashMap::new();
        for (at, field) in config.field.iter().enumerate() {
            for view in View::of(field.kind) {
                let name = view_name(&field.name, *view);
                if !columns.contains(&name) {
                    continue;
                }
                // Names may stand in each other's place, so all of one kind and view share a dictionary.
                let shared = matches!(field.kind, Kind::Name | Kind::NameJa | Kind::Kana);
                let fresh = table.domains.len();
                let domain =
                    if shared { *domains.entry((field.kind, *view)).or_insert(fresh) } else { fresh };
                if domain == fresh {
                    table.domains.push(Dict::default());
                }
                table.memo[at].columns.push(table.columns.len());
                table.columns.push(Column { name, source: Source::Field { field: at, view: *view, domain } });
            }
        }
        for name in columns.iter().filter(|name| name.contains('+')) {
            let parts = name.split('+').map(|part| table.column(part)).collect::<Result<Vec<_>, _>>()?;
            let joint = table.joints.len();
            table.joints.push(JointDict::default());
            table.columns.push(Column { name: name.clone(), source: Source::Joint { parts, joint } });
        }
        for name in columns {
            table.column(name)?;
        }
        if table.columns.len() > MAX_VIEWS {
            let found = table.columns.len();
            return Err(LinkError::Limit {
                problem: format!("{found} views of fields are compared; at most {MAX_VIEWS} can be"),
                ja: format!("比較する項目の形が{found}あります。{MAX_VIEWS}までにしてください"),
            });
        }
        table.stride = (table.columns.len() + 1).next_multiple_of(8);
        Ok(table)
    }

    /// The index of a column by its name.
    ///
    /// # Errors
    /// When there is none.
    pub fn column(&self, name: &str) -> Result<usize, LinkError> {
        self.columns.iter().position(|column| column.name == name).ok_or_else(|| LinkError::Expression {
            place: "view".to_owned(),
            found: name.to_owned(),
            expected: "a field's name, or field.view: ".to_owned() + &all_views(&self.fields).join(", "),
        })
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.rows.len().checked_div(self.stride).unwrap_or_default()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        self.starts.len()
    }

    /// The file of a record, from 0.
    pub fn file_of(&self, record: u32) -> usize {
        self.starts.partition_point(|&start| start <= record).saturating_sub(1)
    }

    /// The first record of each file.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// A record's own identifier.
    pub fn name(&self, record: u32) -> &str {
        let at = record as usize;
        let end = self.names.ends.get(at).copied().unwrap_or_default() as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.names.ends[before] as usize);
        self.names.bytes.get(start..end).unwrap_or_default()
    }

    /// Whose record it truly is, as a number; 0 where that is not known.
    pub fn truth(&self, record: u32) -> u32 {
        self.truth.get(record as usize).copied().unwrap_or_default()
    }

    /// Whether the truth is known of any record.
    pub fn knows_truth(&self) -> bool {
        !self.truths.is_empty()
    }

    /// The ids of a record, and in the last place the mask of those that are not missing.
    pub fn row(&self, record: u32) -> &[u32] {
        let start = record as usize * self.stride;
        &self.rows[start..start + self.stride]
    }

    /// The text of a record in a column; empty for joint columns and missing values.
    pub fn text(&self, record: u32, column: usize) -> &str {
        self.text_of(column, self.row(record)[column])
    }

    /// The text of an id in a column.
    pub fn text_of(&self, column: usize, id: u32) -> &str {
        match &self.columns[column].source {
            Source::Field { domain, .. } => self.domains[*domain].text(id),
            Source::Joint { .. } => "",
        }
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
        while rows.advance()? {
            if self.len() as u32 >= u32::MAX - 1 {
                return Err(rows.at_line("more records than 2³²"));
            }
            let start = self.rows.len();
            self.rows.resize(start + self.stride, 0);
            for at in 0..self.fields.len() {
                self.fill(start, at, &rows.value(at)?);
            }
            finish_row(&self.columns, &mut self.joints, &mut self.rows[start..]);
            match rows.id()? {
                Some(id) => self.names.bytes.push_str(&id),
                None => self.names.bytes.push_str(&rows.number().to_string()),
            }
            self.names.ends.push(self.names.bytes.len() as u64);
            self.truth.push(rows.truth()?.map_or(0, |truth| self.truths.intern(&truth)));
            if rows.number().is_multiple_of(16_384) {
                progress(rows.number());
            }
        }
        progress(rows.number());
        Ok(())
    }

    /// Puts the ids of a field's views into the row that starts there.
    fn fill(&mut self, start: usize, field: usize, raw: &str) {
        let memo = &mut self.memo[field];
        let width = memo.columns.len();
        if width == 0 {
            return;
        }
        memo.asked += 1;
        if memo.asked > TRIAL && memo.raw.len() * 2 > memo.asked {
            // Nearly every value is another: remembering them costs more than it saves.
            (memo.raw, memo.ids) = (Dict::default(), Vec::new());
            memo.useless = true;
        }
        if memo.useless {
            self.fill_at_once(start, field, raw);
            return;
        }
        let known = memo.raw.len();
        let id = memo.raw.intern(raw) as usize;
        if id == 0 {
            return;
        }
        if memo.ids.is_empty() {
            memo.ids.resize(width, 0);
        }
        if memo.raw.len() > known {
            let kind = self.fields[field].kind;
            let sources = memo.columns.iter().filter_map(|&column| match self.columns[column].source {
                Source::Field { view, domain, .. } => Some((view, domain)),
                Source::Joint { .. } => None,
            });
            let texts = field::views(kind, raw, sources.clone().map(|(view, _)| view));
            for (text, (_, domain)) in texts.iter().zip(sources) {
                memo.ids.push(self.domains[domain].intern(text));
            }
        }
        for (i, &column) in memo.columns.iter().enumerate() {
            self.rows[start + column] = memo.ids[id * width + i];
        }
    }

    fn fill_at_once(&mut self, start: usize, field: usize, raw: &str) {
        let (kind, columns) = (self.fields[field].kind, &self.memo[field].columns);
        let sources = columns.iter().filter_map(|&column| match self.columns[column].source {
            Source::Field { view, domain, .. } => Some((column, view, domain)),
            Source::Joint { .. } => None,
        });
        let texts = field::views(kind, raw, sources.clone().map(|(_, view, _)| view));
        for (text, (column, _, domain)) in texts.iter().zip(sources) {
            self.rows[start + column] = self.domains[domain].intern(text);
        }
    }

    /// The row of a record that is not in the table, for a search; views that no record has get ids that fit none, and
    /// their texts are kept.
    pub fn probe(&self, values: &[(&str, &str)]) -> Probe {
        let mut probe = Probe { row: vec![0; self.stride], texts: Vec::new() };
        for (at, field) in self.fields.iter().enumerate() {
            let Some((_, raw)) = values.iter().find(|(name, _)| *name == field.name) else { continue };
            let sources =
                self.memo[at].columns.iter().filter_map(|&column| match self.columns[column].source {
                    Source::Field { view, domain, .. } => Some((column, view, domain)),
                    Source::Joint { .. } => None,
                });
            let texts = field::views(field.kind, raw, sources.clone().map(|(_, view, _)| view));
            for (text, (column, _, domain)) in texts.into_iter().zip(sources) {
                probe.row[column] = self.domains[domain].find(&text).unwrap_or_else(|| {
                    probe.texts.push(Unknown { mark: Mark::of(&text), text });
                    UNKNOWN + probe.texts.len() as u32 - 1
                });
            }
        }
        for at in 0..self.columns.len() {
            if let Source::Joint { parts, joint } = &self.columns[at].source
                && parts.iter().all(|&part| probe.row[part] != 0)
            {
                let ids = parts.iter().map(|&part| probe.row[part]);
                probe.row[at] = self.joints[*joint].find(ids).unwrap_or(u32::MAX);
            }
        }
        set_presence(&mut probe.row, self.columns.len());
        probe
    }

    /// Adds a record by the values of its fields; what [`Table::read`] does for a line.
    pub fn push(&mut self, name: &str, values: &[(&str, &str)]) -> u32 {
        let record = self.len() as u32;
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let start = self.rows.len();
        self.rows.resize(start + self.stride, 0);
        for at in 0..self.fields.len() {
            if let Some((_, raw)) = values.iter().find(|(name, _)| *name == self.fields[at].name) {
                self.fill(start, at, raw);
            }
        }
        finish_row(&self.columns, &mut self.joints, &mut self.rows[start..]);
        self.names.bytes.push_str(name);
        self.names.ends.push(self.names.bytes.len() as u64);
        self.truth.push(0);
        record
    }

    /// The identifiers of all records one behind the other, and where each ends.
    pub(crate) fn names(&self) -> (&str, &[u64]) {
        (&self.names.bytes, &self.names.ends)
    }

    /// Puts kept records into an empty table whose dictionaries are there; `false` when they do not fit each other.
    pub(crate) fn restore(
        &mut self,
        rows: Vec<u32>,
        names: String,
        ends: Vec<u64>,
        starts: Vec<u32>,
    ) -> bool {
        let sizes: Vec<usize> = (0..self.columns.len()).map(|column| self.ids(column)).collect();
        let sound = |row: &[u32]| row.iter().zip(&sizes).all(|(id, size)| (*id as usize) < *size);
        let fits = rows.len() == ends.len() * self.stride
            && rows.chunks_exact(self.stride).all(sound)
            && ends.is_sorted()
            && ends.last().copied().unwrap_or_default() == names.len() as u64
            && ends.iter().all(|end| names.is_char_boundary(*end as usize))
            && starts.is_sorted()
            && starts.first().is_none_or(|start| *start == 0)
            && starts.last().is_none_or(|start| (*start as usize) < ends.len().max(1));
        if !fits {
            return false;
        }
        self.truth = vec![0; ends.len()];
        (self.rows, self.names, self.starts) = (rows, Names { bytes: names, ends }, starts);
        for row in self.rows.chunks_exact_mut(self.stride) {
            set_presence(row, sizes.len());
        }
        true
    }

    /// The number of ids of a column, the missing one counted.
    fn ids(&self, column: usize) -> usize {
        match &self.columns[column].source {
            Source::Field { domain, .. } => self.domains[*domain].len(),
            Source::Joint { joint, .. } => self.joints[*joint].len(),
        }
    }

    /// Forgets what only reading needs.
    pub fn settle(&mut self) {
        for memo in &mut self.memo {
            memo.raw = Dict::default();
            memo.ids = Vec::new();
        }
        self.rows.shrink_to_fit();
    }

    /// How often each id of a column occurs.
    pub fn frequencies(&self, column: usize) -> Vec<u32> {
        let mut counts = vec![0; self.ids(column)];
        for row in self.rows.chunks_exact(self.stride) {
            counts[row[column] as usize] += 1;
        }
        if let Some(missing) = counts.first_mut() {
            *missing = 0;
        }
        counts
    }

    /// How often each id occurs in column `x` of the first file and in column `y` of the second.
    pub fn frequencies_by_file(&self, x: usize, y: usize) -> (Vec<u32>, Vec<u32>) {
        let size = self.frequencies(x).len().max(self.frequencies(y).len());
        let (mut first, mut second) = (vec![0; size], vec![0; size]);
        let start = self.starts.get(1).copied().unwrap_or_default() as usize;
        for (record, row) in self.rows.chunks_exact(self.stride).enumerate() {
            if record < start { first[row[x] as usize] += 1 } else { second[row[y] as usize] += 1 }
        }
        (first[0], second[0]) = (0, 0);
        (first, second)
    }
}

/// A record to search with.
#[derive(Clone, Debug)]
pub struct Probe {
    pub(crate) row: Vec<u32>,
    pub(crate) texts: Vec<Unknown>,
}

/// A text of a probe that no record has.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    pub(crate) text: String,
    pub(crate) mark: Mark,
}

/// Ids from here on stand for texts of a probe.
pub(crate) const UNKNOWN: u32 = 0xffff_ff00;

/// The name of a view in expressions.
pub fn view_name(field: &str, view: View) -> String {
    if view == View::Value { field.to_owned() } else { format!("{field}.{}", view.name()) }
}

/// Every view of every field.
pub fn all_views(fields: &[FieldConfig]) -> Vec<String> {
    fields.iter().flat_map(|f| View::of(f.kind).iter().map(|v| view_name(&f.name, *v))).collect()
}

fn finish_row(columns: &[Column], joints: &mut [JointDict], row: &mut [u32]) {
    for (at, column) in columns.iter().enumerate() {
        if let Source::Joint { parts, joint } = &column.source
            && parts.iter().all(|&part| row[part] != 0)
        {
            row[at] = joints[*joint].intern(parts.iter().map(|&part| row[part]));
        }
    }
    set_presence(row, columns.len());
}

fn set_presence(row: &mut [u32], columns: usize) {
    let mask =
        row[..columns].iter().enumerate().fold(0_u32, |mask, (at, id)| mask | (u32::from(*id != 0) << at));
    if let Some(last) = row.last_mut() {
        *last = mask;
    }
}
