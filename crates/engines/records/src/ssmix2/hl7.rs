//! Shapes that several kinds share: codes, people, times, amounts.

use calendar::{Date, Timestamp};

use super::{
    model::{Amount, Coded, Doctor, Name, Visit},
    name::FileName,
};
use crate::{
    hl7v2::{Element, Field, Header, Hl7Error, Message, Problem, Segment, Writer},
    tree::Number,
};

/// CE or CWE; none where there is neither code nor name.
pub(super) fn coded(element: Element<'_>) -> Option<Coded> {
    let text = |n| element.component(n).text().into_owned();
    triple([text(1), text(2), text(3)], [text(4), text(5), text(6)])
}

/// The same one level down, as in TQ1-3 and RXE-19.
pub(super) fn coded_below(element: Element<'_>) -> Option<Coded> {
    let text = |n| element.subcomponent(n).text().into_owned();
    triple([text(1), text(2), text(3)], [text(4), text(5), text(6)])
}

fn triple(own: [String; 3], other: [String; 3]) -> Option<Coded> {
    let make = |[code, name, system]: [String; 3]| {
        (!code.is_empty() || !name.is_empty()).then_some(Coded { code, name, system, alternate: None })
    };
    match (make(own), make(other)) {
        (Some(own), other) => Some(Coded { alternate: other.map(Box::new), ..own }),
        (None, other) => other,
    }
}

pub(super) fn coded_field(coded: &Coded) -> Field {
    Field::components(parts(coded))
}

pub(super) fn coded_subfield(coded: &Coded) -> Field {
    Field::subcomponents(parts(coded))
}

fn parts(coded: &Coded) -> impl Iterator<Item = &str> {
    coded.both().flat_map(|one| [one.code.as_str(), &one.name, &one.system])
}

pub(super) fn coded_option(coded: Option<&Coded>) -> Field {
    coded.map(coded_field).unwrap_or_default()
}

/// XCN: id, family name, given name. Some senders put the whole name into the second component.
pub(super) fn doctor(element: Element<'_>) -> Option<Doctor> {
    let text = |n| element.component(n).text().into_owned();
    let (id, family, given) = (text(1), text(2), text(3));
    (!id.is_empty() || !family.is_empty()).then_some(Doctor { id, name: Name { family, given } })
}

pub(super) fn doctor_field(doctor: Option<&Doctor>) -> Field {
    doctor.map_or_else(Field::default, |Doctor { id, name }| {
        Field::components([id, &name.family, &name.given, "", "", "", "", "", "", "L", "", "", "", "", "I"])
    })
}

/// The day of a time of at least that precision.
pub(super) fn date(segment: Segment<'_>, field: usize) -> Result<Option<Date>, Hl7Error> {
    let element = segment.field(field).component(1);
    if element.is_empty() {
        return Ok(None);
    }
    let text = element.text();
    let day = text.get(..8).and_then(|day| Date::from_compact(day).ok());
    day.map(Some).ok_or_else(|| segment.wrong(field, Problem::value(&text, "a day as yyyyMMdd")))
}

/// A time `yyyyMMdd[HH[mm[ss[.S…]]]][+ZZZZ]` (HL7 v2.5 §2.A.22); without an offset, Japan standard time.
pub(super) fn time(segment: Segment<'_>, field: usize) -> Result<Option<Timestamp>, Hl7Error> {
    let element = segment.field(field).component(1);
    if element.is_empty() {
        return Ok(None);
    }
    let text = element.text();
    instant(&text)
        .map(Some)
        .ok_or_else(|| segment.wrong(field, Problem::value(&text, "a time as yyyyMMddHHmmss")))
}

fn instant(text: &str) -> Option<Timestamp> {
    let (local, offset) = match text.find(['+', '-']) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, "+0900"),
    };
    let (whole, fraction) = local.split_once('.').unwrap_or((local, ""));
    if !matches!(whole.len(), 8 | 10 | 12 | 14) || offset.len() != 5 {
        return None;
    }
    let padded = format!("{whole:0<14}");
    let at = Timestamp::from_jst_compact(&padded).ok()?;
    let milli: String = fraction.chars().chain("000".chars()).take(3).collect();
    let digits =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let minutes = digits(offset.get(1..3)?)? * 60 + digits(offset.get(3..5)?)?;
    let east = if offset.starts_with('-') { -minutes } else { minutes };
    Some(at.add_millis(digits(&milli)? + (540 - east) * 60_000))
}

