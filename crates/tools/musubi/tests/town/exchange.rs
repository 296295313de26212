//! Records travel: a visit that fetches from other institutions, what is withheld, an emergency, a change of mind.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use codes::{ExchangeId, OrgId};
use serde_json::{Value, json};
use town::formats::ExchangeStoryRow;

use crate::{
    facets,
    house::House,
    process::{PATIENCE, Town},
};

/// A demonstration's rows, and whom it is about.
pub struct Demonstration {
    /// The card of its subject.
    pub card: String,
    person: u64,
    rows: Vec<ExchangeStoryRow>,
}

/// Waits until every institution took in its clinical files.
pub fn records_are_in(dir: &Path, house: &House) {
    let begun = Instant::now();
    loop {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        let done = names.filter(|name| name.to_string_lossy().starts_with("clinical-complete-")).count();
        if done == house.institutions.len() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{done} institutions only");
        thread::park_timeout(Duration::from_millis(100));
    }
    println!(
        "clinical files of {} institutions in {:.1} s",
        house.institutions.len(),
        begun.elapsed().as_secs_f64()
    );
}

/// The diabetic at the desk of a third hospital: everything that is permitted comes, psychiatry does not.
pub fn a_visit_fetches_what_is_permitted(dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let (asker, number) = asker(&story);
    arrive(house, &asker, &story.card, &number);
    let gathered = gather(house, &asker, &number, json!("treatment")).unwrap();
    let from = sources(&gathered);
    let received = received(house, &asker, &number);
    let (permitted, withheld) = truth(dir, story.person, &from.keys().cloned().collect());
    let came: BTreeSet<String> = received.iter().map(name).collect();
    let missing: Vec<_> = permitted.difference(&came).collect();
    let leaked: Vec<_> = withheld.intersection(&came).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    assert!(missing.is_empty(), "{} of {}: {missing:?}", missing.len(), permitted.len());
    assert!(!permitted.is_empty() && !withheld.is_empty());
    for row in story.rows.iter().filter(|row| row.role == "holder") {
        let holder = OrgId::institution(&row.institution_code.parse().unwrap()).to_string();
        assert!(from.get(&holder).is_some_and(|count| *count > 0), "{holder} in {from:?}");
    }
    let hidden = story.rows.iter().find(|row| row.text_ja.contains("あることも分からない")).unwrap();
    assert!(!from.keys().any(|holder| holder.ends_with(&hidden.institution_code)), "{from:?}");
    println!(
        "a visit: {} resources from {} institutions, {} permitted by the truth all there, {} withheld, none leaked",
        received.len(),
        from.len(),
        permitted.len(),
        withheld.len()
    );
    a_change_of_mind_holds_at_once(house, &asker, &number);
}

fn a_change_of_mind_holds_at_once(house: &House, asker: &OrgId, number: &str) {
    let withdraw = json!({ "withdraw": "share-for-treatment" });
    let body = json!({ "staff": staff(), "patient": number, "act": withdraw });
    post(house, asker, "/desk/consents", &body).unwrap();
    let gathered = gather(house, asker, number, json!("treatment")).unwrap();
    assert_eq!(sources(&gathered), BTreeMap::new());
}

/// Declares an emergency, or its second act; the declaration.
pub fn declare(house: &House, asker: &OrgId, number: &str, widens: Option<String>) -> String {
    let body = json!({
        "staff": staff(), "patient": number, "reason": "unconscious",
        "words": "意識がなく搬送された", "widens": widens,
    });
    let declared = post(house, asker, "/desk/emergencies", &body).unwrap();
    declared["declaration"].as_str().unwrap().to_owned()
}

