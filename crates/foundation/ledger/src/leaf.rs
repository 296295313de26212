//! Leaves: what is hashed into the tree. No personal content in clear.
//!
//! ```text
//! version  u8 = 1
//! kind     u8 length, then that many of [a-z0-9.-]
//! at       i64, milliseconds since 1970, big endian
//! exchange 16 bytes
//! person   u8 0, or u8 1 and 32 bytes of keyed digest
//! body     the rest: sealed under LEDGER_SEAL with all of the above as associated data
//! ```

use std::fmt;

use codes::ExchangeId;

/// What a role writes down about one exchange.
#[derive(Clone)]
pub struct Entry {
    /// What happened: lower case words with dots, at most 64 bytes, e.g. `eligibility.check`.
    pub kind: &'static str,
    /// About whom, as [`crate::Ledger::person_digest`] gives it.
    pub person: Option<PersonDigest>,
    /// The exchange it belongs to.
    pub exchange: ExchangeId,
    /// When, milliseconds since 1970.
    pub at: i64,
    /// JSON in clear, at most [`MAX_BODY`] bytes; it is sealed before it is hashed or written.
    pub body: Vec<u8>,
}

/// An entry as read back, its seal opened.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedEntry {
    /// Position in the log, from 0.
    pub index: u64,
    /// See [`Entry::kind`].
    pub kind: String,
    /// See [`Entry::person`].
    pub person: Option<PersonDigest>,
    /// See [`Entry::exchange`].
    pub exchange: ExchangeId,
    /// See [`Entry::at`].
    pub at: i64,
    /// See [`Entry::body`].
    pub body: Vec<u8>,
}

/// Keyed digest of a person: equal for the same person in the same ledger, meaningless outside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonDigest(pub [u8; 32]);

/// A leaf taken apart, its body still sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// See [`Entry::kind`].
    pub kind: &'a str,
    /// See [`Entry::at`].
    pub at: i64,
    /// See [`Entry::exchange`].
    pub exchange: ExchangeId,
    /// See [`Entry::person`].
    pub person: Option<PersonDigest>,
    /// The bytes before the body, to which its seal is bound.
    pub header: &'a [u8],
    /// The sealed body.
    pub sealed: &'a [u8],
}

/// Why an entry cannot be kept or a leaf not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The body is longer than [`MAX_BODY`].
    #[error("a body takes at most {MAX_BODY} bytes, found {0}")]
    BodyTooLong(usize),
    /// The kind is empty, too long or has other characters.
    #[error("a kind is 1 to 64 of a-z 0-9 . and -, found {0:?}")]
    Kind(String),
    /// The version byte is unknown.
    #[error("leaf version 1 expected, found {0}")]
    Version(u8),
    /// The leaf ends too early.
    #[error("the leaf ends before its {0}")]
    Truncated(&'static str),
    /// The byte that says whether a person follows is neither 0 nor 1.
    #[error("the person mark is 0 or 1, found {0}")]
    PersonMark(u8),
}

impl LeafError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::BodyTooLong(found) => format!("本文は{MAX_BODY}バイトまでです（{found}バイト）"),
            Self::Kind(found) => format!("種別は英小文字・数字・「.」「-」で1〜64文字です（{found:?}）"),
            Self::Version(found) => format!("版は1のはずですが{found}です"),
            Self::Truncated(part) => format!("途中で終わっています（{part}）"),
            Self::PersonMark(found) => format!("対象者の有無は0か1ですが{found}です"),
        }
    }
}

impl Entry {
    /// The bytes of the leaf before its body.
    pub(crate) fn header(&self) -> Result<Vec<u8>, LeafError> {
        if self.body.len() > MAX_BODY {
            return Err(LeafError::BodyTooLong(self.body.len()));
        }
        check_kind(self.kind)?;
        let mut header = Vec::with_capacity(128);
        header.push(VERSION);
        // `check_kind` bounds the length to 64.
        header.push(self.kind.len() as u8);
        header.extend_from_slice(self.kind.as_bytes());
        header.extend_from_slice(&self.at.to_be_bytes());
        header.extend_from_slice(self.exchange.as_bytes());
        match &self.person {
            None => header.push(0),
            Some(person) => {
                header.push(1);
                header.extend_from_slice(&person.0);
            }
        }
        Ok(header)
    }
}

