//! Laboratory results: OML-11 (OUL^R22, JAHIS 臨床検査データ交換規約).

use calendar::Timestamp;

use super::{
    fhir::{Context, ECS, JLAC10, coding, put_text, put_unit},
    hl7::{
        coded, coded_field, coded_option, doctor_field, json_number, number, order_type, patient_id, time,
        time_field, visit, write_visit, writer,
    },
    model::{Coded, LabItem, LabValue, Laboratory},
    name::FileName,
};
use crate::{
    hl7v2::{Element, Field, Hl7Error, Message, Problem, Segment},
    node,
    tree::{Node, Object},
};

impl Laboratory {
    /// Reads OML-11. Results that were deleted (OBX-11 `D`) are left out.
    ///
    /// # Errors
    /// Where and why the message is no report on this patient.
    pub fn read(message: &Message, name: &FileName) -> Result<Self, Hl7Error> {
        let patient_id = patient_id(message, name)?;
        let obr = message.expect("OBR")?;
        let mut specimen = Specimen::default();
        let mut observed = None;
        let mut items = Vec::new();
        for segment in message.segments() {
            match segment.name() {
                "SPM" => specimen = Specimen { kind: coded(segment.field(4)), taken: time(segment, 17)? },
                "OBR" => observed = time(segment, 7)?,
                "OBX" if segment.field(11).raw() != "D" => {
                    let at = time(segment, 14)?.or(specimen.taken).or(observed).unwrap_or(name.occurred);
                    items.push(item(segment, &specimen, at)?);
                }
                _ => {}
            }
        }
        let order = obr.field(2).component(1).text().into_owned();
        let reported = time(obr, 22)?.unwrap_or(name.occurred);
        Ok(Self { patient_id, order, reported, visit: visit(message, message.first("ORC")), items })
    }

    /// Writes OML-11; `name` gives the patient's number and the time. Results of one specimen stand together.
    pub fn write(&self, name: &FileName, facility: &str) -> Vec<u8> {
        let control = format!("{}{}", name.occurred.to_jst_compact(), self.order);
        let mut writer = writer(facility, name, ["OUL", "R22", "OUL_R22"], &control, &[]);
        write_visit(&mut writer, &self.visit);
        let mut current: Option<&Option<Coded>> = None;
        for (n, item) in self.items.iter().enumerate() {
            if current != Some(&item.specimen) {
                current = Some(&item.specimen);
                let number = Field::text(&(n + 1).to_string());
                writer.segment("SPM", [(1, number.clone()), (4, coded_option(item.specimen.as_ref()))]);
                writer.segment(
                    "OBR",
                    [
                        (1, number),
                        (2, Field::text(&self.order)),
                        (3, Field::text(&self.order)),
                        (7, time_field(item.observed)),
                        (22, time_field(self.reported)),
                    ],
                );
                writer.segment(
                    "ORC",
                    [
                        (1, Field::text("SC")),
                        (2, Field::text(&self.order)),
                        (5, Field::text("CM")),
                        (9, time_field(self.reported)),
                        (12, doctor_field(self.visit.doctor.as_ref())),
                        (17, coded_option(self.visit.department.as_ref())),
                        (29, order_type(&self.visit)),
                    ],
                );
            }
            let (kind, value) = item.value.field();
            writer.segment(
                "OBX",
                [
                    (1, Field::text(&(n + 1).to_string())),
                    (2, Field::text(kind)),
                    (3, coded_field(&item.test)),
                    (4, Field::text(&item.sub_id)),
                    (5, value),
                    (6, coded_option(item.unit.as_ref())),
                    (7, Field::text(&item.range)),
                    (8, Field::repeated(item.flags.iter().map(|flag| Field::text(flag)))),
                    (11, Field::text(&item.status)),
                    (14, time_field(item.observed)),
                ],
            );
        }
        writer.finish()
    }

    pub(super) fn to_fhir(&self, context: &Context<'_>) -> Vec<Node> {
        let template =
            context.template("Observation", &format!("{ECS}JP_Observation_LabResult_eCS"), Some(&self.visit));
        let mut seen = std::collections::HashMap::new();
        self.items
            .iter()
            .map(|item| {
                // A test that is reported twice keeps its two results apart by their order.
                let again: &mut u32 =
                    seen.entry((&item.test.code, &item.test.name, &item.sub_id)).or_default();
                *again += 1;
                self.item_to_fhir(item, *again, &template, context)
            })
            .collect()
    }

