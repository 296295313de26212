//! Prescriptions: OMP-01 (RDE^O11, JAHIS 処方データ交換規約).

use calendar::Date;

use super::{
    fhir::{Context, ECS, YJ, coding, put_text, put_unit, quantity, standard_system},
    hl7::{
        amount, coded, coded_below, coded_field, coded_option, coded_subfield, count, date, date_field,
        doctor_field, number, order_type, patient_id, time, time_field, visit, write_visit, writer,
    },
    model::{Amount, Coded, Prescription, PrescriptionItem},
    name::FileName,
};
use crate::{
    hl7v2::{Field, Hl7Error, Message, Problem, Segment},
    node,
    tree::{Node, Number, Object},
};

impl Prescription {
    /// Reads OMP-01. Orders that were cancelled (ORC-1 `CA`, `OC`, `DC`) are left out.
    ///
    /// # Errors
    /// Where and why the message is no prescription of this patient.
    pub fn read(message: &Message, name: &FileName) -> Result<Self, Hl7Error> {
        let patient_id = patient_id(message, name)?;
        let first = message.expect("ORC")?;
        let ordered = time(first, 9)?.or(time(first, 15)?).unwrap_or(name.occurred);
        let mut items: Vec<PrescriptionItem> = Vec::new();
        let mut orc = None;
        for segment in message.segments() {
            match segment.name() {
                "ORC" => orc = Some(segment),
                "RXE" => {
                    let orc = orc.ok_or_else(|| segment.wrong(0, Problem::Missing("an ORC before it")))?;
                    if !is_cancelled(orc) {
                        items.push(item(orc, segment)?);
                    }
                }
                "TQ1" | "RXR" if orc.is_some_and(is_cancelled) => {}
                "TQ1" => timing(segment, items.last_mut())?,
                "RXR" => {
                    if let Some(item) = items.last_mut() {
                        item.route = coded(segment.field(1));
                    }
                }
                _ => {}
            }
        }
        let order = first.field(2).component(1).text().into_owned();
        Ok(Self { patient_id, order, ordered, visit: visit(message, Some(first)), items })
    }

    /// Writes OMP-01; `name` gives the patient's number and the time.
    pub fn write(&self, name: &FileName, facility: &str) -> Vec<u8> {
        let control = format!("{}{}", name.occurred.to_jst_compact(), self.order);
        let mut writer = writer(facility, name, ["RDE", "O11", "RDE_O11"], &control, &[]);
        write_visit(&mut writer, &self.visit);
        for item in &self.items {
            writer.segment(
                "ORC",
                [
                    (1, Field::text("NW")),
                    (2, Field::text(&self.order)),
                    (4, Field::text(&format!("{}_{:02}", self.order, item.group))),
                    (9, time_field(self.ordered)),
                    (12, doctor_field(self.visit.doctor.as_ref())),
                    (17, coded_option(self.visit.department.as_ref())),
                    (29, order_type(&self.visit)),
                ],
            );
            item.write(&mut writer);
        }
        writer.finish()
    }

    pub(super) fn to_fhir(&self, context: &Context<'_>) -> Vec<Node> {
        let template = context.template(
            "MedicationRequest",
            &format!("{ECS}JP_MedicationRequest_eCS"),
            Some(&self.visit),
        );
        let mut within = std::collections::HashMap::new();
        self.items
            .iter()
            .map(|item| {
                let place: &mut i64 = within.entry(item.group).or_default();
                *place += 1;
                self.item_to_fhir(item, *place, &template, context)
            })
            .collect()
    }

    fn item_to_fhir(
        &self,
        item: &PrescriptionItem,
        place: i64,
        template: &Object,
        context: &Context<'_>,
    ) -> Node {
        let key = format!("{}-{place}", item.group);
        let mut object = context.of(template, &key);
        let order = format!("{}-{}-{}", context.source.institution, self.patient_id, self.order);
        let named = |system: &str, value: &str| node!({ "system": system, "value": value });
        object.insert(
            "identifier",
            node!([
                named(
                    "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber",
                    &item.group.to_string()
                ),
                named(
                    "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicationAdministrationIndex",
                    &place.to_string()
                ),
                named("urn:oid:1.2.392.100495.20.3.11", &order),
                context.instance(&key),
            ]),
        );
        object.insert("status", "completed");
        object.insert("intent", "order");
        let categories: Vec<Node> = item.categories.iter().map(|code| category(code, context)).collect();
        if !categories.is_empty() {
            object.insert("category", categories);
        }
        object.insert("medicationCodeableConcept", item.medication(context));
        object.insert("subject", context.patient());
        object.insert("encounter", node!({ "reference": "#encounter" }));
        object.insert("authoredOn", self.ordered.to_rfc3339());
        if self.visit.doctor.is_some() {
            object.insert("requester", node!({ "reference": "#practitioner", "type": "Practitioner" }));
        }
        object.insert("groupIdentifier", named("urn:oid:1.2.392.100495.20.3.11", &order));
        object.insert("dosageInstruction", node!([item.dosage(self.ordered.date())]));
        if item.quantity.is_some() || item.days.is_some() {
            let mut dispense = Object::new();
            if let Some(total) = &item.quantity {
                dispense.insert("quantity", quantity(total));
            }
            if let Some(days) = item.days {
                dispense.insert("expectedSupplyDuration", in_days(days));
            }
            object.insert("dispenseRequest", dispense);
        }
        Node::Object(object)
    }
}

