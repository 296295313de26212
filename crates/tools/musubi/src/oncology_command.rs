//! `musubi oncology`: reports to the cancer registry, multiple primaries, indicators, survival (がん登録).

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use calendar::{Clock, Date, SystemClock};
use clap::{Args, Subcommand, ValueEnum};
use oncology::{
    consolidate::{Chosen, consolidate},
    edits,
    icdo::Sex,
    indicators::{Case, indicators},
    layout::Layout,
    primaries::{Decision, Tumour, Verdict, decide},
    rates::standards,
    report::{self, Finding, Severity},
    survival::{Curve, DAYS_OF_YEAR, Estimator, estimate},
    tables::{self, CaseRow, CountRow, TumourRow},
};
use serde::Serialize;
use serde_json::json;

use crate::unusable;

/// Options of `musubi oncology`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what is wrong with reports: values, codes, and what does not go together (届出の論理チェック)
    Check {
        /// Reports in CSV, UTF-8 or Shift_JIS, with or without headings
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The items in another layout than the national one (form: the national one, see the guide)
        #[arg(long)]
        layout: Option<PathBuf>,
        /// The last day that can have been, yyyymmdd; today if left out
        #[arg(long)]
        today: Option<String>,
        /// One JSON object a finding
        #[arg(long)]
        json: bool,
    },
    /// Tell one cancer of a person from two, with reasons; with --consolidate, make one case of the reports of each (多重がんの判定・集約)
    Primaries {
        /// Tumours: person, diagnosed, topography, morphology (or histology and behaviour)
        file: PathBuf,
        /// The file holds whole reports with a column `person`: write one case for each primary here
        #[arg(long)]
        consolidate: Option<PathBuf>,
        /// One JSON object a tumour
        #[arg(long)]
        json: bool,
    },
    /// How complete, how sure, how frequent: DCN, DCI, DCO, MI, MV %, standardised rates (精度指標・罹患率)
    Indicators {
        /// Cases: year, sex, age, topography, histology, basis, known_first, reports, follow_back
        cases: PathBuf,
        /// Persons: year, sex, age, persons; gives rates
        #[arg(long)]
        population: Option<PathBuf>,
        /// Deaths: year, sex, age, deaths; gives the MI ratio
        #[arg(long)]
        deaths: Option<PathBuf>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Survival of patients: observed, relative, net (生存率)
    Survival(Survival),
}

#[derive(Args)]
struct Survival {
    /// Patients: sex, diagnosed, birth (or age_days, age), days (or last_seen), died
    patients: PathBuf,
    /// What the population dies of: age, year, sex, hazard (a day) or probability (qx)
    #[arg(long)]
    life_table: PathBuf,
    /// How
    #[arg(long, value_enum, default_values_t = [Method::PoharPerme])]
    method: Vec<Method>,
    /// Years after diagnosis
    #[arg(long, value_delimiter = ',', default_values_t = [1.0, 3.0, 5.0, 10.0])]
    at: Vec<f64>,
    /// A column whose values make groups
    #[arg(long)]
    by: Option<String>,
    /// One JSON object a curve
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// Of whatever cause (実測生存率)
    KaplanMeier,
    /// Relative (相対生存率)
    EdererTwo,
    /// Net (純生存率)
    PoharPerme,
}

impl Method {
    fn estimator(self) -> Estimator {
        match self {
            Self::KaplanMeier => Estimator::KaplanMeier,
            Self::EdererTwo => Estimator::EdererTwo,
            Self::PoharPerme => Estimator::PoharPerme,
        }
    }

    fn ja(self) -> &'static str {
        match self {
            Self::KaplanMeier => "実測生存率",
            Self::EdererTwo => "相対生存率 (Ederer II)",
            Self::PoharPerme => "純生存率 (Pohar Perme)",
        }
    }
}

/// Exit code 0: nothing wrong but warnings; 1: errors in reports; 2: a file could not be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    answer(options).or_else(unusable::ended)
}

fn answer(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Check { files, layout, today, json } => {
            check(files, layout.as_deref(), today.as_deref(), *json)
        }
        Command::Primaries { file, consolidate, json } => primaries(file, consolidate.as_deref(), *json),
        Command::Indicators { cases, population, deaths, json } => {
            figures(cases, population.as_deref(), deaths.as_deref(), *json)
        }
        Command::Survival(options) => survival(options),
    }
}

