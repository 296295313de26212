//! The records of a CSV file, cell by cell: what encoding and separator it has, where its columns are, and where in it
//! something is wrong.

use std::{
    borrow::Cow,
    io::{Chain, Cursor, Read},
};

use crate::{
    config::{Config, FieldConfig, Kind},
    error::LinkError,
    headings::data_among,
};

/// Records of a CSV file, read one after the other.
///
/// UTF-8 (with or without byte order mark) and CP932 are told apart by the beginning of the file; comma, tab and semicolon
/// by its first line.
pub struct Rows<R> {
    file: String,
    reader: csv::Reader<Chain<Cursor<Vec<u8>>, R>>,
    encoding: Encoding,
    header: Vec<String>,
    id: Option<usize>,
    truth: Option<usize>,
    /// For each field the cells that hold it, and what joins them.
    sources: Vec<(Vec<usize>, char)>,
    record: csv::ByteRecord,
    number: u64,
}

/// How letters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// ASCII so far: the first other letter tells.
    Open,
    Utf8,
    Cp932,
}

/// Records that tell whether the first line is one too.
const LOOKED_AT: usize = 200;
/// Bytes that are looked at before reading.
const LOOK: usize = 1 << 18;
/// A record of more lines than this began with a quotation mark that was never closed.
const MOST_LINES: u64 = 100;

/// The names of a file's columns.
///
/// # Errors
/// When the file cannot be read, has no header, or begins with a record.
pub fn header(file: &str, input: impl Read) -> Result<Vec<String>, LinkError> {
    let mut rows = Rows::open(file, input)?;
    let cells = 0..rows.header.len();
    let mut records: Vec<Vec<String>> = Vec::new();
    // What is wrong further down is told when it is read.
    while records.len() < LOOKED_AT && rows.advance().is_ok_and(|more| more) {
        let record = cells.clone().map(|at| rows.cell(at).map(Cow::into_owned).unwrap_or_default());
        records.push(record.collect());
    }
    match data_among(&rows.header, &records) {
        Some(cell) => Err(LinkError::Headings { file: file.to_owned(), cell }),
        None => Ok(rows.header),
    }
}

impl<R: Read> Rows<R> {
    /// Opens a file with the columns of a configuration.
    ///
    /// # Errors
    /// When it cannot be read, has no header or lacks a column.
    pub fn new(file: &str, config: &Config, input: R) -> Result<Self, LinkError> {
        let mut rows = Self::open(file, input)?;
        let must = |name: &Option<String>| name.as_deref().map(|name| rows.must(name)).transpose();
        let (id, truth) = (must(&config.id)?, must(&config.truth)?);
        let sources = config.field.iter().map(|field| rows.source(field)).collect::<Result<_, _>>()?;
        (rows.id, rows.truth, rows.sources) = (id, truth, sources);
        Ok(rows)
    }

    /// Opens a file that may lack columns of a configuration: what it lacks is not known of its records.
    ///
    /// # Errors
    /// When it cannot be read, has no header or none of the columns.
    pub fn partial(file: &str, config: &Config, input: R) -> Result<Self, LinkError> {
        let mut rows = Self::open(file, input)?;
        rows.id = config.id.as_deref().and_then(|name| rows.place(name));
        let sources: Vec<_> = config.field.iter().map(|field| rows.source(field)).collect();
        if sources.iter().all(Result::is_err)
            && let Some(Err(error)) = sources.into_iter().next()
        {
            return Err(error);
        }
        rows.sources = config.field.iter().map(|f| rows.source(f).unwrap_or((Vec::new(), ' '))).collect();
        Ok(rows)
    }

