//! Legal age, school, and the algebra of spans.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use musubi_calendar::{Date, Interval};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_official_vector_of_months() {
    // 事務連絡 2014-03-11: born 2013-04-01, 生後3月から6月に至るまで = 2013-06-30 … 2013-09-30.
    let birth = day("2013-04-01");
    assert_eq!(birth.attains_months(3), day("2013-06-30"));
    assert_eq!(birth.attains_months(6), day("2013-09-30"));
}

#[test]
fn an_age_is_attained_the_day_before_the_birthday() {
    let birth = day("2001-03-27");
    assert_eq!(birth.attains_age(20), day("2021-03-26"));
    assert_eq!(birth.age_on(day("2021-03-25")), Some(19));
    assert_eq!(birth.age_on(day("2021-03-26")), Some(20));
    assert_eq!(birth.everyday_age_on(day("2021-03-26")), Some(19));
    assert_eq!(birth.everyday_age_on(day("2021-03-27")), Some(20));
    assert_eq!(birth.age_on(day("2001-03-26")), None);
    assert_eq!(birth.age_on(birth), Some(0));
    let leap = day("2004-02-29");
    assert_eq!(leap.attains_age(1), day("2005-02-28"));
    assert_eq!(leap.attains_age(4), day("2008-02-28"));
    assert_eq!(leap.age_on(day("2005-02-27")), Some(0));
    assert_eq!(leap.age_on(day("2005-02-28")), Some(1));
    let month_end = day("2023-01-31");
    assert_eq!(month_end.attains_months(1), day("2023-02-28"), "no 31 February: the month's end");
    assert_eq!(month_end.attains_months(2), day("2023-03-30"));
    assert_eq!(day("2023-08-30").attains_months(6), day("2024-02-29"));
    assert_eq!(day("2024-01-01").attains_age(1), day("2024-12-31"));
}

#[test]
fn school_begins_with_the_first_april_after_the_sixth_year() {
    assert_eq!(day("2017-04-01").school_entry_year(), 2023, "born on 1 April: the older class");
    assert_eq!(day("2017-04-02").school_entry_year(), 2024);
    assert_eq!(day("2018-03-31").school_entry_year(), 2024);
    assert_eq!(day("2018-04-01").school_entry_year(), 2024);
    assert_eq!(day("2018-04-02").school_entry_year(), 2025);
    assert_eq!(day("2024-03-31").school_year(), 2023);
}

#[test]
fn spans() {
    let april = Interval::closed(day("2024-04-01"), day("2024-04-30"));
    assert_eq!(april, Interval::new(day("2024-04-01"), Some(day("2024-05-01"))));
    assert_eq!((april.days(), april.last_day()), (Some(30), Some(day("2024-04-30"))));
    assert!(april.contains(day("2024-04-30")) && !april.contains(day("2024-05-01")));
    let from_may = Interval::since(day("2024-05-01"));
    assert!(!april.overlaps(&from_may) && april.meets(&from_may));
    assert!(Interval::since(Date::MIN).covers(&april) && !april.covers(&from_may));
    let empty = Interval::new(day("2024-04-10"), Some(day("2024-04-10")));
    assert!(empty.is_empty() && !empty.overlaps(&april) && !april.overlaps(&empty) && april.covers(&empty));
    assert_eq!(Interval::closed(day("2024-04-01"), Date::MAX), Interval::since(day("2024-04-01")));
    let json = serde_json::to_string(&from_may).unwrap();
    assert_eq!(json, "{\"from\":\"2024-05-01\"}");
    assert_eq!(serde_json::from_str::<Interval>(&json).unwrap(), from_may);
}

fn any_day() -> impl Strategy<Value = Date> {
    (Date::MIN.to_days()..=day("2200-12-31").to_days()).prop_map(|days| Date::from_days(days).unwrap())
}

fn any_span() -> impl Strategy<Value = Interval> {
    (0..60_i32, prop::option::of(0..60_i32)).prop_map(|(from, until)| {
        let base = day("2024-02-01");
        Interval::new(base.add_days(from), until.map(|until| base.add_days(until)))
    })
}

proptest! {
    #[test]
    fn an_age_begins_on_the_day_it_is_attained(birth in any_day(), years in 1..120_u16) {
        let attained = birth.attains_age(years);
        prop_assert_eq!(birth.age_on(attained), Some(years));
        prop_assert_eq!(birth.age_on(attained.add_days(-1)), Some(years - 1));
    }

    #[test]
    fn months_attained_never_go_back(birth in any_day(), months in 0..1500_u32) {
        prop_assert!(birth.attains_months(months) <= birth.attains_months(months + 1));
        prop_assert!(birth.age_in_months_on(birth.attains_months(months)) >= Some(months));
    }

    #[test]
    fn spans_are_sets_of_days(a in any_span(), b in any_span()) {
        let days = (0..70).map(|n| day("2024-02-01").add_days(n));
        let both = a.intersection(&b);
        let rest = a.without(&b);
        let mut shared = false;
        for d in days {
            let in_both = a.contains(d) && b.contains(d);
            shared |= in_both;
            prop_assert_eq!(both.is_some_and(|both| both.contains(d)), in_both);
            prop_assert_eq!(rest.iter().any(|r| r.contains(d)), a.contains(d) && !b.contains(d));
        }
        prop_assert_eq!(a.overlaps(&b), shared);
        prop_assert_eq!(a.overlaps(&b), b.overlaps(&a));
        prop_assert_eq!(b.covers(&a), rest.is_empty());
    }
}
