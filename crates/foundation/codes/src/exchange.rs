//! Which exchange: the one number that every record of an exchange carries.

use std::fmt;
use std::str::FromStr;

use crate::base32;
use crate::text::text_serde;

/// Names one exchange between organisations: 48 bits of time and 74 of chance (the layout of UUID version 7).
/// No secret and nothing about a person; sorts by time. Text: 26 characters of Crockford's base 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId([u8; 16]);

impl ExchangeId {
    /// A fresh one at `now_ms`, milliseconds since 1970 (negative counts as 0).
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        let mut bytes: [u8; 16] = rand::random();
        let [_, _, time @ ..] = u64::try_from(now_ms).unwrap_or_default().to_be_bytes();
        for (slot, byte) in bytes.iter_mut().zip(time) {
            *slot = byte;
        }
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = 0x70 | (*version & 0x0F);
        *variant = 0x80 | (*variant & 0x3F);
        Self(bytes)
    }

    /// The exchange with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Its bytes by value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// When it was made, milliseconds since 1970.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        let [a, b, c, d, e, f, ..] = self.0;
        i64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; base32::encoded_len(16)];
        base32::encode(&self.0, &mut text);
        text.iter_mut().for_each(|value| *value = base32::symbol(*value));
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for ExchangeId {
    type Err = ExchangeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut values = [0; base32::encoded_len(16)];
        let mut count = 0;
        for character in text.chars() {
            let value = base32::value(character).ok_or(ExchangeIdError)?;
            *values.get_mut(count).ok_or(ExchangeIdError)? = value;
            count += 1;
        }
        let values = values.get(..count).ok_or(ExchangeIdError)?;
        base32::decode(values).map(Self).ok_or(ExchangeIdError)
    }
}

text_serde!(ExchangeId);

/// A text that is no exchange id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an exchange id is 26 characters of Crockford's base 32")]
pub struct ExchangeIdError;

impl ExchangeIdError {
    /// The error in Japanese.
    #[must_use]
    pub fn ja(&self) -> &'static str {
        "交換番号は26文字の英数字（Crockford base32）であるべきです"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_its_time_and_sorts_by_it() {
        let (a, b) = (ExchangeId::new(1_700_000_000_000), ExchangeId::new(1_700_000_000_001));
        assert_eq!(a.at_ms(), 1_700_000_000_000);
        assert!(a < b && a.to_string() < b.to_string());
        assert_eq!(a.to_string().len(), 26);
        assert_eq!(a.to_string().to_lowercase().parse(), Ok(a));
        assert!("".parse::<ExchangeId>().is_err() && "8".repeat(26).parse::<ExchangeId>().is_err());
    }
}
