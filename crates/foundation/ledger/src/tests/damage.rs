//! Every edit, truncation, rollback and fork is found.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use codes::{Custody, KeyName};
use tempfile::TempDir;

use super::{custody, fill, key, open, runtime};
use crate::{Algorithm, LedgerError, NoteKey, SignedNote, cosign, verify, wal};

/// A closed ledger of some entries with checkpoints on the way and a cosignature.
fn closed(entries: u64) -> (TempDir, Arc<dyn Custody>) {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..entries / 2);
    let note = runtime().block_on(ledger.checkpoint_covering(entries / 2)).unwrap();
    let mut note: SignedNote = note.parse().unwrap();
    let (witness, name) = (super::custody(), "witness.test");
    note.signatures.push(cosign(&*witness, &KeyName::LEDGER_SIGN, name, &note.text, 1_700_000_000).unwrap());
    let public = witness.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
    let witness = NoteKey::new(name, Algorithm::CosignatureV1, public).unwrap();
    ledger.accept_cosignature(&witness, &note.to_string()).unwrap();
    fill(&ledger, entries / 2..entries);
    drop(ledger);
    (directory, custody)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(directory).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The bytes of a file that belong to the ledger: all, but of a segment only its frames.
fn meaningful(path: &Path, length: usize) -> usize {
    let name = path.file_name().unwrap().to_str().unwrap();
    if !path.parent().unwrap().ends_with("wal") {
        return length;
    }
    let Ok(sequence) = u64::from_str_radix(name, 16) else { return 0 };
    wal::read_segment(path, &fs::File::open(path).unwrap(), sequence, |_| Ok(())).unwrap() as usize
}

#[test]
fn any_edited_bit_is_found() {
    let (directory, custody) = closed(530);
    assert_eq!(verify(directory.path(), key(&custody)).unwrap().problem, None);
    let mut edits = 0;
    for path in files(directory.path()) {
        let original = fs::read(&path).unwrap();
        let end = meaningful(&path, original.len());
        // Small files byte by byte, large ones at steps that meet every part of their structure.
        let step = (end / 60).max(1);
        for (turn, position) in (0..end).step_by(step).enumerate() {
            let mut edited = original.clone();
            edited[position] ^= 1 << (turn % 8);
            fs::write(&path, &edited).unwrap();
            let report = verify(directory.path(), key(&custody)).unwrap();
            assert!(report.problem.is_some(), "{} byte {position}", path.display());
            edits += 1;
        }
        fs::write(&path, &original).unwrap();
    }
    assert!(edits > 500, "{edits}");
    assert_eq!(verify(directory.path(), key(&custody)).unwrap().problem, None);
}

#[test]
fn the_entry_is_named() {
    let (directory, custody) = closed(530);
    let path = directory.path().join("tile/entries/000");
    let mut bundle = fs::read(&path).unwrap();
    // Entry 3, a byte of its body: the entries are all of one length but for the digits of their bodies.
    let start: usize = crate::tile::entries(&bundle).take(3).map(|entry| entry.unwrap().len() + 2).sum();
    bundle[start + 60] ^= 1;
    fs::write(&path, bundle).unwrap();
    let problem = verify(directory.path(), key(&custody)).unwrap().problem.unwrap();
    assert_eq!(problem.index, Some(3), "{problem:?}");
}

#[test]
fn missing_and_foreign_files_are_found() {
    let (directory, custody) = closed(2600);
    let problem = || verify(directory.path(), key(&custody)).unwrap().problem;
    for path in ["checkpoint", "tile/entries/000", "tile/0/000"] {
        let path = directory.path().join(path);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(problem().is_some(), "{}", path.display());
        fs::write(&path, bytes).unwrap();
    }
    for path in ["other", "tile/0/999", "tile/entries/010.p/200", "tile/7/000"] {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"x").unwrap();
        assert!(problem().is_some(), "{}", path.display());
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(problem(), None);
    let elsewhere = verify(&directory.path().join("none"), None);
    assert!(
        matches!(elsewhere, Err(LedgerError::Io { .. })),
        "no directory is no empty ledger: {elsewhere:?}"
    );
}

