//! The SQL of a search finds what the search in memory finds, on every store.

use std::sync::Arc;

use records::labels::links;
use records::search::{Corpus, Query, index};
use records::{Node, Resource};

use super::{Change, Changes, Draft, Facts, Find, IndexRows, Place, Scope, When};
use crate::store::Store;

/// Some people with a mixture of everything that can be searched.
fn resources() -> Vec<Node> {
    let mut all = Vec::new();
    for (n, family) in ["高橋", "タカハシ", "Sato", "鈴木", "ｻﾄｳ"].into_iter().enumerate() {
        let sex = if n % 2 == 0 { "female" } else { "male" };
        all.push(format!(
            r#"{{"resourceType":"Patient","id":"p{n}","identifier":[{{"system":"urn:x","value":"{n}"}},{{"value":"7"}}],
            "name":[{{"family":"{family}","given":["花子"],"text":"{family} 花子"}}],"gender":"{sex}",
            "birthDate":"19{}0-02","generalPractitioner":[{{"reference":"Practitioner/d{}"}}]}}"#,
            n + 5,
            n % 2
        ));
        for k in 0..4 {
            let code = if k % 2 == 0 { "A" } else { "B" };
            let status = if k == 3 { "preliminary" } else { "final" };
            all.push(format!(
                r#"{{"resourceType":"Observation","id":"o{n}-{k}","status":"{status}","subject":{{"reference":"Patient/p{n}"}},
                "code":{{"text":"検査 {code}","coding":[{{"system":"urn:c","code":"{code}","display":"Test {code}"}},{{"code":"{k}"}}]}},
                "effectiveDateTime":"2026-0{}-1{n}T0{k}:00:00+09:00","valueQuantity":{{"value":{n}.{k},"unit":"mg","code":"mg","system":"urn:u"}},
                "performer":[{{"reference":"Practitioner/d{}"}}]}}"#,
                k + 1,
                k % 2
            ));
        }
        all.push(format!(
            r#"{{"resourceType":"Condition","id":"c{n}","subject":{{"reference":"Patient/p{n}"}},"recordedDate":"2026-05-0{}",
            "code":{{"coding":[{{"system":"urn:icd","code":"E1{n}"}}]}},"onsetPeriod":{{"start":"2025","end":"2026-0{}"}}}}"#,
            n + 1,
            n + 1
        ));
    }
    for n in 0..2 {
        all.push(format!(
            r#"{{"resourceType":"Practitioner","id":"d{n}","name":[{{"text":"医師{n}"}}],"active":true}}"#
        ));
    }
    all.iter().map(|text| records::tree::parse(text.as_bytes()).unwrap()).collect()
}

const QUERIES: &[(&str, &str)] = &[
    ("Patient", ""),
    ("Patient", "_id=p1,p3"),
    ("Patient", "_id:not=p1"),
    ("Patient", "identifier=urn:x|2"),
    ("Patient", "identifier=|7"),
    ("Patient", "identifier=urn:x|"),
    ("Patient", "name=たかはし"),
    ("Patient", "family:exact=Sato"),
    ("Patient", "family=sat"),
    ("Patient", "name:contains=橋"),
    ("Patient", "name=花子&gender=male"),
    ("Patient", "gender:not=male"),
    ("Patient", "birthdate=ge1970"),
    ("Patient", "birthdate=lt1970-02"),
    ("Patient", "birthdate=1980-02"),
    ("Patient", "general-practitioner=Practitioner/d1"),
    ("Patient", "general-practitioner:Practitioner.name=医師0"),
    ("Patient", "_has:Observation:patient:code=A&_has:Condition:patient:code=E11"),
    ("Patient", "_has:Observation:patient:value-quantity=gt3.1"),
    ("Patient", "_has:Observation:patient:_has:DiagnosticReport:result:_id=x"),
    ("Patient", "_sort=-birthdate"),
    ("Patient", "_sort=family,-_id"),
    ("Patient", "death-date:missing=true"),
    ("Observation", "subject=Patient/p2"),
    ("Observation", "patient=p2&code=urn:c|A"),
    ("Observation", "patient=p2,p3&status=preliminary"),
    ("Observation", "subject=Patient/p2&_sort=-date"),
    ("Observation", "code=urn:c|B&_sort=value-quantity"),
    ("Observation", "code=0"),
    ("Observation", "code:text=test b"),
    ("Observation", "code:not=urn:c|A"),
    ("Observation", "value-quantity=2.1"),
    ("Observation", "value-quantity=2"),
    ("Observation", "value-quantity=ne2"),
    ("Observation", "value-quantity=le1.2||mg"),
    ("Observation", "value-quantity=ap3|urn:u|mg"),
    ("Observation", "value-quantity=gt1|urn:other|mg"),
    ("Observation", "date=2026-03"),
    ("Observation", "date=sa2026-03-12"),
    ("Observation", "date=eb2026-02-11T01:00:00Z"),
    ("Observation", "date=ge2026-02-12&date=lt2026-04"),
    ("Observation", "date=ne2026-03-12"),
    ("Observation", "date=gt2026-03-12&patient=p4"),
    ("Observation", "date=le2026-01-11&_sort=date"),
    ("Observation", "subject:Patient.name=鈴木"),
    ("Observation", "patient.identifier=urn:x|4"),
    ("Observation", "patient.general-practitioner:Practitioner.name=医師1"),
    ("Observation", "performer=Practitioner/d0&status=final"),
    ("Observation", "performer:missing=false&subject:missing=true"),
    ("Condition", "onset-date=2025-06"),
    ("Condition", "onset-date=ap2025-06"),
    ("Condition", "onset-date=gt2026-03"),
    ("Condition", "code=urn:icd|E10,urn:icd|E13&recorded-date=ge2026-05-02"),
    ("Condition", "patient._has:Observation:patient:code=zzz"),
    ("Observation", "patient=p1&_include=Observation:subject&_include=Observation:performer"),
    ("Patient", "_id=p1&_revinclude=Observation:subject&_revinclude=Condition:patient"),
    ("Observation", "_id=o1-1&_include=Observation:subject&_include:iterate=Patient:general-practitioner"),
    ("Condition", "_id=c1&_include=Condition:*"),
];

