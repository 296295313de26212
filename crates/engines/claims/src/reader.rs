//! Reading a file of any size in bounded memory, claim by claim.

use std::io::{self, Read};

use memchr::memchr_iter;

use crate::read_error::ReadError;
use crate::{Charset, Record, Table};

/// Reads a file (or several, one after another in the same bytes) group by group: the institution's record, each claim
/// with all its lines, the bill at the end.
///
/// Bytes are not copied but into the buffer that they are read into, and not decoded. The groups' bytes one after another
/// are the file's, whatever it holds: line ends, the end-of-file mark, blank lines, unknown records. Memory is bounded by
/// the largest group, at most [`GROUP_LIMIT`].
pub struct Reader<R> {
    source: R,
    buffer: Vec<u8>,
    /// First byte of the group at hand.
    start: usize,
    /// First byte that was not looked at.
    scan: usize,
    filled: usize,
    at_end: bool,
    /// Number of the line at `scan`.
    line: u64,
    spans: Vec<Span>,
    ends: Vec<u32>,
    open: Option<Open>,
    file: FileState,
}

/// The most bytes of one line: the longest that the layouts know has 5,000.
pub const LINE_LIMIT: usize = 1 << 20;

/// The most bytes of one claim.
pub const GROUP_LIMIT: usize = 1 << 26;

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// The institution's record in front of its claims (`IR`, `YK`, `UK`, `HM`; `HI` of returned claims).
    Head,
    /// A claim: `RE` and what follows, with the records in front that belong to it alone.
    Receipt,
    /// The bill (`GO`, `HG`), with blank lines and the end-of-file mark behind it.
    Total,
    /// Lines that belong to none.
    Stray,
}

/// Lines that belong together.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    kind: GroupKind,
    bytes: &'a [u8],
    spans: &'a [Span],
    ends: &'a [u32],
    file: FileState,
}

impl<'a> Group<'a> {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> GroupKind {
        self.kind
    }

    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// By which specification its records are laid out.
    #[must_use]
    pub fn table(&self) -> Table {
        match self.file.table {
            Table::Medical if self.kind == GroupKind::Receipt && self.is_dpc() => Table::Dpc,
            table => table,
        }
    }

    /// The character set of the file as far as it was read.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.file.charset.unwrap_or_default()
    }

    /// Number of its first line.
    #[must_use]
    pub fn first_line(&self) -> u64 {
        self.spans.first().map_or(0, |span| span.line)
    }

    /// Its lines in order, blank ones and the end-of-file mark left out.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let (bytes, ends) = (self.bytes, self.ends);
        self.spans.iter().filter_map(move |span| {
            let text = bytes.get(span.start as usize..(span.start + span.length) as usize)?;
            let ends = ends.get(span.ends_from as usize..span.ends_to as usize)?;
            (!text.is_empty()).then(|| Record::new(span.line, text, ends, span.before()))
        })
    }

    /// The first record of this kind.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<Record<'a>> {
        self.records().find(|record| record.is(code))
    }

    /// How its lines end.
    #[must_use]
    pub fn line_ends(&self) -> LineEnds {
        let mut ends = LineEnds::default();
        for span in self.spans {
            match span.end {
                End::CrLf => ends.crlf += 1,
                End::Lf => ends.lf += 1,
                End::None => ends.none += 1,
            }
            ends.mark |= span.mark;
        }
        ends
    }

    /// A DPC hospital's claims are told by their records; those it sums up (総括) by the one-digit field 18.
    fn is_dpc(&self) -> bool {
        let summary = self.find("RE").is_some_and(|re| re.field(18).trimmed().len() == 1);
        summary
            || self
                .records()
                .any(|record| matches!(&record.code(), b"BU" | b"SB" | b"KK" | b"HH" | b"GT" | b"CD"))
    }
}

/// How lines end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineEnds {
    /// With CR and LF, as the specification asks.
    pub crlf: u64,
    /// With LF alone.
    pub lf: u64,
    /// Without: the last line of a file.
    pub none: u64,
    /// An end-of-file mark (0x1A) stands behind them.
    pub mark: bool,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    line: u64,
    /// From the beginning of the group.
    start: u32,
    /// Without the line end and the end-of-file mark.
    length: u32,
    ends_from: u32,
    ends_to: u32,
    end: End,
    mark: bool,
    managed: bool,
}

