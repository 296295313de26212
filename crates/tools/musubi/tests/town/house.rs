//! The town's organisations as the tests know them: sites, certificates, keys, ledgers, cards.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use access::Directory;
use calendar::{Clock, Date, SystemClock, Timestamp};
use card::{ReaderAgent, Tray};
use codes::{ExchangeId, FileCustody, KeyName, OrgId, OrgKind, Unlock};
use protocol::{
    clients::EligibilityClient,
    eligibility::{CheckRequest, Presented},
    reader::{CardRead, ReadOrder, ReaderMode, ReaderPort, Road},
};
use tokio::runtime::Runtime;
use town::formats::StoryRow;
use wire::{Client, Hosts, Patience, Tls};

use crate::{
    browse::between,
    process::{Town, musubi},
};

/// A town of which every organisation can be reached by its own mTLS name.
pub struct House {
    dir: PathBuf,
    hosts: Hosts,
    /// Runs the mTLS clients.
    pub runtime: Runtime,
    /// Who is who.
    pub directory: Directory,
    /// The people of the tray.
    pub stories: Vec<StoryRow>,
    /// The hospital at whose desk most of it happens, and another institution.
    pub institutions: Vec<Place>,
    /// The insurers.
    pub insurers: Vec<Place>,
}

/// An organisation with pages.
#[derive(Clone, Debug)]
pub struct Place {
    /// Who it is.
    pub org: OrgId,
    /// Name as shown.
    pub name: String,
    /// Directory and first part of the site's name.
    pub slug: String,
}

impl Place {
    /// The name of its pages.
    pub fn site(&self) -> String {
        format!("{}.localhost", self.slug)
    }
}

impl House {
    /// The town in `dir`, whose ports [`settle_ports`] has fixed.
    pub fn of(dir: &Path) -> Self {
        let hosts = Hosts::new();
        for settings in settings(dir) {
            let (org, listen) = (text(&settings, "organisation"), text(&settings, "listen"));
            let (kind, number) = org.split_once('/').unwrap();
            hosts.set(&format!("{number}.{kind}.musubi.internal"), listen.parse().unwrap());
        }
        Self {
            dir: dir.to_owned(),
            hosts,
            runtime: Runtime::new().unwrap(),
            directory: Directory::load(&dir.join("organisations.toml")).unwrap(),
            stories: rows(&dir.join("files/stories.csv")),
            institutions: places(dir, OrgKind::Institution),
            insurers: places(dir, OrgKind::Insurer),
        }
    }

    /// The hospital.
    pub fn hospital(&self) -> &Place {
        &self.institutions[0]
    }

    /// The institution next door.
    pub fn clinic(&self) -> &Place {
        &self.institutions[1]
    }

    /// A client that shows the certificate of `org`.
    pub fn client(&self, org: &OrgId) -> Client {
        let stem = org.to_string().replace('/', "-");
        let read = |name: &str| fs::read_to_string(self.dir.join("ca").join(name)).unwrap();
        let tls = Tls::from_pem(
            &read(&format!("{stem}.pem")),
            &read(&format!("{stem}.key")),
            &read(wire::dev_ca::CA_CERTIFICATE),
        );
        Client::build(Some(&tls.unwrap()), self.hosts.clone(), Patience::default())
    }

    /// The base address of an organisation's interface.
    pub fn base(&self, org: &OrgId) -> String {
        self.directory.get(org).unwrap().api.clone().unwrap()
    }

    /// The eligibility service.
    pub fn eligibility(&self) -> OrgId {
        self.directory.of_kind(OrgKind::Eligibility)[0].id
    }

    /// The eligibility service as `asker` calls it.
    pub fn checks(&self, asker: &OrgId) -> EligibilityClient {
        EligibilityClient::new(self.client(asker), self.base(&self.eligibility()))
    }

    /// A reader with the town's own tray and device, at `institution`.
    pub fn read(
        &self,
        story: &str,
        institution: &OrgId,
        mode: ReaderMode,
        road: Road,
        at: Timestamp,
    ) -> CardRead {
        let dir = self.dir.join("cards");
        let unlock = Unlock::KeyFile(dir.join("unlock.key"));
        let custody = Arc::new(
            FileCustody::create_or_open(&dir.join("keys.sealed"), unlock, &[KeyName::ROW_SEAL]).unwrap(),
        );
        let tray = Arc::new(Tray::open(&dir, custody.clone()).unwrap());
        let reader = ReaderAgent::open(tray, &dir.join("reader.device"), &*custody).unwrap();
        let service = self.directory.get(&self.eligibility()).unwrap();
        let order = ReadOrder {
            institution: *institution,
            terminal: "受付1".into(),
            mode,
            pin: (mode == ReaderMode::Pin).then(|| "1234".into()),
            road,
            nonce: rand::random(),
            at,
            eligibility: service.envelope_key.unwrap(),
            eligibility_id: service.id,
        };
        reader.read(story, &order).unwrap()
    }

