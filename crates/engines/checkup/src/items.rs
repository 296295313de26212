//! The 322 items of phase 4 and the code systems of their answers (`data/items.csv`, `data/codes.csv`).

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use crate::table;

/// One item of 特定健診 phase 4 (検査項目).
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    /// JLAC10: analyte 5, identification 4, material 3, method 3, result 2.
    pub code: String,
    /// 項目名.
    pub name: String,
    /// What its value is.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// The unit that people read; empty for none.
    pub unit: String,
    /// The unit that documents write (UCUM); `1` or empty for none.
    pub ucum: String,
    /// Digits behind the point.
    pub decimals: Option<u8>,
    /// The least that a measurement can be.
    pub low: Option<f64>,
    /// The most.
    pub high: Option<f64>,
    /// OID of the code system of its answers.
    pub system: String,
    /// 検査方法コード that belongs to the item.
    pub method: String,
    /// `required:GROUP`, `conditional:WHEN`, `optional`; see [`Item::required`].
    pub need: String,
    /// `yes` when type, unit and answers were seen in a source.
    verified: String,
}

/// What the value of an item is (データタイプ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ItemKind {
    /// A measurement.
    #[serde(rename = "PQ")]
    Quantity,
    /// An answer.
    #[serde(rename = "CD")]
    Coded,
    /// An answer from an order.
    #[serde(rename = "CO")]
    Ordinal,
    /// Words.
    #[serde(rename = "ST")]
    Text,
}

impl Item {
    /// The group of which every check has one, such as `waist`.
    pub fn required(&self) -> Option<&str> {
        self.need.strip_prefix("required:")
    }

    /// Whether type, unit and answers were seen in a source; else they follow from the code alone.
    pub fn is_verified(&self) -> bool {
        self.verified == "yes"
    }
}

/// The items in the order of the ministry's list.
pub fn items() -> &'static [Item] {
    &ITEMS.0
}

/// The item of a code.
pub fn item(code: &str) -> Option<&'static Item> {
    ITEMS.1.get(code).and_then(|at| ITEMS.0.get(*at))
}

/// What a code of a system means; none when the system does not have it.
pub fn meaning(system: &str, code: &str) -> Option<&'static str> {
    CODES.get(system)?.iter().find(|(known, _)| known == code).map(|(_, name)| name.as_str())
}

/// Whether the codes of a system are known here.
pub fn knows_system(system: &str) -> bool {
    CODES.contains_key(system)
}

#[derive(Deserialize)]
struct CodeRow {
    system: String,
    code: String,
    name: String,
}

static ITEMS: LazyLock<(Vec<Item>, HashMap<String, usize>)> = LazyLock::new(|| {
    let items: Vec<Item> = table::rows(include_str!("../data/items.csv"));
    let places = items.iter().enumerate().map(|(at, item)| (item.code.clone(), at)).collect();
    (items, places)
});

static CODES: LazyLock<HashMap<String, Vec<(String, String)>>> = LazyLock::new(|| {
    let mut systems: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for CodeRow { system, code, name } in table::rows(include_str!("../data/codes.csv")) {
        systems.entry(system).or_default().push((code, name));
    }
    systems
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_is_whole_and_sound() {
        assert_eq!(items().len(), 322);
        let codes: HashSet<&str> = items().iter().map(|item| item.code.as_str()).collect();
        assert_eq!(codes.len(), 322);
        for item in items() {
            assert_eq!(item.code.len(), 17, "{}", item.code);
            let coded = matches!(item.kind, ItemKind::Coded | ItemKind::Ordinal);
            assert_eq!(coded, !item.system.is_empty(), "{}", item.code);
            assert_eq!(
                item.kind == ItemKind::Quantity,
                item.low.is_some() && item.high > item.low,
                "{}",
                item.code
            );
            assert!(
                item.method.is_empty() || meaning(crate::oid::METHOD, &item.method).is_some(),
                "{}",
                item.code
            );
        }
        let verified = items().iter().filter(|item| item.is_verified()).count();
        println!("322 items, {verified} verified");
    }
}
