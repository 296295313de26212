//! Every decision with its rule, its inputs and its outcome, for those who ask.

use serde::Serialize;

use crate::period::{DayNumber, date};

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The series or group that was decided about.
    pub about: String,
    /// The rule: a table or business rule of the CDSi logic specification, or an article of Japanese law.
    pub rule: &'static str,
    /// What the rule asks, in Japanese.
    pub rule_ja: &'static str,
    /// What was looked at.
    pub inputs: String,
    /// What was looked at, in Japanese.
    pub inputs_ja: String,
    /// What followed.
    pub outcome: String,
    /// What followed, in Japanese.
    pub outcome_ja: String,
}

impl Step {
    pub(crate) fn new(about: &str, rule: &'static str, inputs: Words, outcome: Words) -> Self {
        Self {
            about: about.to_owned(),
            rule,
            rule_ja: RULES_JA.iter().find(|(name, _)| *name == rule).map_or("", |(_, ja)| ja),
            inputs: inputs.en,
            inputs_ja: inputs.ja,
            outcome: outcome.en,
            outcome_ja: outcome.ja,
        }
    }
}

/// What the rules ask, in Japanese: each rule that a step names once.
const RULES_JA: [(&str, &str); 11] = [
    ("Table 6-3", "使える製品か"),
    ("Figure 4-6", "受ける回が残っているか"),
    ("Table 6-11", "この回を省けるか"),
    ("Table 6-15", "接種時の年齢"),
    ("Table 6-18", "前の接種からの間隔"),
    ("Table 6-21", "許容される間隔"),
    ("CONFLICT-3", "他のワクチンとの間隔"),
    ("Table 6-29", "ワクチンの種類"),
    ("Table 6-31", "この接種の判定"),
    ("Table 7-10", "次の接種の日"),
    ("Table 8-14", "スケジュールの選択"),
];

/// The same words in English and in Japanese.
pub(crate) struct Words {
    pub en: String,
    pub ja: String,
}

impl Words {
    pub(crate) fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { en: en.into(), ja: ja.into() }
    }
}

/// A day of a trace, `-` where there is none.
pub(crate) fn shown(day: Option<DayNumber>) -> String {
    day.map_or("-".to_owned(), |day| date(day).to_string())
}

/// Where decisions are written, if anywhere; costs nothing when nobody asked.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) steps: Option<Vec<Step>>,
}

impl Trace {
    /// Writes a decision down; the text is made only when somebody asked.
    #[inline]
    pub(crate) fn note(&mut self, make: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.steps
            && steps.len() < MOST_STEPS
        {
            steps.push(make());
        }
    }
}

/// More than any person's history makes.
const MOST_STEPS: usize = 200_000;
