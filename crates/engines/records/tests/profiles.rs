//! Examples that come with profiles: JP-CLINS, the health-check report, and IHE's BALP, PIXm and PCF.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use musubi_records::{
    Node, Object,
    definitions::Definitions,
    node, tree,
    validate::{Issue, Severity, Validator, has_errors, operation_outcome},
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir");

fn files(directory: &str) -> Option<Vec<PathBuf>> {
    let path = Path::new(DATA).join(directory);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: {} is not here", path.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    Some(files)
}

fn validator(packages: &[&str]) -> Validator {
    let paths: Vec<PathBuf> = packages.iter().map(|p| Path::new(DATA).join(p)).collect();
    Validator::new(Arc::new(Definitions::load(&paths).unwrap()))
}

fn clins() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR
        .get_or_init(|| validator(&["packages/jp-core.r4-1.1.2-clins.tgz", "packages/jp-clins.r4-1.5.2.tgz"]))
}

fn read(file: &Path) -> Node {
    tree::parse(&std::fs::read(file).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn errors(issues: &[Issue]) -> Vec<String> {
    let of = |i: &Issue| format!("{} [{}] {}", i.path, i.rule.as_deref().unwrap_or(i.code), i.en);
    issues.iter().filter(|i| i.severity == Severity::Error).map(of).collect()
}

#[test]
fn the_examples_of_jp_clins() {
    let Some(files) = files("jp-clins") else { return };
    let mut passed = 0;
    for file in &files {
        let issues = clins().validate(&read(file), &[]);
        let name = file.file_stem().unwrap().to_string_lossy();
        assert!(!issues.iter().any(|i| i.code == "not-found"), "{name}: {issues:#?}");
        if name == "MedicationRequest-ErrorExample-JP-MedReq-ExtEye-Total1" {
            let rule = issues.iter().find(|i| i.severity == Severity::Error).unwrap();
            assert_eq!(rule.rule.as_deref(), Some("needs-anyOfStandardCode-medication"));
        } else {
            // `Observation-ErrorExample-ObsLabo-eGFR` lacks a local code, which 1.5.2 no longer makes a rule of the profile.
            assert_eq!(errors(&issues), Vec::<String>::new(), "{name}");
            passed += 1;
        }
    }
    println!("{} examples, {passed} without errors", files.len());
}

#[test]
fn the_report_of_a_health_check() {
    let Some(files) = files("eCheckup") else { return };
    let validator = validator(&["packages/jp-core.r4-1.1.2-clins.tgz", "packages/jp-eChekupReport.r4.tgz"]);
    for file in &files {
        assert_eq!(errors(&validator.validate(&read(file), &[])), Vec::<String>::new());
    }
    println!("{} reports", files.len());
}

#[test]
fn the_examples_of_ihe() {
    let validator = || validator(&["ihe/BALP", "ihe/PIXm"]);
    let mut count = 0;
    for directory in ["ihe/BALP", "ihe/PIXm", "ihe/PCF"] {
        let Some(files) = files(directory) else { return };
        let validator = validator();
        for file in files {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            // A guide's parameters name codes that the guide publisher has and R4 has not.
            if name.starts_with("ImplementationGuide") {
                continue;
            }
            assert_eq!(errors(&validator.validate(&read(&file), &[])), Vec::<String>::new(), "{name}");
            count += 1;
        }
    }
    println!("{count} resources of IHE");
}

/// What is done to a good resource, where the issue must be, and of which kind.
type Mutation = (&'static str, fn(&mut Node), &'static str, &'static str);

#[test]
fn what_is_broken_is_found_where_it_is_broken() {
    let file = Path::new(DATA).join("jp-clins/Observation-Example-JP-Obs-LabResult-eCS-Alb.json");
    if !file.exists() {
        println!("skipped: {} is not here", file.display());
        return;
    }
    let mutations: &[Mutation] = &[
        ("unknown key", |n| put(n, "colour", "red".into()), "Observation", "structure"),
        ("missing", |n| drop(n.as_object_mut().unwrap().remove("status")), "Observation", "required"),
        ("bad code", |n| put(n, "status", "done".into()), "Observation.status", "code-invalid"),
        ("number for text", |n| put(n, "status", 1_i64.into()), "Observation.status", "value"),
        ("list for one", |n| put(n, "status", node!(["final"])), "Observation.status", "structure"),
        ("one for list", |n| put(n, "category", node!({"text": "x"})), "Observation.category", "structure"),
        ("empty list", |n| put(n, "note", node!([])), "Observation.note", "structure"),
        ("empty object", |n| put(n, "method", Object::new().into()), "Observation.method", "value"),
        ("bad date", |n| put(n, "issued", "2024-02-30T00:00:00Z".into()), "Observation.issued", "value"),
        ("bad id", |n| put(n, "id", "a_b".into()), "Observation.id", "value"),
        ("type of a choice", |n| put(n, "valueAddress", node!({"text": "x"})), "Observation", "structure"),
        (
            "reference type",
            |n| put(n, "subject", node!({"reference": "Organization/1"})),
            "Observation.subject",
            "structure",
        ),
        (
            "dangling contained",
            |n| put(n, "encounter", node!({"reference": "#nobody"})),
            "Observation.encounter",
            "invariant",
        ),
        ("null", |n| put(n, "note", node!([Node::Null])), "Observation.note[0]", "value"),
        (
            "extension twice",
            |n| put(n, "extension", node!([node!({"url": "http://a.example/x"})])),
            "Observation.extension[0]",
            "invariant",
        ),
        (
            "modifier",
            |n| {
                put(
                    n,
                    "modifierExtension",
                    node!([node!({"url": "http://a.example/x", "valueBoolean": true})]),
                )
            },
            "Observation.modifierExtension[0]",
            "extension",
        ),
        (
            "narrative",
            |n| {
                put(
                    n,
                    "text",
                    node!({"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>1</script></div>"}),
                )
            },
            "Observation.text.div",
            "structure",
        ),
        (
            "contained in contained",
            |n| {
                put(
                    n,
                    "contained",
                    node!([
                        node!({"resourceType": "Patient", "contained": node!([node!({"resourceType": "Patient", "active": true})])})
                    ]),
                )
            },
            "Observation",
            "invariant",
        ),
    ];
    for (name, mutate, path, code) in mutations {
        let mut resource = read(&file);
        mutate(&mut resource);
        let issues = clins().validate(&resource, &[]);
        let found =
            issues.iter().any(|i| i.severity == Severity::Error && i.path == *path && i.code == *code);
        assert!(found, "{name}: {:#?}", errors(&issues));
        assert!(!has_errors(&clins().validate(&operation_outcome(&issues), &[])), "{name}");
        assert!(issues.iter().all(|i| !i.ja.is_empty() && !i.en.is_empty()));
    }
    println!("{} mutations", mutations.len());
    assert!(!has_errors(&clins().validate(&operation_outcome(&[]), &[])));
}

fn put(node: &mut Node, key: &'static str, value: Node) {
    node.as_object_mut().unwrap().insert(key, value);
}

#[test]
fn a_profile_that_is_asked_for_is_checked() {
    if files("jp-clins").is_none() {
        return;
    }
    let patient = node!({"resourceType": "Patient", "active": true});
    assert!(!has_errors(&clins().validate(&patient, &[])));
    let asked = clins().validate(&patient, &["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Patient_eCS"]);
    assert!(has_errors(&asked));
    let other =
        clins().validate(&patient, &["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Condition_eCS"]);
    assert!(errors(&other)[0].contains("is not for Patient"), "{other:#?}");
    let unknown = clins().validate(&patient, &["http://a.example/p"]);
    assert_eq!(unknown.iter().filter(|i| i.code == "not-found").count(), 1);
}

#[test]
fn every_structure_that_a_package_has_can_be_used() {
    if files("jp-clins").is_none() {
        return;
    }
    let definitions = clins().definitions();
    let wrong: Vec<String> = definitions
        .structures()
        .flat_map(|url| definitions.check(url).unwrap_or_else(|why| vec![format!("{url}: {why}")]))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    println!("{} structures, every invariant of theirs an expression", definitions.structures().count());
}

fn core() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| Validator::new(Arc::new(Definitions::r4().unwrap())))
}

#[test]
fn an_extension_belongs_where_its_definition_says() {
    let place = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    let extension = || node!([node!({"url": place, "valueAddress": node!({"text": "結"})})]);
    let patient = node!({"resourceType": "Patient", "active": true, "extension": extension()});
    assert!(core().validate(&patient, &[]).iter().all(|i| i.code != "extension"));
    let group = node!({"resourceType": "Group", "type": "person", "actual": true, "extension": extension()});
    let issues = core().validate(&group, &[]);
    assert!(issues.iter().any(|i| i.code == "extension" && i.path == "Group.extension[0]"), "{issues:#?}");
    let moved = node!({"resourceType": "Patient", "active": true, "modifierExtension": extension()});
    assert!(errors(&core().validate(&moved, &[]))[0].contains("belongs in extension"));
    let wrong =
        node!({"resourceType": "Patient", "extension": node!([node!({"url": place, "valueString": "x"})])});
    assert!(errors(&core().validate(&wrong, &[]))[0].contains("type that is not allowed"));
}

#[test]
fn references_lead_to_entries_of_the_right_kind() {
    let bundle = |kind: &str, reference: &str| {
        let list = node!({"resourceType": "List", "id": "l", "status": "current", "mode": "working",
            "subject": node!({"reference": reference})});
        let device = node!({"resourceType": "Organization", "id": "o", "name": "x"});
        let patient = node!({"resourceType": "Patient", "id": "p", "active": true});
        let entry = |id: &str, resource: Node| node!({"fullUrl": id, "resource": resource});
        node!({"resourceType": "Bundle", "type": kind, "entry": node!([
            entry("http://a.example/List/l", list),
            entry("urn:uuid:00000000-0000-4000-8000-000000000001", patient),
            entry("urn:uuid:00000000-0000-4000-8000-000000000002", device),
        ])})
    };
    let found = |reference: &str| core().validate(&bundle("collection", reference), &[]);
    assert!(!has_errors(&found("urn:uuid:00000000-0000-4000-8000-000000000001")));
    assert!(!has_errors(&found("Patient/p")));
    let wrong = found("urn:uuid:00000000-0000-4000-8000-000000000002");
    assert!(errors(&wrong)[0].starts_with("Bundle.entry[0].resource.subject"), "{wrong:#?}");
    let nowhere = found("urn:uuid:00000000-0000-4000-8000-000000000003");
    assert!(nowhere.iter().any(|i| i.code == "not-found" && i.severity == Severity::Warning), "{nowhere:#?}");
}
