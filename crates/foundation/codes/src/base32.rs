//! Crockford's base 32: text that survives a telephone and a handwritten note.

/// The 32 symbols: digits and capital letters without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol of a five-bit value; larger values are cut to five bits.
#[must_use]
pub fn symbol(value: u8) -> u8 {
    ALPHABET.get(usize::from(value & 31)).copied().unwrap_or(b'0')
}

/// The five-bit value of a character: either case, O read as 0, I and L as 1. U is no symbol.
#[must_use]
pub fn value(character: char) -> Option<u8> {
    let value = *VALUES.get(usize::try_from(u32::from(character)).ok()?)?;
    (value < 32).then_some(value)
}

/// What [`value`] answers for each ASCII character; 32 is none.
#[expect(
    clippy::indexing_slicing,
    reason = "worked out by the compiler, which refuses an index out of range"
)]
static VALUES: [u8; 128] = {
    let mut values = [32; 128];
    let mut value = 0;
    while value < 32 {
        let symbol = ALPHABET[value as usize];
        values[symbol as usize] = value;
        values[symbol.to_ascii_lowercase() as usize] = value;
        value += 1;
    }
    (values[b'O' as usize], values[b'o' as usize]) = (0, 0);
    (values[b'I' as usize], values[b'i' as usize]) = (1, 1);
    (values[b'L' as usize], values[b'l' as usize]) = (1, 1);
    values
};

/// How many symbols `bytes` bytes take.
#[must_use]
pub const fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Writes the bytes as five-bit values, read as one big-endian number with zeros in front: text sorts as bytes do.
/// `values` takes [`encoded_len`] of them.
pub fn encode(bytes: &[u8], values: &mut [u8]) {
    let mut rest = bytes.iter().rev();
    let (mut bits, mut held) = (0u16, 0);
    for value in values.iter_mut().rev() {
        if held < 5 {
            bits |= u16::from(rest.next().copied().unwrap_or_default()) << held;
            held += 8;
        }
        *value = (bits & 31) as u8;
        bits >>= 5;
        held -= 5;
    }
}

/// The bytes of five-bit values, the inverse of [`encode`]; `None` where the count or the bits in front do not fit.
#[must_use]
pub fn decode<const N: usize>(values: &[u8]) -> Option<[u8; N]> {
    if values.len() != encoded_len(N) {
        return None;
    }
    let mut bytes = [0u8; N];
    let mut slots = bytes.iter_mut().rev();
    let (mut bits, mut held) = (0u16, 0);
    for value in values.iter().rev() {
        bits |= u16::from(value & 31) << held;
        held += 5;
        if held >= 8
            && let Some(slot) = slots.next()
        {
            *slot = (bits & 255) as u8;
            bits >>= 8;
            held -= 8;
        }
    }
    (bits == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn symbols_and_values_agree() {
        for v in 0..32 {
            assert_eq!(value(char::from(symbol(v))), Some(v));
            assert_eq!(value(char::from(symbol(v).to_ascii_lowercase())), Some(v));
        }
        assert_eq!((value('o'), value('i'), value('l'), value('u')), (Some(0), Some(1), Some(1), None));
        assert!(value('ä').is_none() && value('-').is_none() && value('\u{130}').is_none());
    }

    proptest! {
        #[test]
        fn round_trip_16(bytes: [u8; 16]) {
            let mut values = [255; encoded_len(16)];
            encode(&bytes, &mut values);
            prop_assert_eq!(values.len(), 26);
            prop_assert_eq!(decode::<16>(&values), Some(bytes));
        }

        #[test]
        fn round_trip_17(bytes: [u8; 17]) {
            let mut values = [255; encoded_len(17)];
            encode(&bytes, &mut values);
            prop_assert_eq!(values.len(), 28);
            prop_assert_eq!(decode::<17>(&values), Some(bytes));
        }

        #[test]
        fn too_large_is_refused(mut values in prop::collection::vec(0u8..32, 26)) {
            values[0] |= 8;
            prop_assert_eq!(decode::<16>(&values), None);
        }
    }
}
