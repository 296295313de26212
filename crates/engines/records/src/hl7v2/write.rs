//! Writing messages.

use calendar::Timestamp;

use super::{Charset, charset};

/// A field's content with its marks and escapes in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field(String);

impl Field {
    /// A text. Marks become escapes, a line's end `\.br\`, other control characters `\Xdd\`.
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '|' => out.push_str("\\F\\"),
                '^' => out.push_str("\\S\\"),
                '&' => out.push_str("\\T\\"),
                '~' => out.push_str("\\R\\"),
                '\\' => out.push_str("\\E\\"),
                '\n' => out.push_str("\\.br\\"),
                '\r' => out.push_str("\\X0D\\"),
                '\t' => out.push_str("\\X09\\"),
                // FHIR texts have no other control characters (R4 §2.24.0.1), nor has a record use for them.
                other if other.is_control() => {}
                other => out.push(other),
            }
        }
        Self(out)
    }

    /// Components in their order; empty ones at the end are left off.
    pub fn components<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::joined('^', parts.into_iter().map(Field::text))
    }

    /// Subcomponents in their order.
    pub fn subcomponents<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::joined('&', parts.into_iter().map(Field::text))
    }

    /// Components that were made before.
    pub fn of_components(parts: impl IntoIterator<Item = Field>) -> Self {
        Self::joined('^', parts)
    }

    /// Repetitions in their order.
    pub fn repeated(parts: impl IntoIterator<Item = Field>) -> Self {
        Self::joined('~', parts)
    }

    fn joined(mark: char, parts: impl IntoIterator<Item = Field>) -> Self {
        let mut out = String::new();
        for (n, part) in parts.into_iter().enumerate() {
            if n > 0 {
                out.push(mark);
            }
            out.push_str(&part.0);
        }
        out.truncate(out.trim_end_matches(mark).len());
        Self(out)
    }
}

/// What the header says.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// MSH-3 and MSH-4: the sending application and facility.
    pub sender: (&'a str, &'a str),
    /// MSH-7.
    pub at: Timestamp,
    /// MSH-9, such as `["RDE", "O11", "RDE_O11"]`.
    pub message_type: [&'a str; 3],
    /// MSH-10: unique with the sender.
    pub control_id: &'a str,
}

/// Writes a message segment by segment.
#[derive(Debug)]
pub struct Writer<'a> {
    header: Header<'a>,
    body: String,
}

impl<'a> Writer<'a> {
    /// A message that has its header.
    pub fn new(header: Header<'a>) -> Self {
        Self { header, body: String::with_capacity(2048) }
    }

    /// Adds a segment of these fields, by their numbers in rising order; the others are empty.
    pub fn segment(&mut self, name: &str, fields: impl IntoIterator<Item = (usize, Field)>) {
        self.body.push_str(name);
        let mut at = 0;
        for (number, field) in fields {
            if field.0.is_empty() {
                continue;
            }
            while at < number {
                self.body.push('|');
                at += 1;
            }
            self.body.push_str(&field.0);
        }
        self.body.push('\r');
    }

    /// The bytes: ISO-2022-JP where every character has a place in JIS X 0208, else UTF-8; MSH-18 says which.
    pub fn finish(self) -> Vec<u8> {
        let text = format!("{}{}", self.header_segment(Charset::Iso2022Jp), self.body);
        match charset::choose(&text) {
            Charset::Iso2022Jp => charset::encode(&text, Charset::Iso2022Jp),
            Charset::Utf8 => charset::encode(
                &format!("{}{}", self.header_segment(Charset::Utf8), self.body),
                Charset::Utf8,
            ),
        }
    }

    fn header_segment(&self, charset: Charset) -> String {
        let Header { sender: (application, facility), at, message_type, control_id } = &self.header;
        let (_, _, _, milli) = at.time();
        let scheme = if charset == Charset::Iso2022Jp { "ISO 2022-1994" } else { "" };
        format!(
            "MSH|^~\\&|{}|{}|GW|RCV|{}.{milli:03}||{}|{}|P|2.5||||||{}||{scheme}|{PROFILE}\r",
            Field::text(application).0,
            Field::text(facility).0,
            at.to_jst_compact(),
            Field::components(message_type.iter().copied()).0,
            Field::text(control_id).0,
            charset.msh18(),
        )
    }
}

/// MSH-21: the SS-MIX2 guideline that the messages follow, version 1.2.
const PROFILE: &str = "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO";
