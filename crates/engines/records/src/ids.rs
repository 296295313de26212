//! Ids that the same source gives again: an import that is run twice leaves what one left.

use sha2::{Digest as _, Sha256};

/// The logical id (FHIR R4 §2.24.0.1, 1 to 64 of `A-Za-z0-9-.`) of what these parts name: 32 letters, a to p, of SHA-256.
/// Nothing of the parts can be read from it: a patient's number does not travel in an id. No digits: twelve in a row would
/// now and then look like a My Number.
pub fn id_of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length before each part keeps ("ab", "c") from ("a", "bc").
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = String::with_capacity(LETTERS);
    for byte in hash.finalize().iter().take(LETTERS / 2) {
        id.extend([byte >> 4, byte & 0xF].map(|nibble| char::from(b'a' + nibble)));
    }
    id
}

const LETTERS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_eq!(id_of(&["a", "b"]), id_of(&["a", "b"]));
        assert_ne!(id_of(&["ab", "c"]), id_of(&["a", "bc"]));
        assert_ne!(id_of(&["a"]), id_of(&["a", ""]));
        assert_eq!(id_of(&[]).len(), 32);
    }
}