impl PrescriptionItem {
    fn write(&self, writer: &mut crate::hl7v2::Writer<'_>) {
        let value =
            |amount: Option<&Amount>| amount.map(|a| Field::text(a.value.as_str())).unwrap_or_default();
        let unit = |amount: Option<&Amount>| coded_option(amount.and_then(|a| a.unit.as_ref()));
        let daily = self.daily.as_ref().map(|daily| {
            let unit = daily.unit.as_ref().map(coded_subfield).unwrap_or_default();
            Field::of_components([Field::text(daily.value.as_str()), unit])
        });
        let (dose, quantity) = (self.dose.as_ref(), self.quantity.as_ref());
        writer.segment(
            "RXE",
            [
                (2, coded_field(&self.drug)),
                (3, value(dose)),
                (5, unit(dose)),
                (10, value(quantity)),
                (11, unit(quantity)),
                (19, daily.unwrap_or_default()),
                (21, Field::repeated(self.categories.iter().map(coded_field))),
                (31, coded_option(self.yj.as_ref())),
            ],
        );
        let days = self.days.map(|days| Field::components([days.to_string().as_str(), "d"]));
        writer.segment(
            "TQ1",
            [
                (1, Field::text("1")),
                (3, self.usage.as_ref().map(coded_subfield).unwrap_or_default()),
                (6, days.unwrap_or_default()),
                (7, date_field(self.start)),
                (14, self.times.map(|times| Field::text(&times.to_string())).unwrap_or_default()),
            ],
        );
        if let Some(route) = &self.route {
            writer.segment("RXR", [(1, coded_field(route))]);
        }
    }

    /// R3010: a YJ code, a general name's code, or word that there is none, beside whatever else is known.
    fn medication(&self, context: &Context<'_>) -> Node {
        let mut codings = context.codings(&self.drug);
        codings.extend(
            self.yj
                .iter()
                .map(|yj| coding(YJ, &yj.code, if yj.name.is_empty() { &self.drug.name } else { &yj.name })),
        );
        let has_yj = codings.iter().any(|coding| coding.text_at("system") == Some(YJ));
        if !has_yj {
            let system = "http://jpfhir.jp/fhir/eCS/CodeSystem/MedicationCodeNocoded_CS";
            codings.push(coding(system, "NOCODED", "標準コードなし"));
        }
        let shown = if self.drug.name.is_empty() { &self.drug.code } else { &self.drug.name };
        node!({ "coding": codings, "text": shown.as_str() })
    }

    fn dosage(&self, ordered: Date) -> Node {
        let mut dosage = Object::new();
        let start = self.start.unwrap_or(ordered).to_string();
        dosage.insert("extension", node!([node!({
            "url": "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationDosage_PeriodOfUse",
            "valuePeriod": node!({ "start": start }),
        })]));
        let usage = self.usage.as_ref();
        let words = usage.map(|usage| if usage.name.is_empty() { &usage.code } else { &usage.name });
        let words = words.map_or("用法の記載なし", String::as_str);
        let length = match (self.days, self.times) {
            (Some(days), _) => format!("{words}　{days}日分"),
            (None, Some(times)) => format!("{words}　{times}回分"),
            (None, None) => words.to_owned(),
        };
        dosage.insert("text", length);
        dosage.insert("timing", self.timing(words));
        if self.times.is_some() {
            dosage.insert("asNeededBoolean", true);
        }
        if let Some(route) = &self.route {
            let system =
                standard_system(&route.system).unwrap_or("http://terminology.hl7.org/CodeSystem/v2-0162");
            dosage.insert("route", node!({ "coding": node!([coding(system, &route.code, &route.name)]) }));
        }
        if let Some(rate) = self.dose_and_rate() {
            dosage.insert("doseAndRate", node!([rate]));
        }
        Node::Object(dosage)
    }

    /// R5020: a usage code of the electronic prescription or the dummy code, one of them. SS-MIX2 carries JAMI's code,
    /// which is neither: it stands beside the dummy.
    fn timing(&self, words: &str) -> Node {
        let system = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_MedicationUsage_Uncoded_CS";
        let mut codings = vec![coding(system, "0X0XXXXXXXXX0000", "ダミー用法コード")];
        codings.extend(
            self.usage
                .iter()
                .filter(|usage| usage.system == "JAMISDP01" && !usage.code.is_empty())
                .map(|usage| coding("http://jami.jp/CodeSystem/MedicationUsage", &usage.code, words)),
        );
        let mut timing: Object =
            [("code", node!({ "coding": codings, "text": words }))].into_iter().collect();
        if let Some(days) = self.days {
            timing.insert("repeat", node!({ "boundsDuration": in_days(days) }));
        }
        Node::Object(timing)
    }

