//! The clinical files: valid JP-CLINS by the house's validator, in step with the truth, the same for the same plan, and clean.

// Helpers of tests may stop at the first surprise, as tests do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use musubi_town::formats::*;
use musubi_town::{Day, Summary, TownError, TownPlan, generate};
use records::definitions::Definitions;
use records::labels::Lists;
use records::ssmix2::{DataKind, Source, Storage, Stored};
use records::tree::{Node, parse};
use records::validate::{Severity, Validator};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/packages");
/// JP-CLINS last: its JP_Patient_eCS is the one in force.
const PACKAGES: [&str; 3] =
    ["jp-core.r4-1.1.2-clins.tgz", "jp-eChekupReport.r4.tgz", "jp-clins.r4-1.5.2.tgz"];
/// Resources of a kind that are validated at most.
const SAMPLE: usize = 500;

struct Made {
    dir: TempDir,
    summary: Summary,
}

/// A town of 900 in which every household has records.
static TOWN: LazyLock<Made> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let summary = generate(&plan(900), dir.path()).unwrap();
    Made { dir, summary }
});

fn plan(people: u64) -> TownPlan {
    TownPlan::new(7, people, Day::new(2026, 11, 22)).with_clinical(1000)
}

fn lines(dir: &Path) -> impl Iterator<Item = (String, String)> {
    let institutions: Vec<InstitutionRow> = read(&dir.join("institutions.csv"));
    let dir = dir.to_owned();
    institutions.into_iter().flat_map(move |institution| {
        let code = institution.institution_code;
        let clinical = dir.join("clinical").join(&code);
        let file = if clinical.join("ssmix2").exists() { "documents.ndjson" } else { "visits.ndjson" };
        let text = fs::read_to_string(clinical.join(file)).unwrap();
        text.lines().map(|line| (code.clone(), line.to_owned())).collect::<Vec<_>>()
    })
}

fn read<R: DeserializeOwned>(path: &Path) -> Vec<R> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

fn resources(bundle: &Node) -> impl Iterator<Item = &Node> {
    bundle.get("entry").unwrap().items().iter().map(|entry| entry.get("resource").unwrap())
}

/// Kind of a resource: its type and, of a document, what its composition is.
fn kind(resource: &Node) -> String {
    let profile = resource.all("meta.profile").first().and_then(|p| p.as_str()).unwrap_or("R4");
    let short = profile.rsplit('/').next().unwrap_or_default();
    format!("{} {short}", resource.text_at("resourceType").unwrap())
}

/// A validator of the profiles, where the shared packages are at hand.
fn validator() -> Option<Validator> {
    let paths: Vec<PathBuf> = PACKAGES.iter().map(|name| Path::new(SHARED).join(name)).collect();
    if !paths.iter().all(|path| path.exists()) {
        println!("skipped: the packages are not in {SHARED}");
        return None;
    }
    Some(Validator::new(Arc::new(Definitions::load(&paths).unwrap())))
}

#[test]
fn resources_of_every_kind_are_valid() {
    let Some(validator) = validator() else { return };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (_, line) in lines(TOWN.dir.path()) {
        let bundle = parse(line.as_bytes()).unwrap();
        for resource in resources(&bundle) {
            let kind = kind(resource);
            let count = seen.entry(kind.clone()).or_default();
            *count += 1;
            if *count > SAMPLE {
                continue;
            }
            for issue in validator.validate(resource, &[]) {
                if issue.severity == Severity::Error {
                    let key = format!("{kind}: {} {} {:?}", issue.path, issue.en, issue.rule);
                    let example = || String::from_utf8(resource.to_vec()).unwrap();
                    faults.entry(key).or_insert_with(|| (0, example())).0 += 1;
                }
            }
        }
    }
    let checked: usize = seen.values().map(|count| count.min(&SAMPLE)).sum();
    println!("{checked} resources of {} kinds validated: {seen:#?}", seen.len());
    for (fault, (count, example)) in faults.iter().take(40) {
        let example: String = example.chars().take(600).collect();
        println!("{count} × {fault}\n    {example}");
    }
    assert!(seen.len() >= 18, "{seen:?}");
    assert!(faults.is_empty(), "{} faults", faults.len());
}

