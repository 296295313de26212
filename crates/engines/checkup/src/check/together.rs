//! The items of a check against each other.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::Notes;
use crate::{
    finding::Rule,
    items::{self, Item},
    level::{Judged, Outcome, judge},
    model::{Document, Items, Observation, Value},
};

pub(super) fn check(document: &Document, items: &Items<'_>, notes: &mut Notes) {
    twice(&items.all, notes);
    if document.program.code == "010" {
        missing(&items.all, notes);
    }
    body_mass(items, notes);
    findings_in_words(items, notes);
    judgements(document, items, notes);
}

/// An item that stands twice with different values.
fn twice(found: &[&Observation], notes: &mut Notes) {
    let mut seen: HashMap<&str, &Observation> = HashMap::with_capacity(found.len());
    for one in found {
        if let Some(first) = seen.insert(&one.code.code, one)
            && first.value != one.value
        {
            let code = &one.code.code;
            notes.warning(
                Rule::Consistency,
                code,
                format!("{code} stands twice with different values"),
                format!("{code} が異なる値で重複しています"),
            );
        }
    }
}

/// Groups of which every check has one item, done or said why not.
fn missing(found: &[&Observation], notes: &mut Notes) {
    let mut present: HashSet<&str> = found
        .iter()
        .filter_map(|one| items::item(&one.code.code))
        .filter_map(|item| item.required())
        .collect();
    // The doctor's name is the author of the judgement in hc08.
    if found.iter().any(|one| one.author.is_some()) {
        present.insert("doctor-name");
    }
    for (group, item) in &*REQUIRED {
        let group = *group;
        if present.contains(group) {
            continue;
        }
        // Casual blood sugar stands in for fasting sugar and HbA1c.
        if group == "glucose" && found.iter().any(|one| one.code.code.starts_with("3D0101299")) {
            continue;
        }
        notes.error(
            Rule::Required,
            &item.code,
            format!("{} ({group}) belongs to every 特定健診 and is missing", item.name),
            format!("{}（{group}）は特定健診の必須項目ですがありません", item.name),
        );
    }
}

/// The groups with their first items.
static REQUIRED: LazyLock<Vec<(&str, &Item)>> = LazyLock::new(|| {
    let mut asked = HashSet::new();
    let groups = items::items().iter().filter_map(|item| Some((item.required()?, item)));
    groups.filter(|(group, _)| asked.insert(*group)).collect()
});

/// BMI is weight by height squared.
fn body_mass(items: &Items<'_>, notes: &mut Notes) {
    let number = |code| items.value(code).and_then(Value::number);
    let (Some(height), Some(weight), Some(stated)) =
        (number("9N001000000000001"), number("9N006000000000001"), number("9N011000000000001"))
    else {
        return;
    };
    let computed = weight / (height / 100.0).powi(2);
    if height > 0.0 && (computed - stated).abs() > 0.15 {
        notes.warning(
            Rule::Consistency,
            "9N011000000000001",
            format!("BMI is {stated}, {weight} kg at {height} cm make {computed:.1}"),
            format!("BMI が {stated} です（{height} cm、{weight} kg からは {computed:.1}）"),
        );
    }
}

/// 特記すべきことあり asks for words.
fn findings_in_words(found: &Items<'_>, notes: &mut Notes) {
    let answer = |code| found.value(code).and_then(Value::answer);
    for (flag, words) in [
        ("9N056000000000011", "9N056160400000049"),
        ("9N061000000000011", "9N061160800000049"),
        ("9N066000000000011", "9N066160800000049"),
    ] {
        if answer(flag) == Some("1") && found.get(words).is_none() {
            let name = items::item(words).map_or("", |item| item.name.as_str());
            notes.warning(
                Rule::Consistency,
                words,
                format!("{name} is missing though there is something to note"),
                format!("特記すべきことありですが、{name}がありません"),
            );
        }
    }
}

/// The judgements that a document states against those that its measurements give.
fn judgements(document: &Document, found: &Items<'_>, notes: &mut Notes) {
    let Judged { level, metabolic, .. } = judge(document, found);
    for (code, outcome) in [("9N501000000000011", metabolic), ("9N506000000000011", level)] {
        let stated = found.value(code).and_then(Value::answer);
        let Some(stated) =
            stated.filter(|stated| *stated != outcome.code() && outcome != Outcome::Undecidable)
        else {
            continue;
        };
        let name = items::item(code).map_or("", |item| item.name.as_str());
        notes.warning(
            Rule::Consistency,
            code,
            format!("{name} is {stated}, the measurements give {} ({})", outcome.code(), outcome.en()),
            format!("{name}が {stated} です（測定値からは {} {}）", outcome.code(), outcome.ja()),
        );
    }
}
