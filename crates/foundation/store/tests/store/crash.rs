//! kill -9 at any instant: nothing acknowledged is missing, nothing half done is there.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

use crate::common::{SCHEMA, Server, ids, insert};
use musubi_store::{Db, StoreError};
use tempfile::TempDir;

/// Set for the child: the URL to write to, and the number of its first pair.
const CHILD: &str = "MUSUBI_STORE_CRASH_CHILD";

/// The child: eight threads write pairs 2n, 2n + 1 in one transaction each and print n once it is acknowledged.
#[test]
fn child() {
    let Ok(orders) = env::var(CHILD) else { return };
    let (start, url) = orders.split_once(' ').unwrap();
    let start: i64 = start.parse().unwrap();
    let db = Db::open(url, SCHEMA).unwrap();
    thread::scope(|scope| {
        for lane in 0..8 {
            let db = db.clone();
            scope.spawn(move || {
                for step in 0.. {
                    let number = start + step * 8 + lane;
                    let outcome = db.write_blocking(move |tx| {
                        insert(tx, number * 2)?;
                        insert(tx, number * 2 + 1)?;
                        // Some are refused on purpose, in the middle of a group.
                        if number % 7 == 3 { Err(StoreError::Closed) } else { Ok(()) }
                    });
                    if outcome.is_ok() {
                        // One write for the line: a pipe keeps it whole.
                        std::io::stdout().write_all(format!("ack {number}\n").as_bytes()).unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn sqlite_survives_kill() {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite:{}", directory.path().join("crash.db").display());
    let mut acknowledged = BTreeSet::new();
    for round in 0..12 {
        acknowledged.extend(write_and_kill(&url, round));
        check(&url, &acknowledged);
    }
    assert!(acknowledged.len() > 100, "the children hardly wrote: {}", acknowledged.len());
}

#[test]
fn postgres_survives_kill_and_crash() {
    let Some(server) = Server::start() else { return };
    let url = server.database();
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        acknowledged.extend(write_and_kill(&url, round));
        server.crash();
        check(&url, &acknowledged);
    }
}

/// Lets a child write until it has acknowledged some pairs, kills it, and answers every pair it acknowledged.
fn write_and_kill(url: &str, round: i64) -> Vec<i64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD, format!("{} {url}", round * 1_000_000))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    // The instant of the kill falls anywhere in the work that goes on meanwhile.
    let patience = 1 + (round * 37 % 90) as usize;
    while acknowledged.len() < patience {
        acknowledged.extend(parse(&lines.next().expect("the child ended by itself").unwrap()));
    }
    child.kill().unwrap();
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| parse(&line)));
    child.wait().unwrap();
    acknowledged
}

/// The harness may print its own words before the first line.
fn parse(line: &str) -> Option<i64> {
    line.rsplit_once("ack ")?.1.parse().ok()
}

fn check(url: &str, acknowledged: &BTreeSet<i64>) {
    let found: BTreeSet<i64> = ids(&Db::open(url, SCHEMA).unwrap()).into_iter().collect();
    for number in acknowledged {
        assert!(found.contains(&(number * 2)), "{number} was acknowledged and is gone");
    }
    for id in &found {
        assert!(found.contains(&(id ^ 1)), "{id} is half of its transaction");
        assert_ne!((id / 2) % 7, 3, "{id} was refused and is there");
    }
}
