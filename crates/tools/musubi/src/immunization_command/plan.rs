//! The visits still to come, and what may be given together.

use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use calendar::Date;
use clap::Args;
use immunization::{Workspace, page, plan};
use serde_json::{Value, json};

use super::input::{About, Which, choose, library, open, read_person, today};
use crate::unusable;

#[derive(Args)]
pub(super) struct Plan {
    /// The persons (JSON)
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    /// The first day; today when absent
    #[arg(long)]
    pub(super) on: Option<Date>,
    /// How many years ahead
    #[arg(long, default_value_t = 6)]
    pub(super) years: u16,
    /// Write one page of HTML for the family
    #[arg(long, value_name = "FILE")]
    pub(super) page: Option<PathBuf>,
    /// The plans as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) which: Which,
}

pub(super) fn plan(options: &Plan) -> anyhow::Result<ExitCode> {
    let on = options.on.unwrap_or_else(today);
    let library = library(&options.which)?;
    let Some(knowledge) = choose(&library, &options.which, on) else { return Ok(ExitCode::from(2)) };
    let mut members = Vec::new();
    for file in &options.files {
        let Some(person) = read_person(file)? else { return Ok(ExitCode::from(2)) };
        let visits = plan::visits(knowledge, &person, on, on.add_years(i32::from(options.years)));
        members.push(page::Member { name: person.name.clone(), birth: person.birth, visits });
    }
    if let Some(file) = &options.page {
        let text = page::family("予防接種の計画", on, &members);
        unusable::write(file, text)?;
    }
    let mut out = stdout().lock();
    if options.json {
        let plans: Vec<Value> =
            members.iter().map(|m| json!({"name": m.name, "birth": m.birth, "visits": m.visits})).collect();
        writeln!(out, "{:#}", Value::from(plans))?;
        return Ok(ExitCode::SUCCESS);
    }
    for member in &members {
        writeln!(out, "{} {}生", member.name, member.birth.to_wareki())?;
        for visit in &member.visits {
            let doses: Vec<String> = visit
                .doses
                .iter()
                .map(|dose| {
                    let name = if dose.group_ja.is_empty() { &dose.group } else { &dose.group_ja };
                    format!("{name} {}{}", dose.label, if dose.late { "(遅れ)" } else { "" })
                })
                .collect();
            writeln!(out, "    {}({}) {}", visit.date, visit.date.weekday_ja(), doses.join("、"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn together(options: &About) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(options)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.which, on) else { return Ok(ExitCode::from(2)) };
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, &person, on);
    let report = workspace.report(knowledge, &person);
    let clashes = plan::clashes(knowledge, &person);
    let answer = json!({"together": plan::together(knowledge, &report), "clashes": clashes});
    writeln!(stdout(), "{answer:#}")?;
    Ok(if clashes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
