//! `musubi town`: write a synthetic population.

use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use calendar::{Clock, SystemClock};
use clap::Args;
use town::{Day, TownPlan};

/// Options of `musubi town`.
#[derive(Args)]
pub struct Options {
    /// Where to write; new or empty
    out: PathBuf,
    /// People living in the town
    #[arg(long, default_value_t = TownPlan::DEFAULT_PEOPLE)]
    people: u64,
    /// Equal seeds give equal towns
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day of the town, YYYY-MM-DD; today when not given
    #[arg(long)]
    today: Option<Day>,
    /// The day of the insurers' first load; ten years before when not given
    #[arg(long)]
    opening: Option<Day>,
    /// Of a thousand households, how many have clinical records (visits, results, prescriptions, documents); 0 none
    #[arg(long, default_value_t = 0)]
    clinical: u16,
    /// Instead of a town, so many reports to a registry with the errors of the field, and the truth apart
    #[arg(long)]
    registry: Option<u64>,
    /// Instead of a town, ten years of reports and deaths to the cancer registry of so many people, and the truth apart
    #[arg(long, conflicts_with = "registry")]
    cancer: Option<u64>,
    /// The counts as JSON
    #[arg(long)]
    json: bool,
}

/// Writes the town.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if let Some(reports) = options.registry {
        let written = town::registry_lists(options.seed, reports, &options.out)?;
        writeln!(stdout(), "{}: {written} reports", options.out.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(people) = options.cancer {
        let summary = town::cancer_registry(options.seed, people, &options.out)?;
        writeln!(stdout(), "{}", serde_json::to_string(&summary)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let today = match options.today {
        Some(day) => day,
        None => SystemClock.today().to_string().parse()?,
    };
    let mut plan = TownPlan::new(options.seed, options.people, today).with_clinical(options.clinical);
    if let Some(opening) = options.opening {
        plan.opening = opening;
    }
    let begun = Instant::now();
    let spinner = indicatif::ProgressBar::new_spinner().with_message(format!("{} people", options.people));
    spinner.enable_steady_tick(std::time::Duration::from_millis(100));
    let summary = town::generate(&plan, &options.out);
    spinner.finish_and_clear();
    let summary = summary?;
    if options.json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        writeln!(
            stdout(),
            "{}: {summary:#?} in {:.1} s",
            options.out.display(),
            begun.elapsed().as_secs_f64()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