fn name(node: &Node) -> String {
    format!("{}/{}", node.text_at("resourceType").unwrap(), node.text_at("id").unwrap())
}

pub(super) fn change(node: &Node, facts: Facts) -> Change {
    let kind = node.text_at("resourceType").unwrap();
    let rows = IndexRows::new(kind, &index(node), &links(node));
    let rest = format!("}},\"text\":{node}}}").into_bytes();
    Change::Put {
        draft: Box::new(Draft { name: name(node), facts, rows, rest, method: "PUT", unchecked: Vec::new() }),
        when: When::Always,
    }
}

fn patient(node: &Node) -> String {
    let subject = node.text_at("subject.reference").and_then(|name| name.strip_prefix("Patient/"));
    if node.text_at("resourceType") == Some("Patient") {
        node.text_at("id").unwrap().to_owned()
    } else {
        subject.unwrap_or_default().to_owned()
    }
}

async fn compare(store: &Store) {
    let all = resources();
    let corpus = Corpus::new(&all);
    for (n, node) in all.iter().enumerate() {
        let change = change(node, Facts { patient: patient(node), ..Facts::default() });
        let changes = Changes { changes: vec![change], checks: Vec::new(), at: 1_000 + n as i64 };
        // Twice: what is put again is indexed once.
        for _ in 0..2 {
            store.change_resources(vec![Arc::new(changes.clone())], |_| Vec::new()).await.unwrap();
        }
        Resource::new(node.clone()).unwrap();
    }
    let mut found = 0;
    for (kind, text) in QUERIES {
        let query = Query::parse(kind, text).unwrap_or_else(|error| panic!("{kind}?{text}: {error}"));
        let expected: Vec<String> = corpus.search(&query).into_iter().map(name).collect();
        let mut expected_along: Vec<String> = corpus.included(&query).into_iter().map(name).collect();
        let find =
            Find { query: query.clone(), scope: Scope::Everything, place: Place::Skip(0), count: 1_000 };
        let page = store.find_resources(find).await.unwrap_or_else(|error| panic!("{kind}?{text}: {error}"));
        let hits: Vec<String> = page.matches.iter().map(|hit| hit.name.clone()).collect();
        assert_eq!(hits, expected, "{kind}?{text}");
        let mut along: Vec<String> = page.included.iter().map(|version| version.name.clone()).collect();
        along.sort();
        expected_along.sort();
        assert_eq!(along, expected_along, "{kind}?{text}");
        let count = store.count_resources(query.clone(), Scope::Everything).await.unwrap();
        assert_eq!(count, expected.len() as u64, "{kind}?{text}");
        assert_eq!(paged(store, &query).await, expected, "{kind}?{text}, by pages of two");
        found += expected.len();
    }
    println!("{} queries over {} resources, {found} matches as in memory", QUERIES.len(), all.len());
}

async fn paged(store: &Store, query: &Query) -> Vec<String> {
    let mut names = Vec::new();
    let mut place = Place::Skip(0);
    loop {
        let find = Find { query: query.clone(), scope: Scope::Everything, place, count: 2 };
        let page = store.find_resources(find).await.unwrap();
        names.extend(page.matches.iter().map(|hit| hit.name.clone()));
        let Some(last) = page.matches.last().filter(|_| page.more) else { return names };
        place = if query.sort.is_empty() {
            Place::After(last.updated_at, last.name.clone())
        } else {
            Place::Skip(u32::try_from(names.len()).unwrap())
        };
    }
}

#[tokio::test]
async fn sqlite_finds_what_memory_finds() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("x.db").display())).unwrap();
    compare(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_finds_and_labels_as_sqlite_does() {
    let Some(server) = super::postgres_tests::Server::start() else { return };
    let store = Store::open(&server.database()).unwrap();
    compare(&store).await;
    super::relabel_tests::walk(&store).await;
}
