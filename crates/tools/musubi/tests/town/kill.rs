//! The power fails at any moment: what was acknowledged is there afterwards, and nothing is half done.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use codes::{ExchangeId, FileCustody, KeyName, OrgId, Unlock};
use ledger::Ledger;
use serde_json::Value;

use crate::{
    PEOPLE,
    browse::{Browser, between, text_of},
    house::{House, counts, homes, settle_ports, verify_ledgers},
    process::{Starting, Town, eventually},
};

/// How often the power fails while people are being received.
const ROUNDS: usize = 4;
/// How often it fails while a town is taken in.
const CUTS: usize = 4;
/// Desks at work at once.
const DESKS: usize = 6;

/// What a desk was told.
#[derive(Clone, Debug)]
struct Told {
    /// At which institution's site.
    site: String,
    /// The visit.
    visit: String,
    /// Exchange, ledger and position, as the record page shows them; none before it was opened.
    receipts: Vec<(String, String, u64)>,
}

#[test]
fn nothing_acknowledged_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let calm = home.path().join("calm");
    let reference = Town::start(&calm, PEOPLE);
    let (expected, takes) = (counts(&reference, &calm), reference.ready_in);
    reference.stop();

    for name in ["other", "town"] {
        let dir = home.path().join(name);
        let cuts = settle_with_power_cuts(&dir, takes);
        let town = Town::start(&dir, PEOPLE);
        assert_eq!(
            counts(&town, &dir),
            expected,
            "a town whose load was cut off {cuts} times is the same town"
        );
        town.stop();
        println!("{cuts} power cuts while the town was taken in: equal counts afterwards");
    }
    let dir = home.path().join("town");
    settle_ports(&dir);
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for round in 1..=ROUNDS {
        let town = Town::start(&dir, PEOPLE);
        let house = House::of(&dir);
        let fresh = work_until_the_power_fails(town, &house);
        let with_receipts = fresh.values().filter(|t| !t.receipts.is_empty()).count();
        println!(
            "round {round}: {} visits acknowledged, {with_receipts} with their receipts read, then SIGKILL",
            fresh.len()
        );
        told.extend(fresh);
        verify_ledgers(&dir, &house);
    }
    let town = Town::start(&dir, PEOPLE);
    let house = House::of(&dir);
    let answered = every_visit_is_there(&town, &told);
    let visits = visits_of(&house);
    town.stop();
    verify_ledgers(&dir, &house);
    every_receipt_is_true(&dir, &told, &answered);
    nothing_is_half_done(&dir, &visits);
}

/// Cuts the power at random moments of the first start. Each start continues where the last one was cut off.
fn settle_with_power_cuts(dir: &Path, takes: f64) -> usize {
    let mut cuts = 0;
    while cuts < CUTS {
        let share = f64::from(rand::random::<u16>()) / f64::from(u16::MAX);
        match Starting::begin(dir, PEOPLE).ready_within(Duration::from_secs_f64(takes * share * 0.6)) {
            Err(starting) => starting.kill(),
            // Already there: the rest of the cuts would fall on a settled town.
            Ok(town) => {
                town.kill();
                return cuts + 1;
            }
        }
        cuts += 1;
    }
    cuts
}

/// Desks receive people until, after a random number of acknowledgements, the process is killed.
fn work_until_the_power_fails(town: Town, house: &House) -> BTreeMap<String, Told> {
    let (tell, hear): (Sender<Told>, Receiver<Told>) = channel();
    let cards: Arc<Vec<String>> = Arc::new(house.stories.iter().map(|story| story.story.clone()).collect());
    let desks: Vec<_> = (0..DESKS)
        .map(|desk| {
            let site = house.institutions[desk % house.institutions.len()].site();
            let (browser, cards, tell) = (town.browser(&site), Arc::clone(&cards), tell.clone());
            thread::spawn(move || receive(browser, &site, &cards, desk, &tell))
        })
        .collect();
    drop(tell);
    let enough = 20 + usize::from(rand::random::<u8>()) / 2;
    let mut told = BTreeMap::new();
    let mut power = Some(town);
    // What the desks were told before the power failed is heard afterwards as well.
    for message in hear {
        told.insert(message.visit.clone(), message);
        if told.len() >= enough
            && let Some(town) = power.take()
        {
            town.kill();
        }
    }
    for desk in desks {
        desk.join().unwrap();
    }
    assert!(power.is_none(), "the desks stopped before the power failed");
    told
}

/// One desk: a card, the answer, the record with its receipts; until the connection breaks.
fn receive(mut desk: Browser, site: &str, cards: &[String], seed: usize, tell: &Sender<Told>) {
    if desk.try_get("/").is_err() {
        return;
    }
    for turn in 0.. {
        let card = &cards[(seed * 7 + turn) % cards.len()];
        let road = if turn % 3 == 2 { "certificate" } else { "insurance-code" };
        let fields = [("mode", "face"), ("road", road), ("card", card.as_str())];
        let Ok(sent) = desk.try_post("/read", &fields) else { return };
        let visit = sent.location().strip_prefix("/visits/").unwrap().to_owned();
        let mut told = Told { site: site.to_owned(), visit, receipts: Vec::new() };
        tell.send(told.clone()).unwrap();
        let Ok(record) = desk.try_get(&format!("/visits/{}/record", told.visit)) else { return };
        told.receipts = receipts(&record.ok().body);
        tell.send(told).unwrap();
    }
}

