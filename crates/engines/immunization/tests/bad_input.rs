//! Histories and knowledge files that are not what they should be; plans and reports of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use calendar::Date;
use musubi_immunization::{
    Dose, Finding, Gender, Library, Observation, Person, Workspace,
    adverse::{Event, reportable},
    chart, plan,
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn child(doses: &[(&str, &str)]) -> Person {
    Person {
        name: "<結 & \"花子\">".to_owned(),
        birth: day("2024-05-10"),
        gender: Gender::Female,
        country: None,
        doses: doses.iter().map(|(date, vaccine)| Dose::new(day(date), vaccine)).collect(),
        observations: Vec::new(),
    }
}

#[test]
fn what_cannot_be_judged_is_reported() {
    let library = Library::japan().unwrap();
    let knowledge = library.in_force(day("2026-11-22")).unwrap();
    let mut person = child(&[
        ("2024-01-01", "04"),
        ("2025-06-01", "elixir"),
        ("2027-01-01", "04"),
        ("2025-06-20", "04"),
        ("2025-06-20", "4"),
        ("2025-06-20", "jp-mr"),
    ]);
    person.doses[5].manufacturer = Some("XYZ".to_owned());
    person.observations.push(Observation { code: "no such thing".into(), date: None, until: None });
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, &person, day("2026-11-22"));
    let findings = workspace.findings();
    assert!(findings.contains(&Finding::BeforeBirth { dose: 0, date: day("2024-01-01") }));
    assert!(findings.contains(&Finding::UnknownVaccine { dose: 1, code: "elixir".into() }));
    assert!(findings.contains(&Finding::InTheFuture { dose: 2, date: day("2027-01-01") }));
    assert!(findings.contains(&Finding::Duplicate { dose: 4, of: 3, contradictory: false }));
    assert!(findings.contains(&Finding::Duplicate { dose: 5, of: 3, contradictory: true }));
    assert!(findings.contains(&Finding::UnknownObservation { code: "no such thing".into() }));
    assert!(findings.iter().all(|f| !f.en().is_empty() && !f.ja().is_empty()));
    let report = workspace.report(knowledge, &person);
    assert_eq!(report.doses.len(), 1);
    let svg = chart::svg(&report);
    assert!(svg.contains("&lt;結 &amp; &quot;花子&quot;&gt;") && !svg.contains("<結"));
    workspace.assess(knowledge, &person, day("2020-01-01"));
    assert_eq!(workspace.findings().last(), Some(&Finding::AssessedBeforeBirth));
    assert!(workspace.report(knowledge, &person).forecasts.is_empty());
}