    /// A check of a fresh read of `story`'s card, about `on`.
    pub fn question(&self, story: &str, institution: &OrgId, road: Road, on: Date) -> CheckRequest {
        let read = self.read(story, institution, ReaderMode::Face, road, SystemClock.now());
        question(institution, read.presented, on)
    }
}

/// A check of something presented.
pub fn question(institution: &OrgId, presented: Presented, on: Date) -> CheckRequest {
    CheckRequest {
        exchange: exchange(),
        institution: *institution,
        terminal: "受付1".into(),
        on,
        known_at: None,
        presented,
    }
}

/// A new exchange.
pub fn exchange() -> ExchangeId {
    ExchangeId::new(SystemClock.now().as_millis())
}

/// Gives every role's mTLS interface a port that is free now and stays so, in its configuration.
///
/// It is a port of a loopback address that only this town has: connections go out from 127.0.0.1, so none of them takes
/// the port while the town is down.
pub fn settle_ports(dir: &Path) {
    let [a, b, c]: [u8; 3] = rand::random();
    let address = Ipv4Addr::new(127, a | 1, b, c | 1);
    let mut held = Vec::new();
    for home in homes(dir) {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let file = home.join("role.toml");
        let mut settings: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        settings.insert("listen".into(), listener.local_addr().unwrap().to_string().into());
        fs::write(&file, settings.to_string()).unwrap();
        held.push(listener);
    }
}

/// The numbers of the front page and of every insurer's desk: the town's state as people see it.
pub fn counts(town: &Town, dir: &Path) -> Vec<(String, u64)> {
    let mut counts = numbers("front", &town.browser("localhost").get("/numbers").ok().body);
    // Entries of the ledgers grow with every look; the rest only by what people do.
    counts.retain(|(label, _)| !label.contains("台帳"));
    for insurer in places(dir, OrgKind::Insurer) {
        counts.extend(numbers(&insurer.slug, &town.browser(&insurer.site()).get("/").ok().body));
    }
    counts
}

fn numbers(site: &str, page: &str) -> Vec<(String, u64)> {
    let stats = page.split("class=\"stat\"").skip(1).filter_map(|stat| {
        let label = between(stat, "class=\"stat-label\">", "<")?;
        let value = between(stat, "class=\"stat-value\">", "<")?;
        Some((format!("{site} {label}"), value.replace(',', "").parse().ok()?))
    });
    stats.collect()
}

/// Every ledger is whole, by its files and the key that everybody knows.
pub fn verify_ledgers(dir: &Path, house: &House) {
    let mut entries = 0;
    let homes = homes(dir);
    for home in &homes {
        let settings: toml::Table = fs::read_to_string(home.join("role.toml")).unwrap().parse().unwrap();
        let org: OrgId = text(&settings, "organisation").parse().unwrap();
        let key = house.directory.get(&org).unwrap().ledger_key.as_ref().unwrap().to_string();
        let ledger = home.join("ledger");
        let output = musubi(&["ledger", "verify", ledger.to_str().unwrap(), "--key", &key, "--json"]);
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{org}: {said}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["problem"], serde_json::Value::Null, "{org}");
        assert_eq!(report["signature_verified"], true, "{org}: {said}");
        entries += report["entries"].as_u64().unwrap();
    }
    println!("ledger verify: {} ledgers, {entries} entries, all whole", homes.len());
}

/// The directories of the roles.
pub fn homes(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.join("role.toml").exists());
    found.sort();
    found
}

fn settings(dir: &Path) -> Vec<toml::Table> {
    homes(dir)
        .iter()
        .map(|home| fs::read_to_string(home.join("role.toml")).unwrap().parse().unwrap())
        .collect()
}

fn text(settings: &toml::Table, field: &str) -> String {
    settings[field].as_str().unwrap().to_owned()
}

/// In the order of the town's own list: the hospital is first.
fn places(dir: &Path, kind: OrgKind) -> Vec<Place> {
    let file = if kind == OrgKind::Insurer { "insurers.csv" } else { "institutions.csv" };
    let listed: Vec<std::collections::HashMap<String, String>> = rows(&dir.join("files").join(file));
    let place = |row: &std::collections::HashMap<String, String>| {
        let slug = row["slug"].clone();
        let settings: toml::Table =
            fs::read_to_string(dir.join(&slug).join("role.toml")).unwrap().parse().unwrap();
        Place { org: text(&settings, "organisation").parse().unwrap(), name: row["name"].clone(), slug }
    };
    listed.iter().map(place).collect()
}

fn rows<T: serde::de::DeserializeOwned>(file: &Path) -> Vec<T> {
    csv::Reader::from_path(file).unwrap().deserialize().map(|row| row.unwrap()).collect()
}
