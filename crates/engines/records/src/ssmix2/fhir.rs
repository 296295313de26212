//! What the resources of all kinds have in common: identity, origin, codes.

use calendar::Date;

use super::{
    convert::Source,
    model::{Amount, Coded, Doctor, Modifier, Name, Visit},
    name::FileName,
};
use crate::{
    ids::id_of,
    node,
    tree::{Node, Object, Text},
};

/// Of which file the resources are made, and what all of them say alike: worked out once a file.
pub(super) struct Context<'a> {
    pub(super) source: &'a Source,
    /// What the file is a state of, as a URI: the resources that have it as `meta.source` are replaced together.
    pub(super) scope: Text,
    patient_id: String,
    patient: Node,
    updated: Text,
    instance: String,
}

impl<'a> Context<'a> {
    pub(super) fn new(source: &'a Source, name: &'a FileName) -> Self {
        let day = name.date.map(Date::to_compact).unwrap_or_default();
        let (institution, patient, kind, order) =
            (&source.institution, &name.patient_id, name.kind.as_str(), &name.order);
        let scope = id_of(&["ssmix2", institution, patient, &day, kind, order]);
        // The same from every file of the patient.
        let patient_id = id_of(&["ssmix2", institution, patient]);
        Self {
            source,
            scope: format!("urn:musubi:ssmix2:{kind}:{scope}").into(),
            patient: node!({ "reference": format!("Patient/{patient_id}"), "type": "Patient" }),
            patient_id,
            updated: name.occurred.to_rfc3339().into(),
            instance: format!("{institution}-{patient}-{kind}{day}-{order}-"),
        }
    }

    pub(super) fn patient_id(&self) -> &str {
        &self.patient_id
    }

    pub(super) fn patient(&self) -> Node {
        self.patient.clone()
    }

    /// What every resource of the file has alike: type, meta, visit, institution and department. [`Context::of`] makes
    /// one of it.
    pub(super) fn template(&self, resource_type: &str, profile: &str, visit: Option<&Visit>) -> Object {
        let mut object = Object::new();
        object.insert("resourceType", resource_type);
        object.insert("id", "");
        object.insert("meta", self.meta(profile));
        object.insert("language", "ja");
        if let Some(visit) = visit {
            let mut contained = vec![self.encounter(visit)];
            contained.extend(visit.doctor.as_ref().map(|doctor| self.practitioner(doctor)));
            object.insert("contained", contained);
        }
        object.insert("extension", self.extensions(visit.and_then(|visit| visit.department.as_ref())));
        object
    }

    /// One resource: the id by which the same key gives the same one again.
    pub(super) fn of(&self, template: &Object, key: &str) -> Object {
        let mut object = template.clone();
        let resource_type = template.get("resourceType").and_then(Node::as_str).unwrap_or_default();
        object.insert("id", id_of(&[&self.scope, resource_type, key]));
        object
    }

    pub(super) fn meta(&self, profile: &str) -> Node {
        let (updated, scope) = (self.updated.clone(), self.scope.clone());
        node!({ "lastUpdated": updated, "source": scope, "profile": node!([profile]) })
    }

    /// リソース一意識別子: names the resource among all of the institution.
    pub(super) fn instance(&self, key: &str) -> Node {
        node!({ "system": INSTANCE, "value": format!("{}{key}", self.instance) })
    }

    fn extensions(&self, department: Option<&Coded>) -> Vec<Node> {
        let institution = node!({ "system": INSTITUTION_NUMBER, "value": self.source.institution.as_str() });
        let mut extensions = vec![node!({ "url": EXTENSION_INSTITUTION, "valueIdentifier": institution })];
        if let Some(department) = department {
            let is_standard =
                department.code.len() == 2 && department.code.bytes().all(|b| b.is_ascii_digit());
            let system = if is_standard { DEPARTMENT.to_owned() } else { self.local("department") };
            let mut concept = Object::new();
            if !department.code.is_empty() {
                concept.insert("coding", node!([coding(&system, &department.code, &department.name)]));
            }
            put_text(&mut concept, "text", &department.name);
            extensions.push(node!({ "url": EXTENSION_DEPARTMENT, "valueCodeableConcept": concept }));
        }
        extensions
    }

