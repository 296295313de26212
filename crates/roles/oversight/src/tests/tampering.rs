//! A ledger tampered with by who holds its key, in five ways: each is caught by the witness, and by whoever holds a receipt
//! (the person's portal) as soon as the tampered head is shown.

use data_encoding::BASE64;
use ledger::{Algorithm, Hash, Ledger, NoteKey, WitnessRefusal, cosigned_at, verify_inclusion};
use protocol::oversight::witness_key;

use super::{House, append, copy, house};
use crate::model::AlarmKind;
use crate::service::Answered;

const TRUE: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// What the person's portal kept of entry 3 when it first saw it.
struct Seen {
    leaf: Hash,
}

/// Submits the newest head of a ledger as a role does, on the head cosigned last.
async fn submit(house: &House, ledger: &Ledger, old: u64) -> Answered {
    let request = ledger.add_checkpoint(old).unwrap().to_string();
    house.overseer.add_checkpoint(&request).await.unwrap()
}

/// The true ledger, cosigned at ten entries, and what the portal saw of it.
async fn cosigned(house: &House) -> (Ledger, Seen) {
    let ledger = house.ledger("true", &TRUE).await;
    let Answered::Cosigned(lines) = submit(house, &ledger, 0).await else { panic!("not cosigned") };
    let witness = witness_key(&house.directory).unwrap();
    let request = ledger.add_checkpoint(0).unwrap();
    ledger.accept_cosignature(&witness, &format!("{}{lines}", request.note)).unwrap();
    let head = ledger.head_covering(10, std::time::Duration::ZERO).await.unwrap();
    assert!(
        cosigned_at(&head, &witness).unwrap().is_some(),
        "whoever asks for a proof gets the cosigned head"
    );
    let seen = Seen { leaf: Hash::leaf(&ledger.leaf_bytes(3).unwrap()) };
    assert!(portal_finds(&ledger, &seen), "the entry is proven under the true head");
    (ledger, seen)
}

/// Whether the portal finds the entry that it saw in the ledger as it is shown now.
fn portal_finds(ledger: &Ledger, seen: &Seen) -> bool {
    let (size, root) = (ledger.size(), ledger.root(ledger.size()).unwrap());
    let path = ledger.inclusion_proof(3, size);
    path.is_ok_and(|path| verify_inclusion(&seen.leaf, 3, size, &path, &root))
}

async fn alarm(house: &House) -> AlarmKind {
    let alarms = house.overseer.alarms().await.unwrap();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    // The evidence convicts by itself: it is signed by the ledger's own key.
    let note: ledger::SignedNote = alarms[0].evidence.parse().unwrap();
    let key = house.directory.get(&house.hospital).unwrap().ledger_key.unwrap().to_bytes();
    note.verify(&NoteKey::new(&alarms[0].origin, Algorithm::Ed25519, key).unwrap()).unwrap();
    assert!(house.entries().contains(&"oversight.alarm".to_owned()), "the alarm is in the overseer's ledger");
    alarms[0].kind
}

