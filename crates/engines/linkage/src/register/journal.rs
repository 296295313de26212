//! The journal: batches of records that came after the snapshot.

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::LinkError;

/// A batch of records that arrived.
#[derive(Serialize, Deserialize)]
pub struct Frame {
    /// The number of the first record, from 0.
    pub first: u64,
    /// Events of the log before it.
    pub events: u64,
    /// Identifier and values by field of each record.
    pub records: Vec<(String, Vec<String>)>,
    /// The lines of the log that it adds.
    pub lines: Vec<String>,
}

/// What a journal begins with.
pub const MAGIC: &[u8] = b"musubi linkage journal 1\n";
/// Bytes before a frame: its length and the beginning of its digest.
const FRAME_HEAD: usize = 8 + 16;
impl Frame {
    /// The frame as the journal holds it.
    pub fn bytes(&self) -> Vec<u8> {
        // Texts and numbers only: nothing that JSON refuses.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(digest(&json));
        bytes.extend(json);
        bytes
    }
}

/// The frames of a journal and the bytes that they take. What is cut off at the end, or does not fit its digest, was never said
/// to be done; if it was, its records are in the log, and `Register::open` misses them.
pub fn frames(mut journal: impl Read) -> Result<(Vec<Frame>, u64), LinkError> {
    let damaged = |problem: String| LinkError::Damaged { what: "journal".to_owned(), problem };
    let mut bytes = Vec::new();
    journal.read_to_end(&mut bytes).map_err(|e| damaged(e.to_string()))?;
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        return Err(damaged("not a journal of version 1".to_owned()));
    };
    let mut frames: Vec<Frame> = Vec::new();
    while let Some((head, body)) = rest.split_at_checked(FRAME_HEAD) {
        let length = head.first_chunk().map_or(u64::MAX, |length| u64::from_le_bytes(*length));
        let json = usize::try_from(length).ok().and_then(|length| body.split_at_checked(length));
        let Some((json, after)) = json.filter(|(json, _)| head.ends_with(&digest(json))) else {
            break;
        };
        frames.push(serde_json::from_slice(json).map_err(|e| damaged(e.to_string()))?);
        rest = after;
    }
    Ok((frames, (bytes.len() - rest.len()) as u64))
}

fn digest(json: &[u8]) -> [u8; 16] {
    Sha256::digest(json).first_chunk().copied().unwrap_or_default()
}