#[test]
fn persons_that_are_none_are_refused_with_their_line() {
    for bad in [
        r#"{"birth":"2024-02-30"}"#,
        r#"{"birth":"2024-05-10","doses":[{"date":"2024-13-01","vaccine":"04"}]}"#,
        r#"{"birth":"2024-05-10","doses":[{"date":"2024-12-01"}]}"#,
        r#"{"birth":"2024-05-10","dose":[]}"#,
        "[]",
    ] {
        let error = serde_json::from_str::<Person>(bad).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

#[test]
fn knowledge_files_that_are_none_say_what_is_wrong() {
    let read = |text: &str| {
        Library::read("test", &[("x.toml".to_owned(), text.to_owned())]).unwrap_err().to_string()
    };
    let file = "[file]\nid = \"x\"\nvalid_from = \"2026-01-01\"\n";
    let series = |inside: &str| {
        format!(
            "{file}[[series]]\nname=\"s\"\nantigens=[\"a\"]\ngroup=\"g\"\n[[series.dose]]\nlabel=\"1\"\nvaccines=[]\n{inside}"
        )
    };
    assert!(read("").contains("x.toml"));
    assert!(read(&format!("{file}colour = \"red\"\n")).contains("colour"));
    assert!(read(&series("min = \"soon\"")).contains("soon"));
    assert!(read(&series("interval = [{ from = \"previous\", min = \"a while\" }]")).contains("a while"));
    assert!(read(&series("vaccines = [\"nothing\"]")).contains("x.toml"));
    assert!(
        read(&series(
            "legal = [{ class = \"A\", from = \"2m\", until = \"3m\", article = \"\", source = \"hearsay\" }]"
        ))
        .contains("hearsay")
    );
    let twice = [("a.toml".to_owned(), file.to_owned()), ("b.toml".to_owned(), file.to_owned())];
    assert!(Library::read("test", &twice).unwrap_err().to_string().contains("in force together"));
}

/// A longest interval: without law a late dose is invalid, with it (any built-in file) it would lie outside.
#[test]
fn the_longest_interval_bounds_the_forecast() {
    let text = r#"
        [file]
        id = "x"
        valid_from = "2020-01-01"
        [[group]]
        name = "g"
        name_ja = "g"
        antigens = ["a"]
        [[vaccine]]
        code = "v"
        name = "v"
        name_ja = "v"
        antigens = ["a"]
        [[series]]
        name = "s"
        group = "g"
        antigens = ["a"]
        default = true
        [[series.dose]]
        label = "1"
        min = "birth"
        vaccines = ["v"]
        [[series.dose]]
        label = "2"
        interval = [{ from = "previous", min = "2月", max = "6月" }]
        vaccines = ["v"]
    "#;
    let library = Library::read("test", &[("x.toml".to_owned(), text.to_owned())]).unwrap();
    let knowledge = library.in_force(day("2026-01-01")).unwrap();
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, &child(&[("2025-01-10", "v")]), day("2025-02-01"));
    let report = workspace.report(knowledge, &child(&[]));
    assert_eq!(report.forecasts[0].earliest, Some(day("2025-03-10")));
    assert_eq!(report.forecasts[0].latest, Some(day("2025-07-10")));
}

#[test]
fn plans_catch_up_and_tell_what_clashes() {
    let library = Library::japan().unwrap();
    let on = day("2026-11-22");
    let knowledge = library.in_force(on).unwrap();
    let mut person = child(&[("2025-06-20", "jp-mr")]);
    let visits = plan::visits(knowledge, &person, on, on.add_years(14));
    assert_eq!(visits[0].date, on, "what is late is given at once");
    assert!(visits[0].doses.iter().any(|dose| dose.group == "Varicella" && dose.late));
    assert!(visits.iter().flat_map(|v| &v.doses).any(|dose| dose.group == "DT"), "{visits:#?}");
    // Following the plan, every dose counts.
    for visit in &visits {
        person.doses.extend(visit.doses.iter().map(|dose| Dose::new(visit.date, &dose.vaccine)));
    }
    let end = on.add_years(14);
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, &person, end);
    for dose in &workspace.report(knowledge, &person).doses {
        for judgement in &dose.judgements {
            assert_eq!(judgement.status, musubi_immunization::EvaluationStatus::Valid, "{dose:#?}");
        }
    }
    // Varicella planned ten days after MR.
    let mut person = child(&[("2026-11-01", "jp-mr"), ("2026-11-11", "jp-varicella")]);
    person.doses[1].planned = true;
    let clashes = plan::clashes(knowledge, &person);
    assert_eq!((clashes[0].earlier, clashes[0].planned), (0, 1));
    assert_eq!(clashes[0].not_before, day("2026-11-29"));
    // Two injected live vaccines may go together today; alone, one makes the other wait.
    let person = child(&[]);
    let on = day("2025-08-01");
    workspace.assess(library.in_force(on).unwrap(), &person, on);
    let together = plan::together(library.in_force(on).unwrap(), &workspace.report(knowledge, &person));
    assert!(
        together.now.iter().any(|c| c.group == "MR") && together.now.iter().any(|c| c.group == "Varicella")
    );
    let wait = together.waits.iter().find(|w| w.given == "MR" && w.waits == "Varicella").unwrap();
    assert_eq!(wait.until, day("2025-08-29"));
}

#[test]
fn events_within_the_time_limit_are_reportable() {
    let library = Library::japan().unwrap();
    let knowledge = library.in_force(day("2026-11-22")).unwrap();
    let person = child(&[("2025-06-20", "jp-mr"), ("2025-06-20", "jp-dpt-ipv-hib")]);
    let found = |symptom: &str, date: &str, hours| {
        let event = Event { symptom: symptom.into(), date: day(date), hours };
        reportable(knowledge, &person, &event).iter().map(|r| (r.dose, r.uncertain)).collect::<Vec<_>>()
    };
    // Seven days after DPT-IPV-Hib, twenty-one after MR.
    assert_eq!(found("けいれん", "2025-06-27", None), [(0, false), (1, false)]);
    assert_eq!(found("convulsion", "2025-06-28", None), [(0, false)]);
    assert_eq!(found("けいれん", "2025-07-12", None), []);
    assert_eq!(found("anaphylaxis", "2025-06-20", Some(3.0)), [(0, false), (1, false)]);
    assert_eq!(found("anaphylaxis", "2025-06-20", Some(5.0)), []);
    assert_eq!(found("アナフィラキシー", "2025-06-21", None), [(0, true), (1, true)]);
    assert_eq!(found("けいれん", "2025-06-19", None), []);
    // Half an hour, and no limit at all: HPV. Four hours for every disease of the programme.
    let person = child(&[("2025-06-20", "jp-hpv9"), ("2025-06-20", "jp-bcg")]);
    let found = |symptom: &str, date: &str, hours| {
        let event = Event { symptom: symptom.into(), date: day(date), hours };
        reportable(knowledge, &person, &event).iter().map(|r| (r.dose, r.limit_hours)).collect::<Vec<_>>()
    };
    assert_eq!(found("血管迷走神経反射(失神を伴うもの)", "2025-06-20", Some(0.5)), [(0, Some(0.5))]);
    assert_eq!(found("vasovagal syncope", "2025-06-20", Some(0.6)), []);
    assert_eq!(found("疼痛又は運動障害を中心とする多様な症状", "2026-06-20", None), [(0, None)]);
    assert_eq!(found("anaphylaxis", "2025-06-20", Some(4.0)), [(0, Some(4.0)), (1, Some(4.0))]);
}