    fn open(file: &str, mut input: R) -> Result<Self, LinkError> {
        let wrong = |problem: String| LinkError::Row { file: file.to_owned(), problem };
        let begin = beginning(&mut input).map_err(|error| wrong(error.to_string()))?;
        if begin.starts_with(&[0xff, 0xfe]) || begin.starts_with(&[0xfe, 0xff]) {
            return Err(wrong("UTF-16: expected UTF-8 or CP932 (Shift_JIS)".to_owned()));
        }
        let encoding = encoding_of(&begin);
        let delimiter = delimiter_of(&begin);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .buffer_capacity(1 << 18)
            .delimiter(delimiter)
            .from_reader(Cursor::new(begin).chain(input));
        let cells: Vec<Vec<u8>> = match reader.byte_headers() {
            Ok(cells) => cells.iter().map(<[u8]>::to_vec).collect(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let name = |cell: &Vec<u8>| {
            let text =
                decoded(cell, encoding).ok_or_else(|| wrong(format!("line 1: not {}", encoding.name())));
            text.map(|text| header_cell(&text))
        };
        let header = cells.iter().map(name).collect::<Result<Vec<_>, _>>()?;
        if header.iter().all(String::is_empty) {
            return Err(wrong("empty: expected a line with the names of the columns".to_owned()));
        }
        Ok(Self {
            file: file.to_owned(),
            reader,
            encoding,
            header,
            id: None,
            truth: None,
            sources: Vec::new(),
            record: csv::ByteRecord::new(),
            number: 0,
        })
    }

    /// Reads the next record; `false` at the end.
    ///
    /// # Errors
    /// When it is not CSV, or has cells for which there is no column.
    pub fn advance(&mut self) -> Result<bool, LinkError> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => self.number += 1,
            Ok(false) => return Ok(false),
            Err(error) => return Err(self.wrong(error.to_string())),
        }
        if self.reader.position().line().saturating_sub(self.line()) > MOST_LINES {
            return Err(self.wrong(format!("line {}: a quotation mark (\") is never closed", self.line())));
        }
        if self.record.iter().skip(self.header.len()).any(|cell| !cell.trim_ascii().is_empty()) {
            let (found, expected) = (self.record.len(), self.header.len());
            return Err(self.wrong(format!("line {}: {found} cells, expected {expected}", self.line())));
        }
        if self.encoding == Encoding::Open && !self.record.as_slice().is_ascii() {
            self.encoding = encoding_of(self.record.as_slice());
        }
        Ok(true)
    }

    /// Bytes of the file up to the record that was read last.
    pub fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The number of the record, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The line on which the record begins, from 1.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(self.number, csv::Position::line)
    }

    /// The record's own identifier; `None` when the configuration names no column for it.
    ///
    /// # Errors
    /// When it is not text.
    pub fn id(&self) -> Result<Option<Cow<'_, str>>, LinkError> {
        self.id.map(|at| self.cell(at)).transpose()
    }

    /// Whose record it truly is; `None` when the configuration names no column for it.
    ///
    /// # Errors
    /// When it is not text.
    pub fn truth(&self) -> Result<Option<Cow<'_, str>>, LinkError> {
        self.truth.map(|at| self.cell(at)).transpose()
    }

    /// The value of a field, by its number in the configuration.
    ///
    /// # Errors
    /// When it is not text.
    pub fn value(&self, field: usize) -> Result<Cow<'_, str>, LinkError> {
        let Some((cells, between)) = self.sources.get(field) else { return Ok(Cow::Borrowed("")) };
        if let [one] = cells[..] {
            return self.cell(one);
        }
        let mut joined = String::new();
        for (at, &cell) in cells.iter().enumerate() {
            if at > 0 {
                joined.push(*between);
            }
            joined.push_str(&self.cell(cell)?);
        }
        Ok(Cow::Owned(joined))
    }

    /// The values of all fields.
    ///
    /// # Errors
    /// When one is not text.
    pub fn values(&self) -> Result<Vec<String>, LinkError> {
        (0..self.sources.len()).map(|field| Ok(self.value(field)?.into_owned())).collect()
    }

    /// An error at this record.
    pub fn at_line(&self, problem: &str) -> LinkError {
        self.wrong(format!("line {}: {problem}", self.line()))
    }

    fn cell(&self, at: usize) -> Result<Cow<'_, str>, LinkError> {
        let bytes = self.record.get(at).unwrap_or_default();
        match decoded(bytes, self.encoding) {
            Some(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text.trim())),
            Some(Cow::Owned(text)) => Ok(Cow::Owned(text.trim().to_owned())),
            None => {
                let column = self.header.get(at).map_or("", String::as_str);
                Err(self.at_line(&format!("column “{column}”: not {}", self.encoding.name())))
            }
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name.trim())
    }

    fn must(&self, name: &str) -> Result<usize, LinkError> {
        self.place(name).ok_or_else(|| self.missing(name.to_owned()))
    }

    fn source(&self, field: &FieldConfig) -> Result<(Vec<usize>, char), LinkError> {
        let found = if field.parts.is_empty() {
            field.columns.iter().find_map(|column| self.place(column)).map(|at| vec![at])
        } else {
            field.parts.iter().map(|column| self.place(column)).collect()
        };
        let between = if field.kind == Kind::Date { '-' } else { ' ' };
        let tried = || [&field.columns[..], &field.parts[..]].concat().join(" / ");
        found.map(|cells| (cells, between)).ok_or_else(|| self.missing(tried()))
    }

    fn missing(&self, column: String) -> LinkError {
        LinkError::Column { file: self.file.clone(), column, found: self.header.join(", ") }
    }

    fn wrong(&self, problem: String) -> LinkError {
        LinkError::Row { file: self.file.clone(), problem }
    }
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Open | Self::Utf8 => "UTF-8",
            Self::Cp932 => "CP932",
        }
    }
}

