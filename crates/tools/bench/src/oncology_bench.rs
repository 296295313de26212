//! Net survival of a million patients on one core, beside the limit: reading them once.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use oncology::icdo::Sex;
use oncology::survival::{DAYS_OF_YEAR, Estimator, LifeTable, LifeTableRow, Mortality, Patient, estimate};

use crate::clock::process_cpu;
use crate::table::{Goal, Table};

/// Options of `bench oncology`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Patients; several sizes show the curve.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    patients: Vec<u64>,
}

/// Seconds that the house promises for a million.
const GOAL: f64 = 2.0;

/// Measures it.
///
/// # Errors
/// When the life table cannot be made.
pub fn run(arguments: &Arguments) -> anyhow::Result<Table> {
    let mut table =
        Table::new("net survival by Pohar Perme, one thread, a life table of 104 ages, 30 years, both sexes");
    let population = LifeTable::new(&rows()).context("the life table")?;
    for count in &arguments.patients {
        let patients: Vec<Patient> = (0..*count).map(patient).collect();
        let begun = Instant::now();
        let days: u64 = black_box(&patients).iter().map(|patient| u64::from(patient.days)).sum();
        let limit = begun.elapsed();
        let (cpu, begun) = (process_cpu(), Instant::now());
        let times = [1.0, 5.0, 10.0].map(|years| years * DAYS_OF_YEAR);
        let curve = black_box(estimate(Estimator::PoharPerme, &population, &patients, &times));
        let (cpu, wall) = (process_cpu().saturating_sub(cpu), begun.elapsed());
        let five = curve.points.get(1).map_or(0.0, |point| point.survival);
        let note = format!(
            "wall {:.2} s, {:.0} ns a patient-year; net survival after five years {five:.4}; reading the patients once {:.4} s",
            wall.as_secs_f64(),
            cpu.as_secs_f64() * 1e9 / (days as f64 / DAYS_OF_YEAR),
            limit.as_secs_f64()
        );
        let figure = table.add(format!("{count} patients, CPU"), cpu.as_secs_f64(), "s").note(note);
        if *count == 1_000_000 {
            figure.goal(Goal::AtMost(GOAL));
        }
    }
    Ok(table)
}

/// A patient of a population that grows old: mixed sexes, ages 30 to 95, ten years of diagnoses, followed until the end of the next ten.
fn patient(index: u64) -> Patient {
    let throw = |salt: u64| {
        let mut x = (index ^ (salt << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x ^= x >> 29;
        x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x ^ (x >> 32)) as f64 / u64::MAX as f64
    };
    let diagnosed = FIRST + (throw(1) * 3_652.0) as i32;
    let dies_after = -(1.0 - throw(2)).ln() * 2_200.0;
    let followed = f64::from(FIRST + 7_305 - diagnosed);
    Patient {
        sex: if throw(3) < 0.55 { Sex::Male } else { Sex::Female },
        age_in_days: ((30.0 + 65.0 * throw(4)) * DAYS_OF_YEAR) as u32,
        diagnosed,
        days: dies_after.min(followed) as u32,
        died: dies_after < followed,
    }
}

/// The first of 2000, as days since 1970.
const FIRST: i32 = 10_957;

/// Hazards by Gompertz's law that fall by a hundredth a year.
fn rows() -> Vec<LifeTableRow> {
    let row = |(age, year, sex): (u16, i16, Sex)| {
        let base = if sex == Sex::Male { 6.0e-5 } else { 3.5e-5 };
        let hazard =
            base * (0.09 * f64::from(age)).exp() * 0.99_f64.powi(i32::from(year) - 2000) / DAYS_OF_YEAR;
        LifeTableRow { age, year, sex, rate: Mortality::HazardADay(hazard) }
    };
    let cells = (0..104).flat_map(|age| (1995..2025).map(move |year| (age, year)));
    cells.flat_map(|(age, year)| [row((age, year, Sex::Male)), row((age, year, Sex::Female))]).collect()
}