#[test]
fn a_truncated_log_does_not_open() {
    let (directory, custody) = closed(300);
    let last = wal::list(&directory.path().join("wal")).unwrap().pop().unwrap();
    let end = meaningful(&last.1, 0) as u64;
    fs::OpenOptions::new().write(true).open(&last.1).unwrap().set_len(end - 4096).unwrap();
    let problem = verify(directory.path(), key(&custody)).unwrap().problem.unwrap();
    // How the entries shared batches decides whether the end is missed first in the log or in a partial tile.
    assert!(problem.index.is_none_or(|index| index < 300), "{problem:?}");
    assert!(matches!(open(directory.path(), &custody), Err(LedgerError::Rollback { signed: 300, .. })));
}

#[test]
fn a_hole_in_the_log_is_damage_and_no_torn_end() {
    let (directory, custody) = closed(300);
    let (_, path) = wal::list(&directory.path().join("wal")).unwrap().pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(open(directory.path(), &custody), Err(LedgerError::Corrupt { .. })));
}

#[test]
fn older_entries_under_a_newer_checkpoint_are_a_rollback() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    fill(&open(directory.path(), &custody).unwrap(), 0..300);
    let older = TempDir::new().unwrap();
    copy(directory.path(), older.path());
    fill(&open(directory.path(), &custody).unwrap(), 300..310);
    fs::copy(directory.path().join("checkpoint"), older.path().join("checkpoint")).unwrap();
    let refused = open(older.path(), &custody).err().unwrap();
    assert!(matches!(refused, LedgerError::Rollback { signed: 310, found: 300 }), "{refused}");
    assert!(refused.ja().contains("巻き戻し"));
    let problem = verify(older.path(), key(&custody)).unwrap().problem.unwrap();
    assert_eq!(problem.index, Some(300));
}

#[test]
fn a_restored_older_copy_is_found_by_whoever_saw_the_newer() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    fill(&open(directory.path(), &custody).unwrap(), 0..300);
    let older = TempDir::new().unwrap();
    copy(directory.path(), older.path());
    let newer = open(directory.path(), &custody).unwrap();
    fill(&newer, 300..310);
    let seen = runtime().block_on(newer.checkpoint_covering(310)).unwrap();
    let seen = seen.parse::<SignedNote>().unwrap().text.parse().unwrap();
    assert!(newer.same_log(&seen).is_ok());
    let restored = open(older.path(), &custody).unwrap();
    assert!(matches!(restored.same_log(&seen), Err(LedgerError::Rollback { .. })));
    fill(&restored, 900..920);
    assert!(matches!(restored.same_log(&seen), Err(LedgerError::Fork { size: 310, .. })));
}

#[test]
fn other_entries_under_a_signed_checkpoint_are_a_fork() {
    let custody = custody();
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill(&open(one.path(), &custody).unwrap(), 0..300);
    fill(&open(two.path(), &custody).unwrap(), 1000..1300);
    fs::copy(one.path().join("checkpoint"), two.path().join("checkpoint")).unwrap();
    let refused = open(two.path(), &custody).err().unwrap();
    assert!(matches!(refused, LedgerError::Fork { size: 300, .. }), "{refused}");
    assert!(verify(two.path(), key(&custody)).unwrap().problem.is_some());
}

#[test]
fn a_removed_checkpoint_does_not_make_it_a_new_ledger() {
    let (directory, custody) = closed(20);
    fs::remove_file(directory.path().join("checkpoint")).unwrap();
    assert!(matches!(open(directory.path(), &custody), Err(LedgerError::Corrupt { .. })));
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&path, target).unwrap();
    }
}
