//! One item against what phase 4 says of it.

use std::fmt;

use super::Notes;
use crate::{
    finding::{Rule, Severity},
    items::{self, Item, ItemKind},
    model::{Code, Observation, Value},
    oid,
};

pub(super) fn check(observation: &Observation, section: &str, notes: &mut Notes) {
    let code = &observation.code.code;
    let path = Path { section, code };
    let own = observation.code.system.is_empty() || observation.code.system == oid::ITEM;
    let Some(item) = items::item(code).filter(|_| own) else {
        if own {
            notes.warning(
                Rule::Code,
                path,
                format!("{code} is not among the 322 items of phase 4"),
                format!("{code} は第4期の322項目にありません"),
            );
        }
        return;
    };
    method(observation, item, path, notes);
    match &observation.value {
        Some(value) => one(item, value, path, notes),
        None if observation.not_done || !observation.related.is_empty() => {}
        None => notes.error(
            Rule::Type,
            path,
            format!("{} has no value and is not marked as not done", item.name),
            format!("{}に値がなく、未実施の印もありません", item.name),
        ),
    }
}

/// Where an item stands: section and code.
#[derive(Clone, Copy)]
struct Path<'d> {
    section: &'d str,
    code: &'d str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.section, self.code)
    }
}

/// An error where the list was verified, a warning where it was not.
fn gravity(item: &Item) -> Severity {
    if item.is_verified() { Severity::Error } else { Severity::Warning }
}

fn one(item: &Item, value: &Value, path: Path<'_>, notes: &mut Notes) {
    match (item.kind, value) {
        (_, Value::Missing { .. }) => {}
        (ItemKind::Quantity, Value::Quantity { value, unit }) => quantity(item, value, unit, path, notes),
        (ItemKind::Coded | ItemKind::Ordinal, Value::Coded { code, ordinal }) => {
            if *ordinal != (item.kind == ItemKind::Ordinal) {
                let (found, expected) = if *ordinal { ("CO", "CD") } else { ("CD", "CO") };
                notes.warning(
                    Rule::Type,
                    path,
                    format!("{} is {found}, {expected} as a rule", item.name),
                    format!("{}の型が {found} です（通常は {expected}）", item.name),
                );
            }
            answer(item, code, path, notes);
        }
        (ItemKind::Text, Value::Text { .. }) => {}
        (kind, found) => {
            let (found, expected) = (kind_of(found), name_of(kind));
            notes.add(
                gravity(item),
                Rule::Type,
                path,
                format!("{} is {found}, expected {expected}", item.name),
                format!("{}の型が {found} です（{expected} であるべきです）", item.name),
            );
        }
    }
}

fn quantity(item: &Item, text: &str, unit: &str, path: Path<'_>, notes: &mut Notes) {
    let Some(number) = text.trim().parse().ok().filter(|number: &f64| number.is_finite()) else {
        return notes.error(
            Rule::Type,
            path,
            format!("{} is “{text}”, expected a number", item.name),
            format!("{}が「{text}」です（数値であるべきです）", item.name),
        );
    };
    let expected = if item.ucum == "1" { "" } else { item.ucum.as_str() };
    if !same_unit(unit, expected) && !same_unit(unit, &item.unit) {
        let shown = if expected.is_empty() { "no unit" } else { expected };
        let shown_ja = if expected.is_empty() { "単位なし" } else { expected };
        notes.add(
            gravity(item),
            Rule::Unit,
            path,
            format!("the unit of {} is “{unit}”, expected {shown}", item.name),
            format!("{}の単位が「{unit}」です（{shown_ja} であるべきです）", item.name),
        );
    } else if let (Some(low), Some(high)) = (item.low, item.high)
        && !(low..=high).contains(&number)
    {
        notes.warning(
            Rule::Range,
            path,
            format!("{} is {text}, which cannot be measured ({low} to {high})", item.name),
            format!("{}が {text} です（{low}から{high}までの範囲にありません）", item.name),
        );
    }
}

/// Whether two spellings are of one unit: case, brackets and the writing of powers aside.
fn same_unit(a: &str, b: &str) -> bool {
    fn plain(unit: &str) -> String {
        let text = kotoba::fold_width(unit).to_lowercase();
        let text = text
            .replace("万/", "10*4/")
            .replace("x10^4/", "10*4/")
            .replace("10^4/", "10*4/")
            .replace("㎝", "cm");
        let text = text
            .replace("㎏", "kg")
            .replace('㎡', "m2")
            .replace('²', "2")
            .replace("{1", "1")
            .replace("iu/", "u/");
        let kept = text.chars().filter(|c| !matches!(c, '[' | ']' | '{' | '}' | '_' | ' ' | '^'));
        kept.collect::<String>().replace("mm3", "ul").replace("sec", "s")
    }
    a == b || plain(a) == plain(b)
}

fn answer(item: &Item, code: &Code, path: Path<'_>, notes: &mut Notes) {
    if code.system != item.system && !code.system.is_empty() {
        return notes.warning(
            Rule::Code,
            path,
            format!("the answer to {} is of {}, phase 4 has {}", item.name, code.system, item.system),
            format!("{}の結果コード体系が {} です（第4期は {}）", item.name, code.system, item.system),
        );
    }
    if items::knows_system(&item.system) && items::meaning(&item.system, &code.code).is_none() {
        notes.add(
            gravity(item),
            Rule::Code,
            path,
            format!("the answer to {} is “{}”, which {} does not have", item.name, code.code, item.system),
            format!("{}の結果「{}」は {} にありません", item.name, code.code, item.system),
        );
    }
}

fn method(observation: &Observation, item: &Item, path: Path<'_>, notes: &mut Notes) {
    let Some(method) = &observation.method else { return };
    if !item.method.is_empty() && method.code != item.method {
        notes.warning(
            Rule::Code,
            path,
            format!("the method of {} is {}, its code stands for {}", item.name, method.code, item.method),
            format!("{}の検査方法が {} です（この項目コードは {}）", item.name, method.code, item.method),
        );
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Quantity { .. } => "PQ",
        Value::Coded { ordinal: true, .. } => "CO",
        Value::Coded { .. } => "CD",
        Value::Text { .. } => "ST",
        Value::Missing { .. } => "nullFlavor",
    }
}

fn name_of(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Quantity => "PQ",
        ItemKind::Coded => "CD",
        ItemKind::Ordinal => "CO",
        ItemKind::Text => "ST",
    }
}