#[test]
fn no_my_number_stands_in_a_bundle_or_a_storage() {
    for (_, line) in lines(TOWN.dir.path()) {
        assert!(codes::find_my_number(&line).is_none(), "{line}");
    }
    for (code, stored) in storages(TOWN.dir.path()) {
        let root = TOWN.dir.path().join("clinical").join(&code).join("ssmix2");
        let bytes = fs::read(root.join(stored.name.folder()).join(stored.name.to_string())).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // Times of twelve digits and numbers of orders are what the standard asks for.
        let names = text.split(['|', '^', '~', '\r']).filter(|part| part.chars().count() == 12);
        assert!(names.into_iter().all(|part| codes::find_my_number(part).is_none()), "{}", stored.name);
    }
}

fn storages(dir: &Path) -> impl Iterator<Item = (String, Stored)> {
    let institutions: Vec<InstitutionRow> = read(&dir.join("institutions.csv"));
    let clinical = dir.join("clinical");
    institutions.into_iter().flat_map(move |institution| {
        let code = institution.institution_code;
        let root = clinical.join(&code).join("ssmix2");
        let files = if root.exists() { Storage::open(root).unwrap().collect() } else { Vec::new() };
        files.into_iter().map(move |file| (code.clone(), file.unwrap()))
    })
}

#[test]
fn another_reader_takes_every_file_of_the_storages() {
    let dir = TOWN.dir.path();
    let truth: Vec<TruthClinicalRow> = read(&dir.join("truth/clinical.csv"));
    let mut told: HashMap<(String, String), usize> = HashMap::new();
    for row in truth.iter().filter(|row| !row.resource.contains('/')) {
        *told.entry((row.institution_code.clone(), row.resource.clone())).or_default() += 1;
    }
    let validator = validator();
    let mut seen: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let (mut files, mut utf8) = (0u64, 0);
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    for (code, stored) in storages(dir) {
        files += 1;
        let name = stored.name.to_string();
        let converted = stored.convert(&Source { institution: code.clone() }).unwrap();
        let facts = told.remove(&(code, name)).unwrap_or_default();
        let is_patient = stored.name.kind == DataKind::Adt00;
        assert_eq!(converted.resources.len(), facts + usize::from(is_patient), "{}", stored.name);
        let passed: Vec<_> =
            converted.passed_over.iter().filter(|s| !matches!(s.as_str(), "EVN" | "PV1" | "MSH")).collect();
        assert!(passed.is_empty(), "{passed:?}");
        for resource in &converted.resources {
            utf8 += usize::from(String::from_utf8_lossy(&resource.node().to_vec()).contains('𠮷'));
            let counts = seen.entry(resource.resource_type().to_owned()).or_default();
            counts[0] += 1;
            if counts[1] < SAMPLE
                && let Some(validator) = &validator
            {
                counts[1] += 1;
                let errors = validator.validate(resource.node(), &[]).into_iter();
                for issue in errors.filter(|issue| issue.severity == Severity::Error) {
                    *faults.entry(format!("{}: {}", issue.path, issue.en)).or_default() += 1;
                }
            }
        }
    }
    println!(
        "{files} files of storages: resources and, of them, validated: {seen:?}; {utf8} with 𠮷; faults: {faults:#?}"
    );
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(files, TOWN.summary.stored);
    for kind in ["Patient", "Condition", "MedicationRequest", "Observation", "AllergyIntolerance"] {
        assert!(seen[kind][0] > 3, "{kind}");
    }
}