impl<'a> Leaf<'a> {
    /// Takes a leaf apart.
    ///
    /// # Errors
    /// [`LeafError`] when it is not of this encoding.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let mut rest = bytes;
        let [version] = take(&mut rest, "version")?;
        if version != VERSION {
            return Err(LeafError::Version(version));
        }
        let [length] = take(&mut rest, "kind")?;
        let (kind, after) = rest.split_at_checked(length.into()).ok_or(LeafError::Truncated("kind"))?;
        rest = after;
        let kind = std::str::from_utf8(kind)
            .map_err(|_| LeafError::Kind(String::from_utf8_lossy(kind).into_owned()))?;
        check_kind(kind)?;
        let at = i64::from_be_bytes(take(&mut rest, "time")?);
        let exchange = ExchangeId::from_bytes(take(&mut rest, "exchange")?);
        let person = match take(&mut rest, "person")? {
            [0] => None,
            [1] => Some(PersonDigest(take(&mut rest, "person")?)),
            [mark] => return Err(LeafError::PersonMark(mark)),
        };
        let header = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
        Ok(Self { kind, at, exchange, person, header, sealed: rest })
    }
}

impl fmt::Debug for PersonDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonDigest(..)")
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} at {}, {} bytes)", self.kind, self.at, self.body.len())
    }
}

impl fmt::Debug for OpenedEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedEntry({}: {} at {}, {} bytes)", self.index, self.kind, self.at, self.body.len())
    }
}

fn check_kind(kind: &str) -> Result<(), LeafError> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    if (1..=MAX_KIND).contains(&kind.len()) && kind.bytes().all(allowed) {
        Ok(())
    } else {
        Err(LeafError::Kind(kind.chars().take(MAX_KIND).collect()))
    }
}

fn take<const N: usize>(rest: &mut &[u8], part: &'static str) -> Result<[u8; N], LeafError> {
    let (head, tail) = rest.split_first_chunk().ok_or(LeafError::Truncated(part))?;
    *rest = tail;
    Ok(*head)
}

/// Longest body of an entry: a bundle gives an entry 65,535 bytes with header and seal.
pub const MAX_BODY: usize = 60_000;
const MAX_KIND: usize = 64;
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(at: i64, exchange: [u8; 16], person: Option<[u8; 32]>, sealed: Vec<u8>) {
            let entry = Entry {
                kind: "eligibility.check",
                person: person.map(PersonDigest),
                exchange: ExchangeId::from_bytes(exchange),
                at,
                body: Vec::new(),
            };
            let header = entry.header().unwrap();
            let bytes = [header.clone(), sealed.clone()].concat();
            let leaf = Leaf::decode(&bytes).unwrap();
            prop_assert_eq!(leaf.kind, "eligibility.check");
            prop_assert_eq!((leaf.at, leaf.exchange, leaf.person), (at, entry.exchange, entry.person));
            prop_assert_eq!((leaf.header, leaf.sealed), (&header[..], &sealed[..]));
        }

        #[test]
        fn any_bytes_decode_or_say_why(bytes: Vec<u8>) {
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.header.len() + leaf.sealed.len(), bytes.len());
            }
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let entry =
            |kind, body| Entry { kind, person: None, exchange: ExchangeId::from_bytes([0; 16]), at: 0, body };
        assert_eq!(entry("", vec![]).header(), Err(LeafError::Kind(String::new())));
        assert_eq!(entry("A", vec![]).header(), Err(LeafError::Kind("A".to_owned())));
        assert_eq!(entry("a", vec![0; MAX_BODY + 1]).header(), Err(LeafError::BodyTooLong(MAX_BODY + 1)));
        assert_eq!(Leaf::decode(&[]), Err(LeafError::Truncated("version")));
        assert_eq!(Leaf::decode(&[9]), Err(LeafError::Version(9)));
        assert_eq!(Leaf::decode(&[1, 200, b'a']), Err(LeafError::Truncated("kind")));
    }
}
