//! 6.2, 7.1, 7.6: whether a target dose need not be met.

use crate::{
    model::{Condition, Context, Count, SeriesDose, SkipSet},
    period::DayNumber,
    run::Run,
    status::EvaluationStatus,
};

impl Run<'_> {
    /// Whether a dose of the series can be skipped on a day (tables 6-6 to 6-11); `before` is the shot that is
    /// being judged, none in a forecast.
    pub(crate) fn can_skip(
        &self,
        dose: &SeriesDose,
        evaluating: bool,
        on: DayNumber,
        before: Option<u16>,
    ) -> bool {
        let wanted = if evaluating { Context::Evaluation } else { Context::Forecast };
        let effective_on = if evaluating { on } else { self.case.assessment };
        dose.skips.iter().filter(|skip| skip.context == Context::Both || skip.context == wanted).any(|skip| {
            let mut sets = skip
                .sets
                .iter()
                .filter(|set| set.effective <= effective_on && effective_on <= set.cessation)
                .peekable();
            if sets.peek().is_none() {
                false
            } else if skip.all_sets {
                sets.all(|set| self.set_met(set, on, before))
            } else {
                sets.any(|set| self.set_met(set, on, before))
            }
        })
    }

    /// What the schedule says of the sets that were met, for the trace.
    pub(crate) fn skip_reason(&self, dose: &SeriesDose, on: DayNumber, before: Option<u16>) -> String {
        let sets = dose.skips.iter().flat_map(|skip| &skip.sets);
        let met = sets.filter(|set| !set.description.is_empty() && self.set_met(set, on, before));
        met.map(|set| set.description.as_str()).collect::<Vec<_>>().join("; ")
    }

    fn set_met(&self, set: &SkipSet, on: DayNumber, before: Option<u16>) -> bool {
        if set.all_conditions {
            set.conditions.iter().all(|condition| self.condition_met(condition, on, before))
        } else {
            set.conditions.iter().any(|condition| self.condition_met(condition, on, before))
        }
    }

    fn condition_met(&self, condition: &Condition, on: DayNumber, before: Option<u16>) -> bool {
        match condition {
            Condition::Age { begin, end } => self.case.within(on, *begin, *end),
            Condition::Completed { groups } => {
                groups.iter().any(|group| *group < 64 && self.completed >> group & 1 == 1)
            }
            Condition::Interval(span) => {
                let earlier =
                    self.records.iter().rev().find(|number| before.is_none_or(|before| **number < before));
                let previous = earlier.and_then(|number| self.shot(*number));
                previous.is_some_and(|shot| on >= span.after(shot.day))
            }
            Condition::Count(count) => self.count(count, before).cmp(&count.number) == count.than,
        }
    }

    /// CONDSKIP-1: the number of doses of some vaccines, between ages and dates.
    fn count(&self, count: &Count, before: Option<u16>) -> u32 {
        let mut found = 0;
        for number in self.records.iter().take_while(|number| before.is_none_or(|before| **number < before)) {
            let Some(shot) = self.shot(*number) else { continue };
            let of_type = count.vaccines.as_ref().is_none_or(|set| set.contains(shot.vaccine));
            let in_time = count.from <= shot.day && shot.day < count.until;
            if of_type && in_time && self.case.within(shot.day, count.begin, count.end) {
                let valid = || {
                    let this = self.own_evals().iter().find(|eval| eval.shot == *number);
                    this.is_some_and(|eval| eval.status == EvaluationStatus::Valid)
                };
                if !count.only_valid || valid() {
                    found += 1;
                }
            }
        }
        found
    }
}