/// Unconscious, nothing permitted: the narrow kinds for three hours, the wide ones after the second act.
pub fn an_emergency_opens_what_saves_a_life(dir: &Path, house: &House) {
    let story = demonstration(dir, house, "emergency");
    let (asker, number) = asker(&story);
    arrive(house, &asker, &story.card, &number);
    let nothing = gather(house, &asker, &number, json!("treatment")).unwrap();
    assert_eq!(sources(&nothing), BTreeMap::new(), "nothing is permitted for treatment");
    let declare = |widens| declare(house, &asker, &number, widens);
    let first = declare(None);
    let narrow = gather(house, &asker, &number, json!({ "emergency": first })).unwrap();
    let kinds = kinds(&received_of(house, &asker, &number, &narrow));
    assert!(kinds.contains("AllergyIntolerance") && kinds.contains("MedicationRequest"), "{kinds:?}");
    assert!(!kinds.contains("Bundle"), "no document before the second act: {kinds:?}");
    let second = declare(Some(first));
    let wide = gather(house, &asker, &number, json!({ "break-glass": second })).unwrap();
    let wide = received_of(house, &asker, &number, &wide);
    assert!(wide.iter().any(|resource| resource["resourceType"] == "Bundle"), "{:?}", self::kinds(&wide));
    println!("an emergency: {} institutions, narrow {kinds:?}, then wide", sources(&narrow).len());
}

/// The number is changed at the counter: the codes that institutions hold of the old one lead to nobody from that moment, in an
/// emergency as well; the card brings a new code to the desk.
pub fn an_old_code_dies(town: &Town, dir: &Path, house: &House) {
    let story = demonstration(dir, house, "emergency");
    let (asker, number) = asker(&story);
    let emergency = json!({ "emergency": declare(house, &asker, &number, None) });
    let before = sources(&gather(house, &asker, &number, emergency.clone()).unwrap());
    assert!(!before.is_empty(), "the old code leads to the holders");
    let (mut counter, visit) = facets::enter(town, &story.card);
    facets::act(&mut counter, &visit, "change", 0, "");
    counter.post(&format!("/person/{visit}/leave"), &[]);
    let after = gather(house, &asker, &number, emergency).map(|gathered| sources(&gathered));
    assert_eq!(after.unwrap_or_default(), BTreeMap::new(), "nobody answers to the old code");
    arrive(house, &asker, &story.card, &number);
    println!("a number was changed: {} institutions answered before, none after", before.len());
}

/// Who has nothing to do with the person learns nothing, and is told what is missing.
pub fn a_stranger_learns_nothing(dir: &Path, house: &House) {
    let story = demonstration(dir, house, "two-hospitals");
    let stranger = house.institutions.iter().find(|place| {
        !story.rows.iter().any(|row| {
            place.org.to_string().ends_with(&row.institution_code) && !row.institution_code.is_empty()
        })
    });
    let stranger = stranger.unwrap().org;
    let refused = gather(house, &stranger, "1", json!("treatment")).unwrap_err();
    assert_eq!(refused.0, "no-exchange-for-this-patient");
    // A grant of nobody's, and one that the relay did not sign.
    let holder = house.hospital().org;
    let client = house.client(&stranger);
    let body = json!({ "grant": "eyJhbGciOiJub25lIn0.e30." });
    let shown =
        house.runtime.block_on(client.post::<_, Value>(&house.base(&holder), "/exchange/records", &body));
    assert_eq!(shown.unwrap_err().problem().unwrap().code(), "grant-not-valid");
    let notice = json!({ "exchange": exchange(), "grants": [], "at": "2026-11-22T00:00:00+09:00" });
    let ended = house.runtime.block_on(client.post::<_, Value>(
        &house.base(&holder),
        "/exchange/withdrawals",
        &notice,
    ));
    assert_eq!(ended.unwrap_err().problem().unwrap().code(), "not-for-this-kind");
}

/// The demonstration of this name.
pub fn demonstration(dir: &Path, house: &House, story: &str) -> Demonstration {
    let file = dir.join("files/exchange-stories.csv");
    let rows: Vec<ExchangeStoryRow> =
        csv::Reader::from_path(file).unwrap().deserialize().map(|row| row.unwrap()).collect();
    let rows: Vec<_> = rows.into_iter().filter(|row: &ExchangeStoryRow| row.story == story).collect();
    let subject = &rows[0];
    let card = house.stories.iter().find(|row| row.resident_code == subject.resident_code).unwrap();
    Demonstration { card: card.story.clone(), person: subject.person, rows }
}

