//! Claims as the lines of レセプト電算.

use std::collections::BTreeMap;

use crate::day::Day;
use crate::organisations::{INSTITUTIONS, Institution};

use super::bill::Bill;
use super::deeds::{Handed, Scheme};

/// The records in front of an institution's claims: `IR`, `UK` or `YK`.
pub fn head(bill: &Bill) -> Vec<u8> {
    let Some(institution) = INSTITUTIONS.get(bill.institution) else { return Vec::new() };
    let mut fields = institution_fields(bill, institution);
    let name = kotoba::to_full_width(institution.name);
    let claimed = month(bill.month.first_of_next_month());
    let tail: &[&str] = match bill.scheme {
        Scheme::Medical => &["IR", "", &name, &claimed, "00", ""],
        Scheme::Dental => &["UK", "", &name, &claimed, "", "00"],
        Scheme::Dispensing => &["YK", &name, &claimed, "00", ""],
    };
    let (kind, rest) = tail.split_first().map_or(("", &[][..]), |(kind, rest)| (*kind, rest));
    fields.insert(0, kind.to_owned());
    fields.extend(rest.iter().map(|field| (*field).to_owned()));
    sjis(&[fields.join(",")])
}

/// 審査支払機関, 都道府県, 点数表, 医療機関コード.
fn institution_fields(bill: &Bill, institution: &Institution) -> Vec<String> {
    let part = |from: usize, to: usize| institution.code.get(from..to).unwrap_or_default().to_owned();
    vec![bill.to.agency().to_string(), part(0, 2), part(2, 3), part(3, 10)]
}

/// A claim of a hospital or clinic, with its points.
pub fn medical(bill: &Bill, number: u64) -> (Vec<u8>, u64) {
    let (services, points) = services(bill, "SI", 44, [5, 6, 13]);
    let mut lines = vec![receipt(bill, number, 38, &[(13, &bill.patient.chart), (36, &bill.patient.kana)])];
    if let Some(admitted) = bill.admitted {
        lines = vec![receipt(
            bill,
            number,
            38,
            &[(8, &day(admitted)), (13, &bill.patient.chart), (36, &bill.patient.kana)],
        )];
    }
    lines.extend(payer(bill, 15, points));
    lines.extend(
        diseases(bill)
            .map(|(code, since, name)| record("SY", 8, &[(1, &code), (2, &since), (3, "1"), (5, &name)])),
    );
    lines.extend(services);
    (sjis(&lines), points)
}

/// A claim of a dentist, with its points.
pub fn dental(bill: &Bill, number: u64) -> (Vec<u8>, u64) {
    let (services, points) = services(bill, "SS", 109, [76, 77, 78]);
    let mut own = record("IR", 9, &[(6, &month(bill.month.first_of_next_month()))]);
    if let Some(institution) = INSTITUTIONS.get(bill.institution) {
        let fields = institution_fields(bill, institution);
        let numbered: Vec<(usize, &str)> =
            fields.iter().enumerate().map(|(at, f)| (at + 1, f.as_str())).collect();
        let claimed = month(bill.month.first_of_next_month());
        own = record("IR", 9, &[&numbered[..], &[(6, &claimed)]].concat());
    }
    let first = bill.days.first().map_or_else(String::new, |first| day(*first));
    let tail = [(9, first.as_str()), (10, "1"), (15, bill.patient.chart.as_str()), (25, &bill.patient.kana)];
    let mut lines = vec![own, receipt(bill, number, 27, &tail)];
    lines.extend(payer(bill, 14, points));
    lines.extend(
        diseases(bill)
            .map(|(code, since, name)| record("HS", 13, &[(1, &since), (2, "1"), (4, &code), (6, &name)])),
    );
    lines.extend(services);
    (sjis(&lines), points)
}

