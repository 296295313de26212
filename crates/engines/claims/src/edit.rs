//! A claim being changed, and the files that changed claims are bound into.

use std::io::{self, Write};

use crate::{Charset, Claim, Group, Record, Table};

/// A record of its own, whose fields can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDraft {
    fields: Vec<Vec<u8>>,
}

impl RecordDraft {
    /// A copy of a record.
    #[must_use]
    pub fn of(record: &Record<'_>) -> Self {
        Self { fields: (0..record.len()).map(|at| record.field(at).bytes().to_vec()).collect() }
    }

    /// True when it is of this kind.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.field(0) == code.as_bytes()
    }

    /// A field; empty where the record is shorter.
    #[must_use]
    pub fn field(&self, at: usize) -> &[u8] {
        self.fields.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// A field as a number.
    #[must_use]
    pub fn number(&self, at: usize) -> Option<u64> {
        crate::Value(self.field(at)).number()
    }

    /// Sets a field; a record that is too short is filled up.
    pub fn set(&mut self, at: usize, value: impl Into<Vec<u8>>) {
        if self.fields.len() <= at {
            self.fields.resize(at + 1, Vec::new());
        }
        if let Some(field) = self.fields.get_mut(at) {
            *field = value.into();
        }
    }

    /// The line, with CR and LF.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = self.fields.join(&b',');
        line.extend_from_slice(b"\r\n");
        line
    }
}

/// A claim of its own, which can be changed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// By which specification it is laid out.
    pub table: Table,
    /// The character set of its texts.
    pub charset: Charset,
    /// Its records, an institution's record of its own (歯科) among them.
    pub records: Vec<RecordDraft>,
    /// 総括対象: a part of a DPC hospital's summed-up claim, which the bill does not count.
    pub is_part: bool,
}

impl Draft {
    /// A copy of a claim, without the history of a returned one and what an agency added.
    #[must_use]
    pub fn of(claim: &Claim<'_>) -> Self {
        let records = claim.records().map(|record| RecordDraft::of(&record)).collect();
        Self { table: claim.table(), charset: claim.charset(), records, is_part: claim.is_part() }
    }

    /// The first record of this kind.
    pub fn find(&mut self, code: &str) -> Option<&mut RecordDraft> {
        self.records.iter_mut().find(|record| record.is(code))
    }

    /// What the bill counts it as, and its points; nothing for a part of a claim that is summed up.
    fn counts(&self) -> (u64, u64) {
        if self.is_part {
            return (0, 0);
        }
        let payers = || self.records.iter().filter(|record| record.is("HO") || record.is("KO"));
        let main = self.records.iter().find(|r| r.is("HO")).or_else(|| payers().next());
        (payers().count() as u64, main.and_then(|record| record.number(5)).unwrap_or(0))
    }
}

/// Binds claims into a file: the institution's record before them, numbers from 1, the bill behind them.
pub struct Binder<W> {
    out: W,
    heading: Vec<RecordDraft>,
    /// By which specification the heading is laid out.
    table: Table,
    /// The heading is that of a claim.
    own_heads: bool,
    /// 審査支払機関 that the file goes to, where it is another than the institution's record says.
    agency: Option<u8>,
    number: u64,
    counted: u64,
    points: u64,
    total: u64,
}

impl<W: Write> Binder<W> {
    /// A file that goes to this agency (1 支払基金, 2 国保連合会); `None`: to the same as before.
    pub fn new(out: W, agency: Option<u8>) -> Self {
        Self {
            out,
            heading: Vec::new(),
            table: Table::Medical,
            own_heads: false,
            agency,
            number: 0,
            counted: 0,
            points: 0,
            total: 0,
        }
    }

    /// Claims of another institution follow.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn institution(&mut self, head: &Group<'_>) -> io::Result<()> {
        // A second volume goes on with the first one's numbers.
        let heading: Vec<RecordDraft> = head.records().map(|record| RecordDraft::of(&record)).collect();
        self.own_heads = false;
        self.begin(heading, head.table())
    }

    fn begin(&mut self, heading: Vec<RecordDraft>, table: Table) -> io::Result<()> {
        let whose =
            |records: &[RecordDraft]| records.first().map(|r| [1, 2, 3, 4].map(|at| r.field(at).to_vec()));
        if whose(&heading) != whose(&self.heading) {
            self.bill()?;
            self.heading = heading;
            self.table = table;
        }
        Ok(())
    }

    /// Adds a claim.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn claim(&mut self, mut draft: Draft) -> io::Result<()> {
        // What insurers get has no institution's record but that of each claim.
        if self.heading.is_empty() || self.own_heads {
            let is_head = |record: &mut RecordDraft| record.is("IR") || record.is("YK");
            let heading: Vec<RecordDraft> = draft.records.extract_if(.., is_head).collect();
            self.own_heads |= !heading.is_empty();
            self.begin(heading, draft.table)?;
        }
        if self.number == 0 {
            for mut record in self.heading.clone() {
                self.addressed(&mut record);
                if let Some(volume) = self.volume(&record) {
                    record.set(volume, "00");
                }
                self.out.write_all(&record.line())?;
            }
        }
        self.number += 1;
        self.total += 1;
        let number = self.number.to_string();
        if let Some(receipt) = draft.find("RE") {
            receipt.set(1, number);
        }
        let (counted, points) = draft.counts();
        self.counted += counted;
        self.points += points;
        for mut record in draft.records {
            if record.is("IR") {
                self.addressed(&mut record);
            }
            self.out.write_all(&record.line())?;
        }
        Ok(())
    }

    /// Writes the last bill; gives the file back with the number of claims in it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.bill()?;
        self.out.flush()?;
        Ok((self.out, self.total))
    }

    /// Where an institution's record says which volume follows.
    fn volume(&self, record: &RecordDraft) -> Option<usize> {
        match record.field(0) {
            b"IR" if self.table == Table::Dental => None,
            b"IR" => Some(8),
            b"YK" => Some(7),
            b"UK" => Some(9),
            _ => None,
        }
    }

    fn addressed(&self, record: &mut RecordDraft) {
        if let Some(agency) = self.agency {
            record.set(1, agency.to_string());
        }
    }

    fn bill(&mut self) -> io::Result<()> {
        if self.number > 0 {
            write!(self.out, "GO,{},{},99\r\n", self.counted, self.points)?;
        }
        (self.number, self.counted, self.points) = (0, 0, 0);
        Ok(())
    }
}
