//! Witnessing (c2sp.org/tlog-witness): what a log submits to have its head cosigned, and what the witness holds it
//! against before it does.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;

use crate::{
    checkpoint::Checkpoint,
    cosignature,
    hash::Hash,
    note::{NoteError, NoteKey, SignedNote},
    proof::verify_consistency,
};

/// The body of an `add-checkpoint` request: a head of a log and the proof that it extends an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the head that the witness cosigned last, as the log believes; 0 for none.
    pub old: u64,
    /// RFC 6962 consistency proof from `old` to the submitted head; empty when `old` is 0.
    pub proof: Vec<Hash>,
    /// The signed head.
    pub note: SignedNote,
    /// The head in it.
    pub head: Checkpoint,
}

/// A head that a witness cosigned: all that it must remember of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessedHead {
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// The request is not of the specification's form.
    #[error("expected {0}")]
    Malformed(&'static str),
    /// The checkpoint is not one.
    #[error(transparent)]
    Note(NoteError),
    /// No signature of the log's known key.
    #[error("{0}")]
    NotSigned(NoteError),
    /// The old size is above the submitted one.
    #[error("the old size {old} is above the size {size} of the checkpoint")]
    OldAboveNew {
        /// The old size stated.
        old: u64,
        /// The size submitted.
        size: u64,
    },
    /// The old size is not that of the head cosigned last.
    #[error("the head cosigned last has {known} entries, the request builds on {old} and ends at {size}")]
    Stale {
        /// Entries under the head cosigned last.
        known: u64,
        /// The old size stated.
        old: u64,
        /// The size submitted.
        size: u64,
    },
    /// The log signed another root for a size that was cosigned already: two histories.
    #[error("fork at {size} entries: cosigned was {cosigned}, submitted is {submitted}")]
    Fork {
        /// The size of both.
        size: u64,
        /// The root cosigned before.
        cosigned: Hash,
        /// The root submitted now.
        submitted: Hash,
    },
    /// The submitted head is not shown to extend the one cosigned last.
    #[error("no proof that the {size} entries begin with the {known} cosigned before")]
    Inconsistent {
        /// Entries under the head cosigned last.
        known: u64,
        /// The size submitted.
        size: u64,
    },
}

impl AddCheckpoint {
    /// Holds the request against what the witness knows of the log: its key, and the head cosigned last (`None` when
    /// there is none yet). `Ok` means that the witness may remember [`AddCheckpoint::witnessed`] and cosign.
    ///
    /// # Errors
    /// [`WitnessRefusal`], in the order of the specification. A head that the log signed and that cannot stand beside
    /// the cosigned one is a [`WitnessRefusal::Fork`] whatever old size it comes with.
    pub fn check(&self, key: &NoteKey, known: Option<&WitnessedHead>) -> Result<(), WitnessRefusal> {
        self.note.verify(key).map_err(WitnessRefusal::NotSigned)?;
        self.extends(known)
    }

    /// [`AddCheckpoint::check`] without the log's signature, for who has verified it already.
    ///
    /// # Errors
    /// [`WitnessRefusal`].
    pub fn extends(&self, known: Option<&WitnessedHead>) -> Result<(), WitnessRefusal> {
        let size = self.head.size;
        if self.old > size {
            return Err(WitnessRefusal::OldAboveNew { old: self.old, size });
        }
        let last = known.copied().unwrap_or(WitnessedHead { size: 0, root: Hash::empty_root() });
        if size == last.size && self.head.root != last.root {
            return Err(WitnessRefusal::Fork { size, cosigned: last.root, submitted: self.head.root });
        }
        if self.old != last.size {
            return Err(WitnessRefusal::Stale { known: last.size, old: self.old, size });
        }
        if verify_consistency(last.size, &last.root, size, &self.head.root, &self.proof) {
            Ok(())
        } else {
            Err(WitnessRefusal::Inconsistent { known: last.size, size })
        }
    }

    /// What the witness remembers once it cosigned.
    pub fn witnessed(&self) -> WitnessedHead {
        WitnessedHead { size: self.head.size, root: self.head.root }
    }
}

