//! Everything of a ledger that comes from outside: leaves, notes, checkpoints, keys, tile paths. They parse or say why,
//! and what parses writes itself back as it was.
#![no_main]

use ledger::{Checkpoint, Leaf, NoteKey, SignedNote, Tile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(leaf) = Leaf::decode(bytes) {
        assert_eq!([leaf.header, leaf.sealed].concat(), bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(note) = text.parse::<SignedNote>() {
        assert_eq!(note.to_string(), text);
        if let Ok(checkpoint) = note.text.parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string(), note.text);
        }
    }
    if let Ok(key) = text.parse::<NoteKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(tile) = text.parse::<Tile>() {
        assert_eq!(tile.to_string(), text);
    }
});
