//! A check-up as data: who, by whom, when, and what was found.

use std::collections::HashMap;

use serde::Serialize;

/// A code with the system that gives it its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Code {
    /// The code.
    pub code: String,
    /// OID of its system; empty when the document leaves it out.
    pub system: String,
    /// What it means, in words, if the document says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A number and who issued it (HL7 II).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// OID of the issuer or of the kind of number.
    pub root: String,
    /// The number.
    pub extension: String,
}

/// 特定健診情報: one person's check (hc08).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Document {
    /// 報告区分.
    pub report: Code,
    /// The document's own number; hc08 has none and says so, and takes only an OID as its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Identifier>,
    /// A title; hc08 has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// ファイル作成日 `yyyyMMdd`, as the document writes it.
    pub created: String,
    /// 受診者.
    pub person: Person,
    /// 作成機関.
    pub author: Organisation,
    /// When the author wrote it, as the document writes it; the day of the file if it says nothing else.
    pub authored: String,
    /// Who keeps the original, where the document names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Organisation>,
    /// 受診券, if one was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// プログラム種別.
    pub program: Code,
    /// 健診実施日 `yyyyMMdd`, as the document writes it.
    pub date: String,
    /// 健診実施機関.
    pub performer: Organisation,
    /// The findings by section.
    pub sections: Vec<Section>,
}

/// 受診者.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Person {
    /// Insurer, symbol, number, branch; after a hand-over those of both insurers (see [`crate::oid`]).
    pub ids: Vec<Identifier>,
    /// 氏名, as a rule in kana.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name in kanji; a FHIR report has it beside the kana, hc08 has no place for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_name: Option<String>,
    /// 本人・家族の別, which a FHIR report has and hc08 has no place for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<Code>,
    /// 男女区分: 1 男, 2 女.
    pub sex: Code,
    /// 生年月日 `yyyyMMdd`, as the document writes it.
    pub birth: String,
    /// 住所.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// 電話番号, as the document writes it.
    pub telecoms: Vec<String>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Address {
    /// 郵便番号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The rest in words.
    pub text: String,
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Organisation {
    /// 健診機関番号 and others.
    pub ids: Vec<Identifier>,
    /// 名称.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 電話番号, as the document writes it.
    pub telecoms: Vec<String>,
    /// 所在地.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// 受診券.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Ticket {
    /// 券面種別.
    pub kind: Code,
    /// 整理番号.
    pub ids: Vec<Identifier>,
    /// 有効期限 `yyyyMMdd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The insurer that issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insurer: Option<Identifier>,
}

/// A part of the findings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Section {
    /// セクションコード.
    pub code: Code,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Items, alone or in groups (一連検査グループ).
    pub observations: Vec<Observation>,
}

/// One item (検査項目), or a group of items when its code is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Observation {
    /// JLAC10, 17 characters; empty for a group.
    pub code: Code,
    /// 検査未実施: the item was not done (`negationInd`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_done: bool,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// When, where an item has a time of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Normal, high, low: codes of HL7 or of the field.
    pub interpretations: Vec<Code>,
    /// 検査方法.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Code>,
    /// Who judged: 健康診断を実施した医師の氏名.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// 基準値.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Items that belong to it.
    pub related: Vec<Related>,
}

/// An item inside another or inside a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// `COMP` part of, `RSON` reason for, `SUBJ` about.
    pub relation: String,
    /// The item.
    pub observation: Observation,
}

/// What an item found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub enum Value {
    /// A measurement (PQ); the digits as they were written.
    Quantity {
        /// The number as text.
        value: String,
        /// The unit, UCUM as a rule; empty for none.
        unit: String,
    },
    /// A code (CD), ordered where the codes are (CO).
    Coded {
        /// The code.
        #[serde(flatten)]
        code: Code,
        /// CO rather than CD.
        ordinal: bool,
    },
    /// Words (ST).
    Text {
        /// The words.
        text: String,
    },
    /// 測定不可能: a value that could not be had, and why (nullFlavor).
    Missing {
        /// The type the value would have had: PQ, CD, …
        kind: String,
        /// `NI`, `UNK`, …
        flavour: String,
    },
}

/// 基準値の下限と上限.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Range {
    /// The least value that is normal, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// The unit of both.
    pub unit: String,
}

impl Code {
    /// A code of a system.
    pub fn new(code: impl Into<String>, system: impl Into<String>) -> Self {
        Self { code: code.into(), system: system.into(), name: None }
    }

    /// The same with its meaning in words.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

impl Identifier {
    /// A number and the OID of its issuer.
    pub fn new(root: impl Into<String>, extension: impl Into<String>) -> Self {
        Self { root: root.into(), extension: extension.into() }
    }
}

impl Person {
    /// The number of a kind.
    pub fn id(&self, root: &str) -> Option<&str> {
        number(&self.ids, root)
    }
}

impl Organisation {
    /// The number of a kind.
    pub fn id(&self, root: &str) -> Option<&str> {
        number(&self.ids, root)
    }
}

/// The items of a document by their codes, for whoever asks for many.
#[derive(Debug)]
pub(crate) struct Items<'d> {
    /// Every item, as [`Document::items`] has them.
    pub(crate) all: Vec<&'d Observation>,
    done: HashMap<&'d str, &'d Observation>,
}

impl<'d> Items<'d> {
    pub(crate) fn of(document: &'d Document) -> Self {
        let all = document.items();
        let mut done = HashMap::with_capacity(all.len());
        for one in all.iter().filter(|one| !one.not_done) {
            done.entry(one.code.code.as_str()).or_insert(*one);
        }
        Self { all, done }
    }

    /// The first item of a code that was done.
    pub(crate) fn get(&self, code: &str) -> Option<&'d Observation> {
        self.done.get(code).copied()
    }

    /// What it found.
    pub(crate) fn value(&self, code: &str) -> Option<&'d Value> {
        self.get(code)?.value.as_ref()
    }
}

impl Document {
    /// Every item of every section, those inside groups and other items too; groups themselves are left out.
    pub fn items(&self) -> Vec<&Observation> {
        let mut items = Vec::new();
        for observation in self.sections.iter().flat_map(|section| &section.observations) {
            observation.collect(&mut items);
        }
        items
    }

    /// The first item of a code that was done.
    pub fn item(&self, code: &str) -> Option<&Observation> {
        self.sections.iter().flat_map(|section| &section.observations).find_map(|one| one.find(code))
    }
}

impl Observation {
    /// Whether it only holds others together.
    pub fn is_group(&self) -> bool {
        self.code.code.is_empty()
    }

    /// Itself or an item inside that has the code and was done.
    fn find(&self, code: &str) -> Option<&Observation> {
        if self.code.code == code && !self.not_done {
            return Some(self);
        }
        self.related.iter().find_map(|related| related.observation.find(code))
    }

    fn collect<'a>(&'a self, items: &mut Vec<&'a Observation>) {
        if !self.is_group() {
            items.push(self);
        }
        for related in &self.related {
            related.observation.collect(items);
        }
    }
}

impl Value {
    /// The number of a measurement.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Quantity { value, .. } => {
                value.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    /// The code of an answer.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Coded { code, .. } => Some(&code.code),
            _ => None,
        }
    }
}

fn number<'a>(ids: &'a [Identifier], root: &str) -> Option<&'a str> {
    ids.iter().find(|id| id.root == root).map(|id| id.extension.as_str())
}