#[tokio::test(flavor = "multi_thread")]
async fn changed() {
    let house = house();
    let (_, seen) = cosigned(&house).await;
    let forged = house.ledger("forged", &["0", "1", "2", "x", "4", "5", "6", "7", "8", "9"]).await;
    let answer = submit(&house, &forged, 10).await;
    assert!(matches!(answer, Answered::Refused(WitnessRefusal::Fork { size: 10, .. })), "{answer:?}");
    assert_eq!(alarm(&house).await, AlarmKind::Fork);
    assert!(!portal_finds(&forged, &seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped() {
    let house = house();
    let (_, seen) = cosigned(&house).await;
    let forged = house.ledger("forged", &["0", "1", "2", "4", "5", "6", "7", "8", "9"]).await;
    // A role that starts anew asks with nothing, and is told what was cosigned.
    let answer = submit(&house, &forged, 0).await;
    assert!(
        matches!(answer, Answered::Refused(WitnessRefusal::Stale { known: 10, size: 9, .. })),
        "{answer:?}"
    );
    assert_eq!(alarm(&house).await, AlarmKind::Rollback);
    assert!(!portal_finds(&forged, &seen));
    // It may not grow over the gap either.
    append(&forged, &["9", "10", "11"]).await;
    let answer = submit(&house, &forged, 10).await;
    assert!(
        matches!(answer, Answered::Refused(WitnessRefusal::Inconsistent { known: 10, size: 12 })),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reordered() {
    let house = house();
    let (_, seen) = cosigned(&house).await;
    let forged = house.ledger("forged", &["0", "1", "2", "4", "3", "5", "6", "7", "8", "9"]).await;
    let answer = submit(&house, &forged, 0).await;
    assert!(
        matches!(answer, Answered::Refused(WitnessRefusal::Fork { .. })),
        "whatever old size it comes with"
    );
    assert_eq!(alarm(&house).await, AlarmKind::Fork);
    assert!(!portal_finds(&forged, &seen));
}

#[tokio::test(flavor = "multi_thread")]
async fn forked() {
    let house = house();
    let (ledger, _) = cosigned(&house).await;
    // Two histories from the same beginning: one for the overseer, another for everybody else.
    let other = house.ledger("other", &TRUE).await;
    append(&ledger, &["10", "11"]).await;
    append(&other, &["10", "without it", "12"]).await;
    assert!(matches!(submit(&house, &ledger, 10).await, Answered::Cosigned(_)));
    let answer = submit(&house, &other, 12).await;
    assert!(
        matches!(answer, Answered::Refused(WitnessRefusal::Inconsistent { known: 12, size: 13 })),
        "{answer:?}"
    );
    assert_eq!(alarm(&house).await, AlarmKind::Fork);
    let eleven = Hash::leaf(&ledger.leaf_bytes(11).unwrap());
    let (root, path) = (other.root(13).unwrap(), other.inclusion_proof(11, 13).unwrap());
    assert!(
        !verify_inclusion(&eleven, 11, 13, &path, &root),
        "the portal finds its entry in one history only"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rolled_back() {
    let house = house();
    let ledger = house.ledger("true", &TRUE[..5]).await;
    assert!(matches!(submit(&house, &ledger, 0).await, Answered::Cosigned(_)));
    drop(ledger);
    copy(&house.path("true"), &house.path("backup"));
    let ledger = house.ledger("true", &TRUE[5..]).await;
    assert!(matches!(submit(&house, &ledger, 5).await, Answered::Cosigned(_)));
    let seen = Seen { leaf: Hash::leaf(&ledger.leaf_bytes(7).unwrap()) };
    drop(ledger);

    // The backup is restored: nothing inside it shows that it is old.
    let restored = house.ledger("backup", &[]).await;
    assert_eq!(restored.size(), 5);
    let late = submit(&house, &restored, 0).await;
    assert!(matches!(late, Answered::Refused(WitnessRefusal::Stale { known: 10, size: 5, .. })));
    assert!(house.overseer.alarms().await.unwrap().is_empty(), "within a minute it may be a late repetition");
    house.clock.advance(61_000);
    submit(&house, &restored, 0).await;
    assert_eq!(alarm(&house).await, AlarmKind::Rollback);
    assert!(restored.inclusion_proof(7, 5).is_err(), "the portal is shown no proof of what it saw");
    let request = restored.add_checkpoint(10);
    assert!(
        matches!(request, Err(ledger::LedgerError::Rollback { signed: 10, found: 5 })),
        "the role itself notices"
    );
    let _ = seen.leaf;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_ledger_is_cosigned_as_it_grows_and_again_as_it_stands() {
    let house = house();
    let ledger = house.ledger("true", &[]).await;
    assert!(matches!(submit(&house, &ledger, 0).await, Answered::Cosigned(_)), "an empty ledger");
    let mut old = 0;
    for body in TRUE {
        append(&ledger, &[body]).await;
        assert!(matches!(submit(&house, &ledger, old).await, Answered::Cosigned(_)), "{old}");
        old = ledger.signed_size();
    }
    house.clock.advance(120_000);
    let Answered::Cosigned(lines) = submit(&house, &ledger, 10).await else { panic!("the same head again") };
    let note = format!("{}{lines}", ledger.add_checkpoint(10).unwrap().note);
    let at = cosigned_at(&note, &witness_key(&house.directory).unwrap()).unwrap().unwrap();
    assert_eq!(at, 1_790_000_120, "the cosignature says when");
    assert!(house.overseer.alarms().await.unwrap().is_empty());
    assert_eq!(house.overseer.heads().await.unwrap()[0].size, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_or_not_signed_is_refused() {
    let house = house();
    let ledger = house.ledger("true", &TRUE).await;
    let good = ledger.add_checkpoint(0).unwrap().to_string();
    let overseer = &house.overseer;
    let refused = async |body: &str| match overseer.add_checkpoint(body).await.unwrap() {
        Answered::Refused(refusal) => refusal.status(),
        Answered::UnknownLog => 404,
        Answered::Cosigned(_) => 200,
    };
    let origin = protocol::ledger::origin(&house.hospital);
    assert_eq!(refused("").await, 400);
    assert_eq!(refused(&good.replace("old 0", "old 00")).await, 400);
    assert_eq!(refused(&good.replace("old 0", "old 11")).await, 400);
    assert_eq!(
        refused(&good.replace(&origin, "musubi/institution/1310000026")).await,
        404,
        "no key is known"
    );
    assert_eq!(refused(&good.replace("\n10\n", "\n11\n")).await, 403, "another text than the one signed");
    let proof = format!("old 0\n{}\n", BASE64.encode(&[0; 32]));
    assert_eq!(refused(&good.replace("old 0\n", &proof)).await, 422, "a proof where none belongs");
    assert_eq!(refused(&good).await, 200);
    assert_eq!(refused(&good).await, 409, "it builds on nothing, and ten are cosigned");
}
