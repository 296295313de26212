//! Kind, day, author and patient of a resource.

use calendar::{Date, Timestamp};
use consent::Category;

use crate::tree::Node;

/// What consent asks about a resource beside its labels (資源の属性).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Its kind.
    pub category: Category,
    /// The day of care, if it is known to the day.
    pub date: Option<Date>,
    /// The institution that made it, by its ten digits, where the resource itself says so (JP_eCS_InstitutionNumber).
    pub institution: Option<&'a str>,
    /// Who made it: a reference, or a name.
    pub author: Option<&'a str>,
    /// Whom it is about.
    pub subject: Option<Subject<'a>>,
    /// The reference of the visit or stay.
    pub encounter: Option<&'a str>,
}

/// Whom a resource is about (対象患者).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject<'a> {
    /// By reference, `Patient/1`.
    Reference(&'a str),
    /// By an identifier, system and value.
    Identifier(&'a str, &'a str),
}

impl<'a> Facts<'a> {
    /// The facts of a resource; of a document bundle those of its first entry.
    pub fn of(resource: &'a Node) -> Self {
        let document = resource;
        let resource = match resource.get("type").and_then(Node::as_str) {
            Some("document") => resource.at("entry.resource").unwrap_or(resource),
            _ => resource,
        };
        Self {
            category: category(resource),
            date: first_text(resource, DATES).and_then(day),
            institution: institution(resource),
            author: AUTHORS.iter().find_map(|path| {
                let author = resource.at(path)?;
                author.text_at("reference").or_else(|| author.text_at("display")).or(author.as_str())
            }),
            subject: subject(resource).map(|subject| inside(document, subject)),
            encounter: ENCOUNTERS.iter().find_map(|path| resource.text_at(path)),
        }
    }
}

/// Whom a document is about, where its subject is one of its own entries: nobody outside knows that address, but the
/// patient's number at the institution is known.
fn inside<'a>(document: &'a Node, subject: Subject<'a>) -> Subject<'a> {
    let Subject::Reference(reference) = subject else { return subject };
    let entries = document.get("entry").map(Node::items).unwrap_or_default();
    let named = entries.iter().find(|entry| entry.text_at("fullUrl") == Some(reference));
    let identifier = named.and_then(|entry| entry.at("resource.identifier"));
    match identifier.and_then(|id| Some((id.text_at("system")?, id.text_at("value")?))) {
        Some((system, value)) => Subject::Identifier(system, value),
        None => subject,
    }
}

/// The kind of a resource: six kinds and three documents of the sharing service, care, and the rest.
fn category(resource: &Node) -> Category {
    match resource.text_at("resourceType").unwrap_or_default() {
        "AllergyIntolerance" => allergy(resource),
        "Condition" => Category::Diagnosis,
        "Observation" => observation(resource),
        "DiagnosticReport" => report(resource),
        "Specimen" => Category::Laboratory,
        "MedicationRequest"
        | "MedicationDispense"
        | "MedicationAdministration"
        | "MedicationStatement"
        | "Medication" => Category::Prescription,
        "Composition" | "DocumentReference" => document(resource),
        "CarePlan" | "CareTeam" | "Goal" | "NutritionOrder" => Category::CarePlan,
        "QuestionnaireResponse" | "ClinicalImpression" | "RiskAssessment" => Category::CareSummary,
        "Immunization" | "ImmunizationRecommendation" | "ImmunizationEvaluation" => Category::Immunization,
        "Encounter" | "EpisodeOfCare" | "Appointment" => Category::Encounter,
        "Patient" | "RelatedPerson" | "Coverage" | "Person" => Category::Demographics,
        _ => Category::Other,
    }
}

/// 薬剤禁忌情報 travels as an AllergyIntolerance of category medication (JP-CLINS).
fn allergy(resource: &Node) -> Category {
    let is_drug = |category: &&Node| category.as_str() == Some("medication");
    if resource.all("category").iter().any(is_drug) { Category::Contraindication } else { Category::Allergy }
}

fn observation(resource: &Node) -> Category {
    if resource
        .all("meta.profile")
        .iter()
        .filter_map(|node| node.as_str())
        .any(|url| url.contains("/eCheckup/"))
    {
        return Category::HealthCheck;
    }
    let categories = resource.all("category.coding.code");
    let has = |code: &str| categories.iter().any(|category| category.as_str() == Some(code));
    if has("vital-signs") || has("body-measurement") {
        Category::Vital
    } else if has("infectionRelated") || resource.all("code.coding").iter().any(|coding| is_infection(coding))
    {
        Category::Infection
    } else if has("laboratory") {
        Category::Laboratory
    } else if has("functional-status")
        || has("cognitive-status")
        || has("disability-status")
        || has("activity")
    {
        Category::CareSummary
    } else {
        Category::Other
    }
}

