//! Decide before search: who may not see a resource learns nothing of it.
//!
//! Two stores: one with resources that the restriction denies and other people's, one in which they never were. Every
//! question gets the same answer from both: matches, their order, pages, counts, what comes along, whether there is more.

use std::sync::Arc;

use calendar::Timestamp;
use codes::{OrgId, OrgKind};
use consent::{
    ActReason, Asker, Category, Consents, Effect, InstitutionKind, Label, Labels, Restriction, Rule, RuleId,
    What,
};
use records::Node;
use records::search::Query;

use super::restrict::bits;
use super::search_tests::change;
use super::{Changes, Facts, Find, Place, Scope};
use crate::store::Store;

/// Laboratory results may be seen, of mental health nothing.
fn restriction() -> Restriction {
    let at = Timestamp::from_seconds(1_700_000_000);
    let mut consents = Consents::default();
    let rules = [
        (Effect::Permit, What::categories(&[Category::Laboratory, Category::Diagnosis])),
        (Effect::Deny, What::labels(&[Label::Psychiatry])),
    ];
    for (n, (effect, what)) in rules.into_iter().enumerate() {
        let mut rule = Rule::new(format!("r{n}").parse::<RuleId>().unwrap(), effect, at);
        rule.what = what;
        consents.record(rule).unwrap();
    }
    let asker = Asker::new(OrgId::new(OrgKind::Oversight, "1").unwrap(), InstitutionKind::Hospital);
    consents.restriction(&asker, ActReason::Treat, at)
}

struct Sample {
    text: String,
    patient: &'static str,
    category: Category,
    labels: Labels,
    denied: bool,
}

fn samples() -> Vec<Sample> {
    let mut all = Vec::new();
    let mut add = |text: String, patient, category, labels, denied| {
        all.push(Sample { text, patient, category, labels, denied });
    };
    let psychiatry = Labels::of(&[Label::Psychiatry]);
    let who = |id: &str| {
        format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"text":"高橋"}}],"gender":"female"}}"#)
    };
    add(who("p1"), "p1", Category::Demographics, Labels::NONE, true);
    add(who("other"), "other", Category::Demographics, Labels::NONE, true);
    for (id, name) in [("d1", "内科"), ("d2", "精神科")] {
        let text = format!(r#"{{"resourceType":"Practitioner","id":"{id}","name":[{{"text":"{name}"}}]}}"#);
        // A doctor whom only a denied resource names says nothing by being known here.
        add(text, "", Category::Other, Labels::NONE, false);
    }
    let condition = |id: &str, patient: &str, code: &str, doctor: &str| {
        format!(
            r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/{patient}"}},"recordedDate":"2026-05-01",
            "code":{{"coding":[{{"system":"urn:icd","code":"{code}"}}]}},"recorder":{{"reference":"Practitioner/{doctor}"}}}}"#
        )
    };
    add(condition("c1", "p1", "E119", "d1"), "p1", Category::Diagnosis, Labels::NONE, false);
    add(condition("c2", "p1", "F200", "d2"), "p1", Category::Diagnosis, psychiatry, true);
    add(condition("c3", "other", "E119", "d1"), "other", Category::Diagnosis, Labels::NONE, true);
    let result = |id: &str, patient: &str, value: &str, reason: &str, member: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/{patient}"}},
            "code":{{"coding":[{{"system":"urn:c","code":"A"}}]}},"valueQuantity":{{"value":{value}}},
            "effectiveDateTime":"2026-05-0{}","performer":[{{"reference":"Practitioner/d1"}}],
            "focus":[{{"reference":"Condition/{reason}"}}],"hasMember":[{{"reference":"Observation/{member}"}}]}}"#,
            value
        )
    };
    // o3 is denied by its kind, o2 by its label, o6 by the label of what it refers to.
    add(result("o1", "p1", "5", "c1", "o3"), "p1", Category::Laboratory, Labels::NONE, false);
    add(result("o2", "p1", "9", "c2", "o2"), "p1", Category::Laboratory, psychiatry, true);
    add(result("o3", "p1", "9", "c1", "o3"), "p1", Category::Vital, Labels::NONE, true);
    add(result("o4", "p1", "3", "c9", "o3"), "p1", Category::Laboratory, Labels::NONE, false);
    add(result("o5", "other", "8", "c3", "o5"), "other", Category::Laboratory, Labels::NONE, true);
    add(result("o6", "p1", "6", "c2", "o1"), "p1", Category::Laboratory, Labels::NONE, true);
    all
}