#[test]
fn the_truth_names_every_fact_once_and_patients_are_known() {
    let dir = TOWN.dir.path();
    let truth: Vec<TruthClinicalRow> = read(&dir.join("truth/clinical.csv"));
    assert_eq!(truth.len() as u64, TOWN.summary.facts);
    assert!(truth.iter().any(|row| row.sensitivity == "PSY" && row.kind == "condition"));
    let told: HashSet<(&str, &str)> =
        truth.iter().map(|row| (row.institution_code.as_str(), row.resource.as_str())).collect();
    let mut patients: HashMap<String, HashSet<String>> = HashMap::new();
    let mut written: HashMap<(String, String), Vec<u8>> = HashMap::new();
    let mut visits = 0;
    for (code, line) in lines(dir) {
        visits += 1;
        let bundle = parse(line.as_bytes()).unwrap();
        for entry in bundle.get("entry").unwrap().items() {
            let url = entry.text_at("request.url").unwrap();
            let resource = entry.get("resource").unwrap();
            let id = resource.text_at("id").unwrap();
            assert!(url.ends_with(&format!("/{id}")) && id.len() <= 64);
            match url.split('/').next().unwrap() {
                "Patient" => {
                    let local = resource.all("identifier.value")[0].as_str().unwrap();
                    patients.entry(code.clone()).or_default().insert(local.to_owned());
                    let same =
                        written.entry((code.clone(), id.to_owned())).or_insert_with(|| resource.to_vec());
                    assert_eq!(*same, resource.to_vec(), "the patient is the same in every bundle");
                }
                "Encounter" => {}
                _ => assert!(told.contains(&(code.as_str(), url)), "{code} {url}"),
            }
        }
    }
    assert_eq!(visits, TOWN.summary.visits);
    for (code, seen) in patients {
        let known: HashSet<String> = read::<PatientRow>(&dir.join(format!("patients-{code}.csv")))
            .into_iter()
            .map(|row| row.local_number)
            .collect();
        assert!(seen.is_subset(&known), "{code}");
    }
}

#[test]
fn what_should_be_sensitive_is_labelled() {
    let dir = TOWN.dir.path();
    let lists = Lists::builtin(calendar::Date::new(2026, 11, 22).unwrap()).unwrap();
    let mut expected: HashMap<(String, String), String> = HashMap::new();
    for row in read::<TruthClinicalRow>(&dir.join("truth/clinical.csv")) {
        expected.insert((row.institution_code, row.resource), row.sensitivity);
    }
    // Of each label: found, missed; and labelled without need.
    let (mut counts, mut over): (BTreeMap<String, [usize; 2]>, usize) = (BTreeMap::new(), 0);
    let mut missed: HashSet<String> = HashSet::new();
    for (code, line) in lines(dir) {
        let bundle = parse(line.as_bytes()).unwrap();
        for entry in bundle.get("entry").unwrap().items() {
            let url = entry.text_at("request.url").unwrap().to_owned();
            let Some(wanted) = expected.get(&(code.clone(), url)) else { continue };
            let resource = entry.get("resource").unwrap();
            let labels = lists.labels(resource);
            let found: Vec<&str> = labels.iter().map(|label| label.code()).collect();
            if wanted.is_empty() {
                over += usize::from(!found.is_empty());
            } else {
                let hit = found.contains(&wanted.as_str());
                counts.entry(wanted.clone()).or_default()[usize::from(!hit)] += 1;
                if !hit {
                    missed.insert(format!("{wanted} {} {:?}", kind(resource), resource.text_at("code.text")));
                }
            }
        }
    }
    println!("labels found and missed: {counts:?}; {over} labelled beyond the truth; missed: {missed:#?}");
    let (hits, misses) = counts.values().fold((0, 0), |sum, [h, m]| (sum.0 + h, sum.1 + m));
    assert!(counts.len() >= 4 && misses * 20 < hits, "{counts:?}");
}

#[test]
fn equal_plans_give_equal_records_and_the_stories_come_first() {
    let again = TempDir::new().unwrap();
    generate(&plan(900), again.path()).unwrap();
    let all = |dir: &Path| {
        let files = storages(dir).map(|(code, stored)| (code, stored.name.to_string()));
        lines(dir).chain(files).collect::<Vec<_>>()
    };
    assert!(all(TOWN.dir.path()) == all(again.path()));
    // Few households have records in this one; the constructed ones all have.
    let few = TempDir::new().unwrap();
    let summary = generate(&plan(900).with_clinical(1), few.path()).unwrap();
    assert!(summary.visits > 100 && summary.visits < TOWN.summary.visits / 3);
    for ((_, line), (_, other)) in lines(few.path()).zip(lines(TOWN.dir.path())).take(20) {
        assert_eq!(line, other);
    }
    let none = TempDir::new().unwrap();
    assert_eq!(generate(&plan(500).with_clinical(0), none.path()).unwrap().visits, 0);
    assert!(!none.path().join("clinical").exists());
    let wrong = plan(500).with_clinical(1001);
    assert!(matches!(generate(&wrong, none.path()), Err(TownError::Clinical { found: 1001 })));
}