/// A claim of a pharmacy, with its points.
pub fn dispensing(bill: &Bill, number: u64) -> (Vec<u8>, u64) {
    let prescriber = bill.prescriber.and_then(|at| INSTITUTIONS.get(at));
    let part = |from: usize, to: usize| prescriber.and_then(|p| p.code.get(from..to)).unwrap_or_default();
    let name = prescriber.map_or_else(String::new, |p| kotoba::to_full_width(p.name));
    let tail = [
        (9, part(0, 2)),
        (10, part(2, 3)),
        (11, part(3, 10)),
        (12, name.as_str()),
        (35, bill.patient.chart.as_str()),
        (41, bill.patient.kana.as_str()),
    ];
    let mut points = 0;
    let mut body = Vec::new();
    for (at, handed) in bill.handed.iter().enumerate() {
        points += prescription(bill, at + 1, handed, &mut body);
    }
    for (at, date) in bill.days.iter().enumerate() {
        let fields = [
            (1, day(*date)),
            (2, (at + 1).to_string()),
            (3, "1".to_owned()),
            (4, "410000110".to_owned()),
            (5, BASIC.to_string()),
            (7, "1".to_owned()),
            (8, "440012010".to_owned()),
            (9, "1".to_owned()),
            (10, COUNSELLING.to_string()),
        ];
        body.push(owned("KI", 114, &fields));
        points += BASIC + COUNSELLING;
    }
    let mut lines = vec![receipt(bill, number, 42, &tail)];
    lines.extend(payer(bill, 14, points));
    lines.extend(body);
    (sjis(&lines), points)
}

fn prescription(bill: &Bill, number: usize, handed: &Handed, lines: &mut Vec<String>) -> u64 {
    let (code, quantity) = &handed.medicine;
    let unit = 1 + u64::from(code.bytes().map(u32::from).sum::<u32>() % 8);
    let medicine = unit * u64::from(handed.days);
    let reception = bill.days.iter().position(|day| *day == handed.day).unwrap_or(0) + 1;
    let date = day(handed.day);
    let numbered = format!("{:02}", number.min(99));
    lines.push(owned("SH", 10, &[(1, numbered), (2, "1".into()), (3, "013".into()), (5, unit.to_string())]));
    let fields = [
        (1, "1".to_owned()),
        (2, date.clone()),
        (3, date),
        (4, reception.to_string()),
        (5, handed.days.to_string()),
        (6, "1".to_owned()),
        (7, "1".to_owned()),
        (8, "01".to_owned()),
        (9, "420001810".to_owned()),
        (10, PREPARING.to_string()),
        (13, medicine.to_string()),
        (57, "1".to_owned()),
        (58, "1".to_owned()),
        (59, "01".to_owned()),
        (60, "440011510".to_owned()),
        (61, MANAGING.to_string()),
    ];
    lines.push(owned("CZ", 71, &fields));
    lines.push(owned("IY", 10, &[(1, "1".into()), (2, code.clone()), (3, quantity.to_string())]));
    PREPARING + medicine + MANAGING
}

/// `RE` with the fields that are the same in every table.
fn receipt(bill: &Bill, number: u64, length: usize, rest: &[(usize, &str)]) -> String {
    let table = match bill.scheme {
        Scheme::Medical => '1',
        Scheme::Dental => '3',
        Scheme::Dispensing => '4',
    };
    let [scheme, whose] = bill.to.kind.map(char::from);
    let whose = match (bill.inpatient, whose) {
        (true, '0') => '9',
        (true, digit) => {
            digit.to_digit(10).and_then(|d| char::from_digit(d.saturating_sub(1), 10)).unwrap_or(digit)
        }
        (false, digit) => digit,
    };
    let kind = format!("{table}{scheme}1{whose}");
    let (number, sex) = (number.to_string(), bill.patient.sex.to_string());
    let (treated, birth) = (month(bill.month), day(bill.patient.birth));
    let head: [(usize, &str); 6] =
        [(1, &number), (2, &kind), (3, &treated), (4, &bill.patient.name), (5, &sex), (6, &birth)];
    record("RE", length, &[&head[..], rest].concat())
}

