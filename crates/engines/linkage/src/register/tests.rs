//! Registers whose files are bytes in memory.

use super::*;
use crate::{link::table_for, suggest::suggest};

const AT: &str = "2026-11-23T00:00:00Z";

/// So many people, from a number on, each with two records.
fn csv(people: std::ops::Range<usize>) -> String {
    let mut csv = String::from("id,given_name,surname,dob,postcode\n");
    for person in people {
        let letters: String =
            (person * 7919 % 10_007).to_string().bytes().map(|b| char::from(b + 49)).collect();
        let given = ["anna", "bert", "carla", "dirk"][person * 31 % 4];
        let (year, month, day) = (person * 13 % 90 + 10, person % 12 + 1, person * 17 % 28 + 1);
        let rest = format!("{given},{letters},19{year:02}-{month:02}-{day:02}");
        let postcode = 1000 + person * 37 % 900;
        csv += &format!("p{person}a,{rest},{postcode}\np{person}b,{rest},{}\n", postcode + person % 3);
    }
    csv
}

fn linkage() -> Linkage {
    let header = ["id", "given_name", "surname", "dob", "postcode"].map(str::to_owned).to_vec();
    let config = suggest(&[header], None, None).config;
    let mut table = table_for(&config).unwrap();
    table.read("first", &config, csv(0..300).as_bytes(), &|_| {}).unwrap();
    Linkage::run(config, table, None, &|_, _, _| {}).unwrap()
}

/// The three files as they would be on a disk.
#[derive(Clone)]
struct Files {
    snapshot: Vec<u8>,
    journal: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn new() -> Self {
        let (register, log) = Register::of(linkage(), AT).unwrap();
        let mut snapshot = Vec::new();
        register.snapshot(&mut snapshot).unwrap();
        Self { snapshot, journal: Register::empty_journal().to_vec(), log }
    }

    fn open(&self) -> Result<Opened, LinkError> {
        Register::open(self.snapshot.as_slice(), self.journal.as_slice(), self.log.as_slice())
    }

    fn add(&mut self, register: &mut Register, text: &str) -> Result<Batch, LinkError> {
        let mut rows = Rows::new("new.csv", &register.index.config.clone(), text.as_bytes())?;
        let batch = register.add(&mut rows, AT)?;
        self.journal.extend(&batch.frame);
        self.log.extend(&batch.lines);
        Ok(batch)
    }
}

fn entities(register: &Register) -> Vec<(String, Option<u64>)> {
    let all = 0..register.entities.records() as u32;
    all.map(|r| (register.entities.name(r).to_owned(), register.entities.of_number(r))).collect()
}

#[test]
fn arriving_records_find_their_people_and_nothing_is_lost_wherever_the_machine_stops() {
    let mut files = Files::new();
    let mut register = files.open().unwrap().register;
    assert_eq!((register.entities.records(), register.entities.len()), (600, 300));
    // A third report of each of ten people and one of a stranger.
    let csv = csv(0..10);
    let third = csv.lines().enumerate().filter(|(n, _)| *n == 0 || n % 2 == 1).map(|(_, line)| line);
    let third = third.map(|line| line.replacen("a,", "c,", 1)).collect::<Vec<_>>().join("\n");
    let text = third + "\nx1,zoe,quux,2001-02-03,9999\n";
    let before = files.clone();
    let batch = files.add(&mut register, &text).unwrap();
    assert_eq!(batch.decided.len(), 11);
    for decided in batch.decided.iter().take(10) {
        let person = decided.record.trim_end_matches('c');
        assert_eq!(Some(decided.entity), register.entities.of(&format!("{person}a")), "{decided:?}");
    }
    assert_eq!(batch.decided[10].linked, None);
    // Once more: nothing new.
    let again = files.add(&mut register, &text).unwrap();
    assert_eq!((again.known, again.frame.len(), again.lines.len()), (11, 0, 0));
    let all = entities(&register);
    assert_eq!(entities(&files.open().unwrap().register), all);
    // Stopped while the journal was written: the batch was never there. While the log was: it is made whole.
    for cut in (before.journal.len()..files.journal.len()).step_by(997) {
        let stopped = Files { journal: files.journal[..cut].to_vec(), ..before.clone() };
        let opened = stopped.open().unwrap();
        assert_eq!((opened.journal, opened.register.entities.records()), (before.journal.len() as u64, 600));
    }
    for cut in (before.log.len()..files.log.len()).step_by(251) {
        let stopped = Files { log: files.log[..cut].to_vec(), ..files.clone() };
        let opened = stopped.open().unwrap();
        let mut log = stopped.log[..opened.log as usize].to_vec();
        log.extend(&opened.missing);
        assert_eq!((entities(&opened.register), log), (all.clone(), files.log.clone()));
    }
    // A new snapshot with the old journal still there, and with an empty one.
    let mut snapshot = Vec::new();
    register.snapshot(&mut snapshot).unwrap();
    files.snapshot = snapshot;
    assert_eq!(entities(&files.open().unwrap().register), all);
    files.journal = Register::empty_journal().to_vec();
    let opened = files.open().unwrap();
    assert_eq!((entities(&opened.register), opened.outside), (all, 0));
}

