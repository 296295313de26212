//! The parameters that are served, by type of resource.

use Kind::{Date, Quantity, Reference, String, Token, Uri};

/// How a parameter's values compare (R4 §3.1.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A code in a system.
    Token,
    /// A span of time.
    Date,
    /// A text, by its beginning, width and case aside.
    String,
    /// Another resource.
    Reference,
    /// A measured number with its unit.
    Quantity,
    /// A URI, whole.
    Uri,
}

impl Kind {
    /// Its name in a CapabilityStatement.
    pub fn code(self) -> &'static str {
        match self {
            Token => "token",
            Date => "date",
            String => "string",
            Reference => "reference",
            Quantity => "quantity",
            Uri => "uri",
        }
    }
}

/// A parameter (検索パラメータ).
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in a query.
    pub name: &'static str,
    /// How its values compare.
    pub kind: Kind,
    /// Where they are, keys by dots; every element of a list on the way.
    pub paths: &'static [&'static str],
    /// Types that a reference may have; empty for any.
    pub targets: &'static [&'static str],
}

/// The parameter of a type; none where it is not served.
pub fn parameter(resource_type: &str, name: &str) -> Option<&'static Parameter> {
    parameters(resource_type).find(|parameter| parameter.name == name)
}

/// All parameters of a type: those of every resource, then its own.
pub fn parameters(resource_type: &str) -> impl Iterator<Item = &'static Parameter> + use<> {
    let own = TABLE.iter().find(|(name, _)| *name == resource_type).map_or(NONE, |(_, own)| own);
    COMMON.iter().chain(own)
}

/// The types that have parameters of their own. Any other type is found by the common ones.
pub fn served_types() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

const fn p(name: &'static str, kind: Kind, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind, paths, targets: &[] }
}