#[test]
fn headers_are_the_fields_of_the_structs() {
    fn check<R: DeserializeOwned + serde::Serialize + Columns>(path: &Path) {
        let rows: Vec<R> = read(path);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.serialize(rows.first().unwrap()).unwrap();
        let text = String::from_utf8(csv.into_inner().unwrap()).unwrap();
        assert_eq!(text.lines().next().unwrap(), R::COLUMNS.join(","), "{}", path.display());
    }
    check::<TruthClinicalRow>(&TOWN.dir.path().join("truth/clinical.csv"));
    check::<ExchangeStoryRow>(&TOWN.dir.path().join("exchange-stories.csv"));
}

#[test]
fn networks_know_their_members_patients_with_errors_and_duplicates() {
    let dir = TOWN.dir.path();
    let rows: Vec<NetworkPatientRow> = read(&dir.join("network-patients.csv"));
    let truth: Vec<TruthNetworkPatientRow> = read(&dir.join("truth/network-patients.csv"));
    let members: HashSet<(String, String)> = read::<NetworkRow>(&dir.join("networks.csv"))
        .into_iter()
        .map(|r| (r.network, r.institution_code))
        .collect();
    assert_eq!(members.iter().map(|(network, _)| network).collect::<HashSet<_>>().len(), 3);
    assert_eq!(rows.len(), truth.len());
    let mut networks_of: HashMap<u64, HashSet<&str>> = HashMap::new();
    let mut owner: HashMap<&str, u64> = HashMap::new();
    for (row, true_row) in rows.iter().zip(&truth) {
        assert_eq!(row.network_number, true_row.network_number);
        assert!(members.contains(&(row.network.clone(), row.institution_code.clone())));
        assert_eq!(*owner.entry(&row.network_number).or_insert(true_row.person), true_row.person);
        networks_of.entry(true_row.person).or_default().insert(&row.network);
    }
    let both =
        networks_of.values().filter(|n| n.contains("shiokaze-net") && n.contains("midori-net")).count();
    let duplicates = truth.iter().filter(|row| row.duplicate).count();
    let wrong = truth.iter().filter(|row| row.error.is_some()).count();
    println!(
        "{} rows, {} people, {both} in both of 静岡, {duplicates} duplicates, {wrong} wrong",
        rows.len(),
        networks_of.len()
    );
    assert!(both > 8 && duplicates > 3 && wrong > 3);
}

#[test]
fn the_demonstrations_find_what_they_are_told() {
    let dir = TOWN.dir.path();
    let stories: Vec<ExchangeStoryRow> = read(&dir.join("exchange-stories.csv"));
    let truth: Vec<TruthClinicalRow> = read(&dir.join("truth/clinical.csv"));
    let has = |story: &ExchangeStoryRow, wanted: &dyn Fn(&TruthClinicalRow) -> bool| {
        truth.iter().any(|row| {
            row.person == story.person
                && row.institution_code == story.institution_code
                && row.facet == story.facet
                && wanted(row)
        })
    };
    let names: HashSet<&str> = stories.iter().map(|s| s.story.as_str()).collect();
    assert_eq!(names.len(), 6);
    for story in stories.iter().filter(|s| !s.institution_code.is_empty() && s.role != "asker") {
        assert!(has(story, &|_| true) && !story.local_number.is_empty(), "{story:?}");
        let hidden = matches!(story.role.as_str(), "withheld" | "apart");
        assert!(!hidden || has(story, &|row| !row.sensitivity.is_empty()), "{story:?}");
    }
    // The clinic that keeps a record apart knows neither name nor birthday.
    let apart = stories.iter().find(|s| s.role == "apart").unwrap();
    let rows: Vec<PatientRow> = read(&dir.join(format!("patients-{}.csv", apart.institution_code)));
    let row = rows.iter().find(|row| row.local_number == apart.local_number).unwrap();
    assert!(row.name.starts_with("匿名") && row.birth.to_string().ends_with("-01-01"));
    let network: Vec<NetworkPatientRow> = read(&dir.join("network-patients.csv"));
    assert!(network.iter().all(|row| row.local_number != apart.local_number));
}