/// The rows of the record page's table of receipts.
fn receipts(page: &str) -> Vec<(String, String, u64)> {
    let rows = page.split("<tr").filter_map(|row| {
        let row = row.split("</tr>").next()?.replace("<th", "<td");
        let cells: Vec<String> =
            row.split("<td").skip(1).map(|cell| text_of(&format!("<td{cell}"))).collect();
        let [exchange, origin, index] = cells.as_slice() else { return None };
        (origin.starts_with("musubi/"))
            // Below the ledger's origin its organisation is named.
            .then(|| Some((exchange.clone(), origin.split(' ').next()?.to_owned(), index.parse().ok()?)))?
    });
    rows.collect()
}

/// Every visit that a desk was told of is there with the receipts that it saw, and comes to an end by itself.
/// Answers the receipts of all that are answered.
fn every_visit_is_there(
    town: &Town,
    told: &BTreeMap<String, Told>,
) -> BTreeMap<String, Vec<(String, String, u64)>> {
    let mut answered = BTreeMap::new();
    let mut refused = 0;
    for told in told.values() {
        let mut desk = town.browser(&told.site);
        let page = eventually("a visit comes to an end", || {
            let page = desk.get(&format!("/visits/{}", told.visit)).ok();
            let headline = between(&page.body, "<h1", "</main>").unwrap_or(&page.body).to_owned();
            (!headline.contains("確認中") && !headline.contains("未確認")).then_some(page)
        });
        let record = desk.get(&format!("/visits/{}/record", told.visit)).ok();
        let now = receipts(&record.body);
        for receipt in &told.receipts {
            assert!(now.contains(receipt), "{receipt:?} was shown before and is not any more: {now:?}");
        }
        if page.text().contains("確認できませんでした") {
            refused += 1;
        } else {
            assert!(now.len() >= 2, "question and answer: {now:?}: {}", page.text());
        }
        answered.insert(told.visit.clone(), now);
    }
    println!(
        "after all: {} of {} acknowledged visits are there ({refused} refused with a reason)",
        answered.len(),
        told.len()
    );
    answered
}

/// Opens the ledgers with their own keys: at every position that a desk was shown stands that exchange.
fn every_receipt_is_true(
    dir: &Path,
    told: &BTreeMap<String, Told>,
    answered: &BTreeMap<String, Vec<(String, String, u64)>>,
) {
    let ledgers = ledgers(dir);
    let mut seen = BTreeSet::new();
    let before = told.values().flat_map(|told| told.receipts.iter().map(|r| (r, true)));
    let after = answered.values().flatten().map(|r| (r, false));
    let mut shown_before = 0;
    for ((exchange, origin, index), before) in before.chain(after) {
        let (_, ledger) = &ledgers[origin];
        let entry = ledger.read_entry(*index).unwrap();
        assert_eq!(entry.exchange, exchange.parse::<ExchangeId>().unwrap(), "{origin} {index}");
        seen.insert((origin, index));
        shown_before += usize::from(before);
    }
    assert!(shown_before > 0, "no desk had time to read a receipt");
    println!("{} receipts true ({shown_before} of them shown before a power cut)", seen.len());
}

/// No answer was logged for a visit that does not exist, none twice, and every answered visit has its entry.
fn nothing_is_half_done(dir: &Path, visits: &BTreeMap<ExchangeId, bool>) {
    let ledgers = ledgers(dir);
    let (_, service) =
        ledgers.iter().find(|(origin, _)| origin.contains("/eligibility/")).map(|(_, l)| l).unwrap();
    let mut logged = BTreeSet::new();
    for index in 0..service.size() {
        let entry = service.read_entry(index).unwrap();
        if entry.kind == "eligibility.check" {
            assert!(visits.contains_key(&entry.exchange), "entry {index} answers a visit that no desk knows");
            assert!(logged.insert(entry.exchange), "entry {index}: the same exchange twice");
        }
    }
    for (exchange, answered) in visits {
        assert!(!answered || logged.contains(exchange), "{exchange} was answered without an entry");
    }
    let open = visits.values().filter(|answered| !**answered).count();
    println!(
        "{} visits, {} answers logged, each once and for a visit; {open} without an answer",
        visits.len(),
        logged.len()
    );
}

/// Every visit of every institution, and whether it is answered.
fn visits_of(house: &House) -> BTreeMap<ExchangeId, bool> {
    let mut found = BTreeMap::new();
    for place in &house.institutions {
        let (client, base) = (house.client(&place.org), house.base(&place.org));
        let mut path = "/desk/visits".to_owned();
        loop {
            let page: Vec<Value> = house.runtime.block_on(client.get(&base, &path)).unwrap();
            let Some(last) = page.last() else { break };
            path = format!("/desk/visits?before={}", last["visit"].as_str().unwrap());
            for line in &page {
                found.insert(line["visit"].as_str().unwrap().parse().unwrap(), line["state"] == "answered");
            }
        }
    }
    found
}

/// Every role's ledger, opened with the role's keys.
pub fn ledgers(dir: &Path) -> BTreeMap<String, (OrgId, Ledger)> {
    let open = |home: &std::path::PathBuf| {
        let settings: toml::Table = std::fs::read_to_string(home.join("role.toml")).unwrap().parse().unwrap();
        let org: OrgId = settings["organisation"].as_str().unwrap().parse().unwrap();
        let keys = [KeyName::LEDGER_SIGN, KeyName::LEDGER_SEAL, KeyName::LEDGER_DIGEST];
        let unlock = Unlock::KeyFile(home.join("unlock.key"));
        let custody = FileCustody::create_or_open(&home.join("keys.sealed"), unlock, &keys).unwrap();
        let origin = protocol::ledger::origin(&org);
        (origin.clone(), (org, Ledger::open(&home.join("ledger"), &origin, Arc::new(custody)).unwrap()))
    };
    homes(dir).iter().map(open).collect()
}
