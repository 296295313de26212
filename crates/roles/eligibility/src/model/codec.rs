//! A report as compact bytes, the form in which the store keeps it.
//!
//! Layout 1: known-from (i64 ms), then the fields of [`Report`] in order. Integers are little endian, days are i32
//! since 1970-01-01 (the smallest i32 = absent), texts are a LEB128 length and UTF-8. About 150 bytes for a member, a
//! quarter of the JSON form, and an order of magnitude cheaper to read at the desk.

use calendar::{Date, Timestamp};
use codes::{Branch, InsuredPersonId};
use protocol::eligibility::{
    ElderlyCertificate, LimitCertificate, LossReason, Person, Relation, Sex, SpecificDiseaseCertificate,
    Terms,
};
use protocol_admin::report::ReportAct;

use super::{Report, Version};

/// Stored bytes that no layout explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored report, byte {at}: expected {expected}")]
pub struct CodecError {
    /// Where.
    pub at: usize,
    /// What belongs there.
    pub expected: &'static str,
}

/// The bytes of a report known since `known_from`, appended to `out`.
pub fn encode(known_from: Timestamp, report: &Report, out: &mut Vec<u8>) {
    out.push(LAYOUT);
    out.extend_from_slice(&known_from.as_millis().to_le_bytes());
    text(out, &report.report_id);
    out.push(act_code(report.act));
    text(out, &report.insured.insurer.to_string());
    text(out, report.insured.symbol.as_str());
    text(out, report.insured.number.as_str());
    out.push(report.insured.branch.map_or(ABSENT, Branch::number));
    day(out, Some(report.qualified_on));
    day(out, report.disqualified_on);
    out.push(report.loss_reason.map_or(ABSENT, loss_code));
    out.push(u8::from(report.relation == Relation::Dependant));
    person(out, &report.person);
    terms(out, &report.terms);
    day(out, report.effective_on);
    day(out, Some(report.notified_on));
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// When the bytes are of no known layout or damaged.
pub fn decode(id: i64, bytes: &[u8]) -> Result<Version, CodecError> {
    let mut bytes = Bytes { all: bytes, at: 0 };
    if bytes.byte()? != LAYOUT {
        return Err(CodecError { at: 0, expected: "layout 1" });
    }
    let known_from = Timestamp::from_millis(i64::from_le_bytes(bytes.array()?));
    let report = Report {
        report_id: bytes.text()?,
        act: choice(&mut bytes, &ACTS, "an act")?,
        insured: insured(&mut bytes)?,
        qualified_on: bytes.must_day()?,
        disqualified_on: bytes.day()?,
        loss_reason: optional_choice(&mut bytes, &LOSSES, "a loss reason")?,
        relation: choice(&mut bytes, &[Relation::Insured, Relation::Dependant], "a relation")?,
        person: read_person(&mut bytes)?,
        terms: read_terms(&mut bytes)?,
        effective_on: bytes.day()?,
        notified_on: bytes.must_day()?,
    };
    if bytes.at == bytes.all.len() {
        Ok(Version { id, known_from, report })
    } else {
        Err(bytes.expected("the end"))
    }
}

fn person(out: &mut Vec<u8>, person: &Person) {
    text(out, &person.name);
    text(out, &person.kana);
    out.push(SEXES.iter().position(|s| *s == person.sex).unwrap_or_default() as u8);
    day(out, Some(person.birthdate));
    text(out, &person.postal_code);
    text(out, &person.address);
}

fn read_person(bytes: &mut Bytes<'_>) -> Result<Person, CodecError> {
    Ok(Person {
        name: bytes.text()?,
        kana: bytes.text()?,
        sex: choice(bytes, &SEXES, "a sex")?,
        birthdate: bytes.must_day()?,
        postal_code: bytes.text()?,
        address: bytes.text()?,
    })
}

fn terms(out: &mut Vec<u8>, terms: &Terms) {
    text(out, &terms.classification);
    out.push(terms.copayment_percent.unwrap_or(ABSENT));
    out.push(u8::from(terms.preschool));
    day(out, terms.issued_on);
    out.push(u8::from(terms.elderly.is_some()) | u8::from(terms.limit.is_some()) << 1);
    if let Some(elderly) = &terms.elderly {
        day(out, Some(elderly.from));
        day(out, Some(elderly.to));
        out.push(elderly.copayment_percent);
    }
    if let Some(limit) = &terms.limit {
        text(out, &limit.classification);
        text(out, &limit.flag);
        day(out, Some(limit.from));
        day(out, Some(limit.to));
    }
    length(out, terms.specific_diseases.len());
    for disease in &terms.specific_diseases {
        out.push(disease.category);
        day(out, Some(disease.from));
        day(out, Some(disease.to));
        out.extend_from_slice(&disease.ceiling_yen.to_le_bytes());
    }
}

fn read_terms(bytes: &mut Bytes<'_>) -> Result<Terms, CodecError> {
    let classification = bytes.text()?;
    let copayment_percent = Some(bytes.byte()?).filter(|p| *p != ABSENT);
    let preschool = bytes.byte()? == 1;
    let issued_on = bytes.day()?;
    let parts = bytes.byte()?;
    let elderly = if parts & 1 == 1 {
        let (from, to) = (bytes.must_day()?, bytes.must_day()?);
        Some(ElderlyCertificate { from, to, copayment_percent: bytes.byte()? })
    } else {
        None
    };
    let limit = if parts & 2 == 2 {
        let (classification, flag) = (bytes.text()?, bytes.text()?);
        Some(LimitCertificate { classification, flag, from: bytes.must_day()?, to: bytes.must_day()? })
    } else {
        None
    };
    let mut specific_diseases = Vec::new();
    for _ in 0..bytes.length()? {
        specific_diseases.push(SpecificDiseaseCertificate {
            category: bytes.byte()?,
            from: bytes.must_day()?,
            to: bytes.must_day()?,
            ceiling_yen: u32::from_le_bytes(bytes.array()?),
        });
    }
    Ok(Terms { classification, copayment_percent, preschool, issued_on, elderly, limit, specific_diseases })
}

fn insured(bytes: &mut Bytes<'_>) -> Result<InsuredPersonId, CodecError> {
    let at = bytes.at;
    let wrong = |expected| CodecError { at, expected };
    let insurer = bytes.text()?.parse().map_err(|_| wrong("an insurer number"))?;
    let symbol = bytes.text()?.parse().map_err(|_| wrong("a symbol"))?;
    let number = bytes.text()?.parse().map_err(|_| wrong("a number"))?;
    let branch = match bytes.byte()? {
        ABSENT => None,
        branch => Some(Branch::new(branch).ok_or_else(|| wrong("a branch"))?),
    };
    Ok(InsuredPersonId { insurer, symbol, number, branch })
}

fn act_code(act: ReportAct) -> u8 {
    ACTS.iter().position(|a| *a == act).unwrap_or_default() as u8
}

fn loss_code(reason: LossReason) -> u8 {
    LOSSES.iter().position(|l| *l == reason).unwrap_or_default() as u8
}

fn day(out: &mut Vec<u8>, day: Option<Date>) {
    out.extend_from_slice(&day.map_or(NO_DAY, Date::to_days).to_le_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn choice<T: Copy>(bytes: &mut Bytes<'_>, choices: &[T], expected: &'static str) -> Result<T, CodecError> {
    let code = bytes.byte()?;
    choices.get(usize::from(code)).copied().ok_or_else(|| bytes.expected(expected))
}

fn optional_choice<T: Copy>(
    bytes: &mut Bytes<'_>,
    choices: &[T],
    expected: &'static str,
) -> Result<Option<T>, CodecError> {
    match bytes.byte()? {
        ABSENT => Ok(None),
        code => choices.get(usize::from(code)).copied().map(Some).ok_or_else(|| bytes.expected(expected)),
    }
}

struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn expected(&self, expected: &'static str) -> CodecError {
        CodecError { at: self.at, expected }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let end = self.at.checked_add(count).ok_or(CodecError { at: self.at, expected: "a length" })?;
        let taken = self.all.get(self.at..end).ok_or_else(|| self.expected("more bytes"))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.take(N)?.try_into().map_err(|_| self.expected("more bytes"))
    }

    fn byte(&mut self) -> Result<u8, CodecError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn length(&mut self) -> Result<usize, CodecError> {
        let mut length = 0;
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length);
            }
        }
        Err(self.expected("a length"))
    }

    fn text(&mut self) -> Result<String, CodecError> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.expected("UTF-8"))
    }

    fn day(&mut self) -> Result<Option<Date>, CodecError> {
        match i32::from_le_bytes(self.array()?) {
            NO_DAY => Ok(None),
            days => Date::from_days(days).map(Some).map_err(|_| self.expected("a day")),
        }
    }

    fn must_day(&mut self) -> Result<Date, CodecError> {
        self.day()?.ok_or_else(|| self.expected("a day"))
    }
}

const LAYOUT: u8 = 1;
const ABSENT: u8 = 0xff;
const NO_DAY: i32 = i32::MIN;
const ACTS: [ReportAct; 5] = [
    ReportAct::Acquisition,
    ReportAct::Loss,
    ReportAct::Change,
    ReportAct::Correction,
    ReportAct::Cancellation,
];
const LOSSES: [LossReason; 4] =
    [LossReason::Death, LossReason::PublicAssistance, LossReason::OtherInsurance, LossReason::Other];
const SEXES: [Sex; 3] = [Sex::Male, Sex::Female, Sex::Unset];
