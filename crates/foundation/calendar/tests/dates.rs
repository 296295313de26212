//! Dates in and out, era boundaries, round trips over 1868 to 2200.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use musubi_calendar::{Clock, Date, DateProblem, Era, FixedClock, Timestamp};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn every_usual_spelling_is_read() {
    for text in [
        "2001-03-27",
        "2001/3/27",
        "2001.3.27",
        "2001年3月27日",
        "２００１年３月２７日",
        "20010327",
        " 2001-3-27 ",
        "平成13年3月27日",
        "平成１３年０３月２７日",
        "平成十三年三月二十七日",
        "平成一三年三月二七日",
        "平成 13年 3月 27日",
        "平13.3.27",
        "平成13.3.27",
        "H13.3.27",
        "h13.03.27",
        "H13/3/27",
        "H13-3-27",
        "Ｈ１３．３．２７",
        "H.13.3.27",
        "H130327",
        "4130327",
        "４１３０３２７",
        "㍻13年3月27日",
        "二〇〇一年三月二十七日",
    ] {
        let read = Date::parse(text).or_else(|_| Date::parse_wareki(text));
        assert_eq!(read.map_err(|e| e.to_string()), Ok(day("2001-03-27")), "{text}");
    }
    assert_eq!(Date::parse_wareki("平成元年1月8日").unwrap(), day("1989-01-08"));
    assert_eq!(Date::parse_wareki("令和元年五月一日").unwrap(), day("2019-05-01"));
    assert_eq!(Date::parse_wareki("R1.5.1").unwrap(), day("2019-05-01"));
    assert_eq!(Date::parse_wareki("5021231").unwrap(), day("2020-12-31"));
    assert_eq!(Date::parse_wareki("昭和二十年八月十五日").unwrap(), day("1945-08-15"));
}

#[test]
fn eras_change_on_their_day() {
    for (western, wareki, gyymmdd) in [
        ("1912-07-29", "明治45年7月29日", "1450729"),
        ("1912-07-30", "大正元年7月30日", "2010730"),
        ("1926-12-24", "大正15年12月24日", "2151224"),
        ("1926-12-25", "昭和元年12月25日", "3011225"),
        ("1989-01-07", "昭和64年1月7日", "3640107"),
        ("1989-01-08", "平成元年1月8日", "4010108"),
        ("2019-04-30", "平成31年4月30日", "4310430"),
        ("2019-05-01", "令和元年5月1日", "5010501"),
        ("1868-01-25", "明治元年1月25日", "1010125"),
        ("2026-11-22", "令和8年11月22日", "5081122"),
    ] {
        assert_eq!(day(western).to_wareki(), wareki);
        assert_eq!(day(western).to_gyymmdd().unwrap(), gyymmdd);
        assert_eq!(Date::parse(wareki).unwrap(), day(western));
        assert_eq!(Date::parse(gyymmdd).unwrap(), day(western));
    }
    assert_eq!(
        Date::parse("明治45年7月30日").unwrap(),
        day("1912-07-30"),
        "the last day of 明治 is also the first of 大正"
    );
    assert_eq!(Date::parse("大正15年12月25日").unwrap(), day("1926-12-25"));
    for outside in [
        "明治45年7月31日",
        "大正元年7月29日",
        "大正15年12月26日",
        "昭和64年1月8日",
        "平成元年1月7日",
        "平成31年5月1日",
        "令和元年4月30日",
        "平成32年1月1日",
        "平成0年1月1日",
        "明治元年1月1日",
        "昭和99年1月1日",
    ] {
        let error = Date::parse(outside).unwrap_err();
        assert!(matches!(error.problem(), DateProblem::Era { .. }), "{error}");
    }
    let error = Date::parse("昭和64年1月8日").unwrap_err();
    assert_eq!(
        error.to_string(),
        "“昭和64年1月8日” is not a date: the era 昭和 runs from 1926-12-25 to 1989-01-07"
    );
    assert_eq!(
        error.ja(),
        "「昭和64年1月8日」は日付として読めません：昭和は1926-12-25から1989-01-07までです"
    );
}

#[test]
fn what_is_no_date_is_refused_precisely() {
    for (text, english) in [
        ("20230229", "2023-02 has no day 29, expected 1 to 28"),
        ("20231301", "month 13 does not exist, expected 1 to 12"),
        ("20230100", "2023-01 has no day 0, expected 1 to 31"),
        ("18680124", "expected a day from 1868-01-25 to 9999-12-31"),
        ("00000000", "expected a day from 1868-01-25 to 9999-12-31"),
        ("2023-13-01", "month 13 does not exist, expected 1 to 12"),
        ("平成13年2月30日", "2001-02 has no day 30, expected 1 to 28"),
        ("4130230", "2001-02 has no day 30, expected 1 to 28"),
        ("", "expected yyyy-MM-dd, yyyy/MM/dd, yyyyMMdd, yyyy年M月d日"),
        ("6010101", "expected 平成13年3月27日, H13.3.27, 4130327"),
        ("永禄3年5月19日", "expected 平成13年3月27日, H13.3.27, 4130327"),
        ("23-1-1", "expected yyyy-MM-dd, yyyy/MM/dd, yyyyMMdd, yyyy年M月d日"),
    ] {
        let error = Date::parse(text).unwrap_err();
        assert_eq!(error.problem().to_string(), english, "{text}");
        assert!(!error.ja().is_empty());
    }
    assert!(Date::from_compact("２０２３０１０１").is_err(), "files hold ASCII digits");
    assert!("2023-1-1".parse::<Date>().is_err(), "the form of the interfaces is exact");
    assert!(serde_json::from_str::<Date>("\"2023-02-29\"").is_err());
    assert_eq!(serde_json::to_string(&day("2023-02-28")).unwrap(), "\"2023-02-28\"");
}

