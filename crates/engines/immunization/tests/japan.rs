//! The Japanese knowledge base against what municipalities, the ministry and a transcription of it publish.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::Date;
use musubi_immunization::{
    Dose, EvaluationStatus, Gender, GroupForecast, LegalClass, Library, Observation, Person, Report,
    SeriesStatus, Workspace,
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn girl(birth: &str, doses: &[(&str, &str)]) -> Person {
    Person {
        name: String::new(),
        birth: day(birth),
        gender: Gender::Female,
        country: None,
        doses: doses.iter().map(|(date, vaccine)| Dose::new(day(date), vaccine)).collect(),
        observations: Vec::new(),
    }
}

fn assess(person: &Person, on: &str) -> Report {
    let library = Library::japan().unwrap();
    let knowledge = library.in_force(day(on)).unwrap();
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, person, day(on));
    workspace.report(knowledge, person)
}

fn group<'a>(report: &'a Report, name: &str) -> &'a GroupForecast {
    report
        .forecasts
        .iter()
        .find(|forecast| forecast.group == name)
        .unwrap_or_else(|| panic!("{name}: {report:#?}"))
}

/// Earliest, recommended, last day of the standard period, last day by law.
fn dates(forecast: &GroupForecast) -> [Option<String>; 4] {
    [forecast.earliest, forecast.recommended, forecast.past_due, forecast.latest]
        .map(|d| d.map(|d| d.to_string()))
}

