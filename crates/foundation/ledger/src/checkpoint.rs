//! Checkpoints (c2sp.org/tlog-checkpoint): the head of the log, as the text of a signed note.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;

use crate::{hash::Hash, note::NoteError};

/// The head of a log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a URL without scheme.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Hash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)
    }
}

/// Reads the text of a note. Extension lines, which nobody can audit, are refused.
impl FromStr for Checkpoint {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let body = text.strip_suffix('\n').ok_or(NoteError::Checkpoint("a final newline"))?;
        let mut lines = body.split('\n');
        let origin =
            lines.next().filter(|line| !line.is_empty()).ok_or(NoteError::Checkpoint("an origin"))?;
        let size = lines.next().ok_or(NoteError::Checkpoint("a size"))?;
        let number: u64 = size.parse().map_err(|_| NoteError::Checkpoint("a decimal size"))?;
        if number.to_string() != size {
            return Err(NoteError::Checkpoint("a size without leading zeroes"));
        }
        let root = lines.next().ok_or(NoteError::Checkpoint("a root"))?;
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or(NoteError::Checkpoint("a root of 32 bytes in base64"))?;
        match lines.next() {
            None => Ok(Self { origin: origin.to_owned(), size: number, root: Hash(root) }),
            Some(_) => Err(NoteError::Checkpoint("three lines and no more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_example_reads_and_writes() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().unwrap();
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), text);
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused() {
        let root = Hash::empty_root();
        for text in [
            format!("\n0\n{root}\n"),
            format!("a\n00\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            "a\n1\nAAAA\n".to_owned(),
            format!("a\n1\n{root}\nextension\n"),
            format!("a\n1\n{root}"),
        ] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
        }
    }
}
