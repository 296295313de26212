//! One line of a file, as it stands.

use std::borrow::Cow;
use std::fmt;

use calendar::Date;

use crate::Charset;
use crate::month::Month;

/// A record (レコード): one line, its fields by position, its bytes untouched.
///
/// Field 0 is the kind of record; the numbers of the others are those of the 記録条件仕様, counted from 0. Lines of the
/// files between payment agencies and insurers carry three fields more in front (データ識別, 行番号, 枝番号, together
/// 履歴管理情報): they are not counted.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    line: u64,
    text: &'a [u8],
    /// Where each field of the line ends.
    ends: &'a [u32],
    /// Fields in front of the kind: 0 or 3.
    before: usize,
}

impl<'a> Record<'a> {
    pub(crate) fn new(line: u64, text: &'a [u8], ends: &'a [u32], before: usize) -> Self {
        Self { line, text, ends, before }
    }

    /// Number of the line in its file, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The line without its end.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The kind (レコード識別情報): two letters; anything else is no record.
    #[must_use]
    pub fn code(&self) -> [u8; 2] {
        self.field(0).bytes().try_into().unwrap_or([b' '; 2])
    }

    /// True when the kind is this one.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.field(0).bytes() == code.as_bytes()
    }

    /// Field `at`, counted from 0, the kind; empty where the line is shorter.
    #[must_use]
    pub fn field(&self, at: usize) -> Value<'a> {
        Value(self.raw(at + self.before))
    }

    /// How many fields the record has, the kind included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len().saturating_sub(self.before)
    }

    /// True for a blank line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// データ識別 of a line with 履歴管理情報: 1 is the claim as it was made; `None` for a line without.
    #[must_use]
    pub fn data_kind(&self) -> Option<u8> {
        (self.before > 0).then(|| Value(self.raw(0)).number().and_then(|n| u8::try_from(n).ok()))?
    }

    /// True when the line belongs to the claim itself and not to its history or to what an agency added.
    pub(crate) fn is_claim(&self) -> bool {
        self.before == 0 || self.data_kind() == Some(1)
    }

    fn raw(&self, index: usize) -> &'a [u8] {
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(0, |comma| comma + 1),
            None => 0,
        };
        self.text.get(start as usize..*end as usize).unwrap_or_default()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}: {})", self.line, String::from_utf8_lossy(self.field(0).bytes()))
    }
}

/// A field's bytes, and what can be read in them. An omitted field is empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a>(pub(crate) &'a [u8]);

impl<'a> Value<'a> {
    /// The bytes as they stand, padding included.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The bytes without ASCII spaces around them: the layouts let a value be filled up or not.
    #[must_use]
    pub fn trimmed(self) -> &'a [u8] {
        self.0.trim_ascii()
    }

    /// True when nothing but spaces is recorded.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.trimmed().is_empty()
    }

    /// A whole number in digits; `None` for anything else.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        let digits = self.trimmed();
        if digits.is_empty() || digits.len() > 18 {
            return None;
        }
        digits.iter().try_fold(0u64, |sum, &b| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0')))
    }

    /// A number with or without a decimal point.
    #[must_use]
    pub fn decimal(self) -> Option<f64> {
        let text = std::str::from_utf8(self.trimmed()).ok()?;
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        plain.then(|| text.parse().ok())?
    }

    /// A month: `YYYYMM`, or `GYYMM` of the older generation.
    #[must_use]
    pub fn month(self) -> Option<Month> {
        Month::parse(self.trimmed())
    }

    /// A day: `YYYYMMDD`, or `GYYMMDD` of the older generation.
    #[must_use]
    pub fn date(self) -> Option<Date> {
        let digits = self.trimmed();
        let number = self.number()?;
        let small = |n: u64| i8::try_from(n).ok();
        match digits.len() {
            8 => Date::new(
                i16::try_from(number / 10_000).ok()?,
                small(number / 100 % 100)?,
                small(number % 100)?,
            )
            .ok(),
            7 => Date::parse_wareki(std::str::from_utf8(digits).ok()?).ok(),
            _ => None,
        }
    }

    /// The text; what is not of the character set becomes U+FFFD.
    #[must_use]
    pub fn text(self, charset: Charset) -> Cow<'a, str> {
        charset.decode_lossy(self.trimmed())
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.0))
    }
}