fn four(a: &str, b: &str, c: &str, d: &str) -> [Option<String>; 4] {
    [a, b, c, d].map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

/// The table of a child born 2026-05-10, transcribed from the 実施要領 by a third party (FORMATS §8).
#[test]
fn first_doses_of_a_child_born_on_2026_05_10() {
    let report = assess(&girl("2026-05-10", &[]), "2026-05-10");
    for (name, expected) in [
        ("Hepatitis B", four("2026-05-10", "2026-07-09", "2027-02-09", "2027-05-09")),
        ("Rotavirus", four("2026-06-21", "2026-07-09", "2026-08-22", "2026-10-25")),
        ("DPT-IPV-Hib", four("2026-07-09", "2026-07-09", "2026-12-09", "2033-11-09")),
        ("Pneumococcal, child", four("2026-07-09", "2026-07-09", "2026-12-09", "2026-12-09")),
        ("BCG", four("2026-05-10", "2026-10-09", "2027-01-09", "2027-05-09")),
        ("MR", four("2027-05-09", "2027-05-09", "2028-05-09", "2028-05-09")),
        ("Varicella", four("2027-05-09", "2027-05-09", "2027-08-09", "2029-05-09")),
        ("Japanese encephalitis", four("2026-11-09", "2029-05-09", "2030-05-09", "2033-11-09")),
        ("DT", four("2037-05-09", "2037-05-09", "2038-05-09", "2039-05-09")),
    ] {
        assert_eq!(dates(group(&report, name)), expected, "{name}");
    }
    let hpv = group(&report, "HPV");
    assert_eq!(dates(hpv), four("2038-04-01", "2039-04-01", "2040-03-31", "2041-05-09"));
}

#[test]
fn the_second_period_of_measles_and_rubella_is_the_year_before_school() {
    let report = assess(&girl("2026-05-10", &[("2027-06-01", "jp-mr")]), "2027-06-02");
    assert_eq!(dates(group(&report, "MR")), four("2032-04-01", "2032-04-01", "2033-03-31", "2033-03-31"));
    // Born on 1 April: a year earlier than born on the 2nd.
    for (birth, from, until) in
        [("2020-04-01", "2025-04-01", "2026-03-31"), ("2020-04-02", "2026-04-01", "2027-03-31")]
    {
        let report = assess(&girl(birth, &[("2021-06-01", "04")]), "2024-06-01");
        assert_eq!(dates(group(&report, "MR")), four(from, from, until, until));
    }
}

#[test]
fn whoever_missed_the_first_period_has_the_second() {
    let report = assess(&girl("2020-04-02", &[]), "2026-05-01");
    assert_eq!(group(&report, "MR").label, "第2期");
    assert_eq!(dates(group(&report, "MR")), four("2026-04-01", "2026-04-01", "2027-03-31", "2027-03-31"));
    let report = assess(&girl("2020-04-02", &[("2026-05-01", "04")]), "2026-06-01");
    assert_eq!(report.doses[0].judgements[0].target, "第2期");
    assert_eq!(report.doses[0].legal.as_ref().unwrap().class, LegalClass::RoutineA);
}

/// 函館市: due date 2026-04-23, window 2026-01-29 to 2026-04-01; the programme began on 2026-04-01.
#[test]
fn rsv_in_pregnancy_by_the_due_date() {
    let mut person = girl("1996-01-01", &[]);
    person.observations.push(Observation {
        code: "JP-DUE-DATE".into(),
        date: Some(day("2026-04-23")),
        until: None,
    });
    let report = assess(&person, "2026-04-01");
    let forecast = group(&report, "RSV, maternal");
    assert_eq!(dates(forecast), four("2026-04-01", "2026-04-01", "2026-04-01", "2026-04-01"));
    // Without the programme's first day the window is the municipality's: 2026-01-29 to 2026-04-01; and for a due
    // date a hundred days later all of it is open.
    let mut later = person.clone();
    later.observations[0].date = Some(day("2026-08-01"));
    assert_eq!(
        dates(group(&assess(&later, "2026-04-01"), "RSV, maternal")),
        four("2026-05-09", "2026-05-09", "2026-07-10", "2026-07-10")
    );
    // A dose of another pregnancy does not count for this one.
    person.doses.push(Dose::new(day("2024-03-01"), "jp-rsv-maternal"));
    assert_eq!(group(&assess(&person, "2026-04-01"), "RSV, maternal").status, SeriesStatus::NotComplete);
    person.doses.push(Dose::new(day("2026-04-01"), "jp-rsv-maternal"));
    let report = assess(&person, "2026-04-20");
    assert_eq!(group(&report, "RSV, maternal").status, SeriesStatus::Complete);
    assert_eq!(report.doses[1].legal.as_ref().unwrap().class, LegalClass::RoutineA);
}

/// "27日以上の間隔" leaves 27 days between: the 28th day after counts, the 27th does not.
#[test]
fn intervals_leave_whole_days_between() {
    for (second, status) in
        [("2026-08-05", EvaluationStatus::NotValid), ("2026-08-06", EvaluationStatus::Valid)]
    {
        let report =
            assess(&girl("2026-05-10", &[("2026-07-09", "jp-hepb"), (second, "jp-hepb")]), "2026-09-01");
        assert_eq!(report.doses[1].judgements[0].status, status, "{second}");
    }
    let report = assess(&girl("2026-05-10", &[("2026-07-09", "08"), ("2026-08-06", "08")]), "2026-09-01");
    // 139日以上 after the first: 140 days.
    assert_eq!(group(&report, "Hepatitis B").earliest, Some(day("2026-11-26")));
    assert_eq!(day("2026-07-09").days_until(day("2026-11-26")), 140);
}

/// Injected live vaccines wait for each other; since 2020-10-01 nothing else does.
#[test]
fn the_interval_between_different_vaccines_changed_in_2020() {
    let status = |birth: &str, first: (&str, &str), second: (&str, &str), group: &str| {
        let report = assess(&girl(birth, &[first, second]), "2026-01-01");
        report.doses[1].judgements.iter().find(|j| j.group == group).unwrap().status
    };
    let valid = EvaluationStatus::Valid;
    let not_valid = EvaluationStatus::NotValid;
    assert_eq!(status("2023-05-10", ("2024-05-10", "04"), ("2024-06-06", "21"), "Varicella"), not_valid);
    assert_eq!(status("2023-05-10", ("2024-05-10", "04"), ("2024-06-07", "21"), "Varicella"), valid);
    assert_eq!(status("2023-05-10", ("2024-05-10", "04"), ("2024-05-10", "21"), "Varicella"), valid);
    assert_eq!(
        status("2023-05-10", ("2024-05-10", "04"), ("2024-05-11", "jp-je"), "Japanese encephalitis"),
        valid
    );
    // Before the change: 27 days after live, 6 after inactivated.
    assert_eq!(
        status("2019-01-10", ("2020-02-01", "04"), ("2020-02-20", "jp-je"), "Japanese encephalitis"),
        not_valid
    );
    assert_eq!(
        status("2019-01-10", ("2020-02-01", "08"), ("2020-02-06", "jp-je"), "Japanese encephalitis"),
        not_valid
    );
    assert_eq!(
        status("2019-01-10", ("2020-02-01", "08"), ("2020-02-08", "jp-je"), "Japanese encephalitis"),
        valid
    );
}

/// The four courses of PCV by the age at the first dose.
#[test]
fn pneumococcal_by_the_age_at_the_first_dose() {
    let remaining = |first: &str| {
        let report = assess(&girl("2025-05-10", &[(first, "216")]), first);
        (
            group(&report, "Pneumococcal, child").series[0].clone(),
            group(&report, "Pneumococcal, child").remaining,
        )
    };
    assert_eq!(remaining("2025-07-09"), ("小児肺炎球菌 2〜7月開始".to_owned(), 3));
    assert_eq!(remaining("2025-12-09"), ("小児肺炎球菌 2〜7月開始".to_owned(), 3));
    assert_eq!(remaining("2025-12-10"), ("小児肺炎球菌 7〜12月開始".to_owned(), 2));
    assert_eq!(remaining("2026-05-10"), ("小児肺炎球菌 12〜24月開始".to_owned(), 1));
    let report = assess(&girl("2022-05-10", &[("2024-06-10", "215")]), "2024-06-11");
    assert_eq!(group(&report, "Pneumococcal, child").status, SeriesStatus::Complete);
    // The second after 12 months: no third, the booster 60 days later (diff 61).
    let report = assess(&girl("2025-05-10", &[("2025-11-10", "216"), ("2026-06-10", "216")]), "2026-06-11");
    let forecast = group(&report, "Pneumococcal, child");
    assert_eq!((forecast.label.as_str(), forecast.earliest), ("追加", Some(day("2026-08-10"))));
    // Never begun, at 10 months: the course of 7 to 12 months.
    let report = assess(&girl("2026-01-10", &[]), "2026-11-15");
    assert_eq!(group(&report, "Pneumococcal, child").series, ["小児肺炎球菌 7〜12月開始"]);
}

#[test]
fn hpv_two_doses_before_fifteen_else_three() {
    let report = assess(&girl("2012-06-01", &[("2026-05-01", "165")]), "2026-05-02");
    let forecast = group(&report, "HPV");
    assert_eq!(forecast.series, ["HPV 9価 2回(15歳になるまでに開始)"]);
    assert_eq!(dates(forecast), four("2026-10-01", "2026-11-01", "2026-11-01", "2029-03-31"));
    // Two months after the first: the course of three goes on.
    let report = assess(&girl("2012-06-01", &[("2026-05-01", "165"), ("2026-07-01", "165")]), "2026-07-02");
    let forecast = group(&report, "HPV");
    assert_eq!((forecast.series[0].as_str(), forecast.remaining), ("HPV 3回", 1));
    assert_eq!(forecast.earliest, Some(day("2026-10-01")));
    // Begun after 15.
    let report = assess(&girl("2010-06-01", &[("2026-05-01", "165")]), "2026-05-02");
    assert_eq!(group(&report, "HPV").series, ["HPV 3回"]);
    // Not the boys'.
    let mut boy = girl("2012-06-01", &[]);
    boy.gender = Gender::Male;
    assert!(assess(&boy, "2026-05-02").forecasts.iter().all(|f| f.group != "HPV"));
}

#[test]
fn japanese_encephalitis_for_the_special_cohorts() {
    // Born 2007-04-01: until the day before the 20th birthday.
    let report = assess(&girl("2007-04-01", &[("2011-05-01", "jp-je")]), "2026-11-22");
    assert_eq!(group(&report, "Japanese encephalitis").latest, Some(day("2027-03-31")));
    assert_eq!(group(&report, "Japanese encephalitis").remaining, 3);
    // Born a year later and without a claim at 18: over.
    let report = assess(&girl("2008-04-01", &[("2011-05-01", "jp-je")]), "2026-11-22");
    assert_eq!(group(&report, "Japanese encephalitis").status, SeriesStatus::AgedOut);
    // An ordinary child whose first period is over has the second.
    let report = assess(&girl("2016-05-10", &[]), "2026-11-22");
    assert_eq!(group(&report, "Japanese encephalitis").label, "第2期");
}

#[test]
fn a_valid_dose_may_lie_outside_the_programme() {
    let report = assess(&girl("2022-05-10", &[("2025-08-01", "21")]), "2025-09-01");
    assert_eq!(report.doses[0].judgements[0].status, EvaluationStatus::Valid);
    let legal = report.doses[0].legal.as_ref().unwrap();
    assert_eq!(legal.class, LegalClass::Voluntary);
    assert_eq!(legal.reason, "after 2025-05-09");
    assert_eq!(group(&report, "Varicella").status, SeriesStatus::AgedOut);
    // Within it, on its last day.
    let report = assess(&girl("2022-05-10", &[("2025-05-09", "21")]), "2025-09-01");
    let legal = report.doses[0].legal.as_ref().unwrap();
    assert_eq!(
        (legal.class, legal.article.as_str()),
        (LegalClass::RoutineA, "施行令3条1項; 実施要領 第2の7")
    );
}

#[test]
fn a_long_illness_opens_the_window_again() {
    let mut person = girl("2020-05-10", &[]);
    person.observations.push(Observation {
        code: "JP-LONG-ILLNESS".into(),
        date: Some(day("2021-01-01")),
        until: Some(day("2025-06-30")),
    });
    let report = assess(&person, "2026-05-01");
    // Two years from the end: varicella.
    assert_eq!(group(&report, "Varicella").latest, Some(day("2027-06-29")));
    // BCG is capped at four years of age, which are over.
    assert_eq!(group(&report, "BCG").status, SeriesStatus::AgedOut);
    person.doses.push(Dose::new(day("2026-05-02"), "21"));
    let report = assess(&person, "2026-05-03");
    let legal = report.doses[0].legal.as_ref().unwrap();
    assert_eq!((legal.class, legal.special), (LegalClass::RoutineA, true));
}

#[test]
fn the_knowledge_is_chosen_by_date() {
    let library = Library::japan().unwrap();
    assert!(library.in_force(day("2024-03-31")).is_none());
    let person = girl("1960-08-01", &[]);
    let vaccines = |on: &str| group(&assess(&person, on), "Pneumococcal, elderly").vaccines.clone();
    assert_eq!(vaccines("2025-12-01")[0].0, "jp-ppsv23");
    assert_eq!(vaccines("2026-05-01")[0].0, "jp-pcv20");
    for (from, version) in library.versions() {
        println!("in force from {from}: {} {}", version.name, version.version);
    }
}

/// Municipal tables: in FY2026 those who turn 65, 70 … 100 until 2027-03-31 (April births as schools count).
#[test]
fn zoster_by_the_age_in_the_fiscal_year() {
    for (birth, latest) in [
        ("1961-04-02", Some("2027-03-31")),
        ("1962-04-01", Some("2027-03-31")),
        ("1956-04-02", Some("2027-03-31")),
        ("1957-04-01", Some("2027-03-31")),
        ("1958-05-01", Some("2029-03-31")),
    ] {
        let report = assess(&girl(birth, &[]), "2026-05-01");
        assert_eq!(group(&report, "Zoster").latest, latest.map(day), "{birth}");
    }
    // 90 was in FY2025; 95 comes when the five years are over.
    let report = assess(&girl("1935-05-01", &[]), "2026-05-01");
    assert_eq!(group(&report, "Zoster").status, SeriesStatus::AgedOut);
}

/// 75 and older choose between standard and high dose from 2026-10-01; before, there is the standard dose alone.
#[test]
fn influenza_of_the_elderly() {
    let class = |birth: &str, date: &str, vaccine: &str| {
        let report = assess(&girl(birth, &[(date, vaccine)]), date);
        report.doses[0].legal.as_ref().unwrap().class
    };
    let (routine, voluntary) = (LegalClass::RoutineB, LegalClass::Voluntary);
    assert_eq!(class("1951-11-20", "2026-11-19", "jp-influenza-high-dose"), routine);
    assert_eq!(class("1951-11-20", "2026-11-18", "jp-influenza-high-dose"), voluntary);
    assert_eq!(class("1961-11-20", "2026-11-19", "jp-influenza"), routine);
    assert_eq!(class("1961-11-20", "2025-11-19", "jp-influenza"), voluntary);
    assert_eq!(class("1950-11-20", "2025-11-19", "jp-influenza"), routine);
    // Once a season.
    let report = assess(&girl("1950-05-01", &[("2026-10-20", "140")]), "2026-11-22");
    assert_eq!(group(&report, "Influenza, elderly").status, SeriesStatus::Complete);
    let report = assess(&girl("1950-05-01", &[("2025-10-20", "140")]), "2026-11-22");
    assert_eq!(group(&report, "Influenza, elderly").status, SeriesStatus::NotComplete);
}

/// 指宿市: two months between the doses, one where the immune system is weak.
#[test]
fn zoster_where_the_immune_system_is_weak() {
    let mut person = girl("1961-05-01", &[("2026-05-01", "187"), ("2026-06-05", "187")]);
    let valid =
        |report: &Report| report.doses[1].judgements.iter().any(|j| j.status == EvaluationStatus::Valid);
    assert!(!valid(&assess(&person, "2026-06-06")));
    person.observations.push(Observation { code: "JP-IMMUNODEFICIENCY".into(), date: None, until: None });
    let report = assess(&person, "2026-06-06");
    assert!(valid(&report), "{:#?}", report.doses);
    assert_eq!(report.doses[1].legal.as_ref().unwrap().class, LegalClass::RoutineB);
}

/// A decision is told in both languages, and every rule that decides has a Japanese name.
#[test]
fn decisions_are_told_in_japanese() {
    let library = Library::japan().unwrap();
    let knowledge = library.in_force(day("2026-11-22")).unwrap();
    let mut workspace = Workspace::new().with_trace();
    let doses = [("2025-11-10", "216"), ("2026-06-10", "216"), ("2026-06-20", "04"), ("2026-06-30", "21")];
    workspace.assess(knowledge, &girl("2025-05-10", &doses), day("2026-11-22"));
    let steps = workspace.steps();
    for step in steps {
        assert!(!step.rule_ja.is_empty(), "{}", step.rule);
        for ja in [&step.inputs_ja, &step.outcome_ja] {
            assert!(!ja.is_ascii(), "{step:?}");
        }
    }
    let said = |rule: &str, about: &str| steps.iter().find(|s| s.rule == rule && s.about == about).unwrap();
    let conflict = said("CONFLICT-3", "水痘");
    assert_eq!(conflict.outcome_ja, "間隔が短い: 2026-07-18より前には受けられない");
    let skipped = said("Table 6-11", "小児肺炎球菌 2〜7月開始");
    assert_eq!(skipped.inputs_ja, "2026-11-22における初回3回目");
    assert_eq!(skipped.outcome_ja, "省く: 有効な接種(2026-05-10以降): 1回");
    println!("{} decisions in both languages", steps.len());
}