const fn r(name: &'static str, paths: &'static [&'static str], targets: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Reference, paths, targets }
}

const NONE: &[Parameter] = &[];
const PATIENT: &[&str] = &["Patient"];
const PEOPLE: &[&str] = &["Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device"];
const SUBJECT: &[&str] = &["Patient", "Group", "Device", "Location"];
const ENCOUNTER: &[&str] = &["Encounter"];
const ORGANIZATION: &[&str] = &["Organization"];

/// The parameters of every resource.
pub const COMMON: &[Parameter] = &[
    p("_id", Token, &["id"]),
    p("_lastUpdated", Date, &["meta.lastUpdated"]),
    p("_profile", Uri, &["meta.profile"]),
    p("_security", Token, &["meta.security"]),
    p("_source", Uri, &["meta.source"]),
    p("_tag", Token, &["meta.tag"]),
];

const TABLE: &[(&str, &[Parameter])] = &[
    (
        "AllergyIntolerance",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["patient"], PATIENT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code", "reaction.substance"]),
            p("category", Token, &["category"]),
            p("clinical-status", Token, &["clinicalStatus"]),
            p("verification-status", Token, &["verificationStatus"]),
            p("criticality", Token, &["criticality"]),
            p("type", Token, &["type"]),
            p("manifestation", Token, &["reaction.manifestation"]),
            p("date", Date, &["recordedDate"]),
            p("onset", Date, &["onsetDateTime", "onsetPeriod", "reaction.onset"]),
            p("last-date", Date, &["lastOccurrence"]),
            r("recorder", &["recorder"], PEOPLE),
            r("asserter", &["asserter"], PEOPLE),
        ],
    ),
    (
        "AuditEvent",
        &[
            p("date", Date, &["recorded"]),
            p("type", Token, &["type"]),
            p("subtype", Token, &["subtype"]),
            p("action", Token, &["action"]),
            p("outcome", Token, &["outcome"]),
            r("patient", &["agent.who", "entity.what"], PATIENT),
            r("agent", &["agent.who"], PEOPLE),
            r("entity", &["entity.what"], &[]),
            r("source", &["source.observer"], PEOPLE),
            p("policy", Uri, &["agent.policy"]),
        ],
    ),
    (
        "Bundle",
        &[
            p("identifier", Token, &["identifier"]),
            p("type", Token, &["type"]),
            p("timestamp", Date, &["timestamp"]),
        ],
    ),
    (
        "CarePlan",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("intent", Token, &["intent"]),
            p("date", Date, &["period"]),
            r("condition", &["addresses"], &["Condition"]),
            r("care-team", &["careTeam"], &["CareTeam"]),
            r("goal", &["goal"], &["Goal"]),
            r("author", &["author"], PEOPLE),
        ],
    ),
    (
        "CareTeam",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("date", Date, &["period"]),
            r("participant", &["participant.member"], PEOPLE),
        ],
    ),
    (
        "Composition",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], &[]),
            r("encounter", &["encounter"], ENCOUNTER),
            p("type", Token, &["type"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("confidentiality", Token, &["confidentiality"]),
            p("date", Date, &["date"]),
            p("period", Date, &["event.period"]),
            p("title", String, &["title"]),
            p("section", Token, &["section.code"]),
            r("entry", &["section.entry"], &[]),
            r("author", &["author"], PEOPLE),
            r("attester", &["attester.party"], PEOPLE),
        ],
    ),
    (
        "Condition",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code"]),
            p("category", Token, &["category"]),
            p("clinical-status", Token, &["clinicalStatus"]),
            p("verification-status", Token, &["verificationStatus"]),
            p("severity", Token, &["severity"]),
            p("body-site", Token, &["bodySite"]),
            p("onset-date", Date, &["onsetDateTime", "onsetPeriod"]),
            p("abatement-date", Date, &["abatementDateTime", "abatementPeriod"]),
            p("recorded-date", Date, &["recordedDate"]),
            r("asserter", &["asserter"], PEOPLE),
        ],
    ),
    (
        "Consent",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["patient"], PATIENT),
            p("status", Token, &["status"]),
            p("scope", Token, &["scope"]),
            p("category", Token, &["category"]),
            p("date", Date, &["dateTime"]),
            p("period", Date, &["provision.period"]),
            p("purpose", Token, &["provision.purpose"]),
            p("security-label", Token, &["provision.securityLabel"]),
            p("action", Token, &["provision.action"]),
            r("actor", &["provision.actor.reference"], PEOPLE),
            r("organization", &["organization"], ORGANIZATION),
            r("consentor", &["performer"], PEOPLE),
        ],
    ),
    (
        "Coverage",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["beneficiary"], PATIENT),
            r("beneficiary", &["beneficiary"], PATIENT),
            r("payor", &["payor"], PEOPLE),
            p("status", Token, &["status"]),
            p("type", Token, &["type"]),
        ],
    ),
    (
        "DiagnosticReport",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("date", Date, &["effectiveDateTime", "effectivePeriod"]),
            p("issued", Date, &["issued"]),
            r("result", &["result"], &["Observation"]),
            r("specimen", &["specimen"], &["Specimen"]),
            r("performer", &["performer"], PEOPLE),
            r("based-on", &["basedOn"], &[]),
        ],
    ),
    ("DocumentReference", DOCUMENT_REFERENCE),
    (
        "Encounter",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            p("class", Token, &["class"]),
            p("type", Token, &["type"]),
            p("status", Token, &["status"]),
            p("date", Date, &["period"]),
            p("reason-code", Token, &["reasonCode"]),
            r("diagnosis", &["diagnosis.condition"], &["Condition", "Procedure"]),
            r("participant", &["participant.individual"], PEOPLE),
            r("service-provider", &["serviceProvider"], ORGANIZATION),
            r("part-of", &["partOf"], ENCOUNTER),
        ],
    ),
    (
        "Immunization",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["patient"], PATIENT),
            p("status", Token, &["status"]),
            p("vaccine-code", Token, &["vaccineCode"]),
            p("target-disease", Token, &["protocolApplied.targetDisease"]),
            p("date", Date, &["occurrenceDateTime"]),
            p("lot-number", String, &["lotNumber"]),
            r("performer", &["performer.actor"], PEOPLE),
            r("location", &["location"], &["Location"]),
        ],
    ),
    (
        "Location",
        &[
            p("identifier", Token, &["identifier"]),
            p("name", String, &["name", "alias"]),
            p("status", Token, &["status"]),
            p("type", Token, &["type"]),
            p("address", String, &["address"]),
            r("organization", &["managingOrganization"], ORGANIZATION),
        ],
    ),
    (
        "MedicationAdministration",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("context", &["context"], &["Encounter", "EpisodeOfCare"]),
            p("code", Token, &["medicationCodeableConcept"]),
            r("medication", &["medicationReference"], &["Medication"]),
            p("status", Token, &["status"]),
            p("effective-time", Date, &["effectiveDateTime", "effectivePeriod"]),
            r("request", &["request"], &["MedicationRequest"]),
            r("performer", &["performer.actor"], PEOPLE),
        ],
    ),
    (
        "MedicationDispense",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            p("code", Token, &["medicationCodeableConcept"]),
            r("medication", &["medicationReference"], &["Medication"]),
            p("status", Token, &["status"]),
            p("whenhandedover", Date, &["whenHandedOver"]),
            p("whenprepared", Date, &["whenPrepared"]),
            r("prescription", &["authorizingPrescription"], &["MedicationRequest"]),
            r("performer", &["performer.actor"], PEOPLE),
        ],
    ),
    (
        "MedicationRequest",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["medicationCodeableConcept"]),
            r("medication", &["medicationReference"], &["Medication"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("intent", Token, &["intent"]),
            p("priority", Token, &["priority"]),
            p("authoredon", Date, &["authoredOn"]),
            p("date", Date, &["dosageInstruction.timing.event"]),
            r("requester", &["requester"], PEOPLE),
            r("intended-performer", &["performer"], PEOPLE),
            p("group-identifier", Token, &["groupIdentifier"]),
        ],
    ),
    (
        "MedicationStatement",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            p("code", Token, &["medicationCodeableConcept"]),
            r("medication", &["medicationReference"], &["Medication"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("effective", Date, &["effectiveDateTime", "effectivePeriod"]),
            r("source", &["informationSource"], PEOPLE),
        ],
    ),
    (
        "Observation",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code"]),
            p("combo-code", Token, &["code", "component.code"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("date", Date, &["effectiveDateTime", "effectivePeriod", "effectiveInstant"]),
            p("value-quantity", Quantity, &["valueQuantity"]),
            p("value-concept", Token, &["valueCodeableConcept"]),
            p("value-string", String, &["valueString", "valueCodeableConcept.text"]),
            p("value-date", Date, &["valueDateTime", "valuePeriod"]),
            p("method", Token, &["method"]),
            p("data-absent-reason", Token, &["dataAbsentReason"]),
            r("specimen", &["specimen"], &["Specimen"]),
            r("performer", &["performer"], PEOPLE),
            r("based-on", &["basedOn"], &[]),
            r("has-member", &["hasMember"], &[]),
            r("derived-from", &["derivedFrom"], &[]),
            r("focus", &["focus"], &[]),
        ],
    ),
    (
        "Organization",
        &[
            p("identifier", Token, &["identifier"]),
            p("name", String, &["name", "alias"]),
            p("active", Token, &["active"]),
            p("type", Token, &["type"]),
            p("address", String, &["address"]),
            r("partof", &["partOf"], ORGANIZATION),
        ],
    ),
    (
        "Patient",
        &[
            p("identifier", Token, &["identifier"]),
            p("name", String, &["name"]),
            p("family", String, &["name.family"]),
            p("given", String, &["name.given"]),
            p("birthdate", Date, &["birthDate"]),
            p("death-date", Date, &["deceasedDateTime"]),
            p("deceased", Token, &["deceasedBoolean"]),
            p("gender", Token, &["gender"]),
            p("active", Token, &["active"]),
            p("telecom", Token, &["telecom"]),
            p("phone", Token, &["telecom"]),
            p("email", Token, &["telecom"]),
            p("address", String, &["address"]),
            p("address-city", String, &["address.city"]),
            p("address-state", String, &["address.state"]),
            p("address-postalcode", String, &["address.postalCode"]),
            p("address-country", String, &["address.country"]),
            p("language", Token, &["communication.language"]),
            r("general-practitioner", &["generalPractitioner"], PEOPLE),
            r("organization", &["managingOrganization"], ORGANIZATION),
            r("link", &["link.other"], &["Patient", "RelatedPerson"]),
        ],
    ),
    (
        "Practitioner",
        &[
            p("identifier", Token, &["identifier"]),
            p("name", String, &["name"]),
            p("family", String, &["name.family"]),
            p("given", String, &["name.given"]),
            p("gender", Token, &["gender"]),
            p("active", Token, &["active"]),
            p("telecom", Token, &["telecom"]),
            p("address", String, &["address"]),
        ],
    ),
    (
        "PractitionerRole",
        &[
            p("identifier", Token, &["identifier"]),
            r("practitioner", &["practitioner"], &["Practitioner"]),
            r("organization", &["organization"], ORGANIZATION),
            r("location", &["location"], &["Location"]),
            p("role", Token, &["code"]),
            p("specialty", Token, &["specialty"]),
            p("active", Token, &["active"]),
        ],
    ),
    (
        "Procedure",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("date", Date, &["performedDateTime", "performedPeriod"]),
            r("performer", &["performer.actor"], PEOPLE),
        ],
    ),
    (
        "RelatedPerson",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["patient"], PATIENT),
            p("name", String, &["name"]),
            p("birthdate", Date, &["birthDate"]),
            p("gender", Token, &["gender"]),
            p("relationship", Token, &["relationship"]),
            p("telecom", Token, &["telecom"]),
            p("active", Token, &["active"]),
        ],
    ),
    (
        "ServiceRequest",
        &[
            p("identifier", Token, &["identifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            r("encounter", &["encounter"], ENCOUNTER),
            p("code", Token, &["code"]),
            p("category", Token, &["category"]),
            p("status", Token, &["status"]),
            p("intent", Token, &["intent"]),
            p("authored", Date, &["authoredOn"]),
            p("occurrence", Date, &["occurrenceDateTime", "occurrencePeriod"]),
            r("requester", &["requester"], PEOPLE),
            r("performer", &["performer"], PEOPLE),
        ],
    ),
    (
        "Specimen",
        &[
            p("identifier", Token, &["identifier"]),
            p("accession", Token, &["accessionIdentifier"]),
            r("patient", &["subject"], PATIENT),
            r("subject", &["subject"], SUBJECT),
            p("type", Token, &["type"]),
            p("status", Token, &["status"]),
            p("collected", Date, &["collection.collectedDateTime", "collection.collectedPeriod"]),
            r("parent", &["parent"], &["Specimen"]),
        ],
    ),
];

/// R4's parameters and those that IHE MHD (ITI-67) asks for.
const DOCUMENT_REFERENCE: &[Parameter] = &[
    p("identifier", Token, &["masterIdentifier", "identifier"]),
    r("patient", &["subject"], PATIENT),
    r("subject", &["subject"], SUBJECT),
    r("encounter", &["context.encounter"], &["Encounter", "EpisodeOfCare"]),
    p("status", Token, &["status"]),
    p("type", Token, &["type"]),
    p("category", Token, &["category"]),
    p("date", Date, &["date"]),
    p("creation", Date, &["content.attachment.creation"]),
    p("period", Date, &["context.period"]),
    p("facility", Token, &["context.facilityType"]),
    p("setting", Token, &["context.practiceSetting"]),
    p("event", Token, &["context.event"]),
    p("security-label", Token, &["securityLabel"]),
    p("format", Token, &["content.format"]),
    p("contenttype", Token, &["content.attachment.contentType"]),
    p("language", Token, &["content.attachment.language"]),
    p("location", Uri, &["content.attachment.url"]),
    p("description", String, &["description"]),
    p("relation", Token, &["relatesTo.code"]),
    r("relatesto", &["relatesTo.target"], &["DocumentReference"]),
    r("related", &["context.related"], &[]),
    r("author", &["author"], PEOPLE),
    r("authenticator", &["authenticator"], PEOPLE),
    r("custodian", &["custodian"], ORGANIZATION),
];
