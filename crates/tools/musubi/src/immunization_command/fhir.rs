//! FHIR: $immds-forecast, and doses as JP Core Immunization.

use std::{
    io::{Read, Write, stdin, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use immunization::{
    Library,
    fhir::{self, Shelf},
};
use serde_json::json;

use super::input::{About, choose, official, open};
use crate::unusable;

#[derive(Args)]
pub(super) struct Forecast {
    /// The Parameters (JSON); the standard input when absent
    pub(super) file: Option<PathBuf>,
    /// Official CDSi supporting data, offered as knowledgeBase `cdsi`
    #[arg(long, value_name = "DIR")]
    pub(super) supporting_data: Option<PathBuf>,
}

pub(super) fn forecast(options: &Forecast) -> anyhow::Result<ExitCode> {
    let text = match &options.file {
        Some(file) => unusable::text(file)?,
        None => {
            let mut text = String::new();
            stdin().lock().read_to_string(&mut text)?;
            text
        }
    };
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

pub(super) fn bundle(options: &About) -> anyhow::Result<ExitCode> {
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
