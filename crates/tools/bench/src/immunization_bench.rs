//! Whole persons evaluated and forecast on one core, beside the goal of 20,000 a second: nobody has published a figure.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use calendar::Date;
use immunization::{Dose, Gender, Knowledge, Library, Person, Workspace, cdsi, conformance};

use crate::clock::{Cost, repeat};
use crate::table::{Figure, Goal, Table};

/// Persons a second on one core that the house promises.
const GOAL: f64 = 20_000.0;

/// Options of `bench immunization`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Official CDSi supporting data; only the Japanese knowledge is measured without it.
    #[arg(long)]
    supporting_data: Option<PathBuf>,
    /// The official workbook: its persons are measured too.
    #[arg(long, requires = "supporting_data")]
    cases: Option<PathBuf>,
    /// Seconds for each figure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Measures it all.
///
/// # Errors
/// When the knowledge or the cases cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let time = Duration::from_secs_f64(arguments.seconds);
    let mut table = Table::new("immunization, one thread, whole persons evaluated and forecast");
    let on: Date = "2026-11-22".parse()?;
    let library = Library::japan()?;
    let japan = library.in_force(on).context("no Japanese knowledge in force")?;
    measure(&mut table, "Japan, children with 18 doses", japan, &[(child(&JAPANESE)?, on)], time)?;
    measure(&mut table, "Japan, newborns", japan, &[(newborn(on), on)], time)?;
    if let Some(folder) = &arguments.supporting_data {
        let knowledge = cdsi::load_folder(folder, "supporting-data")?;
        measure(&mut table, "CDSi, children with 25 doses", &knowledge, &[(child(&AMERICAN)?, on)], time)?;
        measure(&mut table, "CDSi, newborns", &knowledge, &[(newborn(on), on)], time)?;
        if let Some(file) = &arguments.cases {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let cases = conformance::read(&file.display().to_string(), &bytes)?.cases;
            let persons: Vec<_> = cases.into_iter().map(|case| (case.person, case.assessment)).collect();
            measure(&mut table, "CDSi, the official cases", &knowledge, &persons, time)?;
        }
    }
    let mut traced = Workspace::new().with_trace();
    let person = child(&JAPANESE)?;
    let cost = repeat(time, || {
        traced.assess(japan, black_box(&person), on);
        Ok(traced.steps().len())
    })?;
    let note = format!("{} decisions", traced.steps().len());
    rate(&mut table, "Japan, children, every decision written down", 1, cost).note(note);
    Ok(table)
}

fn measure(
    table: &mut Table,
    name: &str,
    knowledge: &Knowledge,
    persons: &[(Person, Date)],
    time: Duration,
) -> anyhow::Result<()> {
    let mut workspace = Workspace::new();
    let cost = repeat(time, || {
        for (person, on) in persons {
            workspace.assess(knowledge, black_box(person), *on);
            black_box(workspace.findings().len());
        }
        Ok(())
    })?;
    rate(table, name, persons.len(), cost).goal(Goal::AtLeast(GOAL));
    Ok(())
}

fn rate<'a>(table: &'a mut Table, name: &str, items: usize, cost: Cost) -> &'a mut Figure {
    table.add(format!("{name}, CPU"), cost.cpu_nanos(items) / 1_000.0, "us a person");
    table.add(name, 1e9 / cost.cpu_nanos(items), "persons/CPU-s")
}

fn newborn(on: Date) -> Person {
    Person {
        name: String::new(),
        birth: on,
        gender: Gender::Female,
        country: None,
        doses: Vec::new(),
        observations: Vec::new(),
    }
}

/// A child of six with the doses of a list: (months of age, days, vaccine).
fn child(doses: &[(i32, i32, &str)]) -> anyhow::Result<Person> {
    let mut person = newborn("2020-05-10".parse()?);
    person.doses = doses
        .iter()
        .map(|(months, days, vaccine)| Dose::new(person.birth.add_months(*months).add_days(*days), vaccine))
        .collect();
    Ok(person)
}

const JAPANESE: [(i32, i32, &str); 18] = [
    (2, 0, "jp-hepb"),
    (3, 0, "jp-hepb"),
    (8, 0, "jp-hepb"),
    (2, 0, "jp-dpt-ipv-hib"),
    (3, 0, "jp-dpt-ipv-hib"),
    (4, 0, "jp-dpt-ipv-hib"),
    (12, 0, "jp-dpt-ipv-hib"),
    (2, 0, "jp-pcv13"),
    (3, 0, "jp-pcv13"),
    (4, 0, "jp-pcv13"),
    (12, 0, "jp-pcv13"),
    (5, 0, "jp-bcg"),
    (12, 0, "jp-mr"),
    (13, 5, "jp-varicella"),
    (20, 0, "jp-varicella"),
    (36, 0, "jp-je"),
    (37, 0, "jp-je"),
    (49, 0, "jp-je"),
];

const AMERICAN: [(i32, i32, &str); 25] = [
    (0, 0, "08"),
    (2, 0, "08"),
    (6, 0, "08"),
    (2, 0, "120"),
    (4, 0, "120"),
    (6, 0, "120"),
    (15, 0, "120"),
    (2, 0, "133"),
    (4, 0, "133"),
    (6, 0, "133"),
    (12, 0, "133"),
    (2, 0, "116"),
    (4, 0, "116"),
    (6, 0, "116"),
    (12, 0, "03"),
    (12, 0, "21"),
    (12, 0, "83"),
    (18, 0, "83"),
    (48, 0, "130"),
    (48, 0, "94"),
    (7, 0, "150"),
    (8, 0, "150"),
    (20, 0, "150"),
    (32, 0, "150"),
    (44, 0, "150"),
];
