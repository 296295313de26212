//! 階層化 and メタボリックシンドローム判定: rules as data, judgements with their reasons.

mod judge;
mod rules;

pub(crate) use judge::judge;
use serde::Serialize;

use crate::model::{Document, Items};

/// What a judgement came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// 積極的支援.
    Active,
    /// 動機付け支援.
    Motivational,
    /// 情報提供.
    Information,
    /// 基準該当.
    Met,
    /// 予備群該当.
    Borderline,
    /// 非該当.
    NotMet,
    /// 判定不能: something that decides was not measured.
    Undecidable,
}

impl Outcome {
    /// The code in 保健指導レベル (3001) or メタボ判定 (1008).
    pub fn code(self) -> &'static str {
        match self {
            Self::Active | Self::Met => "1",
            Self::Motivational | Self::Borderline => "2",
            Self::Information | Self::NotMet => "3",
            Self::Undecidable => "4",
        }
    }

    /// In English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Active => "active support",
            Self::Motivational => "motivational support",
            Self::Information => "information",
            Self::Met => "met",
            Self::Borderline => "borderline",
            Self::NotMet => "not met",
            Self::Undecidable => "undecidable",
        }
    }

    /// In Japanese.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Active => "積極的支援",
            Self::Motivational => "動機付け支援",
            Self::Information => "情報提供",
            Self::Met => "基準該当",
            Self::Borderline => "予備群該当",
            Self::NotMet => "非該当",
            Self::Undecidable => "判定不能",
        }
    }
}

/// Both judgements about one check, with their reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// 保健指導レベル.
    pub level: Outcome,
    /// メタボリックシンドローム判定.
    pub metabolic: Outcome,
    /// Why, in the order in which it was asked.
    pub reasons: Vec<Reason>,
    /// Whether every rule that decided was seen in the ministry's own text.
    pub verified: bool,
}

/// One step of a judgement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// `level` or `metabolic`.
    pub judgement: &'static str,
    /// The factor: waist, bmi, pressure, lipid, glucose, smoking, medicine, age, count.
    pub factor: &'static str,
    /// The rule's number in the data, where a threshold was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// Whether the factor is met; none where nothing was measured.
    pub met: Option<bool>,
    /// Whether the rule was verified against its source.
    pub verified: bool,
    /// In English.
    pub en: String,
    /// In Japanese.
    pub ja: String,
}

impl Document {
    /// Judges the check by the rules of its day.
    pub fn judge(&self) -> Judged {
        judge(self, &Items::of(self))
    }
}
