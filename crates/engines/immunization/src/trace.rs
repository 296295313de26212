//! Every decision with its rule, its inputs and its outcome, for those who ask.

use serde::Serialize;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The series or group that was decided about.
    pub about: String,
    /// The rule: a table or business rule of the CDSi logic specification, or an article of Japanese law.
    pub rule: &'static str,
    /// What was looked at.
    pub inputs: String,
    /// What followed.
    pub outcome: String,
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
