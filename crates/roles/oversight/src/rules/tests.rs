use codes::ExchangeId;
use consent::StaffId;
use protocol::oversight::SideRecord;

use super::*;

const DAY: &str = "2026-11-20";

/// A look-up of the hospital's D1 at this hour of a day before (or on) the day in question.
fn look(days_before: i32, hour: i64, person: usize, side: Side, flags: &[Flag]) -> Kept {
    let day: Date = DAY.parse().unwrap();
    let at = Timestamp::start_of(day.add_days(-days_before)).add_millis(hour * 3_600_000);
    let asker = "institution/1310000001".parse().unwrap();
    let record = SideRecord {
        index: person as u64,
        at,
        side,
        exchange: ExchangeId::new(at.as_millis()),
        asker,
        holders: Vec::new(),
        purpose: None,
        reason: None,
        rule: None,
        staff: Some(StaffId::new("D1").unwrap()),
        person: Some(format!("mark{person}")),
        count: None,
        refused: None,
        flags: flags.to_vec(),
        leaf: String::new(),
    };
    Kept { organisation: asker, record }
}

fn found(records: &[Kept]) -> Vec<(String, String)> {
    let day: Date = DAY.parse().unwrap();
    let findings = Rules::builtin().unwrap().evaluate(records, day, Timestamp::start_of(day));
    findings.into_iter().map(|finding| (finding.rule, finding.value.1)).collect()
}

/// Four weeks of ten look-ups a day at ten in the morning.
fn usual() -> Vec<Kept> {
    (1..=28).flat_map(|day| (0..10).map(move |person| look(day, 10, person, Side::Decided, &[]))).collect()
}

#[test]
fn a_usual_day_finds_nothing() {
    let mut records = usual();
    records.extend((0..12).map(|person| look(0, 10, person, Side::Decided, &[])));
    assert_eq!(found(&records), []);
}

#[test]
fn many_persons_in_one_day_are_bulk_and_unusual_volume() {
    let mut records = usual();
    records.extend((0..45).map(|person| look(0, 10, person, Side::Decided, &[])));
    let found = found(&records);
    assert_eq!(found[0], ("bulk".to_owned(), "45 persons in a day".to_owned()));
    assert_eq!(found[1].0, "volume");
}

#[test]
fn one_person_asked_about_often_is_no_bulk() {
    let records: Vec<Kept> = (0..45).map(|_| look(0, 10, 1, Side::Decided, &[])).collect();
    assert!(found(&records).iter().all(|(rule, _)| rule != "bulk"));
}

#[test]
fn night_stands_out_where_nobody_works_at_night() {
    let mut records = usual();
    records.extend((0..4).map(|person| look(0, 23, person, Side::Decided, &[])));
    assert_eq!(found(&records), [("night".to_owned(), "4 of 4 at night".to_owned())]);
    // Where nights are usual, the same is nothing.
    let mut records: Vec<Kept> = (1..=28)
        .flat_map(|day| (0..4).map(move |person| look(day, 23, person, Side::Decided, &[])))
        .collect();
    records.extend((0..4).map(|person| look(0, 23, person, Side::Decided, &[])));
    assert_eq!(found(&records), []);
}

#[test]
fn flags_are_counted_by_their_own_rules() {
    let records = [
        look(0, 10, 1, Side::Asked, &[Flag::Colleague, Flag::SameFamilyName]),
        look(0, 11, 2, Side::Asked, &[Flag::Famous]),
        look(0, 12, 3, Side::Asked, &[]),
    ];
    let rules: Vec<String> = found(&records).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["colleague", "famous"], "one look-up of the same family name is chance");
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_refused() {
    let without = BUILTIN.replace("alpha = 0.001\n", "");
    assert!(matches!(Rules::parse(&without), Err(RulesError::Rule { .. })));
    let without = BUILTIN.replace("flag = \"famous\"\n", "");
    assert!(matches!(Rules::parse(&without), Err(RulesError::Rule { .. })));
}
