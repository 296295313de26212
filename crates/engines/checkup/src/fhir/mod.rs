//! 健診結果報告書: the FHIR bundle of a check-up (eCheckupReport, JP_Bundle_eCheckupGeneral), both ways.

mod from_bundle;
mod nodes;
mod to_bundle;

pub use from_bundle::from_bundle;

/// Prefix of an OID as a FHIR system.
const OID: &str = "urn:oid:";
const INSTITUTION_SYSTEM: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
const INSURER_SYSTEM: &str = "urn:oid:1.2.392.100495.20.3.61";
const REPORT_SYSTEM: &str = "urn:oid:2.16.840.1.113883.2.2.1.6.1001";
const SECTION_SYSTEM: &str = "http://jpfhir.jp/fhir/eCheckup/CodeSystem/section-code";
const SYMBOL: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonSymbol";
const NUMBER: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonNumber";
const BRANCH: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonSubNumber";
const NAME_FORM: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const ORDINAL: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";
const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
const FLAG: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const PROFILES: &str = "http://jpfhir.jp/fhir/eCheckup/StructureDefinition/";
/// A section of hc08 and the two that FHIR makes of it, findings and answers, with the names that the profile fixes.
const SECTIONS: [(&str, [(&str, &str); 2]); 4] = [
    ("01010", [("01011", "特定健診検査結果セクション"), ("01012", "特定健診問診結果セクション")]),
    (
        "01020",
        [("01021", "広域連合保健事業検査結果セクション"), ("01022", "広域連合保健事業問診結果セクション")],
    ),
    ("01030", [("01031", "事業者健診検査結果セクション"), ("01032", "事業者健診問診結果セクション")]),
    ("01910", [("01910", "検査結果セクション"), ("01920", "問診結果セクション")]),
];
/// Items that were added to what the law asks for.
const ADDITIONAL: (&str, &str) = ("01990", "特定健診任意追加項目セクション");
