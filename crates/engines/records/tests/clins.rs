//! The examples of JP-CLINS and eCheckup: kind, day, labels and rules, and bundles that hold together.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path, sync::Arc};

use calendar::Date;
use consent::{Category, Label, Labels};
use musubi_records::{
    Node,
    bundle::{Act, Bundle, Kind},
    clins::{check, form_of},
    definitions::Definitions,
    labels::{Facts, Lists, Standing, inherit, links},
    validate::{Severity, Validator},
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/fhir");

fn lists() -> Lists {
    Lists::builtin(Date::new(2026, 11, 22).unwrap()).unwrap()
}

fn read(name: &str) -> Option<Node> {
    let path = Path::new(DATA).join(name);
    if !path.exists() {
        println!("skipped: {} is missing", path.display());
        return None;
    }
    Some(fs::read_to_string(path).unwrap().parse().unwrap())
}

/// Beginning of the example's name, kind, day, form of JP-CLINS.
const EXPECTED: &[(&str, Category, Option<&str>, bool)] = &[
    ("AllergyIntolerance-Example-JP-Allergy-eCS-01", Category::Allergy, None, true),
    ("AllergyIntolerance-Example-JP-Allergy-eCS-02", Category::Allergy, None, true),
    ("AllergyIntolerance-Example-JP-AllergyIntolerance-eCS-03", Category::Contraindication, None, true),
    ("Bundle-Bundle-CLINS-Observations-Example-01", Category::Other, None, false),
    ("Bundle-Bundle-CLINS-Referral-NoEntry-Example-01", Category::Referral, Some("2020-08-21"), false),
    ("Condition-Example-JP-Condition-eCS-03", Category::Diagnosis, Some("2020-04-18"), true),
    ("Condition-Example-JP-Condition-eCS-ABDPAIN", Category::Diagnosis, None, true),
    ("Condition-Example-JP-Condition-eCS-ANGINA", Category::Diagnosis, None, true),
    ("Condition-Example-JP-Condition-eCS-Fx", Category::Diagnosis, None, true),
    ("Condition-Example-JP-Condition-eCS-cc1-Referral01", Category::Diagnosis, Some("2022-06-09"), true),
    ("Condition-Example-JP-Condition-eCS-cc2-Referral01", Category::Diagnosis, None, true),
    ("Encounter-Example-Contained-JP-Encounter-AMB", Category::Encounter, None, false),
    ("Encounter-Example-Contained-JP-Encounter-IMP", Category::Encounter, Some("2021-07-05"), false),
    ("Encounter-Example-JP-Encounter-eCS-purpose-Referral01", Category::Encounter, None, false),
    (
        "MedicationRequest-ErrorExample-JP-MedReq-ExtEye-Total1",
        Category::Prescription,
        Some("2021-07-05"),
        true,
    ),
    (
        "MedicationRequest-Example-JP-MedReq-ExtAnus-AsNeeded-Total1",
        Category::Prescription,
        Some("2021-07-14"),
        true,
    ),
    ("MedicationRequest-Example-JP-MedReq-ExtSkin-Total2", Category::Prescription, Some("2021-07-05"), true),
    ("MedicationRequest-Example-JP-MedReq-PO-BID-2d", Category::Prescription, Some("2021-07-12"), true),
    (
        "MedicationRequest-Example-JP-MedReq-PO-Fumin-AsNeeded-4",
        Category::Prescription,
        Some("2021-07-05"),
        true,
    ),
    ("MedicationRequest-Example-JP-MedReq-PO-SID-28days", Category::Prescription, Some("2021-07-12"), true),
    ("MedicationRequest-Example-JP-MedReq-PO-SID-90-AMB", Category::Prescription, Some("2023-09-14"), true),
    (
        "MedicationRequest-Example-JP-MedReq-PO-TID-2days-dummyUsageCode",
        Category::Prescription,
        Some("2021-07-09"),
        true,
    ),
    ("Observation-ErrorExample-ObsLabo-eGFR", Category::Laboratory, Some("2021-07-05"), true),
    ("Observation-Example-JP-Obs-Common-eCS-PS-textOnly01", Category::Other, None, false),
    ("Observation-Example-JP-Obs-LabResult-eCS-Alb", Category::Laboratory, Some("2021-07-05"), true),
    ("Observation-Example-JP-Obs-LabResult-eCS-K", Category::Laboratory, Some("2021-07-05"), true),
    ("Organization-Example-JP-Org-eCS-Inst-Referral01", Category::Other, None, false),
    ("Organization-Example-JP-Org-eCS-InstWithDepartment", Category::Other, None, false),
    ("Organization-Example-JP-Org-eCS-ReferralTo01", Category::Other, None, false),
    ("Patient-Example-JP-Patient-eCS-MAKINO", Category::Demographics, None, false),
    ("Patient-Example-JP-Patient-minimun", Category::Demographics, None, false),
    ("Patient-Example-JP-Patient-standard", Category::Demographics, None, false),
    ("Practitioner-Example-Contained-JP-Practitioner-minimun-D001", Category::Other, None, false),
    ("Practitioner-Example-Contained-JP-Practitioner-minimun-D003", Category::Other, None, false),
    ("Practitioner-Example-Contained-JP-Practitioner-minimun-R001", Category::Other, None, false),
    ("Practitioner-Example-JP-Practitioner-eCS-PCS-Author", Category::Other, None, false),
    ("Practitioner-Example-JP-Practitioner-eCS-ReferralFrom02", Category::Other, None, false),
    ("Practitioner-Example-JP-Practitioner-eCS-ReferralTo02", Category::Other, None, false),
    ("Specimen-Example-Contained-JP-Specimen-Serum", Category::Laboratory, None, false),
    ("Specimen-Example-Contained-JP-Specimen-Urine", Category::Laboratory, None, false),
];

#[test]
fn the_examples_are_classified() {
    let lists = lists();
    let mut count = 0;
    for (name, category, date, has_form) in EXPECTED {
        let Some(node) = read(&format!("jp-clins/{name}.json")) else { continue };
        let facts = Facts::of(&node);
        assert_eq!(facts.category, *category, "{name}");
        assert_eq!(facts.date.map(|d| d.to_string()), date.map(str::to_owned), "{name}");
        assert_eq!(form_of(&node).is_some(), *has_form, "{name}");
        assert_eq!(lists.findings(&node), [], "{name}: nothing in the examples is sensitive");
        let errors: Vec<_> =
            check(&node).into_iter().filter(|issue| issue.severity == Severity::Error).collect();
        let meant = usize::from(*name == "Observation-ErrorExample-ObsLabo-eGFR");
        assert_eq!(errors.len(), meant, "{name}: {errors:#?}");
        count += 1;
    }
    println!("{count} examples of JP-CLINS classified");
    if let Some(checkup) = read("eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json") {
        assert_eq!(Facts::of(&checkup).category, Category::HealthCheck);
        let observation = checkup
            .all("entry.resource")
            .into_iter()
            .find(|r| r.text_at("resourceType") == Some("Observation"));
        assert_eq!(Facts::of(observation.unwrap()).category, Category::HealthCheck);
    }
}

/// The examples that are wrong on purpose, with the place and the rule by which each is refused.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "MedicationRequest-ErrorExample-JP-MedReq-ExtEye-Total1",
        "MedicationRequest",
        "needs-anyOfStandardCode-medication",
    ),
    ("Observation-ErrorExample-ObsLabo-eGFR", "Observation.code.coding", "clins-laboratory"),
];

