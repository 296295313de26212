//! Names of systems, profiles and extensions.

/// Where our own definitions live. The top-level domain is reserved for examples: an operator replaces it.
pub const BASE: &str = "https://musubi.example/fhir";
/// Our profile of Consent.
pub const PROFILE: &str = "https://musubi.example/fhir/StructureDefinition/jp-consent";

/// Modifier extension of an actor: what must hold beside its reference.
pub(super) const ALSO: &str = "https://musubi.example/fhir/StructureDefinition/consent-recipient-also";
/// Modifier extension of a provision: the last day that the recipient may keep what it got.
pub(super) const KEEP_UNTIL: &str = "https://musubi.example/fhir/StructureDefinition/consent-keep-until";
/// Extension of an inactive Consent: when it was withdrawn.
pub(super) const WITHDRAWN: &str = "https://musubi.example/fhir/StructureDefinition/consent-withdrawn";
/// Policies that are our templates; their version follows `@`.
pub(super) const TEMPLATE: &str = "https://musubi.example/fhir/consent-template/";
/// The policy of a consent that no template stands behind.
pub(super) const NO_TEMPLATE: &str = "https://musubi.example/fhir/consent-template/own-words";

pub(super) const ORGANISATION: &str = "https://musubi.example/fhir/id/organisation";
pub(super) const STAFF: &str = "https://musubi.example/fhir/id/staff";
pub(super) const TEAM: &str = "https://musubi.example/fhir/id/team";
pub(super) const NETWORK: &str = "https://musubi.example/fhir/id/network";
pub(super) const PROXY: &str = "https://musubi.example/fhir/id/proxy";
/// An item or visit that is named by more than a literal reference can say.
pub(super) const RECORD: &str = "https://musubi.example/fhir/id/record";
/// JP Core's institution number, ten digits.
pub(super) const JP_INSTITUTION: &str =
    "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";

pub(super) const SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
pub(super) const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/consentcategorycodes";
pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
