//! Who, by whom, when.

use calendar::Date;
use codes::{InstitutionCode, InsurerNumber};

use super::Notes;
use crate::{finding::Rule, items, model::Document, oid};

pub(super) fn check(document: &Document, notes: &mut Notes) {
    let created = day(notes, "effectiveTime", "ファイル作成日", &document.created);
    let date = day(notes, "documentationOf", "健診実施日", &document.date);
    let birth = day(notes, "birthTime", "生年月日", &document.person.birth);
    if let (Some(birth), Some(date)) = (birth, date)
        && birth > date
    {
        notes.error(
            Rule::Header,
            "birthTime",
            format!("born {birth}, after the check on {date}"),
            format!("生年月日 {birth} が健診実施日 {date} より後です"),
        );
    }
    if let (Some(created), Some(date)) = (created, date)
        && created < date
    {
        notes.warning(
            Rule::Header,
            "effectiveTime",
            format!("the file was made {created}, before the check on {date}"),
            format!("ファイル作成日 {created} が健診実施日 {date} より前です"),
        );
    }
    age(document, birth, date, notes);
    known(notes, "code", "報告区分", oid::REPORT, &document.report.code);
    known(notes, "serviceEvent/code", "プログラム種別", oid::PROGRAM, &document.program.code);
    if !matches!(document.person.sex.code.as_str(), "1" | "2") {
        let found = &document.person.sex.code;
        notes.error(
            Rule::Header,
            "administrativeGenderCode",
            format!("the sex is “{found}”, expected 1 (male) or 2 (female)"),
            format!("男女区分が「{found}」です（1か2であるべきです）"),
        );
    }
    if document.person.name.is_none() {
        notes.warning(Rule::Header, "patient/name", "the name is missing", "氏名がありません");
    }
    numbers(document, notes);
}

/// 特定健診 is for those who are 40 to 74 within the fiscal year.
fn age(document: &Document, birth: Option<Date>, date: Option<Date>, notes: &mut Notes) {
    let (Some(birth), Some(date)) = (birth, date) else { return };
    let Some(age) = age_in_fiscal_year(birth, date).filter(|_| document.program.code == "010") else {
        return;
    };
    if !(40..=75).contains(&age) {
        notes.warning(
            Rule::Header,
            "birthTime",
            format!("{age} years old within the fiscal year, 特定健診 is for 40 to 74"),
            format!("年度内に{age}歳です（特定健診は40歳から74歳まで）"),
        );
    }
}

/// The age that somebody has on the last day of the fiscal year of a check.
pub(crate) fn age_in_fiscal_year(birth: Date, date: Date) -> Option<u16> {
    let end = Date::new(date.fiscal_year() + 1, 3, 31).ok()?;
    birth.everyday_age_on(end)
}

fn numbers(document: &Document, notes: &mut Notes) {
    let person = &document.person;
    for (root, path) in [(oid::INSURER, "patientRole/id 101"), (oid::NEW_INSURER, "patientRole/id 212")] {
        match person.id(root) {
            Some(number) => insurer(number, path, notes),
            None if root == oid::INSURER => {
                notes.error(Rule::Header, path, "the insurer's number is missing", "保険者番号がありません");
            }
            None => {}
        }
    }
    if person.id(oid::NUMBER).is_none() {
        notes.error(
            Rule::Header,
            "patientRole/id 205",
            "the insured person's number is missing",
            "被保険者番号がありません",
        );
    }
    let took_over = [oid::NEW_INSURER, oid::NEW_NUMBER].map(|root| person.id(root).is_some());
    if took_over[0] != took_over[1] {
        notes.error(
            Rule::Header,
            "patientRole/id 212–214",
            "a hand-over names the new insurer (212) and the new number (214) together",
            "引継ぎには新しい保険者番号（212）と番号（214）の両方が必要です",
        );
    }
    for (organisation, path) in
        [(&document.performer, "serviceEvent/performer"), (&document.author, "author")]
    {
        match organisation.id(oid::INSTITUTION) {
            Some(number) => institution(number, path, notes),
            None if path == "author" => {}
            None => notes.error(
                Rule::Header,
                path,
                "the institution's number is missing",
                "健診機関番号がありません",
            ),
        }
    }
    for id in document.ticket.iter().flat_map(|ticket| &ticket.ids) {
        if id.extension.len() != 11 || !id.extension.bytes().all(|b| b.is_ascii_digit()) {
            notes.error(
                Rule::Header,
                "participant/id",
                format!("the ticket's number is “{}”, expected 11 digits", id.extension),
                format!("受診券整理番号が「{}」です（数字11桁であるべきです）", id.extension),
            );
        }
    }
}

fn insurer(number: &str, path: &str, notes: &mut Notes) {
    if let Err(error) = InsurerNumber::parse_lenient(number) {
        notes.warning(Rule::CheckDigit, path, error.to_string(), error.ja());
    }
}

fn institution(number: &str, path: &str, notes: &mut Notes) {
    if number.len() != 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return notes.error(
            Rule::Header,
            path,
            format!("the institution's number is “{number}”, expected 10 digits"),
            format!("健診機関番号が「{number}」です（数字10桁であるべきです）"),
        );
    }
    if let Err(error) = InstitutionCode::parse(number) {
        notes.warning(Rule::CheckDigit, path, error.to_string(), error.ja());
    }
}

fn day(notes: &mut Notes, path: &str, name: &str, text: &str) -> Option<Date> {
    let day = text.get(..8).unwrap_or(text);
    match Date::from_compact(day) {
        Ok(date) => Some(date),
        Err(_) if text.is_empty() => {
            notes.error(Rule::Header, path, format!("{name} is missing"), format!("{name}がありません"));
            None
        }
        Err(error) => {
            notes.error(Rule::Header, path, format!("{name}: {error}"), format!("{name}：{}", error.ja()));
            None
        }
    }
}

fn known(notes: &mut Notes, path: &str, name: &str, system: &str, code: &str) {
    if items::meaning(system, code).is_none() {
        notes.warning(
            Rule::Code,
            path,
            format!("{name} is “{code}”, which is not among the known codes of {system}"),
            format!("{name}が「{code}」です（{system} の既知のコードにありません）"),
        );
    }
}
