//! Two regional networks become one: the relay's operator looks first, then does it, and looks again.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use town::formats::{ExchangeStoryRow, NetworkPatientRow};

use crate::{
    house::House,
    process::{Town, musubi},
};

const STAYS: &str = "shiokaze-net";
const JOINS: &str = "midori-net";

/// The dry run, the joining and the dry run after it, by the command and on the page.
pub fn become_one(town: &Town, dir: &Path) {
    let before = join(dir, true);
    let (overlap, only_joins) = (count(&before, "overlap"), count(&before, "only_joins"));
    assert!(overlap > 0 && overlap <= both(dir), "{before} of {}", both(dir));
    assert_eq!((&before["done"], &before["receipt"]), (&Value::Bool(false), &Value::Null));
    let mut page = town.browser("relay.localhost");
    page.get("/networks").ok();
    let seen = page.post("/networks/plan", &[("stays", STAYS), ("joins", JOINS)]).ok().text();
    assert!(seen.contains(&format!("{overlap} 人")) && seen.contains("この内容で統合する"), "{seen}");
    let done = join(dir, false);
    assert_eq!((count(&done, "overlap"), &done["done"]), (overlap, &Value::Bool(true)));
    let after = join(dir, true);
    let doubtful = after["several_persons"].as_array().unwrap().len();
    assert_eq!(
        (count(&after, "overlap"), doubtful),
        (overlap + only_joins, 0),
        "all of {JOINS} go on in {STAYS}"
    );
    refused(dir);
    println!(
        "networks: {overlap} known to both, {only_joins} of {JOINS} alone, {} of {STAYS} alone, {} with several numbers",
        count(&before, "only_stays"),
        count(&before, "several_numbers")
    );
}

/// What the relay publishes names the institutions that asked.
pub fn figures_are_published(town: &Town, house: &House) {
    let mut page = town.browser("relay.localhost");
    let shown = page.get("/").ok().text();
    assert!(shown.contains(&house.hospital().name), "{shown}");
    let json = page.get(&format!("/figures/{}.json", today())).ok().body;
    let figures: Value = serde_json::from_str(&json).unwrap();
    let asked: u64 = figures["institutions"].as_array().unwrap().iter().map(|row| count(row, "asked")).sum();
    assert!(asked > 0, "{json}");
}

fn today() -> calendar::Date {
    use calendar::Clock as _;
    calendar::SystemClock.today()
}

fn join(dir: &Path, dry_run: bool) -> Value {
    let config = dir.join("relay/role.toml");
    let mut arguments = vec!["network", "join", "--config", config.to_str().unwrap(), "--json"];
    arguments.extend(["--stays", STAYS, "--joins", JOINS]);
    arguments.extend(dry_run.then_some("--dry-run"));
    let output = musubi(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A network with itself, and an organisation that is no relay.
fn refused(dir: &Path) {
    for (role, joins) in [("relay", STAYS), ("north-hospital", JOINS)] {
        let config = dir.join(role).join("role.toml");
        let config = config.to_str().unwrap();
        let output = musubi(&["network", "join", "--config", config, "--stays", STAYS, "--joins", joins]);
        assert_eq!(output.status.code(), Some(1), "{role} {joins}");
    }
}

fn count(of: &Value, field: &str) -> u64 {
    of[field].as_u64().unwrap_or_else(|| panic!("{field} of {of}"))
}

/// How many of the people who were at the desks have a number in both networks, by the town's files.
fn both(dir: &Path) -> u64 {
    let there: Vec<ExchangeStoryRow> = rows(&dir.join("files/exchange-stories.csv"));
    let numbers: Vec<NetworkPatientRow> = rows(&dir.join("files/network-patients.csv"));
    let of = |network: &str| {
        let own = numbers.iter().filter(|row| row.network == network);
        let persons = own.filter_map(|row| {
            let same = |at: &&ExchangeStoryRow| {
                at.institution_code == row.institution_code && at.local_number == row.local_number
            };
            there.iter().find(same).map(|at| at.person)
        });
        persons.collect::<BTreeSet<_>>()
    };
    of(STAYS).intersection(&of(JOINS)).count() as u64
}

fn rows<T: serde::de::DeserializeOwned>(file: &Path) -> Vec<T> {
    csv::Reader::from_path(file).unwrap().deserialize().map(|row| row.unwrap()).collect()
}
