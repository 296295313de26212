//! Kinds of information and the forms they travel in.

use consent::Category;

use crate::{labels::Facts, tree::Node};

/// The form of one kind of information (情報の様式).
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// The kind.
    pub category: Category,
    /// The type of resource that carries it; of a document, its first.
    pub resource_type: &'static str,
    /// The profile of that resource; none where Japan has not defined one.
    pub profile: Option<&'static str>,
    /// The profile of the bundle in which it is delivered.
    pub bundle: Option<&'static str>,
    /// For a document, its type (JP-CLINS doc-typecodes, LOINC) and that code's system.
    pub document_type: Option<(&'static str, &'static str)>,
}

/// Every form that is read and made here.
pub const FORMS: &[Form] = &[
    kind(
        Category::Allergy,
        "AllergyIntolerance",
        "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_AllergyIntolerance_eCS",
    ),
    kind(
        Category::Contraindication,
        "AllergyIntolerance",
        "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_AllergyIntolerance_eCS",
    ),
    kind(
        Category::Infection,
        "Observation",
        "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_LabResult_eCS",
    ),
    kind(
        Category::Laboratory,
        "Observation",
        "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_LabResult_eCS",
    ),
    kind(Category::Diagnosis, "Condition", "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Condition_eCS"),
    kind(
        Category::Prescription,
        "MedicationRequest",
        "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_MedicationRequest_eCS",
    ),
    document(
        Category::DischargeSummary,
        Some("http://jpfhir.jp/fhir/eDischargeSummary/StructureDefinition/JP_Composition_eDischargeSummary"),
        Some("http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_eDischargeSummary"),
        (TYPES, "18842-5"),
    ),
    document(
        Category::Referral,
        Some("http://jpfhir.jp/fhir/eReferral/StructureDefinition/JP_Composition_eReferral"),
        Some("http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_eReferral"),
        (TYPES, "57133-1"),
    ),
    document(
        Category::HealthCheck,
        Some("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Composition_eCheckupGeneral"),
        Some("http://jpfhir.jp/fhir/eCheckup/StructureDefinition/JP_Bundle_eCheckupGeneral"),
        (TYPES, "JPGCHKUP01"),
    ),
    Form {
        category: Category::CarePlan,
        resource_type: "CarePlan",
        profile: Some("http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_CarePlan_eCS"),
        bundle: None,
        document_type: None,
    },
    document(Category::CareSummary, None, None, ("http://loinc.org", "34745-0")),
];

/// The forms of a kind.
pub fn forms(category: Category) -> impl Iterator<Item = &'static Form> {
    FORMS.iter().filter(move |form| form.category == category)
}

/// The form of a resource: by its kind and type.
pub fn form_of(resource: &Node) -> Option<&'static Form> {
    let kind = resource.text_at("resourceType")?;
    let category = Facts::of(resource).category;
    forms(category).find(|form| form.resource_type == kind)
}

const fn kind(category: Category, resource_type: &'static str, profile: &'static str) -> Form {
    let bundle = Some("http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_CLINS");
    Form { category, resource_type, profile: Some(profile), bundle, document_type: None }
}

const fn document(
    category: Category,
    profile: Option<&'static str>,
    bundle: Option<&'static str>,
    document_type: (&'static str, &'static str),
) -> Form {
    Form { category, resource_type: "Composition", profile, bundle, document_type: Some(document_type) }
}

const TYPES: &str = "http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes";