pub(super) fn date_field(date: Option<Date>) -> Field {
    date.map(|date| Field::text(&date.to_compact())).unwrap_or_default()
}

/// With milliseconds only where there are any.
pub(super) fn time_field(at: Timestamp) -> Field {
    match at.time() {
        (.., 0) => Field::text(&at.to_jst_compact()),
        (.., milli) => Field::text(&format!("{}.{milli:03}", at.to_jst_compact())),
    }
}

/// A number; none where there is nothing.
pub(super) fn number(
    segment: Segment<'_>,
    field: usize,
    element: Element<'_>,
) -> Result<Option<Number>, Hl7Error> {
    if element.is_empty() {
        return Ok(None);
    }
    let text = element.text();
    json_number(text.trim()).map(Some).ok_or_else(|| segment.wrong(field, Problem::value(&text, "a number")))
}

/// `+05`, `.5` and `007.0` are numbers to a laboratory and none to JSON.
pub(super) fn json_number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, rest) =
        digits.split_at_checked(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()))?;
    if whole.is_empty() && !rest.starts_with('.') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Number::new(&format!("{sign}{whole}{rest}"))
}

/// A count.
pub(super) fn count(
    segment: Segment<'_>,
    field: usize,
    element: Element<'_>,
) -> Result<Option<u32>, Hl7Error> {
    if element.is_empty() {
        return Ok(None);
    }
    let text = element.text();
    let count = text.trim().parse().ok().filter(|count| *count <= 10_000);
    count.map(Some).ok_or_else(|| segment.wrong(field, Problem::value(&text, "a count of at most 10000")))
}

/// An amount in one field with its unit in another.
pub(super) fn amount(segment: Segment<'_>, value: usize, unit: usize) -> Result<Option<Amount>, Hl7Error> {
    let number = number(segment, value, segment.field(value).component(1))?;
    Ok(number.map(|value| Amount { value, unit: coded(segment.field(unit)) }))
}

/// Whose message it is: PID-3, which must be the number that the file's name says.
pub(super) fn patient_id(message: &Message, name: &FileName) -> Result<String, Hl7Error> {
    let pid = message.expect("PID")?;
    let id = pid.expect(3, "the patient's number")?.component(1).text().into_owned();
    if id.trim_start_matches('0') == name.patient_id.trim_start_matches('0') {
        Ok(name.patient_id.clone())
    } else {
        Err(pid.wrong(3, Problem::value(&id, "the patient's number of the file's name")))
    }
}

/// PV1 and ORC together say where and by whom.
pub(super) fn visit(message: &Message, orc: Option<Segment<'_>>) -> Visit {
    let pv1 = message.first("PV1");
    let class = pv1.map(|pv1| pv1.field(2).text().into_owned()).unwrap_or_default();
    let order_type = orc.map(|orc| orc.field(29).component(1).text().into_owned()).unwrap_or_default();
    let inpatient = if order_type.is_empty() { class == "I" } else { order_type == "I" };
    let department = orc.and_then(|orc| coded(orc.field(17)));
    let by_order = orc.and_then(|orc| doctor(orc.field(12)));
    Visit { inpatient, department, doctor: by_order.or_else(|| doctor(pv1?.field(7))) }
}

/// A message that has its header and PID.
pub(super) fn writer<'a>(
    facility: &'a str,
    name: &FileName,
    message_type: [&'a str; 3],
    control_id: &'a str,
    patient: &[(usize, Field)],
) -> Writer<'a> {
    let header = Header { sender: ("MUSUBI", facility), at: name.occurred, message_type, control_id };
    let mut writer = Writer::new(header);
    let own =
        [(1, Field::text("0001")), (3, Field::components([name.patient_id.as_str(), "", "", "", "PI"]))];
    writer.segment("PID", own.into_iter().chain(patient.iter().cloned()));
    writer
}

/// PV1 of a visit.
pub(super) fn write_visit(writer: &mut Writer<'_>, visit: &Visit) {
    let class = Field::text(if visit.inpatient { "I" } else { "O" });
    writer.segment("PV1", [(1, Field::text("0001")), (2, class), (7, doctor_field(visit.doctor.as_ref()))]);
}

/// The type of order (HL7 table 0482, ORC-29).
pub(super) fn order_type(visit: &Visit) -> Field {
    let parts = if visit.inpatient {
        ["I", "入院患者オーダ", "HL70482"]
    } else {
        ["O", "外来患者オーダ", "HL70482"]
    };
    Field::components(parts)
}
