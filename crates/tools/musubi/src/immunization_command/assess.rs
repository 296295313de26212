//! Doses judged, the next ones forecast, events that must be reported.

use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use calendar::Date;
use clap::Args;
use immunization::{Report, SeriesStatus, Step, Workspace, adverse, chart};

use super::input::{About, choose, open};
use crate::unusable;

#[derive(Args)]
pub(super) struct Assess {
    #[command(flatten)]
    pub(super) about: About,
    /// Print every decision: rule, inputs, outcome (判定の根拠を示す)
    #[arg(long)]
    pub(super) trace: bool,
    /// Only decisions about series whose name holds this
    #[arg(long, requires = "trace")]
    pub(super) about_series: Option<String>,
    /// The report as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write the chart of the person as SVG
    #[arg(long, value_name = "FILE")]
    pub(super) chart: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Adverse {
    #[command(flatten)]
    pub(super) about: About,
    /// The symptom, as the criteria name it (けいれん, convulsion …)
    #[arg(long)]
    pub(super) symptom: String,
    /// The day on which it began
    #[arg(long)]
    pub(super) began: Date,
    /// Hours after the vaccination, where known; 0.5 is half an hour
    #[arg(long)]
    pub(super) hours: Option<f64>,
}

pub(super) fn assess(options: &Assess) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(&options.about)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.about.which, on) else { return Ok(ExitCode::from(2)) };
    let mut workspace = if options.trace { Workspace::new().with_trace() } else { Workspace::new() };
    workspace.assess(knowledge, &person, on);
    let report = workspace.report(knowledge, &person);
    if let Some(file) = &options.chart {
        unusable::write(file, chart::svg(&report))?;
    }
    let wanted = options.about_series.as_deref().unwrap_or("");
    let steps = || workspace.steps().iter().filter(|step| step.about.contains(wanted));
    let mut out = stdout().lock();
    if options.json {
        let mut value = serde_json::to_value(&report)?;
        if let (true, Some(members)) = (options.trace, value.as_object_mut()) {
            members.insert("trace".to_owned(), serde_json::to_value(steps().collect::<Vec<_>>())?);
        }
        writeln!(out, "{value:#}")?;
    } else {
        print_report(&mut out, &report)?;
        if options.trace {
            writeln!(out, "\n判定の根拠 / decisions")?;
        }
        for step in steps() {
            print_step(&mut out, step)?;
        }
    }
    let doubtful = !report.findings.is_empty()
        || report
            .doses
            .iter()
            .any(|d| d.judgements.iter().any(|j| j.status != immunization::EvaluationStatus::Valid));
    Ok(if doubtful { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// A decision, Japanese before English.
pub(super) fn print_step(out: &mut impl Write, step: &Step) -> anyhow::Result<()> {
    let Step { about, rule, rule_ja, inputs, inputs_ja, outcome, outcome_ja } = step;
    writeln!(out, "{about}: {rule_ja} [{rule}]")?;
    writeln!(out, "    {inputs_ja}\n    → {outcome_ja}")?;
    Ok(writeln!(out, "      {inputs}\n      -> {outcome}")?)
}

pub(super) fn print_report(out: &mut impl Write, report: &Report) -> anyhow::Result<()> {
    writeln!(
        out,
        "{} {}生 / {} 現在 / 知識 {} {}",
        report.name,
        report.birth.to_wareki(),
        report.assessment.to_wareki(),
        report.knowledge,
        report.version
    )?;
    for dose in &report.doses {
        writeln!(out, "{} {}", dose.date, dose.vaccine_name)?;
        for judgement in &dose.judgements {
            writeln!(
                out,
                "    {} {}: {} {}",
                judgement.group,
                judgement.target,
                judgement.status.ja(),
                judgement.reasons_ja.join("、")
            )?;
        }
        if let Some(legal) = &dose.legal {
            writeln!(out, "    {} {} {}", legal.class.ja(), legal.article, legal.reason_ja)?;
        }
    }
    writeln!(out, "次の接種 / next")?;
    let day = |day: Option<Date>| day.map_or("-".to_owned(), |day| day.to_string());
    for forecast in &report.forecasts {
        let name = if forecast.group_ja.is_empty() { &forecast.group } else { &forecast.group_ja };
        if forecast.status == SeriesStatus::NotComplete {
            writeln!(
                out,
                "    {name} {}: 最短 {} / 推奨 {} / 標準の終わり {} / 最終 {} / 残り{}回",
                forecast.label,
                day(forecast.earliest),
                day(forecast.recommended),
                day(forecast.past_due),
                day(forecast.latest),
                forecast.remaining
            )?;
        } else {
            writeln!(out, "    {name}: {} ({})", forecast.status.ja(), forecast.reason_ja)?;
        }
        for text in &forecast.contraindications {
            // CDSi's own words stay as they are, and are marked as its.
            let quoted = if text.is_ascii() { format!("(CDSi原文) “{text}”") } else { text.clone() };
            writeln!(out, "        禁忌: {quoted}")?;
        }
    }
    for finding in &report.findings {
        writeln!(out, "注意: {} / {}", finding.ja(), finding.en())?;
    }
    Ok(())
}

pub(super) fn adverse(options: &Adverse) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(&options.about)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.about.which, on) else { return Ok(ExitCode::from(2)) };
    let event =
        adverse::Event { symptom: options.symptom.clone(), date: options.began, hours: options.hours };
    let found = adverse::reportable(knowledge, &person, &event);
    writeln!(stdout(), "{:#}", serde_json::to_value(&found)?)?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
