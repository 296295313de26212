//! What the command reads: persons, knowledge.

use std::path::{Path, PathBuf};

use calendar::{Clock, Date, SystemClock};
use clap::Args;
use immunization::{Knowledge, Library, Person, cdsi};

use crate::unusable::{Unusable, text};

#[derive(Args)]
pub(super) struct Which {
    /// Official CDSi supporting data (a folder of XML) instead of the built-in Japanese knowledge
    #[arg(long, value_name = "DIR", conflicts_with = "knowledge")]
    pub(super) supporting_data: Option<PathBuf>,
    /// Knowledge files of your own (a folder of TOML) instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) knowledge: Option<PathBuf>,
    /// The version of the knowledge; the one in force on the day when absent
    #[arg(long)]
    pub(super) version: Option<String>,
}

#[derive(Args)]
pub(super) struct About {
    /// The person (JSON, see docs/formats/immunization-person.md)
    pub(super) file: PathBuf,
    /// The day of the assessment; today when absent
    #[arg(long)]
    pub(super) on: Option<Date>,
    #[command(flatten)]
    pub(super) which: Which,
}

pub(super) fn open(about: &About) -> anyhow::Result<Option<(Person, Date, Library)>> {
    let Some(person) = read_person(&about.file)? else { return Ok(None) };
    Ok(Some((person, about.on.unwrap_or_else(today), library(&about.which)?)))
}

pub(super) fn read_person(file: &Path) -> anyhow::Result<Option<Person>> {
    match serde_json::from_str(&text(file)?) {
        Ok(person) => Ok(Some(person)),
        Err(error) => {
            eprintln!("{}: {error}\n{}: 人の記録として読めません({error})", file.display(), file.display());
            Ok(None)
        }
    }
}

pub(super) fn library(which: &Which) -> anyhow::Result<Library> {
    if let Some(folder) = &which.supporting_data {
        return official(folder);
    }
    let Some(folder) = &which.knowledge else { return Ok(Library::japan()?) };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Unusable::unread(folder, &error))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push((path.display().to_string(), text(&path)?));
        }
    }
    files.sort();
    Ok(Library::read("files", &files)?)
}

/// Official supporting data, in force always: it does not say since when.
pub(super) fn official(folder: &Path) -> anyhow::Result<Library> {
    let mut library = Library::default();
    library.insert(Date::MIN, cdsi::load_folder(folder, "supporting-data")?);
    Ok(library)
}

pub(super) fn choose<'a>(library: &'a Library, which: &Which, on: Date) -> Option<&'a Knowledge> {
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

pub(super) fn today() -> Date {
    SystemClock.now().date()
}
