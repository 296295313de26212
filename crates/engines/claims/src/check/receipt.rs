//! A claim in itself: order of records, days, numbers, codes.

use codes::{CheckPolicy, CheckedNumber, InsurerNumber, PublicPayerNumber, PublicRecipientNumber, Warning};

use crate::{Claim, Finding, Month, Record, Rule, Severity, Table, Value};

use super::{field_place, place, spec_place, sure};

/// Checks a claim; `claimed` is the month in which it is made.
pub fn check(claim: &Claim<'_>, claimed: Option<Month>, found: &mut dyn FnMut(Finding)) {
    if claim.table() == Table::Nursing {
        return;
    }
    order(claim, found);
    payers(claim, found);
    days(claim, claimed, found);
    codes(claim, found);
}

/// RE, HO, KO, then what was done.
fn order(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let mut rank = 0;
    let mut insurers = 0;
    for record in claim.records() {
        let (own, severity) = match &record.code() {
            b"MN" | b"IR" | b"YK" => (0, Severity::Warning),
            b"RE" => (1, Severity::Error),
            b"HO" => (2, Severity::Error),
            b"KO" => (3, Severity::Error),
            b"SN" | b"JD" | b"MF" => (4, Severity::Warning),
            b"SY" | b"HS" | b"SI" | b"SS" | b"IY" | b"TO" | b"SH" | b"CZ" | b"KI" | b"SJ" => {
                (5, Severity::Error)
            }
            _ => continue,
        };
        insurers += u32::from(own == 2);
        if own < rank {
            let finding = Finding::new(severity, Rule::Order, place(&record, claim.number()));
            let code = String::from_utf8_lossy(&record.code()).into_owned();
            found(finding.found(code).expected(
                "the order RE, HO, KO, SN, JD, MF, then diseases and services",
                "RE、HO、KO、SN、JD、MF、傷病名・摘要の順であるべきです",
            ));
        }
        if own == 2 && insurers > 1 {
            let finding = Finding::new(Severity::Warning, Rule::Order, place(&record, claim.number()));
            found(finding.found("HO").expected("one HO a claim", "HOは1レセプトに一つであるべきです"));
        }
        rank = rank.max(own);
    }
}

fn payers(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let number = claim.number();
    let mut any = false;
    if let Some(insurer) = claim.insurer() {
        any = true;
        let value = insurer.insurer();
        let text = String::from_utf8_lossy(value.trimmed()).into_owned();
        let parsed = InsurerNumber::parse_lenient_with(&text, CheckPolicy::Warn).map(|(_, warning)| warning);
        digits(&insurer.0, number, 1, value, parsed, found);
    }
    for payer in claim.public_payers() {
        any = true;
        let text = |value: Value<'_>| String::from_utf8_lossy(value.trimmed()).into_owned();
        let parsed = PublicPayerNumber::parse_warn(&text(payer.payer())).map(|(_, warning)| warning);
        digits(&payer.0, number, 1, payer.payer(), parsed, found);
        if !payer.recipient().is_empty() {
            let padded = format!("{:0>7}", text(payer.recipient()));
            let parsed = PublicRecipientNumber::parse_warn(&padded).map(|(_, warning)| warning);
            digits(&payer.0, number, 2, payer.recipient(), parsed, found);
        }
    }
    // A claim of another system (労災) has payers that we do not know.
    let foreign = claim.records().any(|record| crate::Layout::of(claim.table(), record.code()).is_none());
    if !any && !foreign && !claim.is_part() {
        let finding = Finding::new(sure(claim.table()), Rule::Missing, place(&claim.receipt().0, number));
        found(finding.expected("HO or KO", "HOまたはKOが必要です"));
    }
}

fn digits(
    record: &Record<'_>,
    number: Option<u64>,
    at: usize,
    value: Value<'_>,
    parsed: Result<Option<Warning>, codes::NumberError>,
    found: &mut dyn FnMut(Finding),
) {
    if value.is_empty() {
        return;
    }
    let (rule, error) = match parsed {
        Ok(None) => return,
        Ok(Some(warning)) => (Rule::CheckDigit, warning),
        Err(error) => (Rule::Form, error),
    };
    let place = spec_place(record, Table::Medical, number, at);
    let found_text = String::from_utf8_lossy(value.trimmed()).into_owned();
    let expected = match error.expected_digit() {
        Some(digit) => (format!("check digit {digit}"), format!("検査数字は{digit}であるべきです")),
        None => (error.problem().to_string(), error.ja()),
    };
    found(Finding::new(Severity::Warning, rule, place).found(found_text).expected(expected.0, expected.1));
}