const QUESTIONS: &[(&str, &str)] = &[
    ("Condition", ""),
    ("Condition", "code=urn:icd|F200"),
    ("Condition", "code:not=urn:icd|F200"),
    ("Condition", "_id=c1,c2,c3"),
    ("Condition", "recorder=Practitioner/d2"),
    ("Condition", "recorder:Practitioner.name=精神科"),
    ("Condition", "_include=Condition:recorder&_include=Condition:subject"),
    ("Condition", "_revinclude=Observation:focus"),
    ("Condition", "_sort=-code"),
    ("Condition", "_lastUpdated=gt2020"),
    ("Observation", ""),
    ("Observation", "_sort=-value-quantity"),
    ("Observation", "value-quantity=gt6"),
    ("Observation", "focus:Condition.code=F200"),
    ("Observation", "focus=Condition/c2"),
    ("Observation", "has-member:Observation.value-quantity=9"),
    ("Observation", "_include=Observation:focus&_include=Observation:has-member&_include=Observation:*"),
    ("Observation", "_has:Observation:has-member:code=A"),
    ("Observation", "patient=other"),
    ("Observation", "patient.name=高橋"),
    ("Observation", "subject:Patient.gender=female"),
    ("Patient", ""),
    ("Patient", "_has:Observation:patient:value-quantity=9"),
    ("Patient", "_has:Condition:patient:code=F200"),
    ("Patient", "_id=p1&_revinclude=Condition:patient"),
    ("Practitioner", ""),
    ("Practitioner", "_has:Condition:recorder:code=F200"),
];

async fn fill(store: &Store, all: &[Sample], with_denied: bool) {
    for (n, sample) in all.iter().enumerate().filter(|(_, sample)| with_denied || !sample.denied) {
        let node: Node = records::tree::parse(sample.text.as_bytes()).unwrap();
        let facts = Facts {
            patient: sample.patient.to_owned(),
            category: i64::from(sample.category as u8),
            labels: bits(sample.labels),
            ..Facts::default()
        };
        let changes =
            Changes { changes: vec![change(&node, facts)], checks: Vec::new(), at: 1_000 + n as i64 };
        store.change_resources(vec![Arc::new(changes)], |_| Vec::new()).await.unwrap();
    }
}

/// All that an asker can be told.
async fn told(store: &Store, kind: &str, text: &str, patients: &[&str]) -> String {
    let scope = Scope::Person {
        patients: patients.iter().map(|id| (*id).to_owned()).collect(),
        restriction: restriction(),
    };
    let Ok(query) = Query::parse(kind, text) else { return "not served".to_owned() };
    let count = store.count_resources(query.clone(), scope.clone()).await.unwrap();
    let mut told = format!("{count}");
    for (skip, count) in [(0, 100), (0, 1), (1, 1)] {
        let find = Find { query: query.clone(), scope: scope.clone(), place: Place::Skip(skip), count };
        let page = store.find_resources(find).await.unwrap();
        told.push_str(&format!(
            " | {:?} {} {:?} {}",
            page.matches, page.more, page.included, page.more_included
        ));
    }
    told
}

#[tokio::test]
async fn what_is_denied_might_as_well_not_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| Store::open(&format!("sqlite:{}", dir.path().join(name).display())).unwrap();
    let (with, without) = (open("with.db"), open("without.db"));
    let all = samples();
    fill(&with, &all, true).await;
    fill(&without, &all, false).await;
    let (mut served, mut seen) = (0, 0);
    for (kind, text) in QUESTIONS {
        for patients in [&["p1"][..], &["p1", "nobody"], &["nobody"], &[]] {
            let answer = told(&with, kind, text, patients).await;
            let other = told(&without, kind, text, patients).await;
            assert_eq!(answer, other, "{kind}?{text} of {patients:?}");
            served += usize::from(answer != "not served");
            seen += usize::from(answer.contains("name:"));
        }
    }
    println!("{served} questions answered alike, {seen} of them with something to see");
    assert!(seen >= 10, "the permitted part is seen: {seen}");
    let everything = told(&with, "Observation", "", &["p1"]).await;
    assert!(everything.starts_with("2 "), "o1 and o4 are seen: {everything}");
}