    fn encounter(&self, visit: &Visit) -> Node {
        let (code, display) = if visit.inpatient { ("IMP", "入院") } else { ("AMB", "外来") };
        node!({
            "resourceType": "Encounter",
            "id": "encounter",
            "meta": node!({ "profile": node!([format!("{CORE}JP_Encounter")]) }),
            "language": "ja",
            "status": "finished",
            "class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", code, display),
        })
    }

    fn practitioner(&self, doctor: &Doctor) -> Node {
        let mut object: Object = [
            ("resourceType", Node::from("Practitioner")),
            ("id", Node::from("practitioner")),
            ("meta", node!({ "profile": node!([format!("{CORE}JP_Practitioner")]) })),
            ("language", Node::from("ja")),
        ]
        .into_iter()
        .collect();
        if !doctor.id.is_empty() {
            let system = format!("urn:oid:1.2.392.100495.20.3.41.1{}", self.source.institution);
            object.insert("identifier", node!([node!({ "system": system, "value": doctor.id.as_str() })]));
        }
        if !doctor.name.family.is_empty() {
            object.insert("name", node!([human_name(&doctor.name, "IDE")]));
        }
        Node::Object(object)
    }

    /// A code system of the institution's own.
    pub(super) fn local(&self, name: &str) -> String {
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        format!("https://musubi.example/fhir/ssmix2/{}/{}", self.source.institution, name)
    }

    /// The codings of a code and its alternate.
    pub(super) fn codings(&self, coded: &Coded) -> Vec<Node> {
        let with_code = coded.both().filter(|one| !one.code.is_empty());
        with_code
            .map(|one| {
                let system =
                    standard_system(&one.system).map_or_else(|| self.local(&one.system), str::to_owned);
                let name = if one.name.is_empty() { &coded.name } else { &one.name };
                coding(&system, &one.code, name)
            })
            .collect()
    }

    /// A concept of a code, its alternate and how it is shown.
    pub(super) fn concept(&self, coded: &Coded) -> Node {
        let mut object = Object::new();
        let codings = self.codings(coded);
        if !codings.is_empty() {
            object.insert("coding", codings);
        }
        let shown = coded.both().map(|one| one.name.as_str()).find(|name| !name.is_empty());
        put_text(&mut object, "text", shown.unwrap_or(&coded.code));
        Node::Object(object)
    }

    /// A modifier of a disease's name as JP-CLINS has it.
    pub(super) fn modifier(&self, modifier: &Modifier) -> Node {
        let place = if modifier.before { "Prefix" } else { "Postfix" };
        let coding = coding(MODIFIER, &modifier.coded.code, &modifier.coded.name);
        node!({
            "url": format!("http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_Disease{place}Modifier"),
            "valueCodeableConcept": node!({ "coding": node!([coding]) }),
        })
    }
}

pub(super) fn coding(system: &str, code: &str, display: &str) -> Node {
    let mut object = Object::new();
    object.insert("system", system);
    object.insert("code", code);
    put_text(&mut object, "display", display);
    Node::Object(object)
}

/// A name with its way of writing: `IDE` ideographs, `SYL` kana.
pub(super) fn human_name(name: &Name, writing: &str) -> Node {
    let extension = node!({
        "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
        "valueCode": writing,
    });
    let mut object = Object::new();
    object.insert("extension", node!([extension]));
    object.insert("use", "official");
    // R1113: between family and given name stands a half-width space or none.
    put_text(&mut object, "text", format!("{} {}", name.family, name.given).trim());
    put_text(&mut object, "family", &name.family);
    if !name.given.is_empty() {
        object.insert("given", node!([name.given.as_str()]));
    }
    Node::Object(object)
}

/// A quantity; `fallback` is the unit's system where the sender names none that is known.
pub(super) fn quantity(amount: &Amount) -> Node {
    let mut object = Object::new();
    object.insert("value", amount.value.clone());
    if let Some(unit) = &amount.unit {
        put_unit(&mut object, unit);
    }
    Node::Object(object)
}

pub(super) fn put_unit(object: &mut Object, unit: &Coded) {
    put_text(object, "unit", if unit.name.is_empty() { &unit.code } else { &unit.name });
    if let Some(system) = standard_system(&unit.system)
        && !unit.code.is_empty()
    {
        object.insert("system", system);
        object.insert("code", unit.code.as_str());
    }
}

/// FHIR has no empty text.
pub(super) fn put_text(object: &mut Object, key: &str, text: &str) {
    if !text.trim().is_empty() {
        object.insert(key, text);
    }
}

/// The URI of a coding system by its HL7 v2 name (JAHIS データ交換規約 共通編, JP Core).
pub(super) fn standard_system(name: &str) -> Option<&'static str> {
    Some(match name {
        "HOT" | "HOT9" => "http://medis.or.jp/CodeSystem/master-HOT9",
        "HOT7" => "http://medis.or.jp/CodeSystem/master-HOT7",
        "HOT13" => "http://medis.or.jp/CodeSystem/master-HOT13",
        "YJ" => YJ,
        "JC10" => JLAC10,
        "MDCDX2" => "http://medis.or.jp/CodeSystem/master-disease-keyNumber",
        "I10" => "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full",
        "MR9P" => "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUnitMERIT9Code",
        "JAMISDP01" => "http://jami.jp/CodeSystem/MedicationUsage",
        "ISO+" => "http://unitsofmeasure.org",
        "HL70162" => "http://terminology.hl7.org/CodeSystem/v2-0162",
        "HL70487" => "http://terminology.hl7.org/CodeSystem/v2-0487",
        _ => return None,
    })
}

pub(super) const CORE: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/";
pub(super) const ECS: &str = "http://jpfhir.jp/fhir/eCS/StructureDefinition/";
pub(super) const YJ: &str = "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code";
pub(super) const JLAC10: &str = "http://medis.or.jp/CodeSystem/master-JLAC10-17digits";
pub(super) const INSTANCE: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";
const INSTITUTION_NUMBER: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
const EXTENSION_INSTITUTION: &str =
    "http://jpfhir.jp/fhir/clins/Extension/StructureDefinition/JP_eCS_InstitutionNumber";
const EXTENSION_DEPARTMENT: &str =
    "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department";
const DEPARTMENT: &str = "http://jami.jp/SS-MIX2/CodeSystem/ClinicalDepartment";
const MODIFIER: &str = "http://medis.or.jp/CodeSystem/master-disease-modKeyNumber";
