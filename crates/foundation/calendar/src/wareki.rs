//! Reading the spellings of a date.

use crate::{Date, DateError, DateProblem, Era};

/// Reads a Western or a Japanese date.
pub(crate) fn parse_any(text: &str) -> Result<Date, DateError> {
    let folded = fold(text);
    let first = folded.chars().next();
    if folded.len() == 7 && folded.bytes().all(|b| b.is_ascii_digit())
        || first.is_some_and(|c| !c.is_ascii_digit())
    {
        return parse_folded(&folded).map_err(|problem| DateError::new(text, problem));
    }
    parse_western(&folded).map_err(|problem| DateError::new(text, problem))
}

/// Reads a Japanese date.
pub(crate) fn parse(text: &str) -> Result<Date, DateError> {
    parse_folded(&fold(text)).map_err(|problem| DateError::new(text, problem))
}

fn parse_western(folded: &str) -> Result<Date, DateProblem> {
    let shape = DateProblem::Shape { expected: WESTERN };
    if folded.len() == 8 && folded.bytes().all(|b| b.is_ascii_digit()) {
        return Date::from_compact(folded).map_err(|e| e.problem().clone());
    }
    let (year, month, day) = three_parts(folded).ok_or(shape.clone())?;
    if year.len() != 4 {
        return Err(shape);
    }
    let number = |part: &str| part.parse::<i64>().map_err(|_| shape.clone());
    Date::checked(number(year)?, number(month)?, number(day)?)
}

fn parse_folded(folded: &str) -> Result<Date, DateProblem> {
    let shape = || DateProblem::Shape { expected: WAREKI };
    let (era, rest) = split_era(folded).ok_or_else(shape)?;
    let (year, month, day) = three_parts(rest).or_else(|| six_digits(rest)).ok_or_else(shape)?;
    let number = |part: &str| part.parse::<i64>().map_err(|_| shape());
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let western = i64::from(era.first_day().year()) + year - 1;
    let date = Date::checked(western, month, day).map_err(|problem| match problem {
        DateProblem::Range => outside(era),
        other => other,
    })?;
    let in_use = year >= 1 && date >= era.first_day() && era.last_day().is_none_or(|last| date <= last);
    if in_use { Ok(date) } else { Err(outside(era)) }
}

fn outside(era: Era) -> DateProblem {
    DateProblem::Era {
        era: era.name(),
        first: era.first_day().to_string(),
        last: era.last_day().map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// The era at the head of a text and what follows it.
fn split_era(folded: &str) -> Option<(Era, &str)> {
    if folded.len() == 7 && folded.bytes().all(|b| b.is_ascii_digit()) {
        let (head, rest) = folded.split_at_checked(1)?;
        let era = Era::ALL.into_iter().find(|era| head == era.digit().to_string())?;
        return Some((era, rest));
    }
    Era::ALL.into_iter().find_map(|era| {
        let name = era.name();
        let sign = name.chars().next()?;
        let rest = folded
            .strip_prefix(name)
            .or_else(|| folded.strip_prefix(sign))
            .or_else(|| folded.strip_prefix(era.letter()))
            .or_else(|| folded.strip_prefix(era.letter().to_ascii_lowercase()))?;
        Some((era, rest.strip_prefix(['.', '-', '/']).unwrap_or(rest)))
    })
}

/// Year, month and day of one or two digits (the year up to four), between separators of one kind.
fn three_parts(text: &str) -> Option<(&str, &str, &str)> {
    let split = |first: char, second: char, end: Option<char>| {
        let (year, rest) = text.split_once(first)?;
        let (month, rest) = rest.split_once(second)?;
        let day = match end {
            Some(end) => rest.strip_suffix(end)?,
            None => rest,
        };
        let short = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        (short(year, 4) && short(month, 2) && short(day, 2)).then_some((year, month, day))
    };
    split('年', '月', Some('日'))
        .or_else(|| split('-', '-', None))
        .or_else(|| split('/', '/', None))
        .or_else(|| split('.', '.', None))
}

/// `YYMMDD`.
fn six_digits(text: &str) -> Option<(&str, &str, &str)> {
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(2)?;
    let (month, day) = rest.split_at_checked(2)?;
    Some((year, month, day))
}

/// Half-width digits and separators, no spaces, kanji numerals as digits, 元 as 1, the ligatures ㍾㍽㍼㍻㋿ spelt out.
fn fold(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '　' | ' ' | '\t' => {}
            '！'..='～' => plain.extend(char::from_u32(u32::from(c) - 0xFEE0)),
            '㍾' => plain.push_str("明治"),
            '㍽' => plain.push_str("大正"),
            '㍼' => plain.push_str("昭和"),
            '㍻' => plain.push_str("平成"),
            '㋿' => plain.push_str("令和"),
            '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' => plain.push('-'),
            '・' | '。' => plain.push('.'),
            other => plain.push(other),
        }
    }
    numerals(&plain)
}

/// Kanji numerals below 100 (二十七, 二七, 元) as digits.
fn numerals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<char> = Vec::new();
    for c in text.chars() {
        if KANJI.contains(&c) || c == '十' {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        out.push(if c == '元' { '1' } else { c });
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<char>, out: &mut String) {
    let digit = |c: &char| KANJI.iter().position(|k| k == c);
    let Some(ten) = run.iter().position(|c| *c == '十') else {
        out.extend(run.drain(..).filter_map(|c| digit(&c)).map(|d| d.to_string()));
        return;
    };
    let (tens, ones) = run.split_at(ten);
    let one = |part: &[char]| part.iter().fold(0, |sum, c| sum * 10 + digit(c).unwrap_or(0));
    let tens = if tens.is_empty() { 1 } else { one(tens) };
    let value = tens * 10 + one(ones.get(1..).unwrap_or_default());
    out.push_str(&value.to_string());
    run.clear();
}

const KANJI: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// The Western shapes that [`parse_any`] reads, as its error names them.
const WESTERN: &str = "yyyy-MM-dd, yyyy/MM/dd, yyyyMMdd, yyyy年M月d日";
/// The Japanese shapes that [`parse`] reads, as its error names them.
const WAREKI: &str = "平成13年3月27日, H13.3.27, 4130327";
