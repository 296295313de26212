//! Reading a file of any size in bounded memory, claim by claim.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2_iter};

use crate::line_kind::{BOM, LOOK_AHEAD, MARK, begins_record, kind_of, table_of, without};
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
    /// Lines end with CR, as old Macintoshes wrote them; `None` until the first line has ended.
    by_cr: Option<bool>,
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
                End::Cr => ends.cr += 1,
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
    /// With CR alone: as old Macintoshes wrote them.
    pub cr: u64,
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
    Cr,
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
    /// Each claim has an institution's record of its own: returned ones, and those of dentists behind `UK`.
    own_heads: bool,
    /// The claims themselves, not only their history, are on lines with 履歴管理情報.
    managed: bool,
}

impl<R: Read> Reader<R> {
    /// Reads from the beginning of a file.
    pub fn new(source: R) -> Self {
        let file = FileState { table: Table::Medical, charset: None, own_heads: false, managed: false };
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            scan: 0,
            filled: 0,
            at_end: false,
            line: 1,
            by_cr: None,
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
            if let Some((end, next)) = self.break_behind(looked) {
                return Ok(Some((end, next)));
            }
            looked = self.filled;
            if self.at_end {
                return Ok((self.scan < self.filled).then_some((self.filled, self.filled)));
            }
            if self.filled - self.scan > LINE_LIMIT {
                return Err(self.pass_over()?);
            }
            if self.by_cr != Some(false) {
                // What a CR is shows in the bytes behind it.
                looked = self.filled.saturating_sub(LOOK_AHEAD).max(self.scan);
            }
            looked -= self.fill()?;
        }
    }

    /// The first line end from `from` on: the byte that ends the line, and where the next one begins.
    fn break_behind(&mut self, from: usize) -> Option<(usize, usize)> {
        let fresh = self.buffer.get(from..self.filled).unwrap_or_default();
        if self.by_cr == Some(false) {
            return memchr(b'\n', fresh).map(|found| (from + found, from + found + 1));
        }
        for found in memchr2_iter(b'\r', b'\n', fresh) {
            let behind = fresh.get(found + 1..).unwrap_or_default();
            match (fresh.get(found), behind) {
                (Some(b'\n'), _) => self.by_cr = self.by_cr.or(Some(false)),
                (_, [b'\n', ..]) => {
                    self.by_cr = self.by_cr.or(Some(false));
                    return Some((from + found + 1, from + found + 2));
                }
                _ if behind.len() < LOOK_AHEAD && !self.at_end => return None,
                // The first line decides: a CR ends it when a record follows, or nothing.
                _ if self.by_cr == Some(true) || begins_record(behind) => self.by_cr = Some(true),
                _ => continue,
            }
            return Some((from + found, from + found + 1));
        }
        None
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
            let ends_line = if self.by_cr == Some(true) { b'\r' } else { b'\n' };
            let fresh = self.buffer.get(self.scan..self.filled).unwrap_or_default();
            if let Some(found) = memchr(ends_line, fresh) {
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
        let ended_by = if next > end { self.buffer.get(end) } else { None };
        // Some programs write CR CR LF.
        let mut text = if ended_by.is_some() { without(raw, b'\r') } else { raw };
        let line_end = match (ended_by, text.len() < raw.len()) {
            (Some(b'\n'), true) => End::CrLf,
            (Some(b'\n'), false) => End::Lf,
            (Some(_), _) => End::Cr,
            (None, _) => End::None,
        };
        let mark = text.ends_with(&[MARK]);
        if mark {
            text = without(text, MARK);
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
        let opens = self.opens(code, managed);
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
    fn opens(&self, code: [u8; 2], managed: bool) -> Option<Open> {
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
            b"IR" | b"YK" | b"HM" => group(GroupKind::Head, managed || self.file.own_heads),
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
            b"HI" | b"UK" => self.file.own_heads = true,
            b"GO" | b"HG" => self.file.own_heads = false,
            _ => {}
        }
    }
}

/// Offsets within a group stay below [`GROUP_LIMIT`] and a line.
fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// How much is read at once.
const CHUNK: usize = 1 << 20;
