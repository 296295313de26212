//! Lines as documents.

use std::{
    collections::HashMap,
    io::{self, Read},
};

use csv::ByteRecord;

use super::{COLUMNS, Cells, NUMBERS};
use crate::{
    finding::{Finding, Rule},
    items::{self, ItemKind},
    model::{
        Address, Code, Document, Identifier, Observation, Organisation, Range, Related, Section, Ticket,
        Value,
    },
    oid,
};

/// Reads documents from lines.
pub struct CsvReader<R: Read> {
    table: csv::Reader<Bounded<R>>,
    columns: HashMap<&'static str, usize>,
    ahead: Option<ByteRecord>,
    findings: Vec<Finding>,
}

impl<R: Read> CsvReader<R> {
    /// A table, its line of names read.
    ///
    /// # Errors
    /// When the first line cannot be read, or lacks a column that every line needs.
    pub fn new(input: R) -> Result<Self, Finding> {
        let bounded = Bounded { input, since: 0 };
        let mut table = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bounded);
        let mut names = ByteRecord::new();
        table.read_byte_record(&mut names).map_err(|error| unreadable(&error))?;
        let mut columns = HashMap::new();
        let mut findings = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let name = text(name).unwrap_or_default();
            let name = name.trim_start_matches('\u{FEFF}').trim();
            match COLUMNS.iter().find(|column| **column == name) {
                Some(column) => {
                    columns.insert(*column, at);
                }
                None => findings.push(
                    Finding::error(
                        Rule::Table,
                        name.chars().take(40).collect::<String>(),
                        "a column that is not known: passed over",
                        "知らない列です（読みません）",
                    )
                    .warning(),
                ),
            }
        }
        for needed in ["insurer", "number", "sex", "birth", "date", "item", "value"] {
            if !columns.contains_key(needed) {
                return Err(Finding::error(
                    Rule::Table,
                    needed,
                    format!("the column {needed} is missing from the first line"),
                    format!("1行目に列 {needed} がありません"),
                ));
            }
        }
        Ok(Self { table, columns, ahead: None, findings })
    }

    /// What was passed over so far.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// The next document.
    ///
    /// # Errors
    /// The line that cannot be read; nothing is read behind it.
    pub fn next_document(&mut self) -> Result<Option<Document>, Finding> {
        let Some(first) = self.next_line()? else { return Ok(None) };
        let first = self.line(&first)?;
        let mut document = first.head();
        let mut last_group = None;
        add(&mut document, &first, &mut last_group);
        while let Some(record) = self.next_line()? {
            let line = self.line(&record)?;
            if line.key() != first.key() {
                self.ahead = Some(record);
                break;
            }
            add(&mut document, &line, &mut last_group);
        }
        Ok(Some(document))
    }

    fn next_line(&mut self) -> Result<Option<ByteRecord>, Finding> {
        if let Some(record) = self.ahead.take() {
            return Ok(Some(record));
        }
        let mut record = ByteRecord::new();
        match self.table.read_byte_record(&mut record) {
            Ok(true) => Ok(Some(record)),
            Ok(false) => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }

    fn line(&self, record: &ByteRecord) -> Result<Line, Finding> {
        let mut cells = HashMap::new();
        for (column, at) in &self.columns {
            let Some(field) = record.get(*at).filter(|field| !field.is_empty()) else { continue };
            let Some(text) = text(field) else {
                let line = record.position().map_or(0, csv::Position::line);
                let mut finding = Finding::error(
                    Rule::Table,
                    *column,
                    format!("line {line}: the bytes are neither UTF-8 nor Shift_JIS"),
                    format!("{line}行目：UTF-8 でも Shift_JIS でもありません"),
                );
                finding.place.line = usize::try_from(line).unwrap_or(0);
                return Err(finding);
            };
            cells.insert(*column, text.trim().to_owned());
        }
        Ok(Line { cells })
    }
}

struct Line {
    cells: Cells,
}

impl Line {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    fn some(&self, column: &str) -> Option<String> {
        Some(self.get(column).to_owned()).filter(|text| !text.is_empty())
    }

    /// What the lines of one document have in common.
    fn key(&self) -> [&str; 5] {
        ["document", "insurer", "symbol", "number", "date"].map(|column| self.get(column))
    }

