//! Bytes to text and back (HL7 v2.5 §2.14.9.18, MSH-18; ISO 2022 / JIS X 0202).

use encoding_rs::EUC_JP;

use super::{Hl7Error, Problem, message};

/// How a message's characters are written (文字セット).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// ASCII with ISO 2022 escapes to JIS X 0208, JIS X 0201 katakana and JIS X 0212: `ISO IR87`, `ISO IR14`, `ISO IR159`.
    Iso2022Jp,
    /// `UNICODE UTF-8`.
    Utf8,
}

impl Charset {
    /// What MSH-18 says for it.
    pub(super) fn msh18(self) -> &'static str {
        match self {
            Charset::Iso2022Jp => "~ISO IR87",
            Charset::Utf8 => "UNICODE UTF-8",
        }
    }
}

/// The text of a message. Bytes above 0x7F are UTF-8 and MSH-18 says so, or they are refused: a guess between Shift_JIS
/// and EUC would now and then change a name without anybody's seeing it.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Charset), Hl7Error> {
    if bytes.is_ascii() {
        return iso_2022_jp(bytes).map(|text| (text, Charset::Iso2022Jp));
    }
    let named = String::from_utf8_lossy(msh18(bytes)).into_owned();
    if named.split('~').all(|name| !is_utf8(name.trim())) {
        let place = bytes.iter().position(|b| !b.is_ascii()).unwrap_or_default();
        return Err(refused(bytes, place, "ISO-2022-JP"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => match bytes.iter().position(|b| is_stray_control(*b) || *b == ESC) {
            Some(place) => Err(refused(bytes, place, "a character of a text")),
            None => Ok((text.to_owned(), Charset::Utf8)),
        },
        Err(error) => Err(refused(bytes, error.valid_up_to(), "UTF-8")),
    }
}

/// The bytes of a text: ISO-2022-JP if it comes back the same from there, else UTF-8, so that no character is lost.
pub(super) fn choose(text: &str) -> Charset {
    if text.is_ascii() || iso_2022_jp(&to_iso_2022_jp(text)).is_ok_and(|back| back == text) {
        Charset::Iso2022Jp
    } else {
        Charset::Utf8
    }
}

pub(super) fn encode(text: &str, charset: Charset) -> Vec<u8> {
    match charset {
        Charset::Iso2022Jp => to_iso_2022_jp(text),
        Charset::Utf8 => text.as_bytes().to_vec(),
    }
}

/// Whether a name in MSH-18 is one that is read here.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "" | "ASCII" | "ISO IR6" | "ISO IR13" | "ISO IR14" | "ISO IR87" | "ISO IR159")
        || is_utf8(name)
}

fn is_utf8(name: &str) -> bool {
    matches!(name, "UNICODE UTF-8" | "UTF-8" | "UNICODE")
}

/// MSH-18 of bytes that may be in any character set whose ASCII is ASCII.
fn msh18(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let Some(separator) = line.get(3).copied() else { return &[] };
    line.split(|b| *b == separator).nth(17).unwrap_or_default()
}

/// The characters between two escapes are of one set; EUC-JP writes the same three sets with the high bit, and its
/// table is at hand.
fn iso_2022_jp(bytes: &[u8]) -> Result<String, Hl7Error> {
    if !bytes.contains(&ESC) {
        if let Some(place) = bytes.iter().position(|b| is_stray_control(*b)) {
            return Err(refused(bytes, place, "ASCII"));
        }
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut euc = Vec::with_capacity(bytes.len());
    let mut set = Set::Single;
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        if byte == ESC {
            let (next, length) = escape(bytes.get(at..).unwrap_or_default())
                .ok_or_else(|| refused(bytes, at, "an escape of ISO-2022-JP"))?;
            set = next;
            at += length;
            continue;
        }
        // A line's end returns to ASCII whether or not the sender said so (JIS X 0202).
        if matches!(byte, b'\r' | b'\n') {
            set = Set::Single;
        }
        at += take(set, byte, bytes.get(at + 1).copied(), &mut euc)
            .ok_or_else(|| refused(bytes, at, "ISO-2022-JP"))?;
    }
    match EUC_JP.decode_without_bom_handling_and_without_replacement(&euc) {
        Some(text) => Ok(text.into_owned()),
        None => {
            let (text, _) = EUC_JP.decode_without_bom_handling(&euc);
            let before = text.split('\u{FFFD}').next().unwrap_or_default();
            let problem =
                Problem::Byte { byte: ESC, charset: "a character of JIS X 0208, JIS X 0201 or JIS X 0212" };
            Err(Hl7Error { place: message::place_after(before), problem })
        }
    }
}

#[derive(Clone, Copy)]
enum Set {
    Single,
    Katakana,
    Kanji,
    Supplement,
}

/// The set that an escape designates, and its length.
fn escape(bytes: &[u8]) -> Option<(Set, usize)> {
    match bytes.get(1..)? {
        [b'(', b'B' | b'J', ..] => Some((Set::Single, 3)),
        [b'(', b'I', ..] => Some((Set::Katakana, 3)),
        [b'$', b'@' | b'B', ..] => Some((Set::Kanji, 3)),
        [b'$', b'(', b'@' | b'B', ..] => Some((Set::Kanji, 4)),
        [b'$', b'(', b'D', ..] => Some((Set::Supplement, 4)),
        _ => None,
    }
}

/// Writes one character in EUC-JP; how many bytes it took.
fn take(set: Set, byte: u8, next: Option<u8>, euc: &mut Vec<u8>) -> Option<usize> {
    let pair = || next.filter(|next| (0x21..0x7F).contains(next)).map(|next| (byte | 0x80, next | 0x80));
    match set {
        _ if is_stray_control(byte) => return None,
        _ if byte <= b' ' => euc.push(byte),
        Set::Single => euc.push(byte),
        Set::Katakana => euc.extend([0x8E, byte | 0x80]),
        Set::Kanji => {
            let (one, two) = pair()?;
            euc.extend([one, two]);
            return Some(2);
        }
        Set::Supplement => {
            let (one, two) = pair()?;
            euc.extend([0x8F, one, two]);
            return Some(2);
        }
    }
    Some(1)
}

fn is_stray_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\r' | b'\n' | b'\t' | ESC)) || byte == 0x7F
}

/// JIS X 0208 of the text. What it lacks becomes a question mark: the caller compares.
fn to_iso_2022_jp(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut kanji = false;
    for character in text.chars() {
        if character.is_ascii() {
            if std::mem::take(&mut kanji) {
                out.extend(b"\x1B(B");
            }
            out.extend(u8::try_from(character));
            continue;
        }
        let mut utf8 = [0; 4];
        let (euc, _, lost) = EUC_JP.encode(character.encode_utf8(&mut utf8));
        match *euc {
            [one @ 0xA1..=0xFE, two @ 0xA1..=0xFE] if !lost => {
                if !std::mem::replace(&mut kanji, true) {
                    out.extend(b"\x1B$B");
                }
                out.extend([one & 0x7F, two & 0x7F]);
            }
            _ => {
                if std::mem::take(&mut kanji) {
                    out.extend(b"\x1B(B");
                }
                out.push(b'?');
            }
        }
    }
    if kanji {
        out.extend(b"\x1B(B");
    }
    out
}

fn refused(bytes: &[u8], at: usize, charset: &'static str) -> Hl7Error {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let byte = bytes.get(at).copied().unwrap_or_default();
    Hl7Error { place: message::place_after(&before), problem: Problem::Byte { byte, charset } }
}

const ESC: u8 = 0x1B;