impl Span {
    fn before(&self) -> usize {
        if self.managed { 3 } else { 0 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    CrLf,
    Lf,
    None,
}

/// The group being gathered.
#[derive(Clone, Copy)]
struct Open {
    kind: GroupKind,
    /// Only records so far that may stand in front of a claim's `RE`.
    in_front: bool,
}

/// What the lines so far say of the file.
#[derive(Clone, Copy)]
struct FileState {
    table: Table,
    charset: Option<Charset>,
    /// Returned claims: each has an institution's record of its own, as those of dentists and those that agencies hand on.
    returned: bool,
    /// The claims themselves, not only their history, are on lines with 履歴管理情報.
    managed: bool,
}

impl<R: Read> Reader<R> {
    /// Reads from the beginning of a file.
    pub fn new(source: R) -> Self {
        let file = FileState { table: Table::Medical, charset: None, returned: false, managed: false };
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            scan: 0,
            filled: 0,
            at_end: false,
            line: 1,
            spans: Vec::new(),
            ends: Vec::new(),
            open: None,
            file,
        }
    }

    /// The next group; `None` at the end of the file.
    ///
    /// # Errors
    /// When the system cannot read; after [`ReadError::LineTooLong`] and [`ReadError::GroupTooLong`] the caller may go on.
    pub fn next_group(&mut self) -> Result<Option<Group<'_>>, ReadError> {
        self.start_anew();
        while let Some((end, line_end)) = self.line_end()? {
            if self.passes_on(end, line_end) {
                break;
            }
            if self.scan - self.start > GROUP_LIMIT {
                let line = self.line;
                self.open = None;
                return Err(ReadError::GroupTooLong { line });
            }
        }
        let Some(open) = self.open.take() else { return Ok(None) };
        let bytes = self.buffer.get(self.start..self.scan).unwrap_or_default();
        Ok(Some(Group { kind: open.kind, bytes, spans: &self.spans, ends: &self.ends, file: self.file }))
    }

    /// Forgets the group before.
    fn start_anew(&mut self) {
        self.start = self.scan;
        self.spans.clear();
        self.ends.clear();
    }

    /// Where the line at `scan` ends, and where the next begins; `None` when there is none.
    fn line_end(&mut self) -> Result<Option<(usize, usize)>, ReadError> {
        let mut looked = self.scan;
        loop {
            let fresh = self.buffer.get(looked..self.filled).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', fresh) {
                return Ok(Some((looked + found, looked + found + 1)));
            }
            looked = self.filled;
            if self.at_end {
                return Ok((self.scan < self.filled).then_some((self.filled, self.filled)));
            }
            if self.filled - self.scan > LINE_LIMIT {
                return Err(self.pass_over()?);
            }
            looked -= self.fill()?;
        }
    }

    /// Reads more behind what is there; says by how much everything moved to the front.
    fn fill(&mut self) -> Result<usize, ReadError> {
        let mut moved = 0;
        if self.buffer.len() - self.filled < CHUNK / 4 {
            moved = self.start;
            self.buffer.copy_within(self.start..self.filled, 0);
            self.start = 0;
            self.scan -= moved;
            self.filled -= moved;
            if self.buffer.len() - self.filled < CHUNK / 4 {
                self.buffer.resize((self.buffer.len() * 2).max(CHUNK), 0);
            }
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.source.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.at_end = read == 0;
        self.filled += read;
        Ok(moved)
    }

    /// Reads to the end of a line that is too long without keeping it.
    fn pass_over(&mut self) -> Result<ReadError, ReadError> {
        let error = ReadError::LineTooLong { line: self.line };
        self.line += 1;
        self.open = None;
        loop {
            let fresh = self.buffer.get(self.scan..self.filled).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', fresh) {
                self.scan += found + 1;
                break;
            }
            (self.start, self.scan, self.filled) = (0, 0, 0);
            self.fill()?;
            if self.at_end {
                break;
            }
        }
        self.start = self.scan;
        Ok(error)
    }

    /// Takes the line up to `end` into the group; true when the group ended before it.
    fn passes_on(&mut self, end: usize, next: usize) -> bool {
        let raw = self.buffer.get(self.scan..end).unwrap_or_default();
        let mut text = if next > end { raw.strip_suffix(b"\r").unwrap_or(raw) } else { raw };
        let line_end = match (next > end, text.len() < raw.len()) {
            (true, true) => End::CrLf,
            (true, false) => End::Lf,
            _ => End::None,
        };
        let mark = text.ends_with(&[MARK]);
        if mark {
            text = without_marks(text);
        }
        let bom = if self.line == 1 && text.starts_with(BOM) { BOM.len() } else { 0 };
        let shown = text.get(bom..).unwrap_or_default();
        let (code, managed) = kind_of(shown);
        let charset = match bom {
            0 => self.file.charset.or_else(|| Charset::of_line(shown)),
            _ => Some(Charset::Utf8),
        };
        let table = table_of(code, managed, shown);
        let (offset, length) = (self.scan - self.start + bom, small(shown.len()));
        let ends_from = self.ends.len();
        if !shown.is_empty() {
            self.ends.extend(memchr_iter(b',', shown).map(small));
            self.ends.push(length);
        }
        if self.begins_anew(code, managed, table) {
            self.ends.truncate(ends_from);
            return true;
        }
        self.file.charset = charset;
        let (start, ends_from) = (small(offset), small(ends_from));
        let ends_to = small(self.ends.len());
        self.spans.push(Span {
            line: self.line,
            start,
            length,
            ends_from,
            ends_to,
            end: line_end,
            mark,
            managed,
        });
        self.line += 1;
        self.scan = next;
        false
    }

    /// Whether the line begins a new group while another is open; opens its own where none is.
    fn begins_anew(&mut self, code: [u8; 2], managed: bool, table: Option<Table>) -> bool {
        let opens = self.opens(code, managed, table);
        match (self.open, opens) {
            (Some(_), Some(_)) => return true,
            (None, opens) => {
                self.open = Some(opens.unwrap_or(Open { kind: GroupKind::Stray, in_front: false }));
                self.learn(code, managed, table);
            }
            (Some(mut open), None) => {
                let primary = managed == self.file.managed;
                let in_front = primary && matches!(&code, b"MN" | b"IR" | b"YK" | b"HM");
                if primary && &code == b"RE" {
                    open.kind = GroupKind::Receipt;
                }
                open.in_front &= in_front;
                self.open = Some(open);
                self.learn(code, managed, table);
            }
        }
        false
    }

    /// The group that a line opens; `None` when it belongs to the one at hand.
    fn opens(&self, code: [u8; 2], managed: bool, table: Option<Table>) -> Option<Open> {
        let first_managed = self.line == 1 && managed;
        if managed != self.file.managed && !first_managed {
            return None;
        }
        let in_front = self.open.is_some_and(|open| open.in_front);
        let group = |kind, in_front| Some(Open { kind, in_front });
        match &code {
            b"UK" | b"HI" => group(GroupKind::Head, false),
            b"MN" => group(GroupKind::Receipt, true),
            b"IR" | b"YK" | b"HM" if in_front => None,
            b"IR" | b"YK" | b"HM" => {
                group(GroupKind::Head, managed || self.file.returned || table == Some(Table::Dental))
            }
            b"RE" if in_front => None,
            b"RE" => group(GroupKind::Receipt, false),
            b"GO" | b"HG" => group(GroupKind::Total, false),
            _ => None,
        }
    }

    /// Learns from a line what the file is.
    fn learn(&mut self, code: [u8; 2], managed: bool, table: Option<Table>) {
        if self.line == 1 && managed {
            self.file.managed = true;
        }
        if managed != self.file.managed {
            return;
        }
        self.file.table = table.unwrap_or(self.file.table);
        match &code {
            b"HI" => self.file.returned = true,
            b"GO" | b"HG" | b"UK" => self.file.returned = false,
            _ => {}
        }
    }
}

