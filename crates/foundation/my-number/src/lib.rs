//! The My Number type, alone: only administrative roles depend on this crate, so that no medical institution's
//! program can even name it.

use std::fmt;
use std::str::FromStr;

use codes::numbers::{CheckDigitError, NumberKind, NumberProblem};
use codes::{Custody, CustodyError, Direction, KeyName, NumberError, my_number_check_digit};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 個人番号（マイナンバー）: twelve digits with a check digit. Erased from memory when dropped; `Debug` prints
/// stars; `Display` and serde give the digits, for the administrative messages that carry them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct MyNumber([u8; 12]);

impl MyNumber {
    /// The number with these first eleven digits (below 10^11) and its check digit.
    ///
    /// # Errors
    /// A body of 10^11 or more.
    pub fn from_body(body: u64) -> Result<Self, NumberError> {
        let mut rest = body;
        let mut first = [0u8; 11];
        for slot in first.iter_mut().rev() {
            *slot = u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        if rest > 0 {
            return Err(error(NumberProblem::Length { found: 13, expected: "12" }));
        }
        let [a, b, c, d, e, f, g, h, i, j, k] = first;
        Ok(Self([a, b, c, d, e, f, g, h, i, j, k, my_number_check_digit(&first)]))
    }

    /// The number sealed for storage: always the same for the same number, so that it can be looked up, and
    /// opened only with the key.
    ///
    /// # Errors
    /// The custodian does not hold [`KeyName::MY_NUMBER`].
    pub fn seal(&self, custody: &dyn Custody) -> Result<SealedMyNumber, CustodyError> {
        let mut blocks = [self.block()];
        custody.permute(&KeyName::MY_NUMBER, None, Direction::Encrypt, &mut blocks)?;
        let [block] = blocks;
        Ok(SealedMyNumber(block))
    }

    /// [`Self::seal`] for many, in order, in one call of the custodian.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_all(numbers: &[Self], custody: &dyn Custody) -> Result<Vec<SealedMyNumber>, CustodyError> {
        let mut blocks: Vec<_> = numbers.iter().map(Self::block).collect();
        custody.permute(&KeyName::MY_NUMBER, None, Direction::Encrypt, &mut blocks)?;
        Ok(blocks.into_iter().map(SealedMyNumber).collect())
    }

    fn value(&self) -> u64 {
        self.0.iter().fold(0, |sum, &d| sum * 10 + u64::from(d))
    }

    /// The number as a block: 88 zero bits, by which a forged block is known, and 40 bits of value.
    fn block(&self) -> [u8; 16] {
        u128::from(self.value()).to_be_bytes()
    }
}

impl FromStr for MyNumber {
    type Err = NumberError;

    /// Exactly twelve ASCII digits; a wrong check digit is refused with the expected one. Errors never hold the
    /// number.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = [0u8; 12];
        let mut found = 0;
        for (place, character) in text.chars().enumerate() {
            let value = character.to_digit(10).and_then(|d| u8::try_from(d).ok());
            let value =
                value.ok_or_else(|| error(NumberProblem::NotADigit { character, place: place + 1 }))?;
            if let Some(slot) = digits.get_mut(place) {
                *slot = value;
            }
            found += 1;
        }
        if found != digits.len() {
            return Err(error(NumberProblem::Length { found, expected: "12" }));
        }
        let [a, b, c, d, e, f, g, h, i, j, k, last] = digits;
        let expected = my_number_check_digit(&[a, b, c, d, e, f, g, h, i, j, k]);
        if last != expected {
            return Err(error(NumberProblem::CheckDigit(CheckDigitError { found: last, expected })));
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for MyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for MyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MyNumber(************)")
    }
}

impl serde::Serialize for MyNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for MyNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The format's own error would echo a number that stands in place of a string.
        let text = <String as serde::Deserialize>::deserialize(deserializer)
            .map_err(|_| serde::de::Error::custom("an individual number is a string of twelve digits"))?;
        Zeroizing::new(text).parse().map_err(serde::de::Error::custom)
    }
}

