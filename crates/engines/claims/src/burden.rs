//! 負担区分: who pays for a line.

/// Payers of a claim as bits: 1 the health insurance (医保), 2, 4, 8, 16 the first to fourth public scheme (公費).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payers(pub u8);

impl Payers {
    /// The health insurance alone.
    pub const INSURANCE: Self = Self(1);

    /// The payers of a 負担区分コード (別表21 of the 記録条件仕様); `None` for a code that is not in it.
    #[must_use]
    pub fn of(code: &[u8]) -> Option<Self> {
        let [code] = code else { return None };
        Some(Self(match code {
            b'1' => 0b00001,
            b'5' => 0b00010,
            b'6' => 0b00100,
            b'B' => 0b01000,
            b'C' => 0b10000,
            b'2' => 0b00011,
            b'3' => 0b00101,
            b'E' => 0b01001,
            b'G' => 0b10001,
            b'7' => 0b00110,
            b'H' => 0b01010,
            b'I' => 0b10010,
            b'J' => 0b01100,
            b'K' => 0b10100,
            b'L' => 0b11000,
            b'4' => 0b00111,
            b'M' => 0b01011,
            b'N' => 0b10011,
            b'O' => 0b01101,
            b'P' => 0b10101,
            b'Q' => 0b11001,
            b'R' => 0b01110,
            b'S' => 0b10110,
            b'T' => 0b11010,
            b'U' => 0b11100,
            b'V' => 0b01111,
            b'W' => 0b10111,
            b'X' => 0b11011,
            b'Y' => 0b11101,
            b'Z' => 0b11110,
            b'9' => 0b11111,
            _ => return None,
        }))
    }

    /// Whether payer `index` (0 the health insurance, 1 to 4 the public schemes) pays.
    #[must_use]
    pub fn has(self, index: usize) -> bool {
        index < 5 && self.0 & (1 << index) != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_combination_has_one_code() {
        let codes = (0..=u8::MAX).filter_map(|code| Payers::of(&[code])).map(|payers| payers.0);
        assert_eq!(codes.collect::<BTreeSet<_>>(), (1..=31).collect());
        assert_eq!(Payers::of(b"12"), None);
    }
}
