//! The patient and allergies: ADT-00 (ADT^A08) and ADT-61 (ADT^A60).

use super::{
    fhir::{CORE, Context, ECS, coding, human_name, put_text},
    hl7::{coded, coded_field, coded_option, date, date_field, patient_id, writer},
    model::{Allergy, Insurance, Name, Person, Sex},
    name::FileName,
};
use crate::{
    hl7v2::{Element, Field, Hl7Error, Message, Problem, Segment},
    node,
    tree::{Node, Object},
};

impl Person {
    /// Reads ADT-00.
    ///
    /// # Errors
    /// Where and why the message is none of this patient.
    pub fn read(message: &Message, name: &FileName) -> Result<Self, Hl7Error> {
        let patient_id = patient_id(message, name)?;
        let pid = message.expect("PID")?;
        let (ideographs, kana) = names(pid);
        if ideographs.family.is_empty() {
            return Err(pid.wrong(5, Problem::Missing("a name")));
        }
        let address = pid.field(11);
        Ok(Self {
            patient_id,
            name: ideographs,
            kana,
            birth: date(pid, 7)?,
            sex: sex(pid)?,
            postal_code: address.component(5).text().into_owned(),
            address: whole_address(address),
            phone: telephone(pid.field(13)),
            insurances: message
                .segments()
                .filter(|segment| segment.name() == "IN1")
                .map(insurance)
                .collect::<Result<_, _>>()?,
            allergies: allergies(message)?,
        })
    }

    /// Reads ADT-61: of the person, only number and allergies.
    ///
    /// # Errors
    /// Where and why the message is none of this patient.
    pub fn read_allergies(message: &Message, name: &FileName) -> Result<Self, Hl7Error> {
        let empty = Name::default();
        Ok(Self {
            patient_id: patient_id(message, name)?,
            name: empty.clone(),
            kana: empty,
            birth: None,
            sex: Sex::Unknown,
            postal_code: String::new(),
            address: String::new(),
            phone: String::new(),
            insurances: Vec::new(),
            allergies: allergies(message)?,
        })
    }

    /// Writes ADT-00; `name` gives number and time.
    pub fn write(&self, name: &FileName, facility: &str) -> Vec<u8> {
        let human = |name: &Name, writing| {
            Field::components([name.family.as_str(), &name.given, "", "", "", "", "L", writing])
        };
        let mut names = vec![human(&self.name, "I")];
        if self.kana != Name::default() {
            names.push(human(&self.kana, "P"));
        }
        let phone = Field::components(["", "PRN", "PH", "", "", "", "", "", "", "", "", &self.phone]);
        let fields = [
            (5, Field::repeated(names)),
            (7, date_field(self.birth)),
            (
                8,
                Field::text(match self.sex {
                    Sex::Male => "M",
                    Sex::Female => "F",
                    Sex::Other => "O",
                    Sex::Unknown => "U",
                }),
            ),
            (11, Field::components(["", "", "", "", &self.postal_code, "JPN", "H", &self.address])),
            (13, if self.phone.is_empty() { Field::default() } else { phone }),
        ];
        let control = name.occurred.to_jst_compact();
        let mut writer = writer(facility, name, ["ADT", "A08", "ADT_A01"], &control, &fields);
        for (n, allergy) in self.allergies.iter().enumerate() {
            writer.segment(
                "AL1",
                [
                    (1, Field::text(&(n + 1).to_string())),
                    (2, coded_field(&allergy.kind)),
                    (3, coded_field(&allergy.allergen)),
                    (4, coded_option(allergy.severity.as_ref())),
                    (5, Field::text(&allergy.reaction)),
                    (6, date_field(allergy.identified)),
                ],
            );
        }
        for (n, insurance) in self.insurances.iter().enumerate() {
            let insured = [&insurance.symbol, &insurance.number, &insurance.branch];
            writer.segment(
                "IN1",
                [
                    (1, Field::text(&(n + 1).to_string())),
                    (2, coded_field(&insurance.plan)),
                    (3, Field::text(&insurance.insurer)),
                    (10, Field::repeated(insured.map(|part| Field::text(part)))),
                    (12, date_field(insurance.from)),
                ],
            );
        }
        writer.finish()
    }

    pub(super) fn to_fhir(&self, context: &Context<'_>) -> Vec<Node> {
        let mut all = vec![self.patient(context)];
        all.extend(self.allergies_to_fhir(context));
        all
    }