impl WitnessRefusal {
    /// The HTTP status that the specification gives the refusal.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::Note(_) | Self::OldAboveNew { .. } => 400,
            Self::NotSigned(_) => 403,
            Self::Stale { .. } | Self::Fork { .. } => 409,
            Self::Inconsistent { .. } => 422,
        }
    }

    /// Whether a head that the log itself signed contradicts one that was cosigned: evidence of two histories.
    pub fn is_fork(&self) -> bool {
        matches!(self, Self::Fork { .. } | Self::Inconsistent { .. })
    }

    /// The same in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::Malformed(expected) => format!("要求の形が違います（{expected}）"),
            Self::Note(error) | Self::NotSigned(error) => error.ja(),
            Self::OldAboveNew { old, size } => {
                format!("前回の件数{old}が、提出された件数{size}より多くなっています")
            }
            Self::Stale { known, old, size } => {
                format!("最後に連署したのは{known}件です（要求は{old}件から{size}件まで）")
            }
            Self::Fork { size, cosigned, submitted } => {
                format!("分岐: {size}件の時点で連署したルートは{cosigned}、提出されたのは{submitted}です")
            }
            Self::Inconsistent { known, size } => {
                format!("提出された{size}件が、連署済みの{known}件で始まることが示されていません")
            }
        }
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

impl FromStr for AddCheckpoint {
    type Err = WitnessRefusal;

    fn from_str(body: &str) -> Result<Self, WitnessRefusal> {
        let (lines, note) = body
            .split_once("\n\n")
            .ok_or(WitnessRefusal::Malformed("an empty line before the checkpoint"))?;
        let mut lines = lines.split('\n');
        let size = lines.next().and_then(|line| line.strip_prefix("old "));
        let size = size.ok_or(WitnessRefusal::Malformed("a first line `old` with a size"))?;
        let old = size.parse::<u64>().ok().filter(|number| number.to_string() == size);
        let old = old.ok_or(WitnessRefusal::Malformed("a decimal old size without leading zeroes"))?;
        let hash = |line: &str| BASE64.decode(line.as_bytes()).ok()?.try_into().ok().map(Hash);
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.ok_or(WitnessRefusal::Malformed("proof lines of 32 bytes in base64"))?;
        if proof.len() > MAX_PROOF {
            return Err(WitnessRefusal::Malformed("at most 63 proof lines"));
        }
        let note: SignedNote = note.parse().map_err(WitnessRefusal::Note)?;
        let head: Checkpoint = note.text.parse().map_err(WitnessRefusal::Note)?;
        Ok(Self { old, proof, note, head })
    }
}

/// When `witness` cosigned the checkpoint in `note`, seconds since 1970; `None` when it did not.
///
/// # Errors
/// [`NoteError`] for what is no note, and for a line of the witness that does not fit.
pub fn cosigned_at(note: &str, witness: &NoteKey) -> Result<Option<u64>, NoteError> {
    let note: SignedNote = note.parse()?;
    let line = note.signatures.iter().find(|line| witness.claims(line));
    line.map(|line| cosignature::check(witness, &note.text, line)).transpose()
}

/// Most proof lines of a request, as the specification says.
pub const MAX_PROOF: usize = 63;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_specification_s_example_reads_and_writes() {
        let request: AddCheckpoint = EXAMPLE.parse().unwrap();
        assert_eq!((request.old, request.proof.len(), request.head.size), (20_852_014, 4, 20_852_163));
        assert_eq!(request.to_string(), EXAMPLE);
    }

    #[test]
    fn what_is_no_request_says_why() {
        let refused = |text: &str| text.parse::<AddCheckpoint>().unwrap_err();
        assert!(matches!(refused("old 0\n"), WitnessRefusal::Malformed(_)));
        assert!(matches!(refused(&EXAMPLE.replace("old ", "new ")), WitnessRefusal::Malformed(_)));
        assert!(matches!(refused(&EXAMPLE.replace("old 2", "old 02")), WitnessRefusal::Malformed(_)));
        assert!(matches!(refused(&EXAMPLE.replace("PlRN", "PlR")), WitnessRefusal::Malformed(_)));
        assert!(matches!(refused(&EXAMPLE.replace("20852163\n", "x\n")), WitnessRefusal::Note(_)));
        let line = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        let many = EXAMPLE.replace(line, &line.repeat(MAX_PROOF));
        assert!(matches!(refused(&many), WitnessRefusal::Malformed("at most 63 proof lines")));
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_why(text in "(old [0-9]{1,3}|\n|[A-Za-z0-9+/]{43}=|\u{2014} a AAAAAAA=|\\PC){0,20}") {
            if let Ok(request) = text.parse::<AddCheckpoint>() {
                prop_assert_eq!(request.to_string(), text);
            }
        }
    }
}
