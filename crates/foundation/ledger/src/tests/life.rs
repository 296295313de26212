//! Appending, reading, following, reopening; what the disk refuses.

use std::{
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use codes::{FileCustody, KeyName};
use tempfile::TempDir;

use super::{KEYS, ORIGIN, custody, entry, fill, key, open, runtime, small};
use crate::{
    Checkpoint, Entry, Hash, Leaf, LeafError, Ledger, LedgerError, MAX_BODY, SignedNote, Tile, TileKind,
    disk::LogFile, verify, verify_consistency, verify_inclusion, wal::Options,
};

#[test]
fn entries_come_back_with_their_proofs() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    let person = ledger.person_digest(b"someone");
    assert_eq!(person, ledger.person_digest(b"someone"));
    assert_ne!(person, ledger.person_digest(b"someone else"));
    runtime().block_on(async {
        let sent = Entry { person: Some(person), ..entry(7) };
        let receipt = ledger.append(sent.clone()).await.unwrap();
        assert_eq!((receipt.index, receipt.at, &receipt.origin[..]), (0, 7, ORIGIN));
        let entries: Vec<Entry> = (1..600).map(entry).collect();
        let receipts = ledger.append_all(entries).await.unwrap();
        assert!(receipts.iter().map(|receipt| receipt.index).eq(1..600));

        let read = ledger.read_entry(0).unwrap();
        assert_eq!((read.kind.as_str(), read.person, read.body), (sent.kind, Some(person), sent.body));
        let leaf = ledger.leaf_bytes(0).unwrap();
        assert!(!leaf.windows(6).any(|bytes| bytes == b"number"), "the body is sealed");

        let note = ledger.checkpoint_covering(600).await.unwrap();
        let head: Checkpoint = note.parse::<SignedNote>().unwrap().text.parse().unwrap();
        assert_eq!((head.size, &head.origin[..]), (600, ORIGIN));
        for index in [0, 255, 256, 511, 512, 599] {
            let leaf = Hash::leaf(&ledger.leaf_bytes(index).unwrap());
            let proof = ledger.inclusion_proof(index, head.size).unwrap();
            assert!(verify_inclusion(&leaf, index, head.size, &proof, &head.root), "{index}");
            let proof = ledger.consistency_proof(index, head.size).unwrap();
            assert!(verify_consistency(index, &ledger.root(index).unwrap(), head.size, &head.root, &proof));
        }
        let beyond = ledger.checkpoint_covering(601).await;
        assert!(matches!(beyond, Err(LedgerError::OutOfRange { asked: 601, size: 600 })));
    });
    assert!(matches!(ledger.inclusion_proof(600, 600), Err(LedgerError::OutOfRange { .. })));
    assert!(matches!(ledger.inclusion_proof(0, 601), Err(LedgerError::OutOfRange { .. })));
    assert!(matches!(ledger.consistency_proof(5, 601), Err(LedgerError::OutOfRange { .. })));
    assert!(matches!(ledger.read_entry(600), Err(LedgerError::OutOfRange { .. })));
}

#[test]
fn what_cannot_be_kept_leaves_the_ledger_well() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    runtime().block_on(async {
        let refused = ledger.append(Entry { body: vec![0; MAX_BODY + 1], ..entry(0) }).await;
        assert!(matches!(refused, Err(LedgerError::Leaf(LeafError::BodyTooLong(_)))));
        ledger.append(Entry { body: vec![0; MAX_BODY], ..entry(0) }).await.unwrap();
        let largest: Vec<Entry> = (0..64).map(|n| Entry { body: vec![n as u8; 1000], ..entry(n) }).collect();
        ledger.append_all(largest).await.unwrap();
    });
    assert_eq!(ledger.size(), 65);
}

#[test]
fn a_reopened_ledger_goes_on_where_it_was() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let mut before = None;
    for round in 0..6 {
        let ledger = open(directory.path(), &custody).unwrap();
        assert_eq!(ledger.size(), round * 333);
        if let Some((size, root)) = before {
            assert_eq!(ledger.root(size).unwrap(), root, "round {round}");
        }
        fill(&ledger, round * 333..(round + 1) * 333);
        before = Some((ledger.size(), ledger.root(ledger.size()).unwrap()));
        drop(ledger);
        let report = verify(directory.path(), key(&custody)).unwrap();
        assert_eq!(report.problem, None, "round {round}");
        assert_eq!((report.entries, report.root), before.unwrap());
        assert_eq!(report.signed, Some(report.entries));
        assert!(report.signature_verified);
    }
    let segments = directory.path().join("wal").read_dir().unwrap().count();
    assert!(segments < 6, "{segments} segments are left of {} entries", 6 * 333);
    let mut numbers: Vec<i64> = tail_all(&open(directory.path(), &custody).unwrap());
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..6 * 333));
}

fn tail_all(ledger: &Ledger) -> Vec<i64> {
    let mut tail = ledger.tail(0);
    std::iter::from_fn(|| tail.try_next().unwrap()).map(|entry| entry.at).collect()
}

