//! Tag, length, value as the card's applications write them (two-byte private tags).

/// Appends `tag`, the DER length and `value`.
pub(crate) fn put(out: &mut Vec<u8>, tag: u16, value: &[u8]) {
    out.extend_from_slice(&tag.to_be_bytes());
    let count = value.len();
    match count {
        0..=0x7F => out.push(count as u8),
        0x80..=0xFF => out.extend_from_slice(&[0x81, count as u8]),
        _ => out.extend_from_slice(&[0x82, (count >> 8) as u8, count as u8]),
    }
    out.extend_from_slice(value);
}

/// A constructed value: a header `DF21` with the offset of every field (two bytes each), then the fields
/// with the tags that follow it.
pub(crate) fn group(tag: u16, fields: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut offsets = Vec::new();
    let header = 3 + 2 * fields.len();
    for (field_tag, field) in (FIRST_FIELD..).zip(fields) {
        offsets.extend_from_slice(&((header + body.len()) as u16).to_be_bytes());
        put(&mut body, field_tag, field);
    }
    let mut inside = Vec::new();
    put(&mut inside, HEADER, &offsets);
    inside.extend_from_slice(&body);
    let mut out = Vec::new();
    put(&mut out, tag, &inside);
    out
}

const HEADER: u16 = 0xDF21;
const FIRST_FIELD: u16 = 0xDF22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_one_two_or_three_bytes() {
        for (count, header) in [(5, 3), (200, 4), (300, 5)] {
            let mut out = Vec::new();
            put(&mut out, 0xDF10, &vec![7; count]);
            assert_eq!(out.len(), header + count);
        }
        assert_eq!(&group(0xFF20, &[b"A", b"BC"])[..10], [0xFF, 0x20, 16, 0xDF, 0x21, 4, 0, 7, 0, 11]);
    }
}
