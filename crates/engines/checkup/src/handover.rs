//! 引継ぎ: a check-up handed from the insurer that had it made to the one that the person is insured with now.

use serde::{Deserialize, Serialize};

use crate::{
    model::{Document, Identifier},
    oid,
};

/// How an insurer knows a person (被保険者等記号・番号・枝番).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Insured {
    /// 保険者番号, 8 digits; a shorter one is filled with zeros on writing.
    pub insurer: String,
    /// 記号; none for some insurers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// 番号.
    pub number: String,
    /// 枝番, two digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// The numbers of a document: those under which the check was made, and those of the insurer that took it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbers {
    /// OIDs 101, 204, 205, 211.
    pub old: Insured,
    /// OIDs 212 to 215; none before a hand-over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Insured>,
}

impl Document {
    /// The insured numbers that the document carries.
    pub fn numbers(&self) -> Numbers {
        let read = |[insurer, symbol, number, branch]: [&str; 4]| {
            let id = |root| self.person.id(root).map(str::to_owned);
            let insured = Insured {
                insurer: id(insurer).unwrap_or_default(),
                symbol: id(symbol),
                number: id(number).unwrap_or_default(),
                branch: id(branch),
            };
            Some(insured).filter(|insured| *insured != Insured::default())
        };
        Numbers { old: read(OLD).unwrap_or_default(), new: read(NEW) }
    }

    /// The document as the new insurer keeps it: the old numbers as they are, its own beside them. A hand-over before
    /// this one is forgotten: a document has a place for one.
    #[must_use]
    pub fn handed_over(mut self, to: &Insured) -> Self {
        self.person.ids.retain(|id| !NEW.contains(&id.root.as_str()));
        let [insurer, symbol, number, branch] = NEW;
        let ids = [
            (insurer, Some(format!("{:0>8}", to.insurer.trim()))),
            (symbol, to.symbol.clone()),
            (number, Some(to.number.clone())),
            (branch, to.branch.clone()),
        ];
        for (root, value) in ids {
            self.person.ids.extend(value.map(|value| Identifier::new(root, value)));
        }
        self
    }
}

const OLD: [&str; 4] = [oid::INSURER, oid::SYMBOL, oid::NUMBER, oid::BRANCH];
const NEW: [&str; 4] = [oid::NEW_INSURER, oid::NEW_SYMBOL, oid::NEW_NUMBER, oid::NEW_BRANCH];