    fn head(&self) -> Document {
        let ids =
            NUMBERS.iter().filter_map(|(column, root)| Some(Identifier::new(*root, self.some(column)?)));
        let institution = Organisation {
            ids: self
                .some("institution")
                .map(|number| Identifier::new(oid::INSTITUTION, number))
                .into_iter()
                .collect(),
            name: self.some("institution_name"),
            ..Organisation::default()
        };
        let mut document = Document {
            report: Code::new(self.some("report").unwrap_or_else(|| "10".to_owned()), oid::REPORT),
            program: Code::new(self.some("program").unwrap_or_else(|| "010".to_owned()), oid::PROGRAM),
            created: self.some("created").unwrap_or_else(|| self.get("date").to_owned()),
            date: self.get("date").to_owned(),
            author: institution.clone(),
            performer: institution,
            ..Document::default()
        };
        document.authored.clone_from(&document.created);
        document.person.ids = ids.collect();
        document.person.name = self.some("name");
        document.person.sex = Code::new(self.get("sex"), oid::SEX);
        document.person.birth = self.get("birth").to_owned();
        let (postal_code, address) = (self.some("postal_code"), self.some("address"));
        if postal_code.is_some() || address.is_some() {
            document.person.address = Some(Address { postal_code, text: address.unwrap_or_default() });
        }
        document.ticket = self.some("ticket").map(|number| Ticket {
            kind: Code::new("1", oid::TICKET_KIND),
            ids: vec![Identifier::new(oid::TICKET, number)],
            until: self.some("ticket_until"),
            insurer: self.some("insurer").map(|number| Identifier::new(oid::INSURER, number)),
        });
        document
    }

    fn observation(&self) -> Option<Observation> {
        let code = self.some("item")?;
        let item = items::item(&code);
        let kind = item.map_or(ItemKind::Text, |item| item.kind);
        let stated = self.get("type");
        let kind = match stated {
            "PQ" => ItemKind::Quantity,
            "CD" => ItemKind::Coded,
            "CO" => ItemKind::Ordinal,
            "ST" => ItemKind::Text,
            _ => kind,
        };
        let text = self.some("value");
        let unit = || {
            let own = item.map(|item| item.ucum.clone()).filter(|ucum| ucum != "1");
            self.some("unit").or(own).unwrap_or_default()
        };
        let system =
            || self.some("value_system").or(item.map(|item| item.system.clone())).unwrap_or_default();
        let value = text.map(|text| match kind {
            ItemKind::Quantity => Value::Quantity { value: text, unit: unit() },
            ItemKind::Coded | ItemKind::Ordinal => Value::Coded {
                code: Code { code: text, system: system(), name: None },
                ordinal: kind == ItemKind::Ordinal,
            },
            ItemKind::Text => Value::Text { text },
        });
        let missing = self.get("state").strip_prefix("missing:").map(|flavour| Value::Missing {
            kind: if stated.is_empty() { "ST" } else { stated }.to_owned(),
            flavour: flavour.to_owned(),
        });
        let (low, high) = (self.some("low"), self.some("high"));
        let range = (low.is_some() || high.is_some()).then(|| Range { low, high, unit: unit() });
        Some(Observation {
            code: Code { code, system: oid::ITEM.to_owned(), name: None },
            not_done: self.get("state") == "not-done",
            value: value.or(missing),
            time: self.some("time"),
            interpretations: self
                .some("interpretation")
                .map(|flag| Code::new(flag, oid::INTERPRETATION))
                .into_iter()
                .collect(),
            method: self.some("method").map(|method| Code::new(method, oid::METHOD)),
            author: self.some("doctor"),
            range,
            related: Vec::new(),
        })
    }
}

/// Adds a line's item to its section, and to the group of the line before if it says so.
fn add(document: &mut Document, line: &Line, last_group: &mut Option<String>) {
    let Some(observation) = line.observation() else { return };
    let code = line.some("section").unwrap_or_else(|| "01010".to_owned());
    if document.sections.last().is_none_or(|section| section.code.code != code) {
        let name = items::meaning(oid::SECTION, &code).map(str::to_owned);
        let code = Code { code, system: oid::SECTION.to_owned(), name: name.clone() };
        document.sections.push(Section { code, title: name, observations: Vec::new() });
        *last_group = None;
    }
    let Some(section) = document.sections.last_mut() else { return };
    let group = line.some("group");
    let Some(group) = group else {
        *last_group = None;
        return section.observations.push(observation);
    };
    let related =
        Related { relation: line.some("relation").unwrap_or_else(|| "COMP".to_owned()), observation };
    match section.observations.last_mut().filter(|_| *last_group == Some(group.clone())) {
        Some(open) => open.related.push(related),
        None => section.observations.push(Observation { related: vec![related], ..Observation::default() }),
    }
    *last_group = Some(group);
}

/// A field's text in either encoding.
fn text(field: &[u8]) -> Option<String> {
    match std::str::from_utf8(field) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => kotoba::cp932_decode(field).ok(),
    }
}

fn unreadable(error: &csv::Error) -> Finding {
    let line = error.position().map_or(0, csv::Position::line);
    let mut finding = Finding::error(
        Rule::Table,
        "",
        format!("the table cannot be read: {error}"),
        format!("表が読めません（{error}）"),
    );
    finding.place.line = usize::try_from(line).unwrap_or(0);
    finding
}

/// Input in which no line may be endless.
struct Bounded<R> {
    input: R,
    since: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let new = buffer.get(..read).unwrap_or_default();
        self.since = match new.iter().rposition(|b| *b == b'\n') {
            Some(at) => read - at - 1,
            None => self.since + read,
        };
        if self.since > LINE {
            return Err(io::Error::other(format!("a line is longer than {LINE} bytes")));
        }
        Ok(read)
    }
}

/// Bytes of one line at most.
const LINE: usize = 1 << 20;
