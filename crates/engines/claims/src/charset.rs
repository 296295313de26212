//! In which characters a file is written.

use std::borrow::Cow;

use serde::Serialize;

/// Character set of a file: the field's files are CP932; newer systems also hand on UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// CP932, the Shift_JIS of Windows.
    #[default]
    ShiftJis,
    /// UTF-8, with or without a byte order mark.
    Utf8,
}

impl Charset {
    /// What a line that is not plain ASCII is written in; `None` for a plain one.
    ///
    /// Japanese characters take three bytes in UTF-8. A line that is valid UTF-8 without any of them may be half-width
    /// kana of CP932, so it does not decide for UTF-8.
    pub(crate) fn of_line(line: &[u8]) -> Option<Self> {
        if line.is_ascii() {
            return None;
        }
        let utf8 = std::str::from_utf8(line).is_ok_and(|text| text.chars().any(|c| c.len_utf8() == 3));
        Some(if utf8 { Self::Utf8 } else { Self::ShiftJis })
    }

    /// The text of a field; `None` where its bytes are not of this character set.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        if bytes.is_ascii() || self == Self::Utf8 {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        kotoba::cp932_decode(bytes).ok().map(Cow::Owned)
    }

    /// The text of a field as far as it can be read: what cannot be is U+FFFD.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        self.decode(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes))
    }

    /// The bytes of a text; `None` where this character set lacks one of its characters.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        if text.is_ascii() || self == Self::Utf8 {
            return Some(text.as_bytes().to_vec());
        }
        let encoded = kotoba::cp932_encode(text);
        (!encoded.losses.iter().any(kotoba::Loss::is_replaced)).then_some(encoded.bytes)
    }

    /// How many bytes the field takes in CP932, which is what the layouts count.
    pub(crate) fn width(self, bytes: &[u8]) -> usize {
        match self {
            Self::ShiftJis => bytes.len(),
            Self::Utf8 => String::from_utf8_lossy(bytes).chars().map(width).sum(),
        }
    }
}

fn width(c: char) -> usize {
    if c.is_ascii() || ('｡'..='ﾟ').contains(&c) { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_width_kana_are_not_taken_for_utf8() {
        let kana = kotoba::cp932_encode("ﾃｽ").bytes;
        assert!(std::str::from_utf8(&kana).is_ok());
        assert_eq!(Charset::of_line(&kana), Some(Charset::ShiftJis));
        assert_eq!(Charset::of_line("IR,テスト".as_bytes()), Some(Charset::Utf8));
        assert_eq!(Charset::of_line(b"IR,1"), None);
    }

    #[test]
    fn widths_are_those_of_cp932() {
        assert_eq!(Charset::Utf8.width("結びAｱ".as_bytes()), 6);
        assert_eq!(Charset::ShiftJis.width(&kotoba::cp932_encode("結びAｱ").bytes), 6);
    }
}