/// The table that an institution's record names; `None` of other records.
fn table_of(code: [u8; 2], managed: bool, text: &[u8]) -> Option<Table> {
    let before = if managed { 3 } else { 0 };
    let digit = |at: usize| text.split(|b| *b == b',').nth(at + before).unwrap_or_default();
    let named = |digit: &[u8]| match digit {
        b"3" => Table::Dental,
        b"4" => Table::Dispensing,
        b"6" => Table::Nursing,
        _ => Table::Medical,
    };
    match &code {
        b"UK" => Some(Table::Dental),
        b"IR" => Some(named(digit(3))),
        b"YK" => Some(Table::Dispensing),
        b"HM" => Some(Table::Nursing),
        b"HI" => Some(named(digit(4))),
        _ => None,
    }
}

/// The line without the end-of-file marks behind it.
fn without_marks(text: &[u8]) -> &[u8] {
    let kept = text.iter().rposition(|b| *b != MARK).map_or(0, |last| last + 1);
    text.get(..kept).unwrap_or_default()
}

/// The kind of a line and whether 履歴管理情報 stands before it: `1,12,0,RE,…`.
fn kind_of(text: &[u8]) -> ([u8; 2], bool) {
    let code =
        |field: &[u8]| <[u8; 2]>::try_from(field).ok().filter(|c| c.iter().all(u8::is_ascii_uppercase));
    let mut fields = text.splitn(5, |b| *b == b',');
    let first = fields.next().unwrap_or_default();
    if let Some(code) = code(first) {
        return (code, false);
    }
    let digits = |field: &[u8]| !field.is_empty() && field.len() <= 6 && field.iter().all(u8::is_ascii_digit);
    let managed = digits(first) && fields.next().is_some_and(digits) && fields.next().is_some_and(digits);
    match fields.next().and_then(code).filter(|_| managed) {
        Some(code) => (code, true),
        None => ([b' '; 2], false),
    }
}

/// Offsets within a group stay below [`GROUP_LIMIT`] and a line.
fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// How much is read at once.
const CHUNK: usize = 1 << 20;
/// End-of-file mark of DOS.
const MARK: u8 = 0x1A;
const BOM: &[u8] = b"\xEF\xBB\xBF";
