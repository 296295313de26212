//! Signed notes (c2sp.org/signed-note): a text and the signatures under it.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// A text with signature lines. Nothing in it is believed before [`SignedNote::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    /// The text, which ends in a newline.
    pub text: String,
    /// One for each signature line, in their order.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line: who signed and the bytes of the signature, whose form depends on the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// First four bytes of a hash over name and key: tells keys of one name apart.
    pub key_id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

/// A key that signs notes: its name, its algorithm and its public half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; 32],
}

/// How a note key signs; the number is the specification's signature type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 over the text.
    Ed25519 = 1,
    /// Ed25519 over time and text: a witness's cosignature/v1.
    CosignatureV1 = 4,
}

/// What is wrong with a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is longer than [`MAX_NOTE`] bytes.
    #[error("a note takes at most {MAX_NOTE} bytes, found {0}")]
    TooLong(usize),
    /// A control character other than the newline.
    #[error("a note holds no control characters, found U+{0:04X}")]
    Control(u32),
    /// No blank line with signature lines after it.
    #[error("expected a text, an empty line and signature lines")]
    Shape,
    /// A signature line that is not `— name base64`.
    #[error("signature line {0}: expected an em dash, a name and base64 of at least 5 bytes")]
    SignatureLine(usize),
    /// More than [`MAX_SIGNATURES`].
    #[error("a note takes at most {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// A key name that is empty or has spaces, plus signs or control characters.
    #[error("a key name has no spaces, plus signs or control characters, found {0:?}")]
    Name(String),
    /// A line that must hold a key is not `name+id+base64`.
    #[error("expected a verifier key name+id+base64")]
    Key,
    /// No signature by the expected key.
    #[error("no signature by {0}")]
    NotSigned(String),
    /// A signature by the expected key that does not fit the text.
    #[error("the signature by {0} does not fit the text")]
    BadSignature(String),
    /// A checkpoint's text is not origin, size and root.
    #[error("checkpoint: expected {0}")]
    Checkpoint(&'static str),
}

impl NoteError {
    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::TooLong(found) => format!("署名付きノートは{MAX_NOTE}バイトまでです（{found}バイト）"),
            Self::Control(found) => format!("制御文字U+{found:04X}は使えません"),
            Self::Shape => "本文・空行・署名行の順になっていません".to_owned(),
            Self::SignatureLine(line) => format!("署名行{line}が読めません"),
            Self::TooManySignatures => format!("署名は{MAX_SIGNATURES}個までです"),
            Self::Name(found) => format!("鍵の名前に使えない文字があります（{found:?}）"),
            Self::Key => "検証鍵は「名前+ID+base64」です".to_owned(),
            Self::NotSigned(name) => format!("{name}の署名がありません"),
            Self::BadSignature(name) => format!("{name}の署名が本文と合いません"),
            Self::Checkpoint(expected) => format!("チェックポイントが読めません（{expected}）"),
        }
    }
}

impl NoteKey {
    /// The key `public` under `name`.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), algorithm, public })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256(name, newline, algorithm, key), the first four bytes.
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.algorithm as u8])
            .chain_update(self.public)
            .finalize();
        let mut id = [0; 4];
        id.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        id
    }

    /// Whether `signature` is of this key, by name and id.
    pub fn claims(&self, signature: &NoteSignature) -> bool {
        signature.name == self.name && signature.key_id == self.id()
    }

    /// Whether `signature` (64 bytes) over `message` was made with this key; strict RFC 8032.
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        let bad = || NoteError::BadSignature(self.name.clone());
        let key = VerifyingKey::from_bytes(&self.public).map_err(|_| bad())?;
        let signature = Signature::from_slice(signature).map_err(|_| bad())?;
        key.verify_strict(message, &signature).map_err(|_| bad())
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![self.algorithm as u8];
        material.extend_from_slice(&self.public);
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), BASE64.encode(&material))
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, rest) = text.split_once('+').ok_or(NoteError::Key)?;
        let (id, material) = rest.split_once('+').ok_or(NoteError::Key)?;
        let material = BASE64.decode(material.as_bytes()).map_err(|_| NoteError::Key)?;
        let (algorithm, public) = material.split_first().ok_or(NoteError::Key)?;
        let algorithm = match algorithm {
            1 => Algorithm::Ed25519,
            4 => Algorithm::CosignatureV1,
            _ => return Err(NoteError::Key),
        };
        let key = Self::new(name, algorithm, public.try_into().map_err(|_| NoteError::Key)?)?;
        if format!("{:08x}", u32::from_be_bytes(key.id())) == id { Ok(key) } else { Err(NoteError::Key) }
    }
}

