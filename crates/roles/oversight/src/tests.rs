use std::path::Path;
use std::sync::Arc;

use access::{Directory, Organisation, Policy, VerifyingKey};
use calendar::{Clock, Date, FixedClock, Timestamp};
use codes::{Custody, ExchangeId, FileCustody, KeyName, OrgId, OrgKind};
use ledger::{Entry, Ledger};

use crate::{Config, KEYS, Service, open};

mod matching;
mod objections;
mod orders;
mod pages;
mod tampering;

/// An overseer with a relay, a hospital, another one and a portal around it.
struct House {
    overseer: Service,
    org: OrgId,
    relay: OrgId,
    hospital: OrgId,
    clinic: OrgId,
    portal: OrgId,
    keys: Arc<dyn Custody>,
    ledger_keys: Arc<dyn Custody>,
    clock: Arc<FixedClock>,
    directory: Directory,
    dir: tempfile::TempDir,
}

fn org(kind: OrgKind, number: &str) -> OrgId {
    OrgId::new(kind, number).unwrap()
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let keys: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(KEYS).unwrap());
    let ledger_keys: Arc<dyn Custody> = Arc::new(FileCustody::ephemeral(&LEDGER_KEYS).unwrap());
    let me = org(OrgKind::Oversight, "1");
    let (relay, portal) = (org(OrgKind::Relay, "1"), org(OrgKind::Portal, "1"));
    let (hospital, clinic) =
        (org(OrgKind::Institution, "1310000018"), org(OrgKind::Institution, "1310000026"));
    let member = |id: OrgId| {
        Organisation::new(id, format!("機関{id}"), id.to_string(), Date::new(2026, 1, 1).unwrap())
    };
    let verifying =
        |custody: &Arc<dyn Custody>, key| Some(VerifyingKey::from_bytes(custody.verifying_key(key).unwrap()));
    let mut overseer = member(me);
    overseer.envelope_key = Some(keys.envelope_public_key().unwrap());
    overseer.witness_key = verifying(&keys, &KeyName::WITNESS_SIGN);
    let mut watched = member(hospital);
    watched.ledger_key = verifying(&ledger_keys, &KeyName::LEDGER_SIGN);
    let directory =
        Directory::of([overseer, member(relay), watched, member(clinic), member(portal)]).unwrap();
    let clock = Arc::new(FixedClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let overseer = open(Config {
        org: me,
        store: "sqlite::memory:".into(),
        ledger: dir.path().join("overseer"),
        custody: keys.clone(),
        policy: Policy::builtin(directory.clone()).unwrap(),
        client: wire::Client::plain(),
        clock: clock.clone(),
    })
    .unwrap();
    House { overseer, org: me, relay, hospital, clinic, portal, keys, ledger_keys, clock, directory, dir }
}

const LEDGER_KEYS: [KeyName; 3] = [KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];

impl House {
    fn exchange(&self) -> ExchangeId {
        ExchangeId::new(self.clock.now().as_millis())
    }

    /// A ledger of the hospital's in a directory of its own, with these entries.
    async fn ledger(&self, place: &str, bodies: &[&str]) -> Ledger {
        let origin = protocol::ledger::origin(&self.hospital);
        let ledger = Ledger::open(&self.path(place), &origin, self.ledger_keys.clone()).unwrap();
        append(&ledger, bodies).await;
        ledger
    }

    fn path(&self, place: &str) -> std::path::PathBuf {
        self.dir.path().join(place)
    }

    /// Kinds of the overseer's own entries.
    fn entries(&self) -> Vec<String> {
        let ledger = &self.overseer.ledger;
        (0..ledger.size()).map(|index| ledger.read_entry(index).unwrap().kind).collect()
    }
}

async fn append(ledger: &Ledger, bodies: &[&str]) {
    for (place, body) in bodies.iter().enumerate() {
        let entry = Entry {
            kind: "exchange.given",
            person: None,
            exchange: ExchangeId::from_bytes((place as u128).to_be_bytes()),
            at: place as i64,
            body: body.as_bytes().to_vec(),
        };
        ledger.append(entry).await.unwrap();
    }
    ledger.checkpoint_covering(ledger.size()).await.unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.path().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}