#[test]
fn a_damaged_file_is_told() {
    let mut files = Files::new();
    let mut register = files.open().unwrap().register;
    files.add(&mut register, &csv(300..305)).unwrap();
    let told = |files: &Files| files.open().unwrap_err().to_string();
    for at in (0..files.snapshot.len()).step_by(4_999) {
        let mut broken = files.clone();
        broken.snapshot[at] ^= 4;
        assert!(told(&broken).starts_with("index: "), "byte {at}");
        broken.snapshot.truncate(at);
        assert_eq!(told(&broken), "index: cut off");
    }
    let mut broken = files.clone();
    broken.journal.truncate(broken.journal.len() - 1);
    assert_eq!(told(&broken), "index and journal: 600 records, the log has seen 610");
    broken = files.clone();
    broken.log.truncate(1_000);
    assert!(told(&broken).starts_with("log: "));
    broken.log = b"{\"event\":\"seen\"}\n".to_vec();
    assert_eq!(told(&broken), "log, line 1: no event with its chain");
    // What a file says wrongly takes nothing in.
    let refused =
        |text: &str, register: &mut Register| files.clone().add(register, text).unwrap_err().to_string();
    let header = csv(0..0);
    for (lines, problem) in [
        ("y,a,b,2000-01-01,1\ny,a,b,2000-01-01,1\n", "new.csv: line 3: record “y” is in line 2 too"),
        (",a,b,2000-01-01,1\n", "new.csv: line 2: no identifier"),
        ("p0a,a,b,2000-01-01,1\n", "new.csv: line 2: record “p0a” is there already, with other values"),
    ] {
        assert_eq!(refused(&format!("{header}{lines}"), &mut register), problem);
    }
    assert_eq!(register.entities.records(), 610);
}

#[test]
fn what_a_human_took_apart_stays_apart() {
    let files = Files::new();
    let mut register = files.open().unwrap().register;
    let one = register.entities.of("p7a").unwrap();
    let event = Event::Unlink { records: vec!["p7b".into()], by: "h".into(), reason: "twin".into() };
    let (other, lines) = register.decide_by_hand(AT, event).unwrap();
    let mut files = Files { log: [files.log, lines].concat(), ..files };
    let line = csv(7..8).lines().nth(1).unwrap().replace("p7a", "p7c");
    let batch = files.add(&mut register, &format!("{}{line}\n", csv(0..0))).unwrap();
    let decided = &batch.decided[0];
    assert_eq!(
        (decided.entity, register.entities.of("p7a"), register.entities.of("p7b")),
        (one, Some(one), Some(other))
    );
    assert!(decided.review.iter().any(|near| near.entity == other), "{decided:?}");
}