/// The beginning of a file as far as one reading gives it, the first line whole: who types a question is answered at once.
fn beginning(input: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut begin = vec![0; LOOK];
    let mut filled = 0;
    while let Some(room) = begin.get_mut(filled..).filter(|room| !room.is_empty()) {
        let read = match input.read(room) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let line = room.get(..read).is_some_and(|new| new.contains(&b'\n'));
        filled += read;
        if read == 0 || line {
            break;
        }
    }
    begin.truncate(filled);
    Ok(begin)
}

/// What bytes are written in. Two half-width kana in CP932 may look like one letter of UTF-8, so all of them are asked.
fn encoding_of(bytes: &[u8]) -> Encoding {
    if bytes.is_ascii() {
        return Encoding::Open;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Encoding::Utf8,
        // Cut off within a letter.
        Err(error) if error.error_len().is_none() && bytes.len() - error.valid_up_to() < 4 => Encoding::Utf8,
        // A byte order mark, or UTF-8 for long: a letter that is none does not make it CP932.
        Err(_) if bytes.starts_with(&[0xef, 0xbb, 0xbf]) => Encoding::Utf8,
        Err(error) if bytes.get(..error.valid_up_to()).is_some_and(|b| !b.is_ascii() && b.len() > 4_096) => {
            Encoding::Utf8
        }
        Err(_) => Encoding::Cp932,
    }
}

fn decoded(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Cp932 if !bytes.is_ascii() => kotoba::cp932_decode(bytes).ok().map(Cow::Owned),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// What parts the cells of the first line: the most frequent of comma, tab and semicolon.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|b| **b == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// A header cell without byte order mark, quotes and spaces around.
fn header_cell(cell: &str) -> String {
    cell.trim_start_matches('\u{feff}').trim().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let field = |name: &str, kind, columns: &[&str], parts: &[&str]| FieldConfig {
            name: name.to_owned(),
            kind,
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            parts: parts.iter().map(|c| (*c).to_owned()).collect(),
        };
        Config {
            id: Some("id".to_owned()),
            field: vec![
                field("surname", Kind::NameJa, &["姓", "氏"], &[]),
                field("birth", Kind::Date, &[], &["年", "月"]),
            ],
            ..Config::default()
        }
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<String>)>, LinkError> {
        let mut rows = Rows::new("a.csv", &config(), bytes)?;
        let mut all = Vec::new();
        while rows.advance()? {
            all.push((rows.id()?.unwrap_or_default().into_owned(), rows.values()?));
        }
        Ok(all)
    }

    #[test]
    fn one_file_in_every_dress_is_one_file() {
        let text = "id,氏,年,月\n1,髙橋,1980,3\n2,,1981,\n";
        let expected = [
            ("1".to_owned(), vec!["髙橋".to_owned(), "1980-3".to_owned()]),
            ("2".to_owned(), vec![String::new(), "1981-".to_owned()]),
        ];
        let cp932 = kotoba::cp932_encode(text).bytes;
        let dresses = [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace(',', "\t").into_bytes(),
            text.replace(',', ";").into_bytes(),
            cp932,
        ];
        for dress in dresses {
            assert_eq!(read(&dress).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(told(b""), "a.csv: empty: expected a line with the names of the columns");
        assert_eq!(told("id,年,月\n".as_bytes()), "a.csv: no column “姓 / 氏”; it has: id, 年, 月");
        assert_eq!(told("id,氏,年,月\n1,a,2,3,4\n".as_bytes()), "a.csv: line 2: 5 cells, expected 4");
        assert_eq!(told(b"\xff\xfei\0d\0"), "a.csv: UTF-16: expected UTF-8 or CP932 (Shift_JIS)");
        let mut bytes = "\u{feff}id,氏,年,月\n1,髙橋,1980,3\n2,".as_bytes().to_vec();
        bytes.extend(b"\x93\x63\x92,1,2\n");
        assert_eq!(told(&bytes), "a.csv: line 3: column “氏”: not UTF-8");
        let open = format!("id,氏,年,月\n1,\"a,2,3\n{}", "2,b,2,3\n".repeat(200));
        assert_eq!(told(open.as_bytes()), "a.csv: line 2: a quotation mark (\") is never closed");
    }
}