impl SignedNote {
    /// The signature lines of `key`, verified over the text as the algorithm of `key` wants it.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`] when there is none, [`NoteError::BadSignature`] when one does not fit.
    pub fn verify(&self, key: &NoteKey) -> Result<(), NoteError> {
        let mut signed = false;
        for signature in self.signatures.iter().filter(|signature| key.claims(signature)) {
            match key.algorithm {
                Algorithm::Ed25519 => key.check(self.text.as_bytes(), &signature.bytes)?,
                Algorithm::CosignatureV1 => {
                    crate::cosignature::check(key, &self.text, signature).map(drop)?
                }
            }
            signed = true;
        }
        if signed { Ok(()) } else { Err(NoteError::NotSigned(key.name.clone())) }
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::TooLong(note.len()));
        }
        if let Some(control) = note.chars().find(|c| *c < ' ' && *c != '\n') {
            return Err(NoteError::Control(control.into()));
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
        let lines = lines.strip_suffix('\n').filter(|lines| !lines.is_empty()).ok_or(NoteError::Shape)?;
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(number, line)| line.parse().map_err(|_| NoteError::SignatureLine(number + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DASH}{} {}", self.name, BASE64.encode(&[&self.key_id[..], &self.bytes].concat()))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let bad = || NoteError::SignatureLine(1);
        let (name, encoded) =
            line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or_else(bad)?;
        check_name(name)?;
        let decoded = BASE64.decode(encoded.as_bytes()).map_err(|_| bad())?;
        match decoded.split_first_chunk() {
            Some((key_id, bytes)) if !bytes.is_empty() => {
                Ok(Self { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() })
            }
            _ => Err(bad()),
        }
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        Err(NoteError::Name(name.to_owned()))
    } else {
        Ok(())
    }
}

/// Longest note that is read.
pub const MAX_NOTE: usize = 64 * 1024;
/// Most signatures that are read; the specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;
const DASH: &str = "\u{2014} ";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    #[test]
    fn the_specification_s_example_reads_and_writes() {
        let note: SignedNote = EXAMPLE.parse().unwrap();
        assert!(note.text.ends_with("subito sera.\n"));
        assert_eq!(note.signatures[0].name, "quasimodo.example/salvatore");
        assert_eq!(note.signatures[0].bytes.len(), 64);
        assert_eq!(note.to_string(), EXAMPLE);
    }

    #[test]
    fn what_is_not_a_note_says_why() {
        let parse = |text: &str| text.parse::<SignedNote>().unwrap_err();
        assert_eq!(parse("text\n"), NoteError::Shape);
        assert_eq!(parse("text\n\n"), NoteError::Shape);
        assert_eq!(parse("text\n\n— a AAAA\n"), NoteError::SignatureLine(1));
        assert_eq!(parse("te\rxt\n\n— a AAAAAAA=\n"), NoteError::Control(13));
        assert_eq!(parse("text\n\n— a+b AAAAAAA=\n"), NoteError::SignatureLine(1));
        assert_eq!(parse(&"x".repeat(MAX_NOTE + 1)), NoteError::TooLong(MAX_NOTE + 1));
    }

    #[test]
    fn a_verifier_key_reads_and_writes() {
        let key = NoteKey::new("musubi.test/witness", Algorithm::CosignatureV1, [7; 32]).unwrap();
        assert_eq!(key.to_string().parse::<NoteKey>().unwrap(), key);
        let other = key.to_string().replace("witness", "witnesz");
        assert_eq!(other.parse::<NoteKey>(), Err(NoteError::Key));
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_why(text in "(\\PC|\n|— a AAAAAAA=\n){0,40}") {
            if let Ok(note) = text.parse::<SignedNote>() {
                prop_assert_eq!(note.to_string(), text);
            }
        }
    }
}
