//! A register (台帳): a kept index and the log of who belongs together, to which records arrive.
//!
//! An arriving record joins the entity in which its heaviest partner is, when that partner is heavy enough, no conflict speaks
//! against it and the mean weight to all records of that entity is above nothing known. It never joins two entities to one:
//! that other entities would fit as well is told, for a human to decide. So what a human took apart stays apart.
//!
//! Three things are kept: a snapshot of the index, a journal of the batches that came after it, and the log. A batch is one
//! frame of the journal and holds the lines that it adds to the log; who writes the frame first and the lines second loses
//! nothing that was said to be done, whenever the machine stops.

mod arrivals;
mod journal;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io::{self, BufRead, Read, Write},
};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use self::arrivals::{Decided, Near};
use self::journal::{Frame, MAGIC, frames};
use crate::{
    compare::Condition,
    entities::{Entities, Entry, Event},
    error::LinkError,
    index::{Index, Searcher},
    link::{Linkage, Scored},
    rows::Rows,
    snapshot::{self, Header, Rule},
};

/// A kept index with its entities.
#[derive(Debug)]
pub struct Register {
    index: Index,
    entities: Entities,
    rule: Rule,
    /// Columns of the table, as it was made with.
    columns: Vec<String>,
    conflicts: Vec<Condition>,
    /// Who decides, in the log: the digest of the model.
    by: String,
}

/// What was read from the three files.
#[derive(Debug)]
pub struct Opened {
    /// The register.
    pub register: Register,
    /// Bytes of the journal that count; behind them is what was cut off.
    pub journal: u64,
    /// Bytes of the log that count, without `missing`.
    pub log: u64,
    /// Lines that the journal has and the log had not yet: to be appended to it.
    pub missing: Vec<u8>,
    /// Records that are in the journal and not yet in the snapshot.
    pub outside: u64,
}

/// A batch of records that arrived: first the frame is to be made durable in the journal, then the lines in the log.
#[derive(Debug, Default)]
pub struct Batch {
    /// For the journal; empty when nothing is new.
    pub frame: Vec<u8>,
    /// For the log.
    pub lines: Vec<u8>,
    /// What was decided of each new record.
    pub decided: Vec<Decided>,
    /// Records that were there before, with the same values.
    pub known: u64,
}

impl Register {
    /// A register of the records and entities of a linkage, and the lines with which its log begins.
    ///
    /// # Errors
    /// When the linkage was one to one, or records have no identifiers or the same one.
    pub fn of(linkage: Linkage, at: &str) -> Result<(Self, Vec<u8>), LinkError> {
        if linkage.config.decision.one_to_one {
            return Err(limit(
                "one_to_one pairs off two files; a register is one list in which a person may be often",
                "one_to_oneは二つのファイルを対にする指定です。台帳では使えません",
            ));
        }
        if linkage.config.id.is_none() {
            return Err(limit(
                "a register needs the column of a record's identifier: --id",
                "台帳にはレコード番号の列が要ります：--id",
            ));
        }
        let rule = Rule {
            prior: linkage.prior,
            threshold: linkage.threshold,
            review_from: linkage.bands.review_from,
            sure_from: linkage.bands.link_from,
        };
        let columns = linkage.table.columns.iter().map(|column| column.name.clone()).collect();
        let links = spanning(&linkage);
        let index = Index::of(linkage)?;
        let mut register = Self::new(index, Entities::default(), rule, columns)?;
        let mut log = Vec::new();
        for record in 0..register.index.table.len() as u32 {
            let name = register.index.table.name(record).to_owned();
            if let Some(entity) = register.entities.of(&name) {
                return Err(LinkError::Limit {
                    problem: format!(
                        "record {}: the identifier “{name}” is that of record {entity} too",
                        record + 1
                    ),
                    ja: format!("{}件目：番号「{name}」は{entity}件目と同じです", record + 1),
                });
            }
            register.append(at, Event::Seen { record: name }, &mut log)?;
        }
        for link in links {
            let name = |record| register.index.table.name(record).to_owned();
            let event = Event::Link {
                a: name(link.b),
                b: name(link.a),
                bits: link.weight + rule.prior,
                by: register.by.clone(),
            };
            register.append(at, event, &mut log)?;
        }
        Ok((register, log))
    }