#[test]
fn years_and_months() {
    assert_eq!(day("2024-01-31").add_months(1), day("2024-02-29"));
    assert_eq!(day("2023-01-31").add_months(1), day("2023-02-28"));
    assert_eq!(day("2024-02-29").add_years(1), day("2025-02-28"));
    assert_eq!(day("2024-03-31").add_months(-1), day("2024-02-29"));
    assert_eq!(Date::MAX.add_days(1), Date::MAX);
    assert_eq!(Date::MIN.add_months(-1), Date::MIN);
    assert_eq!(Date::MIN.add_days(i32::MIN), Date::MIN);
    assert_eq!(Date::MAX.add_years(i32::MAX), Date::MAX);
    assert_eq!(day("2024-03-31").fiscal_year(), 2023);
    assert_eq!(day("2024-04-01").fiscal_year(), 2024);
    assert_eq!(day("2024-02-10").last_of_month(), day("2024-02-29"));
    assert_eq!(day("2026-11-22").weekday_ja(), "日");
    assert_eq!(Date::MIN.era(), Era::Meiji);
}

#[test]
fn instants_are_shown_in_japan() {
    let at = Timestamp::from_jst_compact("20230221174835").unwrap();
    assert_eq!(at.to_rfc3339(), "2023-02-21T17:48:35+09:00");
    assert_eq!(at.as_seconds(), 1_676_969_315);
    assert_eq!("2023-02-21T08:48:35.5Z".parse::<Timestamp>().unwrap(), at.add_millis(500));
    assert_eq!("2023-02-21T08:48:35-00:00".parse::<Timestamp>().unwrap(), at);
    for bad in [
        "20230221244835",
        "20230221176035",
        "20230229000000",
        "2023022117483",
        "２０２３",
        "あいうえおかきくけこさしすせ",
    ] {
        assert!(Timestamp::from_jst_compact(bad).is_err(), "{bad}");
    }
    for bad in [
        "2023-02-21",
        "2023-02-21T17:48:35",
        "2023-02-21T17:48+09:00",
        "2023-02-21T25:00:00Z",
        "2023-02-21T1:1:1.Z",
    ] {
        assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
    }
    let clock = FixedClock::new("2023-02-21T23:59:59.999+09:00".parse().unwrap());
    assert_eq!(clock.today(), day("2023-02-21"));
    clock.advance(1);
    assert_eq!(clock.today(), day("2023-02-22"));
}

/// Every day from 1868-01-25 to 2200-12-31.
fn any_day() -> impl Strategy<Value = Date> {
    (Date::MIN.to_days()..=day("2200-12-31").to_days()).prop_map(|days| Date::from_days(days).unwrap())
}

#[test]
fn every_day_until_2200_comes_back_from_every_form() {
    let mut count = 0;
    let mut date = Date::MIN;
    while date <= day("2200-12-31") {
        assert_eq!(Date::parse(&date.to_wareki()), Ok(date));
        assert_eq!(Date::parse(&date.to_wareki_short()), Ok(date));
        assert_eq!(Date::from_compact(&date.to_compact()), Ok(date));
        assert_eq!(Date::from_days(date.to_days()), Ok(date));
        assert_eq!(Date::from_civil(date.to_civil()), Ok(date));
        if let Some(text) = date.to_gyymmdd() {
            assert_eq!(Date::parse(&text), Ok(date));
        }
        let next = date.add_days(1);
        assert!(next > date && next.to_civil() == date.to_civil().tomorrow().unwrap());
        assert!(next.era() >= date.era());
        date = next;
        count += 1;
    }
    println!("{count} days");
    assert_eq!(count, 121_602);
}

proptest! {
    #[test]
    fn instants_come_back(millis in -3_216_000_000_000_i64..7_289_000_000_000) {
        let at = Timestamp::from_millis(millis);
        prop_assert_eq!(at.to_rfc3339().parse::<Timestamp>().unwrap(), at);
        prop_assert_eq!(Timestamp::from_jst_compact(&at.to_jst_compact()).unwrap().as_seconds(), at.as_seconds());
        prop_assert!(Timestamp::start_of(at.date()) <= at && at < Timestamp::start_of(at.date().add_days(1)));
        let json = serde_json::to_string(&at).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn adding_and_taking_days_agree(a in any_day(), days in -10_000..10_000_i32) {
        let b = a.add_days(days);
        prop_assume!(b > Date::MIN);
        prop_assert_eq!(a.days_until(b), days);
        prop_assert_eq!(b.add_days(-days), a);
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = (Date::parse(&text), Date::parse_wareki(&text), Date::from_compact(&text));
        let _ = (text.parse::<Timestamp>(), Timestamp::from_jst_compact(&text));
    }
}
