//! The people of a town: their ages, households, errors and stories, and that making more of them takes no more memory.

// Helpers of tests may stop at the first surprise, as tests do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{HashMap, HashSet};

use musubi_town::clinical::chart::Fact;
use musubi_town::formats::{CardState, ErrorKind, MedicalIdState, TruthErrorRow};
use musubi_town::model::{Family, Relation};
use musubi_town::{Day, Families, TownPlan, generate, knowledge, stories};

fn today() -> Day {
    Day::new(2026, 11, 22)
}

fn families(people: u64) -> impl Iterator<Item = Family> {
    Families::new(&TownPlan::new(3, people, today())).unwrap()
}

/// Shares held to a range each; all are told before the first that is out of it fails.
#[derive(Default)]
struct Shares(Vec<String>);

impl Shares {
    fn hold(&mut self, what: &str, part: usize, whole: usize, low: f64, high: f64) {
        let percent = part as f64 * 100.0 / whole as f64;
        println!("{what}: {percent:.1} %");
        if !(low..=high).contains(&percent) {
            self.0.push(format!("{what}: {percent:.1} %, expected {low} to {high}"));
        }
    }
}

impl Drop for Shares {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.0.is_empty(), "{:?}", self.0);
    }
}

#[test]
fn ages_and_households_are_those_of_japan() {
    let today = today();
    let mut shares = Shares::default();
    let (mut ages, mut sizes, mut women, mut dead) = (Vec::new(), HashMap::<usize, usize>::new(), 0, 0);
    for family in families(30_000) {
        let living: Vec<_> = family.persons.iter().filter(|p| p.is_resident(today)).collect();
        *sizes.entry(living.len()).or_default() += 1;
        women += living.iter().filter(|p| p.sex == 2).count();
        ages.extend(living.iter().map(|p| p.birth.age_on(today)));
        dead += family.persons.iter().filter(|p| p.death.is_some()).count();
        assert!(family.persons.iter().enumerate().all(|(i, p)| usize::from(p.slot) == i));
    }
    let count = |low, high| ages.iter().filter(|age| (low..=high).contains(*age)).count();
    let all = ages.len();
    shares.hold("0-14", count(0, 14), all, 10.0, 14.0);
    shares.hold("15-64", count(15, 64), all, 55.0, 62.0);
    shares.hold("65 and over", count(65, 120), all, 27.0, 32.0);
    shares.hold("75 and over", count(75, 120), all, 14.0, 18.5);
    shares.hold("90 and over", count(90, 120), all, 1.0, 4.0);
    shares.hold("women", women, all, 49.5, 54.0);
    shares.hold("died in ten years", dead, all, 6.0, 13.0);
    let households: usize = sizes.iter().filter(|(size, _)| **size > 0).map(|(_, n)| n).sum();
    shares.hold("living alone", sizes[&1], households, 34.0, 42.0);
    shares.hold(
        "of five or more",
        sizes.iter().filter(|(s, _)| **s > 4).map(|(_, n)| n).sum(),
        households,
        3.0,
        9.0,
    );
    let mean = all as f64 / households as f64;
    assert!((2.0..2.5).contains(&mean), "{mean}");
}

#[test]
fn insurers_and_cards_are_those_of_japan() {
    let today = today();
    let mut shares = Shares::default();
    let (mut all, mut kinds, mut cards, mut opted, mut usable) = (0, HashMap::<&str, usize>::new(), 0, 0, 0);
    for family in families(30_000) {
        for person in family.persons.iter().filter(|p| p.is_resident(today)) {
            all += 1;
            let insurer = family.memberships.iter().find(|m| m.slot == person.slot && m.until.is_none());
            let kind =
                insurer.map_or("none", |m| musubi_town::organisations::INSURERS[m.insurer].kind.word());
            *kinds.entry(kind).or_default() += 1;
            if let Some(card) = family.cards.iter().find(|c| c.slot == person.slot) {
                cards += 1;
                opted += usize::from(card.medical_id == MedicalIdState::Active);
                usable += usize::from(card.state == CardState::Valid);
            }
        }
    }
    shares.hold("協会けんぽ", kinds["kyokai"], all, 26.0, 36.0);
    shares.hold("健保組合", kinds["kumiai"], all, 18.0, 26.0);
    shares.hold("共済", kinds["kyosai"], all, 5.0, 11.0);
    shares.hold("国保", kinds["kokuho"], all, 17.0, 28.0);
    shares.hold("後期高齢者", kinds["koki"], all, 13.5, 18.5);
    shares.hold("nobody", kinds["none"], all, 0.5, 3.0);
    shares.hold("cards", cards, all, 74.0, 80.0);
    shares.hold("opted in, of holders", opted, cards, 37.0, 43.0);
    shares.hold("usable, of cards", usable, cards, 82.0, 95.0);
}

#[test]
fn names_need_more_than_shift_jis_now_and_then() {
    let mut shares = Shares::default();
    let (mut outside, mut all) = (0, 0);
    for person in families(20_000).flat_map(|f| f.persons) {
        all += 1;
        let lost = kotoba::cp932_encode(&person.name_on(today())).losses;
        outside += usize::from(!lost.is_empty());
    }
    shares.hold("names outside CP932", outside, all, 0.5, 8.0);
}

#[test]
fn every_kind_of_error_is_put_in_and_written_down() {
    let dir = tempfile::TempDir::new().unwrap();
    generate(&TownPlan::new(3, 10_000, today()), dir.path()).unwrap();
    let mut seen: HashMap<ErrorKind, usize> = HashMap::new();
    let mut rows = csv::Reader::from_path(dir.path().join("truth/errors.csv")).unwrap();
    for row in rows.deserialize::<TruthErrorRow>().map(Result::unwrap) {
        assert!(row.until.is_none_or(|until| row.from <= until), "{row:?}");
        *seen.entry(row.error).or_default() += 1;
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 10);
}