fn days(claim: &Claim<'_>, claimed: Option<Month>, found: &mut dyn FnMut(Finding)) {
    let (receipt, number) = (claim.receipt(), claim.number());
    let Some(month) = claim.month() else { return };
    let severity = sure(claim.table());
    let mut wrong = |severity, record: &Record<'_>, at, value: Value<'_>, en: String, ja: String| {
        let place = spec_place(record, claim.table(), number, at);
        found(Finding::new(severity, Rule::Date, place).found(value.text(claim.charset())).expected(en, ja));
    };
    if let Some(claimed) = claimed.filter(|claimed| month >= *claimed) {
        let severity = if month > claimed { severity } else { Severity::Warning };
        let (en, ja) =
            (format!("before the claim's month {claimed}"), format!("請求年月{claimed}より前であるべきです"));
        wrong(severity, &receipt.0, 3, receipt.month(), en, ja);
    }
    let until = |what: &str| (format!("not after {what}"), format!("{what}以前であるべきです"));
    let end = month.last().to_string();
    if claim.birth().is_some_and(|birth| birth > month.last()) {
        // A birthday is put right at the agency; it does not refuse the claim.
        let (en, ja) = until(&end);
        wrong(Severity::Warning, &receipt.0, 6, receipt.birth(), en, ja);
    }
    if claim.table() != Table::Dispensing && receipt.admitted().date().is_some_and(|day| day > month.last()) {
        let (en, ja) = until(&end);
        wrong(severity, &receipt.0, 8, receipt.admitted(), en, ja);
    }
    for record in claim.records() {
        let at = match &record.code() {
            b"SY" => 2,
            b"HS" => 1,
            _ => continue,
        };
        if record.field(at).date().is_some_and(|day| day > month.last()) {
            let (en, ja) = until(&end);
            wrong(severity, &record, at, record.field(at), en, ja);
        }
    }
    if claim.table() == Table::Medical && claim.is_inpatient() && receipt.admitted().is_empty() {
        wrong(
            Severity::Error,
            &receipt.0,
            8,
            receipt.admitted(),
            "the day of admission".into(),
            "入院年月日が必要です".into(),
        );
    }
    for payer in claim.records().filter(|record| record.is("HO") || record.is("KO")) {
        let length = u64::from(month.length());
        if claim.table() != Table::Dispensing && payer.field(4).number().is_some_and(|days| days > length) {
            wrong(
                severity,
                &payer,
                4,
                payer.field(4),
                format!("at most {length}"),
                format!("{length}以下であるべきです"),
            );
        }
    }
    counted_days(claim, found);
}

/// 受診日等 against 診療実日数.
fn counted_days(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let own = claim.records().find(|record| record.is("JD") && record.field(1).trimmed() == b"1");
    let (Some(visits), Some(insurer)) = (own, claim.insurer()) else { return };
    let counted = (2..=32).filter(|at| visits.field(*at).number() == Some(1)).count() as u64;
    let Some(said) = insurer.days().number().filter(|said| counted > 0 && *said != counted) else { return };
    let place = field_place(&insurer.0, claim.number(), 4, "診療実日数");
    let expected = (format!("{counted}, the days of JD"), format!("JDの日数{counted}であるべきです"));
    found(
        Finding::new(Severity::Warning, Rule::Count, place)
            .found(said.to_string())
            .expected(expected.0, expected.1),
    );
}

fn codes(claim: &Claim<'_>, found: &mut dyn FnMut(Finding)) {
    let (receipt, number, table) = (claim.receipt(), claim.number(), claim.table());
    let mut unknown = |severity, record: &Record<'_>, at: usize, en: &str, ja: &str| {
        let place = spec_place(record, table, number, at);
        let value = record.field(at).text(claim.charset());
        found(Finding::new(severity, Rule::Code, place).found(value).expected(en, ja));
    };
    if !matches!(receipt.sex().trimmed(), b"1" | b"2" | b"") {
        unknown(Severity::Warning, &receipt.0, 5, "1 male or 2 female", "1（男）または2（女）であるべきです");
    }
    let first = match table {
        Table::Dental => b'3',
        Table::Dispensing => b'4',
        _ => b'1',
    };
    let kind = receipt.kind().trimmed();
    if !kind.is_empty() && (kind.len() != 4 || kind.first() != Some(&first)) {
        let en = format!("four digits that begin with {}", char::from(first));
        let ja = format!("{}で始まる4桁であるべきです", char::from(first));
        unknown(Severity::Warning, &receipt.0, 2, &en, &ja);
    }
    for record in claim.records() {
        let (at, leads, length): (usize, &[u8], usize) = match (&record.code(), table) {
            (b"SI", Table::Medical | Table::Dpc | Table::Dental) => (3, b"1", 9),
            (b"SS", Table::Dental) => (3, b"3", 9),
            (b"IY", Table::Dispensing) => (2, b"6", 9),
            (b"TO", Table::Dispensing) => (2, b"7", 9),
            (b"IY", _) => (3, b"6", 9),
            (b"TO", _) => (3, b"7", 9),
            (b"CO" | b"TK", Table::Dispensing) => (1, b"8", 9),
            (b"CO", _) => (3, b"8", 9),
            (b"SY", _) => (1, b"0123456789", 7),
            (b"HS", _) => (4, b"0123456789", 7),
            _ => continue,
        };
        let code = record.field(at).trimmed();
        if !code.is_empty() && code.len() != length {
            let (en, ja) = (format!("{length} digits"), format!("{length}桁であるべきです"));
            unknown(sure(table), &record, at, &en, &ja);
        } else if code.first().is_some_and(|lead| !leads.contains(lead)) {
            let lead = String::from_utf8_lossy(leads).into_owned();
            unknown(
                Severity::Warning,
                &record,
                at,
                &format!("a code that begins with {lead}"),
                &format!("{lead}で始まるコードであるべきです"),
            );
        }
        let nameless = match &record.code() {
            b"SY" => record.field(5).is_empty().then_some(5),
            b"HS" => record.field(6).is_empty().then_some(6),
            _ => None,
        };
        if let (Some(at), b"0000999") = (nameless, code) {
            unknown(
                sure(table),
                &record,
                at,
                "the name of a disease without a code",
                "未コード化傷病名の名称が必要です",
            );
        }
    }
}
