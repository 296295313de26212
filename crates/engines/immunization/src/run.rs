//! One series and one history: the state that the chapters of the logic specification share.

use crate::{
    model::{AnchorId, From, Knowledge, Series, SeriesDose, VaccineId, VaccineSet},
    period::DayNumber,
    person::Person,
    status::{EvaluationStatus, Reasons, TargetStatus},
    trace::{Step, Trace, Words},
};

/// A dose of the history that is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shot {
    pub day: DayNumber,
    pub vaccine: VaccineId,
    /// Its number in the person's history.
    pub dose: u16,
    pub substandard: bool,
}

/// What one series says of one dose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eval {
    /// Number of the shot.
    pub shot: u16,
    pub status: EvaluationStatus,
    pub reasons: Reasons,
    /// The dose of the series that it was judged against.
    pub dose: u8,
}

/// A target dose: a dose of the series as it applies to this person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Number of the dose in the series.
    pub dose: u8,
    pub status: TargetStatus,
    /// The shot that satisfied it.
    pub shot: u16,
}

/// What is known of a kind of observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Observed {
    pub active: bool,
    /// Its most recent date.
    pub date: Option<DayNumber>,
    /// The most recent day on which it ended.
    pub ended: Option<DayNumber>,
}

/// What belongs to the person and the day, whichever series is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub knowledge: &'a Knowledge,
    pub person: &'a Person,
    pub birth: DayNumber,
    pub assessment: DayNumber,
    /// The shared days of the knowledge, for this person.
    pub anchors: &'a [Option<DayNumber>],
    pub observed: &'a [Observed],
    pub shots: &'a [Shot],
    /// What other antigens' best series said of each shot, where they were looked at before.
    pub elsewhere: &'a [Option<EvaluationStatus>],
}

impl Case<'_> {
    #[inline]
    pub(crate) fn day(&self, anchor: Option<AnchorId>) -> Option<DayNumber> {
        self.anchors.get(usize::from(anchor?)).copied().flatten()
    }

    /// Whether a day lies from one age until another, either of which may be open.
    #[inline]
    pub(crate) fn within(&self, day: DayNumber, begin: Option<AnchorId>, end: Option<AnchorId>) -> bool {
        self.day(begin).is_none_or(|begin| begin <= day) && self.day(end).is_none_or(|end| day < end)
    }

    pub(crate) fn is_observed(&self, observation: u16) -> bool {
        self.observed.get(usize::from(observation)).is_some_and(|o| o.active)
    }
}

/// A series under evaluation and forecast.
pub(crate) struct Run<'a> {
    pub case: Case<'a>,
    pub series: &'a Series,
    /// The shots that carry the antigen, in order.
    pub records: &'a [u16],
    /// Bit n: series group n of the antigen has a complete series.
    pub completed: u64,
    pub antigen_contraindicated: bool,
    pub contraindicated: &'a VaccineSet,
    pub immune: bool,
    pub evals: &'a mut Vec<Eval>,
    pub first_eval: usize,
    pub targets: &'a mut Vec<Target>,
    pub first_target: usize,
    /// The dose of the series that is to be satisfied next.
    pub next: usize,
    pub trace: &'a mut Trace,
}

impl<'a> Run<'a> {
    /// What this series has said so far.
    #[inline]
    pub(crate) fn own_evals(&self) -> &[Eval] {
        self.evals.get(self.first_eval..).unwrap_or_default()
    }

    /// The target doses so far.
    #[inline]
    pub(crate) fn own_targets(&self) -> &[Target] {
        self.targets.get(self.first_target..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn next_dose(&self) -> Option<&'a SeriesDose> {
        self.series.doses.get(self.next)
    }

    #[inline]
    pub(crate) fn shot(&self, number: u16) -> Option<Shot> {
        self.case.shots.get(usize::from(number)).copied()
    }

    pub(crate) fn push_target(&mut self, status: TargetStatus, shot: u16) {
        let dose = u8::try_from(self.next).unwrap_or(u8::MAX);
        self.targets.push(Target { dose, status, shot });
    }

    /// The day that an interval is counted from; `before` is the shot being judged, none in a forecast
    /// (CALCDTINT-1, 2, 8, 9).
    pub(crate) fn reference(&self, from: &From, before: Option<u16>) -> Option<DayNumber> {
        match from {
            From::Previous => {
                let counted = |eval: &&Eval| {
                    matches!(eval.status, EvaluationStatus::Valid | EvaluationStatus::NotValid)
                        && !eval.reasons.has(Reasons::INADVERTENT)
                };
                let eval = self.own_evals().iter().rev().find(counted)?;
                self.shot(eval.shot).map(|shot| shot.day)
            }
            From::Target(number) => {
                let wanted = number.checked_sub(1)?;
                let satisfied =
                    |target: &&Target| target.dose == wanted && target.status == TargetStatus::Satisfied;
                let target = self.own_targets().iter().find(satisfied)?;
                self.shot(target.shot).map(|shot| shot.day)
            }
            From::MostRecent(vaccines) => {
                let shots = match before {
                    Some(number) => self.case.shots.get(..usize::from(number))?,
                    None => self.case.shots,
                };
                let inadvertent = |number: usize| {
                    let this = |eval: &&Eval| usize::from(eval.shot) == number;
                    self.own_evals().iter().find(this).is_some_and(|e| e.reasons.has(Reasons::INADVERTENT))
                };
                let counted = |(number, shot): &(usize, &Shot)| {
                    vaccines.contains(shot.vaccine) && !inadvertent(*number)
                };
                shots.iter().enumerate().rev().find(counted).map(|(_, shot)| shot.day)
            }
            From::Observation(observations) => {
                let dates =
                    observations.iter().filter_map(|id| self.case.observed.get(usize::from(*id))?.date);
                dates.max()
            }
        }
    }

    /// Writes a decision down.
    #[inline]
    pub(crate) fn note(&mut self, rule: &'static str, words: impl FnOnce() -> (Words, Words)) {
        let about = &self.series.name;
        self.trace.note(|| {
            let (inputs, outcome) = words();
            Step::new(about, rule, inputs, outcome)
        });
    }
}