    pub(super) fn allergies_to_fhir(&self, context: &Context<'_>) -> Vec<Node> {
        self.allergies.iter().enumerate().map(|(n, allergy)| allergy.to_fhir(n, context)).collect()
    }

    fn patient(&self, context: &Context<'_>) -> Node {
        let mut object = Object::new();
        object.insert("resourceType", "Patient");
        object.insert("id", context.patient_id());
        object.insert("meta", context.meta(&self.profile()));
        object.insert("language", "ja");
        let local = format!("urn:oid:1.2.392.100495.20.3.51.1{}", context.source.institution);
        let mut identifiers = vec![node!({ "system": local, "value": self.patient_id.as_str() })];
        // R1012: one insured person's identifier, that of the insurance which counts first.
        identifiers.extend(self.insurances.iter().find_map(Insurance::member_id).map(|value| {
            node!({ "system": "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID", "value": value })
        }));
        object.insert("identifier", identifiers);
        let mut names = vec![human_name(&self.name, "IDE")];
        if self.kana != Name::default() {
            names.push(human_name(&self.kana, "SYL"));
        }
        object.insert("name", names);
        if !self.phone.is_empty() {
            let phone = self.phone.as_str();
            object.insert("telecom", node!([node!({ "system": "phone", "value": phone, "use": "home" })]));
        }
        object.insert(
            "gender",
            match self.sex {
                Sex::Male => "male",
                Sex::Female => "female",
                Sex::Other => "other",
                Sex::Unknown => "unknown",
            },
        );
        if let Some(birth) = self.birth {
            object.insert("birthDate", birth.to_string());
        }
        if !self.address.is_empty() {
            let mut address = Object::new();
            address.insert("use", "home");
            address.insert("text", self.address.as_str());
            put_text(&mut address, "postalCode", &self.postal_code);
            address.insert("country", "JP");
            object.insert("address", node!([address]));
        }
        Node::Object(object)
    }

    /// JP-CLINS's patient, where there is what it asks for: an insured person's identifier (R1012), name, birth date and address.
    /// Who has not all of it, say by no insurance, is a patient of JP Core.
    fn profile(&self) -> String {
        let insured = self.insurances.iter().any(|insurance| insurance.member_id().is_some());
        let named = !self.name.family.is_empty() && !self.name.given.is_empty();
        if insured && named && self.birth.is_some() && !self.address.is_empty() {
            format!("{ECS}JP_Patient_eCS")
        } else {
            format!("{CORE}JP_Patient")
        }
    }
}

impl Insurance {
    /// JP-CLINS's single text, `00012345:あいう:１８７:05`; none where the insurer's number has no place in it.
    fn member_id(&self) -> Option<String> {
        let insurer = self.insurer.trim();
        let digits = !insurer.is_empty() && insurer.len() <= 8 && insurer.bytes().all(|b| b.is_ascii_digit());
        let branch = if self.branch.len() == 2 { self.branch.as_str() } else { "" };
        let part =
            |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect() };
        digits.then(|| format!("{insurer:0>8}:{}:{}:{branch}", part(&self.symbol), part(&self.number)))
    }
}

impl Allergy {
    fn to_fhir(&self, n: usize, context: &Context<'_>) -> Node {
        let key = format!("AL{}-{}-{}", n + 1, self.kind.code, self.allergen.code);
        let profile = format!("{ECS}JP_AllergyIntolerance_eCS");
        let mut object = context.of(&context.template("AllergyIntolerance", &profile, None), &key);
        object.insert("identifier", node!([context.instance(&key)]));
        let active = coding(CLINICAL, "active", "Active");
        object.insert("clinicalStatus", node!({ "coding": node!([active]) }));
        let confirmed = coding(VERIFICATION, "confirmed", "Confirmed");
        object.insert("verificationStatus", node!({ "coding": node!([confirmed]) }));
        object.insert("type", "allergy");
        let category = match self.kind.code.as_str() {
            "DA" => Some("medication"),
            "FA" => Some("food"),
            "EA" | "LA" | "AA" | "PA" => Some("environment"),
            _ => None,
        };
        if let Some(category) = category {
            object.insert("category", node!([category]));
        }
        object.insert(
            "criticality",
            match self.severity() {
                Some("severe") => "high",
                Some(_) => "low",
                None => "unable-to-assess",
            },
        );
        object.insert("code", context.concept(&self.allergen));
        object.insert("patient", context.patient());
        if let Some(identified) = self.identified {
            object.insert("recordedDate", identified.to_string());
        }
        if !self.reaction.is_empty() {
            let mut reaction: Object =
                [("manifestation", node!([node!({ "text": self.reaction.as_str() })]))].into_iter().collect();
            if let Some(severity) = self.severity() {
                reaction.insert("severity", severity);
            }
            object.insert("reaction", node!([reaction]));
        }
        Node::Object(object)
    }