    fn item_to_fhir(&self, item: &LabItem, again: u32, template: &Object, context: &Context<'_>) -> Node {
        let code = if item.test.code.is_empty() { &item.test.name } else { &item.test.code };
        let key = format!("{code}-{}-{again}", item.sub_id);
        let mut object = context.of(template, &key);
        if let Some(contained) = object.get_mut("contained").and_then(Node::as_array_mut) {
            contained.push(item.specimen());
        }
        object.insert("identifier", node!([context.instance(&key)]));
        object.insert("status", item.fhir_status());
        let laboratory = coding(
            "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS",
            "laboratory",
            "Laboratory",
        );
        object.insert("category", node!([node!({ "coding": node!([laboratory]) })]));
        object.insert("code", item.code());
        object.insert("subject", context.patient());
        object.insert("encounter", node!({ "reference": "#encounter" }));
        object.insert("effectiveDateTime", item.observed.to_rfc3339());
        object.insert("issued", self.reported.to_rfc3339());
        if self.visit.doctor.is_some() {
            object.insert("performer", node!([node!({ "reference": "#practitioner" })]));
        }
        item.put_value(&mut object, context);
        item.put_interpretation(&mut object);
        object.insert("specimen", node!({ "reference": "#specimen", "type": "Specimen" }));
        item.put_range(&mut object);
        Node::Object(object)
    }
}

impl LabValue {
    /// OBX-2 and OBX-5.
    fn field(&self) -> (&'static str, Field) {
        match self {
            LabValue::Number(None, number) => ("NM", Field::text(number.as_str())),
            LabValue::Number(Some(comparator), number) => {
                ("SN", Field::components([*comparator, number.as_str()]))
            }
            LabValue::Coded(coded) => ("CWE", coded_field(coded)),
            LabValue::Text(text) => ("ST", Field::text(text)),
            LabValue::Absent => ("ST", Field::default()),
        }
    }
}

impl LabItem {
    fn fhir_status(&self) -> &'static str {
        match self.status.as_str() {
            "P" | "R" | "S" => "preliminary",
            "I" | "O" => "registered",
            "C" => "corrected",
            "X" | "N" => "cancelled",
            "W" => "entered-in-error",
            _ => "final",
        }
    }

    /// The codes as sent, the house's own in the system that JP-CLINS has for them; where there is no JLAC10, or none of the
    /// house's own, its word for that.
    fn code(&self) -> Node {
        let mut codings: Vec<Node> = Vec::new();
        let (mut standard, mut local) = (false, false);
        for one in self.test.both().filter(|one| !one.code.is_empty()) {
            let name = if one.name.is_empty() { &self.test.name } else { &one.name };
            let is_jlac10 = one.system == "JC10" && one.code.len() == 17;
            standard |= is_jlac10;
            local |= !is_jlac10;
            codings.push(coding(if is_jlac10 { JLAC10 } else { LOCAL }, &one.code, name));
        }
        if !standard {
            codings.push(coding(UNCODED, "99999999999999999", "未標準化コード項目(JLAC)"));
        }
        if !local {
            codings.push(coding(LOCAL_UNCODED, "LUNCODED", "Locally Uncoded"));
        }
        let mut object: Object = [("coding", codings)].into_iter().collect();
        let shown = if self.test.name.is_empty() { &self.test.code } else { &self.test.name };
        put_text(&mut object, "text", shown);
        Node::Object(object)
    }

    /// What was tested: as sent, else as the test's own code says (JLAC10 characters 10 to 12).
    fn specimen(&self) -> Node {
        let material =
            || self.test.both().find(|one| one.system == "JC10").and_then(|one| one.code.get(9..12));
        let (code, name) = match &self.specimen {
            Some(specimen) => (Some(specimen.code.as_str()), specimen.name.as_str()),
            None => (material(), ""),
        };
        let mut kind = Object::new();
        if let Some(code) = code.filter(|code| !code.is_empty()) {
            let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_ObservationSampleMaterialCode_CS";
            kind.insert("coding", node!([coding(system, code, name)]));
        }
        put_text(&mut kind, "text", if name.is_empty() { "検体" } else { name });
        node!({
            "resourceType": "Specimen",
            "id": "specimen",
            "meta": node!({ "profile": node!([format!("{}JP_Specimen", super::fhir::CORE)]) }),
            "language": "ja",
            "type": kind,
        })
    }

    fn put_value(&self, object: &mut Object, context: &Context<'_>) {
        match &self.value {
            LabValue::Number(comparator, number) => {
                let mut quantity = Object::new();
                quantity.insert("value", number.clone());
                if let Some(comparator) = comparator {
                    quantity.insert("comparator", *comparator);
                }
                if let Some(unit) = &self.unit {
                    put_unit(&mut quantity, unit);
                }
                object.insert("valueQuantity", quantity);
            }
            LabValue::Coded(coded) => {
                object.insert("valueCodeableConcept", context.concept(coded));
            }
            LabValue::Text(text) => {
                object.insert("valueString", text.as_str());
            }
            LabValue::Absent => {
                let system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
                let unknown = coding(system, "unknown", "Unknown");
                object.insert("dataAbsentReason", node!({ "coding": node!([unknown]) }));
            }
        }
    }

    fn put_interpretation(&self, object: &mut Object) {
        let known = |flag: &&String| {
            matches!(
                flag.as_str(),
                "H" | "L" | "N" | "A" | "HH" | "LL" | "AA" | "U" | "D" | "B" | "W" | "S" | "R" | "I"
            )
        };
        let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
        let flags = self
            .flags
            .iter()
            .filter(known)
            .map(|flag| node!({ "coding": node!([node!({ "system": system, "code": flag.as_str() })]) }));
        let flags: Vec<Node> = flags.collect();
        if !flags.is_empty() {
            object.insert("interpretation", flags);
        }
    }

    /// `3.7-5.5` has two ends, `<200` one, and anything else is a text.
    fn put_range(&self, object: &mut Object) {
        if self.range.is_empty() {
            return;
        }
        let mut range = Object::new();
        let end = |text: &str| {
            let mut quantity: Object = [("value", json_number(text.trim())?)].into_iter().collect();
            if let Some(unit) = &self.unit {
                put_unit(&mut quantity, unit);
            }
            Some(Node::Object(quantity))
        };
        // The dash that divides the two stands after the first digit: the one before it is a sign.
        let divided = self.range.char_indices().skip(1).find(|(_, c)| matches!(c, '-' | '～' | '〜' | '~'));
        let ends = divided.and_then(|(at, mark)| {
            let (low, high) = (self.range.get(..at)?, self.range.get(at + mark.len_utf8()..)?);
            Some((end(low)?, end(high)?))
        });
        if let Some((low, high)) = ends {
            range.insert("low", low);
            range.insert("high", high);
        }
        range.insert("text", self.range.as_str());
        object.insert("referenceRange", node!([range]));
    }
}

