//! The files of a town: the same for the same plan, as documented, with right check digits, in step with the truth.

// Helpers of tests may stop at the first surprise, as tests do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use codes::{CheckedNumber, ResidentCode};
use musubi_town::formats::*;
use musubi_town::{Day, Summary, TownError, TownPlan, generate};
use my_number::MyNumber;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

const TODAY: (i32, u32, u32) = (2026, 11, 22);

fn plan(people: u64) -> TownPlan {
    TownPlan::new(7, people, Day::new(TODAY.0, TODAY.1, TODAY.2))
}

fn town(plan: &TownPlan) -> (TempDir, Summary) {
    let dir = TempDir::new().unwrap();
    let summary = generate(plan, dir.path()).unwrap();
    (dir, summary)
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for folder in [dir.to_owned(), dir.join("truth")] {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            let name = entry.path().strip_prefix(dir).unwrap().display().to_string();
            all.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn read<R: DeserializeOwned>(path: &Path) -> Vec<R> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Event rows hold a struct within a struct, which CSV readers take by position only.
fn read_events(path: &Path) -> Vec<InsurerEventRow> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    let mut records = reader.records().map(Result::unwrap);
    let header = records.next().unwrap();
    assert!(header.iter().eq(InsurerEventRow::COLUMNS.iter().copied()));
    records.map(|r| r.deserialize(None).unwrap()).collect()
}

fn insurers(dir: &Path) -> Vec<String> {
    read::<InsurerRow>(&dir.join("insurers.csv")).into_iter().map(|i| i.insurer_number).collect()
}

#[test]
fn equal_plans_give_equal_bytes() {
    let (first, _) = town(&plan(3000));
    let (second, _) = town(&plan(3000));
    let (other, _) = town(&TownPlan { seed: 8, ..plan(3000) });
    assert_eq!(files(first.path()), files(second.path()));
    assert_ne!(files(first.path())["residents.csv"], files(other.path())["residents.csv"]);
}

#[test]
fn numbers_are_right_and_unique_and_the_town_has_its_size() {
    let (dir, summary) = town(&plan(6000));
    let residents: Vec<ResidentRow> = read(&dir.path().join("residents.csv"));
    let (mut codes, mut numbers) = (HashSet::new(), HashSet::new());
    for row in &residents {
        assert_eq!(row.resident_code.parse::<ResidentCode>().unwrap().to_string(), row.resident_code);
        assert!(ResidentCode::parse_with(&row.resident_code, codes::CheckPolicy::Refuse).is_ok());
        assert!(row.my_number.parse::<MyNumber>().is_ok());
        assert!(codes.insert(row.resident_code.clone()) && numbers.insert(row.my_number.clone()));
        assert!(row.removed_on.is_none_or(|day| day >= row.resident_since), "{row:?}");
    }
    let living = residents.iter().filter(|r| r.removed_on.is_none()).count() as u64;
    assert_eq!((living, summary.residents), (6000, 6000));
    let people: Vec<TruthPersonRow> = read(&dir.path().join("truth/persons.csv"));
    assert_eq!(people.len(), residents.len());
}

#[test]
fn certificates_are_unique_within_an_insurer() {
    let (dir, _) = town(&plan(6000));
    let mut owners: HashMap<(String, String, String, String), u64> = HashMap::new();
    for m in read::<TruthMembershipRow>(&dir.path().join("truth/memberships.csv")) {
        let key = (m.insurer_number, m.symbol, m.number, m.branch);
        assert_eq!(*owners.entry(key.clone()).or_insert(m.person), m.person, "{key:?}");
    }
}

#[test]
fn first_load_and_events_lead_to_what_was_reported() {
    let today = plan(1).today;
    for opening in [today.plus_years(-10), today.plus_years(-2), today] {
        let (dir, summary) = town(&TownPlan { opening, ..plan(4000) });
        let mut registers: HashMap<_, MemberRow> = HashMap::new();
        let mut events = 0;
        for insurer in insurers(dir.path()) {
            let key = |m: &MemberRow| {
                (
                    m.insurer_number.clone(),
                    m.symbol.clone(),
                    m.number.clone(),
                    m.branch.clone(),
                    m.acquired_on,
                )
            };
            for member in read::<MemberRow>(&dir.path().join(format!("members-{insurer}.csv"))) {
                assert!(member.reported_on <= opening);
                assert!(registers.insert(key(&member), member).is_none());
            }
            let mut last = None;
            for event in read_events(&dir.path().join(format!("events-{insurer}.csv"))) {
                events += 1;
                let reported = event.member.reported_on;
                assert!(
                    opening < reported && reported <= today && event.happened_on <= reported,
                    "{event:?}"
                );
                let key = key(&event.member);
                let known = registers.insert(key.clone(), event.member.clone());
                assert_eq!(known.is_none(), event.event == EventKind::Acquisition, "{event:?}");
                assert_eq!(event.member.lost_on.is_some(), event.event == EventKind::Loss, "{event:?}");
                assert!(last != Some(key) || known.is_some_and(|k| k.reported_on <= reported));
                last = Some(self::key(&event.member));
            }
        }
        assert_eq!(summary.events, events);
        assert_eq!(summary.events == 0, opening == today);
        compare_with_truth(dir.path(), &registers.into_values().map(|m| (self::key(&m), m)).collect());
    }
}

type Key = (String, String, String, String, Day);

fn key(m: &MemberRow) -> Key {
    (m.insurer_number.clone(), m.symbol.clone(), m.number.clone(), m.branch.clone(), m.acquired_on)
}

fn compare_with_truth(dir: &Path, registers: &HashMap<Key, MemberRow>) {
    let people: HashMap<u64, TruthPersonRow> =
        read::<TruthPersonRow>(&dir.join("truth/persons.csv")).into_iter().map(|p| (p.person, p)).collect();
    let mut wrong_births: HashSet<(u64, String)> = HashSet::new();
    for error in read::<TruthErrorRow>(&dir.join("truth/errors.csv")) {
        if error.error == ErrorKind::BirthTypo {
            wrong_births.insert((error.person, error.organisation));
        }
    }
    let mut known = 0;
    for m in read::<TruthMembershipRow>(&dir.join("truth/memberships.csv")) {
        let key = (m.insurer_number.clone(), m.symbol, m.number, m.branch, m.acquired_on);
        let record = registers.get(&key);
        assert_eq!(record.is_some(), m.acquisition_reported_on.is_some());
        let Some(record) = record else { continue };
        known += 1;
        let person = &people[&m.person];
        assert_eq!(record.my_number, person.my_number);
        assert_eq!(record.lost_on, m.lost_on.filter(|_| m.loss_reported_on.is_some()));
        assert!(record.birth == person.birth || wrong_births.contains(&(m.person, m.insurer_number)));
        assert!(person.birth <= m.acquired_on && m.lost_on.is_none_or(|lost| m.acquired_on < lost));
        assert!(person.death.is_none_or(|death| m.lost_on.is_some_and(|lost| lost <= death)));
    }
    assert_eq!(known, registers.len());
}

#[test]
fn nobody_has_two_true_memberships_on_a_day() {
    let (dir, _) = town(&plan(4000));
    let mut by_person: HashMap<u64, Vec<TruthMembershipRow>> = HashMap::new();
    for m in read::<TruthMembershipRow>(&dir.path().join("truth/memberships.csv")) {
        by_person.entry(m.person).or_default().push(m);
    }
    for memberships in by_person.values() {
        for pair in memberships.windows(2) {
            assert!(pair[0].lost_on.is_some_and(|lost| lost <= pair[1].acquired_on), "{pair:?}");
        }
    }
}

#[test]
fn shift_jis_files_say_the_same_as_far_as_they_can() {
    let (dir, _) = town(&plan(4000));
    let bytes = fs::read(dir.path().join("members-229914.sjis.csv")).unwrap();
    let text = kotoba::cp932_decode(&bytes).unwrap();
    let utf8 = fs::read_to_string(dir.path().join("members-229914.csv")).unwrap();
    assert_eq!(text.matches("\r\n").count(), utf8.matches('\n').count());
    let events = fs::read(dir.path().join("events-229914.sjis.csv")).unwrap();
    assert!(
        kotoba::cp932_decode(&events).unwrap().contains(kotoba::GETA),
        "some name is outside the code page"
    );
}

#[test]
fn headers_are_the_fields_of_the_structs() {
    let (dir, _) = town(&plan(500));
    fn check<R: DeserializeOwned + serde::Serialize + Columns>(path: &Path) {
        let rows: Vec<R> = read(path);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.serialize(rows.first().unwrap()).unwrap();
        let text = String::from_utf8(csv.into_inner().unwrap()).unwrap();
        assert_eq!(text.lines().next().unwrap(), R::COLUMNS.join(","), "{}", path.display());
    }
    let at = |name: &str| dir.path().join(name);
    check::<ResidentRow>(&at("residents.csv"));
    check::<ResidentEventRow>(&at("resident-events.csv"));
    check::<CardRow>(&at("cards.csv"));
    check::<MemberRow>(&at("members-229914.csv"));
    check::<MunicipalityRow>(&at("municipalities.csv"));
    check::<InsurerRow>(&at("insurers.csv"));
    check::<InstitutionRow>(&at("institutions.csv"));
    check::<PatientRow>(&at("patients-2219900012.csv"));
    check::<StoryRow>(&at("stories.csv"));
    check::<TruthPersonRow>(&at("truth/persons.csv"));
    check::<TruthMembershipRow>(&at("truth/memberships.csv"));
    check::<TruthErrorRow>(&at("truth/errors.csv"));
    check::<TruthPatientRow>(&at("truth/patients.csv"));
    check::<NetworkRow>(&at("networks.csv"));
    check::<WatchRow>(&at("watch-list-2219900012.csv"));
    check::<NetworkPatientRow>(&at("network-patients.csv"));
    check::<TruthNetworkPatientRow>(&at("truth/network-patients.csv"));
}

#[test]
fn the_pages_list_every_column_in_order() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/formats/");
    let page = |name: &str| fs::read_to_string(format!("{pages}{name}")).unwrap();
    let holds = |text: &str, columns: &[&str]| {
        let rows: Vec<String> =
            columns.iter().enumerate().map(|(i, c)| format!("| {} | `{c}` |", i + 1)).collect();
        let table = |part: &str| rows.iter().all(|row| part.contains(row));
        assert!(text.split("\n## ").any(table), "{columns:?}");
    };
    let insurer = page("insurer-members.md");
    holds(&insurer, MemberRow::COLUMNS);
    holds(&insurer, InsurerEventRow::COLUMNS);
    let issuer = page("issuer-residents.md");
    for columns in [ResidentRow::COLUMNS, ResidentEventRow::COLUMNS, CardRow::COLUMNS] {
        holds(&issuer, columns);
    }
    let town = page("town-files.md");
    for columns in [
        MunicipalityRow::COLUMNS,
        InsurerRow::COLUMNS,
        InstitutionRow::COLUMNS,
        PatientRow::COLUMNS,
        StoryRow::COLUMNS,
        TruthPersonRow::COLUMNS,
        TruthMembershipRow::COLUMNS,
        TruthErrorRow::COLUMNS,
        TruthPatientRow::COLUMNS,
        NetworkRow::COLUMNS,
        NetworkPatientRow::COLUMNS,
        WatchRow::COLUMNS,
        TruthNetworkPatientRow::COLUMNS,
        TruthClinicalRow::COLUMNS,
        ExchangeStoryRow::COLUMNS,
    ] {
        holds(&town, columns);
    }
}

#[test]
fn no_my_number_reaches_an_institution() {
    let (dir, _) = town(&plan(3000));
    for institution in read::<InstitutionRow>(&dir.path().join("institutions.csv")) {
        let path = dir.path().join(format!("patients-{}.csv", institution.institution_code));
        let mut cells = csv::Reader::from_path(&path).unwrap();
        for record in cells.records().map(Result::unwrap) {
            assert!(record.iter().all(|cell| codes::find_my_number(cell).is_none()), "{record:?}");
        }
    }
}

#[test]
fn a_plan_out_of_range_or_a_full_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(generate(&plan(99), dir.path()), Err(TownError::People { found: 99 })));
    let early = TownPlan { opening: Day::new(1999, 1, 1), ..plan(500) };
    assert!(matches!(generate(&early, dir.path()), Err(TownError::Opening { .. })));
    generate(&plan(500), dir.path()).unwrap();
    assert!(matches!(generate(&plan(500), dir.path()), Err(TownError::NotEmpty { .. })));
    assert_eq!(musubi_town::finished(dir.path()).unwrap().unwrap().plan, plan(500));
}