#[test]
fn what_is_wrong_on_purpose_is_refused_and_the_rest_accepted() {
    let packages = ["jp-core.r4-1.1.2-clins.tgz", "jp-clins.r4-1.5.2.tgz"];
    let packages = packages.map(|name| Path::new(DATA).join("packages").join(name));
    let directory = Path::new(DATA).join("jp-clins");
    if packages.iter().any(|package| !package.exists()) || !directory.exists() {
        println!("skipped: {DATA} is not here");
        return;
    }
    let validator = Validator::new(Arc::new(Definitions::load(&packages).unwrap()));
    let (mut accepted, mut refused) = (0, Vec::new());
    for file in std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let node: Node = musubi_records::tree::parse(&std::fs::read(&file).unwrap()).unwrap();
        let issues = validator.validate(&node, &[]).into_iter().chain(check(&node));
        let errors: Vec<_> = issues.filter(|issue| issue.severity == Severity::Error).collect();
        let Some((_, path, rule)) = WRONG.iter().find(|(wrong, ..)| *wrong == name) else {
            assert!(!name.contains("ErrorExample"), "{name} is not in the list");
            assert_eq!(errors, [], "{name}");
            accepted += 1;
            continue;
        };
        let found: Vec<_> =
            errors.iter().map(|issue| (&*issue.path, issue.rule.as_deref().unwrap())).collect();
        assert_eq!(found, [(*path, *rule)], "{name}: {errors:#?}");
        assert!(errors.iter().all(|issue| !issue.ja.is_empty() && !issue.en.is_empty()));
        refused.push(name);
    }
    assert_eq!(refused.len(), WRONG.len());
    println!("{accepted} examples accepted, {} refused: {refused:?}", refused.len());
}

