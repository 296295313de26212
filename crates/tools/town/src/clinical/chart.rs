//! What an institution writes down at a visit.

use super::catalogue::{Allergen, Disease, Drug, Test};
use crate::day::Day;

/// A visit, a stay or a document: what one transaction bundle carries.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Whose.
    pub slot: u8,
    /// Which record of [`Family::patients`](crate::model::Family::patients).
    pub patient: usize,
    /// Day, or first day of a stay.
    pub day: Day,
    /// What it was.
    pub kind: VisitKind,
    /// 診療科コード.
    pub department: &'static str,
    /// Why the person came, in words; the main disease when empty.
    pub reason: &'static str,
    /// What was found and done.
    pub facts: Vec<Fact>,
    /// A letter written at its end.
    pub letter: Option<Letter>,
}

/// What a visit was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitKind {
    /// 外来.
    Outpatient,
    /// 入院, to the day of discharge.
    Inpatient {
        /// Day of discharge.
        until: Day,
    },
    /// 健康診断.
    Checkup,
    /// 調剤.
    Dispensing,
    /// 訪問・介護の記録.
    Care,
}

/// A document that is written beside the single facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// 退院時サマリー.
    Discharge,
    /// 診療情報提供書 to the institution with that index.
    Referral {
        /// Index into [`crate::organisations::INSTITUTIONS`].
        to: usize,
    },
    /// 健診結果報告書.
    Checkup,
    /// 介護サマリー.
    CareSummary,
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum Fact {
    /// 傷病名.
    Diagnosis {
        /// What.
        disease: &'static Disease,
        /// Beginning.
        since: Day,
        /// End, when it is over.
        until: Option<Day>,
    },
    /// 検体検査.
    Laboratory {
        /// Which test.
        test: &'static Test,
        /// The value in the test's unit; 1 positive and 0 negative of a qualitative one.
        value: f64,
    },
    /// 処方.
    Prescription {
        /// What.
        drug: &'static Drug,
        /// For how many days.
        days: u16,
    },
    /// 調剤.
    Dispense {
        /// What.
        drug: &'static Drug,
        /// For how many days.
        days: u16,
    },
    /// アレルギー・薬剤禁忌.
    Allergy {
        /// Against what.
        allergen: &'static Allergen,
        /// Since.
        since: Day,
    },
    /// 身体計測・体温.
    Measurement {
        /// Which.
        what: Measure,
        /// In its unit.
        value: f64,
    },
    /// 血圧, mmHg.
    Pressure {
        /// 収縮期.
        high: f64,
        /// 拡張期.
        low: f64,
    },
    /// 所見, 介護の記録: in words.
    Finding {
        /// What was looked at.
        title: &'static str,
        /// What was found.
        text: String,
    },
    /// ケアプラン.
    CarePlan {
        /// 長期目標.
        goal: &'static str,
        /// Services, a line each.
        services: &'static [&'static str],
    },
}

/// What is measured at the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// 身長, cm.
    Height,
    /// 体重, kg.
    Weight,
    /// 腹囲, cm.
    Waist,
    /// 体温, °C.
    Temperature,
}