#[test]
fn a_tail_sees_what_is_there_and_what_comes() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..300);
    let mut tail = ledger.tail(290);
    runtime().block_on(async {
        let follower = tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Ok(entry) = tail.next().await {
                seen.push(entry.index);
            }
            assert_eq!(tail.position(), 550);
            seen
        });
        ledger.append_all((300..550).map(entry).collect()).await.unwrap();
        tokio::task::spawn_blocking(move || drop(ledger)).await.unwrap();
        assert!(follower.await.unwrap().into_iter().eq(290..550));
    });
}

#[test]
fn files_are_served_by_their_paths_and_no_others() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..300);
    runtime().block_on(ledger.checkpoint_covering(300)).unwrap();
    for path in [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ] {
        assert!(ledger.tile_path(path).is_some(), "{path}");
    }
    let tile = Tile { kind: TileKind::Hashes(0), index: 1, width: 44 };
    assert_eq!(std::fs::read(ledger.tile_path(&tile.to_string()).unwrap()).unwrap().len(), 44 * 32);
    for path in [
        "",
        "lock",
        "wal",
        "wal/0000000000000000",
        "../x",
        "tile/0/../../lock",
        "tile/0/001.p/45",
        "/etc/passwd",
    ] {
        assert!(ledger.tile_path(path).is_none(), "{path}");
    }
}

#[test]
fn one_process_at_a_time() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    assert!(matches!(open(directory.path(), &custody), Err(LedgerError::Locked(_))));
    fill(&ledger, 0..700);
    runtime().block_on(ledger.checkpoint_covering(700)).unwrap();
    let live = verify(directory.path(), key(&custody)).unwrap();
    assert_eq!(
        (live.entries, live.problem),
        (700, None),
        "a running ledger is verified up to its checkpoint"
    );
    drop(ledger);
    open(directory.path(), &custody).unwrap();
}

#[test]
fn another_key_or_origin_does_not_open_it() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    drop(open(directory.path(), &custody).unwrap());
    let other = Ledger::open(directory.path(), "musubi.test/other", Arc::clone(&custody));
    assert!(matches!(other, Err(LedgerError::Origin { .. })));
    assert!(matches!(open(directory.path(), &super::custody()), Err(LedgerError::Note { .. })));
    let keyless = Arc::new(FileCustody::ephemeral(&[KeyName::LEDGER_SIGN]).unwrap());
    assert!(matches!(Ledger::open(directory.path(), ORIGIN, keyless), Err(LedgerError::Custody(_))));
    assert_eq!(KEYS.len(), 3);
}

/// A log file whose sync fails from some moment on, as a full or failing disk does.
struct Failing {
    file: File,
    left: Arc<AtomicU64>,
}

impl LogFile for Failing {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.left.load(Ordering::SeqCst) {
            // A full disk takes the beginning of what it is given.
            0 => LogFile::write_at(&mut self.file, &bytes[..bytes.len() / 2], offset)
                .and(Err(io::ErrorKind::StorageFull.into())),
            _ => LogFile::write_at(&mut self.file, bytes, offset),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(1..) if self.left.load(Ordering::SeqCst) > 0 => self.file.sync(),
            _ => Err(io::Error::other("EIO")),
        }
    }
}

#[test]
fn a_failed_write_is_told_and_stops_the_ledger() {
    let custody = custody();
    for healthy in [1, 2, 5, 9] {
        let directory = TempDir::new().unwrap();
        let left = Arc::new(AtomicU64::new(healthy));
        let failing = Arc::clone(&left);
        let options = Options {
            wrap: Arc::new(move |file| Box::new(Failing { file, left: Arc::clone(&failing) })),
            ..small()
        };
        let ledger = Ledger::open_with(directory.path(), ORIGIN, Arc::clone(&custody), options).unwrap();
        let mut acknowledged = Vec::new();
        runtime().block_on(async {
            for number in 0..20 {
                match ledger.append(entry(number)).await {
                    Ok(receipt) => acknowledged.push(receipt),
                    Err(error) if acknowledged.len() as u64 == number => {
                        assert!(matches!(error, LedgerError::Io { .. }), "{error}");
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            // The disk may work again: what it holds is uncertain all the same.
            left.store(u64::MAX, Ordering::SeqCst);
            let later = ledger.append(entry(99)).await;
            assert!(matches!(later, Err(LedgerError::Failed(_))), "{later:?}");
            let unsigned = ledger.checkpoint_covering(acknowledged.len() as u64).await;
            assert!(unsigned.is_ok() == (ledger.signed_size() >= acknowledged.len() as u64));
        });
        assert_eq!(acknowledged.len() as u64, healthy - 1);
        drop(ledger);

        let ledger = open(directory.path(), &custody).unwrap();
        for receipt in &acknowledged {
            assert_eq!(ledger.read_entry(receipt.index).unwrap().at, receipt.at);
        }
        fill(&ledger, 100..110);
        drop(ledger);
        assert_eq!(verify(directory.path(), key(&custody)).unwrap().problem, None);
    }
}

#[test]
fn leaves_decode_as_they_lie_in_the_bundle() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..1);
    let bytes = ledger.leaf_bytes(0).unwrap();
    assert_eq!(Leaf::decode(&bytes).unwrap().kind, "test.entry");
}