/// Who asks in it, and that desk's own number of the patient.
pub fn asker(story: &Demonstration) -> (OrgId, String) {
    let row = story.rows.iter().find(|row| row.role == "asker").unwrap();
    (OrgId::institution(&row.institution_code.parse().unwrap()), row.local_number.clone())
}

/// The card is read at the desk, which knows the patient since the town began.
fn arrive(house: &House, desk: &OrgId, card: &str, number: &str) {
    let check = json!({ "by": "card", "card": card, "mode": "visual" });
    let visit = post(house, desk, "/desk/checks", &check).unwrap();
    assert_eq!((&visit["patient"], &visit["medical_registered"]), (&json!(number), &json!(true)), "{visit}");
}

/// A desk asks for the records that others hold.
pub fn gather(house: &House, desk: &OrgId, number: &str, why: Value) -> Result<Value, (String, String)> {
    post(house, desk, "/desk/exchanges", &json!({ "staff": staff(), "patient": number, "why": why }))
}

fn post(house: &House, desk: &OrgId, path: &str, body: &Value) -> Result<Value, (String, String)> {
    let client = house.client(desk);
    let answer = house.runtime.block_on(client.post::<_, Value>(&house.base(desk), path, body));
    answer.map_err(|error| {
        let code = error.problem().map(|problem| problem.code().to_owned());
        (code.unwrap_or_default(), error.to_string())
    })
}

/// Everything that may still be looked at.
fn received(house: &House, desk: &OrgId, number: &str) -> Vec<Value> {
    let client = house.client(desk);
    let path = format!("/desk/exchanges/{number}");
    let bundle: Value = house.runtime.block_on(client.get(&house.base(desk), &path)).unwrap();
    bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect()
}

/// What one exchange brought: its resources come last.
fn received_of(house: &House, desk: &OrgId, number: &str, gathered: &Value) -> Vec<Value> {
    let count: usize = sources(gathered).values().sum();
    let mut all = received(house, desk, number);
    all.split_off(all.len() - count)
}

/// Institutions that gave everything they were asked for, with how many resources.
pub fn sources(gathered: &Value) -> BTreeMap<String, usize> {
    let source = |source: &Value| {
        assert_eq!(source["unreached"], Value::Null, "{source}");
        let count = usize::try_from(source["resources"].as_u64().unwrap()).unwrap();
        (source["holder"].as_str().unwrap().to_owned(), count)
    };
    gathered["sources"].as_array().unwrap().iter().map(source).collect()
}

fn kinds(resources: &[Value]) -> BTreeSet<String> {
    resources.iter().map(|resource| resource["resourceType"].as_str().unwrap().to_owned()).collect()
}

fn name(resource: &Value) -> String {
    nameless(&format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap()))
}

/// A resource's name without the part that is made from its holder's patient number: that does not leave the holder.
fn nameless(name: &str) -> String {
    let (kind, id) = name.split_once('/').unwrap();
    format!("{kind}/{}", id.split_once('.').map_or(id, |(_, rest)| rest))
}

/// What the town knows of a person at these institutions: what may be seen, and what the person keeps back.
fn truth(dir: &Path, person: u64, holders: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut csv = csv::Reader::from_path(dir.join("files/truth/clinical.csv")).unwrap();
    let (mut permitted, mut withheld) = (BTreeSet::new(), BTreeSet::new());
    for row in csv.deserialize() {
        let row: BTreeMap<String, String> = row.unwrap();
        let own = row["person"] == person.to_string() && row["facet"] == "0";
        if !own || !holders.iter().any(|holder| holder.ends_with(&row["institution_code"])) {
            continue;
        }
        let hidden = row["sensitivity"].contains("PSY");
        let set = if hidden { &mut withheld } else { &mut permitted };
        set.insert(nameless(&row["resource"]));
    }
    // Two holders may have named two records alike.
    let withheld = withheld.difference(&permitted).cloned().collect();
    (permitted, withheld)
}

fn staff() -> Value {
    json!({ "id": "d-7", "profession": "physician", "name": "北 一郎" })
}

fn exchange() -> ExchangeId {
    crate::house::exchange()
}