    fn dose_and_rate(&self) -> Option<Node> {
        if self.dose.is_none() && self.daily.is_none() {
            return None;
        }
        let system = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationIngredientStrengthStrengthType";
        let mut rate: Object =
            [("type", node!({ "coding": node!([coding(system, "1", "製剤量")]) }))].into_iter().collect();
        if let Some(dose) = &self.dose {
            rate.insert("doseQuantity", quantity(dose));
        }
        if let Some(daily) = &self.daily {
            let day = node!({ "value": 1, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d" });
            rate.insert("rateRatio", node!({ "numerator": quantity(daily), "denominator": day }));
        }
        Some(Node::Object(rate))
    }
}

fn item(orc: Segment<'_>, rxe: Segment<'_>) -> Result<PrescriptionItem, Hl7Error> {
    let drug = coded(rxe.expect(2, "a drug")?).ok_or_else(|| rxe.wrong(2, Problem::Missing("a drug")))?;
    let daily = rxe.field(19);
    let daily = number(rxe, 19, daily.component(1))?
        .map(|value| Amount { value, unit: coded_below(daily.component(2)) });
    Ok(PrescriptionItem {
        group: group(orc)?,
        drug,
        yj: rxe
            .field(31)
            .repetitions()
            .find_map(coded)
            .filter(|yj| yj.system.is_empty() || yj.system == "YJ"),
        dose: amount(rxe, 3, 5)?,
        daily,
        quantity: amount(rxe, 10, 11)?,
        usage: None,
        days: None,
        times: None,
        start: None,
        route: None,
        categories: rxe.field(21).repetitions().filter_map(coded).collect(),
    })
}

fn timing(tq1: Segment<'_>, item: Option<&mut PrescriptionItem>) -> Result<(), Hl7Error> {
    let Some(item) = item else { return Ok(()) };
    item.usage = coded_below(tq1.field(3).component(1)).or(item.usage.take());
    let duration = tq1.field(6);
    let unit = duration.component(2).subcomponent(1).text().to_lowercase();
    item.days = match (count(tq1, 6, duration.component(1))?, unit.as_str()) {
        (Some(count), "d" | "day" | "days" | "" | "日") => Some(count),
        (Some(count), "wk" | "w" | "週") => Some(count * 7),
        (Some(_), other) => return Err(tq1.wrong(6, Problem::value(other, "a duration in days (d)"))),
        (None, _) => item.days,
    };
    item.start = date(tq1, 7)?.or(item.start);
    item.times = count(tq1, 14, tq1.field(14).component(1))?.or(item.times);
    Ok(())
}

/// ORC-4 holds the group alone (`1`) or after the order's number (`000000011000185_01`, `…_01_001`).
fn group(orc: Segment<'_>) -> Result<u32, Hl7Error> {
    let element = orc.field(4).component(1);
    let text = element.text();
    let part = text.split('_').nth(1).unwrap_or(&text);
    match part.trim().parse() {
        Ok(group) => Ok(group),
        Err(_) if text.is_empty() => Ok(1),
        Err(_) => Err(orc.wrong(4, Problem::value(&text, "a group's number"))),
    }
}

fn is_cancelled(orc: Segment<'_>) -> bool {
    matches!(orc.field(1).raw(), "CA" | "OC" | "DC" | "OD")
}

fn category(code: &Coded, context: &Context<'_>) -> Node {
    let system = if code.system == "MR9P" {
        "http://jpfhir.jp/fhir/core/CodeSystem/JP_MedicationCategoryMERIT9_CS".to_owned()
    } else {
        context.local(&code.system)
    };
    let mut object = Object::new();
    object.insert("coding", node!([coding(&system, &code.code, &code.name)]));
    put_text(&mut object, "text", &code.name);
    Node::Object(object)
}

fn in_days(days: u32) -> Node {
    let mut object: Object = [("value", Number::from(i64::from(days)))].into_iter().collect();
    put_unit(&mut object, &Coded::new("d", "日", "ISO+"));
    Node::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_in_both_ways_of_writing() {
        for (text, expected) in
            [("1", Some(1)), ("12345678_02", Some(2)), ("1_03_001", Some(3)), ("", Some(1)), ("x", None)]
        {
            let bytes = format!("MSH|^~\\&|A\rORC|NW|1||{text}\r");
            let message = Message::parse(bytes.as_bytes()).unwrap();
            assert_eq!(group(message.first("ORC").unwrap()).ok(), expected, "{text}");
        }
    }
}
