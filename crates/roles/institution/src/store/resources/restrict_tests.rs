//! The condition of a search says what the restriction says, for every rule and every resource.

use calendar::{Date, Interval, Timestamp};
use codes::{OrgId, OrgKind};
use consent::{
    ActReason, Asker, Author, Categories, Category, Consents, Effect, InstitutionKind, Item, Label, Labels,
    RecordId, Restriction, Rule, RuleId, StaffId, What,
};
use proptest::prelude::*;

use super::restrict::{Scope, bits};
use super::rows::Bound;
use super::sql::Sql;
use crate::store::Store;

const DAYS: i32 = 20_000;

fn organisation(n: u8) -> OrgId {
    OrgId::new(OrgKind::Oversight, &n.to_string()).unwrap()
}

fn date(n: u8) -> Date {
    Date::from_days(DAYS + i32::from(n)).unwrap()
}

fn some_labels() -> impl Strategy<Value = Labels> {
    prop::collection::vec(prop::sample::select(Label::ALL.to_vec()), 0..3)
        .prop_map(|labels| Labels::of(&labels))
}

fn some_categories() -> impl Strategy<Value = Categories> {
    prop::collection::vec(prop::sample::select(Category::ALL[..4].to_vec()), 0..3)
        .prop_map(|categories| Categories::of(&categories))
}

fn author() -> impl Strategy<Value = Author> {
    (prop::option::of(1..3_u8), prop::option::of(0..2_u8)).prop_map(|(organisation_of, person)| Author {
        organisation: organisation_of.map(organisation),
        person: person.map(|n| format!("staff{n}").parse::<StaffId>().unwrap()),
    })
}

fn what() -> impl Strategy<Value = What> {
    (
        some_categories(),
        some_labels(),
        prop::collection::vec(author(), 0..2),
        prop::option::of((0..6_u8, prop::option::of(0..6_u8))),
        prop::collection::vec(0..2_u8, 0..2),
        prop::collection::vec(0..2_u8, 0..2),
    )
        .prop_map(|(categories, labels, authors, care, encounters, documents)| What {
            categories,
            labels,
            authors,
            care: care.map(|(from, until)| Interval::new(date(from), until.map(date))),
            encounters: encounters
                .iter()
                .map(|n| format!("Encounter/{n}").parse::<RecordId>().unwrap())
                .collect(),
            documents: documents.iter().map(|n| format!("Basic/{n}").parse::<RecordId>().unwrap()).collect(),
        })
}

/// Category, labels, author, author's person, day, encounter, name.
type Row = (Category, Labels, Option<u8>, Option<u8>, Option<u8>, Option<u8>, u8);

fn row() -> impl Strategy<Value = Row> {
    (
        prop::sample::select(Category::ALL[..4].to_vec()),
        some_labels(),
        prop::option::of(1..3_u8),
        prop::option::of(0..2_u8),
        prop::option::of(0..6_u8),
        prop::option::of(0..2_u8),
        0..3_u8,
    )
}

fn restriction(rules: &[(bool, What)], opted_out: bool) -> Restriction {
    let at = Timestamp::from_seconds(1_700_000_000);
    let mut consents = Consents::default();
    for (n, (permit, what)) in rules.iter().enumerate() {
        let effect = if *permit { Effect::Permit } else { Effect::Deny };
        let mut rule = Rule::new(format!("r{n}").parse::<RuleId>().unwrap(), effect, at);
        rule.what = what.clone();
        consents.record(rule).unwrap();
    }
    if opted_out {
        consents.opt_out(true, at).unwrap();
    }
    let asker = Asker::new(organisation(9), InstitutionKind::Hospital);
    consents.restriction(&asker, ActReason::Treat, at)
}

fn seen(store: &Store, row: &Row, restriction: &Restriction) -> bool {
    let (category, labels, author, person, day, encounter, name) = row;
    let scope = Scope::Person { patients: vec!["p".into()], restriction: restriction.clone() };
    let mut sql = Sql::default();
    let condition = scope.sees(&mut sql, "r");
    // The row stands in the statement itself, so that nothing has to be written.
    let columns =
        [Bound::Text(format!("Basic/{name}")), Bound::Int(*category as i64), Bound::Int(bits(*labels))];
    let columns: Vec<String> = columns.into_iter().map(|column| sql.bind(column)).collect();
    let optional = [
        author.map(|n| Bound::Text(organisation(n).to_string())),
        person.map(|n| Bound::Text(format!("staff{n}"))),
        day.map(|n| Bound::Int(date(n).to_days().into())),
        encounter.map(|n| Bound::Text(format!("Encounter/{n}"))),
    ];
    let optional: Vec<String> = optional
        .into_iter()
        .map(|column| column.map_or("NULL".to_owned(), |column| sql.bind(column)))
        .collect();
    let text = format!(
        "SELECT COUNT(*) FROM (SELECT 'p' AS patient, {} AS name, {} AS category, {} AS labels, {} AS author, \
         {} AS author_person, {} AS day, {} AS encounter) r WHERE {condition}",
        columns[0], columns[1], columns[2], optional[0], optional[1], optional[2], optional[3]
    );
    let params = sql.values();
    let count = store.0.read_blocking(|reader| reader.query_one(&text, &params, |row| row.int(0))).unwrap();
    count == Some(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_search_sees_what_the_decision_permits(
        rules in prop::collection::vec((any::<bool>(), what()), 0..5),
        rows in prop::collection::vec(row(), 1..8),
        opted_out in prop::bool::weighted(0.05),
    ) {
        let store = Store::open("sqlite::memory:").unwrap();
        let restriction = restriction(&rules, opted_out);
        for row in &rows {
            let (category, labels, author, person, day, encounter, name) = row;
            let author = author.map(organisation);
            let (person, encounter) = (person.map(|n| format!("staff{n}")), encounter.map(|n| format!("Encounter/{n}")));
            let name = format!("Basic/{name}");
            let item = Item {
                category: *category,
                labels: *labels,
                author: author.as_ref(),
                author_person: person.as_deref(),
                date: day.map(date),
                encounter: encounter.as_deref(),
                document: Some(&name),
            };
            prop_assert_eq!(seen(&store, row, &restriction), restriction.decide(&item).is_permit(), "{:?}", item);
        }
    }
}
