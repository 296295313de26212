#![no_main]
//! The loaders of schedules, workbooks, persons and FHIR requests: what is not one is refused with a message in both
//! languages, what is one is judged; nothing panics.

use immunization::{
    Library, LoadError, Person, Workspace, cdsi, chart, conformance,
    fhir::{Shelf, immds_forecast},
    plan,
};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static LIBRARY: Library = Library::japan().expect("the built-in knowledge is sound");
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest).into_owned();
    match kind % 5 {
        0 => told(conformance::read("cases.xlsx", rest).err()),
        1 => {
            let file = ("file.xml".to_owned(), text);
            told(cdsi::load("fuzz", &file, &[]).err());
            let schedule = ("schedule.xml".to_owned(), "<scheduleSupportingData/>".to_owned());
            told(cdsi::load("fuzz", &schedule, &[file]).err());
        }
        2 => told(Library::read("fuzz", &[("file.toml".to_owned(), text)]).err()),
        3 => {
            if let Ok(parameters) = serde_json::from_str(&text) {
                let mut shelf = Shelf::default();
                shelf.add("jp", Library::japan().expect("the built-in knowledge is sound"));
                let _ = immds_forecast(&parameters, &shelf);
            }
        }
        _ => {
            let Ok(person) = serde_json::from_str::<Person>(&text) else { return };
            LIBRARY.with(|library| {
                let day = "2026-11-22".parse().expect("a day");
                let Some(knowledge) = library.in_force(day) else { return };
                let mut workspace = Workspace::new().with_trace();
                workspace.assess(knowledge, &person, day);
                let report = workspace.report(knowledge, &person);
                assert!(chart::svg(&report).ends_with("</svg>"));
                let _ = plan::together(knowledge, &report);
                let _ = plan::clashes(knowledge, &person);
                if person.doses.len() < 20 {
                    let _ = plan::visits(knowledge, &person, day, day.add_years(20));
                }
            });
        }
    }
});

fn told(error: Option<LoadError>) {
    if let Some(error) = error {
        assert!(!error.to_string().is_empty() && !error.ja().is_empty());
    }
}