#[test]
fn the_bundles_split_and_resolve() {
    for (name, kind, entries) in [
        ("jp-clins/Bundle-Bundle-CLINS-Observations-Example-01.json", Kind::Collection, 5),
        ("jp-clins/Bundle-Bundle-CLINS-Referral-NoEntry-Example-01.json", Kind::Document, 6),
        ("eCheckup/Bundle-Bundle-eCheckupReport-Sample-01.json", Kind::Document, 52),
    ] {
        let Some(node) = read(name) else { continue };
        let mut never = || panic!("a delivered resource has its id from the delivery");
        let bundle = Bundle::split(node.clone(), "1318814790", &mut never).unwrap();
        assert_eq!((bundle.kind, bundle.entries.len()), (kind, entries), "{name}");
        let names: Vec<String> = bundle
            .entries
            .iter()
            .map(|entry| format!("{}/{}", entry.resource_type, entry.id.as_ref().unwrap()))
            .collect();
        let mut references = 0;
        for entry in &bundle.entries {
            assert_eq!(entry.act, Act::Keep);
            let resource = entry.resource.as_ref().unwrap();
            assert_eq!(resource.id(), entry.id.as_deref());
            for reference in
                all_references(resource.node()).into_iter().filter(|reference| !reference.starts_with('#'))
            {
                assert!(names.iter().any(|name| name == reference), "{name}: {reference} leads nowhere");
                references += 1;
            }
        }
        let again = Bundle::split(node, "1318814790", &mut never).unwrap();
        let ids = |bundle: &Bundle| bundle.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&bundle), ids(&again));
        println!("{name}: {entries} entries, {references} references resolved");
    }
}