    fn new(index: Index, entities: Entities, rule: Rule, columns: Vec<String>) -> Result<Self, LinkError> {
        let conflicts = index.config.conflict.iter();
        let conflicts =
            conflicts.map(|text| Condition::new("conflict", text, &index.table)).collect::<Result<_, _>>()?;
        let digest = HEXLOWER.encode(&Sha256::digest(index.model.to_json()));
        let by = format!("model {}", digest.get(..12).unwrap_or_default());
        Ok(Self { index, entities, rule, columns, conflicts, by })
    }

    /// Reads a register from its three files.
    ///
    /// # Errors
    /// When one is damaged, or they do not belong together.
    pub fn open(snapshot: impl Read, journal: impl Read, log: impl BufRead) -> Result<Opened, LinkError> {
        let (header, table) = snapshot::read("index", snapshot)?;
        let mut entities = Entities::read(log)?;
        if entities.events() < header.events {
            let problem = format!("{} events, the index knows {}", entities.events(), header.events);
            return Err(LinkError::Damaged { what: "log".to_owned(), problem });
        }
        let index = Index::new(header.config, table, header.model)?;
        let (frames, journal) = frames(journal)?;
        let logged = entities.bytes();
        let (mut missing, mut late) = (Vec::new(), Vec::new());
        for frame in frames {
            let Some(done) = entities.events().checked_sub(frame.events) else {
                let problem = format!("{} events, the journal follows {}", entities.events(), frame.events);
                return Err(LinkError::Damaged { what: "log".to_owned(), problem });
            };
            for line in frame.lines.iter().skip(done as usize) {
                entities.take(line.as_bytes())?;
                missing.extend_from_slice(line.as_bytes());
            }
            // What the snapshot holds already is skipped.
            let skip = header.records.saturating_sub(frame.first) as usize;
            late.extend(frame.records.into_iter().skip(skip));
        }
        let outside = late.len() as u64;
        let mut register = Self::new(index, entities, header.rule, header.columns)?;
        register.take(late);
        register.check()?;
        Ok(Opened { register, journal, log: logged, missing, outside })
    }

    /// Records of index and log are the same in the same order.
    fn check(&self) -> Result<(), LinkError> {
        let (table, entities) = (&self.index.table, &self.entities);
        let problem = if table.len() != entities.records() {
            format!("{} records, the log has seen {}", table.len(), entities.records())
        } else if let Some(record) = (0..table.len() as u32).find(|r| table.name(*r) != entities.name(*r)) {
            format!(
                "record {} is “{}”, in the log “{}”",
                record + 1,
                table.name(record),
                entities.name(record)
            )
        } else {
            return Ok(());
        };
        Err(LinkError::Damaged { what: "index and journal".to_owned(), problem })
    }

