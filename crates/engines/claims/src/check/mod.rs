//! Checking a file without any server.
//!
//! Severities: an error is wrong whatever the edition of the specification and whoever wrote the file; a warning is
//! unusual, or against the letter where files that are paid differ from it (widths, check digits, codes that a table does
//! not have yet). DPC and 調剤 are checked as far as their layouts are verified: their sums are not rebuilt.

mod bill;
mod duplicates;
mod fields;
mod receipt;
mod sums;

use crate::layouts::{common::Bill, dental, dispensing, medical};
use crate::{
    Charset, Claim, Finding, Group, GroupKind, Layout, Month, Place, ReadError, Record, Rule, Severity, Table,
};
use bill::Tally;
use duplicates::Duplicates;

/// Checks a file group by group; memory does not grow with the file.
#[derive(Default)]
pub struct Checker {
    institution: Option<Heading>,
    /// The file has begun; what comes before an institution's record is then known to be wrong.
    begun: bool,
    tally: Tally,
    duplicates: Duplicates,
    /// レセプト番号 of the claim before.
    number: Option<u64>,
    last_line: u64,
    /// It was said that lines end with CR.
    told_of_cr: bool,
}

/// What an institution's record says of the claims behind it.
#[derive(Clone, Copy, Debug, Default)]
struct Heading {
    claimed: Option<Month>,
    /// マルチボリューム識別情報: 0 the first volume.
    volume: u64,
    /// Returned claims keep their old numbers.
    returned: bool,
    line: u64,
}

impl Checker {
    /// A checker at the beginning of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks the next group.
    pub fn group(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        self.line_ends(group, found);
        self.last_line = group.records().last().map_or(self.last_line, |record| record.line());
        match group.kind() {
            GroupKind::Head => self.head(group, found),
            GroupKind::Receipt => self.receipt(group, found),
            GroupKind::Total => self.total(group, found),
            GroupKind::Stray => {
                for record in group.records() {
                    let place = place(&record, None);
                    let line = shown(&record, group.charset());
                    let (en, ja) = strayed(record.text());
                    found(Finding::new(Severity::Error, Rule::Order, place).found(line).expected(en, ja));
                }
            }
        }
        self.begun = true;
    }

    /// We read lines that end with CR, as old Macintoshes write them; others do not.
    fn line_ends(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        if self.told_of_cr || group.line_ends().cr == 0 {
            return;
        }
        self.told_of_cr = true;
        let place = Place { line: group.first_line(), ..Place::default() };
        found(Finding::new(Severity::Warning, Rule::Line, place).found("CR").expected(
            "lines that end with CR and LF; they were read all the same",
            "行末はCR+LFであるべきです（このまま読み取りました）",
        ));
    }

    /// Takes note of what could not be read.
    pub fn unread(&mut self, error: &ReadError, found: &mut dyn FnMut(Finding)) {
        if let ReadError::LineTooLong { line } | ReadError::GroupTooLong { line } = error {
            let place = Place { line: *line, ..Place::default() };
            let limit = format!("at most {} bytes", crate::LINE_LIMIT);
            found(
                Finding::new(Severity::Error, Rule::Line, place)
                    .found(error.to_string())
                    .expected(limit, error.ja()),
            );
            self.tally.is_incomplete();
        }
    }

    /// Checks what only the end of the file shows.
    pub fn finish(&mut self, found: &mut dyn FnMut(Finding)) {
        self.close(found);
    }

    fn head(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        let heading = group.records().find_map(|record| heading(&record, group.table())).unwrap_or_default();
        if heading.volume == 0 {
            self.close(found);
            self.tally = Tally::default();
            self.number = None;
        }
        self.tally.begins(heading.volume);
        self.duplicates.institution(group, found);
        for record in group.records() {
            fields::check(&record, group.table(), group.charset(), None, found);
            institution_code(&record, found);
        }
        self.institution = Some(heading);
    }

    fn receipt(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        let Some(claim) = Claim::of(*group) else { return };
        let number = claim.number();
        let managed = claim.receipt().0.data_kind().is_some();
        if !self.begun && group.find("IR").is_none() && !managed {
            let place = place(&claim.receipt().0, number);
            found(Finding::new(Severity::Error, Rule::Missing, place).expected(
                "IR, UK or YK before the first claim",
                "最初のレセプトの前にIR、UKまたはYKが必要です",
            ));
        }
        let own = group.records().find_map(|record| heading(&record, group.table()));
        let heading = own.or(self.institution).unwrap_or_default();
        // The parts of a claim that a DPC hospital sums up have its number.
        let own_numbers = !managed && !claim.is_part();
        if own_numbers && !heading.returned && !self.institution.is_some_and(|i| i.returned) {
            self.sequence(&claim, found);
        }
        for record in claim.records() {
            fields::check(&record, claim.table(), claim.charset(), number, found);
        }
        receipt::check(&claim, heading.claimed, found);
        sums::check(&claim, found);
        self.duplicates.claim(&claim, found);
        self.tally.claim(&claim);
    }

