//! Every field by its layout: form, width, presence, characters.

use memchr::memchr;

use crate::{Charset, FieldSpec, Finding, Form, Layout, Record, Rule, Severity, Table, Value};

use super::{place, shown, spec_place, sure};

/// Checks a record against the layout of its kind.
pub fn check(
    record: &Record<'_>,
    table: Table,
    charset: Charset,
    receipt: Option<u64>,
    found: &mut dyn FnMut(Finding),
) {
    if record.code() == *b"  " {
        return no_record(record, charset, receipt, found);
    }
    if memchr(b'\r', record.text()).is_some() {
        let finding =
            Finding::new(Severity::Error, Rule::Line, place(record, receipt)).found(shown(record, charset));
        found(finding.expected(
            "one record a line, no CR within it",
            "1行に1レコードであるべきです（行の途中にCRがあります）",
        ));
    }
    let Some(layout) = Layout::of_record(table, record) else {
        if table != Table::Nursing {
            let finding = Finding::new(Severity::Warning, Rule::Code, place(record, receipt))
                .found(shown(record, charset));
            found(finding.expected(
                "a known kind of record; it was kept",
                "既知のレコードではありません（そのまま残します）",
            ));
        }
        return;
    };
    let look = Look { record, table, charset, receipt };
    for spec in layout.fields {
        look.field(spec, found);
    }
    for at in layout.len()..record.len() {
        if !record.field(at).is_empty() {
            let (en, ja) =
                (format!("{} fields", layout.len()), format!("{}項目であるべきです", layout.len()));
            let finding = Finding::new(Severity::Warning, Rule::Length, place(record, receipt));
            found(finding.found(format!("{} fields", record.len())).expected(en, ja));
            break;
        }
    }
}

fn no_record(record: &Record<'_>, charset: Charset, receipt: Option<u64>, found: &mut dyn FnMut(Finding)) {
    let finding =
        Finding::new(Severity::Error, Rule::Line, place(record, receipt)).found(shown(record, charset));
    found(finding.expected(
        "a record that begins with two capital letters",
        "英大文字2字で始まるレコードであるべきです",
    ));
}

struct Look<'a> {
    record: &'a Record<'a>,
    table: Table,
    charset: Charset,
    receipt: Option<u64>,
}

impl Look<'_> {
    fn field(&self, spec: &FieldSpec, found: &mut dyn FnMut(Finding)) {
        let last = usize::from(spec.to).min(self.record.len().saturating_sub(1));
        let first = usize::from(spec.at);
        if spec.required && self.record.field(first).is_empty() {
            let finding = self.finding(sure(self.table), Rule::Missing, first);
            found(finding.expected("a value", "記録が必要です"));
        }
        for at in first..=last {
            let value = self.record.field(at);
            if !value.bytes().is_empty() {
                self.value(spec, at, value, found);
            }
        }
    }

    fn value(&self, spec: &FieldSpec, at: usize, value: Value<'_>, found: &mut dyn FnMut(Finding)) {
        let text = value.trimmed();
        let plain = text.is_ascii();
        if !plain && self.charset.decode(text).is_none() {
            let finding = self.finding(Severity::Error, Rule::Charset, at).found(value.text(self.charset));
            return found(finding.expected(
                "whole characters of the file's character set",
                "ファイルの文字コードの文字であるべきです",
            ));
        }
        if let Some((severity, rule, en, ja)) = self.form(spec, value, plain) {
            let finding = self.finding(severity, rule, at).found(value.text(self.charset));
            found(finding.expected(en, ja));
        }
        let width = if plain { text.len() } else { self.charset.width(text) };
        // Western days take more room than the fields of the older generation had.
        let max = usize::from(spec.max);
        if width > max && !matches!(spec.form, Form::Date | Form::Month | Form::Reserved) {
            let finding = self.finding(Severity::Warning, Rule::Length, at).found(value.text(self.charset));
            found(finding.expected(format!("at most {max} bytes"), format!("{max}バイト以内であるべきです")));
        }
    }

    /// What is wrong with the form of a value.
    fn form(
        &self,
        spec: &FieldSpec,
        value: Value<'_>,
        plain: bool,
    ) -> Option<(Severity, Rule, &'static str, &'static str)> {
        let text = value.trimmed();
        if text.is_empty() {
            return None;
        }
        let must = if spec.required { sure(self.table) } else { Severity::Warning };
        match spec.form {
            Form::Number if !text.iter().all(|b| b.is_ascii_digit() || *b == b'.') => {
                Some((must, Rule::Form, "digits", "数字であるべきです"))
            }
            Form::Alnum if !plain && self.charset.width(text) > self.characters(text) => Some((
                Severity::Warning,
                Rule::Form,
                "letters and digits of half width",
                "半角英数であるべきです",
            )),
            Form::Kanji if self.charset.width(text) != 2 * self.characters(text) => {
                Some((Severity::Warning, Rule::Form, "full-width characters", "全角であるべきです"))
            }
            Form::Month if value.month().is_none() => Some((
                sure(self.table),
                Rule::Date,
                "a month, YYYYMM or GYYMM",
                "年月（YYYYMMまたはGYYMM）であるべきです",
            )),
            Form::Date if value.date().is_none() => {
                let ja = "年月日（YYYYMMDDまたはGYYMMDD）であるべきです";
                Some((sure(self.table), Rule::Date, "a day, YYYYMMDD or GYYMMDD", ja))
            }
            _ => None,
        }
    }

    fn characters(&self, text: &[u8]) -> usize {
        self.charset.decode_lossy(text).chars().count()
    }

    fn finding(&self, severity: Severity, rule: Rule, at: usize) -> Finding {
        Finding::new(severity, rule, spec_place(self.record, self.table, self.receipt, at))
    }
}
