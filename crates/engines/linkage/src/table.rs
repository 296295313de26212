//! Records as rows of ids: every view of every field is a dictionary-encoded column.

#![expect(
    clippy::indexing_slicing,
    reason = "views, domains and records are numbered here; every index is below the length it was made from"
)]

use std::{collections::HashMap, hint::black_box};

use crate::{
    config::{Config, FieldConfig, Kind},
    dict::{Dict, JointDict},
    error::LinkError,
    field::{self, View},
    intake::{Intake, Place},
    mark::Mark,
};

/// The most views that a table can hold: agreement of two records is one 32-bit mask, its last bit unused.
pub const MAX_VIEWS: usize = 31;

/// A column of ids.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in expressions: `dob`, `dob.year`, `street+postcode`, `surname~given`.
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
        /// Whether two parts are the same in each other's place.
        either_order: bool,
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
    pub(crate) names: Names,
    /// The file of each record is the number of starts at or below it, less one.
    pub(crate) starts: Vec<u32>,
    pub(crate) truth: Vec<u32>,
    pub(crate) truths: Dict,
    pub(crate) intake: Intake,
}

/// Identifiers of the records, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) bytes: String,
    pub(crate) ends: Vec<u64>,
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
            intake: Intake::new(config.field.len()),
        };
        let mut domains: HashMap<(Kind, View), usize> = HashMap::new();
        for (at, field) in config.field.iter().enumerate() {
            for view in View::of(field.kind) {
                let name = view_name(&field.name, *view);
                if !columns.contains(&name) {
                    continue;
                }
                // Names may stand in each other's place, so all of one kind and view share a dictionary.
                let shared = matches!(field.kind, Kind::Name | Kind::NameJa | Kind::Kana | Kind::AddressJa);
                // Most addresses end with their lot.
                let of = if *view == View::Lot { View::Value } else { *view };
                let fresh = table.domains.len();
                let domain = if shared { *domains.entry((field.kind, of)).or_insert(fresh) } else { fresh };
                if domain == fresh {
                    table.domains.push(Dict::default());
                }
                let column = table.columns.len();
                table.intake.memos[at].places.push(Place { column, view: *view, domain });
                table.columns.push(Column { name, source: Source::Field { field: at, view: *view, domain } });
            }
        }
        for name in columns.iter().filter(|name| is_joint(name)) {
            let source = table.joint(name)?;
            table.joints.push(JointDict::default());
            table.columns.push(Column { name: name.clone(), source });
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

    /// Where the ids of several columns together come from.
    fn joint(&self, name: &str) -> Result<Source, LinkError> {
        let parts = name.split(['+', '~']).map(|part| self.column(part)).collect::<Result<Vec<_>, _>>()?;
        let domain = |part: &usize| match self.columns[*part].source {
            Source::Field { domain, .. } => Some(domain),
            Source::Joint { .. } => None,
        };
        let either_order = name.contains('~');
        // Ids of two dictionaries cannot stand for each other.
        if either_order && (parts.len() != 2 || domain(&parts[0]) != domain(&parts[1])) {
            return Err(LinkError::Expression {
                place: "view".to_owned(),
                found: name.to_owned(),
                expected: "two names of one kind, such as surname~given".to_owned(),
            });
        }
        Ok(Source::Joint { parts, joint: self.joints.len(), either_order })
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

    /// Reads a little of every row, so that the memory of all of them is waited for at once.
    pub(crate) fn ask_for(&self, records: impl Iterator<Item = u32>) {
        black_box(records.fold(0, |sum, record| {
            let row = self.row(record);
            sum ^ row[0] ^ row[row.len() - 1]
        }));
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

    /// The id of a text in a column; one that no record has where the text is not there.
    pub(crate) fn id_of(&self, column: usize, text: &str) -> u32 {
        let known = match &self.columns[column].source {
            Source::Field { domain, .. } => self.domains[*domain].find(text),
            Source::Joint { .. } => None,
        };
        known.unwrap_or(u32::MAX)
    }

    /// The row of a record that is not in the table, for a search; views that no record has get ids that fit none, and
    /// their texts are kept.
    pub fn probe(&self, values: &[(&str, &str)]) -> Probe {
        let mut probe = Probe { row: vec![0; self.stride], texts: Vec::new() };
        for (at, field) in self.fields.iter().enumerate() {
            let Some((_, raw)) = values.iter().find(|(name, _)| *name == field.name) else { continue };
            let places = &self.intake.memos[at].places;
            let texts = field::views(field.kind, raw, places.iter().map(|place| place.view));
            for (text, &Place { column, domain, .. }) in texts.into_iter().zip(places) {
                probe.row[column] = self.domains[domain].find(&text).unwrap_or_else(|| {
                    probe.texts.push(Unknown { mark: Mark::of(&text), text });
                    UNKNOWN + probe.texts.len() as u32 - 1
                });
            }
        }
        for at in 0..self.columns.len() {
            if let Source::Joint { parts, joint, either_order } = &self.columns[at].source
                && let Some(id) =
                    joint_ids(parts, *either_order, &probe.row).map(|ids| self.joints[*joint].find(ids))
            {
                probe.row[at] = id.unwrap_or(u32::MAX);
            }
        }
        set_presence(&mut probe.row, self.columns.len());
        probe
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
        self.intake.forget();
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

/// Whether a name is that of several columns together.
pub(crate) fn is_joint(name: &str) -> bool {
    name.contains(['+', '~'])
}

/// The ids of the parts of a joint column, the smaller first where their order does not count; `None` when one is missing.
pub(crate) fn joint_ids(
    parts: &[usize],
    either_order: bool,
    row: &[u32],
) -> Option<impl Iterator<Item = u32>> {
    let (first, last) = (parts.first().map(|&part| row[part])?, parts.last().map(|&part| row[part])?);
    let turned = either_order && first > last;
    let ids = (0..parts.len()).map(move |at| row[parts[if turned { parts.len() - 1 - at } else { at }]]);
    parts.iter().all(|&part| row[part] != 0).then_some(ids)
}

pub(crate) fn set_presence(row: &mut [u32], columns: usize) {
    let mask =
        row[..columns].iter().enumerate().fold(0_u32, |mask, (at, id)| mask | (u32::from(*id != 0) << at));
    if let Some(last) = row.last_mut() {
        *last = mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(kinds: [Kind; 2]) -> Config {
        let field = |(name, kind): (&str, Kind)| FieldConfig {
            name: name.to_owned(),
            kind,
            columns: vec![name.to_owned()],
            parts: Vec::new(),
        };
        Config {
            field: ["surname", "given"].into_iter().zip(kinds).map(field).collect(),
            ..Config::default()
        }
    }

    #[test]
    fn two_names_in_either_order_are_one() {
        let columns = ["surname", "given", "surname~given"].map(str::to_owned);
        let config = config([Kind::NameJa, Kind::NameJa]);
        let mut table = Table::new(&config, &columns).unwrap();
        let csv = "surname,given\n東,光\n光,東\n東,東\n光,\n";
        table.read("a", &config, csv.as_bytes(), &|_| {}).unwrap();
        let both = table.column("surname~given").unwrap();
        let ids: Vec<u32> = (0..4).map(|record| table.row(record)[both]).collect();
        assert!(ids[0] == ids[1] && ids[0] != ids[2] && ids[2] != 0 && ids[3] == 0, "{ids:?}");
        assert_eq!(table.probe(&[("surname", "光"), ("given", "東")]).row[both], ids[0]);
        let rule = crate::Rule::new("surname ~ given", &table).unwrap();
        assert_eq!((rule.text.as_str(), rule.columns), ("surname~given", vec![both]));
    }

    #[test]
    fn only_what_shares_a_dictionary_stands_in_either_order() {
        let columns = ["surname", "given", "surname~given"].map(str::to_owned);
        let error = Table::new(&config([Kind::NameJa, Kind::Kana]), &columns).unwrap_err().to_string();
        assert!(error.contains("surname~given") && error.contains("two names of one kind"), "{error}");
    }
}
