//! `musubi immunization`: doses judged, the next one forecast, plans, charts, the official test cases.

use std::{
    fs,
    io::{IsTerminal, Read, Write, stdin, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use calendar::{Clock, Date, SystemClock};
use clap::{Args, Subcommand};
use immunization::{
    Knowledge, Library, LoadError, Person, Report, SeriesStatus, Workspace, adverse, cdsi, chart,
    conformance::{self, Expectation, Tally},
    fhir::{self, Shelf},
    page, plan,
};
use indicatif::ProgressBar;
use serde_json::{Value, json};

/// Options of `musubi immunization`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge every dose of a person and say what comes next (接種歴を判定する)
    Assess(Assess),
    /// The visits still to come, for a whole family on one page (家族の接種計画を作る)
    Plan(Plan),
    /// What may be given together on a day (同じ日に受けられるもの)
    Together(About),
    /// Whether an event after a vaccination must be reported (副反応疑い報告の基準に当たるか)
    Adverse(Adverse),
    /// Answer FHIR Parameters of $immds-forecast, from a file or the standard input
    Forecast(Forecast),
    /// A person's doses as a FHIR bundle of JP Core's Immunization
    Fhir(About),
    /// The knowledge that is built in: versions and sources (知識の版と出典)
    Knowledge {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the official CDSi test cases against official supporting data
    Conformance(Conformance),
}

#[derive(Args)]
struct Which {
    /// Official CDSi supporting data (a folder of XML) instead of the built-in Japanese knowledge
    #[arg(long, value_name = "DIR", conflicts_with = "knowledge")]
    supporting_data: Option<PathBuf>,
    /// Knowledge files of your own (a folder of TOML) instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    knowledge: Option<PathBuf>,
    /// The version of the knowledge; the one in force on the day when absent
    #[arg(long)]
    version: Option<String>,
}

#[derive(Args)]
struct About {
    /// The person (JSON, see docs/formats/immunization-person.md)
    file: PathBuf,
    /// The day of the assessment; today when absent
    #[arg(long)]
    on: Option<Date>,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Assess {
    #[command(flatten)]
    about: About,
    /// Print every decision: rule, inputs, outcome (判定の根拠を示す)
    #[arg(long)]
    trace: bool,
    /// Only decisions about series whose name holds this
    #[arg(long, requires = "trace")]
    about_series: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    /// Write the chart of the person as SVG
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

#[derive(Args)]
struct Plan {
    /// The persons (JSON)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The first day; today when absent
    #[arg(long)]
    on: Option<Date>,
    /// How many years ahead
    #[arg(long, default_value_t = 6)]
    years: u16,
    /// Write one page of HTML for the family
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The plans as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Adverse {
    #[command(flatten)]
    about: About,
    /// The symptom, as the criteria name it (けいれん, convulsion …)
    #[arg(long)]
    symptom: String,
    /// The day on which it began
    #[arg(long)]
    began: Date,
    /// Hours after the vaccination, where known
    #[arg(long)]
    hours: Option<u32>,
}

#[derive(Args)]
struct Forecast {
    /// The Parameters (JSON); the standard input when absent
    file: Option<PathBuf>,
    /// Official CDSi supporting data, offered as knowledgeBase `cdsi`
    #[arg(long, value_name = "DIR")]
    supporting_data: Option<PathBuf>,
}

#[derive(Args)]
struct Conformance {
    /// The workbook of test cases: the healthy ones, or those with underlying conditions
    #[arg(long, value_name = "FILE.xlsx")]
    cases: PathBuf,
    /// The supporting data: a folder of ScheduleSupportingData and AntigenSupportingData XML
    #[arg(long, value_name = "DIR")]
    supporting_data: PathBuf,
    /// Print the decisions of one case
    #[arg(long, value_name = "CDC_TEST_ID")]
    explain: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

/// Exit code 0: everything in order; 1: findings (doubtful doses, cases that failed, an event to report); 2: a file
/// cannot be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let done = match &options.command {
        Command::Assess(options) => assess(options),
        Command::Plan(options) => plan(options),
        Command::Together(options) => together(options),
        Command::Adverse(options) => adverse(options),
        Command::Forecast(options) => forecast(options),
        Command::Fhir(options) => bundle(options),
        Command::Knowledge { json } => knowledge(*json),
        Command::Conformance(options) => run_conformance(options),
    };
    match done {
        Ok(code) => Ok(code),
        Err(error) => match error.downcast_ref::<LoadError>() {
            Some(load) => {
                eprintln!("{load}\n{}", load.ja());
                Ok(ExitCode::from(2))
            }
            None => Err(error),
        },
    }
}

fn assess(options: &Assess) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(&options.about)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.about.which, on) else { return Ok(ExitCode::from(2)) };
    let mut workspace = if options.trace { Workspace::new().with_trace() } else { Workspace::new() };
    workspace.assess(knowledge, &person, on);
    let report = workspace.report(knowledge, &person);
    if let Some(file) = &options.chart {
        fs::write(file, chart::svg(&report)).with_context(|| format!("cannot write {}", file.display()))?;
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
            writeln!(out, "{} [{}]\n    {}\n    -> {}", step.about, step.rule, step.inputs, step.outcome)?;
        }
    }
    let doubtful = !report.findings.is_empty()
        || report
            .doses
            .iter()
            .any(|d| d.judgements.iter().any(|j| j.status != immunization::EvaluationStatus::Valid));
    Ok(if doubtful { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn print_report(out: &mut impl Write, report: &Report) -> anyhow::Result<()> {
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
            writeln!(out, "    {name}: {} ({})", forecast.status.ja(), forecast.reason)?;
        }
        for text in &forecast.contraindications {
            writeln!(out, "        禁忌: {text}")?;
        }
    }
    for finding in &report.findings {
        writeln!(out, "注意: {} / {}", finding.ja(), finding.en())?;
    }
    Ok(())
}

fn plan(options: &Plan) -> anyhow::Result<ExitCode> {
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
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
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

fn together(options: &About) -> anyhow::Result<ExitCode> {
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

fn adverse(options: &Adverse) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(&options.about)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.about.which, on) else { return Ok(ExitCode::from(2)) };
    let event =
        adverse::Event { symptom: options.symptom.clone(), date: options.began, hours: options.hours };
    let found = adverse::reportable(knowledge, &person, &event);
    writeln!(stdout(), "{:#}", serde_json::to_value(&found)?)?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn forecast(options: &Forecast) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    match &options.file {
        Some(file) => {
            text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        }
        None => {
            stdin().lock().read_to_string(&mut text)?;
        }
    }
    let mut shelf = Shelf::default();
    shelf.add("jp", Library::japan()?);
    if let Some(folder) = &options.supporting_data {
        shelf.add("cdsi", official(folder)?);
    }
    let answer = match serde_json::from_str(&text) {
        Ok(parameters) => fhir::immds_forecast(&parameters, &shelf),
        Err(error) => Err(fhir::outcome("fatal", &[format!("not JSON: {error}")])),
    };
    let (answer, code) = match answer {
        Ok(answer) => (answer, ExitCode::SUCCESS),
        Err(outcome) => (outcome, ExitCode::from(2)),
    };
    writeln!(stdout(), "{answer:#}")?;
    Ok(code)
}

fn bundle(options: &About) -> anyhow::Result<ExitCode> {
    let Some((person, on, library)) = open(options)? else { return Ok(ExitCode::from(2)) };
    let Some(knowledge) = choose(&library, &options.which, on) else { return Ok(ExitCode::from(2)) };
    let mut entries = Vec::with_capacity(person.doses.len());
    for (number, dose) in person.doses.iter().enumerate().filter(|(_, dose)| !dose.planned) {
        let mut resource = fhir::immunization(dose, number + 1, "", knowledge);
        // The file knows no number of the person, and JP_Patient asks for one: who it is stands in words.
        if let Some(resource) = resource.as_object_mut() {
            let who = json!({"display": format!("{} {}", person.name, person.birth)});
            resource.insert("patient".to_owned(), who);
        }
        entries.push(json!({"fullUrl": format!("resource:{}", number + 1), "resource": resource}));
    }
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    writeln!(stdout(), "{bundle:#}")?;
    Ok(ExitCode::SUCCESS)
}

fn knowledge(json: bool) -> anyhow::Result<ExitCode> {
    let library = Library::japan()?;
    let mut out = stdout().lock();
    if json {
        let versions: Vec<Value> = library
            .versions()
            .map(|(from, k)| json!({"from": from, "name": k.name, "version": k.version, "sources": k.sources()}))
            .collect();
        writeln!(out, "{:#}", Value::from(versions))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (from, knowledge) in library.versions() {
        writeln!(out, "{} {} ({from} から)", knowledge.name, knowledge.version)?;
    }
    for source in library.versions().last().map(|(_, k)| k.sources()).unwrap_or_default() {
        writeln!(
            out,
            "  {} {} [{} {}] {}",
            source.key, source.title, source.reading, source.checked, source.url
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn run_conformance(options: &Conformance) -> anyhow::Result<ExitCode> {
    let progress =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    progress.set_message("reading");
    let knowledge = cdsi::load_folder(&options.supporting_data, "supporting-data")?;
    let file = options.cases.display().to_string();
    let bytes = fs::read(&options.cases)
        .map_err(|error| LoadError::File { file: file.clone(), problem: error.to_string() })?;
    let cases = conformance::read(&file, &bytes)?;
    progress.finish_and_clear();
    if let Some(id) = &options.explain {
        return explain(&knowledge, &cases, id);
    }
    let report = conformance::run(&knowledge, &cases.cases);
    let mut out = stdout().lock();
    if options.json {
        let unread: Vec<Value> = cases
            .unread
            .iter()
            .map(|row| json!({"row": row.row, "id": row.id, "problem": row.problem}))
            .collect();
        let value =
            json!({"sheet": cases.sheet, "blank_rows": cases.blank, "unread": unread, "report": report});
        writeln!(out, "{value:#}")?;
    } else {
        print_conformance(&mut out, &cases, &report)?;
    }
    let passed = report.cases.passed == report.cases.of && cases.unread.is_empty();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print_conformance(
    out: &mut impl Write,
    cases: &conformance::Cases,
    report: &conformance::Report,
) -> anyhow::Result<()> {
    let share = |tally: &Tally| format!("{}/{}", tally.passed, tally.of);
    writeln!(out, "{}: {} cases, {} blank rows", cases.sheet, cases.cases.len(), cases.blank)?;
    let kinds = ["evaluation", "status", "number", "earliest", "recommended", "past due"];
    write!(out, "{:<16}{:>10}", "group", "cases")?;
    for kind in kinds {
        write!(out, "{kind:>13}")?;
    }
    writeln!(out)?;
    let mut totals = [Tally::default(); 6];
    for (group, tally) in &report.groups {
        write!(out, "{group:<16}{:>10}", share(tally))?;
        for (kind, total) in kinds.iter().zip(&mut totals) {
            let tally = report.kinds.get(group).and_then(|all| all.get(kind)).copied().unwrap_or_default();
            total.passed += tally.passed;
            total.of += tally.of;
            write!(out, "{:>13}", share(&tally))?;
        }
        writeln!(out)?;
    }
    write!(out, "{:<16}{:>10}", "all", share(&report.cases))?;
    for total in &totals {
        write!(out, "{:>13}", share(total))?;
    }
    writeln!(out)?;
    for failed in &report.failed {
        writeln!(out, "{} {} {}", failed.group, failed.id, failed.name)?;
        for (what, expected, found) in &failed.unmet {
            let what = match what {
                Expectation::Evaluation(number) => format!("evaluation of dose {number}"),
                Expectation::Status => "status".to_owned(),
                Expectation::Number => "dose number".to_owned(),
                Expectation::Earliest => "earliest".to_owned(),
                Expectation::Recommended => "recommended".to_owned(),
                Expectation::PastDue => "past due".to_owned(),
            };
            writeln!(out, "    {what}: expected {expected}, we say {found}")?;
        }
    }
    for row in &cases.unread {
        writeln!(out, "row {} {}: {}", row.row, row.id, row.problem)?;
    }
    Ok(())
}

fn explain(knowledge: &Knowledge, cases: &conformance::Cases, id: &str) -> anyhow::Result<ExitCode> {
    let Some(case) = cases.cases.iter().find(|case| case.id == id) else {
        eprintln!("no case {id}\n事例 {id} はありません");
        return Ok(ExitCode::from(2));
    };
    let mut workspace = Workspace::new().with_trace();
    workspace.assess(knowledge, &case.person, case.assessment);
    let mut out = stdout().lock();
    writeln!(out, "{} {} (born {}, assessed {})", case.id, case.name, case.person.birth, case.assessment)?;
    print_report(&mut out, &workspace.report(knowledge, &case.person))?;
    for step in workspace.steps() {
        writeln!(out, "{} [{}]\n    {}\n    -> {}", step.about, step.rule, step.inputs, step.outcome)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn open(about: &About) -> anyhow::Result<Option<(Person, Date, Library)>> {
    let Some(person) = read_person(&about.file)? else { return Ok(None) };
    Ok(Some((person, about.on.unwrap_or_else(today), library(&about.which)?)))
}

fn read_person(file: &Path) -> anyhow::Result<Option<Person>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    match serde_json::from_str(&text) {
        Ok(person) => Ok(Some(person)),
        Err(error) => {
            eprintln!("{}: {error}\n{}: 人の記録として読めません({error})", file.display(), file.display());
            Ok(None)
        }
    }
}

fn library(which: &Which) -> anyhow::Result<Library> {
    if let Some(folder) = &which.supporting_data {
        return official(folder);
    }
    let Some(folder) = &which.knowledge else { return Ok(Library::japan()?) };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    Ok(Library::read("files", &files)?)
}

/// Official supporting data, in force always: it does not say since when.
fn official(folder: &Path) -> anyhow::Result<Library> {
    let mut library = Library::default();
    library.insert(Date::MIN, cdsi::load_folder(folder, "supporting-data")?);
    Ok(library)
}

fn choose<'a>(library: &'a Library, which: &Which, on: Date) -> Option<&'a Knowledge> {
    let chosen = match &which.version {
        Some(version) => library.version(version),
        None => library.in_force(on),
    };
    if chosen.is_none() {
        let wanted = which.version.clone().unwrap_or_else(|| on.to_string());
        eprintln!("no knowledge for {wanted}\n{wanted} の知識はありません");
    }
    chosen
}

fn today() -> Date {
    SystemClock.now().date()
}
