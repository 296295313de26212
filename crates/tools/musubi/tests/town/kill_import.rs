//! The power fails while a hospital takes in records: a line that was acknowledged is there, every other line is there
//! whole or not at all, and the same file sent again completes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use codes::OrgId;
use serde_json::{Value, json};

use crate::{
    PEOPLE,
    house::{House, settle_ports, verify_ledgers},
    kill::ledgers,
    process::Town,
};

/// How often the power fails.
const ROUNDS: usize = 2;
/// Senders at work at once, each with its own patients.
const SENDERS: usize = 3;
/// Lines of one message.
const LINES: usize = 8;
/// Messages of a sender that would be sent if the power stayed on.
const MESSAGES: usize = 20;
/// Results of a line, beside the patient.
const RESULTS: usize = 6;

#[test]
fn an_import_is_taken_up_again() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("town");
    Town::start(&dir, PEOPLE).stop();
    settle_ports(&dir);
    let mut sent_in_all = 0;
    for round in 1..=ROUNDS {
        let town = Town::start(&dir, PEOPLE);
        let house = House::of(&dir);
        let acknowledged = import_until_the_power_fails(town, &house, round);
        verify_ledgers(&dir, &house);

        let town = Town::start(&dir, PEOPLE);
        let house = House::of(&dir);
        let whole = whole_or_not_at_all(&house, round);
        let lost: Vec<_> = acknowledged.difference(&whole).collect();
        assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
        let lines = SENDERS * MESSAGES * LINES;
        let all: Vec<(usize, usize)> =
            (0..SENDERS * MESSAGES).map(|at| (at / MESSAGES, at % MESSAGES)).collect();
        let again: Vec<Value> = all.iter().map(|at| send(&house, round, *at).unwrap()).collect();
        let count = |field: &str| again.iter().map(|report| report[field].as_u64().unwrap()).sum::<u64>();
        assert_eq!(count("refused"), 0, "{again:?}");
        assert_eq!(count("unchanged"), (whole.len() * (RESULTS + 1)) as u64);
        assert_eq!(count("created"), ((lines - whole.len()) * (RESULTS + 1)) as u64);
        assert_eq!(whole_or_not_at_all(&house, round).len(), lines, "now all of it is there");
        println!(
            "round {round}: {} of {lines} lines acknowledged, then SIGKILL; {} there, all of them whole; the rest came with the second sending",
            acknowledged.len(),
            whole.len()
        );
        sent_in_all += lines;
        town.stop();
        verify_ledgers(&dir, &house);
        each_is_written_down_once(&dir, &house, round);
    }
    println!("{sent_in_all} lines of {} resources", RESULTS + 1);
}

/// Sends until a random number of messages is acknowledged, then ends the process; the names of the acknowledged lines.
fn import_until_the_power_fails(town: Town, house: &House, round: usize) -> BTreeSet<String> {
    let enough = 2 + usize::from(rand::random::<u8>()) % (SENDERS * MESSAGES / 2);
    let (tell, hear): (Sender<(usize, usize)>, Receiver<_>) = channel();
    let mut power = Some(town);
    let mut acknowledged = BTreeSet::new();
    let mut messages = 0;
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let tell = tell.clone();
            scope.spawn(move || {
                for message in 0..MESSAGES {
                    if send(house, round, (sender, message)).is_none() {
                        return;
                    }
                    tell.send((sender, message)).unwrap();
                }
            });
        }
        drop(tell);
        for at in hear {
            acknowledged.extend((0..LINES).map(|line| name(round, at, line)));
            messages += 1;
            if messages >= enough
                && let Some(town) = power.take()
            {
                town.kill();
            }
        }
    });
    assert!(power.is_none(), "the senders were through before the power failed");
    acknowledged
}

/// One message; what the institution did with it, or nothing when the connection broke.
fn send(house: &House, round: usize, at: (usize, usize)) -> Option<Value> {
    let hospital = &house.hospital().org;
    let mut body = Vec::new();
    for line in 0..LINES {
        serde_json::to_writer(&mut body, &bundle(&name(round, at, line))).unwrap();
        body.push(b'\n');
    }
    let (client, base) = (house.client(hospital), house.base(hospital));
    let answer = client.post_bytes(&base, "/fhir/$import", "application/fhir+ndjson", body);
    let report: Value = serde_json::from_slice(&house.runtime.block_on(answer).ok()?.body).unwrap();
    assert_eq!(report["refused"], 0, "{report}");
    Some(report)
}

/// A line's patient.
fn name(round: usize, (sender, message): (usize, usize), line: usize) -> String {
    format!("cut-{round}-{sender}-{message}-{line}")
}

/// A patient with laboratory results.
fn bundle(name: &str) -> Value {
    let put = |resource: Value| {
        let url =
            format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
    };
    let patient = json!({ "resourceType": "Patient", "id": name, "name": [{ "text": "停電 花子" }] });
    let result = |at: usize| {
        json!({
            "resourceType": "Observation", "id": format!("{name}-{at}"), "status": "final",
            "code": { "text": "血糖" }, "subject": { "reference": format!("Patient/{name}") },
            "valueQuantity": { "value": 90 + at, "unit": "mg/dL" },
        })
    };
    let entries: Vec<Value> = std::iter::once(patient).chain((0..RESULTS).map(result)).map(put).collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

/// The hospital's ledger tells of each line that it came: once, whichever sending brought it and whatever the power took.
fn each_is_written_down_once(dir: &Path, house: &House, round: usize) {
    let ledgers = ledgers(dir);
    let (_, ledger) = ledgers.values().find(|(org, _)| *org == house.hospital().org).unwrap();
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for index in 0..ledger.size() {
        let entry = ledger.read_entry(index).unwrap();
        if entry.kind != "records.write" {
            continue;
        }
        let body: Value = serde_json::from_slice(&entry.body).unwrap();
        for name in body["what"].as_array().unwrap() {
            *told.entry(name.as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    for at in 0..SENDERS * MESSAGES {
        for line in 0..LINES {
            let name = name(round, (at / MESSAGES, at % MESSAGES), line);
            assert_eq!(told.get(&format!("Patient/{name}")), Some(&1), "{name}");
            let results = (0..RESULTS).map(|result| format!("Observation/{name}-{result}"));
            assert!(results.into_iter().all(|result| told.get(&result) == Some(&1)), "{name}");
        }
    }
}

/// The lines that are there. One of which a part is there, or says something else, fails.
fn whole_or_not_at_all(house: &House, round: usize) -> BTreeSet<String> {
    let hospital: &OrgId = &house.hospital().org;
    let (client, base) = (house.client(hospital), house.base(hospital));
    let mut whole = BTreeSet::new();
    for at in (0..SENDERS).flat_map(|sender| (0..MESSAGES).map(move |message| (sender, message))) {
        for line in 0..LINES {
            let name = name(round, at, line);
            let path = format!("/fhir/Observation?patient=Patient/{name}&_count={}", RESULTS + 1);
            let found: Value = house.runtime.block_on(client.get(&base, &path)).unwrap();
            let results = found["entry"].as_array().map_or(0, Vec::len);
            let patient = house
                .runtime
                .block_on(client.get::<Value>(&base, &format!("/fhir/Patient/{name}")))
                .is_ok_and(|patient| patient["name"][0]["text"] == "停電 花子");
            match (patient, results) {
                (true, RESULTS) => assert!(whole.insert(name)),
                (false, 0) => {}
                parts => panic!("{name}: a part of a line is there: {parts:?}: {found}"),
            }
        }
    }
    whole
}
