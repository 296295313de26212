//! A message and its parts.

use std::borrow::Cow;

use super::{Charset, Hl7Error, Place, Problem, charset};

/// What a reader accepts at most; more is refused before it costs anything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the message.
    pub bytes: usize,
    /// Segments.
    pub segments: usize,
}

impl Default for Limits {
    /// 16 MiB and 100,000 segments: a year of one patient's laboratory results is below a tenth of it.
    fn default() -> Self {
        Self { bytes: 16 << 20, segments: 100_000 }
    }
}

/// The five marks that MSH-1 and MSH-2 choose (HL7 v2.5 §2.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// Between fields: `|`.
    pub field: char,
    /// Between components: `^`.
    pub component: char,
    /// Between repetitions: `~`.
    pub repetition: char,
    /// Around an escape: `\`.
    pub escape: char,
    /// Between subcomponents: `&`.
    pub subcomponent: char,
}

impl Default for Delimiters {
    fn default() -> Self {
        Self { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' }
    }
}

/// A message (メッセージ): its text, and where its segments lie.
#[derive(Debug, Clone)]
pub struct Message {
    text: String,
    segments: Vec<(usize, usize)>,
    delimiters: Delimiters,
    charset: Charset,
}

impl Message {
    /// Reads a message within the default [`Limits`].
    ///
    /// # Errors
    /// [`Hl7Error`] with the segment and field.
    pub fn parse(bytes: &[u8]) -> Result<Self, Hl7Error> {
        Self::parse_within(bytes, &Limits::default())
    }

    /// Reads a message. Segments may end in CR, LF or both; empty lines, a byte order mark and the frame marks of MLLP
    /// are passed over.
    ///
    /// # Errors
    /// [`Hl7Error`] with the segment and field.
    pub fn parse_within(bytes: &[u8], limits: &Limits) -> Result<Self, Hl7Error> {
        if bytes.len() > limits.bytes {
            return Err(whole(Problem::TooLong(limits.bytes)));
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let bytes = bytes.strip_prefix(b"\x0B").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\x1C\r").or(bytes.strip_suffix(b"\x1C")).unwrap_or(bytes);
        let (text, charset) = charset::decode(bytes)?;
        let delimiters = delimiters(&text)?;
        let segments = segments(&text, delimiters, limits)?;
        let message = Self { text, segments, delimiters, charset };
        let header = message.segments().next().ok_or_else(|| whole(Problem::NoHeader))?;
        for name in header.field(18).repetitions() {
            if !charset::is_known(name.raw().trim()) {
                return Err(header.wrong(18, Problem::Charset(name.raw().chars().take(40).collect())));
            }
        }
        Ok(message)
    }

    /// The segments in their order, the header first.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments.iter().enumerate().map(|(index, (from, to))| Segment {
            text: self.text.get(*from..*to).unwrap_or_default(),
            number: index + 1,
            delimiters: self.delimiters,
        })
    }

    /// The first segment of a name.
    pub fn first(&self, name: &str) -> Option<Segment<'_>> {
        self.segments().find(|segment| segment.name() == name)
    }

    /// The first segment of a name, which must be there.
    ///
    /// # Errors
    /// When it is not there.
    pub fn expect(&self, name: &'static str) -> Result<Segment<'_>, Hl7Error> {
        self.first(name).ok_or_else(|| whole(Problem::Missing(name)))
    }

    /// The type of the message: MSH-9 as code and event, such as `("RDE", "O11")`.
    pub fn message_type(&self) -> (&str, &str) {
        let kind = self.segments().next().map(|header| header.field(9)).unwrap_or_default();
        (kind.component(1).raw(), kind.component(2).raw())
    }

    /// The marks of this message.
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// How its characters were written.
    pub fn charset(&self) -> Charset {
        self.charset
    }
}

/// A segment (セグメント): one line of a message.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    text: &'a str,
    number: usize,
    delimiters: Delimiters,
}

impl<'a> Segment<'a> {
    /// Its name: three characters.
    pub fn name(&self) -> &'a str {
        self.text.get(..3).unwrap_or_default()
    }

    /// Its place among the message's segments, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// A field, from 1, as HL7 counts: MSH-1 is the field separator itself. Empty where the segment ends before it.
    pub fn field(&self, number: usize) -> Element<'a> {
        let is_header = self.name() == "MSH";
        let skip = if is_header { number.saturating_sub(1) } else { number };
        let raw = match (number, is_header) {
            (0, _) => "",
            (1, true) => self.text.get(3..4).unwrap_or_default(),
            _ => self.text.split(self.delimiters.field).nth(skip).unwrap_or_default(),
        };
        // MSH-2 holds the marks themselves: splitting it would take it apart.
        let delimiters = if is_header && number <= 2 { None } else { Some(self.delimiters) };
        Element { raw, delimiters }
    }

    /// The text of a field that must be there.
    ///
    /// # Errors
    /// When it is empty.
    pub fn expect(&self, number: usize, expected: &'static str) -> Result<Element<'a>, Hl7Error> {
        let field = self.field(number);
        if field.is_empty() { Err(self.wrong(number, Problem::Missing(expected))) } else { Ok(field) }
    }

    /// An error at a field of this segment; field 0 is the segment as a whole.
    pub fn wrong(&self, field: usize, problem: Problem) -> Hl7Error {
        Hl7Error { place: Place { segment: self.number, name: self.name().to_owned(), field }, problem }
    }
}

/// A field, a repetition, a component or a subcomponent: a slice of the message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Element<'a> {
    raw: &'a str,
    delimiters: Option<Delimiters>,
}

