//! One person, several numbers: had at the counter, used at desks, sealed, changed; and nobody joins them who holds every
//! table and ledger but no key.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use codes::{ExchangeId, OrgId};
use ledger::Leaf;
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use serde_json::{Value, json};

use crate::{
    browse::{Browser, between},
    house::{House, Place},
    process::{Town, eventually},
};

/// The person of this test: has a medical ID.
const STORY: &str = "opted-in";

/// At the counter: another number for an illness, used at two institutions, changed, the ordinary one sealed and reopened.
pub fn the_person_decides(town: &Town, dir: &Path, house: &House) {
    let [hospital, clinic, third, fourth] = &house.institutions[..4] else { panic!("four institutions") };
    let (mut counter, visit) = enter(town, STORY);
    for desk in [hospital, clinic] {
        assert!(registered(house, desk, ""), "the ordinary number at {}", desk.name);
    }
    let before = code(dir, hospital);
    let tray = |place: &Place| town.browser(&place.site()).get("/").ok().body;
    assert!(!tray(third).contains(&format!("value=\"{STORY}/1\"")), "no choice where there is none");

    let page = act(&mut counter, &visit, "add-facet", 0, "こころの通院");
    assert!(page.contains("別の番号 1「こころの通院」"), "{page}");
    let shown = tray(third);
    assert!(shown.contains(&format!("value=\"{STORY}/1\"")), "the desk offers the choice");
    assert!(!shown.contains("こころ"), "what it is for is the person's");
    assert!(registered(house, third, "1"));
    let first = code(dir, third);
    let page = act(&mut counter, &visit, "change", 1, "");
    assert!(page.contains("これまでに1回"), "{page}");
    assert!(registered(house, third, "1") && registered(house, fourth, "1"), "the card holds the new number");
    assert_ne!(code(dir, third), first, "the old number is gone");
    assert!(!registered(house, fourth, "none"), "no number was wanted");

    let page = act(&mut counter, &visit, "seal", 0, "");
    assert!(page.contains("封印中"), "{page}");
    assert!(!registered(house, hospital, ""), "sealed is like absent");
    assert!(registered(house, fourth, "1"), "each number has a state of its own");
    act(&mut counter, &visit, "reopen", 0, "");
    assert!(registered(house, hospital, ""));
    assert_eq!(code(dir, hospital), before, "the same number works again");
    let page = counter.get(&format!("/person/{visit}")).ok().text();
    for word in ["別の番号を持つ", "番号を変える", "封印する", "封印を解く"] {
        assert!(page.contains(word), "the history shows {word}: {page}");
    }
    counter.post(&format!("/person/{visit}/leave"), &[]);
    assert_eq!(counter.get(&format!("/person/{visit}")).status, 303, "gone");
    let refused = counter.post("/", &[("card", STORY), ("pin", "0000")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
}

/// With the tables and ledgers of eligibility service, relay, issuer, certificate authority and insurers, and the code columns
/// of four institutions, equal values lead from one institution to the other for the same number, and never further.
pub fn nobody_joins_them(dir: &Path, house: &House) {
    let mut join = Join::default();
    let (mut rows, mut leaves) = (0, 0);
    for (home, org) in homes(dir) {
        if org.starts_with("institution/") || org.starts_with("portal/") {
            continue;
        }
        rows += join.tables(&home, &org);
        leaves += join.ledger(&home, &org);
    }
    let places = &house.institutions[..4];
    let codes: Vec<usize> = places.iter().map(|place| join.code(&code_row(dir, place))).collect();
    println!(
        "facets: {rows} rows and {leaves} ledger entries laid side by side, {} values",
        join.values.len()
    );
    let together = |join: &mut Join, a: usize, b: usize| join.root(codes[a]) == join.root(codes[b]);
    assert!(together(&mut join, 0, 1), "the ordinary number at two institutions: the joiner works");
    assert!(together(&mut join, 2, 3), "the further number at two institutions: so it does there");
    for (ordinary, further) in [(0, 2), (0, 3), (1, 2), (1, 3)] {
        assert!(!together(&mut join, ordinary, further), "{ordinary} and {further} are one person's");
    }
}

/// Comes to the counter with card and PIN.
pub fn enter(town: &Town, card: &str) -> (Browser, String) {
    let mut counter = town.browser("issuer.localhost");
    assert!(counter.get(&format!("/?pick={card}")).ok().text().contains("暗証番号"));
    let sent = counter.post("/", &[("card", card), ("pin", "1234")]);
    let visit = sent.location().rsplit('/').next().unwrap().to_owned();
    assert!(counter.get(&format!("/person/{visit}")).ok().text().contains("使えます"));
    (counter, visit)
}

/// Reads what the act does, says yes, and sees that it is done.
pub fn act(counter: &mut Browser, visit: &str, act: &str, number: u16, label: &str) -> String {
    let path = format!("/person/{visit}/{act}/{number}");
    let page = counter.get(&path).ok().body;
    assert!(page.contains("何が起きるか"), "{page}");
    let exchange = between(&page, "name=\"exchange\" value=\"", "\"").unwrap().to_owned();
    let sent = counter.post(&path, &[("exchange", &exchange), ("label", label)]);
    assert!(!sent.location().contains("card=failed"), "the card takes what is written");
    let page = counter.get(sent.location()).ok().text();
    assert!(page.contains("すべての機関に反映されています"), "{page}");
    page
}

/// The card is read for a number; whether this institution got a medical code of it.
fn registered(house: &House, desk: &Place, number: &str) -> bool {
    let (client, base) = (house.client(&desk.org), house.base(&desk.org));
    let order = json!({ "by": "card", "card": STORY, "mode": "visual", "number": number });
    let visit: Value = house.runtime.block_on(client.post(&base, "/desk/checks", &order)).unwrap();
    assert_eq!(visit["state"], "answered", "{visit}");
    let path = format!("/desk/visits/{}", visit["visit"].as_str().unwrap());
    let pending = visit["answer"]["presence"] != Value::Null && number != "none";
    if !pending && visit["medical_registered"] == false {
        return false;
    }
    eventually("the registration at the relay", || {
        let visit: Value = house.runtime.block_on(client.get(&base, &path)).unwrap();
        (visit["medical_registered"] == true).then_some(true)
    })
}

/// The code columns of an institution for the person who came last.
fn code_row(dir: &Path, place: &Place) -> [String; 3] {
    let db = open(&dir.join(&place.slug));
    let sql = "SELECT person_code, code, receipt FROM medical ORDER BY registered_at DESC LIMIT 1";
    db.query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap()
}

fn code(dir: &Path, place: &Place) -> String {
    let [_, code, _] = code_row(dir, place);
    code
}

fn open(home: &Path) -> Connection {
    Connection::open_with_flags(home.join("store.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Homes of the roles, with who they are.
fn homes(dir: &Path) -> Vec<(PathBuf, String)> {
    let org = |home: &PathBuf| {
        let settings: toml::Table = fs::read_to_string(home.join("role.toml")).unwrap().parse().unwrap();
        settings["organisation"].as_str().unwrap().to_owned()
    };
    crate::house::homes(dir).into_iter().map(|home| (home.clone(), org(&home))).collect()
}

/// Records that share a value are one; records are rows, ledger entries and code columns alike.
#[derive(Default)]
struct Join {
    parents: Vec<usize>,
    values: HashMap<String, usize>,
}

impl Join {
    /// A record with these values: joined to every record that has one of them.
    fn record(&mut self, values: impl IntoIterator<Item = String>) -> usize {
        let record = self.parents.len();
        self.parents.push(record);
        for value in values {
            let other = *self.values.entry(value).or_insert(record);
            let (a, b) = (self.root(record), self.root(other));
            self.parents[a] = b;
        }
        record
    }

    fn root(&mut self, mut record: usize) -> usize {
        while self.parents[record] != record {
            self.parents[record] = self.parents[self.parents[record]];
            record = self.parents[record];
        }
        record
    }

    /// An institution's code columns; the receipt names a place in the relay's ledger.
    fn code(&mut self, [person, code, receipt]: &[String; 3]) -> usize {
        let receipt: ledger::Receipt = serde_json::from_str(receipt).unwrap();
        let relay = receipt.origin.rsplit_once("relay/").map(|(_, number)| format!("relay/{number}"));
        self.record([person.clone(), code.clone(), place(&relay.unwrap(), receipt.index)])
    }

    /// Every row of every table.
    fn tables(&mut self, home: &Path, org: &str) -> usize {
        let db = open(home);
        let mut names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut count = 0;
        for name in names {
            let mut all = db.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
            let columns: Vec<String> = all.column_names().map(str::to_owned).collect();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let mut values = BTreeSet::new();
                for (at, column) in columns.iter().enumerate() {
                    match row.get_ref(at).unwrap() {
                        ValueRef::Blob(bytes) => bytes_of(bytes, &mut values),
                        ValueRef::Text(text) => words_of(std::str::from_utf8(text).unwrap(), &mut values),
                        // The issuer's history names places in its own ledger.
                        ValueRef::Integer(entry) if column == "entry" => {
                            values.insert(place(org, u64::try_from(entry).unwrap()));
                        }
                        _ => {}
                    }
                }
                self.record(values);
                count += 1;
            }
        }
        count
    }

    /// Every entry of the ledger, as its leaf shows it to who has no key.
    fn ledger(&mut self, home: &Path, org: &str) -> usize {
        let mut bundles: BTreeMap<u64, (u64, Vec<u8>)> = BTreeMap::new();
        let root = home.join("ledger");
        let mut waiting = vec![root.join("tile/entries")];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let name =
                path.strip_prefix(&root).ok().and_then(|name| name.to_str()?.parse::<ledger::Tile>().ok());
            let Some(tile) = name else { continue };
            let width = u64::from(tile.width);
            if bundles.get(&tile.index).is_none_or(|(known, _)| *known < width) {
                bundles.insert(tile.index, (width, fs::read(&path).unwrap()));
            }
        }
        let mut count = 0;
        for (bundle, (_, bytes)) in bundles {
            let (mut rest, mut index) = (&bytes[..], bundle * 256);
            while let Some((length, after)) = rest.split_first_chunk::<2>() {
                let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
                let leaf = Leaf::decode(entry).unwrap();
                let mut values = BTreeSet::from([place(org, index)]);
                bytes_of(leaf.exchange.as_bytes(), &mut values);
                if let Some(person) = leaf.person {
                    bytes_of(&person.0, &mut values);
                }
                self.record(values);
                (rest, index, count) = (after, index + 1, count + 1);
            }
        }
        count
    }
}

/// A place in a ledger.
fn place(org: &str, index: u64) -> String {
    format!("{org} entry {index}")
}

fn bytes_of(bytes: &[u8], into: &mut BTreeSet<String>) {
    if bytes.len() >= 12 {
        into.insert(data_encoding::HEXLOWER.encode(bytes));
    }
}

/// What could identify in a text: long words with letters and digits, an exchange as its bytes. The names of organisations
/// are everybody's.
fn words_of(text: &str, into: &mut BTreeSet<String>) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-') {
        if let Ok(exchange) = word.parse::<ExchangeId>() {
            bytes_of(exchange.as_bytes(), into);
        } else if word.len() >= 16
            && word.bytes().any(|b| b.is_ascii_digit())
            && word.parse::<OrgId>().is_err()
        {
            into.insert(word.to_owned());
        }
    }
}