fn check(
    files: &[PathBuf],
    layout: Option<&Path>,
    today: Option<&str>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let own = match layout {
        Some(path) => {
            Some(Layout::parse(&unusable::text(path)?).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let layout = own.as_ref().unwrap_or(Layout::national());
    let today = today.map_or_else(|| Ok(SystemClock.today()), Date::from_compact)?;
    let mut worst = ExitCode::SUCCESS;
    for path in files {
        let reports = match report::read(&unusable::bytes(path)?, layout) {
            Ok(reports) => reports,
            Err(error) => return Ok(refused(path, &error, &error.ja())),
        };
        let mut counts = BTreeMap::new();
        let mut clean = 0_usize;
        for report in &reports {
            let findings = edits::check(report, layout, today);
            clean += usize::from(findings.is_empty());
            for finding in &findings {
                *counts.entry(finding.severity).or_insert(0_usize) += 1;
                say(path, finding, json)?;
            }
        }
        let count = |severity| counts.get(&severity).copied().unwrap_or_default();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let sum = json!({ "file": path.display().to_string(), "reports": reports.len(), "clean": clean, "errors": errors, "warnings": warnings });
        if json {
            writeln!(stdout(), "{sum}")?;
        } else {
            writeln!(
                stdout(),
                "{}: 届出 {} 件、指摘なし {clean} 件、エラー {errors} 件、警告 {warnings} 件",
                path.display(),
                reports.len()
            )?;
        }
        if errors > 0 {
            worst = ExitCode::from(1);
        }
    }
    Ok(worst)
}

fn say(path: &Path, finding: &Finding, json: bool) -> anyhow::Result<()> {
    if json {
        let mut object = serde_json::to_value(finding)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("file".to_owned(), path.display().to_string().into());
        }
        writeln!(stdout(), "{object}")?;
        return Ok(());
    }
    let grave = match finding.severity {
        Severity::Error => "エラー",
        Severity::Warning => "警告",
    };
    let values: Vec<String> = finding.values.iter().map(|(item, value)| format!("{item}={value}")).collect();
    writeln!(
        stdout(),
        "{}:{}: {grave} [{}] {}\n    {} / {}",
        path.display(),
        finding.line,
        finding.rule,
        finding.ja,
        values.join(" "),
        finding.en
    )?;
    Ok(())
}

fn primaries(file: &Path, out: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = unusable::bytes(file)?;
    let rows = match tables::tumours(&bytes) {
        Ok(rows) => rows,
        Err(error) => return Ok(refused(file, &error, &error.ja())),
    };
    let mut persons: BTreeMap<&str, Vec<&TumourRow>> = BTreeMap::new();
    for row in &rows {
        persons.entry(&row.person).or_default().push(row);
    }
    let mut primaries = 0_usize;
    let mut cases: Vec<Vec<u64>> = Vec::new();
    for (person, tumours) in &persons {
        let given: Vec<Tumour> = tumours.iter().map(|row| row.tumour).collect();
        let decisions = decide(&given);
        primaries += decisions.iter().filter(|decision| decision.verdict == Verdict::Primary).count();
        for (row, decision) in tumours.iter().zip(&decisions) {
            tell(person, row, decision, json)?;
        }
        cases.extend(lines_of_cases(tumours, &decisions));
    }
    if let Some(out) = out {
        write_cases(&bytes, out, &cases)?;
    }
    if json {
        let sum = json!({ "persons": persons.len(), "tumours": rows.len(), "primaries": primaries });
        writeln!(stdout(), "{sum}")?;
    } else {
        writeln!(stdout(), "{} 人、腫瘍 {} 件、独立した原発がん {primaries} 件", persons.len(), rows.len())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(person: &str, row: &TumourRow, decision: &Decision, json: bool) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Told<'a> {
        person: &'a str,
        line: u64,
        sequence: u32,
        #[serde(flatten)]
        decision: &'a Decision,
        ja: String,
        en: String,
    }
    let told = Told {
        person,
        line: row.line,
        sequence: row.tumour.sequence,
        decision,
        ja: decision.ja(),
        en: decision.en(),
    };
    if json {
        writeln!(stdout(), "{}", serde_json::to_string(&told)?)?;
    } else {
        let code = format!("{} {}", row.tumour.topography, row.tumour.histology);
        writeln!(stdout(), "{person} {}行目 {code}: {}", row.line, told.ja)?;
    }
    Ok(())
}

/// The lines of the reports of each case: a primary and what is the same cancer.
fn lines_of_cases(tumours: &[&TumourRow], decisions: &[Decision]) -> Vec<Vec<u64>> {
    let mut cases: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for (place, (row, decision)) in tumours.iter().zip(decisions).enumerate() {
        let of = match decision.verdict {
            Verdict::Same { of, .. } => of,
            Verdict::Primary | Verdict::NotCounted => place,
        };
        cases.entry(of).or_default().push(row.line);
    }
    cases.into_values().collect()
}

/// One row a case: the best values, and from which lines they came.
fn write_cases(bytes: &[u8], out: &Path, cases: &[Vec<u64>]) -> anyhow::Result<()> {
    let layout = Layout::national();
    let reports = report::read(bytes, layout).map_err(|error| anyhow::anyhow!("{}", error.ja()))?;
    let by_line: BTreeMap<u64, &report::Report> =
        reports.iter().map(|report| (report.line, report)).collect();
    let mut writer = csv::Writer::from_writer(unusable::create(out)?);
    let headings = layout.items.iter().map(|item| item.key.as_str());
    writer.write_record(["person", "lines"].into_iter().chain(headings).chain(["reasons"]))?;
    for lines in cases {
        let of: Vec<report::Report> =
            lines.iter().filter_map(|line| by_line.get(line).copied().cloned()).collect();
        let chosen = consolidate(&of, layout);
        let value =
            |key: &str| chosen.iter().find(|chosen| chosen.item == key).map_or("", |chosen| &chosen.value);
        let person = of.first().map_or("", |report| report.person.as_str());
        let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
        let reason =
            |chosen: &Chosen| format!("{}: {}行目（{}）", chosen.item, chosen.line, chosen.because.ja());
        let reasons: Vec<String> = chosen.iter().map(reason).collect();
        let (lines, reasons) = (lines.join(" "), reasons.join("、"));
        let values = layout.items.iter().map(|item| value(&item.key));
        writer.write_record([person, &lines].into_iter().chain(values).chain([reasons.as_str()]))?;
    }
    writer.flush()?;
    Ok(())
}

fn figures(
    cases: &Path,
    population: Option<&Path>,
    deaths: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let rows = match tables::cases(&unusable::bytes(cases)?) {
        Ok(rows) => rows,
        Err(error) => return Ok(refused(cases, &error, &error.ja())),
    };
    let mut counted = Vec::new();
    for path in [population, deaths] {
        counted.push(
            match path.map(|path| unusable::bytes(path).map(|bytes| (path, bytes))).transpose()? {
                None => None,
                Some((path, bytes)) => match tables::counts(&bytes) {
                    Ok(rows) => Some(rows),
                    Err(error) => return Ok(refused(path, &error, &error.ja())),
                },
            },
        );
    }
    let deaths = counted.pop().flatten();
    let persons = counted.pop().flatten();
    let mut years: Vec<u16> = rows.iter().map(|row| row.year).collect();
    years.sort_unstable();
    years.dedup();
    for year in years {
        for sex in [None, Some(Sex::Male), Some(Sex::Female)] {
            let wanted = |of: u16, known: Sex| of == year && sex.is_none_or(|sex| sex == known);
            let figure = figure(&rows, persons.as_deref(), deaths.as_deref(), &wanted);
            print_figure(year, sex, &figure, json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Indicators and rates of the cases, persons and deaths that are wanted.
#[derive(Serialize)]
struct Figure {
    #[serde(flatten)]
    indicators: oncology::indicators::Indicators,
    crude: Option<oncology::rates::Rate>,
    standardised: BTreeMap<&'static str, Option<oncology::rates::Rate>>,
}

fn figure(
    rows: &[CaseRow],
    persons: Option<&[CountRow]>,
    deaths: Option<&[CountRow]>,
    wanted: &dyn Fn(u16, Sex) -> bool,
) -> Figure {
    let cases: Vec<Case> = rows.iter().filter(|row| wanted(row.year, row.sex)).map(|row| row.case).collect();
    let died: f64 =
        deaths.unwrap_or_default().iter().filter(|row| wanted(row.year, row.sex)).map(|row| row.count).sum();
    let mut indicators = indicators(&cases, died as u64);
    if deaths.is_none() {
        indicators.mi = None;
    }
    let sums = persons.map(|persons| tables::by_age(rows, persons, wanted));
    let rates = standards().iter().map(|standard| {
        let rate = sums.as_ref().and_then(|sums| sums.standardised(standard));
        (standard.key.as_str(), rate)
    });
    Figure {
        indicators,
        crude: sums.as_ref().and_then(oncology::rates::ByAge::crude),
        standardised: rates.collect(),
    }
}

fn print_figure(year: u16, sex: Option<Sex>, figure: &Figure, json: bool) -> anyhow::Result<()> {
    if json {
        writeln!(stdout(), "{}", json!({ "year": year, "sex": sex, "figures": figure }))?;
        return Ok(());
    }
    let known = &figure.indicators;
    let who = match sex {
        None => "男女計",
        Some(Sex::Male) => "男",
        Some(Sex::Female) => "女",
    };
    writeln!(
        stdout(),
        "{year}年 {who}: 罹患 {} DCN {:.1} % DCI {:.1} % DCO {:.1} % MV {:.1} % HV {:.1} % 原発不明 {:.1} % MI {}",
        known.cases,
        known.dcn.percent,
        known.dci.percent,
        known.dco.percent,
        known.mv.percent,
        known.hv.percent,
        known.psu.percent,
        known.mi.map_or_else(|| "－".to_owned(), |ratio| format!("{ratio:.3}"))
    )?;
    let Some(crude) = figure.crude else { return Ok(()) };
    let standardised: Vec<String> = standards()
        .iter()
        .filter_map(|standard| {
            let rate = figure.standardised.get(standard.key.as_str()).copied().flatten()?;
            Some(format!("{} {:.1}（標準誤差 {:.1}）", standard.ja, rate.rate, rate.standard_error))
        })
        .collect();
    writeln!(stdout(), "    人口10万対: 粗率 {:.1} {}", crude.rate, standardised.join(" "))?;
    Ok(())
}

fn survival(options: &Survival) -> anyhow::Result<ExitCode> {
    let table = match tables::life_table(&unusable::bytes(&options.life_table)?) {
        Ok(table) => table,
        Err(error) => return Ok(refused(&options.life_table, &error, &error.ja())),
    };
    let groups = match tables::patients(&unusable::bytes(&options.patients)?, options.by.as_deref()) {
        Ok(groups) => groups,
        Err(error) => return Ok(refused(&options.patients, &error, &error.ja())),
    };
    let times: Vec<f64> = options.at.iter().map(|years| years * DAYS_OF_YEAR).collect();
    for (name, patients) in &groups {
        for method in &options.method {
            let curve = estimate(method.estimator(), &table, patients, &times);
            print_curve(name, *method, &curve, options.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_curve(group: &str, method: Method, curve: &Curve, json: bool) -> anyhow::Result<()> {
    if json {
        let mut object = serde_json::to_value(curve)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("group".to_owned(), group.into());
        }
        writeln!(stdout(), "{object}")?;
        return Ok(());
    }
    let group = if group.is_empty() { "全体" } else { group };
    writeln!(stdout(), "{group}: {}、{} 人", method.ja(), curve.patients)?;
    for point in &curve.points {
        writeln!(
            stdout(),
            "    {:>5.1}年  {:.6}  標準誤差 {:.6}  95 %信頼区間 {:.3}–{:.3}  観察中 {} 人",
            point.days / DAYS_OF_YEAR,
            point.survival,
            point.standard_error,
            point.lower,
            point.upper,
            point.at_risk
        )?;
    }
    Ok(())
}

fn refused(path: &Path, error: &dyn std::error::Error, ja: &str) -> ExitCode {
    eprintln!("{}: {error}\n{ja}", path.display());
    ExitCode::from(2)
}