impl<'a> Element<'a> {
    /// As it is written, escapes and all.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Whether there is nothing, or HL7's explicit null `""`.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty() || self.raw == "\"\""
    }

    /// Its repetitions; one empty one where there is nothing.
    pub fn repetitions(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let delimiters = self.delimiters;
        let mark = delimiters.map_or('\0', |d| d.repetition);
        self.raw.split(mark).map(move |raw| Element { raw, delimiters })
    }

    /// A component of the first repetition, from 1.
    pub fn component(&self, number: usize) -> Element<'a> {
        let first = self.part(|d| d.repetition, 1);
        first.part(|d| d.component, number)
    }

    /// A subcomponent, from 1.
    pub fn subcomponent(&self, number: usize) -> Element<'a> {
        self.part(|d| d.subcomponent, number)
    }

    /// The text with its escapes resolved; empty for the explicit null. An escape that HL7 does not define, or that is
    /// not closed, stays as it is written: nothing is lost.
    pub fn text(&self) -> Cow<'a, str> {
        match self.delimiters {
            _ if self.is_empty() => Cow::Borrowed(""),
            Some(delimiters) if self.raw.contains(delimiters.escape) => {
                Cow::Owned(unescape(self.raw, delimiters))
            }
            _ => Cow::Borrowed(self.raw),
        }
    }

    fn part(&self, mark: impl Fn(Delimiters) -> char, number: usize) -> Element<'a> {
        let raw = match self.delimiters {
            _ if number == 0 => "",
            Some(delimiters) => self.raw.split(mark(delimiters)).nth(number - 1).unwrap_or_default(),
            None if number == 1 => self.raw,
            None => "",
        };
        Element { raw, delimiters: self.delimiters }
    }
}

/// The place that a text which ends too early reached.
pub(super) fn place_after(text: &str) -> Place {
    let separator = text.chars().nth(3).unwrap_or('|');
    let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    let open = !text.ends_with(['\r', '\n']);
    let (count, last) = lines.fold((0, ""), |(count, _), line| (count + 1, line));
    if !open || count == 0 {
        return Place { segment: count + 1, ..Place::default() };
    }
    let name: String = last.chars().take(3).collect();
    let field = last.matches(separator).count() + usize::from(name == "MSH");
    Place { segment: count, name, field }
}

fn whole(problem: Problem) -> Hl7Error {
    Hl7Error { place: Place::default(), problem }
}

fn delimiters(text: &str) -> Result<Delimiters, Hl7Error> {
    let header = text.trim_start_matches(['\r', '\n']);
    let marks = header.strip_prefix("MSH").ok_or_else(|| whole(Problem::NoHeader))?;
    let wrong = || {
        let place = Place { segment: 1, name: "MSH".to_owned(), field: 2 };
        Hl7Error { place, problem: Problem::Delimiters }
    };
    let mut marks = marks.chars();
    let mut next = || marks.next().filter(char::is_ascii_punctuation).ok_or_else(wrong);
    let found = [next()?, next()?, next()?, next()?, next()?];
    let [field, component, repetition, escape, subcomponent] = found;
    let differ = (0..5).all(|n| found.iter().skip(n + 1).all(|other| found.get(n) != Some(other)));
    let closed = marks.next().is_none_or(|c| c == field || matches!(c, '\r' | '\n'));
    if differ && closed {
        Ok(Delimiters { field, component, repetition, escape, subcomponent })
    } else {
        Err(wrong())
    }
}

fn segments(text: &str, delimiters: Delimiters, limits: &Limits) -> Result<Vec<(usize, usize)>, Hl7Error> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split(['\r', '\n']) {
        let from = start;
        start += line.len() + 1;
        if line.trim().is_empty() {
            continue;
        }
        if found.len() >= limits.segments {
            return Err(whole(Problem::TooManySegments(limits.segments)));
        }
        let named = line.get(..3).is_some_and(is_name)
            && line.get(3..).is_some_and(|rest| rest.is_empty() || rest.starts_with(delimiters.field));
        if !named {
            let place = Place { segment: found.len() + 1, ..Place::default() };
            let shown = line.chars().take(12).collect();
            return Err(Hl7Error { place, problem: Problem::SegmentName(shown) });
        }
        found.push((from, from + line.len()));
    }
    Ok(found)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// HL7 v2.5 §2.7. Highlighting is dropped: a record has no place for it.
fn unescape(raw: &str, delimiters: Delimiters) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, after)) = rest.split_once(delimiters.escape) {
        text.push_str(plain);
        let Some((code, after_code)) = after.split_once(delimiters.escape) else {
            text.push(delimiters.escape);
            rest = after;
            continue;
        };
        match code {
            "F" => text.push(delimiters.field),
            "S" => text.push(delimiters.component),
            "T" => text.push(delimiters.subcomponent),
            "R" => text.push(delimiters.repetition),
            "E" => text.push(delimiters.escape),
            ".br" => text.push('\n'),
            "H" | "N" => {}
            code => match code.strip_prefix('X').and_then(ascii_of_hex) {
                Some(characters) => text.push_str(&characters),
                None => {
                    // The closing mark may open the next escape: only what cannot be one is passed.
                    text.push(delimiters.escape);
                    rest = after;
                    continue;
                }
            },
        }
        rest = after_code;
    }
    text.push_str(rest);
    text
}

/// The ASCII characters of a run of hexadecimal digits; FHIR knows no other control characters than these three.
fn ascii_of_hex(digits: &str) -> Option<String> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            byte(at)
                .filter(|b| (0x20..0x7F).contains(b) || matches!(b, b'\r' | b'\n' | b'\t'))
                .map(char::from)
        })
        .collect()
}
