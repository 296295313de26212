//! Labels across what is stored: in whatever order it comes, when it changes, and when it goes.

use std::sync::Arc;

use consent::{Label, Labels};
use records::Node;

use super::restrict::bits;
use super::search_tests::change;
use super::{Change, Changes, Facts, Outcome, When};
use crate::store::Store;

const HIV: &[Label] = &[Label::Hiv];
const MARK: &[Label] = &[Label::OwnMark];
const NOTHING: &[Label] = &[];

/// A resource of patient `p` with the labels that it has by itself, and those that somebody said.
fn put(text: &str, own: &[Label], said: &[Label]) -> Change {
    let node: Node = text.parse().unwrap();
    let own = Labels::of(own).union(Labels::of(said));
    let said = Labels::of(said);
    change(&node, Facts { patient: "p".to_owned(), labels: bits(own), said: bits(said), ..Facts::default() })
}

async fn write(store: &Store, changes: Vec<Change>) -> Vec<String> {
    let changes = Changes { changes, checks: Vec::new(), at: 1_000 };
    let (written, _) = store.change_resources(vec![Arc::new(changes)], |_| Vec::new()).await.unwrap();
    let mut relabelled: Vec<String> =
        written.into_iter().filter(|one| one.outcome == Outcome::Relabelled).map(|one| one.name).collect();
    relabelled.sort();
    relabelled
}

async fn labels(store: &Store, name: &str) -> i64 {
    store.resource(name.to_owned()).await.unwrap().unwrap().labels
}

async fn expect(store: &Store, expected: &[(&str, &[Label])]) {
    for (name, wanted) in expected {
        assert_eq!(labels(store, name).await, bits(Labels::of(wanted)), "{name}");
    }
}

const CONDITION: &str = r#"{"resourceType":"Condition","id":"c","code":{"text":"x"}}"#;
const REQUEST: &str =
    r#"{"resourceType":"MedicationRequest","id":"m","reasonReference":[{"reference":"Condition/c"}]}"#;
const RESULT: &str = r#"{"resourceType":"Observation","id":"o","encounter":{"reference":"Encounter/e"}}"#;
const DOCUMENT: &str = r#"{"resourceType":"Composition","id":"d","section":[{"entry":[{"reference":"MedicationRequest/m"},{"reference":"Observation/o"}]}]}"#;
const VISIT: &str =
    r#"{"resourceType":"Encounter","id":"e","diagnosis":[{"condition":{"reference":"Condition/c"}}]}"#;

/// The steps of a life of labels; the same on every store.
pub(super) async fn walk(store: &Store) {
    // What refers comes before what it refers to.
    let first =
        vec![put(REQUEST, NOTHING, NOTHING), put(RESULT, NOTHING, NOTHING), put(DOCUMENT, NOTHING, NOTHING)];
    assert!(write(store, first).await.is_empty());
    assert!(write(store, vec![put(VISIT, NOTHING, NOTHING)]).await.is_empty());
    expect(store, &[("MedicationRequest/m", NOTHING), ("Composition/d", NOTHING)]).await;
    let relabelled = write(store, vec![put(CONDITION, HIV, NOTHING)]).await;
    assert_eq!(relabelled, ["Composition/d", "Encounter/e", "MedicationRequest/m"]);
    let all: &[(&str, &[Label])] = &[
        ("Condition/c", HIV),
        ("MedicationRequest/m", HIV),
        ("Composition/d", HIV),
        ("Encounter/e", HIV),
        ("Observation/o", NOTHING),
    ];
    expect(store, all).await;
    // A new version of a dependant keeps what it inherits, and one that comes later has it from the start.
    let changed = REQUEST.replace("\"id\":\"m\"", "\"id\":\"m\",\"status\":\"stopped\"");
    assert!(write(store, vec![put(&changed, NOTHING, NOTHING)]).await.is_empty());
    let late = put(&REQUEST.replace("\"m\"", "\"n\""), NOTHING, NOTHING);
    write(store, vec![late]).await;
    expect(store, &[("MedicationRequest/m", HIV), ("MedicationRequest/n", HIV), ("Composition/d", HIV)])
        .await;
    // A mark on the visit holds for what was found there; on the document for what stands in it.
    let marked = VISIT.replace("\"id\":\"e\"", "\"id\":\"e\",\"language\":\"ja\"");
    let relabelled = write(store, vec![put(&marked, NOTHING, MARK)]).await;
    assert_eq!(relabelled, ["Composition/d", "Observation/o"]);
    let both: &[Label] = &[Label::Hiv, Label::OwnMark];
    expect(store, &[("Encounter/e", both), ("Observation/o", MARK), ("Composition/d", both)]).await;
    write(store, vec![put(VISIT, NOTHING, NOTHING)]).await;
    expect(store, &[("Encounter/e", HIV), ("Observation/o", NOTHING), ("Composition/d", HIV)]).await;
    let marked = DOCUMENT.replace("\"id\":\"d\"", "\"id\":\"d\",\"language\":\"ja\"");
    write(store, vec![put(&marked, NOTHING, MARK)]).await;
    expect(store, &[("MedicationRequest/m", both), ("Observation/o", MARK), ("Condition/c", HIV)]).await;
    // What is rewritten or comes later in a marked document is marked as well.
    write(
        store,
        vec![put(&RESULT.replace("\"id\":\"o\"", "\"id\":\"o\",\"status\":\"final\""), NOTHING, NOTHING)],
    )
    .await;
    expect(store, &[("Observation/o", MARK)]).await;
    write(store, vec![put(DOCUMENT, NOTHING, NOTHING)]).await;
    expect(store, &[("MedicationRequest/m", HIV), ("Observation/o", NOTHING), ("Composition/d", HIV)]).await;
    // When the diagnosis turns out to be another, or goes, so does what came of it.
    let gone = Change::Delete { name: "Condition/c".to_owned(), when: When::Always };
    let relabelled = write(store, vec![gone]).await;
    assert_eq!(relabelled, ["Composition/d", "Encounter/e", "MedicationRequest/m", "MedicationRequest/n"]);
    expect(store, &[("MedicationRequest/m", NOTHING), ("Composition/d", NOTHING), ("Encounter/e", NOTHING)])
        .await;
    assert_eq!(write(store, vec![put(CONDITION, HIV, NOTHING)]).await, relabelled);
    let other = CONDITION.replace("\"x\"", "\"y\"");
    assert_eq!(write(store, vec![put(&other, NOTHING, NOTHING)]).await, relabelled);
    // All at once, in one transaction.
    let again =
        vec![put(CONDITION, HIV, NOTHING), put(REQUEST, NOTHING, NOTHING), put(&marked, NOTHING, MARK)];
    write(store, again).await;
    expect(store, &[("MedicationRequest/m", both), ("Composition/d", both), ("Observation/o", MARK)]).await;
}

#[tokio::test]
async fn labels_follow_what_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    walk(&Store::open(&format!("sqlite:{}", dir.path().join("s.db").display())).unwrap()).await;
}
