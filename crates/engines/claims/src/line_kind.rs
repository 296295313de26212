//! What a line is, by its first bytes.

use crate::Table;

/// The table that an institution's record names; `None` of other records.
pub fn table_of(code: [u8; 2], managed: bool, text: &[u8]) -> Option<Table> {
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

/// The line without the bytes of this kind behind it.
pub fn without(text: &[u8], byte: u8) -> &[u8] {
    let kept = text.iter().rposition(|b| *b != byte).map_or(0, |last| last + 1);
    text.get(..kept).unwrap_or_default()
}

/// Whether a record could begin here, or nothing is left.
pub fn begins_record(text: &[u8]) -> bool {
    match text {
        [] | [MARK, ..] => true,
        [a, b, b',', ..] => a.is_ascii_uppercase() && b.is_ascii_uppercase(),
        // 履歴管理情報.
        [b'1'..=b'9', b',', b'1'..=b'9', ..] => true,
        _ => false,
    }
}

/// The kind of a line and whether 履歴管理情報 stands before it: `1,12,0,RE,…`.
pub fn kind_of(text: &[u8]) -> ([u8; 2], bool) {
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

/// How many bytes behind a CR tell whether it ends a line.
pub const LOOK_AHEAD: usize = 3;
/// End-of-file mark of DOS.
pub const MARK: u8 = 0x1A;
/// Byte order mark of UTF-8.
pub const BOM: &[u8] = b"\xEF\xBB\xBF";