    /// Writes a snapshot; the journal may be emptied when it is durable.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn snapshot(&self, out: &mut impl Write) -> io::Result<()> {
        let table = &self.index.table;
        let header = Header {
            config: self.index.config.clone(),
            model: self.index.model.clone(),
            rule: self.rule,
            columns: self.columns.clone(),
            joint_seeds: table.joints.iter().map(|joint| joint.parts().1).collect(),
            records: table.len() as u64,
            events: self.entities.events(),
        };
        snapshot::write(&header, table, out)
    }

    /// What an empty journal begins with.
    pub fn empty_journal() -> &'static [u8] {
        MAGIC
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Who belongs together.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The records nearest to values (field name, text), with their entities; the nearest first.
    pub fn find(
        &self,
        searcher: &mut Searcher<'_>,
        values: &[(&str, &str)],
        at_least: f64,
        most: usize,
    ) -> Vec<Near> {
        let found = searcher.find(values, at_least, most);
        found.into_iter().map(|found| self.near(found.record, found.bits - self.rule.prior)).collect()
    }

    /// Takes the records of a file in: all of them, or with an error none.
    ///
    /// # Errors
    /// When a line cannot be read, has no identifier, or one that another record has.
    pub fn add<R: Read>(&mut self, rows: &mut Rows<R>, at: &str) -> Result<Batch, LinkError> {
        let mut batch = Batch::default();
        let mut lines: HashMap<String, u64> = HashMap::new();
        let mut records: Vec<(String, Vec<String>)> = Vec::new();
        while rows.advance()? {
            let id = rows.id()?.unwrap_or_default().into_owned();
            if id.is_empty() {
                return Err(rows.at_line("no identifier"));
            }
            let values = rows.values()?;
            if let Some(known) = self.entities.number(&id) {
                if !self.same(known, &values) {
                    return Err(rows.at_line(&format!("record “{id}” is there already, with other values")));
                }
                batch.known += 1;
                continue;
            }
            if let Some(line) = lines.insert(id.clone(), rows.line()) {
                return Err(rows.at_line(&format!("record “{id}” is in line {line} too")));
            }
            records.push((id, values));
        }
        if records.is_empty() {
            return Ok(batch);
        }
        let (first, events) = (self.index.table.len() as u64, self.entities.events());
        self.take(records.clone());
        self.decide(first as u32, at, &mut batch)?;
        let lines = String::from_utf8_lossy(&batch.lines).split_inclusive('\n').map(str::to_owned).collect();
        batch.frame = Frame { first, events, records, lines }.bytes();
        Ok(batch)
    }

    /// Writes down what a human decided: lines for the log.
    ///
    /// # Errors
    /// When the records were never seen, or are not of one entity.
    pub fn decide_by_hand(&mut self, at: &str, event: Event) -> Result<(u64, Vec<u8>), LinkError> {
        let mut lines = Vec::new();
        let entity = self.append(at, event, &mut lines)?;
        Ok((entity, lines))
    }

    fn append(&mut self, at: &str, event: Event, lines: &mut Vec<u8>) -> Result<u64, LinkError> {
        self.entities.append(&Entry { at: at.to_owned(), event }, lines)
    }

    fn take(&mut self, records: Vec<(String, Vec<String>)>) {
        let fields: Vec<String> = self.index.config.field.iter().map(|field| field.name.clone()).collect();
        self.index.extend(records.iter().map(|(name, values)| {
            (
                name.as_str(),
                fields.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect(),
            )
        }));
    }

    /// Whether a kept record has these values, in the form in which they are compared.
    fn same(&self, record: u32, values: &[String]) -> bool {
        let table = &self.index.table;
        let names = self.index.config.field.iter().map(|field| field.name.as_str());
        let values: Vec<(&str, &str)> = names.zip(values.iter().map(String::as_str)).collect();
        table.probe(&values).row == table.row(record)
    }
}

/// Of the links within entities those that hold each together: the heaviest that join what is not joined yet.
fn spanning(linkage: &Linkage) -> Vec<Scored> {
    let mut links: Vec<&Scored> = linkage.links.iter().collect();
    links.sort_by(|x, y| y.weight.total_cmp(&x.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    let mut groups = crate::cluster::Groups::new(linkage.table.len());
    let mut chosen: Vec<Scored> = Vec::new();
    for link in links {
        let (x, y) = (groups.root(link.a), groups.root(link.b));
        if x != y {
            groups.join(x, y);
            chosen.push(*link);
        }
    }
    chosen.sort_unstable_by_key(|link| (link.b, link.a));
    chosen
}

fn limit(problem: &str, ja: &str) -> LinkError {
    LinkError::Limit { problem: problem.to_owned(), ja: ja.to_owned() }
}