    /// レセプト番号 counts from 1.
    fn sequence(&mut self, claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
        let Some(number) = claim.number() else { return };
        let expected = self.number.map_or(1, |before| before.saturating_add(1));
        if number != expected {
            let again = self.number.is_some_and(|before| number <= before);
            let severity = if again { Severity::Error } else { Severity::Warning };
            found(
                Finding::new(
                    severity,
                    Rule::Order,
                    field_place(&claim.receipt().0, Some(number), 1, "レセプト番号"),
                )
                .found(number.to_string())
                .expected(expected.to_string(), format!("{expected}であるべきです")),
            );
        }
        self.number = Some(number);
    }

    fn total(&mut self, group: &Group<'_>, found: &mut dyn FnMut(Finding)) {
        for record in group.records() {
            fields::check(&record, group.table(), group.charset(), None, found);
        }
        if let Some(bill) = group.records().find(|record| record.is("GO") || record.is("HG")) {
            self.tally.bill(&Bill(bill), group.table(), found);
        }
    }

    /// An institution's claims end with their bill.
    fn close(&mut self, found: &mut dyn FnMut(Finding)) {
        let Some(institution) = self.institution.take() else { return };
        if !self.tally.is_billed() {
            let place = Place { line: self.last_line.max(institution.line), ..Place::default() };
            found(
                Finding::new(Severity::Error, Rule::Missing, place)
                    .expected("GO after the last claim", "最後のレセプトの後にGOが必要です"),
            );
        }
    }
}

fn heading(record: &Record<'_>, table: Table) -> Option<Heading> {
    let (claimed, volume) = match &record.code() {
        b"IR" if table == Table::Dental && dental::is_named(record) => {
            (dental::NamedInstitution(*record).claimed(), None)
        }
        b"IR" if table == Table::Dental => (dental::Institution(*record).claimed(), None),
        b"IR" => {
            let institution = medical::Institution(*record);
            (institution.claimed(), institution.volume().number())
        }
        b"UK" => (dental::Reception(*record).claimed(), dental::Reception(*record).volume().number()),
        b"YK" => (dispensing::Pharmacy(*record).claimed(), dispensing::Pharmacy(*record).volume().number()),
        b"HI" => (record.field(2), record.field(7).number()),
        b"HM" => (record.field(6), None),
        _ => return None,
    };
    let returned = record.is("HI");
    Some(Heading { claimed: claimed.month(), volume: volume.unwrap_or(0), returned, line: record.line() })
}

/// The check digit of an institution's number, which covers prefecture and table too.
fn institution_code(record: &Record<'_>, found: &mut dyn FnMut(Finding)) {
    use codes::InstitutionCode;
    if !matches!(&record.code(), b"IR" | b"UK" | b"YK") {
        return;
    }
    let (prefecture, table, code) = (record.field(2), record.field(3), record.field(4));
    // Test data have no number: 0000000.
    if code.number().is_none_or(|number| number == 0) {
        return;
    }
    let text: Vec<u8> = [prefecture.trimmed(), table.trimmed(), code.trimmed()].concat();
    let parsed = std::str::from_utf8(&text).ok().and_then(|text| InstitutionCode::parse_warn(text).ok());
    if let Some((_, Some(warning))) = parsed {
        let digit = warning.expected_digit().unwrap_or_default();
        found(
            Finding::new(Severity::Warning, Rule::CheckDigit, field_place(record, None, 4, "医療機関コード"))
                .found(code.text(crate::Charset::ShiftJis))
                .expected(format!("check digit {digit}"), format!("検査数字は{digit}であるべきです")),
        );
    }
}

fn place(record: &Record<'_>, receipt: Option<u64>) -> Place {
    let code = record.code();
    let record_name = String::from_utf8_lossy(&code).trim().to_owned();
    Place { line: record.line(), receipt, record: record_name, field: None, name: None }
}

fn field_place(record: &Record<'_>, receipt: Option<u64>, at: usize, name: &'static str) -> Place {
    Place { field: Some(at), name: Some(name), ..place(record, receipt) }
}

/// The place of a field by its layout.
fn spec_place(record: &Record<'_>, table: Table, receipt: Option<u64>, at: usize) -> Place {
    let name = Layout::of_record(table, record).and_then(|layout| layout.field(at)).map(|field| field.name);
    Place { field: Some(at), name, ..place(record, receipt) }
}

/// The beginning of a line, for people.
fn shown(record: &Record<'_>, charset: Charset) -> String {
    let line = record.text();
    // A cut may fall into a character.
    let whole = (77..=80).rev().filter_map(|cut| charset.decode(line.get(..cut)?)).next();
    whole.unwrap_or_else(|| charset.decode_lossy(line.get(..80).unwrap_or(line))).into_owned()
}

/// What was expected of lines that belong to no institution: English, Japanese.
fn strayed(line: &[u8]) -> (&'static str, &'static str) {
    if line.starts_with(b"\"") {
        ("fields without quotation marks", "項目を引用符で囲まない形であるべきです")
    } else if line.contains(&b'\t') && !line.contains(&b',') {
        ("fields between commas, not tabs", "項目はタブではなくカンマで区切るべきです")
    } else {
        ("IR, UK or YK first", "先頭はIR、UKまたはYKであるべきです")
    }
}

/// How sure we are of a rule in a table: the layouts of DPC and 調剤 are not verified on a sample.
fn sure(table: Table) -> Severity {
    match table {
        Table::Medical | Table::Dental => Severity::Error,
        Table::Dpc | Table::Dispensing | Table::Nursing => Severity::Warning,
    }
}