#[derive(Default)]
struct Specimen {
    kind: Option<Coded>,
    taken: Option<Timestamp>,
}

fn item(obx: Segment<'_>, specimen: &Specimen, observed: Timestamp) -> Result<LabItem, Hl7Error> {
    let test = coded(obx.expect(3, "a test")?).ok_or_else(|| obx.wrong(3, Problem::Missing("a test")))?;
    Ok(LabItem {
        test,
        sub_id: obx.field(4).text().into_owned(),
        value: value(obx)?,
        unit: coded(obx.field(6)),
        range: obx.field(7).text().into_owned(),
        flags: obx
            .field(8)
            .repetitions()
            .map(|flag| flag.text().into_owned())
            .filter(|flag| !flag.is_empty())
            .collect(),
        status: obx.field(11).text().into_owned(),
        observed,
        specimen: specimen.kind.clone(),
    })
}

fn value(obx: Segment<'_>) -> Result<LabValue, Hl7Error> {
    let field = obx.field(5);
    if field.is_empty() {
        return Ok(LabValue::Absent);
    }
    let text = || LabValue::Text(field.text().into_owned());
    Ok(match obx.field(2).raw() {
        "NM" => number(obx, 5, field)?.map_or(LabValue::Absent, |number| LabValue::Number(None, number)),
        "SN" => structured(field).unwrap_or_else(text),
        "CWE" | "CE" | "CNE" => coded(field).map_or_else(text, LabValue::Coded),
        _ => text(),
    })
}

/// SN: comparator and number; a ratio or a range stays a text.
fn structured(field: Element<'_>) -> Option<LabValue> {
    let (comparator, number) = (field.component(1).text(), field.component(2).text());
    let comparator = match comparator.trim() {
        "" | "=" => None,
        "<" => Some("<"),
        "<=" | "≦" => Some("<="),
        ">=" | "≧" => Some(">="),
        ">" => Some(">"),
        _ => return None,
    };
    if !field.component(3).is_empty() {
        return None;
    }
    Some(LabValue::Number(comparator, json_number(number.trim())?))
}

/// The house's own code of a test (JP-CLINS).
const LOCAL: &str = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_LocalCode_CS";
const UNCODED: &str = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_Uncoded_CS";
const LOCAL_UNCODED: &str = "http://jpfhir.jp/fhir/clins/ValueSet/JP_ObservationLabResultLocalUncoded_CS";
