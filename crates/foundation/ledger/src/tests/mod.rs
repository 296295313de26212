//! The ledger as a whole; helpers shared by the rooms.

mod cosigning;
mod crash;
mod damage;
mod life;
mod proofs;

use std::{path::Path, sync::Arc};

use codes::{Custody, ExchangeId, FileCustody, KeyName};

use crate::{Entry, Ledger, LedgerError, wal::Options};

pub(super) const ORIGIN: &str = "musubi.test/eligibility/1";

pub(super) fn custody() -> Arc<dyn Custody> {
    Arc::new(FileCustody::ephemeral(&KEYS).unwrap())
}

pub(super) const KEYS: [KeyName; 3] = [KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];

/// Small segments and frames, so that a few hundred entries rotate and retire them.
pub(super) fn small() -> Options {
    Options { segment: 64 << 10, frame: 4 << 10, ..Options::default() }
}

pub(super) fn entry(number: u64) -> Entry {
    Entry {
        kind: "test.entry",
        person: None,
        exchange: ExchangeId::from_bytes(u128::from(number).to_be_bytes()),
        at: number as i64,
        body: format!("{{\"number\":{number}}}").into_bytes(),
    }
}

pub(super) fn open(directory: &Path, custody: &Arc<dyn Custody>) -> Result<Ledger, LedgerError> {
    Ledger::open_with(directory, ORIGIN, Arc::clone(custody), small())
}

/// Appends entries `numbers` from several tasks at once.
pub(super) fn fill(ledger: &Ledger, numbers: std::ops::Range<u64>) {
    runtime().block_on(async {
        let tasks: Vec<_> = numbers
            .map(|number| {
                let ledger = ledger.clone();
                tokio::spawn(async move { ledger.append(entry(number)).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

pub(super) fn key(custody: &Arc<dyn Custody>) -> Option<[u8; 32]> {
    Some(custody.verifying_key(&KeyName::LEDGER_SIGN).unwrap())
}
