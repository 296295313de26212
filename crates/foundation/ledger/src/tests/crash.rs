//! kill -9 at any instant: what was acknowledged is there, and the checkpoint never goes back.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use codes::{Custody, FileCustody, Unlock};
use tempfile::TempDir;

use super::{KEYS, entry, key, open, runtime};
use crate::{Checkpoint, SignedNote, verify};

/// Set for the child: the directory of ledger and keys, and its first number.
const CHILD: &str = "MUSUBI_LEDGER_CRASH_CHILD";

fn keys(directory: &Path) -> Arc<dyn Custody> {
    let unlock = Unlock::KeyFile(directory.join("unlock"));
    Arc::new(FileCustody::create_or_open(&directory.join("keys"), unlock, &KEYS).unwrap())
}

/// The child: sixteen tasks append and print index and number of what was acknowledged; one asks for checkpoints.
#[test]
fn child() {
    let Ok(orders) = env::var(CHILD) else { return };
    let (start, directory) = orders.split_once(' ').unwrap();
    let start: u64 = start.parse().unwrap();
    let directory = Path::new(directory);
    let ledger = open(&directory.join("ledger"), &keys(directory)).unwrap();
    let print = |line: String| std::io::stdout().write_all(line.as_bytes()).unwrap();
    runtime().block_on(async {
        let tasks: Vec<_> = (0..16)
            .map(|lane| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    for step in 0.. {
                        let number = start + step * 16 + lane;
                        let receipt = ledger.append(entry(number)).await.unwrap();
                        print(format!("ack {} {number}\n", receipt.index));
                        if step % 20 == 19 {
                            let note = ledger.checkpoint_covering(receipt.index + 1).await.unwrap();
                            let head: Checkpoint = note.parse::<SignedNote>().unwrap().text.parse().unwrap();
                            print(format!("signed {}\n", head.size));
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    let directory = TempDir::new().unwrap();
    let custody = keys(directory.path());
    let place = directory.path().join("ledger");
    let (mut acknowledged, mut signed) = (BTreeMap::new(), 0);
    for round in 0..12_u64 {
        signed = signed.max(write_and_kill(directory.path(), round, &mut acknowledged));
        let report = verify(&place, key(&custody)).unwrap();
        assert_eq!(report.problem, None, "round {round}");
        let ledger = open(&place, &custody).unwrap();
        assert!(ledger.signed_size() >= signed, "round {round}: the checkpoint went back");
        for (index, number) in &acknowledged {
            assert_eq!(ledger.read_entry(*index).unwrap().at, *number, "round {round}: entry {index}");
        }
        drop(ledger);
        assert_eq!(verify(&place, key(&custody)).unwrap().problem, None, "round {round}, reopened");
    }
    assert!(acknowledged.len() > 500, "the children hardly wrote: {}", acknowledged.len());
}

/// Lets a child append until it has acknowledged some entries, kills it, and answers the largest size it saw signed.
fn write_and_kill(directory: &Path, round: u64, acknowledged: &mut BTreeMap<u64, i64>) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child", "--nocapture"])
        .env(CHILD, format!("{} {}", round * 1_000_000, directory.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut signed = 0;
    let mut note = |line: String| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [.., "ack", index, number] => {
            let _ = acknowledged.insert(index.parse().unwrap(), number.parse().unwrap());
        }
        [.., "signed", size] => signed = signed.max(size.parse().unwrap()),
        _ => {}
    };
    // The instant of the kill falls anywhere in the work that goes on meanwhile.
    for _ in 0..10 + round * 97 % 400 {
        note(lines.next().expect("the child ended by itself"));
    }
    child.kill().unwrap();
    lines.for_each(note);
    child.wait().unwrap();
    signed
}
