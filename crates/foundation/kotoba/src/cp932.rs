//! CP932, the Shift_JIS of Windows that the field's files are written in.

use encoding_rs::{DecoderResult, EncoderResult, SHIFT_JIS};

use crate::{kana::to_full_kana, variants::is_variation_selector};

/// The mark that stands for a character Shift_JIS does not have (〓, 下駄).
pub const GETA: char = '〓';

/// A text in CP932, with a report of every character that could not be written as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cp932 {
    /// The encoded text.
    pub bytes: Vec<u8>,
    /// What was lost, in the order of the text; empty when decoding gives the very same text back.
    pub losses: Vec<Loss>,
}

/// A character that could not be written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Index of the character in the text, counted in characters from 0.
    pub at: usize,
    /// The character of the text.
    pub original: char,
    /// What stands in its place: [`GETA`], a twin of the same look (`〜` as `～`), or nothing, when it was a
    /// variation selector.
    pub written: Option<char>,
}

impl Loss {
    /// Whether the character itself is gone, not only its exact form.
    pub fn is_replaced(&self) -> bool {
        self.written == Some(GETA)
    }
}

/// Bytes that are not CP932.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} (0x{byte:02X}) does not belong to a Shift_JIS character")]
pub struct Malformed {
    /// Offset of the first byte of the malformed sequence.
    pub at: usize,
    /// That byte.
    pub byte: u8,
}

impl Malformed {
    /// The same message in Japanese.
    pub fn ja(&self) -> String {
        format!("{}バイト目（0x{:02X}）は Shift_JIS の文字ではありません", self.at, self.byte)
    }
}

/// Writes a text in CP932. Characters it does not have (外字) become [`GETA`] and are reported; characters whose
/// usual twin it has are written as the twin and reported; the user-defined area U+E000–U+E757 is written to
/// its own bytes. Kana with combining voicing marks are composed first.
pub fn cp932_encode(text: &str) -> Cp932 {
    let mut out = Cp932 { bytes: Vec::with_capacity(text.len()), losses: Vec::new() };
    let composed;
    let text = if text.contains(['\u{3099}', '\u{309A}']) {
        composed = text.split_inclusive(['\u{3099}', '\u{309A}']).map(to_full_kana_tail).collect::<String>();
        composed.as_str()
    } else {
        text
    };
    for (at, c) in text.chars().enumerate() {
        let written = if is_variation_selector(c) { None } else { Some(push(c, &mut out.bytes)) };
        if written != Some(c) {
            out.losses.push(Loss { at, original: c, written });
        }
    }
    out
}

/// Reads CP932. The user-defined area comes out as U+E000–U+E757.
///
/// # Errors
/// Where a byte does not belong to a character.
pub fn cp932_decode(bytes: &[u8]) -> Result<String, Malformed> {
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 3);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(bad, after), read) => {
            let at = read.saturating_sub(usize::from(bad) + usize::from(after));
            Err(Malformed { at, byte: bytes.get(at).copied().unwrap_or_default() })
        }
        (DecoderResult::OutputFull, read) => {
            Err(Malformed { at: read, byte: bytes.get(read).copied().unwrap_or_default() })
        }
    }
}

/// Writes one character and says which one it became.
fn push(c: char, bytes: &mut Vec<u8>) -> char {
    if let Ok(ascii) = u8::try_from(u32::from(c))
        && ascii <= 0x80
    {
        bytes.push(ascii);
        return c;
    }
    let c = twin(c);
    if let Some(pair) = user_defined(c) {
        bytes.extend(pair);
        return c;
    }
    let mut source = [0; 4];
    let mut target = [0; 4];
    let mut encoder = SHIFT_JIS.new_encoder();
    match encoder.encode_from_utf8_without_replacement(c.encode_utf8(&mut source), &mut target, true) {
        (EncoderResult::InputEmpty, _, written) => {
            bytes.extend_from_slice(target.get(..written).unwrap_or_default());
            c
        }
        _ => {
            bytes.extend_from_slice(&GETA_BYTES);
            GETA
        }
    }
}

/// The character of the same look that CP932 has.
fn twin(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2016}' => '\u{2225}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2014}' => '\u{2015}',
        '\u{00A2}' => '\u{FFE0}',
        '\u{00A3}' => '\u{FFE1}',
        '\u{00AC}' => '\u{FFE2}',
        '\u{00A5}' => '\u{FFE5}',
        '\u{203E}' => '\u{FFE3}',
        '\u{00A6}' => '\u{FFE4}',
        other => other,
    }
}

/// The two bytes of a character of the user-defined area.
fn user_defined(c: char) -> Option<[u8; 2]> {
    let index = u32::from(c).checked_sub(0xE000).filter(|index| *index < 1880)?;
    let (row, cell) = (u8::try_from(index / 188).ok()?, u8::try_from(index % 188).ok()?);
    Some([0xF0 + row, cell + if cell < 63 { 0x40 } else { 0x41 }])
}

fn to_full_kana_tail(piece: &str) -> String {
    let keep = piece.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
    let (head, tail) = piece.split_at_checked(keep).unwrap_or(("", piece));
    format!("{head}{}", to_full_kana(tail))
}

/// [`GETA`] in CP932.
const GETA_BYTES: [u8; 2] = [0x81, 0xAC];
