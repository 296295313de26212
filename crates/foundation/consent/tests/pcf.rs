//! The examples of IHE PCF (Privacy Consent on FHIR): each is read, decides as the profile's text says, and is written
//! back such that reading again gives equal rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use calendar::{Date, Timestamp};
use codes::{OrgId, OrgKind};
use musubi_consent::fhir::{self, Vocabulary};
use musubi_consent::{
    ActReason, Asker, Category, Consents, InstitutionKind, Item, Label, Labels, Proxy, ProxyId, ProxyKind,
    StaffId, TeamId, What, Who,
};
use serde_json::{Value, json};

use Label::{Psychiatry as Psy, Restricted as R, VeryRestricted as V, Violence as Sdv};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir/ihe/PCF");

/// Who asks in the table.
#[derive(Clone, Copy)]
enum By {
    Anyone,
    Practitioner,
    Researcher,
    Privileged,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Of {
    /// An item of 2022 with these labels, by nobody in particular.
    Labelled(&'static [Label]),
    In(&'static str),
    Named(&'static str),
    Visit(&'static str),
    Made(&'static str),
}

const PLAIN: Of = Of::Labelled(&[]);
const TODAY: &str = "2022-07-01T12:00:00+09:00";
const LATER: &str = "2023-07-01T12:00:00+09:00";

/// Example, who, what for, what, when, permitted. Derived from the profile's text: basic consents permit or deny the
/// purposes they name to all; a base provision bounds the whole, `provision.provision` are exceptions to it.
const EXPECTED: &[(&str, By, ActReason, Of, &str, bool)] = {
    use ActReason::{
        BreakTheGlass as Btg, EmergencyTreat as Etreat, Marketing, Operations, Payment, Research, Treat,
    };
    use By::{Anyone, Practitioner, Privileged, Researcher};
    use Of::{In, Labelled, Made, Named, Visit};
    &[
        ("basic-treat", Anyone, Treat, PLAIN, TODAY, true),
        ("basic-treat", Anyone, Payment, PLAIN, TODAY, true),
        ("basic-treat", Anyone, Operations, PLAIN, TODAY, true),
        ("basic-treat", Anyone, Etreat, PLAIN, TODAY, true),
        ("basic-treat", Anyone, Research, PLAIN, TODAY, false),
        ("basic-treat", Anyone, Treat, PLAIN, "2022-06-12T12:00:00+09:00", false),
        ("basic-ink", Anyone, Treat, PLAIN, TODAY, true),
        ("basic-ink", Anyone, Marketing, PLAIN, TODAY, false),
        ("basic-reject", Anyone, Treat, PLAIN, TODAY, false),
        ("basic-reject", Practitioner, Operations, PLAIN, TODAY, false),
        ("basic-reject", Anyone, Research, PLAIN, TODAY, false),
        ("basic-research", Anyone, Research, PLAIN, LATER, true),
        ("basic-research", Anyone, ActReason::ClinicalTrial, PLAIN, LATER, true),
        ("basic-research", Anyone, Treat, PLAIN, LATER, false),
        ("basic-treat-infant", Anyone, Treat, PLAIN, TODAY, true),
        ("basic-treat-infant", Anyone, Treat, PLAIN, "2041-07-01T12:00:00+09:00", false),
        ("expired-treat", Anyone, Treat, PLAIN, TODAY, true),
        ("expired-treat", Anyone, Treat, PLAIN, "2022-12-31T23:59:59+09:00", true),
        ("expired-treat", Anyone, Treat, PLAIN, "2023-01-01T00:00:00+09:00", false),
        ("intermediate-timeframe", Anyone, Treat, In("2022-01-01"), TODAY, true),
        ("intermediate-timeframe", Anyone, Treat, In("2022-12-31"), LATER, true),
        ("intermediate-timeframe", Anyone, Treat, In("2021-12-31"), TODAY, false),
        ("intermediate-timeframe", Anyone, Treat, In("2023-01-01"), LATER, false),
        ("intermediate-not-timeframe", Anyone, Treat, In("2022-06-01"), TODAY, false),
        ("intermediate-not-timeframe", Anyone, Treat, In("2021-12-31"), TODAY, true),
        ("intermediate-not-timeframe", Anyone, Treat, In("2023-01-01"), LATER, true),
        ("intermediate-data", Anyone, Treat, Named("Observation/ex-alcoholUse"), TODAY, true),
        ("intermediate-data", Anyone, Treat, Named("Encounter/ex-encounter"), TODAY, true),
        ("intermediate-data", Anyone, Treat, Named("Observation/other"), TODAY, false),
        ("intermediate-data", Anyone, Research, Named("Observation/ex-weight"), TODAY, false),
        ("intermediate-not-data", Anyone, Treat, Named("Observation/ex-alcoholUse"), TODAY, false),
        ("intermediate-not-data", Anyone, Treat, Named("Observation/ex-weight"), TODAY, true),
        ("intermediate-authoredby", Anyone, Treat, Made("ex-practitioner"), TODAY, true),
        ("intermediate-authoredby", Anyone, Treat, Made("somebody"), TODAY, false),
        ("intermediate-authoredby", Anyone, Treat, PLAIN, TODAY, false),
        ("intermediate-not-authoredby", Anyone, Treat, Made("ex-practitioner"), TODAY, false),
        ("intermediate-not-authoredby", Anyone, Treat, Made("somebody"), TODAY, true),
        ("intermediate-not-authoredby", Anyone, Treat, PLAIN, TODAY, false),
        ("intermediate-encounter", Anyone, Treat, Visit("Encounter/ex-encounter"), TODAY, true),
        ("intermediate-encounter", Anyone, Treat, Visit("Encounter/2"), TODAY, false),
        ("intermediate-encounter", Anyone, Treat, PLAIN, TODAY, false),
        ("intermediate-not-encounter", Anyone, Treat, Visit("Encounter/ex-encounter"), TODAY, false),
        ("intermediate-not-encounter", Anyone, Treat, Visit("Encounter/2"), TODAY, true),
        ("intermediate-not-encounter", Anyone, Treat, PLAIN, TODAY, true),
        ("intermediate-purpose", Researcher, Research, PLAIN, TODAY, true),
        ("intermediate-purpose", Anyone, Research, PLAIN, TODAY, false),
        ("intermediate-purpose", Researcher, Treat, PLAIN, TODAY, false),
        ("advanced-normal", Anyone, Treat, PLAIN, TODAY, true),
        ("advanced-normal", Anyone, Treat, Labelled(&[R]), TODAY, false),
        ("advanced-normal", Anyone, Treat, Labelled(&[R, Psy]), TODAY, false),
        ("advanced-normal", Anyone, Treat, Labelled(&[Psy]), TODAY, false),
        ("advanced-normal-restricted", Anyone, Treat, PLAIN, TODAY, true),
        ("advanced-normal-restricted", Anyone, Treat, Labelled(&[R]), TODAY, true),
        ("advanced-normal-restricted", Anyone, Treat, Labelled(&[R, Psy]), TODAY, true),
        ("advanced-normal-restricted", Anyone, Treat, Labelled(&[V]), TODAY, false),
        ("advanced-normal-not-restricted", Anyone, Treat, PLAIN, TODAY, true),
        ("advanced-normal-not-restricted", Anyone, Treat, Labelled(&[R]), TODAY, false),
        ("advanced-normal-focused-restricted", Anyone, Treat, PLAIN, TODAY, true),
        ("advanced-normal-focused-restricted", Anyone, Treat, Labelled(&[R]), TODAY, false),
        ("advanced-normal-focused-restricted", Practitioner, Treat, Labelled(&[R]), TODAY, true),
        ("advanced-normal-focused-restricted", Practitioner, Treat, PLAIN, TODAY, true),
        ("advanced-normal-focused-restricted", Practitioner, Research, Labelled(&[R]), TODAY, false),
        ("advanced-normal-focused-psy", Practitioner, Treat, Labelled(&[R, Psy]), TODAY, true),
        ("advanced-normal-focused-psy", Practitioner, Treat, Labelled(&[R, Sdv]), TODAY, false),
        ("advanced-normal-focused-psy", Practitioner, Treat, Labelled(&[R, Psy, Sdv]), TODAY, false),
        ("advanced-normal-focused-psy", Practitioner, Treat, Labelled(&[R]), TODAY, false),
        ("advanced-normal-focused-psy", Practitioner, Treat, PLAIN, TODAY, true),
        ("advanced-normal-focused-psy", Practitioner, Research, Labelled(&[R, Psy]), TODAY, false),
        ("advanced-normal-focused-psy", Anyone, Treat, Labelled(&[R, Psy]), TODAY, false),
        ("advanced-normal-focused-psy-or-sdv", Practitioner, Treat, Labelled(&[R, Psy]), TODAY, true),
        ("advanced-normal-focused-psy-or-sdv", Practitioner, Treat, Labelled(&[R, Psy, Sdv]), TODAY, true),
        ("advanced-normal-focused-psy-or-sdv", Anyone, Treat, Labelled(&[R, Sdv]), TODAY, false),
        ("advanced-normal-break-glass-restricted", Anyone, Treat, PLAIN, TODAY, true),
        ("advanced-normal-break-glass-restricted", Privileged, Treat, Labelled(&[R]), TODAY, false),
        ("advanced-normal-break-glass-restricted", Privileged, Btg, Labelled(&[R]), TODAY, true),
        ("advanced-normal-break-glass-restricted", Anyone, Btg, Labelled(&[R]), TODAY, false),
        ("advanced-normal-break-glass-restricted", Anyone, Btg, PLAIN, TODAY, true),
        ("dissent-intermediate-break-glass", Anyone, Treat, PLAIN, TODAY, false),
        ("dissent-intermediate-break-glass", Privileged, Treat, PLAIN, TODAY, false),
        ("dissent-intermediate-break-glass", Privileged, Btg, PLAIN, TODAY, true),
        ("dissent-intermediate-break-glass", Privileged, Btg, Labelled(&[R]), TODAY, true),
        ("dissent-intermediate-break-glass", Anyone, Btg, PLAIN, TODAY, false),
    ]
};

#[test]
fn every_example_decides_as_the_profile_says_and_comes_back_equal() {
    let Some(examples) = examples() else { return };
    let mut checked = BTreeSet::new();
    for (name, by, reason, of, at, permitted) in EXPECTED {
        let consents = consents(&examples[*name]);
        let decision = consents.decide(&asker(*by), *reason, &of.item(), at.parse::<Timestamp>().unwrap());
        assert_eq!(decision.is_permit(), *permitted, "{name} {reason} {at}: {}", decision.why_en());
        checked.insert(*name);
    }
    for (name, consent) in &examples {
        assert!(checked.contains(name.as_str()), "no expectation for {name}");
        let document = fhir::read(consent, &vocabulary()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = fhir::write(&document).unwrap();
        // What we write says of itself whatever the community's vocabulary said, save who policies and proxies are.
        let again = fhir::read(
            &written,
            &Vocabulary { parties: BTreeMap::new(), purposes: BTreeMap::new(), ..vocabulary() },
        );
        assert_eq!(again.as_ref(), Ok(&document), "{name}: {written}");
    }
    println!("{} examples of IHE PCF, {} expectations", examples.len(), EXPECTED.len());
}

/// A refusal may be read wider than its code says, a permission never.
#[test]
fn labels_that_are_not_ours_widen_refusals_only() {
    let Some(examples) = examples() else { return };
    let cases: &[(&str, &[Label])] = &[
        ("SUD", &[Label::SubstanceUse]),
        ("OPIOIDUD", &[Label::SubstanceUse]),
        ("MH", &[Label::Psychiatry]),
        ("BH", &[Label::Psychiatry, Label::SubstanceUse]),
        ("VIO", &[Label::Violence]),
    ];
    for (code, labels) in cases {
        let mut consent = examples["advanced-normal-focused-psy"].clone();
        set(&mut consent, "/provision/provision/0/securityLabel/0/code", json!(code));
        assert!(fhir::read(&consent, &vocabulary()).is_err());
        set(&mut consent, "/provision/provision/0/type", json!("deny"));
        let document = fhir::read(&consent, &vocabulary()).unwrap();
        assert_eq!(document.rules[1].what.labels, Labels::of(labels), "{code}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_path() {
    let Some(examples) = examples() else { return };
    let advanced = &examples["advanced-normal-focused-psy"];
    let deep = "Consent.provision.provision[0]";
    let cases: &[(&str, Value, &str)] = &[
        ("/status", json!("draft"), "Consent.status"),
        ("/status", json!("inactive"), "Consent.status"),
        ("/status", json!("entered-in-error"), "Consent.status"),
        ("/scope/coding/0/code", json!("treatment"), "Consent.scope"),
        ("/category/0/coding/0/code", json!("1-8"), "Consent.category[0]"),
        ("/modifierExtension", json!([{"url": "x"}]), "Consent"),
        ("/_status", json!({}), "Consent"),
        ("/implicitRules", json!("http://example.org"), "Consent"),
        ("/policyRule", json!({}), "Consent"),
        ("/verification", json!([{"verified": false}]), "Consent"),
        ("/policy/0/uri", json!("http://example.org/unknown"), "Consent.policy[0].uri"),
        ("/performer/0/reference", json!("RelatedPerson/9"), "Consent.performer[0]"),
        ("/dateTime", json!("yesterday"), "Consent.dateTime"),
        ("/provision/type", json!("maybe"), "Consent.provision.type"),
        ("/provision/action", json!([]), "Consent.provision"),
        ("/provision/code", json!([]), "Consent.provision"),
        (
            "/provision/class",
            json!([{"system": "http://hl7.org/fhir/resource-types", "code": "Patient"}]),
            "Consent.provision.class[0]",
        ),
        (
            "/provision/modifierExtension",
            json!([{"url": "x", "valueDate": "2022-01-01"}]),
            "Consent.provision.modifierExtension[0]",
        ),
        ("/provision/purpose/1/code", json!("FOO"), "Consent.provision.purpose[1]"),
        ("/provision/purpose", json!([]), "Consent.provision.purpose"),
        ("/provision/purpose", json!("TREAT"), "Consent.provision.purpose"),
        ("/provision/securityLabel/0/code", json!("L"), "Consent.provision.securityLabel[0]"),
        ("/provision/dataPeriod", json!({}), "Consent.provision.dataPeriod"),
        (
            "/provision/dataPeriod",
            json!({"start": "2022-01-01T00:00:00Z"}),
            "Consent.provision.dataPeriod.start",
        ),
        ("/provision/period", json!({"start": "2023", "end": "2022"}), "Consent.provision.period"),
        (
            "/provision/data",
            json!([{"meaning": "dependents", "reference": {"reference": "Encounter/1"}}]),
            "Consent.provision.data[0].meaning",
        ),
        (
            "/provision/data",
            json!([{"meaning": "related", "reference": {"reference": "CarePlan/1"}}]),
            "Consent.provision.data[0].reference",
        ),
        (
            "/provision/provision/0/actor/0/reference/reference",
            json!("Practitioner/unknown"),
            "actor[0].reference",
        ),
        ("/provision/provision/0/actor/0/role/coding/0/code", json!("AUT"), "actor[0].role"),
        ("/provision/provision/0/securityLabel/0/code", json!("SUD"), "securityLabel[0]"),
        ("/provision/provision/0/provision", json!([{}]), ""),
    ];
    for (pointer, value, path) in cases {
        let path = if path.starts_with("Consent") { (*path).to_string() } else { format!("{deep}.{path}") };
        let mut consent = advanced.clone();
        set(&mut consent, pointer, value.clone());
        let refusal = fhir::read(&consent, &vocabulary()).expect_err(pointer);
        assert_eq!(refusal.path, path.trim_end_matches('.'), "{pointer}: {refusal}");
        assert!(!refusal.ja.is_empty() && !refusal.en.is_empty());
    }
    let mut attached = examples["basic-treat"].clone();
    attached.as_object_mut().unwrap().remove("sourceReference");
    assert_eq!(fhir::read(&attached, &vocabulary()).unwrap_err().path, "Consent");
    set(&mut attached, "/sourceAttachment", json!({"title": "paper"}));
    let document = fhir::read(&attached, &vocabulary()).unwrap();
    assert_eq!(fhir::read(&fhir::write(&document).unwrap(), &vocabulary()), Ok(document));
    let foreign = fhir::read(
        &examples["intermediate-purpose"],
        &Vocabulary { purposes: BTreeMap::new(), ..vocabulary() },
    );
    assert_eq!(foreign.unwrap_err().path, "Consent.provision.purpose[0]");
    println!("{} refusals", cases.len() + 1);
}

/// Every value of every example in turn taken away or replaced by something hostile: nothing panics, a refusal has a
/// place and reasons, and what is read all the same comes back equal.
#[test]
fn hostile_values_are_refused_or_read_whole() {
    let Some(examples) = examples() else { return };
    let hostile = [
        json!(null),
        json!(0),
        json!(""),
        json!("x"),
        json!("*"),
        json!("9999"),
        json!("0001-01-01"),
        json!("2022-06-13T24:00:00Z"),
        json!([]),
        json!([[]]),
        json!({}),
        json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]),
        json!({"start": "2022", "end": "2022-06-13T01:02:03.004Z"}),
        json!("x".repeat(5_000)),
    ];
    let (mut read, mut refused) = (0, 0);
    for (name, example) in &examples {
        let mut pointers = Vec::new();
        walk(example, String::new(), &mut pointers);
        for pointer in pointers {
            for value in hostile.iter().map(Some).chain([None]) {
                let mut consent = example.clone();
                match value {
                    Some(value) => set(&mut consent, &pointer, value.clone()),
                    None => remove(&mut consent, &pointer),
                }
                match fhir::read(&consent, &vocabulary()) {
                    Err(refusal) => {
                        assert!(
                            refusal.path.starts_with("Consent")
                                && !refusal.ja.is_empty()
                                && !refusal.en.is_empty()
                        );
                        refused += 1;
                    }
                    Ok(document) => {
                        let written = fhir::write(&document)
                            .unwrap_or_else(|error| panic!("{name} {pointer}: {error}"));
                        let again = fhir::read(&written, &vocabulary());
                        assert_eq!(again, Ok(document), "{name} {pointer} {value:?}: {written}");
                        read += 1;
                    }
                }
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read > 1_000 && refused > 10_000);
}

fn walk(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| walk(value, format!("{pointer}/{name}"), found))
        }
        Value::Array(list) => {
            (0..).zip(list).for_each(|(index, value)| walk(value, format!("{pointer}/{index}"), found))
        }
        _ => {}
    }
    if !pointer.is_empty() {
        found.push(pointer);
    }
}

fn remove(root: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(parent).unwrap() {
        Value::Object(object) => drop(object.remove(name)),
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        _ => panic!("{pointer}"),
    }
}

fn examples() -> Option<BTreeMap<String, Value>> {
    let Ok(folder) = fs::read_dir(FOLDER) else {
        println!("skipped: {FOLDER} is not here");
        return None;
    };
    let mut examples = BTreeMap::new();
    for file in folder {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        let Some(name) = name.strip_prefix("Consent-ex-") else { continue };
        let consent: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        examples.insert(name.trim_start_matches("consent-").to_string(), consent);
    }
    assert!(examples.len() >= 17, "{} examples", examples.len());
    Some(examples)
}

/// What the examples' community means by its references, purposes and policies.
fn vocabulary() -> Vocabulary {
    let practitioner = Who { person: Some(StaffId::new("ex-practitioner").unwrap()), ..Who::default() };
    let parties = [
        ("Practitioner/ex-practitioner", practitioner),
        ("Organization/ex-org-researcher", Who::organisation(org("ex-org-researcher"))),
        ("Group/ex-privilegedUsers", Who::team(TeamId::new("ex-privilegedUsers").unwrap())),
    ];
    let policies = [
        "http://example.org/policies/basePrivacyConsentPolicy.txt",
        "http://example.org/policies/researchPrivacyConsentPolicy.txt",
        "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal",
        "https://profiles.ihe.net/ITI/PCF/Policy-break-glass-only",
    ];
    let purpose = ("http://example.org/policies/purposeOfUse".to_string(), "FooBar".to_string());
    Vocabulary {
        parties: parties.into_iter().map(|(name, who)| (name.to_string(), who)).collect(),
        proxies: BTreeMap::from([("Patient/ex-mother".to_string(), mother())]),
        purposes: BTreeMap::from([(purpose, ActReason::Research)]),
        policies: policies.into_iter().map(String::from).collect(),
    }
}

fn consents(consent: &Value) -> Consents {
    let document = fhir::read(consent, &vocabulary()).unwrap();
    let mut consents = Consents::default();
    let mandate = Proxy {
        id: mother(),
        kind: ProxyKind::Parent,
        decides: What::everything(),
        purposes: musubi_consent::Purposes::NONE,
        may_permit: true,
        sees: Some(What::everything()),
        only_incapable: false,
        from: "2022-01-01".parse().unwrap(),
        until: Some(Proxy::coming_of_age("2022-01-01".parse().unwrap(), 18)),
        recorded_at: "2022-01-01T00:00:00+09:00".parse().unwrap(),
        withdrawn_at: None,
    };
    consents.appoint(mandate).unwrap();
    for rule in document.rules {
        consents.record(rule).unwrap();
    }
    consents
}

fn asker(by: By) -> Asker {
    let plain = Asker::new(org("1310000001"), InstitutionKind::Clinic);
    match by {
        By::Anyone => plain,
        By::Practitioner => Asker { person: Some(StaffId::new("ex-practitioner").unwrap()), ..plain },
        By::Researcher => Asker::new(org("ex-org-researcher"), InstitutionKind::Research),
        By::Privileged => Asker { teams: vec![TeamId::new("ex-privilegedUsers").unwrap()], ..plain },
    }
}

impl Of {
    fn item(self) -> Item<'static> {
        let day: Date = "2022-06-01".parse().unwrap();
        let plain = Item { date: Some(day), ..Item::new(Category::Other, Labels::NONE) };
        match self {
            Of::Labelled(labels) => Item { labels: Labels::of(labels), ..plain },
            Of::In(day) => Item { date: Some(day.parse().unwrap()), ..plain },
            Of::Named(name) => Item { document: Some(name), ..plain },
            Of::Visit(name) => Item { encounter: Some(name), ..plain },
            Of::Made(name) => Item { author_person: Some(name), ..plain },
        }
    }
}

fn org(number: &str) -> OrgId {
    OrgId::new(OrgKind::Institution, number).unwrap()
}

fn mother() -> ProxyId {
    ProxyId::new("ex-mother").unwrap()
}

/// Sets a value at a JSON pointer whose parent exists.
fn set(root: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(parent).unwrap() {
        Value::Object(object) => drop(object.insert(name.into(), value)),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
}
