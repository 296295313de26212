//! The words of a judgement.

use serde::Serialize;

use crate::trace::Words;

/// Whether a dose counts (CDSi table 3-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationStatus {
    /// 有効
    Valid,
    /// 無効
    NotValid,
    /// 不要(余分)
    Extraneous,
    /// 使えない製品(期限切れ、回収など)
    SubStandard,
}

impl EvaluationStatus {
    /// As CDSi writes it.
    pub fn en(self) -> &'static str {
        match self {
            Self::Valid => "Valid",
            Self::NotValid => "Not Valid",
            Self::Extraneous => "Extraneous",
            Self::SubStandard => "Sub-standard",
        }
    }

    /// In Japanese.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Valid => "有効",
            Self::NotValid => "無効",
            Self::Extraneous => "余分",
            Self::SubStandard => "使用不可の製品",
        }
    }
}

/// What became of a target dose (CDSi table 3-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetStatus {
    /// No dose met it yet.
    NotSatisfied,
    /// A dose met it.
    Satisfied,
    /// It need not be met.
    Skipped,
}

/// Where a person stands in a series or a group (CDSi table 3-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesStatus {
    /// 対象年齢を過ぎた
    AgedOut,
    /// 完了
    Complete,
    /// 禁忌
    Contraindicated,
    /// 免疫あり
    Immune,
    /// 未完了
    NotComplete,
    /// 今は勧められない
    NotRecommended,
}

impl SeriesStatus {
    /// As CDSi writes it.
    pub fn en(self) -> &'static str {
        match self {
            Self::AgedOut => "Aged Out",
            Self::Complete => "Complete",
            Self::Contraindicated => "Contraindicated",
            Self::Immune => "Immune",
            Self::NotComplete => "Not Complete",
            Self::NotRecommended => "Not Recommended",
        }
    }

    /// In Japanese.
    pub fn ja(self) -> &'static str {
        match self {
            Self::AgedOut => "対象期間を過ぎた",
            Self::Complete => "完了",
            Self::Contraindicated => "禁忌",
            Self::Immune => "免疫あり",
            Self::NotComplete => "未完了",
            Self::NotRecommended => "対象でない",
        }
    }
}

/// Why a dose was judged as it was: several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons(u16);

impl Reasons {
    /// Given before the absolute minimum age.
    pub const TOO_YOUNG: Self = Self(1);
    /// Given at or after the maximum age.
    pub const TOO_OLD: Self = Self(1 << 1);
    /// Within the grace period of age.
    pub const GRACE_AGE: Self = Self(1 << 2);
    /// Too soon after what the interval is counted from.
    pub const TOO_SOON: Self = Self(1 << 3);
    /// Within the grace period of an interval.
    pub const GRACE_INTERVAL: Self = Self(1 << 4);
    /// Too soon after a vaccine that conflicts.
    pub const CONFLICT: Self = Self(1 << 5);
    /// A vaccine that is never meant for this dose.
    pub const INADVERTENT: Self = Self(1 << 6);
    /// Neither a preferable nor an allowable vaccine.
    pub const WRONG_VACCINE: Self = Self(1 << 7);
    /// A vaccine given outside the ages for which it is preferable or allowable.
    pub const VACCINE_AGE: Self = Self(1 << 8);
    /// Another manufacturer's product is preferable.
    pub const TRADE_NAME: Self = Self(1 << 9);
    /// Less than the recommended volume.
    pub const VOLUME: Self = Self(1 << 10);
    /// Expired lot or a condition of the dose.
    pub const SUB_STANDARD: Self = Self(1 << 11);
    /// Nothing was left to satisfy.
    pub const SERIES_OVER: Self = Self(1 << 12);
    /// Later than the longest interval.
    pub const TOO_LATE: Self = Self(1 << 13);

    const NAMES: [(Self, &'static str, &'static str); 14] = [
        (Self::TOO_YOUNG, "age: too young", "接種年齢に達していない"),
        (Self::TOO_OLD, "age: too old", "接種年齢を過ぎている"),
        (Self::GRACE_AGE, "age: grace period", "年齢の猶予期間内"),
        (Self::TOO_SOON, "interval: too soon", "接種間隔が短い"),
        (Self::GRACE_INTERVAL, "interval: grace period", "間隔の猶予期間内"),
        (Self::CONFLICT, "vaccine conflict", "他のワクチンとの間隔が短い"),
        (Self::INADVERTENT, "inadvertent vaccine", "誤ったワクチン"),
        (Self::WRONG_VACCINE, "not a preferable or allowable vaccine", "この回に使えないワクチン"),
        (Self::VACCINE_AGE, "vaccine: wrong age range", "その年齢に使えないワクチン"),
        (Self::TRADE_NAME, "vaccine: wrong trade name", "製品が異なる"),
        (Self::VOLUME, "volume less than recommended", "接種量が少ない"),
        (Self::SUB_STANDARD, "sub-standard dose", "期限切れなど使えない製品"),
        (Self::SERIES_OVER, "series already complete", "すでに必要な回数を終えている"),
        (Self::TOO_LATE, "interval: too late", "接種間隔が長すぎる"),
    ];

    /// True when any of the others holds too.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The first reason; other words where there is none.
    pub(crate) fn words(self, en: &str, ja: &str) -> Words {
        Words::new(self.en().next().unwrap_or(en), self.ja().next().unwrap_or(ja))
    }

    /// The reasons in English.
    pub fn en(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(reason, _, _)| self.has(*reason)).map(|(_, en, _)| en)
    }

    /// The reasons in Japanese.
    pub fn ja(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(reason, _, _)| self.has(*reason)).map(|(_, _, ja)| ja)
    }
}
