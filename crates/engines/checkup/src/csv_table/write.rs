//! Documents as lines.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use super::{COLUMNS, Cells};
use crate::{
    items,
    model::{Document, Observation, Value},
    oid,
};

/// Writes documents as lines.
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
    documents: usize,
}

impl<W: Write> CsvWriter<W> {
    /// A table with its line of names.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(out: W) -> Result<Self, csv::Error> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Self { out, documents: 0 })
    }

    /// The lines of one document.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, document: &Document) -> Result<(), csv::Error> {
        self.documents += 1;
        let head = head(document, self.documents);
        let mut group = 0;
        let mut lines = Vec::new();
        for section in &document.sections {
            for observation in &section.observations {
                if !observation.related.is_empty() {
                    group += 1;
                }
                flatten(observation, None, &section.code.code, group, &mut lines);
            }
        }
        if lines.is_empty() {
            lines.push(HashMap::new());
        }
        for line in lines {
            let cell = |column: &&str| head.get(column).or(line.get(column)).cloned().unwrap_or_default();
            self.out.write_record(COLUMNS.iter().map(cell))?;
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        self.out.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

fn head(document: &Document, number: usize) -> Cells {
    let person = &document.person;
    let id = |root: &str| person.id(root).unwrap_or_default().to_owned();
    let ticket = document.ticket.as_ref();
    let address = person.address.as_ref();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    HashMap::from([
        ("document", number.to_string()),
        ("report", document.report.code.clone()),
        ("program", document.program.code.clone()),
        ("created", document.created.clone()),
        ("date", document.date.clone()),
        ("institution", document.performer.id(oid::INSTITUTION).unwrap_or_default().to_owned()),
        ("institution_name", text(document.performer.name.as_ref())),
        ("insurer", id(oid::INSURER)),
        ("symbol", id(oid::SYMBOL)),
        ("number", id(oid::NUMBER)),
        ("branch", id(oid::BRANCH)),
        ("new_insurer", id(oid::NEW_INSURER)),
        ("new_symbol", id(oid::NEW_SYMBOL)),
        ("new_number", id(oid::NEW_NUMBER)),
        ("new_branch", id(oid::NEW_BRANCH)),
        ("name", text(person.name.as_ref())),
        ("sex", person.sex.code.clone()),
        ("birth", person.birth.clone()),
        ("postal_code", text(address.and_then(|address| address.postal_code.as_ref()))),
        ("address", address.map(|address| address.text.clone()).unwrap_or_default()),
        ("ticket", ticket.and_then(|t| t.ids.first()).map(|id| id.extension.clone()).unwrap_or_default()),
        ("ticket_until", text(ticket.and_then(|ticket| ticket.until.as_ref()))),
    ])
}

/// One line an item; those of a group carry its number and their relation to it.
fn flatten(
    observation: &Observation,
    relation: Option<&str>,
    section: &str,
    group: usize,
    lines: &mut Vec<Cells>,
) {
    if !observation.is_group() {
        let mut line = cells(observation);
        line.insert("section", section.to_owned());
        if relation.is_some() || !observation.related.is_empty() {
            line.insert("group", group.to_string());
            line.insert("relation", relation.unwrap_or("COMP").to_owned());
        }
        lines.push(line);
    }
    for related in &observation.related {
        flatten(&related.observation, Some(&related.relation), section, group, lines);
    }
}

fn cells(observation: &Observation) -> Cells {
    let name = items::item(&observation.code.code).map(|item| item.name.clone());
    let mut line = HashMap::from([
        ("item", observation.code.code.clone()),
        ("item_name", observation.code.name.clone().or(name).unwrap_or_default()),
        ("time", observation.time.clone().unwrap_or_default()),
        ("method", observation.method.as_ref().map(|method| method.code.clone()).unwrap_or_default()),
        ("doctor", observation.author.clone().unwrap_or_default()),
        (
            "interpretation",
            observation.interpretations.first().map(|code| code.code.clone()).unwrap_or_default(),
        ),
    ]);
    if let Some(range) = &observation.range {
        line.insert("low", range.low.clone().unwrap_or_default());
        line.insert("high", range.high.clone().unwrap_or_default());
    }
    match &observation.value {
        Some(Value::Quantity { value, unit }) => {
            line.extend([("type", "PQ".to_owned()), ("value", value.clone()), ("unit", unit.clone())]);
        }
        Some(Value::Coded { code, ordinal }) => {
            let name =
                code.name.clone().or_else(|| items::meaning(&code.system, &code.code).map(str::to_owned));
            line.extend([
                ("type", if *ordinal { "CO" } else { "CD" }.to_owned()),
                ("value", code.code.clone()),
                ("value_system", code.system.clone()),
                ("value_name", name.unwrap_or_default()),
            ]);
        }
        Some(Value::Text { text }) => line.extend([("type", "ST".to_owned()), ("value", text.clone())]),
        Some(Value::Missing { kind, flavour }) => {
            line.extend([("type", kind.clone()), ("state", format!("missing:{flavour}"))]);
        }
        None => {}
    }
    if observation.not_done {
        line.insert("state", "not-done".to_owned());
    }
    line
}
