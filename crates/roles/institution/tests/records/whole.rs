//! A change and its entry in the ledger are one, whatever ends in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use calendar::FixedClock;
use musubi_institution::{Caller, Role};
use serde_json::{Value, json};

use crate::samples::{observation, patient};
use crate::town::{Options, Town};

/// Closes the institution; its files and its time.
async fn close(mut town: Town) -> (tempfile::TempDir, Arc<FixedClock>) {
    let dir = std::mem::replace(&mut town.dir, tempfile::tempdir().unwrap());
    let clock = Arc::clone(&town.clock);
    drop(town);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    (dir, clock)
}

/// Closes and opens the institution; with `cut`, the ledger's files are those of a copy that was made before.
async fn again(town: Town, cut: bool) -> Town {
    let (dir, clock) = close(town).await;
    if cut {
        std::fs::remove_dir_all(dir.path().join("ledger")).unwrap();
        std::fs::rename(dir.path().join("before"), dir.path().join("ledger")).unwrap();
    }
    clock.advance(3_600_000);
    Town::at(dir, Options::default(), clock).await
}

/// Puts a copy of the closed ledger aside.
async fn with_copy(town: Town) -> Town {
    let (dir, clock) = close(town).await;
    copy(&dir.path().join("ledger"), &dir.path().join("before"));
    Town::at(dir, Options::default(), clock).await
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// How often each resource is written down as changed, and by what.
fn written(role: &Role) -> BTreeMap<(String, String), usize> {
    let ledger = role.service().ledger();
    let mut found = BTreeMap::new();
    for index in 0..ledger.size() {
        let entry = ledger.read_entry(index).unwrap();
        if entry.kind == "records.write" {
            let body: Value = serde_json::from_slice(&entry.body).unwrap();
            let did = body["did"].as_str().unwrap().to_owned();
            for name in body["what"].as_array().unwrap() {
                *found.entry((did.clone(), name.as_str().unwrap().to_owned())).or_default() += 1;
            }
        }
    }
    found
}

async fn import(town: &Town) -> (u64, u64) {
    let lines: Vec<String> = ["p1", "p2"]
        .iter()
        .flat_map(|id| [patient(id, "高橋"), observation(&format!("o-{id}"), id, "3F015", 5.4, "2026-11-01")])
        .map(|resource| resource.to_string())
        .collect();
    let lines = lines.join("\n");
    let report = town.role.service().import_bundles(&Caller::default(), lines.as_bytes()).await.unwrap();
    assert_eq!(report.refused, 0, "{report:?}");
    (report.created, report.unchanged)
}

#[tokio::test]
async fn what_the_power_took_from_the_ledger_is_written_down_at_the_next_start_and_once() {
    let town = with_copy(Town::new().await).await;
    assert_eq!(import(&town).await, (4, 0));
    let service = town.role.service();
    let caller = Caller { user: Some("sato".into()), ..Caller::default() };
    let change = service
        .read_resource(json!({ "resourceType": "Patient", "gender": "female" }).to_string().as_bytes());
    let created = service.create_record(&caller, "Patient", change.unwrap(), None).await.unwrap();
    let all = written(&town.role);
    assert_eq!(all.len(), 5);

    let town = again(town, true).await;
    assert_eq!(written(&town.role), all, "the ledger did not have them");
    assert!(all.contains_key(&("create".to_owned(), created.name)));
    assert_eq!(import(&town).await, (0, 4));
    assert_eq!(written(&town.role), all, "a second sending changes nothing and is no change");
    let town = again(again(town, false).await, false).await;
    assert_eq!(written(&town.role), all);
}

#[tokio::test]
async fn what_the_ledger_has_is_not_written_down_twice() {
    let town = Town::new().await;
    assert_eq!(import(&town).await, (4, 0));
    let (all, size) = (written(&town.role), town.role.service().ledger().size());
    assert_eq!(all.len(), 4);
    // Nothing let the store forget them: they are there at the next start.
    let town = again(town, false).await;
    assert_eq!((&written(&town.role), town.role.service().ledger().size()), (&all, size));
}
