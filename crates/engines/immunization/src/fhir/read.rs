//! From FHIR to a person.

use calendar::Date;
use serde_json::Value;
use thiserror::Error;

use crate::{Dose, Gender, Observation, Person};

/// The most resources that one request may hold.
const MOST: usize = 10_000;

/// Why a request cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {problem}")]
pub struct FhirError {
    /// The element.
    pub place: String,
    /// What was found and what is expected.
    pub problem: String,
}

/// A request, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The patient with the history.
    pub person: Person,
    /// The day of the assessment.
    pub assessment: Date,
    /// The reference to the patient for the answer.
    pub patient: String,
    /// The knowledge that is asked for.
    pub knowledge: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What of the request was left out, and why.
    pub warnings: Vec<String>,
}

/// Reads the Parameters of `$immds-forecast`.
///
/// # Errors
/// When it is not Parameters, or has no assessment date or patient that can be read.
pub fn request(parameters: &Value) -> Result<Request, FhirError> {
    let fail =
        |place: &str, problem: &str| FhirError { place: place.to_owned(), problem: problem.to_owned() };
    if parameters.get("resourceType").and_then(Value::as_str) != Some("Parameters") {
        return Err(fail("resourceType", "Parameters is expected"));
    }
    let all = parameters.get("parameter").and_then(Value::as_array);
    let all = all.ok_or_else(|| fail("Parameters.parameter", "an array is expected"))?;
    if all.len() > MOST {
        return Err(fail("Parameters.parameter", "too many"));
    }
    let named = |name: &'static str| {
        all.iter().filter(move |p| {
            p.get("name").and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
    };
    let value = |name: &'static str| {
        named(name).find_map(|p| {
            let members = p.as_object()?;
            members.iter().find(|(key, _)| key.starts_with("value"))?.1.as_str().map(str::to_owned)
        })
    };
    let assessment = value("assessmentDate")
        .ok_or_else(|| fail("assessmentDate", "a valueDate is expected"))
        .and_then(|text| date(&text).ok_or_else(|| fail("assessmentDate", "a whole date is expected")))?;
    let patient = named("patient")
        .find_map(|p| p.get("resource"))
        .ok_or_else(|| fail("patient", "a Patient resource is expected"))?;
    let mut request = Request {
        person: person(patient)?,
        assessment,
        patient: text(patient, "id").map_or("Patient/patient".to_owned(), |id| format!("Patient/{id}")),
        knowledge: value("knowledgeBase"),
        version: value("knowledgeBaseVersion"),
        warnings: Vec::new(),
    };
    for parameter in all {
        let Some(resource) = parameter.get("resource") else { continue };
        take(resource, &mut request);
    }
    Ok(request)
}

fn take(resource: &Value, request: &mut Request) {
    match text(resource, "resourceType") {
        Some("Immunization") => match dose(resource) {
            Ok(Some(dose)) => request.person.doses.push(dose),
            Ok(None) => {}
            Err(error) => request.warnings.push(format!("{error}; not judged")),
        },
        Some("Condition" | "Observation") => observations(resource, request),
        Some("Bundle") => {
            let entries = resource.get("entry").and_then(Value::as_array).into_iter().flatten();
            for inner in entries.filter_map(|entry| entry.get("resource")).take(MOST) {
                if text(inner, "resourceType") != Some("Bundle") {
                    take(inner, request);
                }
            }
        }
        _ => {}
    }
}

fn person(patient: &Value) -> Result<Person, FhirError> {
    let birth = text(patient, "birthDate").and_then(date).ok_or_else(|| FhirError {
        place: "Patient.birthDate".to_owned(),
        problem: "a whole date is expected".to_owned(),
    })?;
    let name = patient.get("name").and_then(|names| names.get(0));
    let name = name.map_or(String::new(), |name| match text(name, "text") {
        Some(text) => text.to_owned(),
        None => {
            let given =
                name.get("given").and_then(|given| given.get(0)).and_then(Value::as_str).unwrap_or("");
            format!("{} {given}", text(name, "family").unwrap_or("")).trim().to_owned()
        }
    });
    let gender = match text(patient, "gender") {
        Some("female") => Gender::Female,
        Some("male") => Gender::Male,
        _ => Gender::Unknown,
    };
    Ok(Person { name, birth, gender, country: None, doses: Vec::new(), observations: Vec::new() })
}

/// An Immunization as a dose; none when it was not given.
fn dose(resource: &Value) -> Result<Option<Dose>, FhirError> {
    let id = text(resource, "id").unwrap_or("?");
    let fail = |place: &str, problem: &str| FhirError {
        place: format!("Immunization/{id}.{place}"),
        problem: problem.to_owned(),
    };
    if text(resource, "status") != Some("completed") {
        return Ok(None);
    }
    let given = text(resource, "occurrenceDateTime").and_then(date);
    let given = given.ok_or_else(|| fail("occurrenceDateTime", "a date with its day is expected"))?;
    let codings = resource.get("vaccineCode").and_then(|code| code.get("coding")).and_then(Value::as_array);
    let codings = codings.ok_or_else(|| fail("vaccineCode.coding", "a code is expected"))?;
    let code_of = |system: &str| {
        let of_system = |coding: &&Value| text(coding, "system") == Some(system);
        codings.iter().find(of_system).and_then(|coding| text(coding, "code"))
    };
    let vaccine =
        SYSTEMS.iter().find_map(|(system, prefix)| code_of(system).map(|code| format!("{prefix}{code}")));
    let vaccine = vaccine
        .or_else(|| codings.first().and_then(|coding| text(coding, "code")).map(str::to_owned))
        .ok_or_else(|| fail("vaccineCode.coding.code", "a code is expected"))?;
    let volume =
        resource.get("doseQuantity").filter(|q| text(q, "unit").is_none_or(|u| u.eq_ignore_ascii_case("ml")));
    Ok(Some(Dose {
        manufacturer: code_of(MVX).map(str::to_owned),
        lot_expires: text(resource, "expirationDate").and_then(date),
        substandard: resource.get("isSubpotent").and_then(Value::as_bool) == Some(true),
        volume_ml: volume.and_then(|q| q.get("value")).and_then(Value::as_f64).map(|value| value as f32),
        id: text(resource, "id").map(str::to_owned),
        ..Dose::new(given, &vaccine)
    }))
}

/// A Condition or Observation as what the schedules may ask for: every coding of it is offered.
fn observations(resource: &Value, request: &mut Request) {
    let begun = ["onsetDateTime", "effectiveDateTime", "recordedDate"];
    let begun = begun.iter().find_map(|name| text(resource, name).and_then(date));
    let ended = text(resource, "abatementDateTime").and_then(date);
    let codings = resource.get("code").and_then(|code| code.get("coding")).and_then(Value::as_array);
    for coding in codings.into_iter().flatten() {
        let Some(code) = text(coding, "code") else { continue };
        let code = match text(coding, "system") {
            Some(SNOMED) => format!("SNOMED|{code}"),
            _ => code.to_owned(),
        };
        request.person.observations.push(Observation { code, date: begun, until: ended });
    }
}

/// Systems of vaccine codes, by preference, and what they are called here.
const SYSTEMS: [(&str, &str); 4] = [
    (super::write::OWN_VACCINES, ""),
    ("urn:oid:1.2.392.100495.20.1.73", "YJ|"),
    ("urn:oid:1.2.392.200119.4.403.1", "HOT9|"),
    (super::write::CVX, ""),
];
const MVX: &str = "http://hl7.org/fhir/sid/mvx";
const SNOMED: &str = "http://snomed.info/sct";

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The day of a date or date with time; none of a month or a year alone.
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
