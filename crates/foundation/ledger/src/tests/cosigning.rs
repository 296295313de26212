//! Notes and cosignatures, judged by another implementation.

use std::sync::Arc;

use codes::{Custody, KeyName};
use signed_note::{Note, StandardVerifier, VerifierList};
use tempfile::TempDir;

use super::{ORIGIN, custody, fill, open, runtime};
use crate::{Algorithm, Checkpoint, Ledger, LedgerError, NoteError, NoteKey, SignedNote, cosign};

struct Witness {
    name: &'static str,
    custody: Arc<dyn Custody>,
}

impl Witness {
    fn new(name: &'static str) -> Self {
        Self { name, custody: custody() }
    }

    fn key(&self) -> NoteKey {
        let public = self.custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap();
        NoteKey::new(self.name, Algorithm::CosignatureV1, public).unwrap()
    }

    fn cosign(&self, note: &str, time: u64) -> String {
        let mut note: SignedNote = note.parse().unwrap();
        let line = cosign(&*self.custody, &KeyName::LEDGER_SIGN, self.name, &note.text, time).unwrap();
        note.signatures.push(line);
        note.to_string()
    }
}

fn checkpoint(ledger: &Ledger) -> String {
    runtime().block_on(ledger.checkpoint_covering(ledger.size())).unwrap()
}

#[test]
fn another_implementation_reads_our_checkpoint() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..10);
    let note = checkpoint(&ledger);
    let key = NoteKey::new(ORIGIN, Algorithm::Ed25519, custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap())
        .unwrap();
    let verifier = StandardVerifier::new(&key.to_string()).unwrap();
    let foreign = Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, unknown) = foreign.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 0));
    let head = tlog_tiles::Checkpoint::from_bytes(foreign.text()).unwrap();
    assert_eq!((head.origin(), head.size(), head.hash().0), (ORIGIN, 10, ledger.root(10).unwrap().0));
}

#[test]
fn cosignatures_are_kept_and_gathered() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    let (one, two) = (Witness::new("one.witness.test"), Witness::new("two.witness.test"));
    fill(&ledger, 0..5);
    let first = checkpoint(&ledger);
    assert_eq!(
        ledger.accept_cosignature(&one.key(), &one.cosign(&first, 1_700_000_000)).unwrap(),
        1_700_000_000
    );
    ledger.accept_cosignature(&two.key(), &two.cosign(&first, 1_700_000_001)).unwrap();
    ledger.accept_cosignature(&one.key(), &one.cosign(&first, 1_700_000_002)).unwrap();
    let kept: SignedNote = ledger.cosigned().unwrap().unwrap().parse().unwrap();
    assert_eq!(kept.signatures.len(), 3, "the log and each witness once");
    assert!(kept.verify(&one.key()).is_ok() && kept.verify(&two.key()).is_ok());

    fill(&ledger, 5..9);
    let second = checkpoint(&ledger);
    ledger.accept_cosignature(&one.key(), &one.cosign(&second, 1_700_000_003)).unwrap();
    let late = ledger.accept_cosignature(&two.key(), &two.cosign(&first, 1_700_000_004));
    assert!(matches!(late, Err(LedgerError::StaleCosignature { kept: 9, found: 5 })));
    drop(ledger);
    let ledger = open(directory.path(), &custody).unwrap();
    let kept: SignedNote = ledger.cosigned().unwrap().unwrap().parse().unwrap();
    assert_eq!(kept.text.parse::<Checkpoint>().unwrap().size, 9);
}

#[test]
fn what_a_witness_did_not_sign_is_refused() {
    let (directory, custody) = (TempDir::new().unwrap(), custody());
    let ledger = open(directory.path(), &custody).unwrap();
    fill(&ledger, 0..5);
    let note = checkpoint(&ledger);
    let (one, two) = (Witness::new("one.witness.test"), Witness::new("two.witness.test"));
    let good = one.cosign(&note, 1_700_000_000);
    let refusal = |key: &NoteKey, note: &str| ledger.accept_cosignature(key, note).unwrap_err();

    let error = refusal(&two.key(), &good);
    assert!(matches!(error, LedgerError::Note { error: NoteError::NotSigned(_), .. }), "{error}");
    let mut altered: SignedNote = good.parse().unwrap();
    altered.signatures[1].bytes[7] ^= 1;
    let error = refusal(&one.key(), &altered.to_string());
    assert!(
        matches!(error, LedgerError::Note { error: NoteError::BadSignature(_), .. }),
        "another time: {error}"
    );
    let mut altered: SignedNote = good.parse().unwrap();
    altered.signatures[1].bytes[0] = 0x80;
    assert!(
        matches!(refusal(&one.key(), &altered.to_string()), LedgerError::Note { .. }),
        "a time beyond 2^63"
    );
    let mut altered: SignedNote = good.parse().unwrap();
    altered.signatures.remove(0);
    assert!(
        matches!(refusal(&one.key(), &altered.to_string()), LedgerError::Note { .. }),
        "the log did not sign"
    );
    assert!(matches!(refusal(&one.key(), "nonsense"), LedgerError::Note { .. }));

    // The same key signs another log of the same name: what the witness saw is not here.
    let elsewhere = TempDir::new().unwrap();
    let fork = open(elsewhere.path(), &custody).unwrap();
    fill(&fork, 10..15);
    let seen = one.cosign(&checkpoint(&fork), 1_700_000_000);
    assert!(matches!(refusal(&one.key(), &seen), LedgerError::Fork { size: 5, .. }));
    fill(&fork, 15..20);
    let seen = one.cosign(&checkpoint(&fork), 1_700_000_000);
    assert!(matches!(refusal(&one.key(), &seen), LedgerError::Rollback { signed: 10, found: 5 }));
    assert_eq!(ledger.cosigned().unwrap(), None);
}