#[test]
fn stories_are_as_they_are_told() {
    for today in
        [today(), Day::new(2026, 8, 1), Day::new(2027, 2, 28), Day::new(2028, 2, 29), Day::new(2027, 4, 1)]
    {
        let plan = TownPlan::new(5, 300, today);
        let families: Vec<Family> = Families::new(&plan).unwrap().collect();
        let stories: Vec<_> = stories().collect();
        assert_eq!(stories.len(), 28);
        for story in stories {
            let family = &families[story.household as usize];
            let validity = |day: Day| knowledge::validity(family, story.slot, day, day);
            assert_eq!(validity(today), story.validity, "{} on {today}", story.story);
            if let Some((days, then)) = story.look_back {
                assert_eq!(validity(today.plus(-days)), then, "{}", story.story);
            }
            let card = family.cards.iter().find(|c| c.slot == story.slot).unwrap();
            assert_eq!(word(&card.state), story.card, "{} on {today}", story.story);
            assert_eq!(word(&card.medical_id), story.medical_id, "{}", story.story);
            let state = match card {
                c if c.revoked.is_some() => CardState::Revoked,
                c if c.card_until < today => CardState::CardExpired,
                c if c.certificate_until < today => CardState::CertificateExpired,
                _ => CardState::Valid,
            };
            assert_eq!(state, card.state, "{} on {today}", story.story);
        }
    }
}

#[test]
fn illnesses_are_those_of_japan() {
    let today = today();
    let mut shares = Shares::default();
    let plan = TownPlan::new(3, 6_000, today).with_clinical(1000);
    let (mut all, mut old, mut visits, mut facts) = (0, 0, 0, 0);
    let mut ill: HashMap<&str, usize> = HashMap::new();
    let (mut demented, mut pregnant, mut young, mut facets) = (0, 0, 0, 0);
    for family in Families::new(&plan).unwrap().skip(25) {
        for person in family.persons.iter().filter(|p| p.is_resident(today)) {
            all += 1;
            let age = person.birth.age_on(today);
            old += usize::from(age >= 85);
            young += usize::from(age < 10);
            let own: Vec<_> = family.visits.iter().filter(|v| v.slot == person.slot).collect();
            visits += own.len();
            facts += own.iter().map(|v| v.facts.len()).sum::<usize>();
            let keys: HashSet<&str> = own
                .iter()
                .flat_map(|v| &v.facts)
                .filter_map(|fact| match fact {
                    Fact::Diagnosis { disease, .. } => Some(disease.key),
                    _ => None,
                })
                .collect();
            for key in &keys {
                *ill.entry(key).or_default() += 1;
            }
            demented += usize::from(age >= 85 && keys.contains("dementia"));
            pregnant += usize::from(keys.contains("newborn") && age < 10);
        }
        facets += family.patients.iter().filter(|p| p.facet > 0).count();
        let in_order = family.visits.windows(2).all(|w| (w[0].slot, w[0].day) <= (w[1].slot, w[1].day));
        assert!(in_order && family.visits.iter().all(|v| v.patient < family.patients.len()));
        assert!(family.visits.iter().all(|v| family.patients[v.patient].slot == v.slot));
    }
    let of = |key: &str| ill.get(key).copied().unwrap_or_default();
    shares.hold("hypertension", of("hypertension"), all, 13.0, 24.0);
    shares.hold("diabetes", of("diabetes"), all, 5.0, 10.0);
    shares.hold("dyslipidaemia", of("dyslipidaemia"), all, 7.0, 14.0);
    shares.hold("depression", of("depression"), all, 1.0, 5.0);
    shares.hold("schizophrenia", of("schizophrenia"), all, 0.2, 1.2);
    shares.hold("dementia from 85 on", demented, old, 30.0, 55.0);
    shares.hold("children with a record of their birth", pregnant, young, 85.0, 100.0);
    shares.hold("visits a person, times 10", visits * 10, all, 7_000.0, 18_000.0);
    shares.hold("facts a person", facts, all, 2_000.0, 6_000.0);
    assert_eq!(facets, 0);
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_newly_married_left_her_name_at_the_hospital() {
    let family = families(300).nth(18).unwrap();
    let wife = family.persons.iter().find(|p| p.relation == Relation::Spouse).unwrap();
    assert_eq!(wife.family_on(today()).written, "渡邊");
    let record = family.patients.iter().find(|p| p.slot == wife.slot).unwrap();
    assert_eq!(wife.family_on(record.last_visit).written, "坂本");
}

#[test]
fn memory_does_not_grow_with_the_town() {
    let dir = tempfile::TempDir::new().unwrap();
    let grow = |people, name: &str| {
        generate(&TownPlan::new(1, people, today()).with_clinical(30), &dir.path().join(name)).unwrap();
        peak()
    };
    let Some((small, large)) = grow(2_000, "a").zip(grow(20_000, "b")) else {
        println!("skipped: this system does not tell the peak of resident memory");
        return;
    };
    let residents: u64 = families(100_000).map(|family| family.residents(today())).sum();
    assert_eq!(residents, 100_000);
    let streamed = peak().unwrap();
    println!(
        "peak: {small} kB at 2,000 people, {large} kB at 20,000, {streamed} kB after a stream of 100,000"
    );
    assert!(large < small + 24 * 1024 && streamed < small + 24 * 1024);
}

/// Peak resident memory of this process so far, in kB. The tests beside this one stream their towns too.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