/// The infection tests of the sharing service (JP-CLINS 1.5.2 JP_CLINS_ObsLabResult_InfectionLabo_CS): HBs antigen and
/// antibody, HCV, HIV, syphilis.
fn is_infection(coding: &Node) -> bool {
    let system = coding.text_at("system").unwrap_or_default();
    let code = coding.text_at("code").unwrap_or_default();
    let is_jlac10 = system.contains("JLAC10") || system.ends_with("1.2.392.200119.4.504");
    system.contains("InfectionLabo")
        || (is_jlac10 && INFECTIONS.iter().any(|analyte| code.starts_with(analyte)))
}

fn report(resource: &Node) -> Category {
    let codes = resource.all("category.coding.code");
    let is_laboratory =
        |code: &&Node| matches!(code.as_str(), Some("LAB" | "laboratory" | "LP29693-6" | "MB"));
    if codes.iter().any(is_laboratory) { Category::Laboratory } else { Category::Other }
}

/// By LOINC of the type (JP-CLINS doc-typecodes), else by the profile.
fn document(resource: &Node) -> Category {
    let types = resource.all("type.coding.code");
    let by_type = types.iter().filter_map(|code| code.as_str()).find_map(|code| match code {
        "18842-5" => Some(Category::DischargeSummary),
        "57133-1" => Some(Category::Referral),
        "JPGCHKUP01" | "53576-5" => Some(Category::HealthCheck),
        "56447-6" | "18776-5" => Some(Category::CarePlan),
        "34745-0" | "28651-8" | "34119-8" => Some(Category::CareSummary),
        "57833-6" => Some(Category::Prescription),
        "11502-2" => Some(Category::Laboratory),
        "82593-5" | "11369-6" => Some(Category::Immunization),
        _ => None,
    });
    let profiles = resource.all("meta.profile");
    let by_profile = || {
        profiles.iter().filter_map(|url| url.as_str()).find_map(|url| {
            if url.contains("eDischargeSummary") {
                Some(Category::DischargeSummary)
            } else if url.contains("eReferral") {
                Some(Category::Referral)
            } else if url.contains("eCheckup") {
                Some(Category::HealthCheck)
            } else if url.contains("ePCS") {
                Some(Category::CarePlan)
            } else {
                None
            }
        })
    };
    by_type.or_else(by_profile).unwrap_or(Category::Other)
}

fn institution(resource: &Node) -> Option<&str> {
    let by_extension =
        resource.get("extension").map(Node::items).unwrap_or_default().iter().find_map(|extension| {
            let url = extension.text_at("url")?;
            url.ends_with("/JP_eCS_InstitutionNumber")
                .then(|| extension.text_at("valueIdentifier.value"))
                .flatten()
        });
    by_extension.or_else(|| {
        let is_own = resource.text_at("resourceType") == Some("Organization");
        let identifiers = if is_own { resource.all("identifier") } else { Vec::new() };
        let ten = |node: &&Node| {
            node.text_at("system")
                == Some("http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no")
        };
        identifiers.into_iter().find(ten)?.text_at("value")
    })
}

fn subject(resource: &Node) -> Option<Subject<'_>> {
    SUBJECTS.iter().find_map(|key| {
        let subject = resource.at(key)?;
        if let Some(reference) = subject.text_at("reference") {
            return Some(Subject::Reference(reference));
        }
        let value = subject.text_at("identifier.value")?;
        Some(Subject::Identifier(subject.text_at("identifier.system").unwrap_or_default(), value))
    })
}

/// The day in Japan of a date that is known to the day.
fn day(text: &str) -> Option<Date> {
    if text.len() > 10
        && let Ok(at) = text.parse::<Timestamp>()
    {
        return Some(at.date());
    }
    text.get(..10)?.parse().ok()
}

fn first_text<'a>(resource: &'a Node, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| resource.text_at(path))
}

const INFECTIONS: &[&str] = &["5F016", "5F360", "5F500", "5F550", "5F560", "5E071", "5E074", "5E075"];

const SUBJECTS: &[&str] = &["subject", "patient", "beneficiary", "individual"];

const ENCOUNTERS: &[&str] = &["encounter.reference", "context.encounter.reference", "context.reference"];

const AUTHORS: &[&str] = &[
    "author",
    "requester",
    "recorder",
    "performer.actor",
    "performer",
    "asserter",
    "participant.individual",
    "informationSource",
];

/// When the care was, the surest first; `meta.lastUpdated` is when somebody wrote it down, which is another thing.
const DATES: &[&str] = &[
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod.start",
    "authoredOn",
    "recordedDate",
    "onsetDateTime",
    "onsetPeriod.start",
    "occurrenceDateTime",
    "performedDateTime",
    "performedPeriod.start",
    "whenHandedOver",
    "context.period.start",
    "period.start",
    "collection.collectedDateTime",
    "issued",
    "date",
    "created",
    "authored",
    "start",
];
