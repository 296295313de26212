//! The simple values of fields.

use std::fmt;

use calendar::{Date, Timestamp};
use codes::{InsurerNumber, NumberError};

use crate::{
    charset::Source,
    error::{Problem, ReadError},
    group::{Field, refuse},
    tree::Element,
    write::Writer,
};

/// An insurer's number as the interface writes it (保険者番号): eight places, shorter numbers padded on the left with
/// spaces or with zeros. The text is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaddedInsurerNumber(String);

impl PaddedInsurerNumber {
    /// The text as it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number itself.
    ///
    /// # Errors
    /// When it is no insurer's number: wrong length or check digit.
    pub fn number(&self) -> Result<InsurerNumber, NumberError> {
        InsurerNumber::parse_lenient(&self.0)
    }
}

impl From<&InsurerNumber> for PaddedInsurerNumber {
    /// Pads with spaces, as the field's own files do.
    fn from(number: &InsurerNumber) -> Self {
        Self::from(number.to_string().as_str())
    }
}

impl From<&str> for PaddedInsurerNumber {
    /// Takes any text and pads it with spaces to eight places.
    fn from(text: &str) -> Self {
        Self(format!("{text:>8}"))
    }
}

impl fmt::Display for PaddedInsurerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim())
    }
}

/// A share that the patient pays (一部負担金割合), in percent, written with three digits: `030`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

impl Percent {
    /// A share in percent; `None` above 999, which has no written form.
    pub fn new(percent: u16) -> Option<Self> {
        (percent <= 999).then_some(Self(percent))
    }

    /// The share in percent.
    pub fn value(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// A month (年月), written `yyyyMM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month that a day lies in.
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Its first day; the calendar's first day in January 1868.
    pub fn first_day(self) -> Date {
        self.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.0.year(), self.0.month())
    }
}

/// The text of an element that may hold nothing but text, without white space at its ends.
pub(crate) fn trimmed<'a>(element: &'a Element, source: &Source) -> Result<&'a str, ReadError> {
    text(element, source).map(str::trim_ascii)
}

fn text<'a>(element: &'a Element, source: &Source) -> Result<&'a str, ReadError> {
    element
        .text()
        .ok_or_else(|| refuse(element, source, Problem::Content { expected: "text and no elements" }))
}

impl Field for String {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        text(element, source).map(|text| Some(text.to_owned()))
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, self);
    }
}

impl Field for Date {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = trimmed(element, source)?;
        let read = (!text.is_empty()).then(|| Date::from_compact(text)).transpose();
        read.map_err(|error| refuse(element, source, Problem::Date(error)))
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.to_compact());
    }

    fn meaning(raw: &str) -> Option<String> {
        Date::from_compact(raw.trim()).ok().map(Date::to_wareki)
    }
}

impl Field for Timestamp {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = trimmed(element, source)?;
        let read = (!text.is_empty()).then(|| Timestamp::from_jst_compact(text)).transpose();
        read.map_err(|error| refuse(element, source, Problem::Date(error)))
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.to_jst_compact());
    }

    fn meaning(raw: &str) -> Option<String> {
        Timestamp::from_jst_compact(raw.trim()).ok().map(Timestamp::to_minutes)
    }
}

impl Field for PaddedInsurerNumber {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = text(element, source)?;
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.0);
    }
}

impl Field for Percent {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = trimmed(element, source)?;
        let expected = "a share in percent of three digits, such as 030";
        let digits = text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse().ok().filter(|_| digits) {
            Some(percent) => Ok(Some(Self(percent))),
            None if text.is_empty() => Ok(None),
            None => Err(refuse(element, source, Problem::Value { found: cut(text), expected })),
        }
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.to_string());
    }

    fn meaning(raw: &str) -> Option<String> {
        raw.trim().parse::<u16>().ok().map(|percent| format!("{percent}％"))
    }
}

impl Field for Month {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = trimmed(element, source)?;
        if text.is_empty() {
            return Ok(None);
        }
        // The calendar begins on a 25th: the 28th is a day of it in every month.
        match Date::from_compact(&format!("{text}28")) {
            Ok(day) => Ok(Some(Self::of(day))),
            _ => {
                let problem = Problem::Value { found: cut(text), expected: "a month yyyyMM" };
                Err(refuse(element, source, problem))
            }
        }
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.to_string());
    }
}

impl Field for u32 {
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        let text = trimmed(element, source)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse().ok().filter(|_| digits) {
            Some(number) => Ok(Some(number)),
            None if text.is_empty() => Ok(None),
            None => {
                let problem = Problem::Value { found: cut(text), expected: "a number below 4294967296" };
                Err(refuse(element, source, problem))
            }
        }
    }

    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        writer.leaf(tag, attributes, &self.to_string());
    }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