/// `HO`, `SN` and `JD`.
fn payer(bill: &Bill, length: usize, points: u64) -> [String; 3] {
    let insurer = format!("{:>8}", bill.to.insurer);
    let (symbol, number) = (kotoba::to_full_width(&bill.to.symbol), kotoba::to_full_width(&bill.to.number));
    let (days, points) = (bill.days.len().to_string(), points.to_string());
    let insurance = [(1, insurer.as_str()), (2, &symbol), (3, &number), (4, &days), (5, &points)];
    let mut visits: Vec<(usize, String)> = vec![(1, "1".to_owned())];
    visits.extend(bill.days.iter().map(|day| (day.ymd().2 as usize + 1, "1".to_owned())));
    [
        record("HO", length, &insurance),
        record("SN", 9, &[(1, "1"), (2, "01"), (6, &bill.to.branch)]),
        owned("JD", 33, &visits),
    ]
}

/// Code, first day and, where there is no code, the name of each disease.
fn diseases(bill: &Bill) -> impl Iterator<Item = (String, String, String)> {
    let first = bill.days.first().copied().unwrap_or(bill.month);
    let none = bill.diseases.is_empty().then(|| ("0000999".to_owned(), day(first), "経過観察".to_owned()));
    bill.diseases.iter().map(|disease| (disease.code.clone(), day(disease.since), String::new())).chain(none)
}

/// One line a service with its days, and what all come to. `columns`: points, times, first day.
fn services(bill: &Bill, kind: &str, length: usize, columns: [usize; 3]) -> (Vec<String>, u64) {
    let mut all: BTreeMap<(&str, &str, u32), BTreeMap<u32, u64>> = BTreeMap::new();
    for deed in &bill.deeds {
        let days = all.entry((deed.class, &deed.code, deed.points)).or_default();
        *days.entry(deed.day.ymd().2).or_default() += 1;
    }
    let [points_at, times_at, days_at] = columns;
    let mut sum = 0;
    let mut lines = Vec::with_capacity(all.len());
    for ((class, code, points), days) in all {
        let times: u64 = days.values().sum();
        sum += u64::from(points) * times;
        let mut fields = vec![
            (1, class.to_owned()),
            (2, "1".to_owned()),
            (3, code.to_owned()),
            (points_at, points.to_string()),
            (times_at, times.to_string()),
        ];
        fields.extend(days.iter().map(|(day, count)| (days_at + *day as usize - 1, count.to_string())));
        lines.push(owned(kind, length, &fields));
    }
    (lines, sum)
}

/// A line of `length` fields, these of them set.
fn record(kind: &str, length: usize, fields: &[(usize, &str)]) -> String {
    let mut all = vec![""; length];
    for (at, value) in [(0, kind)].iter().chain(fields) {
        if let Some(field) = all.get_mut(*at) {
            *field = value;
        }
    }
    all.join(",")
}

fn owned(kind: &str, length: usize, fields: &[(usize, String)]) -> String {
    let fields: Vec<(usize, &str)> = fields.iter().map(|(at, value)| (*at, value.as_str())).collect();
    record(kind, length, &fields)
}

fn sjis(lines: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        // A character that CP932 lacks becomes 〓, as institutions' computers write it.
        bytes.extend(kotoba::cp932_encode(line).bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn month(month: Day) -> String {
    let (year, month, _) = month.ymd();
    format!("{year:04}{month:02}")
}

fn day(day: Day) -> String {
    let (year, month, day) = day.ymd();
    format!("{year:04}{month:02}{day:02}")
}

/// Points of a pharmacy's fees.
const BASIC: u64 = 45;
const COUNSELLING: u64 = 45;
const PREPARING: u64 = 24;
const MANAGING: u64 = 4;
