//! Crockford's base 32: text that survives a telephone and a handwritten note.

/// The 32 symbols: digits and capital letters without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol of a five-bit value; larger values are cut to five bits.
#[must_use]
pub fn symbol(value: u8) -> char {
    ALPHABET.get(usize::from(value & 31)).map_or('0', |&b| char::from(b))
}

/// The five-bit value of a character: either case, O read as 0, I and L as 1. U is no symbol.
#[must_use]
pub fn value(character: char) -> Option<u8> {
    let value = match character.to_ascii_uppercase() {
        c @ '0'..='9' => u32::from(c) - u32::from('0'),
        'O' => 0,
        'I' | 'L' => 1,
        c @ 'A'..='H' => u32::from(c) - u32::from('A') + 10,
        c @ ('J' | 'K') => u32::from(c) - u32::from('J') + 18,
        c @ ('M' | 'N') => u32::from(c) - u32::from('M') + 20,
        c @ 'P'..='T' => u32::from(c) - u32::from('P') + 22,
        c @ 'V'..='Z' => u32::from(c) - u32::from('V') + 27,
        _ => return None,
    };
    u8::try_from(value).ok()
}

/// How many symbols `bytes` bytes take.
#[must_use]
pub const fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// The bytes as five-bit values, read as one big-endian number with zeros in front: text sorts as bytes do.
pub fn encode(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let symbols = encoded_len(bytes.len());
    (0..symbols).rev().map(move |place| {
        // The five bits whose lowest has index 5 * place, counted from the end of the bytes.
        let low = place * 5;
        let byte = |index: usize| bytes.iter().rev().nth(index).copied().unwrap_or_default();
        let pair = u16::from_be_bytes([byte(low / 8 + 1), byte(low / 8)]);
        u8::try_from((pair >> (low % 8)) & 31).unwrap_or_default()
    })
}

/// The bytes of five-bit values, the inverse of [`encode`]; `None` where the count or the bits in front do not fit.
#[must_use]
pub fn decode<const N: usize>(values: &[u8]) -> Option<[u8; N]> {
    if values.len() != encoded_len(N) {
        return None;
    }
    let mut bytes = [0u8; N];
    for &value in values {
        // Shift the whole number left by five; what falls out in front must be zero.
        let mut carry = value & 31;
        for byte in bytes.iter_mut().rev() {
            let shifted = (u16::from(*byte) << 5) | u16::from(carry);
            let [high, low] = shifted.to_be_bytes();
            *byte = low;
            carry = high;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn symbols_and_values_agree() {
        for v in 0..32 {
            assert_eq!(value(symbol(v)), Some(v));
            assert_eq!(value(symbol(v).to_ascii_lowercase()), Some(v));
        }
        assert_eq!((value('o'), value('i'), value('l'), value('u')), (Some(0), Some(1), Some(1), None));
        assert!(value('ä').is_none() && value('-').is_none());
    }

    proptest! {
        #[test]
        fn round_trip_16(bytes: [u8; 16]) {
            let values: Vec<u8> = encode(&bytes).collect();
            prop_assert_eq!(values.len(), 26);
            prop_assert_eq!(decode::<16>(&values), Some(bytes));
        }

        #[test]
        fn round_trip_17(bytes: [u8; 17]) {
            let values: Vec<u8> = encode(&bytes).collect();
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