/// A My Number as it lies in a store: a permutation of the number under [`KeyName::MY_NUMBER`]. Deterministic, so
/// it serves as a key of a table; without the custodian it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealedMyNumber([u8; 16]);

impl SealedMyNumber {
    /// The sealed number with these bytes. Nothing is verified: opening tells.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The number.
    ///
    /// # Errors
    /// The custodian does not hold the key, or the bytes were never sealed with it.
    pub fn open(&self, custody: &dyn Custody) -> Result<MyNumber, CustodyError> {
        let mut blocks = [self.0];
        custody.permute(&KeyName::MY_NUMBER, None, Direction::Decrypt, &mut blocks)?;
        let [block] = blocks;
        let forged = CustodyError::Sealed { key: KeyName::MY_NUMBER };
        let Ok(value) = u64::try_from(u128::from_be_bytes(block)) else { return Err(forged) };
        let Ok(number) = MyNumber::from_body(value / 10) else { return Err(forged) };
        if number.value() == value { Ok(number) } else { Err(forged) }
    }
}

impl fmt::Debug for SealedMyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedMyNumber(…)")
    }
}

fn error(problem: NumberProblem) -> NumberError {
    NumberError::new(NumberKind::MyNumber, "", problem)
}

#[cfg(test)]
mod tests {
    use codes::FileCustody;
    use proptest::prelude::*;

    use super::*;

    fn custody() -> FileCustody {
        FileCustody::ephemeral(&[KeyName::MY_NUMBER]).unwrap()
    }

    #[test]
    fn published_numbers() {
        for text in ["123456789018", "621498320257"] {
            let number: MyNumber = text.parse().unwrap();
            assert_eq!(number.to_string(), text);
            assert_eq!(serde_json::to_string(&number).unwrap(), format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<MyNumber>(&format!("\"{text}\"")).unwrap(), number);
        }
    }

    #[test]
    fn nothing_prints_it() {
        let number: MyNumber = "123456789018".parse().unwrap();
        assert_eq!(format!("{number:?}"), "MyNumber(************)");
        for wrong in ["123456789019", "12345678901", "1234567890188", "12345678901八"] {
            let error = wrong.parse::<MyNumber>().unwrap_err();
            assert!(!format!("{error} {error:?} {}", error.ja()).contains("12345"), "{wrong}");
        }
        for wrong in ["123456789018", "123456789018.5", "-123456789018", "\"123456789019\"", "[123456789018]"]
        {
            let error = serde_json::from_str::<MyNumber>(wrong).unwrap_err().to_string();
            assert!(!error.contains("12345"), "{error}");
        }
    }

    #[test]
    fn expected_digit_is_named() {
        assert_eq!("123456789010".parse::<MyNumber>().unwrap_err().expected_digit(), Some(8));
    }

    #[test]
    fn forged_blocks_are_refused() {
        let custody = custody();
        assert!(SealedMyNumber::from_bytes([7; 16]).open(&custody).is_err());
        // A block of a value that is no My Number: the right length, the wrong check digit.
        let mut blocks = [123_456_789_010u128.to_be_bytes()];
        custody.permute(&KeyName::MY_NUMBER, None, Direction::Encrypt, &mut blocks).unwrap();
        assert!(SealedMyNumber::from_bytes(blocks[0]).open(&custody).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sealing_round_trips(bodies in prop::collection::vec(0u64..100_000_000_000, 1..40)) {
            let custody = custody();
            let numbers: Vec<_> = bodies.iter().map(|&b| MyNumber::from_body(b).unwrap()).collect();
            let sealed = MyNumber::seal_all(&numbers, &custody).unwrap();
            for (number, sealed) in numbers.iter().zip(&sealed) {
                prop_assert_eq!(&number.seal(&custody).unwrap(), sealed);
                prop_assert_eq!(&sealed.open(&custody).unwrap(), number);
                prop_assert_eq!(&number.to_string().parse::<MyNumber>().unwrap(), number);
            }
        }
    }
}
