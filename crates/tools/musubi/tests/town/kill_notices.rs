//! The power fails between a change of insurer that was acknowledged and the notice of it: afterwards the person is told of it, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use calendar::{Clock, SystemClock};
use codes::{InsurerNumber, OrgKind};
use my_number::MyNumber;
use protocol::eligibility::{Person, Relation, Sex, Terms};
use protocol_admin::{
    clients::ReportClient,
    report::{MembershipReport, ReportAct, ReportResult},
};
use rusqlite::{Connection, OpenFlags};
use town::formats::{StoryRow, TruthPersonRow};

use crate::{
    PEOPLE,
    house::{House, Place, settle_ports, verify_ledgers},
    process::{Town, eventually},
};

/// Who changes the insurer: people with a medical ID, by their cards.
const MEMBERS: [&str; 6] =
    ["changed-insurer", "changed-number", "opted-in", "rare-characters", "limit-holder", "latin-name"];
/// The insurers of employers, each of which takes everybody in who is with another.
const EMPLOYERS: [&str; 4] = ["01", "06", "32", "34"];

/// Card and insurer.
type Change = (String, String);

#[test]
fn who_changed_the_insurer_is_told_once() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("town");
    Town::start(&dir, PEOPLE).stop();
    settle_ports(&dir);
    let town = Town::start(&dir, PEOPLE);
    let house = House::of(&dir);
    let before = inboxes(&town, &house);
    let acknowledged = report_until_the_power_fails(town, &dir, &house);
    let left = waiting(&dir);
    verify_ledgers(&dir, &house);

    let town = Town::start(&dir, PEOPLE);
    eventually("nobody waits to be told", || (waiting(&dir) == 0).then_some(()));
    let now = inboxes(&town, &house);
    for (change, count) in &now {
        let more = count - before[change];
        let wanted = if acknowledged.contains(change) { 1..=1 } else { 0..=1 };
        assert!(wanted.contains(&more), "{change:?}: {more} notices, {wanted:?} are right");
    }

    // Sent again, what was taken is known, and the rest comes.
    for (story, place) in pairs(&house) {
        let result = report(&dir, &house, story, place).unwrap();
        let known = acknowledged.contains(&key(story, place));
        assert!(!known || result == ReportResult::Repeated, "{}: {result:?}", story.story);
    }
    eventually("nobody waits to be told", || (waiting(&dir) == 0).then_some(()));
    let once: BTreeMap<Change, usize> =
        before.into_iter().map(|(change, count)| (change, count + 1)).collect();
    assert_eq!(inboxes(&town, &house), once, "each change in its person's inbox, once");
    println!(
        "{} of {} changes acknowledged, then SIGKILL with {left} persons still to be told; each was told once",
        acknowledged.len(),
        once.len()
    );
    town.stop();
    verify_ledgers(&dir, &house);
}

/// Insurers report side by side until a random number of reports is acknowledged, then the process ends; what was acknowledged.
fn report_until_the_power_fails(town: Town, dir: &Path, house: &House) -> BTreeSet<Change> {
    let (tell, hear): (Sender<Change>, Receiver<_>) = channel();
    let enough = 1 + usize::from(rand::random::<u8>()) % (pairs(house).count() / 2);
    let mut power = Some(town);
    let mut acknowledged = BTreeSet::new();
    thread::scope(|scope| {
        for place in employers(house) {
            let tell = tell.clone();
            scope.spawn(move || {
                for (story, _) in pairs(house).filter(|(_, one)| one.org == place.org) {
                    let Some(result) = report(dir, house, story, place) else { return };
                    assert!(matches!(result, ReportResult::Accepted { .. }), "{result:?}");
                    tell.send(key(story, place)).unwrap();
                }
            });
        }
        drop(tell);
        for change in hear {
            acknowledged.insert(change);
            if acknowledged.len() >= enough
                && let Some(town) = power.take()
            {
                town.kill();
            }
        }
    });
    assert!(power.is_none(), "the insurers were through before the power failed");
    acknowledged
}

/// An insurer takes a person in; what became of the report, or nothing when the connection broke.
fn report(dir: &Path, house: &House, story: &StoryRow, place: &Place) -> Option<ReportResult> {
    let on = SystemClock.today().add_days(-1);
    let insurer = InsurerNumber::parse_lenient(place.org.number()).unwrap();
    let report = MembershipReport {
        report_id: format!("cut-{on}-{}", story.story),
        act: ReportAct::Acquisition,
        my_number: my_number(dir, story),
        insured: format!("{}:７７:{}:01", insurer.padded8(), story.person).parse().unwrap(),
        qualified_on: on,
        disqualified_on: None,
        loss_reason: None,
        relation: Relation::Insured,
        person: Person {
            name: story.name.clone(),
            kana: story.kana.clone(),
            sex: if story.sex == 1 { Sex::Male } else { Sex::Female },
            birthdate: story.birth.to_string().parse().unwrap(),
            postal_code: String::new(),
            address: String::new(),
        },
        terms: Terms { classification: "01".into(), copayment_percent: Some(30), ..Terms::default() },
        effective_on: None,
        notified_on: on,
    };
    let client = ReportClient::new(house.client(&place.org), house.base(&house.eligibility()));
    Some(house.runtime.block_on(client.report(&report)).ok()?.result)
}

fn my_number(dir: &Path, story: &StoryRow) -> MyNumber {
    let mut persons = csv::Reader::from_path(dir.join("files/truth/persons.csv")).unwrap();
    let row =
        persons.deserialize().map(Result::unwrap).find(|row: &TruthPersonRow| row.person == story.person);
    row.unwrap().my_number.parse().unwrap()
}

/// How often each change stands in its person's inbox.
fn inboxes(town: &Town, house: &House) -> BTreeMap<Change, usize> {
    let mut found = BTreeMap::new();
    for story in members(house) {
        let mut portal = town.browser("portal.localhost");
        portal.get(&format!("/login?pick={}", story.story)).ok();
        assert_eq!(portal.post("/login", &[("card", &story.story), ("pin", "1234")]).location(), "/");
        let inbox = portal.get("/notices").ok().text();
        for (_, place) in pairs(house).filter(|(one, _)| one.story == story.story) {
            let said = format!("加入する保険者が、{}に替わりました", place.name);
            found.insert(key(story, place), inbox.matches(&said).count());
        }
    }
    found
}

/// Persons who still wait to be told.
fn waiting(dir: &Path) -> i64 {
    let store = dir.join(OrgKind::Eligibility.as_str()).join("store.db");
    let store = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    store.query_row("SELECT COUNT(*) FROM insurer_change", [], |row| row.get(0)).unwrap()
}

/// Who is taken in by whom. Taken in again by their own insurer nobody has another one.
fn pairs(house: &House) -> impl Iterator<Item = (&StoryRow, &Place)> {
    let all = members(house).flat_map(|story| employers(house).map(move |place| (story, place)));
    all.filter(|(story, place)| story.expect_insurer != place.org.number())
}

fn members(house: &House) -> impl Iterator<Item = &StoryRow> {
    house.stories.iter().filter(|story| MEMBERS.contains(&story.story.as_str()))
}

fn employers(house: &House) -> impl Iterator<Item = &Place> {
    house.insurers.iter().filter(|place| EMPLOYERS.iter().any(|kind| place.org.number().starts_with(kind)))
}

fn key(story: &StoryRow, place: &Place) -> Change {
    (story.story.clone(), place.name.clone())
}