    fn severity(&self) -> Option<&'static str> {
        match self.severity.as_ref()?.code.as_str() {
            "SV" => Some("severe"),
            "MO" => Some("moderate"),
            "MI" => Some("mild"),
            _ => None,
        }
    }
}

/// PID-5 repeats the name: component 8 says `I` ideographs or `P` kana.
fn names(pid: Segment<'_>) -> (Name, Name) {
    let (mut ideographs, mut kana) = (Name::default(), Name::default());
    for (n, element) in pid.field(5).repetitions().enumerate() {
        let text = |n| element.component(n).text().into_owned();
        let name = Name { family: text(1), given: text(2) };
        match (text(8).as_str(), n) {
            ("P", _) | ("", 1) => kana = name,
            ("I", _) | ("", 0) => ideographs = name,
            _ => {}
        }
    }
    (ideographs, kana)
}

fn sex(pid: Segment<'_>) -> Result<Sex, Hl7Error> {
    match pid.field(8).text().as_ref() {
        "M" => Ok(Sex::Male),
        "F" => Ok(Sex::Female),
        "O" | "A" => Ok(Sex::Other),
        "U" | "N" | "" => Ok(Sex::Unknown),
        other => Err(pid.wrong(8, Problem::value(other, "M, F, O or U"))),
    }
}

/// The whole address stands in component 8; where it does not, its parts from the prefecture on make it up.
fn whole_address(address: Element<'_>) -> String {
    let part = |n| address.component(n).text().into_owned();
    let whole = part(8);
    if whole.is_empty() { [part(4), part(3), part(1), part(2)].concat() } else { whole }
}

/// XTN: the number of the first telephone at home, in component 12 or in the old place.
fn telephone(field: Element<'_>) -> String {
    let mut numbers = field.repetitions().filter(|one| matches!(one.component(2).raw(), "" | "PRN"));
    let number = numbers.find_map(|one| {
        let all = [one.component(12).text().into_owned(), one.component(1).text().into_owned()];
        all.into_iter().find(|number| !number.is_empty())
    });
    number.unwrap_or_default()
}

/// Symbol, number and branch are repetitions of IN1-10 (SS-MIX2 1.2g and later) or stand in IN1-10 and IN1-11.
fn insurance(in1: Segment<'_>) -> Result<Insurance, Hl7Error> {
    let parts: Vec<String> =
        in1.field(10).repetitions().map(|part| part.component(1).text().into_owned()).collect();
    let part = |n: usize| parts.get(n).cloned().unwrap_or_default();
    let old = in1.field(11).component(1).text().into_owned();
    Ok(Insurance {
        plan: coded(in1.field(2)).unwrap_or_default(),
        insurer: in1.field(3).component(1).text().into_owned(),
        symbol: part(0),
        number: if parts.len() > 1 { part(1) } else { old },
        branch: part(2),
        from: date(in1, 12)?,
    })
}

fn allergies(message: &Message) -> Result<Vec<Allergy>, Hl7Error> {
    message
        .segments()
        .filter(|segment| matches!(segment.name(), "AL1" | "IAM"))
        .map(|segment| {
            let allergen = coded(segment.expect(3, "an allergen")?);
            Ok(Allergy {
                kind: coded(segment.field(2)).unwrap_or_default(),
                allergen: allergen.ok_or_else(|| segment.wrong(3, Problem::Missing("an allergen")))?,
                severity: coded(segment.field(4)),
                reaction: segment.field(5).text().into_owned(),
                // IAM has more fields: the day stands in its thirteenth.
                identified: if segment.name() == "AL1" {
                    date(segment, 6)?
                } else {
                    date(segment, 13).ok().flatten()
                },
            })
        })
        .collect()
}

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
