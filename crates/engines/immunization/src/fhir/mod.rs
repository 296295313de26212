//! HL7 FHIR R4: `$immds-forecast` (Immunization Decision Support Forecast 1.0.0) as a function from Parameters to
//! Parameters, and JP Core's Immunization.

mod read;
mod write;

use serde_json::{Value, json};

pub use read::{FhirError, Request, request};
pub use write::{evaluations, immunization, recommendation};

use crate::{Knowledge, Library, Workspace};

/// The bodies of knowledge that an operation may choose from.
#[derive(Default)]
pub struct Shelf {
    libraries: Vec<(String, Library)>,
}

impl Shelf {
    /// Puts a library on the shelf; the first one is asked when the request names none.
    pub fn add(&mut self, name: &str, library: Library) {
        self.libraries.push((name.to_owned(), library));
    }

    /// The knowledge by its name and version; the version in force on the day when none is named.
    ///
    /// # Errors
    /// When there is no such library, version, or none in force on that day.
    pub fn choose(
        &self,
        name: Option<&str>,
        version: Option<&str>,
        day: calendar::Date,
    ) -> Result<&Knowledge, FhirError> {
        let library = match name {
            Some(name) => self.libraries.iter().find(|(held, _)| held == name),
            None => self.libraries.first(),
        };
        let missing = |what: String| FhirError { place: "Parameters".to_owned(), problem: what };
        let (held, library) =
            library.ok_or_else(|| missing(format!("no knowledgeBase {:?}", name.unwrap_or(""))))?;
        match version {
            Some(version) => {
                library.version(version).ok_or_else(|| missing(format!("{held} has no version {version:?}")))
            }
            None => library
                .in_force(day)
                .ok_or_else(|| missing(format!("{held} has no version in force on {day}"))),
        }
    }
}

/// `$immds-forecast`: Parameters in, Parameters out; an OperationOutcome when the request cannot be used.
///
/// In: `assessmentDate`, `patient`, `immunization`…, and ours: `condition`, `observation`, `knowledgeBase`,
/// `knowledgeBaseVersion`. Out: `evaluation`…, `recommendation`, and `outcome` for what was doubtful.
pub fn immds_forecast(parameters: &Value, shelf: &Shelf) -> Result<Value, Value> {
    let fail = |error: FhirError| outcome("error", &[error.to_string()]);
    let request = request(parameters).map_err(fail)?;
    let knowledge = shelf
        .choose(request.knowledge.as_deref(), request.version.as_deref(), request.assessment)
        .map_err(fail)?;
    let mut workspace = Workspace::new();
    workspace.assess(knowledge, &request.person, request.assessment);
    let report = workspace.report(knowledge, &request.person);
    let mut out: Vec<Value> = evaluations(&report, &request)
        .into_iter()
        .map(|evaluation| json!({"name": "evaluation", "resource": evaluation}))
        .collect();
    out.push(json!({"name": "recommendation", "resource": recommendation(&report, &request, knowledge)}));
    let doubts: Vec<String> =
        request.warnings.iter().cloned().chain(report.findings.iter().map(|finding| finding.en())).collect();
    if !doubts.is_empty() {
        out.push(json!({"name": "outcome", "resource": outcome("warning", &doubts)}));
    }
    Ok(json!({"resourceType": "Parameters", "parameter": out}))
}

/// An OperationOutcome.
pub fn outcome(severity: &str, texts: &[String]) -> Value {
    let issues: Vec<Value> = texts
        .iter()
        .map(|text| json!({"severity": severity, "code": "invalid", "diagnostics": text}))
        .collect();
    json!({"resourceType": "OperationOutcome", "issue": issues})
}