fn all_references(node: &Node) -> Vec<&str> {
    match node {
        Node::Array(items) => items.iter().flat_map(all_references).collect(),
        Node::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(text) if key == "reference" => vec![text],
                _ => all_references(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn labels_are_read_off_codes_and_names() {
    let lists = lists();
    let icd = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full";
    let yj = "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code";
    let jlac = "http://medis.or.jp/CodeSystem/master-JLAC10-17digits";
    let clins = "http://jpfhir.jp/fhir/clins/CodeSystem/JLAC10/JP_CLINS_ObsLabResult_InfectionLabo_CS";
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let cases: &[(&str, &str, &str, &[Label])] = &[
        (icd, "F200", "統合失調症", &[Label::Psychiatry]),
        (icd, "F329", "X", &[Label::Psychiatry]),
        (icd, "F03", "認知症", &[]),
        (icd, "F102", "X", &[Label::SubstanceUse]),
        (icd, "F172", "ニコチン依存症", &[]),
        (icd, "B24", "X", &[Label::Hiv]),
        (icd, "B19", "X", &[]),
        (icd, "Z21", "X", &[Label::Hiv]),
        (icd, "A530", "X", &[Label::Std]),
        (icd, "A65", "X", &[]),
        (icd, "Q909", "X", &[Label::Genetics]),
        (icd, "O049", "X", &[Label::Reproduction]),
        (icd, "O800", "正常分娩", &[]),
        (icd, "T742", "X", &[Label::Violence]),
        (icd, "K297", "胃炎", &[]),
        ("http://hl7.org/fhir/sid/icd-10", "F20.0", "X", &[Label::Psychiatry]),
        (yj, "1179044F1020", "X", &[Label::Psychiatry]),
        (yj, "2549102F1020", "X", &[Label::Reproduction]),
        (yj, "3219100F1020", "デノタスチュアブル配合錠", &[]),
        (jlac, "5F500145302287501", "X", &[Label::Hiv]),
        (jlac, "5E075135102306211", "X", &[Label::Std]),
        (jlac, "5F016141002302304", "HBs抗原", &[]),
        (jlac, "3A015000002327101", "アルブミン", &[]),
        (jlac, "5I695000001966202", "リンパ球サブセット", &[Label::Hiv]),
        ("http://loinc.org", "24467-3", "X", &[Label::Hiv]),
        ("http://example.jp", "1", "ＣＤ４陽性リンパ球数", &[Label::Hiv]),
        ("http://example.jp", "1", "CD4/CD8比", &[Label::Hiv]),
        ("http://example.jp", "1", "CD45", &[]),
        (clins, "HIV-1P2-AB-RESULT", "X", &[Label::Hiv]),
        (clins, "TP-RESULT", "X", &[Label::Std]),
        ("http://example.jp/drugs", "1", "テビケイ錠５０ｍｇ", &[Label::Hiv]),
        ("http://medis.or.jp/CodeSystem/master-disease-exCode", "1", "ＨＩＶ感染症", &[Label::Hiv]),
        ("http://example.jp", "1", "archive of hearing aids", &[]),
        ("http://example.jp", "1", "Schizophrenia, paranoid", &[Label::Psychiatry]),
        ("http://jami.jp/SS-MIX2/CodeSystem/ClinicalDepartment", "02", "X", &[Label::Psychiatry]),
        ("http://www.whocc.no/atc", "J05AR13", "X", &[Label::Hiv]),
        ("http://www.whocc.no/atc", "J05AF10", "X", &[]),
    ];
    for (system, code, display, expected) in cases {
        let coding = musubi_records::node!({ "system": *system, "code": *code, "display": *display });
        let node = musubi_records::node!({ "resourceType": "Condition", "code": musubi_records::node!({ "coding": musubi_records::node!([coding]) }) });
        assert_eq!(lists.labels(&node), Labels::of(expected), "{system}|{code} {display}");
    }
    for (code, expected) in
        [("PSY", Label::Psychiatry), ("HIV", Label::Hiv), ("PRS", Label::OwnMark), ("SDV", Label::Violence)]
    {
        let coding = musubi_records::node!({ "system": act, "code": code });
        let node = musubi_records::node!({ "resourceType": "Basic", "meta": musubi_records::node!({ "security": musubi_records::node!([coding]) }) });
        assert_eq!(lists.labels(&node), Labels::of(&[expected]));
        assert_eq!(lists.findings(&node)[0].entry, None, "the sender said so");
    }
    println!("{} codes and names labelled as expected", cases.len() + 4);
    assert!(lists.entries().iter().filter(|entry| entry.verified).count() >= 4);
}

#[test]
fn a_document_and_what_refers_inherit() {
    let lists = lists();
    let texts = [
        r#"{"resourceType":"Condition","id":"c","code":{"text":"ヒト免疫不全ウイルス感染症"}}"#,
        r#"{"resourceType":"MedicationRequest","id":"m","reasonReference":[{"reference":"Condition/c"}]}"#,
        r#"{"resourceType":"Composition","id":"d","section":[{"entry":[{"reference":"MedicationRequest/m/_history/2"}]}]}"#,
        r#"{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"}}"#,
        r#"{"resourceType":"Patient","id":"p","managingOrganization":{"display":"精神科病院"}}"#,
        r#"{"resourceType":"Basic","id":"x","code":{"reference":"Basic/x"}}"#,
        r#"{"resourceType":"Encounter","id":"e","diagnosis":[{"condition":{"reference":"Condition/c"}}]}"#,
        r#"{"resourceType":"Encounter","id":"f","serviceType":{"text":"精神科"}}"#,
        r#"{"resourceType":"Observation","id":"q","encounter":{"reference":"Encounter/f"}}"#,
        r#"{"resourceType":"DiagnosticReport","id":"r","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PRS"}]},
            "result":[{"reference":"Observation/s"}]}"#,
        r#"{"resourceType":"Observation","id":"s"}"#,
    ];
    let nodes: Vec<Node> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let names: Vec<String> = nodes
        .iter()
        .map(|n| format!("{}/{}", n.text_at("resourceType").unwrap(), n.text_at("id").unwrap()))
        .collect();
    let all: Vec<Standing<'_>> = nodes
        .iter()
        .zip(&names)
        .map(|(node, name)| Standing {
            name,
            own: lists.labels(node),
            said: Lists::said(node),
            given: Labels::NONE,
            refers_to: links(node),
        })
        .collect();
    let labels = inherit(&all);
    let (hiv, psychiatry, mark) =
        (Labels::of(&[Label::Hiv]), Labels::of(&[Label::Psychiatry]), Labels::of(&[Label::OwnMark]));
    assert_eq!(labels[..3], [hiv, hiv, hiv], "the prescription by its reason, the document by its entry");
    assert_eq!(labels[3], Labels::NONE, "nothing from the person, and of a visit not what one entry gave it");
    assert_eq!((labels[4], labels[6]), (psychiatry, hiv));
    assert_eq!((labels[7], labels[8]), (psychiatry, psychiatry), "a visit to a psychiatric department");
    assert_eq!((labels[9], labels[10]), (mark, mark), "what is said of a report is said of its results");

    let mut stamped = nodes[1].clone();
    musubi_records::labels::stamp(&mut stamped, hiv);
    assert_eq!(
        stamped.all("meta.security.code").iter().filter_map(|c| c.as_str()).collect::<Vec<_>>(),
        ["HIV", "R"]
    );
    let once = stamped.clone();
    musubi_records::labels::stamp(&mut stamped, hiv);
    assert_eq!(stamped, once);
    assert_eq!(lists.labels(&stamped), hiv.with(Label::Restricted));
    assert!(
        musubi_records::labels::mark(&mut stamped, true) && !musubi_records::labels::mark(&mut stamped, true)
    );
    assert_eq!(Lists::said(&stamped), hiv.with(Label::Restricted).with(Label::OwnMark));
    assert!(
        musubi_records::labels::mark(&mut stamped, false)
            && !musubi_records::labels::mark(&mut stamped, false)
    );
    assert_eq!(stamped, once, "what others said stays");
}

#[test]
fn what_profiles_cannot_say_is_said() {
    let rules = |text: &str| -> Vec<String> {
        check(&text.parse().unwrap())
            .into_iter()
            .map(|issue| format!("{} {}", issue.rule.unwrap(), issue.path))
            .collect()
    };
    assert_eq!(
        rules(
            r#"{"resourceType":"Bundle","type":"collection","identifier":{"system":"http://jpfhir.jp/fhir/clins/bundle-identifier","value":"0110113719^2026^1"},
            "meta":{"tag":[{"system":"http://jpfhir.jp/fhir/clins/CodeSystem/BundleResourceType_CS","code":"Condition"}]},
            "entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","name":[{"extension":[{"valueCode":"IDE"}]},{"extension":[{"valueCode":"SYL"}]}]}},
            {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","subject":{"reference":"urn:uuid:9"},
            "extension":[{"url":"http://x/JP_eCS_InstitutionNumber","valueIdentifier":{"value":"9918000010"}}]}},{"resource":{"resourceType":"Condition",
            "onsetDateTime":"2026-05","abatementDateTime":"2026-04-30"}}]}"#
        ),
        [
            "clins-address Bundle.entry[1].fullUrl",
            "clins-address Bundle.entry[2].fullUrl",
            "clins-order Bundle.entry[2].resource.abatementDateTime",
            "clins-patient Bundle.entry[1].resource.subject",
            "clins-sender Bundle.entry[1].resource.extension",
            "clins-only Bundle.entry[1].resource",
        ]
    );
    assert_eq!(
        rules(
            r#"{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","subject":{"reference":"urn:uuid:2"},"author":[{"reference":"urn:uuid:3"}]}}]}"#
        ),
        [
            "clins-patient Bundle.entry",
            "clins-document Bundle.entry[0].resource.custodian",
            "clins-dangling Bundle.entry[0].resource.subject.reference",
            "clins-dangling Bundle.entry[0].resource.author[0].reference",
        ]
    );
    assert_eq!(
        rules(
            r#"{"resourceType":"MedicationRequest","dosageInstruction":[{"doseAndRate":[{"rateRatio":{"numerator":{"value":3,"code":"TAB"}}}]}],
            "dispenseRequest":{"quantity":{"value":9,"code":"TAB"},"expectedSupplyDuration":{"value":14,"code":"d"}}}"#
        ),
        ["clins-amount MedicationRequest.dispenseRequest.quantity"]
    );
}
